//! `response-headers`: documented header fields are there where they are required, and have the documented form.

use serde_json::Value;

use super::{Case, Check};
use crate::contract::{Direction, ReplyHeader};
use crate::record::{Finding, Level};

/// The check.
pub(crate) const CHECK: Check = Check {
    id: "response-headers",
    level: Level::Deny,
    promise: "Every required header field of the documented response is present, and every documented one is well-formed.",
    source: "the headers of the response in the contract",
    example: "An error without `Correlation-Id`: support cannot find the request in the tenant's log.",
    advice: "Compare with a request sent directly to the tenant; intermediaries drop header fields.",
    needs: &["documented-status"],
    judge,
};

fn judge(case: &Case<'_>) -> Option<Vec<Finding>> {
    let reply = case.reply?;
    if reply.headers.is_empty() {
        return None;
    }
    Some(reply.headers.iter().flat_map(|header| judge_one(case, header)).collect())
}

fn judge_one(case: &Case<'_>, header: &ReplyHeader) -> Vec<Finding> {
    let given: Vec<&[u8]> = case.response.headers.all(&header.name).collect();
    let problem = |message: String| Finding {
        pointer: Some(format!("header:{}", header.name)),
        promise: header.schema.clone(),
        requirements: header.requirements.clone(),
        ..Finding::new(message)
    };
    let is_lost = case.observation.gaps.cookies && header.name.eq_ignore_ascii_case("set-cookie");
    if given.is_empty() && header.required && !is_lost {
        return vec![problem(format!("the required header field {} is missing", header.name))];
    }
    let Some(schema) = &header.schema else { return Vec::new() };
    let Ok(validator) = case.contract.validator(schema, Direction::Response) else { return Vec::new() };
    let kind = case.contract.document().pointer(schema).and_then(|schema| schema.get("type")).and_then(Value::as_str);
    let values = given.iter().map(|value| String::from_utf8_lossy(value).into_owned());
    let values = values.filter(|text| !case.observation.hides(text));
    let broken = values.flat_map(|text| {
        let (violations, _) = validator.violations(&as_json(&text, kind), 1);
        violations.into_iter().map(move |violation| (text.clone(), violation))
    });
    broken
        .map(|(text, violation)| Finding {
            promise: Some(violation.keyword),
            actual: Some(text),
            ..problem(format!("the header field {} is malformed: {}", header.name, violation.message))
        })
        .collect()
}

/// A header's text as the JSON value that its schema speaks of.
fn as_json(text: &str, kind: Option<&str>) -> Value {
    let parsed = match kind {
        Some("integer" | "number") => text.parse().ok().map(Value::Number),
        Some("boolean") => text.parse().ok().map(Value::Bool),
        _ => None,
    };
    parsed.unwrap_or_else(|| Value::from(text))
}
