//! The library as a document of OpenAPI 3.1: run, and whatever else reads a contract.

use super::{BODIES, CONTRACT, STYLES, assert_passes, flowproof, runs, with_files};
use crate::support::{code, said};

/// The library's document in the dialect of 3.1.
fn modern() -> String {
    let book = "      required: [id, title]\n      properties: { id: { type: integer }, title: { type: string } }\n";
    assert!(CONTRACT.contains(book));
    let modern_book = "      required: [id, title]\n      properties:\n        id: { $ref: \"#/components/schemas/Id\", description: \
         Its number. }\n        title: { type: [string, \"null\"], minLength: 1 }\n        shelf: { const: sf-7 }\n    Id: { type: \
         integer, exclusiveMinimum: 0 }\n";
    CONTRACT
        .replace("openapi: 3.0.3", "openapi: 3.1.1")
        .replace("format: binary", "contentMediaType: application/octet-stream")
        .replace("minimum: 1450", "exclusiveMinimum: 1449")
        .replace(book, modern_book)
}

const BOOK: &str = "scenario: A book\nsteps:\n  - call: readBook\n    path: { id: 1 }\n";

#[test]
fn requests_are_written_and_answers_judged_as_the_document_says() {
    let cases = [("cases/styles.yaml", STYLES), ("cases/bodies.yaml", BODIES), ("cases/book.yaml", BOOK)];
    let folder = with_files("modern", &[&[("library.yaml", modern().as_str())][..], &cases].concat());
    assert_passes(&runs(&folder, &[]));
    for command in [&["coverage"][..], &["audit"], &["lint"], &["requirements"], &["explain", "readBook"]] {
        let output = flowproof(&folder, &[command, &["--contract", "library.yaml"]].concat());
        assert!(matches!(code(&output), 0 | 1), "{command:?}: {}", said(&output));
        assert!(!said(&output).contains("warning"), "{command:?}: {}", said(&output));
    }
    let strict = modern().replace("minLength: 1", "minLength: 5");
    std::fs::write(folder.join("library.yaml"), strict).expect("written");
    let output = runs(&folder, &[]);
    assert_eq!(code(&output), 1, "{}", said(&output));
    assert!(said(&output).contains("the string `title` is too short"), "{}", said(&output));
}

#[test]
fn a_scenario_that_cannot_fit_is_found_before_anything_is_sent() {
    let steps = "  - call: sendJson\n    body: { title: Dune, year: 1449 }\n  - call: readBook\n    path: { id: 1 }\n    expect: { body: \
                 { /shelf: sf-8, /title: 5 } }\n";
    let case = format!("scenario: Wrong\nsteps:\n{steps}");
    let folder = with_files("modern-lint", &[("library.yaml", modern().as_str()), ("cases/wrong.yaml", &case)]);
    let output = flowproof(&folder, &["lint", "--contract", "library.yaml"]);
    assert_eq!(code(&output), 2, "{}", said(&output));
    for words in ["1449", "sf-8", "/title"] {
        assert!(said(&output).contains(words), "{words}: {}", said(&output));
    }
}

#[test]
fn an_editor_is_told_the_names_of_the_document() {
    let folder = with_files("modern-schema", &[("library.yaml", modern().as_str())]);
    let output = flowproof(&folder, &["lint", "--schema", "--contract", "library.yaml"]);
    assert_passes(&output);
    let schema: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let validator = jsonschema::draft7::new(&schema).expect("a schema");
    let calls = |operation: &str| serde_json::json!({"scenario": "A", "steps": [{"call": operation}]});
    for named in ["readBook", "GET /echo/unnamed", "sendBody (text/plain)"] {
        assert!(validator.is_valid(&calls(named)), "{named}");
    }
    assert!(!validator.is_valid(&calls("validateOtp")));
}

#[test]
fn what_is_not_documented_is_proposed_in_the_dialect_of_the_document() {
    let without = modern()
        .replace("        title: { type: [string, \"null\"], minLength: 1 }\n", "")
        .replace("[id, title]", "[id]");
    let folder = with_files("modern-drift", &[("library.yaml", without.as_str()), ("cases/book.yaml", BOOK)]);
    let output = runs(&folder, &[]);
    assert!(said(&output).contains("undocumented-property"), "{}", said(&output));
    let output = flowproof(&folder, &["drift", "--contract", "library.yaml", "--patch"]);
    assert_passes(&output);
    assert!(said(&output).contains("+        title:"), "{}", said(&output));
}
