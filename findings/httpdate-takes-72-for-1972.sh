#!/usr/bin/env bash
# httpdate 1.0.3 (crate): a year of two digits is one of 1970 to 2069, whatever the year is now.
#
# Expected: RFC 9110, section 5.6.7: such a year is past only where it would be more than 50 years ahead. From 2022 on, 72 is 2072.
# Seen: 6 November 2072, a Sunday, is refused, since it is taken for 1972, when the day was a Monday.
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
httpdate = "=1.0.3"
TOML
cat >src/main.rs <<'RS'
fn main() {
    for date in ["Sunday, 06-Nov-72 08:49:37 GMT", "Monday, 06-Nov-72 08:49:37 GMT"] {
        println!("{:?}", httpdate::parse_http_date(date).map(httpdate::fmt_http_date).ok());
    }
}
RS
seen=$(cargo run --quiet)
echo "$seen"
(($(date +%Y) >= 2022 && $(date +%Y) < 2072)) && [[ $(date -d 2072-11-06 +%A) == Sunday ]]
[[ $seen == $'None\nSome("Mon, 06 Nov 1972 08:49:37 GMT")' ]]
