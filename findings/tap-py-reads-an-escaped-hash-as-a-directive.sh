#!/usr/bin/env bash
# tap.py 3.2.1 (PyPI): a test whose name holds an escaped `#` before `SKIP` counts as skipped, even if it failed.
#
# Expected: TAP 14 lets a description hold `\#`, which begins no directive; tap-parser 18.3.4 (npm) reads it so.
# Seen: a failed test is skipped, and its name ends before the hash.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check tap.py==3.2.1
npm install --silent --no-audit --no-fund --no-package-lock tap-parser@18.3.4 >/dev/null
line='not ok 1 - the answer to \# SKIP is 404'
python=$(venv/bin/python -c '
import sys
from tap.parser import Parser
[result] = Parser().parse_text(sys.argv[1])
print(result.ok, result.skip, result.description)
' "$line")
node=$(node -e '
const { Parser } = require("tap-parser");
const [, test] = Parser.parse(`TAP version 14\n1..1\n${process.argv[1]}\n`).find(([kind]) => kind === "assert");
console.log(test.ok, test.skip, test.name);
' "$line")
printf 'ok, skipped, name\ntap.py: %s\ntap-parser: %s\n' "$python" "$node"
[[ $python == 'False True - the answer to \' && $node == 'false false the answer to # SKIP is 404' ]]
