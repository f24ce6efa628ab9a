//! `typed-decode`: the generated client can decode the answer.

use serde_json::Value;

use super::case::{at, finding};
use super::{Case, Check};
use crate::record::{Decoded, Finding, Level};

/// The check.
pub const CHECK: Check = Check {
    id: "typed-decode",
    level: Level::Deny,
    promise: "A client that is generated from the contract can decode the answer into its types.",
    source: "the types that progenitor generates from the contract; a second opinion beside the schema",
    example: "A time in milliseconds beyond 64 bits: an integer to JSON Schema, an error to every typed client.",
    advice: "If the value is right, the contract states a type that is too narrow for it.",
    needs: &["documented-status", "media-type", "response-schema"],
    judge,
};

fn judge(case: &Case<'_>) -> Option<Vec<Finding>> {
    let promise = case.media_type().and_then(|media_type| media_type.schema.clone());
    match &case.exchange().decoded {
        Decoded::NotTried | Decoded::Unreadable { .. } => None,
        Decoded::Yes => Some(Vec::new()),
        // To JSON Schema 1.0 is an integer; a client that reads it strictly says nothing of the contract.
        Decoded::No { pointer, .. } if case.body().value().and_then(|body| at(body, pointer)).is_some_and(is_whole) => None,
        Decoded::No { pointer, message } => Some(vec![Finding {
            pointer: Some(pointer.clone()),
            promise,
            ..finding(format!("the generated client cannot decode the body: {message}"))
        }]),
    }
}

/// Whether a number is written with a fraction or an exponent and is an integer all the same.
fn is_whole(value: &Value) -> bool {
    value.is_f64() && value.as_f64().is_some_and(|number| number.fract() == 0.0 && number.abs() < 9.0e15)
}
