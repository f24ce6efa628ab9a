//! `typed-decode`: the generated client can decode the answer.

use super::{Case, Check, at};
use crate::record::{Decoded, Finding, Level};

/// The check.
pub(crate) const CHECK: Check = Check {
    id: "typed-decode",
    level: Level::Deny,
    promise: "A client that is generated from the contract can decode the response into its types.",
    source: "the types that progenitor generates from the contract; a second opinion beside the schema",
    example: "A time in milliseconds beyond 64 bits: an integer to JSON Schema, an error to every typed client.",
    advice: "If the value is right, the contract states a type that is too narrow for it.",
    needs: &["documented-status", "media-type", "response-schema"],
    judge,
};

fn judge(case: &Case<'_>) -> Option<Vec<Finding>> {
    let promise = case.media_type.and_then(|media_type| media_type.schema.clone());
    match &case.exchange().decoded {
        Decoded::NotTried | Decoded::Unreadable { .. } => None,
        Decoded::Yes => Some(Vec::new()),
        // To JSON Schema 1.0 is an integer; a client that reads it strictly says nothing of the contract.
        Decoded::No { pointer, message } if message.contains("floating point") && is_integer(case, pointer) => None,
        Decoded::No { pointer, message } => Some(vec![Finding {
            pointer: Some(pointer.clone()),
            promise,
            ..Finding::new(format!("the generated client cannot decode the body: {message}"))
        }]),
    }
}

/// Whether the number at a pointer is an integer, however it is written.
fn is_integer(case: &Case<'_>, pointer: &str) -> bool {
    case.body().value().and_then(|body| at(body, pointer)).is_some_and(|value| value.is_i64() || value.is_u64())
}
