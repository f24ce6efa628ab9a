//! `response-schema`: a documented body is JSON, read without ambiguity, and fits its schema.

use super::case::finding;
use super::{Case, Check};
use crate::contract::{Direction, Violation};
use crate::json::Body;
use crate::record::{Finding, Level};

/// No more violations than this are listed for one body.
const LISTED: usize = 50;

/// The check.
pub const CHECK: Check = Check {
    id: "response-schema",
    level: Level::Deny,
    promise: "A documented body is well-formed JSON without repeated keys, and fits the schema of its status and media type.",
    source: "the schema of the response in the contract, formats asserted; RFC 8259",
    example: "A device authentication without `status`: a client cannot know which step comes next.",
    advice: "Compare the value at the JSON pointer with the contract; if the documentation changed, change the contract.",
    needs: &["documented-status", "media-type"],
    judge,
};

fn judge(case: &Case<'_>) -> Option<Vec<Finding>> {
    let media_type = case.media_type()?;
    let schema = media_type.schema.as_ref()?;
    let problem = |message: String| Finding {
        promise: Some(schema.clone()),
        requirements: case.contract.requirements_at(schema),
        ..finding(message)
    };
    match case.body() {
        Body::Empty => Some(vec![problem(format!("the body is empty; {} is documented", media_type.name))]),
        Body::NotJson(why) => Some(vec![problem(format!("the body is not JSON: {why}"))]),
        Body::Json { value, repeated } => {
            let twice = repeated.iter().map(|pointer| Finding {
                pointer: Some(pointer.clone()),
                ..problem("the key occurs more than once in its object".into())
            });
            Some(twice.chain(violations(case, schema, value)).collect())
        }
    }
}

fn violations(case: &Case<'_>, schema: &str, value: &serde_json::Value) -> Vec<Finding> {
    let validator = match case.contract.validator(schema, Direction::Response) {
        Ok(validator) => validator,
        Err(error) => return vec![finding(error.to_string())],
    };
    let (violations, more) = validator.violations(value, LISTED);
    let note = more.then(|| finding(format!("there are more violations than the {LISTED} that are listed")));
    let told = violations.into_iter().filter(|violation| !is_hidden(case, violation));
    let shown = told.map(|violation| Finding {
        pointer: Some(violation.instance),
        expected: case
            .contract
            .document()
            .pointer(&violation.keyword)
            .map(|wanted| format!("{}: {wanted}", last(&violation.keyword))),
        actual: Some(violation.actual),
        requirements: case.contract.requirements_at(&violation.keyword),
        promise: Some(violation.keyword),
        ..finding(violation.message)
    });
    shown.chain(note).collect()
}

/// Whether nobody can tell any more: the value is a text that hides a secret, or a choice of schemas depends on one inside.
fn is_hidden(case: &Case<'_>, violation: &Violation) -> bool {
    let is_text = violation.actual.starts_with('"');
    let chooses = matches!(last(&violation.keyword), "oneOf" | "anyOf" | "not");
    (is_text || chooses) && case.observation().hides(&violation.actual)
}

fn last(pointer: &str) -> &str {
    pointer.rsplit('/').next().unwrap_or(pointer)
}
