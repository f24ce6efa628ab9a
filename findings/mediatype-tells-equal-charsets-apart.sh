#!/usr/bin/env bash
# mediatype 0.23.0 (crate): of the four forms that RFC 9110, section 8.3.1 calls equivalent, one is not equal to the others.
#
# Expected: the names of character encodings do not depend on case (RFC 9110, section 8.3.2); type, subtype and the names of
# parameters do not either, and a quoted value is the value.
# Seen: all that is so but for `charset=UTF-8` beside `charset=utf-8`.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "finding"
version = "0.0.0"
edition = "2021"

[dependencies]
mediatype = "=0.23.0"
TOML
cat >src/main.rs <<'RS'
fn main() {
    let first = mediatype::MediaType::parse("text/html;charset=utf-8").unwrap();
    for other in ["Text/HTML;Charset=\"utf-8\"", "text/html; charset=\"utf-8\"", "text/html;charset=UTF-8"] {
        println!("{}", mediatype::MediaType::parse(other).unwrap() == first);
    }
}
RS
seen=$(cargo run --quiet)
echo "$seen"
[[ $seen == $'true\ntrue\nfalse' ]]
