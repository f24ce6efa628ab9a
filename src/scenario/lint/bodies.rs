//! Values that a scenario sends or compares with, held against the schemas of their place.
//!
//! A text that is exactly one `{{…}}` is what a row, `let` or an argument has for it, where that is written in the file, and
//! else may be anything; one with words around it is text; all else is known as it stands.
//!
//! Deliberately not here: bodies that are wrong on purpose (`invalid`, `raw`); the caller leaves those out.

use serde_json::Value;

use super::documented::{DocumentedPlace, Member};
use super::names::NameTable;
use crate::base::source::{Diagnostic, Span, Spanned};
use crate::base::text::{code_list, nearest};
use crate::contract::{Contract, Direction};
use crate::scenario::model::{Json, JsonValue};
use crate::scenario::template::Template;

/// A walk over a value.
pub(super) struct BodyCheck<'a, 'r> {
    /// The contract.
    pub contract: &'a Contract,
    /// Which way the value goes: a request must have what is required, an expectation says what it wants.
    pub direction: Direction,
    /// Whose value it is, for messages: an operation's name.
    pub owner: &'a str,
    /// The values of names.
    pub names: &'r NameTable<'a>,
    /// Whether `{ base64: … }` stands for bytes, as it does where the body is not JSON.
    pub bytes: bool,
    /// Whether the value was read as a whole, so that what is missing is missing.
    pub whole: bool,
    /// Where problems go.
    pub problems: &'r mut Vec<Diagnostic>,
}

impl<'a> BodyCheck<'a, '_> {
    /// Holds a value against its place.
    pub(super) fn value(&mut self, value: &Json, place: &DocumentedPlace<'_>) {
        if place.is_empty() || (self.bytes && stands_for_bytes(value)) {
            return;
        }
        match &value.value {
            JsonValue::Literal(literal) => self.literal(literal, &value.span, place),
            JsonValue::Template(template) if template.whole().is_some() => self.inserted(template, value, place),
            JsonValue::Template(_) => _ = self.kind("string", &value.span, place),
            JsonValue::Array(items) => {
                if self.kind("array", &value.span, place) {
                    let inner = place.items();
                    items.iter().for_each(|item| self.value(item, &inner));
                }
            }
            JsonValue::Object(entries) => {
                if self.kind("object", &value.span, place) {
                    entries.iter().for_each(|(name, member)| self.member(name, member, place));
                    let given: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
                    self.missing(&given, &value.span, place);
                }
            }
        }
    }

    /// Holds against its place what is inserted there; a problem shows both places.
    fn inserted(&mut self, template: &Template, at: &Json, place: &DocumentedPlace<'_>) {
        let Some(written) = template.whole_path().and_then(|path| self.names.written(path)) else { return };
        if matches!(&written.value, JsonValue::Template(template) if template.whole().is_some()) {
            return;
        }
        let before = self.problems.len();
        self.value(written, place);
        let plain = |problem: &Diagnostic| problem.related.is_none();
        for problem in self.problems[before..].iter_mut().filter(|problem| plain(problem)) {
            problem.related = Some((at.span.clone(), "inserted here".to_owned()));
        }
    }

    fn member(&mut self, name: &Spanned<String>, value: &Json, place: &DocumentedPlace<'_>) {
        match place.member(name) {
            Member::Known(inner) => self.value(value, &inner),
            Member::Free => {}
            Member::Unknown => {
                let what = if self.direction == Direction::Request { "request" } else { "response" };
                let message = format!("the {what} of `{}` has no property `{}` here", self.owner, name.value);
                let problem = Diagnostic::at(&name.span, message).suggest(name, place.member_names());
                self.say(problem.or_help(format!("the properties are {}", code_list(place.member_names()))));
            }
        }
    }

    fn missing(&mut self, given: &[&str], span: &Span, place: &DocumentedPlace<'_>) {
        if self.direction == Direction::Response || !self.whole {
            return;
        }
        for name in place.required().into_iter().filter(|name| !given.contains(name)) {
            let problem = Diagnostic::at(span, format!("missing property `{name}`: `{}` requires it", self.owner));
            self.say(problem.help("to leave it out on purpose, write `invalid: true` beside the body"));
        }
    }

    fn literal(&mut self, literal: &Value, span: &Span, place: &DocumentedPlace<'_>) {
        if !self.kind(kind_of(literal), span, place) {
            return;
        }
        if let Some(values) = place.closed_values().filter(|values| !values.contains(&literal)) {
            return self.not_listed(literal, span, &values);
        }
        self.near_miss(literal, span, place);
        self.fine_print(literal, span, place);
    }

    /// Whether a type is possible here; it is reported if not.
    fn kind(&mut self, kind: &str, span: &Span, place: &DocumentedPlace<'_>) -> bool {
        let types = place.types();
        let fits =
            types.is_empty() || types.iter().any(|&known| known == kind || (known == "number" && kind == "integer"));
        if !fits {
            let possible = alternatives(&types);
            let message = match self.direction {
                Direction::Request => format!("`{}` takes {possible} here, not {}", self.owner, article(kind)),
                Direction::Response => format!("this can never be {}: the contract has {possible} here", article(kind)),
            };
            let problem = Diagnostic::at(span, message);
            let in_quotes = types.contains(&"string") && !matches!(kind, "array" | "object" | "null");
            self.say(if in_quotes { problem.help(self.quoting(span)) } else { problem });
        }
        fits
    }

    /// How to write a scalar as text.
    fn quoting(&self, span: &Span) -> String {
        let written = &span.source.text[span.range()];
        let help = format!("put it in quotes for text: \"{written}\"");
        match self.direction {
            Direction::Request => help + "; to send it as it is, write `invalid: true` beside the body",
            Direction::Response => help,
        }
    }

    fn not_listed(&mut self, literal: &Value, span: &Span, values: &[&Value]) {
        let texts: Vec<String> = values.iter().map(|value| plain(value)).collect();
        let known = || texts.iter().map(String::as_str);
        let message = format!("`{}` is not one of the allowed values", plain(literal));
        let problem = Diagnostic::at(span, message).suggest(&plain(literal), known());
        self.say(problem.or_help(format!("the allowed values are {}", code_list(known()))));
    }

    /// A value that is nearly one of an open list is more likely a slip than a new value.
    fn near_miss(&mut self, literal: &Value, span: &Span, place: &DocumentedPlace<'_>) {
        let Some(text) = literal.as_str() else { return };
        if let Some(problem) = near_miss(text, span, &place.open_values()) {
            self.problems.push(problem);
        }
    }

    fn fine_print(&mut self, literal: &Value, span: &Span, place: &DocumentedPlace<'_>) {
        let pointers = place.fine_print();
        let fits = |pointer: &&str| {
            self.contract.validator(pointer, self.direction).is_ok_and(|validator| validator.is_valid(literal))
        };
        let Some(first) = pointers.first().filter(|_| !pointers.iter().any(fits)) else { return };
        let Ok(validator) = self.contract.validator(first, self.direction) else { return };
        let (violations, _) = validator.violations(literal, 1);
        let why = violations.first().map_or_else(String::new, |violation| format!(": {}", violation.message));
        let message = match self.direction {
            Direction::Request => format!("`{}` does not take this value{why}", self.owner),
            Direction::Response => format!("the contract rules this value out{why}"),
        };
        self.say(Diagnostic::at(span, message));
    }

    fn say(&mut self, problem: Diagnostic) {
        self.problems.push(match self.direction {
            Direction::Request => {
                problem.or_help("to send it on purpose, write `invalid: true` beside the body").rule("request-body")
            }
            Direction::Response => problem.rule("impossible-value"),
        });
    }
}

/// A warning about a text that is nearly one of the documented values.
pub(super) fn near_miss(text: &str, span: &Span, values: &[&str]) -> Option<Diagnostic> {
    if values.contains(&text) || text.len() <= 4 {
        return None;
    }
    let near = nearest(text, values.iter().copied().filter(|value| strsim::damerau_levenshtein(text, value) <= 2))?;
    let message = format!("`{text}` is not among the documented values");
    Some(Diagnostic::at(span, message).help(format!("did you mean `{near}`?")).rule("doubtful-value").warning())
}

/// The JSON type of a value, as schemas name it.
pub fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn stands_for_bytes(value: &Json) -> bool {
    matches!(&value.value, JsonValue::Object(entries) if entries.len() == 1 && entries[0].0.value == "base64")
}

/// A type with its article.
pub(super) fn article(kind: &str) -> String {
    match kind {
        "null" => "null".to_owned(),
        "array" | "integer" | "object" => format!("an {kind}"),
        _ => format!("a {kind}"),
    }
}

/// Types that are all possible, with their articles.
pub(super) fn alternatives(types: &[&str]) -> String {
    types.iter().map(|kind| article(kind)).collect::<Vec<_>>().join(" or ")
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
