#!/usr/bin/env bash
# @apidevtools/json-schema-ref-parser 15.5.2 (npm): what stands beside `$ref` is merged into what it refers to, and wins.
#
# Expected: in OpenAPI 3.0 a reference "cannot be extended with additional properties and any properties added SHALL be ignored"; in JSON
# Schema 2020-12 both hold, so that the narrower limit counts, whichever of them has it.
# Seen: `dereference` gives one schema with the wider limit that stood beside the reference; the narrower one is gone. It is right for neither.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --no-package-lock @apidevtools/json-schema-ref-parser@15.5.2 >/dev/null
cat >seen.mjs <<'JS'
import parser from "@apidevtools/json-schema-ref-parser";
const schemas = {
  Code: { type: "string", maxLength: 6 },
  Order: { type: "object", properties: { code: { $ref: "#/components/schemas/Code", maxLength: 60 } } },
};
const document = { openapi: "3.0.3", info: { title: "example", version: "1" }, paths: {}, components: { schemas } };
const { maxLength, type } = (await parser.dereference(document)).components.schemas.Order.properties.code;
console.log(type, maxLength);
JS
seen=$(node seen.mjs)
echo "$seen"
[[ $seen == "string 60" ]]
