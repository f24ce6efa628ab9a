//! The contract itself: it loads, and it judges published samples as their publisher would.

use flowproof::contract::{Contract, Direction};
use serde_json::Value;

use crate::support::{CONTRACT, root};

fn samples(folder: &str) -> Vec<(String, Value)> {
    let folder = root().join("tests/contract_samples").join(folder);
    let entries = std::fs::read_dir(folder).expect("the folder of samples");
    entries
        .map(|entry| entry.expect("an entry").path())
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a sample");
            (path.display().to_string(), serde_json::from_str(&text).expect("a sample is JSON"))
        })
        .collect()
}

fn is_valid(contract: &Contract, sample: &Value) -> bool {
    let schema = sample["schema"].as_str().expect("a sample names its schema");
    let direction = if sample["direction"] == "request" { Direction::Request } else { Direction::Response };
    let validator = contract.validator(&format!("/components/schemas/{schema}"), direction).expect("it compiles");
    validator.is_valid(&sample["body"])
}

#[test]
fn every_published_sample_is_valid() {
    let samples = samples("valid");
    assert!(samples.len() > 30, "{} samples", samples.len());
    for (path, sample) in samples {
        assert!(is_valid(&CONTRACT, &sample), "{path}");
    }
}

#[test]
fn every_broken_sample_is_invalid() {
    let samples = samples("invalid");
    assert!(samples.len() > 15, "{} samples", samples.len());
    for (path, sample) in samples {
        assert!(!is_valid(&CONTRACT, &sample), "{path}");
    }
}

#[test]
fn every_schema_of_the_contract_compiles() {
    for operation in CONTRACT.operations() {
        let request = operation.request.iter().filter_map(|request| request.schema.as_deref());
        for schema in request {
            CONTRACT.validator(schema, Direction::Request).unwrap_or_else(|error| panic!("{error}"));
        }
        let media_types = operation.replies().flat_map(|reply| &reply.media_types);
        for schema in media_types.filter_map(|media_type| media_type.schema.as_deref()) {
            CONTRACT.validator(schema, Direction::Response).unwrap_or_else(|error| panic!("{error}"));
        }
    }
}

#[test]
fn the_operations_of_the_five_pages_are_there() {
    for name in ["confirmUserCode", "verifyUser", "initializeDeviceAuthentication", "validateOtp"] {
        let operation = CONTRACT.operation(name).unwrap_or_else(|| panic!("{name}"));
        assert!(!operation.requirements.is_empty(), "{name} promises something");
    }
}

// S1-1: what changes a user for good is a fact of the contract, and one about an operation that is there.
#[test]
fn a_lasting_change_by_an_operation_that_the_lifecycle_does_not_have_is_an_error() {
    let mut document = CONTRACT.document().clone();
    let lifecycle = document["components"]["schemas"].as_object_mut().expect("schemas").values_mut();
    let lifecycle = lifecycle.filter_map(|schema| schema.get_mut("x-lifecycle")).next_back().expect("a lifecycle");
    lifecycle["lasting"] = serde_json::json!({ "verifyUsr": { "what": "the address" } });
    let error = Contract::from_json(&document.to_string()).expect_err("there is no such operation").to_string();
    assert!(error.contains("`verifyUsr` is not one of its operations"), "{error}");
}
