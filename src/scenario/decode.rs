//! The tools that turn a YAML tree into typed values, collecting every problem on the way.
//!
//! An object of the language is a table of [`KeyDecoder`]s: name, description, form, and the one line that reads it. The tables are data,
//! so that the reference and a JSON Schema can be made from them. Nothing stops at a problem: it is noted, the value is left
//! out, and reading goes on.
//!
//! Deliberately not here: which keys there are ([`super::parse`]).

use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use regex::Regex;
use serde_json::Value;
use strum::VariantNames;

use super::form::{Form, KeySpec};
use super::model::{Binding, Json, JsonValue};
use super::template::{FACTS, Helper, ParameterScope, ROW, Template, is_name};
use crate::base::duration;
use crate::base::source::{Diagnostic, Span, Spanned};
use crate::base::text::{code_list, reason_of};
use crate::base::yaml::{InexactNumber, MappingEntry, Scalar, YamlContent, YamlNode};

/// A key of an object that is read into a `T`.
pub struct KeyDecoder<T> {
    /// Name, form and description.
    pub spec: KeySpec,
    read: fn(&mut T, &mut Decoder, &YamlNode),
}

/// Makes a line of a table.
pub const fn key<T>(
    name: &'static str,
    form: Form,
    about: &'static str,
    read: fn(&mut T, &mut Decoder, &YamlNode),
) -> KeyDecoder<T> {
    KeyDecoder { spec: KeySpec { name, form, about }, read }
}

/// Reads values and keeps the problems.
pub struct Decoder<'a> {
    /// What was wrong so far.
    pub problems: Vec<Diagnostic>,
    scope: &'a ParameterScope,
}

impl<'a> Decoder<'a> {
    /// Starts without problems; `scope` holds the parameters that templates may name.
    pub fn new(scope: &'a ParameterScope) -> Self {
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

    fn wrong_type<T>(&mut self, node: &YamlNode, expected: &str) -> Option<T> {
        self.fail(&node.span, format!("expected {expected}, found {}", node.describe()))
    }

    /// Reads an object and says which keys were there; those in `required` must be.
    pub fn object<T: Default>(
        &mut self,
        node: &YamlNode,
        what: &str,
        keys: &[KeyDecoder<T>],
        required: &[&str],
    ) -> Option<(T, PresentKeys)> {
        let mut target = T::default();
        let present = self.object_into(&mut target, node, what, keys)?;
        self.require(&present, node, what, required);
        Some((target, present))
    }

    /// Reads an object that must not be empty.
    pub fn filled<T: Default>(&mut self, node: &YamlNode, what: &str, keys: &[KeyDecoder<T>]) -> Option<T> {
        let (target, present) = self.object(node, what, keys, &[])?;
        match present.first() {
            Some(_) => Some(target),
            None => self.fail(&node.span, format!("{what} must not be empty")),
        }
    }

    /// Reads the known keys of a map into `target` and gives the keys that were there; `None` when it is no map.
    pub fn object_into<T>(
        &mut self,
        target: &mut T,
        node: &YamlNode,
        what: &str,
        keys: &[KeyDecoder<T>],
    ) -> Option<PresentKeys> {
        let YamlContent::Mapping(entries) = &node.content else { return self.wrong_type(node, what) };
        let mut present = Vec::new();
        for entry in entries {
            match keys.iter().find(|key| key.spec.name == entry.key.value) {
                Some(key) => {
                    (key.read)(target, self, &entry.value);
                    present.push(Spanned::new(key.spec.name, entry.key.span.clone()));
                }
                None => {
                    let known: Vec<_> = keys.iter().map(|key| key.spec.name).collect();
                    self.unknown_key(&entry.key, what, &known);
                }
            }
        }
        Some(PresentKeys(present))
    }

    fn unknown_key(&mut self, key: &Spanned<String>, what: &str, known: &[&'static str]) {
        let problem = Diagnostic::at(&key.span, format!("unknown key `{}` in {what}", key.value)).rule("unknown-key");
        let problem = problem.suggest(&key.value, known.iter().copied());
        self.report(problem.or_help(format!("the keys are {}", code_list(known.iter().copied()))));
    }

    /// Notes which of the keys are missing, at the first line of what they are missing from.
    pub fn require(&mut self, present: &PresentKeys, node: &YamlNode, what: &str, names: &[&str]) {
        let first = present.first().unwrap_or(&node.span);
        for name in names.iter().filter(|name| present.get(name).is_none()) {
            self.report(Diagnostic::at(first, format!("missing key `{name}` in {what}")));
        }
    }

    /// The items of a list.
    pub fn list<T>(
        &mut self,
        node: &YamlNode,
        mut each: impl FnMut(&mut Self, &YamlNode) -> Option<T>,
    ) -> Option<Vec<T>> {
        let YamlContent::Sequence(items) = &node.content else { return self.wrong_type(node, "a list") };
        Some(fitting(items.iter().filter_map(|item| each(self, item))))
    }

    /// One value, or a list of them.
    pub fn one_or_many<T>(
        &mut self,
        node: &YamlNode,
        mut each: impl FnMut(&mut Self, &YamlNode) -> Option<T>,
    ) -> Option<Vec<T>> {
        match &node.content {
            YamlContent::Sequence(_) => self.list(node, each),
            _ => each(self, node).map(|one| vec![one]),
        }
    }

    /// The entries of a map with free keys.
    pub fn entries<T>(
        &mut self,
        node: &YamlNode,
        mut each: impl FnMut(&mut Self, &MappingEntry) -> Option<T>,
    ) -> Option<Vec<T>> {
        let YamlContent::Mapping(entries) = &node.content else { return self.wrong_type(node, "a map") };
        Some(fitting(entries.iter().filter_map(|entry| each(self, entry))))
    }

    fn scalar<'n>(&mut self, node: &'n YamlNode, expected: &str) -> Option<&'n Scalar> {
        match &node.content {
            YamlContent::Scalar(scalar) if !node.is_missing() => Some(scalar),
            _ => self.wrong_type(node, expected),
        }
    }

    /// Text as it is written: `no`, `012345` and `1.10` stay what they are.
    pub fn text(&mut self, node: &YamlNode) -> Option<Spanned<String>> {
        let text = self.scalar(node, "text")?.text.clone();
        Some(Spanned::new(text, node.span.clone()))
    }

    /// Text that is not empty and holds no template, such as a title or an id.
    pub fn label(&mut self, node: &YamlNode) -> Option<Spanned<String>> {
        let text = self.text(node)?;
        if text.trim().is_empty() {
            return self.fail(&node.span, "this text must not be empty");
        }
        match text.contains("{{") {
            true => self.fail(&node.span, "a template is not allowed here"),
            false => Some(text),
        }
    }

    /// A list of labels.
    pub fn labels(&mut self, node: &YamlNode) -> Vec<Spanned<String>> {
        self.list(node, Self::label).unwrap_or_default()
    }

    /// A name for a value, which no fact has.
    pub fn name(&mut self, name: &Spanned<String>) -> Option<Spanned<String>> {
        if FACTS.contains(&name.as_str()) || name.value == ROW {
            return self.bad_name(name, "is a reserved name", "choose another name");
        }
        self.parameter(name)
    }

    /// A name within a fragment, which may hide a fact there.
    pub fn parameter(&mut self, name: &Spanned<String>) -> Option<Spanned<String>> {
        if name.parse::<Helper>().is_ok() {
            return self.bad_name(name, "is the name of a template helper", "choose another name");
        }
        match is_name(name) {
            true => Some(name.clone()),
            false => self.bad_name(
                name,
                "is not a valid name",
                "a name starts with a letter, followed by letters, digits, `_` and `-`",
            ),
        }
    }

    fn bad_name<T>(&mut self, name: &Spanned<String>, what: &str, help: &str) -> Option<T> {
        self.report(Diagnostic::at(&name.span, format!("`{}` {what}", name.value)).help(help));
        None
    }

    /// Only `true`, for keys whose presence is their meaning.
    pub fn only_true(&mut self, node: &YamlNode) -> Option<()> {
        match self.scalar(node, "`true`")?.value() {
            Ok(Value::Bool(true)) => Some(()),
            Ok(Value::Bool(false)) => self.fail(&node.span, "only `true` is allowed here; otherwise remove the key"),
            _ => self.wrong_type(node, "`true`"),
        }
    }

    /// A whole number in a range.
    pub fn count(&mut self, node: &YamlNode, range: RangeInclusive<u64>) -> Option<u64> {
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
    pub fn status(&mut self, node: &YamlNode) -> Option<Spanned<u16>> {
        let code = self.count(node, 100..=599)?;
        Some(Spanned::new(code as u16, node.span.clone()))
    }

    /// A number of any kind.
    pub fn number(&mut self, node: &YamlNode) -> Option<serde_json::Number> {
        match self.scalar(node, "a number")?.value() {
            Ok(Value::Number(number)) => Some(number),
            _ => self.wrong_type(node, "a number"),
        }
    }

    /// A span of time with its unit.
    pub fn duration(&mut self, node: &YamlNode) -> Option<Spanned<Duration>> {
        const EXPECTED: &str = "a duration with its unit, such as `200ms`, `2s`, `15m` or `1h`";
        let text = self.scalar(node, EXPECTED)?.text.as_str();
        match duration::parse(text) {
            Some(duration) => Some(Spanned::new(duration, node.span.clone())),
            None => self.fail(&node.span, format!("expected {EXPECTED}, found `{text}`")),
        }
    }

    /// One of a few words.
    pub fn word<T: FromStr + VariantNames>(&mut self, node: &YamlNode) -> Option<Spanned<T>> {
        let expected = format!("one of {}", code_list(T::VARIANTS.iter().copied()));
        let text = self.scalar(node, &expected)?.text.as_str();
        let Ok(value) = text.parse() else {
            let problem = Diagnostic::at(&node.span, format!("expected {expected}, found `{text}`"));
            self.report(problem.suggest(text, T::VARIANTS.iter().copied()));
            return None;
        };
        Some(Spanned::new(value, node.span.clone()))
    }

    /// A JSON pointer (RFC 6901).
    pub fn pointer(&mut self, text: &Spanned<String>) -> Option<Spanned<String>> {
        if !text.is_empty() && !text.starts_with('/') {
            let problem =
                Diagnostic::at(&text.span, format!("`{}` is not a JSON pointer: it must start with `/`", text.value));
            self.report(problem.help(format!("write `/{}`", text.replace('.', "/"))));
            return None;
        }
        let escapes_hold = text.split('~').skip(1).all(|after| after.starts_with(['0', '1']));
        match escapes_hold {
            true => Some(text.clone()),
            false => self.fail(&text.span, "in a JSON pointer, `~` is written `~0`, and `/` within a key `~1`"),
        }
    }

    /// A regular expression.
    pub fn regex(&mut self, node: &YamlNode) -> Option<Regex> {
        let pattern = self.text(node)?;
        match Regex::new(&pattern) {
            Ok(regex) => Some(regex),
            Err(error) => self.fail(&node.span, format!("invalid regular expression: {}", reason_of(&error))),
        }
    }

    /// Text that may hold templates.
    pub fn template(&mut self, node: &YamlNode) -> Option<Template> {
        let text = self.text(node)?;
        self.parsed(&text.value, &node.span)
    }

    fn parsed(&mut self, text: &str, span: &Span) -> Option<Template> {
        let parsed = Template::parse(text, span, self.scope);
        parsed.map_err(|problems| self.problems.extend(problems.into_iter().map(|each| each.rule("template")))).ok()
    }

    /// Text as written that may hold templates, as a JSON string.
    pub fn text_json(&mut self, node: &YamlNode) -> Option<Json> {
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
    pub fn json(&mut self, node: &YamlNode) -> Option<Json> {
        let value = match &node.content {
            YamlContent::Scalar(scalar) => self.json_scalar(scalar, &node.span)?,
            YamlContent::Sequence(_) => JsonValue::Array(self.list(node, Self::json)?),
            YamlContent::Mapping(_) => JsonValue::Object(self.entries(node, Self::json_entry)?),
        };
        Some(Json { span: node.span.clone(), value })
    }

    fn json_entry(&mut self, entry: &MappingEntry) -> Option<(Spanned<String>, Json)> {
        if entry.key.contains("{{") {
            return self.fail(&entry.key.span, "a key cannot hold a template");
        }
        Some((entry.key.clone(), self.json(&entry.value)?))
    }

    fn json_scalar(&mut self, scalar: &Scalar, span: &Span) -> Option<JsonValue> {
        match scalar.value() {
            Ok(Value::String(text)) => self.templated(&text, span),
            Ok(value) => Some(JsonValue::Literal(value)),
            Err(InexactNumber(sent)) => {
                let written = &scalar.text;
                let problem = Diagnostic::at(span, format!("the number `{written}` would be sent as `{sent}`"));
                self.report(
                    problem.help(format!("quote it, as in '{written}', for text; write `{sent}` for the number")),
                );
                None
            }
        }
    }

    /// Names that `check` permits, with JSON values.
    pub fn bindings(
        &mut self,
        node: &YamlNode,
        check: impl Fn(&mut Self, &Spanned<String>) -> Option<Spanned<String>>,
    ) -> Vec<Binding> {
        let bound = self.entries(node, |at, entry| {
            let name = check(at, &entry.key);
            let value = at.json(&entry.value);
            Some(Binding { name: name?, value: value? })
        });
        bound.unwrap_or_default()
    }

    /// Parameters or header fields: texts, lists or objects.
    pub fn parameters(&mut self, node: &YamlNode) -> Vec<Binding> {
        let bound = self.entries(node, |at, entry| {
            let value = match entry.value.content {
                YamlContent::Scalar(_) => at.text_json(&entry.value)?,
                YamlContent::Sequence(_) | YamlContent::Mapping(_) => at.json(&entry.value)?,
            };
            Some(Binding { name: entry.key.clone(), value })
        });
        bound.unwrap_or_default()
    }
}

/// The keys of an object that were there, with their places, in the order written.
pub struct PresentKeys(Vec<Spanned<&'static str>>);

impl PresentKeys {
    /// The place of a key.
    pub fn get(&self, name: &str) -> Option<&Span> {
        self.iter().find(|key| key.value == name).map(|key| &key.span)
    }

    /// The place of the first key.
    pub fn first(&self) -> Option<&Span> {
        self.0.first().map(|key| &key.span)
    }

    /// All keys.
    pub fn iter(&self) -> impl Iterator<Item = &Spanned<&'static str>> {
        self.0.iter()
    }
}
/// A list without room for more: most have an entry or two, and all scenarios of a suite are held until they are run.
fn fitting<T>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut list: Vec<T> = items.collect();
    list.shrink_to_fit();
    list
}
