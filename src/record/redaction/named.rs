//! The value that stands after a name, in the notations in which names and values are written: members of JSON, parameters,
//! attributes, elements, parts of a form, and plain words.
//!
//! Only notations in which the end of the value is beyond doubt: a name and a colon alone, as in YAML, are none.

use std::ops::Range;

use super::names;

/// Words of plain language after which a secret may stand.
const TOLD: &[&str] = &["apikey", "passcode", "password", "secret", "token"];
/// What stands after such a word is a secret from this length on, if it has letters and digits.
const TELLING: usize = 12;
/// What may stand between the name of a part or field and its value.
const NEAR: usize = 256;

/// A name, and the value that it says is secret.
pub(super) struct NamedValue {
    pub(super) name: Range<usize>,
    pub(super) value: Range<usize>,
    /// Whether it only looks as if it were named, in a sentence.
    pub(super) told: bool,
}

/// The secret value whose name ends here.
pub(super) fn value(text: &[u8], end: usize) -> Option<NamedValue> {
    let next = *text.get(end)?;
    if !matches!(next, b'"' | b'\'' | b'=' | b'>' | b' ') {
        return None;
    }
    let name = name(text, end);
    if !names::may_hold_secret(word(text, &name)?) {
        return None;
    }
    let value = match next {
        b'=' => parameter(text, &name),
        b'>' => element(text, &name),
        b' ' => return told(text, name),
        quote => {
            let near = member(text, end, quote).or_else(|| entry(text, end));
            near.or_else(|| part(text, &name)).or_else(|| attribute(text, &name))
        }
    }?;
    let holds = if is_query(text, &name) { names::holds_secret_in_query } else { names::holds_secret };
    holds(word(text, &name)?, word(text, &value)?).then_some(NamedValue { name, value, told: false })
}

fn word<'t>(text: &'t [u8], range: &Range<usize>) -> Option<&'t str> {
    std::str::from_utf8(text.get(range.clone())?).ok()
}

fn name(text: &[u8], end: usize) -> Range<usize> {
    let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    end - text[..end].iter().rev().take(64).take_while(is_part).count()..end
}

/// Whether a name stands in a query, a fragment or a form.
fn is_query(text: &[u8], name: &Range<usize>) -> bool {
    text.get(name.end) == Some(&b'=') && name.start.checked_sub(1).is_none_or(|before| b"?&#".contains(&text[before]))
}

/// From a place to the first byte that ends it, which must not come at once.
fn until(text: &[u8], from: usize, ends: impl Fn(u8) -> bool) -> Option<Range<usize>> {
    let rest = text.get(from..)?;
    let length = rest.iter().position(|byte| ends(*byte)).unwrap_or(rest.len());
    (length > 0).then_some(from..from + length)
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

/// `"name": "value"`, or a number in its place.
fn member(text: &[u8], end: usize, quote: u8) -> Option<Range<usize>> {
    let colon = blanks(text, end + 1);
    let from = blanks(text, colon + 1);
    match (*text.get(colon)?, *text.get(from)?) {
        (b':', first) if first == quote => quoted(text, from + 1, quote),
        (b':', b'0'..=b'9') => until(text, from, |byte| !byte.is_ascii_digit()),
        _ => None,
    }
}

/// `"name": "name", "value": "value"`, as header fields and variables are listed.
fn entry(text: &[u8], end: usize) -> Option<Range<usize>> {
    let comma = blanks(text, end + 1);
    let member_name = blanks(text, comma + 1);
    let is_entry = text.get(comma) == Some(&b',') && text.get(member_name..)?.starts_with(b"\"value\"");
    is_entry.then(|| member(text, member_name + 6, b'"')).flatten()
}

/// `name=value`, as in a query, a form, a connection string or an attribute.
fn parameter(text: &[u8], name: &Range<usize>) -> Option<Range<usize>> {
    let from = name.end + 1;
    match *text.get(from)? {
        quote @ (b'"' | b'\'') => quoted(text, from + 1, quote),
        _ if is_query(text, name) => {
            until(text, from, |byte| byte.is_ascii_whitespace() || b"&#\"<>`\\".contains(&byte))
        }
        _ => until(text, from, |byte| byte.is_ascii_whitespace() || b"&;\"'<>`\\".contains(&byte)),
    }
}

/// `<name>value</name>`.
fn element(text: &[u8], name: &Range<usize>) -> Option<Range<usize>> {
    let opens = name.start.checked_sub(1).is_some_and(|before| b"<:".contains(&text[before]));
    let from = name.end + 1;
    match text.get(from..)?.strip_prefix(b"<![CDATA[") {
        _ if !opens => None,
        Some(_) => until(text, from + 9, |byte| byte == b']'),
        None => until(text, from, |byte| byte == b'<'),
    }
}

/// A part of a multipart form: its header fields, an empty line, the value.
fn part(text: &[u8], name: &Range<usize>) -> Option<Range<usize>> {
    if !text[..name.start].ends_with(b"name=\"") {
        return None;
    }
    let near = &text[name.end..text.len().min(name.end + NEAR)];
    let blank = |line: &[u8]| near.windows(line.len()).position(|window| window == line).map(|at| at + line.len());
    let from = blank(b"\r\n\r\n").or_else(|| blank(b"\n\n"))?;
    until(text, name.end + from, |byte| b"\r\n".contains(&byte))
}

/// `<input name="name" value="value">`, in either order.
fn attribute(text: &[u8], name: &Range<usize>) -> Option<Range<usize>> {
    let before = &text[name.start.saturating_sub(NEAR)..name.start];
    let from = name.start - before.iter().rev().position(|byte| *byte == b'<' || *byte == b'>')?;
    let tag = until(text, from, |byte| byte == b'>')?;
    let value = text[tag.clone()].windows(7).position(|window| window == b" value=")? + tag.start + 7;
    let quote = *text.get(value).filter(|byte| b"\"'".contains(byte))?;
    quoted(text, value + 1, quote).filter(|value| value.end <= tag.end)
}

/// A word such as `token`, and beside it something that nobody says.
fn told(text: &[u8], name: Range<usize>) -> Option<NamedValue> {
    let plain = word(text, &name)?.replace(['-', '_'], "").to_ascii_lowercase();
    let from = name.end + 1;
    let from = if text.get(from).is_some_and(|byte| b"\"'`".contains(byte)) { from + 1 } else { from };
    let value = until(text, from, |byte| !(byte.is_ascii_alphanumeric() || b"._~+/=-".contains(&byte)))?;
    let said = &text[value.clone()];
    let is_mixed = said.iter().any(u8::is_ascii_digit) && said.iter().any(u8::is_ascii_alphabetic);
    (is_mixed && said.len() >= TELLING && TOLD.contains(&plain.as_str())).then_some(NamedValue {
        name,
        value,
        told: true,
    })
}
