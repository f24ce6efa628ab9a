//! A lifecycle of another API: its form is what the reader takes, and what it promises is checked.

use std::fs;

use flowproof::contract::{Contract, TEXT};
use serde_json::{Value, json};

use super::{runs, with_files};
use crate::support::{code, root, said};

const LIFECYCLE: &str = r#"
overlay: 1.0.0
info: { title: Orders, version: "1" }
actions:
  - target: $.components.schemas.Order
    update:
      x-lifecycle:
        name: order
        state: /status
        identity: /id
        read: readOrder
        initial: { placeOrder: [OPEN] }
        fixed: { /customer: [] }
        states:
          OPEN: { permits: { payOrder: { success: [PAID] } } }
          PAID: { final: true, properties: { must: [/receipt] } }
"#;

/// What `paid` is answered with decides whether the promise is kept.
fn pays(id: u8) -> String {
    format!(
        "scenario: An order is paid\nsteps:\n  - call: placeOrder\n    body: {{ id: {id} }}\n    expect: {{ state: OPEN }}\n    save: \
         {{ order: /id }}\n  - call: payOrder\n    path: {{ id: \"{{{{order}}}}\" }}\n  - call: readOrder\n    path: {{ id: \
         \"{{{{order}}}}\" }}\n"
    )
}

#[test]
fn a_lifecycle_beside_a_document_is_checked_on_another_api() {
    for (id, exit, words) in [(1, 0, "1 passed"), (2, 1, "lifecycle-transition"), (3, 1, "conditional-presence")] {
        let folder =
            with_files(&format!("lifecycle-{id}"), &[("cases/pay.yaml", &pays(id)), ("orders.yaml", LIFECYCLE)]);
        let output = runs(&folder, &["--overlay", "orders.yaml"]);
        assert_eq!(code(&output), exit, "{id}: {}", said(&output));
        assert!(said(&output).contains(words), "{id}: {}", said(&output));
    }
}

fn schema_of(name: &str) -> jsonschema::Validator {
    let text = fs::read_to_string(root().join("docs/lifecycle-extension.schema.json")).expect("the schema");
    let mut schema: Value = serde_json::from_str(&text).expect("JSON");
    schema["$ref"] = format!("#/$defs/{name}").into();
    jsonschema::validator_for(&schema).expect("a schema")
}

/// Every value of an extension in a document.
fn values<'v>(document: &'v Value, name: &str, found: &mut Vec<&'v Value>) {
    match document {
        Value::Object(members) => {
            found.extend(members.get(name));
            members.iter().filter(|(key, _)| !key.starts_with("x-")).for_each(|(_, below)| values(below, name, found));
        }
        Value::Array(items) => items.iter().for_each(|item| values(item, name, found)),
        _ => {}
    }
}

#[test]
fn the_schema_of_the_extensions_takes_what_our_own_contract_says_and_refuses_what_the_reader_refuses() {
    let document: Value = serde_json::from_str(TEXT).expect("JSON");
    for name in [
        "x-lifecycle",
        "x-requirements",
        "x-requirement",
        "x-secret",
        "x-extensible-enum",
        "x-error-codes",
        "x-other-resources",
        "x-operation-id",
        "x-responses",
        "x-body-required",
    ] {
        let (schema, mut found) = (schema_of(name), Vec::new());
        values(&document, name, &mut found);
        assert!(!found.is_empty(), "{name}");
        for value in found {
            assert!(
                schema.is_valid(value),
                "{name}: {:?}",
                schema.validate(value).err().map(|error| error.to_string())
            );
        }
    }
    let schema = schema_of("x-lifecycle");
    let good = json!({"name": "order", "state": "/status", "identity": "/id", "read": "readOrder", "initial": {}, "states": {}});
    assert!(schema.is_valid(&good));
    for (key, wrong) in [("colour", json!("red")), ("state", json!(7)), ("states", json!({"OPEN": {"allows": {}}}))] {
        let mut lifecycle = good.clone();
        lifecycle[key] = wrong;
        let document = json!({"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {"/orders/{id}": {"get": {
            "operationId": "readOrder", "responses": {"200": {"description": "It."}}}}},
            "components": {"schemas": {"Order": {"type": "object", "x-lifecycle": lifecycle}}}});
        let read = Contract::from_text(&document.to_string()).expect("a contract");
        assert!(!schema.is_valid(&lifecycle) && read.lifecycles().is_empty(), "{key}");
    }
}
