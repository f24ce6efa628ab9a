#!/usr/bin/env bash
# PyJWT 2.15.1 (PyPI): a token whose `iat` is some seconds ahead of one's own clock is refused, though it has no `nbf`.
#
# Expected: RFC 7519 gives `nbf` that meaning (4.1.5); `iat` (4.1.6) only says how old a token is.
# Seen: ImmatureSignatureError. Against a server whose clock is a little ahead, fresh tokens fail and those of a moment ago pass.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check PyJWT==2.15.1
seen=$(venv/bin/python -c '
import time
import jwt
key = "an example key of thirty-two bytes"
for ahead in (-30, 30):
    token = jwt.encode({"sub": "anna", "iat": time.time() + ahead}, key, "HS256")
    try:
        print(ahead, jwt.decode(token, key, algorithms=["HS256"])["sub"])
    except jwt.PyJWTError as problem:
        print(ahead, type(problem).__name__)
')
echo "$seen"
[[ $seen == $'-30 anna\n30 ImmatureSignatureError' ]]
