//! `secret-echo`: no secret of the request comes back in the answer.
//!
//! Whatever the answer's own status or schema, a passcode, password, code, secret or token that was sent is not in it, in
//! clear or encoded. Excepted are places of the answer that are documented to hold a secret (`x-secret`): a remembered
//! browser's payload and a refreshed token may be the ones that were sent.
//!
//! Deliberately not searched for: values shorter than four characters and a few plain words, which the answer may well use
//! for itself; and cookies, which are sent back by design.

use serde_json::Value;

use super::{Case, Check, sent};
use crate::base::pointer::join;
use crate::contract::ShapeEvent;
use crate::record::redaction::{Trace, is_word};
use crate::record::{Finding, Level, Response};

/// The check.
pub const CHECK: Check = Check {
    id: "secret-echo",
    level: Level::Deny,
    promise: "No passcode, password, code, secret or token of the request comes back in the answer's body or header fields, \
              in any encoding.",
    source: "SECRET-1; x-secret in the contract marks secrets, and where a response may contain one",
    example: "A rejected password is repeated in the error's message, and gets from there into every log.",
    advice: "Find out where the response is built from the request; change the secret, which may be in logs by now.",
    needs: &["content-coding"],
    judge,
};

fn judge(case: &Case<'_>) -> Option<Vec<Finding>> {
    let mut traces: Vec<(String, Trace)> = Vec::new();
    sent::secrets(case.contract, case.observation, &mut |name, value| {
        // Nobody knows any more how telling a value was that a recording hides.
        if is_telling(value) && !case.observation.hides(value) {
            traces.push((name.to_owned(), Trace::of(value)));
        }
    });
    if traces.is_empty() {
        return None;
    }
    let whole = whole(case.response);
    traces.retain(|(_, trace)| trace.is_in(&whole));
    let mut findings = in_headers(case, &traces);
    let body = String::from_utf8_lossy(&case.response.body);
    for (name, trace) in traces.iter().filter(|(_, trace)| trace.is_in(&body)) {
        findings.extend(in_body(case, name, trace));
    }
    Some(findings)
}

/// Everything that is searched, as one text: as a rule nothing is in it.
fn whole(response: &Response) -> String {
    let fields = response.headers.0.iter().map(|(_, value)| value.as_slice());
    let parts: Vec<&[u8]> = fields.chain([response.body.as_ref()]).collect();
    String::from_utf8_lossy(&parts.join(&b'\n')).into_owned()
}

fn is_telling(value: &str) -> bool {
    !is_word(value)
}

fn in_headers(case: &Case<'_>, traces: &[(String, Trace)]) -> Vec<Finding> {
    let fields = case.response.headers.0.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("set-cookie"));
    let fields = fields.map(|(name, value)| (name, String::from_utf8_lossy(value)));
    fields
        .flat_map(|(field, text)| {
            let found = traces.iter().filter(move |(_, trace)| trace.is_in(&text));
            found.map(move |(name, _)| problem(case, name, format!("header:{field}")))
        })
        .collect()
}

fn in_body(case: &Case<'_>, name: &str, trace: &Trace) -> Option<Finding> {
    let Some(value) = case.body().value() else { return Some(problem(case, name, String::new())) };
    let mut open = value.clone();
    if let Some(shape) = case.media_type.and_then(|media_type| media_type.shape) {
        let mut documented = Vec::new();
        case.contract.shapes.walk(shape, value, &mut |seen, pointer, _| {
            documented.extend(matches!(seen, ShapeEvent::Secret(_)).then_some(pointer));
        });
        documented.iter().filter_map(|pointer| open.pointer_mut(pointer).map(Value::take)).for_each(drop);
    }
    place(&open, trace, String::new()).map(|pointer| problem(case, name, pointer))
}

/// The JSON pointer of the first text that holds it.
fn place(value: &Value, trace: &Trace, pointer: String) -> Option<String> {
    match value {
        Value::Object(members) => members.iter().find_map(|(key, member)| {
            let inside = join(&pointer, key);
            if trace.is_in(key) { Some(pointer.clone()) } else { place(member, trace, inside) }
        }),
        Value::Array(entries) => {
            entries.iter().enumerate().find_map(|(at, entry)| place(entry, trace, format!("{pointer}/{at}")))
        }
        Value::String(text) => trace.is_in(text).then_some(pointer),
        Value::Number(number) => trace.is_in(&number.to_string()).then_some(pointer),
        _ => None,
    }
}

fn problem(case: &Case<'_>, name: &str, pointer: String) -> Finding {
    let requirements = case.contract.requirement("SECRET-1").map(|known| known.id.clone());
    Finding {
        pointer: Some(pointer),
        requirements: requirements.into_iter().collect(),
        ..Finding::new(format!("the answer repeats the {name} that was sent"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_values_and_short_words_tell_nothing() {
        for value in ["", "123", "password", "COMPLETED", "no such code", "INVALID_DATA"] {
            assert!(!is_telling(value), "{value}");
        }
        for value in ["1234", "hunter2", "2Federate!", "correct horse battery staple"] {
            assert!(is_telling(value), "{value}");
        }
    }
}
