//! The value that stands after a name, in the notations in which names and values are written: members of JSON, parameters,
//! attributes, elements, parts of a form, header fields and plain words.
//!
//! Only notations in which the end of the value is beyond doubt. After a name and a colon alone, as in YAML, or in a sentence,
//! only what nobody says counts.

use std::ops::Range;

use super::names;
use super::runs::{Run, Runs};
use crate::base::text::lossy;

/// Words of plain language after which a secret may stand.
const TOLD: &[&str] = &["apikey", "passcode", "password", "secret", "token"];
/// What stands after such a word is a secret from this length on, if it has letters and digits.
const TELLING: usize = 12;
/// The same after a colon, and in a list.
const ASSIGNED: usize = 8;
/// What may stand between the name of a part or field and its value; and as much of a value as says what it is.
const NEAR: usize = 256;
/// Numbers with fewer digits are no passcodes.
const DIGITS: usize = 4;

/// A name, and the value that it says is secret.
pub(super) struct NamedValue {
    pub(super) name: Range<usize>,
    pub(super) value: Range<usize>,
    /// Whether it only looks as if it were named, in a sentence.
    pub(super) told: bool,
}

/// The secret value whose name ends here.
pub(super) fn value(runs: &Runs<'_>, end: usize) -> Option<NamedValue> {
    let text = runs.text;
    let name = name(text, end);
    let close = end + usize::from(is_in_brackets(text, &name));
    let next = *text.get(close)?;
    if !b"\"'=> :\r\n".contains(&next) || !names::may_hold_secret(&word(text, &name), is_query(text, &name, next)) {
        return None;
    }
    let value = match next {
        b'=' if text.get(close + 1) != Some(&b'>') => parameter(runs, &name, close + 1),
        b'>' => element(runs, &name),
        b'"' | b'\'' => quoted_name(text, &name, close),
        b'\r' | b'\n' => part(text, &name, close),
        _ => match assigned(text, close) {
            None => return told(runs, name),
            value => value,
        },
    }?;
    let holds = if is_query(text, &name, next) { names::holds_secret_in_query } else { names::holds_secret };
    holds(&word(text, &name), &word(text, &value)).then_some(NamedValue { name, value, told: false })
}

/// As much of a range as says what it is; other bytes than text are nothing that a name or a mask has.
fn word<'t>(text: &'t [u8], range: &Range<usize>) -> std::borrow::Cow<'t, str> {
    lossy(&text[range.start..range.end.min(range.start + NEAR)])
}

/// The name that ends here; `API key` is one.
fn name(text: &[u8], end: usize) -> Range<usize> {
    let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    let start = end - text[..end].iter().rev().take(64).take_while(is_part).count();
    let is_api = text[start..end].eq_ignore_ascii_case(b"key") && start >= 4;
    if is_api && text[start - 4..start].eq_ignore_ascii_case(b"api ") { start - 4..end } else { start..end }
}

/// Whether a name stands in brackets, as in `user[password]=a`.
fn is_in_brackets(text: &[u8], name: &Range<usize>) -> bool {
    text.get(name.end) == Some(&b']') && name.start > 1 && text[name.start - 1] == b'['
}

/// Whether a name stands in a query, a fragment or a form.
fn is_query(text: &[u8], name: &Range<usize>, next: u8) -> bool {
    next == b'=' && name.start.checked_sub(1).is_none_or(|before| b"?&#[".contains(&text[before]))
}

fn blanks(text: &[u8], from: usize) -> usize {
    from + text[from.min(text.len())..].iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

/// To the quote that closes it. What stands between two members when escapes are undone too early is no value.
fn quoted(text: &[u8], from: usize, quote: u8) -> Option<Range<usize>> {
    let mut at = from;
    while *text.get(at)? != quote {
        at += if text[at] == b'\\' { 2 } else { 1 };
    }
    let is_said = |byte: &u8| byte.is_ascii_alphanumeric() || !byte.is_ascii();
    let is_value = !b" ,:]}".contains(&text[from]) && text[from..at].iter().any(is_said);
    (at > from && is_value).then_some(from..at)
}

/// A name between quotes: of a member, an entry of a list, a part of a form, or a field.
fn quoted_name(text: &[u8], name: &Range<usize>, close: usize) -> Option<Range<usize>> {
    let member = assigned(text, close + 1).or_else(|| number(text, close + 1));
    let near = member.or_else(|| entry(text, name));
    near.or_else(|| part(text, name, close)).or_else(|| attribute(text, name))
}

/// Where a value begins that stands behind a colon, `=` or `=>`.
fn behind_sign(text: &[u8], from: usize) -> Option<usize> {
    let sign = blanks(text, from);
    let rest = text.get(sign..)?;
    let length = if rest.starts_with(b"=>") { 2 } else { 1 };
    matches!(rest.first(), Some(b':' | b'=')).then(|| blanks(text, sign + length))
}

/// `: "value"`, `= "value"` or `=> "value"`, or a list in its place.
fn assigned(text: &[u8], from: usize) -> Option<Range<usize>> {
    let from = behind_sign(text, from)?;
    match *text.get(from)? {
        quote @ (b'"' | b'\'') => quoted(text, from + 1, quote),
        b'[' => listed(text, blanks(text, from + 1)),
        _ => None,
    }
}

/// A passcode without quotes; not a measure.
fn number(text: &[u8], from: usize) -> Option<Range<usize>> {
    let from = behind_sign(text, from)?;
    let digits = text.get(from..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let is_measure = text.get(from + digits).is_some_and(|next| b".eE".contains(next));
    (digits >= DIGITS && !is_measure).then_some(from..from + digits)
}

/// The first of a list of strings, as some write header fields, where it is nothing that people say: lists of what is wrong with a
/// password are as usual.
fn listed(text: &[u8], from: usize) -> Option<Range<usize>> {
    let quote = *text.get(from).filter(|byte| b"\"'".contains(byte))?;
    quoted(text, from + 1, quote).filter(|value| is_mixed(&text[value.clone()], ASSIGNED))
}

/// `"name": "name", "value": "value"`, as header fields and variables are listed, in any order and with more between.
fn entry(text: &[u8], name: &Range<usize>) -> Option<Range<usize>> {
    let before = text[..name.start].strip_suffix(b"\"")?.trim_ascii_end();
    if !before.ends_with(b":") {
        return None;
    }
    let is_brace = |byte: &u8| b"{}".contains(byte);
    let from = name.start - text[..name.start].iter().rev().take(NEAR).take_while(|byte| !is_brace(byte)).count();
    let to = name.end + text[name.end..].iter().take(NEAR).take_while(|byte| !is_brace(byte)).count();
    let value = text[from..to].windows(7).position(|window| window == b"\"value\"")?;
    assigned(text, from + value + 7)
}

/// `name=value`, as in a query, a form, a connection string or an attribute.
fn parameter(runs: &Runs<'_>, name: &Range<usize>, from: usize) -> Option<Range<usize>> {
    match *runs.text.get(from)? {
        quote @ (b'"' | b'\'') => quoted(runs.text, from + 1, quote),
        // A comparison in a program.
        b'=' => None,
        _ if is_query(runs.text, name, b'=') => runs.at(Run::Query, from),
        _ => runs.at(Run::Parameter, from),
    }
}

/// `<name>value</name>`. Without an end it is a placeholder in a sentence, or was cut.
fn element(runs: &Runs<'_>, name: &Range<usize>) -> Option<Range<usize>> {
    let text = runs.text;
    let opens = name.start.checked_sub(1).is_some_and(|before| b"<:".contains(&text[before]));
    let from = name.end + 1;
    if opens && text.get(from..)?.starts_with(b"<![CDATA[") {
        return runs.at(Run::Data, from + 9);
    }
    let value = runs.at(Run::Text, from).filter(|_| opens)?;
    let closes = text[value.end..].starts_with(b"</");
    let is_cut = || value.end == text.len() && !word(text, &value).contains(char::is_whitespace);
    (closes || is_cut()).then_some(value)
}

/// A part of a multipart form: its header fields, an empty line, the value.
fn part(text: &[u8], name: &Range<usize>, close: usize) -> Option<Range<usize>> {
    let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_-.[]".contains(byte);
    let start = name.start - text[..name.start].iter().rev().take(64).take_while(is_part).count();
    if !(text[..start].ends_with(b"; name=\"") || text[..start].ends_with(b"; name=")) {
        return None;
    }
    let near = &text[close..text.len().min(close + NEAR)];
    let blank = |line: &[u8]| near.windows(line.len()).position(|window| window == line).map(|at| at + line.len());
    let from = close + blank(b"\r\n\r\n").or_else(|| blank(b"\n\n"))?;
    let length = text[from..].iter().take_while(|byte| !b"\r\n".contains(byte)).count();
    (length > 0).then_some(from..from + length)
}

/// `<input name="name" value="value">`, in either order.
fn attribute(text: &[u8], name: &Range<usize>) -> Option<Range<usize>> {
    let before = &text[name.start.saturating_sub(NEAR)..name.start];
    let from = name.start - before.iter().rev().position(|byte| b"<>".contains(byte))?;
    let tag = text[from..].iter().take(2 * NEAR).take_while(|byte| **byte != b'>').count();
    let value = text[from..from + tag].windows(7).position(|window| window == b" value=")? + from + 7;
    let quote = *text.get(value).filter(|byte| b"\"'".contains(byte) && text[from - 1] == b'<')?;
    quoted(text, value + 1, quote)
}

/// A word such as `token`, and beside it something that nobody says; or any such name, and that behind a colon.
fn told(runs: &Runs<'_>, name: Range<usize>) -> Option<NamedValue> {
    let text = runs.text;
    let is_field = text[name.end..].starts_with(b": ");
    let from = name.end + 1 + usize::from(is_field);
    let from = from + usize::from(text.get(from).is_some_and(|byte| b"\"'`".contains(byte)));
    let value = runs.at(Run::Said, from)?;
    let name_word = word(text, &name).replace(['-', '_', ' '], "").to_ascii_lowercase();
    let is_named = TOLD.contains(&name_word.as_str()) || (is_field && names::is_secret(&name_word));
    let length = if is_field { ASSIGNED } else { TELLING };
    let holds = is_named && is_mixed(&text[value.clone()], length) && !word(text, &value).contains("://");
    holds.then_some(NamedValue { name, value, told: true })
}

/// Whether something has letters, digits and a length that no word has.
fn is_mixed(value: &[u8], length: usize) -> bool {
    let near = &value[..value.len().min(NEAR)];
    let has = |is: fn(&u8) -> bool| near.iter().any(is);
    let has_blanks = has(u8::is_ascii_whitespace);
    value.len() >= length && !has_blanks && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic)
}
