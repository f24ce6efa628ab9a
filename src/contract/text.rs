//! The text of a contract, YAML or JSON, as one JSON value: what OpenAPI 3.0 says under "Format".
//!
//! Keys are texts and stand once in their map, however they are quoted. A plain scalar is a number only if JSON writes it
//! so: `012`, `+49`, `1_000` and `0x1F` are texts, as are the values that a schema of type `string` enumerates.
//!
//! Deliberately not here: what a document has to say.

use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};
use serde_json::{Map, Value};

use super::error::ContractError;
use crate::base::json::Body;
use crate::base::pointer::{join, unescape};
use crate::base::yaml::json_number;

/// How deep lists and maps may be nested: as in JSON.
const DEPTH: usize = 127;
/// How many values aliases may add in all.
const ALIASED: usize = 1_000_000;

/// Reads a text.
pub(super) fn read(text: &str) -> Result<Value, ContractError> {
    if !text.trim_start().starts_with('{') {
        return Reader::new(text).document().map_err(|error| at_tab(text, error));
    }
    match Body::read(text.as_bytes()) {
        Body::Json { repeated, .. } => match repeated.first() {
            Some(pointer) => Err(repeated_key(pointer, None)),
            // A body's `3.0` is an integer; here it stays what was written.
            None => serde_json::from_str(text).map_err(|error| ContractError::new("", error.to_string())),
        },
        // YAML's maps in braces begin alike.
        Body::NotJson(reason) => Reader::new(text).document().map_err(|_| not_json(text, &reason)),
        Body::Empty => Err(ContractError::new("", "the file is empty")),
    }
}

/// An error that a tab is to blame for, at the line of the tab, which may come after what the parser was about to read.
fn at_tab(text: &str, error: ContractError) -> ContractError {
    let begins_with_tab = |line: &str| line[..line.len() - line.trim_start().len()].contains('\t');
    let known = error.line.unwrap_or(1);
    let tab = text.lines().skip(known - 1).position(begins_with_tab);
    let Some(lines) = tab.filter(|_| error.message.contains("tab")) else { return error };
    ContractError::new("", "this is not valid YAML: it is indented with spaces, and here is a tab")
        .at_line(known + lines)
}

/// Why a text is no JSON, with the line at which that shows.
fn not_json(text: &str, reason: &str) -> ContractError {
    match serde_json::from_str::<Value>(text) {
        Err(error) if error.line() > 0 => {
            let message = reason.split(" at line ").next().unwrap_or(reason);
            ContractError::new("", format!("this is not valid JSON: {message}")).at_line(error.line())
        }
        _ => ContractError::new("", reason),
    }
}

/// The line at which each of some places begins, if the text can be read with places.
pub(super) fn lines(text: &str, pointers: &[&str]) -> HashMap<String, usize> {
    let mut reader = Reader::new(text);
    reader.wanted = pointers.iter().map(|pointer| ((*pointer).to_owned(), 0)).collect();
    // What was found before the reader gave up is right.
    let _ = reader.document();
    reader.wanted.retain(|_, line| *line > 0);
    reader.wanted
}

fn repeated_key(pointer: &str, lines: Option<(usize, usize)>) -> ContractError {
    let key = unescape(pointer.rsplit('/').next().unwrap_or_default()).into_owned();
    let error = ContractError::new(pointer, format!("the key `{key}` occurs more than once in its map"));
    match lines {
        Some((first, second)) => error.at_line(second).because(format!("first at line {first}")),
        None => error,
    }
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    pointer: String,
    depth: usize,
    /// Finished values that have an anchor, with their size.
    anchors: HashMap<usize, (Value, usize)>,
    aliased: usize,
    /// The texts of the list that was read last, as they were written.
    texts: Vec<Option<String>>,
    /// Places of which the line is asked.
    wanted: HashMap<String, usize>,
}

type Step<'t> = (Event<'t>, Span);

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        let (anchors, wanted) = (HashMap::new(), HashMap::new());
        let parser = Parser::new_from_str(text);
        Self { parser, pointer: String::new(), depth: 0, anchors, aliased: 0, texts: Vec::new(), wanted }
    }

    fn document(&mut self) -> Result<Value, ContractError> {
        let mut root = None;
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => break,
                (Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing, _) => {}
                (_, at) if root.is_some() => return Err(self.problem(at.start, "a second document begins here")),
                step => root = Some(self.value(step)?),
            }
        }
        root.ok_or_else(|| ContractError::new("", "the file is empty"))
    }

    fn next(&mut self) -> Result<Step<'t>, ContractError> {
        match self.parser.next_event() {
            Some(Ok(step)) => Ok(step),
            Some(Err(error)) => Err(self.malformed(&error)),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn malformed(&self, error: &ScanError) -> ContractError {
        self.problem(*error.marker(), format!("this is not valid YAML: {}", error.info()))
    }

    fn problem(&self, at: Marker, message: impl Into<String>) -> ContractError {
        ContractError::new(&self.pointer, message).at_line(at.line())
    }

    fn value(&mut self, (event, at): Step<'t>) -> Result<Value, ContractError> {
        if let Some(line) = self.wanted.get_mut(&self.pointer) {
            *line = at.start.line();
        }
        let (value, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => (scalar(&text, style, tag.as_deref()), anchor),
            Event::SequenceStart(anchor, _) => (self.nested(at, Self::list)?, anchor),
            Event::MappingStart(anchor, _) => (self.nested(at, Self::map)?, anchor),
            Event::Alias(anchor) => return self.alias(anchor, at),
            _ => return Err(self.problem(at.start, "a value is missing here")),
        };
        if anchor > 0 {
            self.anchors.insert(anchor, (value.clone(), size(&value)));
        }
        Ok(value)
    }

    fn nested(
        &mut self,
        at: Span,
        inside: fn(&mut Self) -> Result<Value, ContractError>,
    ) -> Result<Value, ContractError> {
        if self.depth == DEPTH {
            return Err(self.problem(at.start, format!("it is nested deeper than {DEPTH} levels")));
        }
        self.depth += 1;
        let value = inside(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn alias(&mut self, anchor: usize, at: Span) -> Result<Value, ContractError> {
        let Some((value, size)) = self.anchors.get(&anchor) else {
            return Err(self.problem(at.start, "this alias refers to a value that contains it"));
        };
        self.aliased += size;
        if self.aliased > ALIASED {
            return Err(self.problem(at.start, format!("aliases add more than {ALIASED} values")));
        }
        Ok(value.clone())
    }

    fn list(&mut self) -> Result<Value, ContractError> {
        let (mut items, mut texts) = (Vec::new(), Vec::new());
        loop {
            let step = self.next()?;
            if matches!(step.0, Event::SequenceEnd) {
                self.texts = texts;
                return Ok(Value::Array(items));
            }
            texts.push(match &step.0 {
                Event::Scalar(text, ..) => Some(text.clone().into_owned()),
                _ => None,
            });
            let index = items.len().to_string();
            items.push(self.below(&index, step)?);
        }
    }

    fn map(&mut self) -> Result<Value, ContractError> {
        let mut members = Map::new();
        let mut lines: HashMap<String, usize> = HashMap::new();
        let (mut merged, mut enumerated) = (Vec::new(), Vec::new());
        loop {
            let (key, is_plain, at) = match self.next()? {
                (Event::MappingEnd, _) => break,
                (Event::Scalar(key, style, ..), at) => (key.into_owned(), style == ScalarStyle::Plain, at),
                (_, at) => return Err(self.problem(at.start, "a key must be text")),
            };
            let step = self.next()?;
            let value = self.below(&key, step)?;
            if is_plain && key == "<<" {
                merged.push(value);
                continue;
            }
            if let Some(first) = lines.insert(key.clone(), at.start.line()) {
                return Err(repeated_key(&join(&self.pointer, &key), Some((first, at.start.line()))));
            }
            if key == "enum" {
                enumerated = std::mem::take(&mut self.texts);
            }
            members.insert(key, value);
        }
        keep_texts(&mut members, enumerated);
        merged.into_iter().for_each(|value| merge(&mut members, value));
        Ok(Value::Object(members))
    }

    fn below(&mut self, key: &str, step: Step<'t>) -> Result<Value, ContractError> {
        let whole = self.pointer.len();
        self.pointer = join(&self.pointer, key);
        let value = self.value(step)?;
        self.pointer.truncate(whole);
        Ok(value)
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Value {
    let is_text = tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
    if style != ScalarStyle::Plain || is_text {
        return Value::from(text);
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => json_number(text).map_or_else(|| Value::from(text), Value::Number),
    }
}

/// What a schema of type `string` enumerates was meant as text: nothing else can be valid, but null where that is a type, too.
fn keep_texts(members: &mut Map<String, Value>, texts: Vec<Option<String>>) {
    let types = match members.get("type") {
        Some(Value::Array(several)) => several.as_slice(),
        Some(single) => std::slice::from_ref(single),
        None => return,
    };
    if !types.iter().any(|kind| kind == "string") || types.iter().any(|kind| kind != "string" && kind != "null") {
        return;
    }
    let Some(values) = members.get_mut("enum").and_then(Value::as_array_mut) else { return };
    for (value, text) in values.iter_mut().zip(texts) {
        if let (Value::Bool(_) | Value::Number(_), Some(text)) = (&*value, text) {
            *value = Value::String(text);
        }
    }
}

/// `<<` is no part of YAML 1.2, but who writes it means one thing only.
fn merge(members: &mut Map<String, Value>, value: Value) {
    match value {
        Value::Object(more) => more.into_iter().for_each(|(key, value)| {
            members.entry(key).or_insert(value);
        }),
        Value::Array(several) => several.into_iter().for_each(|value| merge(members, value)),
        _ => {}
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Object(members) => 1 + members.values().map(size).sum::<usize>(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    // reported/24, issue 12 item 7
    #[test]
    fn a_plain_scalar_is_a_number_only_as_json_writes_it() {
        let text = "[1_000, +1_0, 0b11, 0o7_7, +49, 0123.5, 012, 0x1F, .5, 12:30, no, NO, on, 2024-01-01, 1.2.3, 1e]";
        let Value::Array(values) = read(text).expect("YAML") else { panic!() };
        assert!(values.iter().all(Value::is_string), "{values:?}");
        assert_eq!(
            read("[1, -2, 1.5, 1e3, true, True, null, ~]").expect("YAML"),
            json!([1, -2, 1.5, 1e3, true, true, null, null])
        );
    }

    // reported/24
    #[test]
    fn what_a_schema_of_type_string_enumerates_is_text_however_it_looks() {
        let text = "{a: {type: string, enum: [1.10, true, ~, x]}, b: {enum: [1.10], type: number}}";
        assert_eq!(read(text).expect("YAML")["a"]["enum"], json!(["1.10", "true", null, "x"]));
        assert_eq!(read(text).expect("YAML")["b"]["enum"], json!([1.1]));
    }

    // reported/22, issue 12 item 7
    #[test]
    fn a_repeated_key_is_refused_with_its_place_in_yaml_and_in_json() {
        for (text, pointer, line) in [
            ("{\"a\": {\"b\": 1,\n \"b\": 2}}", "/a/b", None),
            ("a:\n  200: 1\n  \"200\": 2\n", "/a/200", Some(3)),
            ("a: {b: 1,\n b: 2}", "/a/b", Some(2)),
            ("no: 1\n'no': 2", "/no", Some(2)),
        ] {
            let error = read(text).expect_err("refused");
            assert_eq!((error.pointer.as_str(), error.line), (pointer, line), "{error}");
            assert!(error.message.contains("more than once"), "{error}");
        }
    }

    // reported/24: keys are texts (OAS 3.0.3, "Format")
    #[test]
    fn keys_are_texts_and_merged_maps_are_read_as_they_are_meant() {
        let text = "1.0: a\nno: b\nbase: &base {x: 1, y: 2}\nmerged: {<<: *base, y: 3}\n";
        let wanted = json!({"1.0": "a", "no": "b", "base": {"x": 1, "y": 2}, "merged": {"y": 3, "x": 1}});
        assert_eq!(read(text).expect("YAML"), wanted);
    }

    #[test]
    fn aliases_depth_and_second_documents_are_limited() {
        let bomb: String =
            (1..9).map(|at| format!("a{at}: &a{at} [{}]\n", format!("*a{}, ", at - 1).repeat(9))).collect();
        for (text, word) in [
            (format!("a0: &a0 [x]\n{bomb}"), "aliases add more"),
            ("[".repeat(200) + &"]".repeat(200), "127 levels"),
            ("a: 1\n---\nb: 2\n".into(), "second document"),
            ("a: &a [*a]".into(), "contains it"),
        ] {
            let error = read(&text).expect_err("refused");
            assert!(error.message.contains(word), "{error}");
        }
    }

    #[test]
    fn the_lines_of_places_are_found_in_both_forms() {
        for text in ["a:\n  b/c: [1,\n    2]\n", "{\"a\":\n  {\"b/c\": [1,\n\t2]}}"] {
            let found = lines(text, &["/a/b~1c/1", "/gone"]);
            assert_eq!(found, HashMap::from([("/a/b~1c/1".to_owned(), 3)]), "{text}");
        }
    }
}
