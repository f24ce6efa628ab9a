#!/usr/bin/env bash
# openapi-sampler 1.7.10 (npm): samples heed some keywords of a schema and not others.
#
# Expected: what is sampled from a schema is valid by it, or nothing is sampled where that is too hard.
# Seen: a least number is heeded with `exclusiveMinimum` and forgets `multipleOf`; `minItems` fills an array with equal items in spite of
# `uniqueItems`; an address is shorter than `minLength`; a duration is the text "string". A stub that answers with samples breaks its contract.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --no-package-lock openapi-sampler@1.7.10 >/dev/null
seen=$(node -e '
  const { sample } = require("openapi-sampler");
  const schemas = [
    { type: "number", minimum: 5, exclusiveMinimum: true },
    { type: "integer", minimum: 10, multipleOf: 7 },
    { type: "array", minItems: 2, uniqueItems: true, items: { type: "string" } },
    { type: "string", format: "email", minLength: 30 },
    { type: "string", format: "duration" },
  ];
  console.log(schemas.map((schema) => JSON.stringify(sample(schema))).join(" "));
')
echo "$seen"
[[ $seen == '6 10 ["string","string"] "user@example.com" "string"' ]]
