#!/usr/bin/env bash
# junitparser 5.0.3 (PyPI): `update_statistics` counts a test case that has a failure and an error among the failures and among the errors.
#
# Expected: `tests`, `failures`, `errors` and `skipped` are counts of cases, so that the rest has passed; in reports of a test whose
# tear-down broke, too, both elements stand in one case.
# Seen: of two cases, one of which passed, it says 2 tests, 1 failure, 1 error: nobody passed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check junitparser==5.0.3
seen=$(venv/bin/python -c '
from junitparser import JUnitXml
suites = JUnitXml.fromstring(
    b"<testsuites><testsuite name=\"flows\"><testcase name=\"broken\"><failure/><error/></testcase>"
    b"<testcase name=\"sound\"/></testsuite></testsuites>")
suites.update_statistics()
print(suites.tests, suites.failures, suites.errors)
')
echo "$seen"
[[ $seen == "2 1 1" ]]
