//! The tools that turn a YAML tree into typed values, collecting every problem on the way.
//!
//! An object of the language is a table of [`Key`]s: name, description, form, and the one line that reads it. The tables are data,
//! so that the reference and a JSON Schema can be made from them. Nothing stops at a problem: it is noted, the value is left
//! out, and reading goes on.
//!
//! Deliberately not here: which keys there are ([`super::parse`]).

use std::ops::RangeInclusive;
use std::time::Duration;

use regex::Regex;
use serde_json::Value;

use super::model::{Binding, Json, JsonValue};
use super::template::{FACTS, Helper, ROW, Scope, Template, is_name};
use crate::base::duration;
use crate::base::source::{Diagnostic, Span, Spanned};
use crate::base::yaml::{Entry, Kind, Node, Scalar};

/// What a key's value looks like, for the reference and a JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Form {
    /// Text, as it is written.
    Text,
    /// Only `true`.
    True,
    /// A whole number in a range.
    Count(u64, u64),
    /// Any number.
    Number,
    /// A whole number with `ms`, `s`, `m` or `h`.
    Duration,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A JSON pointer.
    Pointer,
    /// A regular expression.
    Regex,
    /// Any JSON value, in which texts may hold templates.
    Json,
    /// Any one of these forms.
    Either(&'static [Form]),
    /// A list.
    List(&'static Form),
    /// A map from names to this.
    Map(&'static Form),
    /// An object of the language, by the name of its table.
    Object(&'static str),
}

/// What the tables say about a key.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KeyInfo {
    /// The key.
    pub name: &'static str,
    /// What its value looks like.
    pub form: Form,
    /// What it does, one sentence.
    pub about: &'static str,
}

/// A key of an object that is read into a `T`.
pub struct Key<T> {
    /// Name, form and description.
    pub info: KeyInfo,
    read: fn(&mut T, &mut Decoder, &Entry),
}

/// Makes a line of a table.
pub const fn key<T>(
    name: &'static str,
    form: Form,
    about: &'static str,
    read: fn(&mut T, &mut Decoder, &Entry),
) -> Key<T> {
    Key { info: KeyInfo { name, form, about }, read }
}

/// Reads values and keeps the problems.
pub struct Decoder<'a> {
    /// What was wrong so far.
    pub problems: Vec<Diagnostic>,
    scope: &'a Scope,
}

impl<'a> Decoder<'a> {
    /// Starts without problems; `scope` holds the parameters that templates may name.
    pub fn new(scope: &'a Scope) -> Self {
        Self { problems: Vec::new(), scope }
    }

    /// Notes a problem.
    pub fn report(&mut self, problem: Diagnostic) {
        self.problems.push(problem);
    }

    /// Notes a problem at a place; for the end of a `let else`.
    pub fn fail<T>(&mut self, span: &Span, message: impl Into<String>) -> Option<T> {
        self.report(Diagnostic::at(span, message));
        None
    }

    fn wrong_type<T>(&mut self, node: &Node, expected: &str) -> Option<T> {
        self.fail(&node.span, format!("expected {expected}, found {}", node.describe()))
    }

    /// Reads the known keys of a map into `target` and gives the keys that were there; `None` when it is no map.
    pub fn object<T>(&mut self, node: &Node, what: &str, keys: &[Key<T>], target: &mut T) -> Option<Seen> {
        let Kind::Map(entries) = &node.kind else { return self.wrong_type(node, what) };
        let mut seen = Vec::new();
        for entry in entries {
            match keys.iter().find(|key| key.info.name == entry.key.value) {
                Some(key) => {
                    (key.read)(target, self, entry);
                    seen.push(Spanned::new(key.info.name, entry.key.span.clone()));
                }
                None => self.unknown_key(&entry.key, what, keys.iter().map(|key| key.info.name)),
            }
        }
        Some(Seen(seen))
    }

    fn unknown_key(&mut self, key: &Spanned<String>, what: &str, known: impl Iterator<Item = &'static str> + Clone) {
        let problem = Diagnostic::at(&key.span, format!("unknown key `{}` in {what}", key.value)).rule("unknown-key");
        let suggested = problem.suggest(&key.value, known.clone());
        let listed = format!("the keys are {}", known.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "));
        self.report(if suggested.help.is_some() { suggested } else { suggested.help(listed) });
    }

    /// The items of a list.
    pub fn list<T>(&mut self, node: &Node, mut each: impl FnMut(&mut Self, &Node) -> Option<T>) -> Option<Vec<T>> {
        let Kind::List(items) = &node.kind else { return self.wrong_type(node, "a list") };
        Some(items.iter().filter_map(|item| each(self, item)).collect())
    }

    /// One value, or a list of them.
    pub fn one_or_many<T>(
        &mut self,
        node: &Node,
        mut each: impl FnMut(&mut Self, &Node) -> Option<T>,
    ) -> Option<Vec<T>> {
        match &node.kind {
            Kind::List(_) => self.list(node, each),
            _ => each(self, node).map(|one| vec![one]),
        }
    }

    /// The entries of a map with free keys.
    pub fn entries<T>(&mut self, node: &Node, mut each: impl FnMut(&mut Self, &Entry) -> Option<T>) -> Option<Vec<T>> {
        let Kind::Map(entries) = &node.kind else { return self.wrong_type(node, "a map") };
        Some(entries.iter().filter_map(|entry| each(self, entry)).collect())
    }

    fn scalar<'n>(&mut self, node: &'n Node, expected: &str) -> Option<&'n Scalar> {
        match &node.kind {
            Kind::Scalar(scalar) if !node.is_missing() => Some(scalar),
            _ => self.wrong_type(node, expected),
        }
    }

    /// Text as it is written: `no`, `012345` and `1.10` stay what they are.
    pub fn text(&mut self, node: &Node) -> Option<Spanned<String>> {
        let text = self.scalar(node, "text")?.text.clone();
        Some(Spanned::new(text, node.span.clone()))
    }

    /// Text that is not empty and holds no template, such as a title or an id.
    pub fn label(&mut self, node: &Node) -> Option<Spanned<String>> {
        let text = self.text(node)?;
        if text.trim().is_empty() {
            return self.fail(&node.span, "this text is empty");
        }
        match text.contains("{{") {
            true => self.fail(&node.span, "no template can stand here: this text is fixed"),
            false => Some(text),
        }
    }

    /// A name for a value, which no fact has.
    pub fn name(&mut self, name: &Spanned<String>) -> Option<Spanned<String>> {
        if FACTS.contains(&name.as_str()) || name.value == ROW {
            let problem = Diagnostic::at(
                &name.span,
                format!("`{}` already names something that the target supplies", name.value),
            );
            self.report(problem.help("choose another name"));
            return None;
        }
        self.parameter(name)
    }

    /// A name within a fragment, which may hide a fact there.
    pub fn parameter(&mut self, name: &Spanned<String>) -> Option<Spanned<String>> {
        if Helper::named(name).is_some() {
            return self.fail(&name.span, format!("`{}` is a template helper and cannot be a name", name.value));
        }
        if !is_name(name) {
            let problem = Diagnostic::at(&name.span, format!("`{}` cannot be a name", name.value));
            self.report(problem.help("a name is a letter, then letters, digits, `_` and `-`"));
            return None;
        }
        Some(name.clone())
    }

    /// `true` or `false`.
    pub fn flag(&mut self, node: &Node) -> Option<bool> {
        match self.scalar(node, "`true` or `false`")?.value() {
            Ok(Value::Bool(flag)) => Some(flag),
            _ => self.wrong_type(node, "`true` or `false`"),
        }
    }

    /// Only `true`, for what is said by being there.
    pub fn only_true(&mut self, node: &Node) -> Option<()> {
        match self.flag(node)? {
            true => Some(()),
            false => self.fail(&node.span, "only `true` has a meaning here; leave the key out otherwise"),
        }
    }

    /// A whole number in a range.
    pub fn count(&mut self, node: &Node, range: RangeInclusive<u64>) -> Option<u64> {
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        let number = match self.scalar(node, &expected)?.value() {
            Ok(Value::Number(number)) => number,
            _ => return self.wrong_type(node, &expected),
        };
        match number.as_u64().filter(|number| range.contains(number)) {
            Some(number) => Some(number),
            None => self.fail(&node.span, format!("expected {expected}, found {number}")),
        }
    }

    /// An HTTP status code.
    pub fn status(&mut self, node: &Node) -> Option<Spanned<u16>> {
        let code = self.count(node, 100..=599)?;
        Some(Spanned::new(code as u16, node.span.clone()))
    }

    /// A number of any kind.
    pub fn number(&mut self, node: &Node) -> Option<serde_json::Number> {
        match self.scalar(node, "a number")?.value() {
            Ok(Value::Number(number)) => Some(number),
            _ => self.wrong_type(node, "a number"),
        }
    }

    /// A span of time with its unit.
    pub fn duration(&mut self, node: &Node) -> Option<Spanned<Duration>> {
        const EXPECTED: &str = "a time with its unit, such as `200ms`, `2s`, `15m` or `1h`";
        let text = self.scalar(node, EXPECTED)?.text.as_str();
        match duration::parse(text) {
            Some(duration) => Some(Spanned::new(duration, node.span.clone())),
            None => self.fail(&node.span, format!("expected {EXPECTED}, found `{text}`")),
        }
    }

    /// One of a few words.
    pub fn word<T: Copy>(&mut self, node: &Node, words: &[(&'static str, T)]) -> Option<Spanned<T>> {
        let names = || words.iter().map(|(name, _)| *name);
        let expected = names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let text = self.scalar(node, &format!("one of {expected}"))?.text.as_str();
        match words.iter().find(|(name, _)| *name == text) {
            Some((_, value)) => Some(Spanned::new(*value, node.span.clone())),
            None => {
                let problem = Diagnostic::at(&node.span, format!("expected one of {expected}, found `{text}`"));
                self.report(problem.suggest(text, names()));
                None
            }
        }
    }

    /// A JSON pointer (RFC 6901).
    pub fn pointer(&mut self, text: &Spanned<String>) -> Option<Spanned<String>> {
        if !text.is_empty() && !text.starts_with('/') {
            let problem =
                Diagnostic::at(&text.span, format!("`{}` is no JSON pointer: it must begin with `/`", text.value));
            self.report(problem.help(format!("write `/{}`", text.replace('.', "/"))));
            return None;
        }
        let escapes_hold = text.split('~').skip(1).all(|after| after.starts_with(['0', '1']));
        match escapes_hold {
            true => Some(text.clone()),
            false => self.fail(&text.span, "`~` must be written `~0` in a JSON pointer, and `/` within a key `~1`"),
        }
    }

    /// A regular expression.
    pub fn regex(&mut self, node: &Node) -> Option<Regex> {
        let pattern = self.text(node)?;
        match Regex::new(&pattern) {
            Ok(regex) => Some(regex),
            Err(error) => {
                let text = error.to_string();
                let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
                self.fail(&node.span, format!("this is no regular expression: {reason}"))
            }
        }
    }

    /// Text that may hold templates.
    pub fn template(&mut self, node: &Node) -> Option<Template> {
        let text = self.text(node)?;
        self.parsed(&text.value, &node.span)
    }

    fn parsed(&mut self, text: &str, span: &Span) -> Option<Template> {
        let parsed = Template::parse_in(text, span, self.scope);
        parsed.map_err(|problems| self.problems.extend(problems.into_iter().map(|each| each.rule("template")))).ok()
    }

    /// Text as written that may hold templates, as a JSON string.
    pub fn text_json(&mut self, node: &Node) -> Option<Json> {
        let text = self.text(node)?;
        let value = self.templated(&text.value, &node.span)?;
        Some(Json { span: node.span.clone(), value })
    }

    fn templated(&mut self, text: &str, span: &Span) -> Option<JsonValue> {
        if !text.contains("{{") {
            return Some(JsonValue::Literal(Value::String(text.to_owned())));
        }
        self.parsed(text, span).map(JsonValue::Template)
    }

    /// Any JSON value, under the YAML core schema without its traps.
    pub fn json(&mut self, node: &Node) -> Option<Json> {
        let value = match &node.kind {
            Kind::Scalar(scalar) => self.json_scalar(scalar, &node.span)?,
            Kind::List(_) => JsonValue::Array(self.list(node, Self::json)?),
            Kind::Map(_) => JsonValue::Object(self.entries(node, Self::json_entry)?),
        };
        Some(Json { span: node.span.clone(), value })
    }

    fn json_entry(&mut self, entry: &Entry) -> Option<(Spanned<String>, Json)> {
        if entry.key.contains("{{") {
            return self.fail(&entry.key.span, "a key cannot be a template");
        }
        Some((entry.key.clone(), self.json(&entry.value)?))
    }

    fn json_scalar(&mut self, scalar: &Scalar, span: &Span) -> Option<JsonValue> {
        match scalar.value() {
            Ok(Value::String(text)) => self.templated(&text, span),
            Ok(value) => Some(JsonValue::Literal(value)),
            Err(sent) => {
                let written = &scalar.text;
                let problem = Diagnostic::at(span, format!("the number `{written}` would become `{sent}`"));
                self.report(problem.help(format!("write '{written}' in quotes for text, or `{sent}` for the number")));
                None
            }
        }
    }

    /// New names with JSON values.
    pub fn bindings(&mut self, node: &Node) -> Vec<Binding> {
        self.named_values(node, Self::name)
    }

    /// Values for the parameters of a fragment.
    pub fn arguments(&mut self, node: &Node) -> Vec<Binding> {
        self.named_values(node, Self::parameter)
    }

    fn named_values(
        &mut self,
        node: &Node,
        check: impl Fn(&mut Self, &Spanned<String>) -> Option<Spanned<String>>,
    ) -> Vec<Binding> {
        let bound = self.entries(node, |at, entry| {
            let name = check(at, &entry.key);
            let value = at.json(&entry.value);
            Some(Binding { name: name?, value: value? })
        });
        bound.unwrap_or_default()
    }

    /// Parameters or header fields with texts.
    pub fn text_bindings(&mut self, node: &Node) -> Vec<Binding> {
        let bound = self
            .entries(node, |at, entry| Some(Binding { name: entry.key.clone(), value: at.text_json(&entry.value)? }));
        bound.unwrap_or_default()
    }
}

/// The keys that were there, with their places.
pub struct Seen(Vec<Spanned<&'static str>>);

impl Seen {
    /// The place of a key.
    pub fn get(&self, name: &str) -> Option<&Span> {
        self.iter().find(|key| key.value == name).map(|key| &key.span)
    }

    /// All keys in the order written.
    pub fn iter(&self) -> impl Iterator<Item = &Spanned<&'static str>> {
        self.0.iter()
    }
}
