//! The forms in which a secret may stand in a text, and where a form counts.
//!
//! Escapes (percent, backslash, entities) are not among them: the text is also searched without its escapes, see
//! [`super::view`].

use std::collections::BTreeMap;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::view::View;

/// Values shorter than this are replaced only where they stand alone, or every digit of a report would be at risk.
pub(super) const SHORT: usize = 8;
/// Values shorter than this are replaced only where they are a whole value: between quotes, after `=` or `:`.
const TINY: usize = 4;
/// From this length on the middle of an encoded value tells enough.
const TELLING: usize = 6;

/// A percent escape.
static ESCAPE: LazyLock<regex::Regex> = LazyLock::new(|| regex::Regex::new("%[0-9A-F]{2}").expect("a literal pattern"));

/// Where a needle counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// Anywhere.
    Anywhere,
    /// Where neither a letter nor a digit is beside it.
    Alone,
    /// Where it is all of a value.
    Whole,
    /// Where it is all of a value whose name says that it is secret.
    Named,
}

impl Fit {
    pub(super) fn of(value: &str) -> Self {
        match value.len() {
            ..TINY => Self::Whole,
            TINY..SHORT => Self::Alone,
            _ => Self::Anywhere,
        }
    }
}

/// A needle's mark, and where it counts.
#[derive(Debug, Clone)]
pub(super) struct Needle {
    pub(super) mark: String,
    pub(super) fit: Fit,
}

/// All needles, by what is searched for.
pub(super) type Needles = BTreeMap<Vec<u8>, Needle>;

/// Adds the needles of a value.
pub(super) fn add(needles: &mut Needles, value: &str, mark: &str) {
    add_clear(needles, value, mark);
    if value.len() >= TINY {
        for spelling in spellings(value) {
            encoded(&spelling)
                .into_iter()
                .for_each(|form| put(needles, form.into_bytes(), mark, encoded_fit(&spelling)));
        }
    }
}

/// The value as it stands in forms and JSON: whole bodies are encoded, too, with the escapes in them.
fn spellings(value: &str) -> Vec<String> {
    let form: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
    let json = serde_json::Value::from(value).to_string();
    let json = json[1..json.len() - 1].to_owned();
    let lower = ESCAPE.replace_all(&form, |found: &regex::Captures<'_>| found[0].to_lowercase()).into_owned();
    let mut spellings = vec![value.to_owned(), form.replace('+', "%20"), lower.replace('+', "%20"), form, lower, json];
    spellings.sort_unstable();
    spellings.dedup();
    spellings
}

/// Adds the needle of a word that everybody may read, and that only says something where a secret goes.
pub(super) fn add_open(needles: &mut Needles, value: &str, mark: &str) {
    let needle = Needle { mark: mark.to_owned(), fit: Fit::Named };
    needles.entry(value.as_bytes().to_vec()).or_insert(needle);
}

/// Adds the needles of a value that is made of letters and digits and is never encoded again on its own.
pub(super) fn add_clear(needles: &mut Needles, value: &str, mark: &str) {
    let fit = Fit::of(value);
    put(needles, value.as_bytes().to_vec(), mark, fit);
    if value.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return;
    }
    let plain = View::of(value.as_bytes()).map(|view| view.bytes().to_vec());
    let readings = [Some(value.as_bytes().to_vec()), plain];
    for reading in readings.into_iter().flatten() {
        if reading.contains(&b' ') {
            let form = reading.iter().map(|byte| if *byte == b' ' { b'+' } else { *byte });
            put(needles, form.collect(), mark, fit);
        }
        put(needles, reading, mark, fit);
    }
    if value.contains('\'') {
        // A quote inside single quotes leaves them and comes back; the ways of a shell to write that.
        for quote in [r"'\''", r#"'"'"'"#, "'''", "''"] {
            put(needles, value.replace('\'', quote).into_bytes(), mark, fit);
        }
    }
}

fn put(needles: &mut Needles, form: Vec<u8>, mark: &str, fit: Fit) {
    if !form.is_empty() {
        needles.entry(form).or_insert_with(|| Needle { mark: mark.to_owned(), fit });
    }
}

fn encoded_fit(value: &str) -> Fit {
    if value.len() < TELLING { Fit::Alone } else { Fit::Anywhere }
}

/// Base64 of both alphabets at each alignment, and hexadecimal of both cases; short values only as a whole.
pub(super) fn encoded(value: &str) -> Vec<String> {
    let bytes = value.as_bytes();
    let mut forms = vec![hex(bytes, b"0123456789abcdef"), hex(bytes, b"0123456789ABCDEF")];
    if value.len() >= TELLING {
        (0..3).for_each(|lead| forms.extend(base64_within(bytes, lead)));
    } else {
        forms.push(STANDARD_NO_PAD.encode(bytes));
    }
    forms.sort_unstable();
    forms.dedup();
    forms
}

fn hex(value: &[u8], digits: &[u8; 16]) -> String {
    let digit = |nibble: u8| char::from(digits[usize::from(nibble & 15)]);
    value.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

/// The characters that a value surely produces in base64 after so many other bytes.
fn base64_within(value: &[u8], lead: usize) -> [String; 2] {
    let mut padded = vec![0; lead];
    padded.extend_from_slice(value);
    let (skip, keep) = ([0, 2, 3][lead], padded.len() * 8 / 6);
    let standard = STANDARD_NO_PAD.encode(&padded)[skip..keep].to_owned();
    let url_safe = URL_SAFE_NO_PAD.encode(&padded)[skip..keep].to_owned();
    [standard, url_safe]
}
