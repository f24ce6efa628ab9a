//! HAR 1.2, read as a stream: never more of the file than one entry is in memory.
//!
//! A scan says where each entry stands; entries are then read again in the order in which they are judged. What follows
//! neither HAR nor JSON ends the scan with the byte at which it did, and the entries before it are still good.
//!
//! Deliberately not here: what an entry means ([`entry`]), and any judgement.

mod body;
pub(crate) mod entry;

use std::cell::RefCell;
use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::rc::Rc;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The greatest size of one entry, in bytes.
const LARGEST: usize = 128 * 1024 * 1024;

/// Where an entry stands in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The first byte.
    pub start: u64,
    /// How many bytes there are.
    pub length: usize,
}

/// Why a HAR could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum HarError {
    /// The system refused.
    #[error("cannot read the file: {0}")]
    Io(#[from] io::Error),
    /// The file is cut.
    #[error("the file ends at byte {byte}, in the middle of the HAR; {entries} entries before that are whole")]
    Truncated {
        /// How many bytes there are.
        byte: u64,
        /// How many entries could be read.
        entries: usize,
    },
    /// The file is something else, or broken.
    #[error("not a HAR from byte {byte} on, after {entries} entries: {message}")]
    Malformed {
        /// Where.
        byte: u64,
        /// How many entries could be read.
        entries: usize,
        /// What is wrong.
        message: String,
    },
}

/// Scans a HAR and shows the JSON of every entry.
///
/// # Errors
/// When the file cannot be read, is cut or is no HAR. What was shown before is good.
pub fn scan(input: impl Read, show: &mut dyn FnMut(Place, &[u8])) -> Result<(), HarError> {
    let tape = Rc::new(RefCell::new(Tape::default()));
    let mut reader = Taped { inner: BufReader::with_capacity(64 * 1024, input), tape: Rc::clone(&tape), ahead: None };
    reader.skip_mark()?;
    let mut json = serde_json::Deserializer::from_reader(reader);
    let mut entries = 0;
    let found = Document { tape: Rc::clone(&tape), show, count: &mut entries }.deserialize(&mut json);
    let ended = found.and_then(|()| json.end());
    ended.map_err(|error| {
        let byte = tape.borrow().at;
        match error.classify() {
            serde_json::error::Category::Eof if byte > 0 => HarError::Truncated { byte, entries },
            serde_json::error::Category::Io => HarError::Io(error.into()),
            _ => HarError::Malformed { byte, entries, message: error.to_string() },
        }
    })
}

/// Reads the JSON of one entry again.
///
/// # Errors
/// When the file cannot be read, or is another by now.
pub fn read_at(file: &mut File, place: Place) -> io::Result<Vec<u8>> {
    let mut json = vec![0; place.length];
    file.seek(SeekFrom::Start(place.start))?;
    file.read_exact(&mut json)?;
    Ok(json)
}

/// Opens a file, once to scan it and once to read entries.
///
/// # Errors
/// When it cannot be opened.
pub fn open(path: &Path) -> io::Result<(File, File)> {
    Ok((File::open(path)?, File::open(path)?))
}

/// What has been read: how far, and the bytes of the entry that is being read.
#[derive(Default)]
struct Tape {
    at: u64,
    recording: bool,
    bytes: Vec<u8>,
}

impl Tape {
    /// Begins at the byte that was read last: the parser has looked at it already.
    fn begin(&mut self, first: u8) {
        self.recording = true;
        self.bytes.clear();
        self.bytes.push(first);
    }
}

/// Counts what the parser takes, a byte at a time, so that places are exact.
struct Taped<R> {
    inner: BufReader<R>,
    tape: Rc<RefCell<Tape>>,
    /// Bytes that were looked at before the parser began.
    ahead: Option<(Vec<u8>, usize)>,
}

impl<R: Read> Taped<R> {
    /// Skips a byte order mark of UTF-8.
    fn skip_mark(&mut self) -> Result<(), HarError> {
        let mut first = Vec::new();
        self.inner.by_ref().take(3).read_to_end(&mut first)?;
        match first.as_slice() {
            [0xef, 0xbb, 0xbf] => self.tape.borrow_mut().at = 3,
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
                let message = "the file is UTF-16; save it as UTF-8".into();
                return Err(HarError::Malformed { byte: 0, entries: 0, message });
            }
            _ => self.ahead = Some((first, 0)),
        }
        Ok(())
    }

    fn take(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some((bytes, at)) = &mut self.ahead {
            if let Some(byte) = bytes.get(*at) {
                *at += 1;
                buffer[0] = *byte;
                return Ok(1);
            }
            self.ahead = None;
        }
        self.inner.read(&mut buffer[..1])
    }
}

impl<R: Read> Read for Taped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let count = self.take(buffer)?;
        let mut tape = self.tape.borrow_mut();
        tape.at += count as u64;
        if tape.recording {
            if tape.bytes.len() >= LARGEST {
                return Err(io::Error::other(format!("an entry has more than {LARGEST} bytes")));
            }
            tape.bytes.extend_from_slice(&buffer[..count]);
        }
        Ok(count)
    }
}

type Show<'s> = &'s mut dyn FnMut(Place, &[u8]);

/// `{"log": …}`; of other members the syntax is all that matters.
struct Document<'s> {
    tape: Rc<RefCell<Tape>>,
    show: Show<'s>,
    count: &'s mut usize,
}

/// `{"entries": …}`.
struct Log<'s>(Document<'s>);

/// The list of entries.
struct Entries<'s>(Document<'s>);

/// One entry, of which only the place matters.
struct Entry(Rc<RefCell<Tape>>);

macro_rules! seed {
    ($name:ident, $method:ident) => {
        impl<'de> DeserializeSeed<'de> for $name<'_> {
            type Value = ();

            fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
                deserializer.$method(self)
            }
        }
    };
}

seed!(Document, deserialize_map);
seed!(Log, deserialize_map);
seed!(Entries, deserialize_seq);

impl<'de> Visitor<'de> for Document<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `log`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let Document { tape, show, count } = self;
        let mut found = false;
        while let Some(key) = members.next_key::<String>()? {
            if key == "log" {
                found = true;
                members.next_value_seed(Log(Document { tape: Rc::clone(&tape), show, count }))?;
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        if found { Ok(()) } else { Err(A::Error::custom("there is no `log`")) }
    }
}

impl<'de> Visitor<'de> for Log<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `entries`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let Document { tape, show, count } = self.0;
        let mut found = false;
        while let Some(key) = members.next_key::<String>()? {
            if key == "entries" {
                found = true;
                members.next_value_seed(Entries(Document { tape: Rc::clone(&tape), show, count }))?;
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        if found { Ok(()) } else { Err(A::Error::custom("`log` has no `entries`")) }
    }
}

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Document { tape, show, count } = self.0;
        while let Some(place) = list.next_element_seed(Entry(Rc::clone(&tape)))? {
            show(place, &tape.borrow().bytes);
            *count += 1;
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Entry {
    type Value = Place;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Place, D::Error> {
        let start = {
            let mut tape = self.0.borrow_mut();
            tape.begin(b'{');
            tape.at - 1
        };
        // A map, so that the last byte read is the last of the entry, and the first is known.
        deserializer.deserialize_map(Members)?;
        let mut tape = self.0.borrow_mut();
        tape.recording = false;
        Ok(Place { start, length: tape.bytes.len() })
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
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
