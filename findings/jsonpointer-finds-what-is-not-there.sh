#!/usr/bin/env bash
# jsonpointer 3.12 (PyPI): `-`, the member after the last one of an array, is found.
#
# Expected: RFC 6901, section 4: `-` is a member that does not exist, so that resolving it is an error, as for the index beyond the last.
# Seen: the index raises; `-` gives an object EndOfList, which is true in a condition and passes every check for presence. A default
# does not take its place either.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check jsonpointer==3.12
seen=$(venv/bin/python -c '
from jsonpointer import JsonPointerException, resolve_pointer
for pointer in ("/a/1", "/a/-"):
    try:
        print(pointer, type(resolve_pointer({"a": [1]}, pointer)).__name__)
    except JsonPointerException:
        print(pointer, "raises")
print("with a default", type(resolve_pointer({"a": [1]}, "/a/-", None)).__name__)
')
echo "$seen"
[[ $seen == $'/a/1 raises\n/a/- EndOfList\nwith a default EndOfList' ]]
