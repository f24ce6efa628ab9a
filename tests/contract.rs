//! The contract itself: it loads, and it judges published samples as their publisher would.

use std::path::Path;

use flowproof::contract::{Contract, Direction};
use serde_json::Value;

fn contract() -> Contract {
    Contract::from_json(flowproof::contract::TEXT).expect("the embedded contract is valid")
}

fn samples(folder: &str) -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contract_samples").join(folder);
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
    let contract = contract();
    let samples = samples("valid");
    assert!(samples.len() > 30, "{} samples", samples.len());
    for (path, sample) in samples {
        assert!(is_valid(&contract, &sample), "{path}");
    }
}

#[test]
fn every_broken_sample_is_invalid() {
    let contract = contract();
    let samples = samples("invalid");
    assert!(samples.len() > 15, "{} samples", samples.len());
    for (path, sample) in samples {
        assert!(!is_valid(&contract, &sample), "{path}");
    }
}

#[test]
fn every_schema_of_the_contract_compiles() {
    let contract = contract();
    for operation in contract.operations() {
        let request = operation.request.iter().filter_map(|request| request.schema.as_deref());
        for schema in request {
            contract.validator(schema, Direction::Request).unwrap_or_else(|error| panic!("{error}"));
        }
        let media_types = operation.replies.iter().flat_map(|reply| &reply.media_types);
        for schema in media_types.filter_map(|media_type| media_type.schema.as_deref()) {
            contract.validator(schema, Direction::Response).unwrap_or_else(|error| panic!("{error}"));
        }
    }
}

#[test]
fn the_operations_of_the_five_pages_are_there() {
    let contract = contract();
    for name in ["confirmUserCode", "verifyUser", "initializeDeviceAuthentication", "validateOtp"] {
        let operation = contract.operation(name).unwrap_or_else(|| panic!("{name}"));
        assert!(!operation.requirements.is_empty(), "{name} promises something");
    }
}
