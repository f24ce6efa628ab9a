#!/usr/bin/env bash
# openapi-spec-validator 0.9.0 (PyPI): a document is valid with two paths that differ only in the name of a parameter, and with a
# security requirement that names no scheme.
#
# Expected: OpenAPI 3.0.3: templated paths "with the same hierarchy but different templated names MUST NOT exist as they are identical";
# each name of a security requirement "MUST correspond to a security scheme". Other rules of this kind are looked after.
# Seen: both pass; two equal operation ids are refused.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check openapi-spec-validator==0.9.0
seen=$(venv/bin/python -c '
from openapi_spec_validator import validate
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError
def get(name=None, **more):
    parameters = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}}] if name else []
    return {"get": {"parameters": parameters, "responses": {"204": {"description": "done"}}, **more}}
def judge(paths):
    try:
        validate({"openapi": "3.0.3", "info": {"title": "example", "version": "1"}, "paths": paths})
        return "valid"
    except OpenAPIValidationError as problem:
        return type(problem).__name__
print(judge({"/orders/{id}": get("id"), "/orders/{number}": get("number")}))
print(judge({"/orders": get(security=[{"nowhere": []}])}))
print(judge({"/orders": get(operationId="list"), "/items": get(operationId="list")}))
')
echo "$seen"
[[ $seen == $'valid\nvalid\nDuplicateOperationIDError' ]]
