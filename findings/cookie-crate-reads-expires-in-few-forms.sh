#!/usr/bin/env bash
# cookie 0.18.2 (and cookie_store 0.22.1 on top of it, which reqwest uses): an `Expires` with a day of one digit or with `UTC` is
# dropped, and the cookie outlives it.
#
# Expected: RFC 6265, section 5.1.1 has an algorithm that takes tokens in any order, days and hours of one digit, and ignores the
# name of the zone; tough-cookie 5.1.2 follows it.
# Seen: only a few fixed forms are read. What is past stays: a server that revokes a cookie so is not heard.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir src
cat > Cargo.toml <<'TOML'
[package]
name = "finding"
version = "0.0.0"
edition = "2021"

[dependencies]
cookie = "=0.18.2"
cookie_store = "=0.22.1"
url = "2"
TOML
cat > src/main.rs <<'RS'
fn main() {
    let page = url::Url::parse("https://www.example.com/").unwrap();
    for date in ["Sat, 02 Jan 2021 03:04:05 GMT", "Sat, 2 Jan 2021 03:04:05 GMT", "Sat, 02 Jan 2021 03:04:05 UTC"] {
        let line = format!("a=b; Expires={date}");
        let read = cookie::Cookie::parse(line.clone()).unwrap().expires_datetime().is_some();
        let mut store = cookie_store::CookieStore::default();
        let _ = store.parse(&line, &page);
        println!("{read} {}", store.get_request_values(&page).count());
    }
}
RS
rust=$(cargo run --quiet)
npm install --silent --no-save --prefix . tough-cookie@5.1.2 >/dev/null
node=$(node -e '
  const { parseDate } = require("tough-cookie");
  for (const date of ["Sat, 2 Jan 2021 03:04:05 GMT", "Sat, 02 Jan 2021 03:04:05 UTC"]) console.log(parseDate(date).toISOString());
')
echo "cookie reads the date, cookies that cookie_store still sends:"
echo "$rust"
echo "tough-cookie: $node"
[[ $rust == $'true 0\nfalse 1\nfalse 1' ]]
[[ $node == $'2021-01-02T03:04:05.000Z\n2021-01-02T03:04:05.000Z' ]]
