#!/usr/bin/env bash
# ajv-formats 3.0.1 (with ajv 8.17.1): `format: int32` is a range, `format: int64` is none.
#
# Expected: as 2147483648 is no int32, 9223372036854775808 (2^63) and 1e300 are no int64.
# Seen: both pass; int64 asks only whether the number is an integer. An oracle built on it misses every overflow of int64.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-save --prefix . ajv@8.17.1 ajv-formats@3.0.1 >/dev/null
seen=$(node -e '
  const ajv = new (require("ajv").default)();
  require("ajv-formats").default(ajv);
  const valid = (format, value) => ajv.compile({ type: "integer", format })(value);
  console.log(valid("int32", 2147483648), valid("int64", 2 ** 63), valid("int64", 1e300));
')
echo "int32 of 2^31, int64 of 2^63, int64 of 1e300: $seen"
[[ $seen == "false true true" ]]
