#!/usr/bin/env bash
# sarif-tools 3.0.5 (PyPI): `sarif --check error` fails because of a result whose suppression was accepted.
#
# Expected: SARIF 2.1.0, section 3.27.23: such a result is suppressed, and viewers leave it out.
# Seen: it is summed up as an error, and the exit code is 1, as without the suppression.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check sarif-tools==3.0.5
cat >results.sarif <<'JSON'
{"version": "2.1.0", "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "runs": [{
  "tool": {"driver": {"name": "example", "rules": [{"id": "schema"}]}},
  "results": [{"ruleId": "schema", "level": "error", "message": {"text": "the member is missing"},
    "locations": [{"physicalLocation": {"artifactLocation": {"uri": "a.yaml"}, "region": {"startLine": 1}}}],
    "suppressions": [{"kind": "external", "status": "accepted", "justification": "known"}]}]}]}
JSON
code=0
seen=$(venv/bin/sarif --check error summary results.sarif | tr -s '\n') || code=$?
printf '%s\nexit code %s\n' "$seen" "$code"
[[ $code == 1 && $seen == *"error: 1"* ]]
