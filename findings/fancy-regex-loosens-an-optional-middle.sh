#!/usr/bin/env bash
# fancy-regex 0.19.2: `^[0-9]+\.?[0-9]+$` matches a single digit.
#
# Expected: the pattern needs two digits at least, as in ECMA-262 (regress 0.12.0) and in the crate regex.
# Seen: the optional part between two equal repetitions lets both of them share one digit. A JSON Schema validator that
# compiles patterns with it passes values that the schema forbids.
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
fancy-regex = "=0.19.2"
regress = "=0.12.0"
TOML
cat > src/main.rs <<'RS'
fn main() {
    let pattern = r"^[0-9]+\.?[0-9]+$";
    let fancy = fancy_regex::Regex::new(pattern).unwrap();
    let ecma = regress::Regex::new(pattern).unwrap();
    for text in ["5", "55"] {
        println!("{text} {} {}", fancy.is_match(text).unwrap(), ecma.find(text).is_some());
    }
}
RS
seen=$(cargo run --quiet)
echo "text, fancy-regex, regress:"
echo "$seen"
[[ $seen == $'5 true false\n55 true true' ]]
