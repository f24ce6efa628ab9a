//! Goldens of the lowered document, the dispatch table and the refusals of small contracts.

use serde_json::Value;

use crate::codegen::model::Lowered;
use crate::codegen::{Refusal, client_source, generate, lower, report};

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

#[test]
fn each_request_media_type_becomes_an_operation_and_each_status_a_variant() {
    let document = lowered("tenant.yaml").document;
    golden("lowered", &serde_json::to_string_pretty(&document).expect("a document is JSON"));
}

#[test]
fn the_table_keeps_the_true_names_and_calls_methods_by_their_signatures() {
    let source = client_source(&contract("tenant.yaml")).expect("the small contract becomes a client");
    let table = source.find("/// Every operation of the contract").expect("the table is there");
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
    golden("refusals", &client_source(&contract("broken.yaml")).expect_err("this contract is broken"));
}

#[test]
fn a_contract_without_operations_or_with_nothing_at_all_is_refused() {
    assert_eq!(client_source(&Value::Null).expect_err("null"), "#: OpenAPI 3.0 is needed, this is \"\"");
    let empty = serde_json::json!({ "openapi": "3.0.3", "info": {}, "paths": {} });
    assert_eq!(client_source(&empty).expect_err("no operation"), "#: the contract has no operation");
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
fn the_same_contract_gives_the_same_source() {
    let contract = contract("tenant.yaml");
    assert_eq!(client_source(&contract), client_source(&contract));
}
