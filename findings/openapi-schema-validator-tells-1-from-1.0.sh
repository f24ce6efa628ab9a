#!/usr/bin/env bash
# openapi-schema-validator 0.9.0 (PyPI): by a schema of OpenAPI 3.0, 1.0 is no integer; by one of 3.1 it is.
#
# Expected: JSON knows one kind of number, and a server may write 100 as 1e2; the two versions differ in other things.
# Seen: `OAS30Validator` refuses 1.0 and 1e2 for `type: integer`, `OAS31Validator` takes them. The same answer breaks a contract or keeps it, by
# the version in which the document is written.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check openapi-schema-validator==0.9.0
seen=$(venv/bin/python -c '
import json
from openapi_schema_validator import OAS30Validator, OAS31Validator
for text in ("1", "1.0", "1e2"):
    print(text, *[validator({"type": "integer"}).is_valid(json.loads(text)) for validator in (OAS30Validator, OAS31Validator)])
' 2>/dev/null)
echo "$seen"
[[ $seen == $'1 True True\n1.0 False True\n1e2 False True' ]]
