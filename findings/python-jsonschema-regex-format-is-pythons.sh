#!/usr/bin/env bash
# jsonschema 4.25.1: `format: regex` asks Python's `re`, though JSON Schema means ECMA-262.
#
# Expected: `(?P<name>x)` is no regular expression of ECMA-262, and `(?<name>x)` is one.
# Seen: the reverse. A schema that lints its own patterns this way passes those that no JavaScript client can compile.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check jsonschema==4.25.1
python=$(venv/bin/python -c '
from jsonschema import Draft202012Validator, FormatChecker
validator = Draft202012Validator({"format": "regex"}, format_checker=FormatChecker())
print(*(validator.is_valid(pattern) for pattern in ("(?P<name>x)", "(?<name>x)")))
')
node=$(node -p '["(?P<name>x)", "(?<name>x)"].map((p) => { try { return !!RegExp(p, "u") } catch { return false } }).join(" ")')
echo "jsonschema: $python; JavaScript: $node"
[[ $python == "True False" && $node == "false true" ]]
