#!/usr/bin/env bash
# openapi-diff 0.24.1 (npm): a list of values that grows or shrinks, a format that comes, and null that is allowed are no difference at all.
#
# Expected: a value less in a request, or one more in a response, breaks clients; the tool says what breaks, what does not, and what it
# cannot tell.
# Seen: nothing in any of the three lists, where a higher maximum is found and judged. "No breaking changes" then says nothing about enums.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --no-package-lock openapi-diff@0.24.1 >/dev/null
cat >compare.cjs <<'JS'
const { diffSpecs } = require("openapi-diff");
const document = (schema) => ({ location: "example", format: "openapi3", content: JSON.stringify({
  openapi: "3.0.3", info: { title: "example", version: "1" },
  paths: { "/a": { get: { responses: { 200: { description: "found", content: { "application/json": { schema } } } } } } },
}) });
const pairs = {
  enum: [{ type: "string", enum: ["a"] }, { type: "string", enum: ["b", "c"] }],
  format: [{ type: "string" }, { type: "string", format: "date" }],
  nullable: [{ type: "string" }, { type: "string", nullable: true }],
  maximum: [{ type: "integer", maximum: 5 }, { type: "integer", maximum: 6 }],
};
(async () => {
  for (const [what, [then, now]] of Object.entries(pairs)) {
    const { breakingDifferences = [], nonBreakingDifferences = [], unclassifiedDifferences = [] } =
      await diffSpecs({ sourceSpec: document(then), destinationSpec: document(now) });
    console.log(what, breakingDifferences.length, nonBreakingDifferences.length, unclassifiedDifferences.length);
  }
})();
JS
seen=$(node compare.cjs)
printf 'what changed, breaking, not breaking, unclassified\n%s\n' "$seen"
[[ $seen == $'enum 0 0 0\nformat 0 0 0\nnullable 0 0 0\nmaximum 1 0 0' ]]
