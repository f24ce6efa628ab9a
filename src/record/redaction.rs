//! Keeps secrets out of everything that is written.
//!
//! A [`Redactor`] knows the secret values of one scenario, those it was given and those it learned from requests and
//! answers, and replaces each by a stable mark such as `‹otp#1›`, so that equal values stay recognisable. It knows a value
//! also when it was encoded: percent, base64 at its three alignments, base64url, hexadecimal, JSON escapes, Basic pairs.
//!
//! Deliberately not here: deciding which values are secret (the contract's `x-secret` does, and the engine reports what it
//! sent); and cutting or escaping text, which must come after redaction.

use std::collections::BTreeMap;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind, packed};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Values shorter than this are replaced only where they stand alone, or every digit of a report would be at risk.
const SHORT: usize = 8;

/// Response headers whose values are written; every other value is shown as its length (deny by default).
const PLAIN_HEADERS: &[&str] = &[
    "accept",
    "access-control-allow-credentials",
    "access-control-allow-origin",
    "allow",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "correlation-id",
    "date",
    "expires",
    "host",
    "location",
    "pragma",
    "retry-after",
    "server",
    "strict-transport-security",
    "transfer-encoding",
    "user-agent",
    "vary",
    "via",
    "www-authenticate",
    "x-amzn-requestid",
    "x-content-type-options",
    "x-frame-options",
    "x-ping-external-session-id",
    "x-ping-external-transaction-id",
];

/// The secrets that are known so far, by value.
#[derive(Debug, Default, Clone)]
pub struct Secrets {
    marks: BTreeMap<String, String>,
    counts: BTreeMap<String, usize>,
}

impl Secrets {
    /// Registers a secret value under the name of what it is, such as `otp`.
    ///
    /// Empty and blank values are never secrets: as a needle they would destroy every text (C02).
    pub fn learn(&mut self, name: &str, value: &str) {
        if value.trim().is_empty() || self.marks.contains_key(value) {
            return;
        }
        let count = self.counts.entry(name.to_owned()).or_default();
        *count += 1;
        self.marks.insert(value.to_owned(), format!("‹{name}#{count}›"));
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }

    /// Builds the redactor for everything known so far.
    pub fn redactor(&self) -> Redactor {
        let mut needles: BTreeMap<String, &str> = BTreeMap::new();
        for (value, mark) in &self.marks {
            for form in encodings(value) {
                needles.entry(form).or_insert(mark);
            }
        }
        let searcher = Searcher::new(&needles);
        let needles = needles.into_iter().map(|(form, mark)| (form.len() < SHORT, mark.to_owned())).collect();
        Redactor { searcher, needles }
    }
}

/// Finds the leftmost, then longest needle.
#[derive(Debug)]
enum Searcher {
    /// For the few needles of most scenarios: made in no time, where an automaton would take longer than the requests.
    Few(packed::Searcher),
    /// For any number of needles.
    Many(AhoCorasick),
}

impl Searcher {
    fn new(needles: &BTreeMap<String, &str>) -> Self {
        let few = packed::Config::new()
            .match_kind(packed::MatchKind::LeftmostLongest)
            .only_rabin_karp(true)
            .builder()
            .extend(needles.keys())
            .build();
        few.map_or_else(|| Self::many(needles), Self::Few)
    }

    fn many(needles: &BTreeMap<String, &str>) -> Self {
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .kind(Some(AhoCorasickKind::NoncontiguousNFA))
            .build(needles.keys());
        Self::Many(automaton.expect("needles of ordinary length build an automaton"))
    }

    /// The needle found first from a place on, with where it begins and ends.
    fn find(&self, text: &str, from: usize) -> Option<(usize, usize, usize)> {
        let found = match self {
            Self::Few(searcher) => searcher.find_in(text, (from..text.len()).into()),
            Self::Many(automaton) => automaton.find(aho_corasick::Input::new(text).range(from..)),
        };
        found.map(|found| (found.pattern().as_usize(), found.start(), found.end()))
    }
}

/// Replaces secrets in texts.
#[derive(Debug)]
pub struct Redactor {
    searcher: Searcher,
    needles: Vec<(bool, String)>,
}

impl Redactor {
    /// The text with every known secret replaced by its mark, the longest first.
    pub fn text(&self, text: &str) -> String {
        let mut clean = String::with_capacity(text.len());
        let (mut from, mut kept) = (0, 0);
        while let Some((needle, start, end)) = self.searcher.find(text, from) {
            from = end;
            let (short, mark) = &self.needles[needle];
            if *short && !stands_alone(text, start, end) {
                continue;
            }
            clean.push_str(&text[kept..start]);
            clean.push_str(mark);
            kept = end;
        }
        clean.push_str(&text[kept..]);
        clean
    }

    /// A header's value as it may be written: redacted when the field is known to be harmless, else only its length.
    pub fn header(&self, name: &str, value: &[u8]) -> String {
        let text = String::from_utf8_lossy(value);
        let redacted = self.text(&text);
        if PLAIN_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
            return redacted;
        }
        match (redacted.contains('‹'), redacted.split_once(' ')) {
            (true, Some(("Bearer", mark))) if is_mark(mark) => redacted,
            (true, Some(("Basic", mark))) if is_mark(mark) => redacted,
            _ => format!("‹{} bytes›", value.len()),
        }
    }
}

/// What a secret leaves behind in a text, in clear or encoded.
#[derive(Debug, Clone)]
pub struct Trace {
    /// The forms, and whether each counts only where it stands alone.
    forms: Vec<(String, bool)>,
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
        let mut forms = encodings(end);
        if end.len() < SHORT {
            forms.extend([STANDARD_NO_PAD.encode(end), end.bytes().map(|byte| format!("{byte:02x}")).collect()]);
        }
        forms.sort_unstable();
        forms.dedup();
        let alone = |form: &str| form.len() < SHORT || (form == end && form.len() < Self::ALONE);
        Self { forms: forms.into_iter().map(|form| (alone(&form), form)).map(|(alone, form)| (form, alone)).collect() }
    }

    /// Whether a text holds the value.
    pub fn is_in(&self, text: &str) -> bool {
        self.forms.iter().any(|(form, alone)| {
            if *alone {
                text.match_indices(form.as_str()).any(|(at, found)| stands_alone(text, at, at + found.len()))
            } else {
                text.contains(form.as_str())
            }
        })
    }
}

/// Whether a text holds what redaction leaves behind: a mark such as `‹otp#1›`, or a length such as `‹17 bytes›`.
pub fn is_marked(text: &str) -> bool {
    let marks = text.split('‹').skip(1).filter_map(|rest| rest.split_once('›'));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    marks.into_iter().any(|(inside, _)| {
        inside.rsplit_once('#').is_some_and(|(name, number)| !name.is_empty() && is_number(number))
            || inside.strip_suffix(" bytes").is_some_and(is_number)
    })
}

fn is_mark(text: &str) -> bool {
    text.starts_with('‹') && text.ends_with('›') && text.matches('‹').count() == 1
}

fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let before = text[..start].chars().next_back();
    let after = text[end..].chars().next();
    !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
}

/// All forms in which a value may appear in a text; a plain word has fewer than a value with special characters.
fn encodings(value: &str) -> Vec<String> {
    let mut forms = vec![value.to_owned()];
    if !value.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        let percent = utf8_percent_encode(value, NON_ALPHANUMERIC).to_string();
        forms.push(percent.to_lowercase());
        forms.push(percent);
        forms.push(url::form_urlencoded::byte_serialize(value.as_bytes()).collect());
        let json = serde_json::Value::from(value).to_string();
        forms.push(json[1..json.len() - 1].to_owned());
    }
    if value.len() >= SHORT {
        forms.extend(base64_forms(value.as_bytes()));
        forms.push(hex(value.as_bytes(), b"0123456789abcdef"));
        forms.push(hex(value.as_bytes(), b"0123456789ABCDEF"));
    }
    forms
}

fn hex(value: &[u8], digits: &[u8; 16]) -> String {
    let digit = |nibble: u8| char::from(digits[usize::from(nibble & 15)]);
    value.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

/// The characters that a value surely produces in base64, wherever it stands in the encoded text.
fn base64_forms(value: &[u8]) -> Vec<String> {
    let mut forms = Vec::new();
    for lead in 0..3 {
        let mut padded = vec![0; lead];
        padded.extend_from_slice(value);
        let (skip, keep) = ([0, 2, 3][lead], padded.len() * 8 / 6);
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            forms.push(engine.encode(&padded)[skip..keep].to_owned());
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redactor(secrets: &[(&str, &str)]) -> Redactor {
        let mut known = Secrets::default();
        secrets.iter().for_each(|(name, value)| known.learn(name, value));
        known.redactor()
    }

    #[test]
    fn x02_x03_x04_a_secret_is_found_in_every_encoding() {
        let secret = "s3cr+t/Value=&x";
        let redactor = redactor(&[("client-secret", secret)]);
        let hidden = |text: String| {
            let clean = redactor.text(&text);
            assert!(clean.contains("‹client-secret#1›"), "{text} → {clean}");
        };
        hidden(format!("x {secret} y"));
        hidden(utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string());
        hidden(format!("a={}", url::form_urlencoded::byte_serialize(secret.as_bytes()).collect::<String>()));
        for lead in ["", "a", "ab", "client:"] {
            hidden(STANDARD_NO_PAD.encode(format!("{lead}{secret}")));
            hidden(URL_SAFE_NO_PAD.encode(format!("{lead}{secret}tail")));
        }
        hidden(secret.bytes().map(|byte| format!("{byte:02x}")).collect());
    }

    #[test]
    fn few_and_many_needles_are_found_alike() {
        let mut known = Secrets::default();
        (0..40).for_each(|number| known.learn("token", &format!("secret-value-{number:03}")));
        let redactor = known.redactor();
        assert!(matches!(redactor.searcher, Searcher::Many(_)));
        assert_eq!(redactor.text("a secret-value-007 b"), "a ‹token#8› b");
        known = Secrets::default();
        known.learn("token", "secret-value-007");
        let redactor = known.redactor();
        assert!(matches!(redactor.searcher, Searcher::Few(_)));
        assert_eq!(redactor.text("a secret-value-007 b secret-value-007"), "a ‹token#1› b ‹token#1›");
        assert_eq!(Secrets::default().redactor().text("nothing is secret"), "nothing is secret");
    }

    #[test]
    fn the_trace_of_a_secret_is_found_in_every_encoding() {
        for secret in ["482913", "s3cr+t/Value=&x", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2lnbmF0dXJlLTEyMzQ1Ng"] {
            let trace = Trace::of(secret);
            let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
            let forms = [secret.to_owned(), utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(), hex];
            for form in forms.into_iter().chain([STANDARD_NO_PAD.encode(secret)]) {
                assert!(trace.is_in(&format!("{{\"message\":\"{form} is wrong\"}}")), "{form}");
            }
            assert!(!trace.is_in("1482913 and 4829131, eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.b3RoZXI"), "{secret}");
        }
    }

    #[test]
    fn x07_the_longest_of_two_overlapping_secrets_is_replaced_whole() {
        let redactor = redactor(&[("a", "HELLO-WORLD"), ("b", "HELLO-WO")]);
        assert_eq!(redactor.text("=HELLO-WORLD="), "=‹a#1›=");
    }

    #[test]
    fn x08_a_short_secret_is_replaced_only_where_it_stands_alone() {
        let redactor = redactor(&[("otp", "123456")]);
        assert_eq!(redactor.text(r#"{"otp":"123456","at":1712345678}"#), r#"{"otp":"‹otp#1›","at":1712345678}"#);
    }

    #[test]
    fn c02_an_empty_or_blank_value_is_never_a_needle() {
        let redactor = redactor(&[("otp", ""), ("otp", "  ")]);
        assert_eq!(redactor.text("a b"), "a b");
    }

    #[test]
    fn x20_a_header_that_is_not_known_to_be_harmless_is_shown_by_its_length() {
        let redactor = redactor(&[("token", "abcdefgh-token")]);
        assert_eq!(redactor.header("X-Api-Key", b"12345"), "‹5 bytes›");
        assert_eq!(redactor.header("Set-Cookie", b"ST=abcdefgh-token"), "‹17 bytes›");
        assert_eq!(redactor.header("Authorization", b"Bearer abcdefgh-token"), "Bearer ‹token#1›");
        assert_eq!(redactor.header("Authorization", b"Bearer unknown"), "‹14 bytes›");
        assert_eq!(redactor.header("Content-Type", b"text/html"), "text/html");
    }
}
