#!/usr/bin/env bash
# PyOTP 2.12.1 (PyPI): `parse_uri` refuses an otpauth address whose secret has 16 characters of base32, or stands in groups.
#
# Expected: 80 bits are less than RFC 4226 asks for, and still what many services hand out, often in groups of four; authenticators take
# both.
# Seen: both raise; 32 characters without blanks are read.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pyotp==2.12.1
seen=$(venv/bin/python -c '
import pyotp
for secret in ("JBSWY3DPEHPK3PXP", "JBSW%20Y3DP%20EHPK%203PXP%20JBSW%20Y3DP%20EHPK%203PXP", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"):
    try:
        print(len(pyotp.parse_uri(f"otpauth://totp/Example:anna?secret={secret}&issuer=Example").now()))
    except ValueError as problem:
        print(problem)
')
echo "$seen"
[[ $seen == $'Secrets must be at least 112 bits after decoding\nNon-base32 digit found\n6' ]]
