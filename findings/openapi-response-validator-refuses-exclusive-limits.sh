#!/usr/bin/env bash
# openapi-response-validator 12.1.3 (npm): it cannot be made for a schema of OpenAPI 3.0 with `exclusiveMinimum: true`, and of several
# media types it judges by the first.
#
# Expected: in OpenAPI 3.0 the keyword is a boolean (JSON Schema draft 5); an answer is judged by the schema of its own media type.
# Seen: "must be number"; there is no way to name the media type, so that a JSON object is no string where text/plain stands first.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --no-package-lock openapi-response-validator@12.1.3 >/dev/null
cat >judge.cjs <<'JS'
const loaded = require("openapi-response-validator");
const Validator = loaded.default ?? loaded;
const judge = (content, body) => {
  try {
    const said = new Validator({ responses: { 200: { description: "found", content } } }).validateResponse(200, body);
    console.log(said ? said.errors[0].message : "valid");
  } catch (problem) {
    console.log(problem.message);
  }
};
judge({ "application/json": { schema: { type: "integer", minimum: 1 } } }, 2);
judge({ "application/json": { schema: { type: "integer", minimum: 1, exclusiveMinimum: true } } }, 2);
judge({ "text/plain": { schema: { type: "string" } }, "application/json": { schema: { type: "object" } } }, {});
JS
seen=$(node judge.cjs)
echo "$seen"
[[ $seen == $'valid\n'*'exclusiveMinimum must be number'$'\nmust be string' ]]
