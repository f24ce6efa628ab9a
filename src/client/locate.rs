//! Reading a typed value from JSON text, and finding the place in the text where that failed.
//!
//! The place is worked out from the error's line and column after the fact. Tracking the path while reading would compile
//! every generated type a second time.

use serde::de::DeserializeOwned;

use crate::base::json::Scanner;
use crate::record::Decoded;

/// Why a text does not have a type, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Misfit {
    /// Where, as a JSON pointer into the text.
    pub pointer: String,
    /// What was expected and found.
    pub message: String,
}

impl Misfit {
    /// The misfit in the body alone: the first step is the tag around it, which is none of the server's.
    pub(super) fn into_body(self) -> Decoded {
        let body = self.pointer.match_indices('/').nth(1).map_or(self.pointer.len(), |(start, _)| start);
        Decoded::No { pointer: self.pointer[body..].to_owned(), message: self.message }
    }
}

/// Reads a value of one type from the whole of a text.
pub(super) fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, Misfit> {
    serde_json::from_slice(text).map_err(|error| misfit(text, &error))
}

fn misfit(text: &[u8], error: &serde_json::Error) -> Misfit {
    let message = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    let message = message.strip_suffix(&position).unwrap_or(&message).to_owned();
    Misfit { pointer: pointer_at(text, offset(text, error.line(), error.column())), message }
}

fn offset(text: &[u8], line: usize, column: usize) -> usize {
    let before: usize = text.split_inclusive(|byte| *byte == b'\n').take(line.saturating_sub(1)).map(<[u8]>::len).sum();
    (before + column).min(text.len())
}

/// Says which value the text has reached after this many bytes.
fn pointer_at(text: &[u8], offset: usize) -> String {
    let mut scanner = Scanner::new(text);
    while scanner.offset() < offset && scanner.next().is_some() {}
    scanner.pointer()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize, Debug)]
    #[allow(dead_code)]
    struct Device {
        id: u8,
        #[serde(rename = "a/b")]
        names: Option<Vec<String>>,
        next: Option<Box<Device>>,
    }

    fn place(text: &str) -> (String, String) {
        let misfit = read::<Device>(text.as_bytes()).expect_err("this text does not fit");
        (misfit.pointer, misfit.message)
    }

    #[test]
    fn a_value_of_the_wrong_type_is_found_whatever_its_type() {
        for value in ["\"x\"", "true", "null", "{\"y\": 1}", "[1]", "-1", "1.5"] {
            let (pointer, _) = place(&format!("{{ \"names\": [\"}},{{\"], \"next\": {{ \"id\":\n {value} }} }}"));
            assert_eq!(pointer, "/next/id", "{value}");
        }
    }

    #[test]
    fn an_item_is_found_by_its_index_and_a_key_is_escaped() {
        let (pointer, message) = place(r#"{"id": 1, "a/b": ["\\\"", "", 7, "x"]}"#);
        assert_eq!((pointer.as_str(), message.as_str()), ("/a~1b/2", "invalid type: integer `7`, expected a string"));
    }

    #[test]
    fn a_missing_member_is_missed_where_the_object_is() {
        let (pointer, message) = place(r#"{"id": 1, "next": {"next": null}, "a/b": []}"#);
        assert_eq!((pointer.as_str(), message.as_str()), ("/next", "missing field `id`"));
        assert_eq!(place("{}"), (String::new(), "missing field `id`".to_owned()));
    }

    #[test]
    fn text_that_is_no_json_never_panics() {
        for text in [
            "",
            "{",
            "{\"",
            "{\"\\",
            "]",
            "{\"id\":",
            "{\"id\":1},",
            "\u{fffd}",
            "{\"id\":\"\\ud800\"}",
            "[[[[",
            "\n\n{",
        ] {
            let (_, message) = place(text);
            assert!(!message.contains(" at line "), "{message}");
        }
    }
}
