#!/usr/bin/env bash
# ajv-formats 3.0.1 (with ajv 8.17.1): a line break between date and time is a valid `date-time`.
#
# Expected: RFC 3339 separates them by `T`; its note lets applications choose another character such as a space.
# Seen: any white space of JavaScript's `\s` passes, a line feed included, though the time alone must have its offset.
# A timestamp of two lines is called valid.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-save --prefix . ajv@8.17.1 ajv-formats@3.0.1 >/dev/null
seen=$(node -e '
  const ajv = new (require("ajv").default)();
  require("ajv-formats").default(ajv);
  const valid = ajv.compile({ type: "string", format: "date-time" });
  console.log(["2026-03-01T10:00:00Z", "2026-03-01\n10:00:00Z", "2026-03-01T10:00:00"].map((text) => valid(text)).join(" "));
')
echo "with T, with a line feed, without an offset: $seen"
[[ $seen == "true true false" ]]
