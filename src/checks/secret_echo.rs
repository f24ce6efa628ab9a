//! `secret-echo`: no secret of the request comes back in the answer.
//!
//! Whatever the answer's own status or schema, a passcode, password, code, secret or token that was sent is not in it, in
//! clear or encoded. Excepted are places of the answer that are documented to hold a secret (`x-secret`): a remembered
//! browser's payload and a refreshed token may be the ones that were sent.
//!
//! Deliberately not searched for: values shorter than four characters and a few plain words, which the answer may well use
//! for itself; short ones in dates, ids, addresses and numbers of other names, where they stand by chance; and cookies, which
//! are sent back by design.

use serde_json::Value;

use super::{Case, Check, sent};
use crate::base::pointer::join;
use crate::base::text::lossy;
use crate::contract::ShapeEvent;
use crate::record::redaction::names::{is_secret, same_name};
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

/// Header fields that hold nothing but dates, lengths, ages, versions and names that a server makes.
const MADE_BY_SERVERS: &[&str] = &[
    "accept-ranges",
    "age",
    "alt-svc",
    "cache-control",
    "content-length",
    "content-range",
    "correlation-id",
    "date",
    "etag",
    "expires",
    "keep-alive",
    "last-modified",
    "nel",
    "report-to",
    "retry-after",
    "server",
    "server-timing",
    "strict-transport-security",
    "traceparent",
    "via",
    "x-powered-by",
    "x-request-id",
    "x-runtime",
];

/// How members are named that count, measure and number.
const COUNTED: &[&str] = &[
    "amount", "balance", "count", "etag", "id", "index", "length", "limit", "number", "offset", "page", "port",
    "postcode", "price", "revision", "sequence", "size", "total", "version", "year", "zip",
];

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
    let body = lossy(&case.response.body);
    for (name, trace) in traces.iter().filter(|(_, trace)| trace.is_in(&body)) {
        findings.extend(in_body(case, name, trace));
    }
    Some(findings)
}

/// Everything that is searched, as one text: as a rule nothing is in it.
fn whole(response: &Response) -> String {
    let fields = response.headers.0.iter().map(|(_, value)| value.as_slice());
    let parts: Vec<&[u8]> = fields.chain([response.body.as_ref()]).collect();
    lossy(&parts.join(&b'\n')).into_owned()
}

fn is_telling(value: &str) -> bool {
    !is_word(value)
}

fn in_headers(case: &Case<'_>, traces: &[(String, Trace)]) -> Vec<Finding> {
    let fields = case.response.headers.0.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("set-cookie"));
    let fields = fields.map(|(name, value)| (name, lossy(value)));
    fields
        .flat_map(|(field, text)| {
            let counts = is_made_by_servers(field);
            let found = traces.iter().filter(move |(_, trace)| !(counts && trace.is_short()) && trace.is_in(&text));
            found.map(move |(name, _)| problem(case, name, format!("header:{field}")))
        })
        .collect()
}

fn is_made_by_servers(field: &str) -> bool {
    let field = field.to_ascii_lowercase();
    MADE_BY_SERVERS.contains(&field.as_str()) || field.contains("ratelimit") || field.contains("rate-limit")
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
    let sought = Sought { name, trace };
    sought.place(&open, "", String::new()).map(|pointer| problem(case, name, pointer))
}

/// What is looked for in a body.
struct Sought<'a> {
    name: &'a str,
    trace: &'a Trace,
}

impl Sought<'_> {
    /// The JSON pointer of the first text that holds it.
    fn place(&self, value: &Value, member: &str, pointer: String) -> Option<String> {
        match value {
            Value::Object(members) => members.iter().find_map(|(key, value)| {
                if self.trace.is_in(key) { Some(pointer.clone()) } else { self.place(value, key, join(&pointer, key)) }
            }),
            Value::Array(entries) => {
                let mut numbered = entries.iter().enumerate();
                numbered.find_map(|(at, entry)| self.place(entry, member, format!("{pointer}/{at}")))
            }
            Value::String(text) => (self.trace.is_in(text) && !self.is_count(text, member)).then_some(pointer),
            Value::Number(number) => {
                let text = number.to_string();
                (self.trace.is_in(&text) && (!self.trace.is_short() || self.is_named(member))).then_some(pointer)
            }
            _ => None,
        }
    }

    /// Whether a member has the name of the secret, or of another.
    fn is_named(&self, member: &str) -> bool {
        same_name(member, self.name) || is_secret(member)
    }

    /// Whether a text is a short number of something else.
    fn is_count(&self, text: &str, member: &str) -> bool {
        let member = member.to_ascii_lowercase();
        let counts = COUNTED.iter().any(|ending| member.ends_with(ending)) && !self.is_named(&member);
        self.trace.is_short() && counts && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
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
