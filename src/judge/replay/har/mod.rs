//! HAR 1.2, read as a stream: little more of the file than one entry is in memory.
//!
//! A scan says where each entry stands; entries are then read again in the order in which they are judged. What follows
//! neither HAR nor JSON ends the scan with the byte at which it did, and the entries before it are still good.
//!
//! * [`reading`]: the file, block by block
//! * [`attached`]: where a HAR and its bodies are, which may be a ZIP [`archive`]
//! * [`lenient`]: JSON as tools write it, read as [`json`]
//! * [`entry`]: what an entry means; its parts are [`sent`], [`received`], [`fields`] and [`content`]
//!
//! Deliberately not here: any judgement.

mod archive;
pub(crate) mod attached;
mod content;
pub(crate) mod entry;
mod error;
mod fields;
mod json;
mod lenient;
mod reading;
mod received;
mod sent;

use std::cell::RefCell;
use std::fmt;
use std::io::{self, Cursor, Read, SeekFrom};
use std::rc::Rc;

use attached::HarText;
pub use error::HarError;
pub use reading::EntryPlace;
use reading::{Bytewise, Reading};
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};

/// Scans a HAR and shows the JSON of every entry.
///
/// # Errors
/// When the file cannot be read, is cut or is no HAR. What was shown before is good.
pub fn scan(input: impl Read, show: &mut dyn FnMut(EntryPlace, &[u8])) -> Result<(), HarError> {
    let (mark, mut input) = without_mark(input)?;
    let state = Rc::new(RefCell::new(Reading::new(&mut input, mark)));
    let mut json = serde_json::Deserializer::from_reader(Bytewise(Rc::clone(&state)));
    let mut entries = 0;
    let list = EntryList { path: &["log", "entries"], state: Rc::clone(&state), show, count: &mut entries };
    let ended = list.deserialize(&mut json).and_then(|()| json.end());
    ended.map_err(|error| {
        let state = state.borrow();
        let byte = state.at();
        match error.classify() {
            serde_json::error::Category::Eof if byte > 0 => HarError::Truncated { byte, entries },
            serde_json::error::Category::Io => HarError::Io(error.into()),
            _ => HarError::Malformed { byte, entries, message: state.located(&error) },
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

/// The list of entries below a path of members; of other members the syntax is all that matters.
struct EntryList<'s, 'i> {
    path: &'static [&'static str],
    state: Rc<RefCell<Reading<'i>>>,
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
            (self.show)(place, self.state.borrow().entry());
            *self.count += 1;
        }
        Ok(())
    }
}

/// One entry, of which only the place matters.
struct EntrySeed<'i>(Rc<RefCell<Reading<'i>>>);

impl<'de> DeserializeSeed<'de> for EntrySeed<'_> {
    type Value = EntryPlace;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<EntryPlace, D::Error> {
        let place = self.0.borrow_mut().take_entry();
        // What is no entry is left to the parser, which says what is wrong with it.
        deserializer.deserialize_map(EntryMembers)?;
        place.ok_or_else(|| D::Error::custom("an entry is read as a whole"))
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
    use super::reading::BLOCK;
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
        for length in (BLOCK - 32..BLOCK + 2).chain([3 * BLOCK]) {
            let text = format!(r#"{{"log":{{"entries":[{{"a":"{}"}},{{"b":2}}]}}}}"#, "x".repeat(length));
            let (seen, ended) = scanned(&text);
            ended.expect("a HAR");
            assert_eq!((seen.len(), seen[1].as_str()), (2, r#"{"b":2}"#));
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line_and_column_in_the_file_whatever_was_read_before() {
        let long = "x".repeat(BLOCK);
        for before in [
            r#"{"log":{"entries":["#.to_owned(),
            r#"{"log":{"entries":[{"a":1},"#.to_owned(),
            "{\"log\":{\"entries\":[\n {\"a\":\n1},{\"a\":\n1}, ".to_owned(),
            "{\"log\":{\"entries\":[\n {\"a\":\n1},\n ".to_owned(),
            format!("{{\"log\":{{\"entries\":[\n{{\"a\":\"{long}\"}},"),
        ] {
            let text = before + r#"{"b":tru}]}}"#;
            let ended = scanned(&text).1.expect_err("malformed").to_string();
            let whole = serde_json::from_str::<IgnoredAny>(&text).expect_err("malformed").to_string();
            assert!(ended.ends_with(&whole), "{ended}, and not: {whole}");
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
