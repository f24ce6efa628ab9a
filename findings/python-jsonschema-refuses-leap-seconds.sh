#!/usr/bin/env bash
# jsonschema 4.25.1 with rfc3339-validator 0.1.4 (its extra `format`): a leap second is no `date-time`.
#
# Expected: RFC 3339, section 5.6 allows second 60, and its section 5.8 has 1990-12-31T23:59:60Z as an example.
# Seen: that very example is refused. Two validators of one schema disagree: ajv-formats takes it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check jsonschema==4.25.1 rfc3339-validator==0.1.4
npm install --silent --no-save --prefix . ajv@8.17.1 ajv-formats@3.0.1 >/dev/null
python=$(venv/bin/python -c '
from jsonschema import Draft202012Validator, FormatChecker
validator = Draft202012Validator({"format": "date-time"}, format_checker=FormatChecker())
print(*(validator.is_valid(text) for text in ("1990-12-31T23:59:59Z", "1990-12-31T23:59:60Z")))
')
ajv=$(node -e '
  const ajv = new (require("ajv").default)();
  require("ajv-formats").default(ajv);
  console.log(ajv.compile({ type: "string", format: "date-time" })("1990-12-31T23:59:60Z"));
')
echo "jsonschema, second 59 and 60: $python; ajv-formats, second 60: $ajv"
[[ $python == "True False" && $ajv == true ]]
