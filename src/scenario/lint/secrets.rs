//! Secrets written into a scenario: they would appear in reports, in the repository, and in its history for good.
//!
//! What is recognised: the secrets of the stand-in themselves, signed tokens, credentials in a header, and long random-looking
//! text where the contract says a secret goes. A wrong passcode such as `000000` is no secret.
//!
//! Deliberately not here: redaction of records (see [`crate::record`]), which does not depend on this, and keeping what is found
//! out of the messages ([`super::mask`]).

use std::sync::LazyLock;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::context::Lint;
use super::documented::{DocumentedPlace, Member};
use crate::base::facts::SECRET_FACTS;
use crate::base::source::Span;
use crate::contract::{Location, Operation};
use crate::scenario::model::{Binding, Call, Json, JsonValue};

/// Text that is shorter is no secret that could be recognised by its looks.
const LONG: usize = 24;
/// Bits per character from which on text looks random.
const RANDOM: f64 = 3.7;

static SIGNED_TOKEN: LazyLock<regex::Regex> = LazyLock::new(|| {
    regex::Regex::new(r"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}").expect("a literal pattern")
});
static CREDENTIALS: LazyLock<regex::Regex> =
    LazyLock::new(|| regex::Regex::new(r"^(?i)(bearer|basic) +(\S+)$").expect("a literal pattern"));

impl<'a> Lint<'a> {
    /// Looks for secrets among values that may go anywhere.
    pub(super) fn secrets_in<'j>(&mut self, values: impl IntoIterator<Item = &'j Json>) {
        for value in values {
            self.each_text(value, &mut |lint, text, span| lint.anywhere(text, span));
        }
    }

    /// Looks for secrets in everything that a call sends.
    pub(super) fn secrets_of(&mut self, call: &'a Call, operation: &'a Operation) {
        self.secrets_in(call.values());
        let raw = call.raw.iter().flat_map(|raw| raw.templates());
        for template in raw {
            if let Some(text) = template.literal() {
                self.anywhere(text, template.span());
            }
        }
        call.headers.iter().for_each(|binding| self.header(binding));
        for (location, given) in [(Location::Path, &call.path), (Location::Query, &call.query)] {
            let declared = |name: &str| {
                operation.parameters.iter().any(|each| each.secret && each.location == location && each.name == name)
            };
            for binding in given.iter().filter(|binding| declared(&binding.name)) {
                self.each_text(&binding.value, &mut |lint, text, span| lint.secret_place(text, span));
            }
        }
        let schema = operation.request.as_ref().and_then(|request| request.schema.clone());
        if let (Some(body), Some(schema)) = (&call.body, schema) {
            self.body_secrets(body, &self.documented(vec![schema]));
        }
    }

    fn header(&mut self, binding: &Binding) {
        let Some(text) = binding.value.literal_text() else { return };
        let name = binding.name.to_lowercase();
        if name == "authorization" {
            let credentials = CREDENTIALS.captures(text);
            let scheme = credentials.as_ref().map(|found| found[1].to_lowercase());
            let secret = credentials.map_or(text.to_owned(), |found| found[2].to_owned());
            let decoded = BASE64_STANDARD.decode(&secret).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            match decoded.filter(|_| scheme.as_deref() == Some("basic")) {
                Some(pair) => pair.splitn(2, ':').skip(1).for_each(|secret| {
                    self.anywhere(secret, &binding.value.span);
                    self.secret_place(secret, &binding.value.span);
                }),
                None => self.secret_place(&secret, &binding.value.span),
            }
        } else if name == "cookie" {
            let values = text.split(';').filter_map(|pair| pair.split_once('='));
            values.for_each(|(_, value)| self.secret_place(value.trim(), &binding.value.span));
        }
    }

    fn body_secrets(&mut self, value: &Json, place: &DocumentedPlace<'a>) {
        match &value.value {
            JsonValue::Object(entries) => {
                for (name, member) in entries {
                    if let Member::Known(inner) = place.member(name) {
                        self.body_secrets(member, &inner);
                    }
                }
            }
            JsonValue::Array(items) => items.iter().for_each(|item| self.body_secrets(item, &place.items())),
            JsonValue::Literal(Value::String(text)) if place.is_secret() => self.secret_place(text, &value.span),
            _ => {}
        }
    }

    fn each_text(&mut self, value: &Json, look: &mut dyn FnMut(&mut Self, &str, &Span)) {
        match &value.value {
            JsonValue::Literal(Value::String(text)) => look(self, text, &value.span),
            JsonValue::Array(items) => items.iter().for_each(|item| self.each_text(item, look)),
            JsonValue::Object(entries) => entries.iter().for_each(|(_, member)| self.each_text(member, look)),
            _ => {}
        }
    }

    /// A text that may stand anywhere: only what cannot be anything else is reported.
    fn anywhere(&mut self, text: &str, span: &Span) {
        let known = self.secrets.iter().find(|(secret, _)| secret == text);
        if let Some((_, path)) = known {
            let help = format!("write \"{{{{{path}}}}}\"");
            self.broken_with_help("literal-secret", span, "this is a secret of the stand-in, written out", help);
        } else if SIGNED_TOKEN.is_match(text) {
            self.looks_secret(span, "this looks like a signed token");
        }
    }

    /// A text where the contract says that a secret goes.
    fn secret_place(&mut self, text: &str, span: &Span) {
        if !SIGNED_TOKEN.is_match(text) && looks_random(text) {
            self.looks_secret(span, "this looks like a real secret");
        }
    }

    fn looks_secret(&mut self, span: &Span, message: &str) {
        let help = "take it from the facts or an earlier response; if it is meant to be wrong, write something obviously wrong";
        self.broken_with_help("literal-secret", span, message, help);
    }
}

/// Whether a text is long, one word, and of letters of both cases and digits in no order; ids (UUIDs) are not.
fn looks_random(text: &str) -> bool {
    let one_word = text.chars().all(|c| c.is_ascii_alphanumeric() || "+/=_~.-".contains(c));
    let mixed = [char::is_uppercase, char::is_lowercase, char::is_numeric].iter().all(|kind| text.chars().any(kind));
    text.len() >= LONG && one_word && mixed && entropy(text) >= RANDOM
}

/// Bits per character, by how often each occurs.
fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 128];
    text.bytes().for_each(|byte| counts[usize::from(byte) % 128] += 1);
    let length = text.len() as f64;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / length)
        .map(|share| -share * share.log2())
        .sum()
}

/// The secrets among facts, each with its path.
pub(super) fn secret_facts(facts: Option<&Value>) -> Vec<(String, String)> {
    let mut known = Vec::new();
    if let Some(facts) = facts {
        collect(facts, "", &mut known);
    }
    known
}

fn collect(value: &Value, path: &str, known: &mut Vec<(String, String)>) {
    let Some(members) = value.as_object() else { return };
    for (name, member) in members {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match member {
            Value::String(secret) if SECRET_FACTS.contains(&name.as_str()) && secret.len() >= 8 => {
                known.push((secret.clone(), path));
            }
            _ => collect(member, &path, known),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x12_random_text_is_told_from_what_people_write() {
        for secret in ["q7Jv0bXr2Lk9TzWm4HdPc6Ny", "aB3~fG7.hJ9-kL1_mN5pQ8rS2tU4vW6x"] {
            assert!(looks_random(secret), "{secret}");
        }
        for plain in [
            "000000",
            "Plain-Sailing-9",
            "not-a-token",
            "6b7a5e0c-8f6e-4b57-9f0e-0d7f6a1c2b3d",
            "https://app.example.com/A1",
            "AAAAAAAAAAAAAAAAAAAAAAAAAAa1",
        ] {
            assert!(!looks_random(plain), "{plain}");
        }
    }

    #[test]
    fn x12_the_secrets_of_facts_are_found_with_their_paths() {
        let facts =
            serde_json::json!({"user": {"password": "Long-enough-1"}, "apps": {"a": {"clientSecret": "short"}}});
        assert_eq!(secret_facts(Some(&facts)), [("Long-enough-1".to_owned(), "user.password".to_owned())]);
    }
}
