#!/usr/bin/env bash
# oauthlib 4.0.1 (PyPI): a token response that grants less than was asked for is raised as an exception of the class Warning.
#
# Expected: RFC 6749, section 3.3 lets the server ignore a part of the scope, and asks it to say so in `scope`: the response is a success.
# Seen: parse_token_response raises Warning, which `except OAuth2Error` does not catch; the token is an attribute of the exception.
# The same scopes in another order are taken.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check oauthlib==4.0.1
seen=$(venv/bin/python -c '
from oauthlib.oauth2 import OAuth2Error
from oauthlib.oauth2.rfc6749.parameters import parse_token_response
for granted in ("email openid", "openid"):
    body = """{"access_token": "a", "token_type": "Bearer", "scope": "%s"}""" % granted
    try:
        print(granted + ":", parse_token_response(body, scope="openid email")["access_token"])
    except Warning as problem:
        print(granted + ":", type(problem).__name__, isinstance(problem, OAuth2Error), problem.token["access_token"])
')
echo "$seen"
[[ $seen == $'email openid: a\nopenid: Warning False a' ]]
