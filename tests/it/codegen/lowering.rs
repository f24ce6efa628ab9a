//! Goldens of the lowered document, the dispatch table and the refusals of small contracts.

use serde_json::Value;

use super::generator::model::Lowered;
use super::generator::{Refusal, client_source, generate, lower, report};

fn contract(name: &str) -> Value {
    let path = format!("{}/tests/codegen/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("the small contract is there");
    serde_saphyr::from_str(&text).expect("the small contract is YAML")
}

fn golden(name: &str, text: &str) {
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, text);
    });
}

fn lowered(name: &str) -> Lowered {
    lower::lower(&contract(name)).expect("the small contract can be lowered")
}

fn source(contract: &Value) -> Result<String, String> {
    client_source(contract).map_err(|refusals| report(&refusals))
}

#[test]
fn each_request_media_type_becomes_an_operation_and_each_status_a_variant() {
    let document = lowered("tenant.yaml").document;
    golden("lowered", &serde_json::to_string_pretty(&document).expect("a document is JSON"));
}

#[test]
fn the_table_keeps_the_true_names_and_calls_methods_by_their_signatures() {
    let source = source(&contract("tenant.yaml")).expect("the small contract becomes a client");
    let table = source.find("/// The method of every operation").expect("the table is there");
    golden("dispatch", &source[table..]);
}

#[test]
fn what_the_typed_client_does_without_is_listed() {
    let removals = lowered("tenant.yaml").removals;
    let lines: Vec<String> = removals.iter().map(|removal| format!("#{}: {}", removal.pointer, removal.what)).collect();
    golden("removals", &lines.join("\n"));
}

#[test]
fn all_reasons_why_a_contract_cannot_be_lowered_are_told_at_once_with_their_places() {
    golden("refusals", &source(&contract("broken.yaml")).expect_err("this contract is broken"));
}

#[test]
fn a_contract_without_operations_or_with_nothing_at_all_is_refused() {
    let nothing = source(&Value::Null).expect_err("this is no contract");
    assert!(nothing.contains("#: OpenAPI 3.0 is needed, this is \"\""), "{nothing}");
    let empty = serde_json::json!({ "openapi": "3.0.3", "info": { "title": "", "version": "1" }, "paths": {} });
    assert_eq!(source(&empty).expect_err("no operation"), "#: the contract has no operation");
}

#[test]
fn a_panic_of_the_generator_names_the_operation_that_caused_it() {
    let mut lowered = lowered("tenant.yaml");
    let path = "/{envID}/as/token#requestToken";
    let Some(openapiv3::ReferenceOr::Item(item)) = lowered.document.paths.paths.get_mut(path) else {
        panic!("{path} is in the lowered document");
    };
    let body = item.post.as_mut().and_then(|post| post.request_body.as_mut());
    let Some(openapiv3::ReferenceOr::Item(body)) = body else { panic!("{path} has a body") };
    body.content.insert("text/html".to_owned(), openapiv3::MediaType::default());

    let refusals: Vec<Refusal> = generate(&lowered).expect_err("two media types are too many for the generator");
    golden("panic", &report(&refusals));
}

#[test]
fn a_schema_that_the_generator_cannot_take_is_named_and_not_the_operations_that_use_it() {
    let mut lowered = lowered("tenant.yaml");
    let schemas = &mut lowered.document.components.as_mut().expect("there are components").schemas;
    let odd = serde_json::json!({ "type": "string", "enum": ["a.b", "a b"] });
    schemas.insert("Link".to_owned(), serde_json::from_value(odd).expect("this is a schema"));

    let refusals = generate(&lowered).expect_err("two values would be one variant");
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    assert_eq!(refusals[0].pointer, "/components/schemas/Link");
}

#[test]
fn the_same_contract_gives_the_same_source() {
    let contract = contract("tenant.yaml");
    assert_eq!(source(&contract), source(&contract));
}

/// Every place of a document, as JSON pointers.
fn places(value: &Value, pointer: String) -> Vec<String> {
    let below: Vec<String> = match value {
        Value::Object(members) => {
            members.iter().flat_map(|(key, member)| places(member, step(&pointer, key))).collect()
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .flat_map(|(index, item)| places(item, step(&pointer, &index.to_string())))
            .collect(),
        _ => Vec::new(),
    };
    std::iter::once(pointer).chain(below).collect()
}

fn step(pointer: &str, key: &str) -> String {
    flowproof::base::pointer::join(pointer, key)
}

#[test]
fn whatever_stands_in_a_wrong_place_is_lowered_or_refused_without_a_panic() {
    let contract = contract("tenant.yaml");
    for place in places(&contract, String::new()) {
        for wrong in [Value::Null, serde_json::json!({ "a": {} })] {
            let mut broken = contract.clone();
            *broken.pointer_mut(&place).expect("the place is there") = wrong;
            if let Err(refusals) = lower::lower(&broken) {
                assert!(!refusals.is_empty(), "{place}");
            }
        }
    }
}
