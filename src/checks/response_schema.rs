//! `response-schema`: a documented body is JSON, read without ambiguity, and fits its schema.

use super::{Case, Check};
use crate::base::json::Body;
use crate::contract::{Direction, StatusKey, Violation};
use crate::record::{Finding, Level};

/// No more violations than this are listed for one body.
const LISTED: usize = 50;

/// The check.
pub(crate) const CHECK: Check = Check {
    id: "response-schema",
    level: Level::Deny,
    promise: "A documented body is well-formed JSON without repeated keys, and fits the schema of its status and media type.",
    source: "the schema of the response in the contract, formats asserted; RFC 8259",
    example: "A device authentication without `status`: a client cannot know which step comes next.",
    advice: "Compare the value at the JSON pointer with the contract; if the documentation changed, change the contract.",
    needs: &["documented-status", "content-coding", "media-type"],
    judge,
};

fn judge(case: &Case<'_>) -> Option<Vec<Finding>> {
    let media_type = case.media_type?;
    let schema = media_type.schema.as_ref()?;
    let problem = |message: String| Finding {
        promise: Some(schema.clone()),
        requirements: case.contract.requirements_at(schema),
        ..Finding::new(message)
    };
    match case.body() {
        Body::Empty => Some(vec![problem(format!("the body is empty; {} is documented", media_type.name))]),
        Body::NotJson(why) => Some(vec![problem(format!("the body is not JSON: {why}"))]),
        Body::Json { value, repeated, inexact } => {
            let beyond = inexact.iter().filter(|number| number.out_of_range).map(|number| Finding {
                pointer: Some(number.pointer.clone()),
                actual: Some(number.digits.clone()),
                ..problem("the number is outside the range that programs hold".into())
            });
            let twice = repeated.iter().map(|pointer| Finding {
                pointer: Some(pointer.clone()),
                ..problem("the key occurs more than once in its object".into())
            });
            // A schema that cannot be compiled is the contract's fault, and told as that.
            let violations = violations(case, schema, value)?;
            let mistaken = (!violations.is_empty()).then(|| fitting_error(case, value)).flatten();
            Some(beyond.chain(twice).chain(violations).chain(mistaken.map(problem)).collect())
        }
    }
}

/// The documented error that a success's body would be.
fn fitting_error(case: &Case<'_>, value: &serde_json::Value) -> Option<String> {
    let status = case.response.status;
    // Some errors are documented so openly that anything fits.
    value.get("code").or(value.get("error"))?.as_str()?;
    let is_error = |key: StatusKey| !key.fits(status) && (400..600).any(|error| key.fits(error));
    let mut errors = case.operation?.replies.iter().filter(|reply| status < 400 && is_error(reply.status));
    let fits = |schema: &str| {
        case.contract.validator(schema, Direction::Response).is_ok_and(|validator| validator.is_valid(value))
    };
    let fitting =
        errors.find(|reply| reply.media_types.iter().filter_map(|known| known.schema.as_deref()).any(fits))?;
    Some(format!("the status is {status}, but the body fits what is documented for {}", fitting.status))
}

fn violations(case: &Case<'_>, schema: &str, value: &serde_json::Value) -> Option<Vec<Finding>> {
    let validator = case.contract.validator(schema, Direction::Response).ok()?;
    let (violations, more) = validator.violations(value, LISTED);
    let documented = |keyword: &str| case.contract.document().pointer(keyword);
    let note = more.then(|| Finding::new(format!("there are more violations than the {LISTED} that are listed")));
    let really =
        |violation: &Violation| last(&violation.keyword) != "uniqueItems" || !case.body().differ(&violation.instance);
    let visible = violations.into_iter().filter(|violation| really(violation) && !is_hidden(case, violation));
    let shown = visible.map(|violation| Finding {
        actual: Some(case.body().digits(&violation.instance).map_or(violation.actual, str::to_owned)),
        pointer: Some(violation.instance),
        expected: documented(&violation.keyword).map(|value| format!("{}: {value}", last(&violation.keyword))),
        requirements: case.contract.requirements_at(&violation.keyword),
        promise: Some(violation.keyword),
        ..Finding::new(violation.message)
    });
    Some(shown.chain(note).collect())
}

/// Whether nobody can tell any more: the value is a text that hides a secret, or a choice of schemas depends on one inside.
fn is_hidden(case: &Case<'_>, violation: &Violation) -> bool {
    let is_text = violation.actual.starts_with('"');
    let chooses = matches!(last(&violation.keyword), "oneOf" | "anyOf" | "not");
    (is_text || chooses) && case.observation.hides(&violation.actual)
}

fn last(pointer: &str) -> &str {
    pointer.rsplit('/').next().unwrap_or(pointer)
}
