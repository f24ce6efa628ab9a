//! HAR 1.2, read as a stream: never more of the file than one entry is in memory.
//!
//! A scan says where each entry stands; entries are then read again in the order in which they are judged. What follows
//! neither HAR nor JSON ends the scan with the byte at which it did, and the entries before it are still good.
//!
//! * [`attached`]: where a HAR and its bodies are, which may be a ZIP [`archive`]
//! * [`lenient`]: JSON as tools write it
//! * [`entry`]: what an entry means; its parts are [`sent`], [`received`], [`fields`] and [`content`]
//!
//! Deliberately not here: any judgement.

mod archive;
pub(crate) mod attached;
mod content;
pub(crate) mod entry;
mod error;
mod fields;
mod lenient;
mod received;
mod sent;

use std::cell::RefCell;
use std::fmt;
use std::io::{self, Cursor, Read, SeekFrom};
use std::rc::Rc;

use attached::{HarText, LARGEST};
pub use error::HarError;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};

/// Where an entry stands in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryPlace {
    /// The first byte.
    pub start: u64,
    /// How many bytes there are.
    pub length: usize,
}

/// Scans a HAR and shows the JSON of every entry.
///
/// # Errors
/// When the file cannot be read, is cut or is no HAR. What was shown before is good.
pub fn scan(input: impl Read, show: &mut dyn FnMut(EntryPlace, &[u8])) -> Result<(), HarError> {
    let (mark, mut input) = without_mark(input)?;
    let state = Rc::new(RefCell::new(ReadState::new(&mut input, mark)));
    let mut json = serde_json::Deserializer::from_reader(CountingReader(Rc::clone(&state)));
    let mut entries = 0;
    let list = EntryList { path: &["log", "entries"], state: Rc::clone(&state), show, count: &mut entries };
    let ended = list.deserialize(&mut json).and_then(|()| json.end());
    ended.map_err(|error| {
        let byte = state.borrow().at();
        match error.classify() {
            serde_json::error::Category::Eof if byte > 0 => HarError::Truncated { byte, entries },
            serde_json::error::Category::Io => HarError::Io(error.into()),
            _ => HarError::Malformed { byte, entries, message: error.to_string() },
        }
    })
}

/// The input without a byte order mark of UTF-8, and how long that was.
fn without_mark(mut input: impl Read) -> Result<(u64, impl Read), HarError> {
    let mut first = Vec::new();
    input.by_ref().take(3).read_to_end(&mut first)?;
    if first.starts_with(b"\xff\xfe") || first.starts_with(b"\xfe\xff") {
        let message = "the file is UTF-16; save it as UTF-8".into();
        return Err(HarError::Malformed { byte: 0, entries: 0, message });
    }
    let mark = if first == b"\xef\xbb\xbf" { first.len() } else { 0 };
    first.drain(..mark);
    Ok((mark as u64, Cursor::new(first).chain(input)))
}

/// Reads the JSON of one entry again.
///
/// # Errors
/// When the file cannot be read, or is another by now.
pub(crate) fn read_at(file: &mut dyn HarText, place: EntryPlace) -> io::Result<Vec<u8>> {
    let mut json = vec![0; place.length];
    file.seek(SeekFrom::Start(place.start))?;
    file.read_exact(&mut json)?;
    Ok(json)
}

/// How much is read at once.
const BLOCK: usize = 64 * 1024;

/// What has been read: how far, and the bytes of the entry that is being read.
struct ReadState<'i> {
    input: &'i mut dyn Read,
    block: Vec<u8>,
    /// Where the block begins in the file.
    start: u64,
    /// The next byte of the block.
    next: usize,
    /// Where the bytes begin in the block that belong to the entry, while there is one.
    entry: Option<usize>,
    /// Its bytes of earlier blocks.
    bytes: Vec<u8>,
}

impl<'i> ReadState<'i> {
    fn new(input: &'i mut dyn Read, start: u64) -> Self {
        Self { input, block: Vec::new(), start, next: 0, entry: None, bytes: Vec::new() }
    }

    /// How far the file has been read.
    fn at(&self) -> u64 {
        self.start + self.next as u64
    }

    /// Begins an entry at the byte that was read last: the parser has looked at it already.
    fn begin(&mut self) {
        self.bytes.clear();
        self.entry = self.next.checked_sub(1);
    }

    /// Ends the entry behind the byte that was read last.
    fn end(&mut self) {
        self.keep();
        self.entry = None;
    }

    /// Keeps what the block has of the entry.
    fn keep(&mut self) {
        let from = self.entry.replace(0).unwrap_or(self.next);
        self.bytes.extend_from_slice(&self.block[from..self.next]);
    }

    /// Reads the next block; false at the end of the file.
    fn refill(&mut self) -> io::Result<bool> {
        if self.entry.is_some() {
            self.keep();
            if self.bytes.len() > LARGEST {
                return Err(io::Error::other(format!("an entry has more than {LARGEST} bytes")));
            }
        }
        self.start = self.at();
        self.next = 0;
        self.block.resize(BLOCK, 0);
        let count = loop {
            match self.input.read(&mut self.block) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.block.truncate(count);
        Ok(count > 0)
    }
}

/// Gives the parser a byte at a time, so that places are exact.
struct CountingReader<'i>(Rc<RefCell<ReadState<'i>>>);

impl Read for CountingReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut state = self.0.borrow_mut();
        if buffer.is_empty() || (state.next == state.block.len() && !state.refill()?) {
            return Ok(0);
        }
        buffer[0] = state.block[state.next];
        state.next += 1;
        Ok(1)
    }
}

/// The list of entries below a path of members; of other members the syntax is all that matters.
struct EntryList<'s, 'i> {
    path: &'static [&'static str],
    state: Rc<RefCell<ReadState<'i>>>,
    show: &'s mut dyn FnMut(EntryPlace, &[u8]),
    count: &'s mut usize,
}

impl<'de> DeserializeSeed<'de> for EntryList<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.path.is_empty() { deserializer.deserialize_seq(self) } else { deserializer.deserialize_map(self) }
    }
}

impl<'de> Visitor<'de> for EntryList<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.first() {
            Some(member) => write!(f, "an object with `{member}`"),
            None => f.write_str("a list of entries"),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let EntryList { path: [wanted, path @ ..], state, show, count } = self else {
            return Err(A::Error::invalid_type(Unexpected::Map, &self));
        };
        let mut found = false;
        while let Some(member) = members.next_key::<String>()? {
            if member == *wanted {
                found = true;
                members.next_value_seed(EntryList { path, state: Rc::clone(&state), show, count })?;
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        if found { Ok(()) } else { Err(A::Error::custom(format_args!("there is no `{wanted}`"))) }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(place) = list.next_element_seed(EntrySeed(Rc::clone(&self.state)))? {
            (self.show)(place, &self.state.borrow().bytes);
            *self.count += 1;
        }
        Ok(())
    }
}

/// One entry, of which only the place matters.
struct EntrySeed<'i>(Rc<RefCell<ReadState<'i>>>);

impl<'de> DeserializeSeed<'de> for EntrySeed<'_> {
    type Value = EntryPlace;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<EntryPlace, D::Error> {
        let start = {
            let mut state = self.0.borrow_mut();
            state.begin();
            state.at() - 1
        };
        // A map, so that the last byte read is the last of the entry, and the first is known.
        deserializer.deserialize_map(EntryMembers)?;
        let mut state = self.0.borrow_mut();
        state.end();
        Ok(EntryPlace { start, length: state.bytes.len() })
    }
}

struct EntryMembers;

impl<'de> Visitor<'de> for EntryMembers {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an entry, which is an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanned(text: &str) -> (Vec<String>, Result<(), HarError>) {
        let mut seen = Vec::new();
        let ended = scan(text.as_bytes(), &mut |place, json| {
            let start = usize::try_from(place.start).expect("a small file");
            assert_eq!(&text.as_bytes()[start..start + place.length], json, "the place is exact");
            seen.push(String::from_utf8_lossy(json).into_owned());
        });
        (seen, ended)
    }

    #[test]
    fn entries_are_found_wherever_they_stand_and_their_places_are_exact() {
        for text in [
            r#"{"log":{"version":"1.2","entries":[{"a":1},  {"b":[{}, "}"]}] ,"comment":""}}"#,
            "\u{feff}{ \"x\": [1], \"log\": {\"entries\": [\n {\"a\":1}\n,{\"b\":[{}, \"}\"]}\n]}}\n",
        ] {
            let (seen, ended) = scanned(text);
            ended.expect("a HAR");
            assert_eq!(seen, [r#"{"a":1}"#, r#"{"b":[{}, "}"]}"#]);
        }
    }

    #[test]
    fn an_entry_may_be_longer_than_what_is_read_at_once_and_end_where_that_ends() {
        for length in [BLOCK - 24, BLOCK - 23, BLOCK - 22, BLOCK, 3 * BLOCK] {
            let text = format!(r#"{{"log":{{"entries":[{{"a":"{}"}},{{"b":2}}]}}}}"#, "x".repeat(length));
            let (seen, ended) = scanned(&text);
            ended.expect("a HAR");
            assert_eq!((seen.len(), seen[1].as_str()), (2, r#"{"b":2}"#));
        }
    }

    #[test]
    fn e15_a_cut_file_says_where_it_ends_and_what_was_whole() {
        let text = r#"{"log":{"entries":[{"a":1},{"b":"#;
        let (seen, ended) = scanned(text);
        assert_eq!(seen.len(), 1);
        let message = ended.expect_err("cut").to_string();
        assert!(message.contains(&format!("byte {}", text.len())) && message.contains("1 entries"), "{message}");
    }

    #[test]
    fn e15_something_else_is_never_an_empty_har() {
        for text in [
            "",
            "{}",
            "[]",
            "null",
            r#"{"log":{}}"#,
            r#"{"log":{"entries":7}}"#,
            r#"{"log":{"entries":[1]}}"#,
            "PK\u{3}\u{4}",
        ] {
            assert!(scanned(text).1.is_err(), "{text:?}");
        }
        assert!(scan(&b"\xff\xfe{\0"[..], &mut |_, _| {}).expect_err("UTF-16").to_string().contains("UTF-16"));
    }
}
