#!/usr/bin/env bash
# openapi-backend 5.21.2 (npm): `validateResponse` passes every body whose media type is documented as application/hal+json, and every
# status that is not documented.
#
# Expected: a schema below a vendor's media type is one, too; an answer 404 where only 200 is documented is told.
# Seen: only application/json is looked at; for the others, and for unknown statuses, the result is `valid: true`.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --no-package-lock openapi-backend@5.21.2 >/dev/null
cat >judge.cjs <<'JS'
const { OpenAPIBackend } = require("openapi-backend");
const judge = async (mediaType, status) => {
  const content = { [mediaType]: { schema: { type: "object" } } };
  const paths = { "/a": { get: { operationId: "read", responses: { 200: { description: "found", content } } } } };
  const api = new OpenAPIBackend({ definition: { openapi: "3.0.3", info: { title: "example", version: "1" }, paths } });
  await api.init();
  console.log(mediaType, status, api.validateResponse(["no object"], "read", status).valid);
};
judge("application/json", 200).then(() => judge("application/hal+json", 200)).then(() => judge("application/json", 404));
JS
seen=$(node judge.cjs)
echo "$seen"
[[ $seen == $'application/json 200 false\napplication/hal+json 200 true\napplication/json 404 true' ]]
