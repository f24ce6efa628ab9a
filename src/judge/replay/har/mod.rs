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
use std::io::{self, BufReader, Cursor, Read, SeekFrom};
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
    let state = Rc::new(RefCell::new(ReadState::default()));
    let reader = CountingReader { inner: without_mark(input, &state)?, state: Rc::clone(&state) };
    let mut json = serde_json::Deserializer::from_reader(reader);
    let mut entries = 0;
    let list = EntryList { path: &["log", "entries"], state: Rc::clone(&state), show, count: &mut entries };
    let ended = list.deserialize(&mut json).and_then(|()| json.end());
    ended.map_err(|error| {
        let byte = state.borrow().at;
        match error.classify() {
            serde_json::error::Category::Eof if byte > 0 => HarError::Truncated { byte, entries },
            serde_json::error::Category::Io => HarError::Io(error.into()),
            _ => HarError::Malformed { byte, entries, message: error.to_string() },
        }
    })
}

/// The input without a byte order mark of UTF-8, which is counted all the same.
fn without_mark(mut input: impl Read, state: &RefCell<ReadState>) -> Result<impl Read, HarError> {
    let mut first = Vec::new();
    input.by_ref().take(3).read_to_end(&mut first)?;
    if first.starts_with(b"\xff\xfe") || first.starts_with(b"\xfe\xff") {
        let message = "the file is UTF-16; save it as UTF-8".into();
        return Err(HarError::Malformed { byte: 0, entries: 0, message });
    }
    if first == b"\xef\xbb\xbf" {
        state.borrow_mut().at = 3;
        first.clear();
    }
    Ok(BufReader::with_capacity(64 * 1024, Cursor::new(first).chain(input)))
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

/// What has been read: how far, and the bytes of the entry that is being read.
#[derive(Default)]
struct ReadState {
    at: u64,
    recording: bool,
    bytes: Vec<u8>,
}

impl ReadState {
    /// Begins at the byte that was read last: the parser has looked at it already.
    fn begin(&mut self, first: u8) {
        self.recording = true;
        self.bytes.clear();
        self.bytes.push(first);
    }
}

/// Counts what the parser takes, a byte at a time, so that places are exact.
struct CountingReader<R> {
    inner: R,
    state: Rc<RefCell<ReadState>>,
}

impl<R: Read> Read for CountingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let one = buffer.len().min(1);
        let count = self.inner.read(&mut buffer[..one])?;
        let mut state = self.state.borrow_mut();
        state.at += count as u64;
        if state.recording {
            if state.bytes.len() >= LARGEST {
                return Err(io::Error::other(format!("an entry has more than {LARGEST} bytes")));
            }
            state.bytes.extend_from_slice(&buffer[..count]);
        }
        Ok(count)
    }
}

/// The list of entries below a path of members; of other members the syntax is all that matters.
struct EntryList<'s> {
    path: &'static [&'static str],
    state: Rc<RefCell<ReadState>>,
    show: &'s mut dyn FnMut(EntryPlace, &[u8]),
    count: &'s mut usize,
}

impl<'de> DeserializeSeed<'de> for EntryList<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.path.is_empty() { deserializer.deserialize_seq(self) } else { deserializer.deserialize_map(self) }
    }
}

impl<'de> Visitor<'de> for EntryList<'_> {
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
struct EntrySeed(Rc<RefCell<ReadState>>);

impl<'de> DeserializeSeed<'de> for EntrySeed {
    type Value = EntryPlace;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<EntryPlace, D::Error> {
        let start = {
            let mut state = self.0.borrow_mut();
            state.begin(b'{');
            state.at - 1
        };
        // A map, so that the last byte read is the last of the entry, and the first is known.
        deserializer.deserialize_map(EntryMembers)?;
        let mut state = self.0.borrow_mut();
        state.recording = false;
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
