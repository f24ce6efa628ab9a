#!/usr/bin/env bash
# openapiv3 2.2.0 (crate): a schema that is read and written again has lost its `xml`.
#
# Expected: `xml` is a member of OpenAPI 3.0's Schema Object; its neighbours `externalDocs` and `discriminator`, and extensions, survive.
# Seen: it is dropped without an error. Whoever edits documents by way of this crate renames the elements of every XML body.
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
openapiv3 = "=2.2.0"
serde_json = "1"
TOML
cat >src/main.rs <<'RS'
fn main() {
    let text = r#"{"type": "string", "externalDocs": {"url": "https://example.com"}, "x-a": 1, "xml": {"name": "title", "attribute": true}}"#;
    let schema: openapiv3::Schema = serde_json::from_str(text).unwrap();
    let written = serde_json::to_value(&schema).unwrap();
    println!("{:?}", ["type", "externalDocs", "x-a", "xml"].map(|member| written.get(member).is_some()));
}
RS
seen=$(cargo run --quiet)
echo "type, externalDocs, x-a and xml are still there: $seen"
[[ $seen == "[true, true, true, false]" ]]
