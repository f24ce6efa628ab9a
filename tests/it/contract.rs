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
        let media_types = operation.replies.iter().flat_map(|reply| &reply.media_types);
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
