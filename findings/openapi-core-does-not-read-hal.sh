#!/usr/bin/env bash
# openapi-core 0.23.1 (PyPI): a right answer of the type application/hal+json is refused, since its bytes are judged instead of its JSON.
#
# Expected: the suffix +json (RFC 6839) says that it is JSON.
# Seen: the message calls `b'{}'` no object. So it is with application/problem+json; application/json is read.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check openapi-core==0.23.1
seen=$(venv/bin/python -c '
from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse
for media_type in ("application/json", "application/problem+json", "application/hal+json"):
    content = {media_type: {"schema": {"type": "object"}}}
    api = OpenAPI.from_dict({"openapi": "3.0.3", "info": {"title": "example", "version": "1"}, "paths":
        {"/a": {"get": {"responses": {"200": {"description": "found", "content": content}}}}}})
    try:
        answer = MockResponse(b"{}", status_code=200, content_type=media_type)
        api.validate_response(MockRequest("http://localhost", "get", "/a"), answer)
        print(media_type, "valid")
    except OpenAPIError as problem:
        print(media_type, type(problem).__name__)
')
echo "$seen"
[[ $seen == $'application/json valid\napplication/problem+json InvalidData\napplication/hal+json InvalidData' ]]
