#!/usr/bin/env bash
# phonenumbers 9.0.43 (PyPI, libphonenumber's data): of numbers that are kept free for fiction, some are valid and some are not.
#
# Expected: +1 512 555 0194 and +44 7700 900123 are both set aside for films and tests, nobody can be assigned either, so that both are
# valid or neither.
# Seen: the American one is valid, the British one is not, though both are possible. Test data that passes one check fails the other.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check phonenumbers==9.0.43
seen=$(venv/bin/python -c '
import phonenumbers
for text in ("+15125550194", "+447700900123"):
    number = phonenumbers.parse(text)
    print(text, phonenumbers.is_possible_number(number), phonenumbers.is_valid_number(number))
')
echo "$seen"
[[ $seen == $'+15125550194 True True\n+447700900123 True False' ]]
