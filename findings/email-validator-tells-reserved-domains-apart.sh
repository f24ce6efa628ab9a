#!/usr/bin/env bash
# email-validator 2.4.0 (PyPI): of the domains that RFC 2606 reserves, `.test` and `.invalid` are refused and `.example` is not.
#
# Expected: all of them are kept for tests and documentation, where nobody can be reached.
# Seen: without any look at DNS, two are refused as special; `test_environment=True` lets `.test` pass, but not `.invalid`.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check email-validator==2.4.0
seen=$(venv/bin/python -c '
from email_validator import EmailNotValidError, validate_email
def passes(domain, **options):
    try:
        return bool(validate_email("anna@mail." + domain, check_deliverability=False, **options))
    except EmailNotValidError:
        return False
for domain in ("example", "test", "invalid"):
    print(domain, passes(domain), passes(domain, test_environment=True))
')
echo "$seen"
[[ $seen == $'example True True\ntest False True\ninvalid False False' ]]
