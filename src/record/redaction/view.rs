//! A text as it reads once its escapes are undone, and the way back to where each byte came from.
//!
//! Percent, backslash and entity escapes may be written in any case, mixed, partial and nested; undoing them until nothing
//! is left to undo finds a secret in all of these with one needle. Base64 and hexadecimal are no escapes: they have needles.
//!
//! Where an escape may as well be signs that stand for themselves, before something that only begins like the rest of it, there
//! are other readings: `%33cz%2Bt` is `3cz+t`, or a percent sign before `33cz+t`, or `%3` before `3cz+t`.

use std::ops::Range;

use crate::base::stretch;

/// Escapes may be nested this deep.
const DEPTH: usize = 4;
/// Another reading goes on for so many bytes: longer than any secret that is written with escapes.
const READING: usize = 2048;

/// One round of undoing.
struct Unescaped {
    bytes: Vec<u8>,
    escapes: Vec<Escape>,
}

/// An escape that was undone.
struct Escape {
    /// Where what it stands for begins, and how long that is.
    at: usize,
    length: usize,
    /// Where it stood in the text before, and how long it was.
    from: usize,
    written: usize,
}

/// A text with its escapes undone, once and again until none are left.
///
/// All rounds matter: what ends in a percent sign and is followed by two digits reads as another escape in the next.
pub(super) struct View(Vec<Unescaped>);

/// Another reading of a part of a text, in which what stands before it is no escape.
pub(super) struct OtherReading {
    /// The part with its escapes undone.
    pub(super) view: View,
    /// After how many rounds it begins where; 0 is the text itself.
    round: usize,
    from: usize,
}

impl View {
    /// Undoes the escapes of a text; `None` when it has none.
    pub(super) fn of(text: &[u8]) -> Option<Self> {
        let mut levels: Vec<Unescaped> = Vec::new();
        while levels.len() < DEPTH {
            let bytes = levels.last().map_or(text, |level| &level.bytes);
            match undone(bytes) {
                Some(level) => levels.push(level),
                None => break,
            }
        }
        (!levels.is_empty()).then_some(Self(levels))
    }

    /// The bytes without escapes.
    pub(super) fn bytes(&self) -> &[u8] {
        self.0.last().map_or(&[], |level| &level.bytes)
    }

    /// The bytes after each round of undoing, with the number of the round.
    pub(super) fn rounds(&self) -> impl Iterator<Item = (usize, &[u8])> {
        self.0.iter().map(|level| level.bytes.as_slice()).enumerate()
    }

    /// The bytes of the text that a range after a round stands for; never a part of an escape.
    pub(super) fn origin(&self, round: usize, range: Range<usize>) -> Range<usize> {
        self.before(round + 1, range)
    }

    /// The other readings from each place on within an escape where what is left of it may begin something by itself.
    pub(super) fn others<'v>(
        &'v self,
        text: &'v [u8],
        may_begin: impl Fn(&[u8]) -> bool + Copy + 'v,
    ) -> impl Iterator<Item = OtherReading> + 'v {
        let sources = [text].into_iter().chain(self.0.iter().map(|level| level.bytes.as_slice()));
        sources.zip(&self.0).enumerate().flat_map(move |(round, (source, level))| {
            let within = |escape: &Escape| escape.from + 1..escape.from + escape.written;
            level.escapes.iter().flat_map(within).filter_map(move |from| {
                let part = &source[from..source.len().min(from + READING)];
                let known = if part.get(1).is_some_and(|second| !is_escape(*second)) { 2 } else { 1 };
                let begins = part.get(..known).is_some_and(may_begin);
                Some(OtherReading { view: begins.then(|| Self::of(part)).flatten()?, round, from })
            })
        })
    }

    /// The bytes of the text that a range after a round of another reading stands for.
    pub(super) fn origin_of(&self, other: &OtherReading, round: usize, range: Range<usize>) -> Range<usize> {
        let range = other.view.origin(round, range);
        self.before(other.round, range.start + other.from..range.end + other.from)
    }

    /// The bytes of the text that a range after so many rounds stands for.
    fn before(&self, rounds: usize, range: Range<usize>) -> Range<usize> {
        self.0[..rounds].iter().rev().fold(range, |range, level| level.origin(range))
    }
}

/// Whether a byte may begin an escape.
fn is_escape(byte: u8) -> bool {
    (byte == b'%') | (byte == b'\\') | (byte == b'&')
}

impl Unescaped {
    fn origin(&self, range: Range<usize>) -> Range<usize> {
        let start = match self.before(range.start) {
            Some(escape) if range.start < escape.at + escape.length => escape.from,
            other => shifted(other, range.start),
        };
        let end = match range.end.checked_sub(1).and_then(|last| self.before(last)) {
            Some(escape) if range.end <= escape.at + escape.length => escape.from + escape.written,
            other => shifted(other, range.end),
        };
        start..end
    }

    /// The last escape that begins at or before a byte.
    fn before(&self, at: usize) -> Option<&Escape> {
        let after = self.escapes.partition_point(|escape| escape.at <= at);
        after.checked_sub(1).map(|index| &self.escapes[index])
    }
}

fn shifted(escape: Option<&Escape>, at: usize) -> usize {
    escape.map_or(at, |escape| at - (escape.at + escape.length) + escape.from + escape.written)
}

fn undone(bytes: &[u8]) -> Option<Unescaped> {
    let mut level = Unescaped { bytes: Vec::new(), escapes: Vec::new() };
    let (mut at, mut kept) = (0, 0);
    while let Some(next) = stretch::first(&bytes[at..], is_escape) {
        at += next;
        let Some((value, written)) = escape(&bytes[at..]) else {
            at += 1;
            continue;
        };
        level.bytes.extend_from_slice(&bytes[kept..at]);
        level.escapes.push(Escape { at: level.bytes.len(), length: value.len(), from: at, written });
        level.bytes.extend_from_slice(&value);
        at += written;
        kept = at;
    }
    if level.escapes.is_empty() {
        return None;
    }
    level.bytes.extend_from_slice(&bytes[kept..]);
    Some(level)
}

/// What an escape stands for, and how many bytes it is written with.
fn escape(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    match *bytes.first()? {
        b'%' => Some((vec![u8::try_from(hexadecimal(bytes.get(1..3)?)?).ok()?], 3)),
        b'\\' => backslash(bytes),
        _ => entity(bytes),
    }
}

fn backslash(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let plain = |byte| Some((vec![byte], 2));
    match *bytes.get(1)? {
        b'u' => unicode(bytes),
        b'x' => Some((vec![u8::try_from(hexadecimal(bytes.get(2..4)?)?).ok()?], 4)),
        b'n' => plain(b'\n'),
        b'r' => plain(b'\r'),
        b't' => plain(b'\t'),
        b'b' => plain(8),
        b'f' => plain(12),
        byte if byte.is_ascii_punctuation() || byte == b' ' => plain(byte),
        _ => None,
    }
}

/// `\u0041`, and two of them where one character needs two.
fn unicode(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let first = hexadecimal(bytes.get(2..6)?)?;
    if let Some(character) = char::from_u32(first) {
        return Some((character.to_string().into_bytes(), 6));
    }
    let second = hexadecimal(bytes.get(6..12)?.strip_prefix(b"\\u")?)?;
    let both = 0x10000 + ((first & 0x3ff) << 10) + second.checked_sub(0xdc00)?;
    Some((char::from_u32(both)?.to_string().into_bytes(), 12))
}

fn entity(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let end = bytes.iter().take(12).position(|byte| *byte == b';')?;
    let name = std::str::from_utf8(&bytes[1..end]).ok()?;
    let character = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => numbered(name.strip_prefix('#')?)?,
    };
    Some((character.to_string().into_bytes(), end + 1))
}

fn numbered(number: &str) -> Option<char> {
    let code = match number.strip_prefix(['x', 'X']) {
        Some(digits) => hexadecimal(digits.as_bytes())?,
        None => number.parse().ok()?,
    };
    char::from_u32(code)
}

fn hexadecimal(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |number, digit| Some(number.checked_mul(16)? + char::from(*digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        View::of(text.as_bytes()).map_or(text.to_owned(), |view| String::from_utf8_lossy(view.bytes()).into_owned())
    }

    #[test]
    fn escapes_of_all_kinds_are_undone_however_they_are_nested() {
        assert_eq!(read(r#"a%2fb%2Fc \"d\" \u00e9\ud83d\ude00 &lt;&#x3D;&#61;&amp;amp;"#), r#"a/b/c "d" é😀 <==&"#);
        assert_eq!(read(r"%255c%2522"), "\"");
        for plain in ["plain", "50% & more \\q %zz &nbsp; \\u12", ""] {
            assert_eq!(read(plain), plain);
        }
    }

    #[test]
    fn a_place_in_the_view_is_found_again_in_the_text() {
        let text = r"ab%2541cd\nxy";
        let view = View::of(text.as_bytes()).expect("it has escapes");
        assert_eq!(view.bytes(), b"abAcd\nxy");
        for (range, origin) in [(0..2, "ab"), (2..3, "%2541"), (1..4, "b%2541c"), (5..6, r"\n"), (6..8, "xy")] {
            assert_eq!(&text[view.origin(1, range)], origin);
        }
    }
}
