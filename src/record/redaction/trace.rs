//! What a secret leaves behind in an answer: the question of `secret-echo`, which is put to every answer.
//!
//! Deliberately not here: replacing anything.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::chance::{self, is_by_chance};
use super::needles::{self, SHORT};
use super::stands_alone;

/// What a secret leaves behind in a text, in clear or encoded.
#[derive(Clone)]
pub struct Trace {
    /// The forms, and whether each counts only where it stands alone.
    forms: Vec<(String, bool)>,
    /// Whether it is so short that others use it, too.
    short: bool,
}

impl std::fmt::Debug for Trace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Trace({} forms)", self.forms.len())
    }
}

impl Trace {
    /// Long values are known by their end: it is where tokens differ, and enough to prove that the whole was there.
    const TELLING: usize = 24;

    /// Values shorter than this count in clear only where they stand alone: other ids may happen to contain them.
    const ALONE: usize = 12;

    /// The traces of a value.
    pub fn of(value: &str) -> Self {
        let from = value.char_indices().rev().nth(Self::TELLING - 1).map_or(0, |(at, _)| at);
        let end = &value[from..];
        let mut forms = needles::encoded(end);
        forms.extend(escaped(end));
        forms.sort_unstable();
        forms.dedup();
        let alone = |form: &str| form.len() < SHORT || (form == end && form.len() < Self::ALONE);
        let short = value.len() < chance::SHORT;
        Self {
            short,
            forms: forms.into_iter().map(|form| (alone(&form), form)).map(|(alone, form)| (form, alone)).collect(),
        }
    }

    /// Whether the value is so short that a number or an id may be the same by chance.
    pub fn is_short(&self) -> bool {
        self.short
    }

    /// Whether a text holds the value, and not only as a part of something else.
    pub fn is_in(&self, text: &str) -> bool {
        self.forms.iter().any(|(form, alone)| {
            if *alone {
                text.match_indices(form.as_str()).any(|(at, found)| {
                    let end = at + found.len();
                    stands_alone(text, at, end) && !is_by_chance(text, at..end)
                })
            } else {
                text.contains(form.as_str())
            }
        })
    }
}

/// The value with its special characters escaped in the usual ways; nothing for a plain word.
fn escaped(value: &str) -> Vec<String> {
    if value.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return vec![value.to_owned()];
    }
    let percent = utf8_percent_encode(value, NON_ALPHANUMERIC).to_string();
    let form = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
    let json = serde_json::Value::from(value).to_string();
    vec![value.to_owned(), percent.to_lowercase(), percent, form, json[1..json.len() - 1].to_owned()]
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD_NO_PAD;

    use super::*;

    #[test]
    fn the_trace_of_a_secret_is_found_in_every_encoding() {
        for secret in ["482913", "s3cr+t/Value=&x", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2lnbmF0dXJlLTEyMzQ1Ng"] {
            let trace = Trace::of(secret);
            let hex = crate::base::digest::hex(secret.as_bytes());
            let forms = [secret.to_owned(), utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(), hex];
            for form in forms.into_iter().chain([STANDARD_NO_PAD.encode(secret)]) {
                assert!(trace.is_in(&format!("{{\"message\":\"{form} is wrong\"}}")), "{form}");
            }
            assert!(!trace.is_in("1482913 and 4829131, eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.b3RoZXI"), "{secret}");
        }
    }
}
