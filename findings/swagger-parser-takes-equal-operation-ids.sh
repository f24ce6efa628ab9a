#!/usr/bin/env bash
# @apidevtools/swagger-parser 13.0.0 (npm): `validate` refuses two operations with one `operationId` in Swagger 2.0 and takes them in
# OpenAPI 3.0. So it does with a parameter of a path that is declared nowhere.
#
# Expected: both documents forbid both in the same words, so that a newer document is not judged more mildly.
# Seen: for OpenAPI 3 only the schema of the document is asked, which can say neither.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --no-package-lock @apidevtools/swagger-parser@13.0.0 >/dev/null
cat >read.mjs <<'JS'
import { createRequire } from "node:module";
const loaded = createRequire(import.meta.url)("@apidevtools/swagger-parser");
const parser = loaded.default ?? loaded;
const operation = (more) => ({ get: { responses: { 200: { description: "found" } }, ...more } });
const info = { title: "example", version: "1" };
const twice = { "/a": operation({ operationId: "read" }), "/b": operation({ operationId: "read" }) };
for (const version of [{ swagger: "2.0" }, { openapi: "3.0.3" }]) {
  for (const [what, paths] of Object.entries({ twice, undeclared: { "/a/{id}": operation() } })) {
    const said = await parser.validate({ ...version, info, paths: structuredClone(paths) }).then(() => "valid", () => "refused");
    console.log(Object.values(version)[0], what, said);
  }
}
JS
seen=$(node read.mjs)
echo "$seen"
[[ $seen == $'2.0 twice refused\n2.0 undeclared refused\n3.0.3 twice valid\n3.0.3 undeclared valid' ]]
