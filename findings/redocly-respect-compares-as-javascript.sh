#!/usr/bin/env bash
# @redocly/cli 2.77.0 (npm), `respect`: criteria compare with regard to case and without regard to type.
#
# Expected: Arazzo 1.0.1 on simple criteria: "String comparisons MUST be case insensitive"; a text is no number.
# Seen: 'APPLICATION/JSON' is not application/json; the text "1" equals the number 1, and the number 0 equals false.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --no-package-lock @redocly/cli@2.77.0 >/dev/null
cat >server.cjs <<'JS'
require("http").createServer((request, answer) => {
  answer.setHeader("Content-Type", "application/json");
  answer.end('{"text": "1", "zero": 0}');
}).listen(0, "127.0.0.1", function () { console.log(this.address().port); });
JS
node server.cjs >port & server=$!
trap 'kill $server; rm -rf "$folder"' EXIT
until [[ -s port ]]; do sleep 0.1; done
cat >api.yaml <<YAML
openapi: 3.0.3
info: { title: example, version: "1" }
servers: [{ url: "http://127.0.0.1:$(cat port)" }]
paths: { /: { get: { operationId: read, responses: { "200": { description: found, content: { application/json: { schema: {} } } } } } } }
YAML
cat >test.arazzo.yaml <<'YAML'
arazzo: 1.0.1
info: { title: example, version: "1" }
sourceDescriptions: [{ name: api, type: openapi, url: api.yaml }]
workflows:
  - { workflowId: same, steps: [{ stepId: one, operationId: read, successCriteria: [{ condition: "$response.header.content-type == 'application/json'" }] }] }
  - { workflowId: case, steps: [{ stepId: one, operationId: read, successCriteria: [{ condition: "$response.header.content-type == 'APPLICATION/JSON'" }] }] }
  - { workflowId: text, steps: [{ stepId: one, operationId: read, successCriteria: [{ condition: "$response.body#/text == 1" }] }] }
  - { workflowId: zero, steps: [{ stepId: one, operationId: read, successCriteria: [{ condition: "$response.body#/zero == false" }] }] }
YAML
export REDOCLY_TELEMETRY=off NO_COLOR=1
seen=
for workflow in same case text zero; do
  if node_modules/.bin/redocly respect test.arazzo.yaml --workflow "$workflow" >log 2>&1; then seen+="$workflow holds "; else seen+="$workflow fails "; fi
done
echo "$seen"
[[ $seen == "same holds case fails text holds zero holds " ]]
