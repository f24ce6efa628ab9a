#!/usr/bin/env bash
# Prefect 3.9.1, its own OpenAPI 3.1 document: what is created is answered with 201, and what is not there with 404; the document has neither.
#
# Expected: POST /flows/ is documented with 200 and 422, GET /flows/{id} with 200 and 422 (FastAPI's defaults).
# Seen: 201 for a new flow, 200 for one that was there already, 404 for an id that is not. Clients that were generated from the document
# take all three for errors.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"; kill $(jobs -p) 2>/dev/null || true' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check prefect==3.9.1
export PREFECT_HOME=$folder/home PREFECT_SERVER_ANALYTICS_ENABLED=false DO_NOT_TRACK=1
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
venv/bin/prefect server start --host 127.0.0.1 --port "$port" --no-ui > log 2>&1 &
until curl --silent --fail --output openapi.json "http://127.0.0.1:$port/openapi.json"; do sleep 0.5; done
status() { curl --silent --output /dev/null --write-out '%{http_code}' "$@"; }
new() { status "http://127.0.0.1:$port/api/flows/" --header 'Content-Type: application/json' --data '{"name":"a-flow"}'; }
seen="$(new) $(new) $(status "http://127.0.0.1:$port/api/flows/00000000-0000-4000-8000-000000000000")"
documented=$(python3 -c 'import json; p = json.load(open("openapi.json"))["paths"]; print(*p["/flows/"]["post"]["responses"], *p["/flows/{id}"]["get"]["responses"])')
echo "documented: $documented; seen: $seen"
[[ $documented == '200 422 200 422' && $seen == '201 200 404' ]]
