//! Keeps secrets out of everything that is written.
//!
//! A [`Redactor`] knows the secret values of one scenario, those it was given and those it learned from requests and
//! answers, and replaces each by a stable mark such as `‹otp#1›`, so that equal values stay recognisable. It knows a value
//! also when it was encoded: base64 at its three alignments, base64url, hexadecimal, Basic pairs, and every escape that
//! `view` undoes. What looks like a credential is replaced even where nobody knows it ([`shapes`]). The [`Register`] knows the
//! secrets of the whole process.
//!
//! Deliberately not here: deciding which values are secret (the contract's `x-secret` and [`names`] do, and the engine
//! reports what it sent); and cutting or escaping text, which must come after redaction.

mod chance;
mod json;
mod masks;
mod named;
pub(crate) mod names;
mod needles;
mod recent;
mod register;
mod runs;
mod searcher;
mod shapes;
mod trace;
mod view;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use indexmap::IndexMap;

pub(crate) use json::quote_bare_marks;
pub(crate) use masks::SECRET;
pub use masks::{is_marked, is_masked};
pub use names::is_word;
use needles::{Fit, Needle, Needles, SHORT};
pub use recent::Recent;
pub use register::Register;
use searcher::Searcher;
use shapes::{Credential, CredentialKind};
pub use trace::Trace;
use view::View;

use crate::base::text::lossy;

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
    "traceparent",
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

/// Whether a secret is so short that it can only be replaced where it stands alone (X08).
pub fn is_short(value: &str) -> bool {
    value.len() < SHORT
}

/// Whether a value would destroy every text as a needle: blank, a mask that stands where a secret stood, or a few signs such
/// as `[]`, of which JSON is made.
fn is_no_needle(value: &str) -> bool {
    let value = value.trim();
    value.is_empty() || masks::is_mask(value) || (value.len() < 4 && !value.contains(char::is_alphanumeric))
}

/// The secrets that are known so far, by value.
#[derive(Default, Clone)]
pub struct Secrets {
    known: IndexMap<String, Secret>,
    counts: BTreeMap<String, usize>,
}

#[derive(Clone)]
struct Secret {
    mark: String,
    /// What it is beside a secret in its own right.
    kind: SecretKind,
}

/// How a secret is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SecretKind {
    /// In every form, wherever it stands.
    Full,
    /// As a part of another, which is known in every form.
    Part,
    /// As a word that the suite itself writes: only where a secret goes.
    Open,
}

impl fmt::Debug for Secrets {
    /// Writes the marks; the values are nobody's business.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.known.values().map(|secret| &secret.mark)).finish()
    }
}

impl Secrets {
    /// Registers a secret value under the name of what it is, such as `otp`.
    ///
    /// Empty and blank values are never secrets: as a needle they would destroy every text (C02).
    pub fn learn(&mut self, name: &str, value: &str) {
        self.take(&names::tidy(name), value, SecretKind::Full);
    }

    /// Registers every credential that a text shows by its looks, escaped or not, so that it is known wherever else it stands.
    pub fn learn_looks(&mut self, text: &str) {
        if shapes::is_one_word(text.as_bytes()) {
            return;
        }
        self.learn_credentials(text.as_bytes());
        if let Some(view) = View::of(text.as_bytes()) {
            view.rounds().for_each(|(_, bytes)| self.learn_credentials(bytes));
        }
    }

    fn learn_credentials(&mut self, text: &[u8]) {
        for credential in shapes::credentials(text) {
            let Ok(value) = std::str::from_utf8(&text[credential.range.clone()]) else { continue };
            self.learn_credential(text, &credential, value);
        }
    }

    fn learn_credential(&mut self, text: &[u8], credential: &Credential, value: &str) {
        match credential.kind {
            CredentialKind::Token if value.len() > 16 => {
                self.take("jwt", value, SecretKind::Full);
                shapes::parts(value).for_each(|(name, part)| self.take(name, part, SecretKind::Part));
            }
            CredentialKind::Userinfo => {
                self.learn_unless_word("password", value.split_once(':').map_or(value, |(_, it)| it))
            }
            CredentialKind::Basic => {
                let password = shapes::pair(value.as_bytes()).map(|(_, password)| password);
                password.iter().for_each(|password| self.learn_unless_word("secret", password));
                self.learn_unless_word("basic", value);
            }
            CredentialKind::Bearer => self.learn_unless_word("token", value),
            CredentialKind::Named(from, to) => self.learn_unless_word(&lossy(&text[from..to]), value),
            // In a sentence it is hidden where it stands: an id that it happens to be stays readable elsewhere.
            CredentialKind::Token | CredentialKind::Told => {}
        }
    }

    /// A word is hidden where it stands and not learned: it would be hidden in every sentence.
    fn learn_unless_word(&mut self, name: &str, value: &str) {
        if !is_word(value) {
            self.learn(name, value);
        }
    }

    /// Adds what others have learned; what is known already keeps its mark.
    pub fn extend(&mut self, others: &Secrets) {
        for (value, secret) in &others.known {
            self.take(secret.name(), value, secret.kind);
        }
    }

    fn take(&mut self, name: &str, value: &str, kind: SecretKind) {
        if is_no_needle(value) || self.known.contains_key(value) {
            return;
        }
        let count = self.counts.entry(name.to_owned()).or_default();
        *count += 1;
        self.known.insert(value.to_owned(), Secret { mark: format!("‹{name}#{count}›"), kind });
    }

    /// Keeps words that a suite itself writes, such as a wrong passcode `wrong`, from being hidden where they are no secret:
    /// in a title, in a message. A value that is no plain word stays a secret, whoever wrote it down.
    pub fn open_words(&mut self, is_written: impl Fn(&str) -> bool) {
        for (value, secret) in &mut self.known {
            if is_word(value) && is_written(value) {
                secret.kind = SecretKind::Open;
            }
        }
    }

    /// Whether a value is known.
    pub fn knows(&self, value: &str) -> bool {
        self.known.contains_key(value)
    }

    /// Those with at least so many bytes.
    pub(crate) fn of_length(mut self, least: usize) -> Self {
        self.known.retain(|value, _| value.len() >= least);
        self
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Builds the redactor for everything known so far.
    pub fn redactor(&self) -> Redactor {
        let mut needles = Needles::new();
        for (value, Secret { mark, kind }) in &self.known {
            let add = match kind {
                SecretKind::Full => needles::add,
                SecretKind::Part => needles::add_clear,
                SecretKind::Open => needles::add_open,
            };
            add(&mut needles, value, mark);
        }
        let (texts, needles) = needles.into_iter().unzip();
        let searcher = Searcher::new(texts);
        Redactor { begins: searcher.begins(), searcher, needles, below: None }
    }

    /// Builds a redactor for what is known beside `base`, over one that knows that already: thousands of needles take longer
    /// to sort than a scenario takes to run.
    pub(super) fn redactor_above(&self, base: &Secrets, below: Arc<Redactor>) -> Redactor {
        let own = self.known.iter().filter(|(value, _)| !base.knows(value));
        let own = own.map(|(value, secret)| (value.clone(), secret.clone()));
        let own = Secrets { known: own.collect(), counts: BTreeMap::new() };
        Redactor { below: Some(below), ..own.redactor() }
    }
}

impl Secret {
    fn name(&self) -> &str {
        let inside = self.mark.trim_start_matches('‹');
        inside.split('#').next().unwrap_or(inside)
    }
}

/// Knows no secret, and hides what looks like one.
static BY_LOOKS: LazyLock<Redactor> = LazyLock::new(|| Secrets::default().redactor());

/// The redactor for what nothing is known of, which hides what looks like a credential.
pub(crate) fn by_looks() -> &'static Redactor {
    &BY_LOOKS
}

/// Replaces secrets in texts.
pub struct Redactor {
    searcher: Searcher,
    /// With which two bytes needles begin, in order.
    begins: Vec<[u8; 2]>,
    needles: Vec<Needle>,
    /// What knows more of them, and is shared.
    below: Option<Arc<Redactor>>,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redactor({} needles over {:?})", self.needles.len(), self.below)
    }
}

/// A part of a text that must not be shown, and what is shown instead.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Hit<'r> {
    range: Range<usize>,
    mark: &'r str,
    /// Whether it only looks like a credential.
    looks: bool,
}

impl Redactor {
    /// The text with every known secret and whatever looks like one replaced by its mark, the longest first.
    pub fn text(&self, text: &str) -> String {
        let mut clean = Clean::new(text);
        apart(self.hits(text)).into_iter().for_each(|hit| clean.replace(hit.range, hit.mark));
        clean.finish()
    }

    /// The same for JSON: a number that is secret becomes a string, so that what was valid stays valid.
    pub fn json(&self, text: &str) -> String {
        let mut clean = Clean::new(text);
        let mut scanner = json::JsonScanner::default();
        for Hit { range, mark, .. } in apart(self.hits_in_strings(text)) {
            // A number in which several secrets stand was replaced as a whole, and is not read again for each of them.
            if range.end <= clean.kept {
                continue;
            }
            match scanner.at(text, range) {
                json::HitKind::Inside(range) => clean.replace(range, mark),
                json::HitKind::Bare(range) => clean.replace(range, &format!("\"{mark}\"")),
            }
        }
        clean.finish()
    }

    /// A header's value as it may be written: redacted when the field is known to be harmless, else only its length.
    pub fn header(&self, name: &str, value: &[u8]) -> String {
        let text = lossy(value);
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

    /// The same, of which what only looks like a credential ends where the string of JSON does: it may be misread across that
    /// end, where escapes were undone.
    fn hits_in_strings(&self, text: &str) -> Vec<Hit<'_>> {
        let mut ends = json::StringEnds::default();
        let mut within = |range: Range<usize>, looks: bool| if looks { ends.within(text, range) } else { range };
        let cut = self.hits(text).into_iter().map(|hit| Hit { range: within(hit.range, hit.looks), ..hit });
        cut.filter(|hit| !hit.range.is_empty()).collect()
    }

    /// What must not be shown; some of it more than once.
    fn hits(&self, text: &str) -> Vec<Hit<'_>> {
        if shapes::is_one_word(text.as_bytes()) {
            return self.search(text.as_bytes());
        }
        let mut hits = self.all(text.as_bytes());
        let Some(view) = View::of(text.as_bytes()) else { return hits };
        for (round, bytes) in view.rounds() {
            let found = self.all(bytes).into_iter();
            hits.extend(found.map(|hit| Hit { range: whole(text, view.origin(round, hit.range)), ..hit }));
        }
        for other in view.others(text.as_bytes(), |bytes| self.may_begin(bytes)) {
            for (round, bytes) in other.view.rounds() {
                let found = self.search(bytes).into_iter();
                hits.extend(
                    found.map(|hit| Hit { range: whole(text, view.origin_of(&other, round, hit.range)), ..hit }),
                );
            }
        }
        hits
    }

    /// What is known, and what looks like a credential; of two that are the same the first counts.
    fn all(&self, text: &[u8]) -> Vec<Hit<'_>> {
        let mut hits = self.search(text);
        let looks = |credential: Credential| Hit { mark: credential.mark(), range: credential.range, looks: true };
        hits.extend(shapes::credentials(text).map(looks));
        hits
    }

    fn search(&self, text: &[u8]) -> Vec<Hit<'_>> {
        let (mut hits, mut from) = (Vec::new(), 0);
        while let Some((needle, range)) = self.searcher.find(text, from) {
            from = range.end;
            let needle = &self.needles[needle];
            if fits(needle.fit, text, &range) && (needle.fit != Fit::Named || is_named(text, range.start, &needle.mark))
            {
                hits.push(Hit { range, mark: &needle.mark, looks: false });
            }
        }
        hits.extend(self.below.iter().flat_map(|below| below.search(text)));
        hits
    }

    /// Whether a needle begins with one or two bytes.
    fn may_begin(&self, bytes: &[u8]) -> bool {
        let at = self.begins.partition_point(|begin| begin.as_slice() < bytes);
        self.begins.get(at).is_some_and(|begin| begin.starts_with(bytes))
            || self.below.as_ref().is_some_and(|below| below.may_begin(bytes))
    }
}

/// Hits that overlap become one, with the mark of the longest.
fn apart(mut hits: Vec<Hit<'_>>) -> Vec<Hit<'_>> {
    hits.sort_by_key(|hit| (hit.range.start, std::cmp::Reverse(hit.range.end)));
    let mut apart: Vec<Hit<'_>> = Vec::with_capacity(hits.len());
    for hit in hits {
        match apart.last_mut() {
            Some(last) if hit.range.start < last.range.end => {
                if hit.range.len() > last.range.len() {
                    last.mark = hit.mark;
                }
                last.range.end = last.range.end.max(hit.range.end);
            }
            _ => apart.push(hit),
        }
    }
    apart
}

/// The range, made longer until it cuts no character.
fn whole(text: &str, range: Range<usize>) -> Range<usize> {
    text.floor_char_boundary(range.start)..text.ceil_char_boundary(range.end)
}

/// A text while parts of it are replaced, from the left to the right.
struct Clean<'t> {
    text: &'t str,
    clean: String,
    kept: usize,
}

impl<'t> Clean<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, clean: String::with_capacity(text.len()), kept: 0 }
    }

    fn replace(&mut self, range: Range<usize>, by: &str) {
        // A number in which two secrets stand is replaced once, as a whole.
        if range.end <= self.kept {
            return;
        }
        self.clean.push_str(&self.text[self.kept..range.start.max(self.kept)]);
        self.clean.push_str(by);
        self.kept = range.end;
    }

    fn finish(mut self) -> String {
        self.clean.push_str(&self.text[self.kept..]);
        self.clean
    }
}

fn is_mark(text: &str) -> bool {
    text.starts_with('‹') && text.ends_with('›') && text.matches('‹').count() == 1
}

fn fits(fit: Fit, text: &[u8], range: &Range<usize>) -> bool {
    let (before, after) = (before(&text[..range.start]), after(&text[range.end..]));
    let is_word = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
    match fit {
        Fit::Anywhere => true,
        Fit::Alone => !is_word(before) && !is_word(after),
        Fit::Whole | Fit::Named => {
            let opens = before.is_none_or(|c| "\"'=:> `".contains(c)) && before != Some(' ');
            let opens = opens || text[..range.start].ends_with(b": ");
            opens && after.is_none_or(|c| "\"'&;<,}]` \r\n".contains(c))
        }
    }
}

/// Whether what begins here is the value of a name that is secret, or that of the mark.
fn is_named(text: &[u8], at: usize, mark: &str) -> bool {
    let before = lossy(&text[at.saturating_sub(64)..at]);
    let before = before.trim_end_matches(['"', '\'', '\\', ' ']);
    let Some(before) = before.strip_suffix([':', '=']) else { return false };
    let before = before.trim_end_matches(['"', '\'', '\\', ' ']);
    let name = before.rsplit(|character: char| !(character.is_alphanumeric() || "_-".contains(character))).next();
    name.is_some_and(|name| names::is_secret(name) || mark.trim_start_matches('‹').starts_with(&format!("{name}#")))
}

fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    fits(Fit::Alone, text.as_bytes(), &(start..end))
}

/// The last character of some bytes; what is no character counts as none.
fn before(bytes: &[u8]) -> Option<char> {
    let from = bytes.len().saturating_sub(4);
    (from..bytes.len()).find_map(|at| std::str::from_utf8(&bytes[at..]).ok()?.chars().next_back())
}

/// The first character of some bytes.
fn after(bytes: &[u8]) -> Option<char> {
    bytes[..bytes.len().min(4)].utf8_chunks().next()?.valid().chars().next()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

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
        hidden(crate::base::digest::hex(secret.as_bytes()));
    }

    #[test]
    fn a_number_in_which_a_secret_stands_twice_is_replaced_once() {
        let redactor = redactor(&[("otp", "12345678")]);
        let clean = redactor.json(r#"{"a":9312345678.8,"b":[31323334353637381234567812345678]}"#);
        assert_eq!(clean, r#"{"a":"‹otp#1›","b":["‹otp#1›"]}"#);
    }

    #[test]
    fn x03_an_encoded_secret_is_found_where_its_end_and_what_follows_read_as_one_more_escape() {
        let redactor = redactor(&[("client-secret", "r+t/Val+ue=&%")]);
        assert_eq!(redactor.text("a r%2Bt%2FVal%2Bue%3D%26%25568"), "a ‹client-secret#1›568");
    }

    #[test]
    fn x03_an_encoded_secret_is_found_where_the_sign_before_it_and_its_beginning_read_as_an_escape() {
        let redactor = redactor(&[("client-secret", "33cz+t/Value=&x")]);
        for (text, clean) in [
            ("a %33cz%2Bt%2FValue%3D%26x b", "a %‹client-secret#1› b"),
            ("%33cz%252Bt%252FValue%253D%2526x", "%‹client-secret#1›"),
            ("%033cz%2Bt%2FValue%3D%26x", "%0‹client-secret#1›"),
            (r"\u00533cz%2Bt%2FValue%3D%26x", r"\u005‹client-secret#1›"),
            ("%2541%2533cz%252Bt%252FValue%253D%2526x", "%2541%25‹client-secret#1›"),
            (r#"{"a":"%33cz%2Bt%2FValue%3D&x"}"#, r#"{"a":"%‹client-secret#1›"}"#),
        ] {
            assert_eq!(redactor.json(text), clean);
        }
        let redactor = super::tests::redactor(&[("otp", "nabc+t/Value=&x")]);
        assert_eq!(redactor.text(r"\nabc%2Bt%2FValue%3D%26x \nabc"), r"\‹otp#1› \nabc");
    }

    #[test]
    fn x04_a_secret_is_found_however_its_escapes_are_written() {
        let secret = "s3cr+t/Va'l\"u<é& x";
        let redactor = redactor(&[("client-secret", secret)]);
        let percent = |upper: bool| -> String {
            let hex = |byte: &u8| if upper { format!("%{byte:02X}") } else { format!("%{byte:02x}") };
            secret.as_bytes().iter().map(hex).collect()
        };
        let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        let json = serde_json::to_string(secret).expect("a string");
        let ways = [
            percent(true),
            percent(false),
            percent(true).replacen("2B", "2b", 1),
            form.clone(),
            form.replace('+', "%20"),
            json[1..json.len() - 1].to_owned(),
            serde_json::to_string(&json).expect("a string"),
            secret.chars().map(|c| format!("\\u{:04x}", c as u32)).collect(),
            secret.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;").replace('\'', "&apos;"),
            secret.replace('&', "&#38;").replace('<', "&#x3C;").replace('"', "&#34;").replace('\'', "&#x27;"),
            format!("'{}'", secret.replace('\'', r"'\''")),
            format!("'{}'", secret.replace('\'', r#"'"'"'"#)),
            secret.chars().map(|c| if c.is_alphanumeric() { c.to_string() } else { format!("\\{c}") }).collect(),
            utf8_percent_encode(&STANDARD_NO_PAD.encode(format!("id:{secret}")), NON_ALPHANUMERIC).to_string(),
            secret.bytes().map(|byte| format!("{byte:02X}")).collect(),
        ];
        for way in ways {
            let clean = redactor.text(&format!("a {way} b"));
            let left = ["cr+t", "cr%2", "s3c", "Va'l", "l\"u"].iter().any(|part| clean.contains(part));
            assert!(clean.contains("‹client-secret#1›") && !left, "{way} → {clean}");
        }
    }

    #[test]
    fn x08_short_secrets_are_found_after_escapes_and_in_base64_and_tiny_ones_only_as_a_whole_value() {
        let redactor = redactor(&[("otp", "482913"), ("pin", "a1")]);
        let text = r#"{"m":"wrong:\n482913","b":"x%20482913","q":"«482913»","c":"dXNlcjo0ODI5MTM="}"#;
        let clean = redactor.text(text);
        assert_eq!(clean.matches("‹otp#1›").count(), 4, "{clean}");
        assert_eq!(redactor.text(r#"{"pin":"a1","m":"plan a1 is a1b"}"#), r#"{"pin":"‹pin#1›","m":"plan a1 is a1b"}"#);
        assert_eq!(redactor.text("pin=a1&x=a1b: a1\n"), "pin=‹pin#1›&x=a1b: ‹pin#1›\n");
    }

    #[test]
    fn redacted_json_stays_valid() {
        let redactor = redactor(&[("otp", "482913"), ("code", "nabcdefgh")]);
        for (given, wanted) in [
            (r#"{"otp":482913,"a":[482913, -482913.5]}"#, r#"{"otp":"‹otp#1›","a":["‹otp#1›", "‹otp#1›"]}"#),
            (r#"{"a\"b":"482913","482913":1}"#, r#"{"a\"b":"‹otp#1›","‹otp#1›":1}"#),
            (r#"{"a":"x\nabcdefgh"}"#, r#"{"a":"x‹code#1›"}"#),
        ] {
            assert_eq!(redactor.json(given), wanted);
            assert!(serde_json::from_str::<serde_json::Value>(&redactor.json(given)).is_ok());
        }
    }

    /// The same where another credential is what stands between.
    #[test]
    fn x05_a_credential_in_another_string_than_the_one_that_reaches_into_it_is_hidden_too() {
        let text = r#"{"a":"\u0027password\u0027:\u0027x","b":["Basic dTpDQU5BUlkwNnE3Wms0V20='"]}"#;
        let clean = by_looks().json(text);
        assert!(serde_json::from_str::<serde_json::Value>(&clean).is_ok() && !clean.contains("dTpD"), "{clean}");
    }

    /// Quotes that are escaped in JSON open what another string closes; a known secret stands between.
    #[test]
    fn x05_what_looks_like_a_credential_ends_with_its_string_also_where_it_overlaps_a_known_secret() {
        let text = r#"{"a":"\u0027password\u0027:\u0027x","b":["SECRET-abc'"]}"#;
        let clean = redactor(&[("otp", "SECRET-abc")]).json(text);
        assert!(serde_json::from_str::<serde_json::Value>(&clean).is_ok() && !clean.contains("SECRET"), "{clean}");
    }

    #[test]
    fn x14_no_debug_output_shows_a_value() {
        let mut known = Secrets::default();
        known.learn("otp", "value-to-hide");
        let said = format!("{known:?} {:?} {:?}", known.redactor(), Trace::of("value-to-hide"));
        assert!(!said.contains("to-hide"), "{said}");
        assert!(said.contains("‹otp#1›"), "{said}");
    }

    #[test]
    fn equal_values_have_equal_marks_and_others_keep_theirs() {
        let mut process = Secrets::default();
        process.learn("token", "process-token-1");
        let mut scenario = Secrets::default();
        scenario.learn("token", "scenario-token-2");
        scenario.learn("token", "process-token-1");
        process.extend(&scenario);
        let clean = process.redactor().text("scenario-token-2 process-token-1 scenario-token-2");
        assert_eq!(clean, "‹token#2› ‹token#1› ‹token#2›");
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
    fn s2_10_a_word_that_the_suite_writes_is_hidden_only_where_a_secret_goes() {
        let mut known = Secrets::default();
        ["wrong", "INVALID_DATA", "482913", "1"].iter().for_each(|value| known.learn("otp", value));
        known.open_words(|value| value != "nowhere");
        let redactor = known.redactor();
        for same in
            ["The third wrong passcode", r#"{"code":"INVALID_DATA","left":"1"}"#, "wrong: 1", "message: wrong", "at 1"]
        {
            assert_eq!(redactor.text(same), same);
        }
        for (text, clean) in [
            (r#"{"otp":"wrong"}"#, r#"{"otp":"‹otp#1›"}"#),
            ("body: { otp: wrong }", "body: { otp: ‹otp#1› }"),
            ("a=b&passcode=INVALID_DATA", "a=b&passcode=‹otp#2›"),
            (r#"{\"otp\": \"wrong\"}"#, r#"{\"otp\": \"‹otp#1›\"}"#),
            ("passcode 482913", "passcode ‹otp#3›"),
        ] {
            assert_eq!(redactor.text(text), clean);
        }
    }

    #[test]
    fn s2_10_a_word_that_nobody_wrote_is_a_secret_everywhere() {
        let mut known = Secrets::default();
        known.learn("password", "sunshine");
        known.open_words(|_| false);
        assert_eq!(known.redactor().text("no sunshine here"), "no ‹password#1› here");
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
