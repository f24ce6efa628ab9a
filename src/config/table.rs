//! Reads a table of TOML key by key, so that every problem is found, each at its place, and not only the first.
//!
//! A key that was not read is unknown; [`TomlTable::end`] reports it. Deliberately not here: what the keys mean.

use std::cell::RefCell;
use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::Spanned as Node;
use toml::de::{DeTable, DeValue};

use crate::base::source::{Diagnostic, Source, Span, Spanned};

/// Where problems are gathered while a file is read.
#[derive(Debug, Default)]
pub struct Problems(RefCell<Vec<Diagnostic>>);

impl Problems {
    /// Adds one.
    pub fn add(&self, problem: Diagnostic) {
        self.0.borrow_mut().push(problem);
    }

    /// All of them, in the order of the file.
    pub fn in_order(self) -> Vec<Diagnostic> {
        let mut problems = self.0.into_inner();
        problems.sort_by_key(|problem| problem.span.as_ref().map(|span| span.range().start));
        problems
    }
}

/// A table, and which of its keys were read.
#[derive(Debug)]
pub struct TomlTable<'t> {
    source: &'t Arc<Source>,
    problems: &'t Problems,
    entries: &'t DeTable<'t>,
    range: Range<usize>,
    /// The dotted name of the table itself.
    pub name: String,
    read: RefCell<Vec<&'static str>>,
}

impl<'t> TomlTable<'t> {
    /// The table of a whole file.
    pub fn whole(source: &'t Arc<Source>, problems: &'t Problems, root: &'t Node<DeTable<'t>>) -> Self {
        let (entries, range, name) = (root.get_ref(), root.span(), String::new());
        Self { source, problems, entries, range, name, read: RefCell::default() }
    }

    /// Where the table stands.
    pub fn span(&self) -> Span {
        Span::new(self.source, self.range.clone())
    }

    /// The dotted name of one of its keys, as in `targets.staging.region`.
    pub fn path_of(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }

    /// Reports a problem at a place in this table.
    pub fn report(&self, problem: Diagnostic) {
        self.problems.add(problem);
    }

    /// Where the value of a key stands; where the key is missing, the table itself.
    pub fn span_of(&self, key: &str) -> Span {
        self.entries.get(key).map_or_else(|| self.span(), |node| Span::new(self.source, node.span()))
    }

    /// Whether a key is there. Asking does not make the key known.
    pub fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// A text.
    pub fn text(&self, key: &'static str) -> Option<Spanned<String>> {
        self.typed(key, "a text in quotes", |value| value.as_str().map(str::to_owned))
    }

    /// A path; one that is relative begins at the folder of the file that names it.
    pub fn path(&self, key: &'static str) -> Option<Spanned<PathBuf>> {
        Some(self.text(key)?.map(|path| self.beside(&path)))
    }

    /// A file in the folder of this one.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.source.path.parent().unwrap_or(Path::new("")).join(name)
    }

    /// A text that must be there.
    pub fn required_text(&self, key: &'static str) -> Option<Spanned<String>> {
        self.require(key);
        self.text(key)
    }

    /// A text that can be read as something else; `kind` completes "`…` is no".
    pub fn parsed<T>(
        &self,
        key: &'static str,
        kind: &str,
        help: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(key)?;
        let value = read(&text);
        if value.is_none() {
            self.report(Diagnostic::at(&text.span, format!("`{}` is not a valid {kind}", text.value)).help(help));
        }
        value
    }

    /// True or false.
    pub fn flag(&self, key: &'static str) -> Option<Spanned<bool>> {
        self.typed(key, "true or false", |value| value.as_bool())
    }

    /// A number within a range.
    pub fn number(&self, key: &'static str, range: RangeInclusive<f64>) -> Option<Spanned<f64>> {
        let expected = format!("a number from {} to {}", range.start(), range.end());
        self.typed(key, &expected, |value| number(value).filter(|number| range.contains(number)))
    }

    /// Numbers within a range, by names that the author chose.
    pub fn numbers(&self, range: RangeInclusive<f64>) -> Vec<(Spanned<String>, f64)> {
        let expected = format!("a number from {} to {}", range.start(), range.end());
        let read = |(name, node): (&Node<_>, &Node<DeValue<'_>>)| {
            let name: Spanned<String> = self.name(name);
            let number = number(node.get_ref()).filter(|number| range.contains(number));
            if number.is_none() {
                self.wrong(&name, node, &expected);
            }
            Some((name, number?))
        };
        self.entries.iter().filter_map(read).collect()
    }

    /// A whole number within a range.
    pub fn count(&self, key: &'static str, range: RangeInclusive<f64>) -> Option<usize> {
        let number = self.number(key, range)?;
        if number.value.fract() != 0.0 || number.value < 0.0 {
            self.report(Diagnostic::at(&number.span, format!("`{}` is a whole number", self.path_of(key))));
            return None;
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, and not negative")]
        Some(number.value as usize)
    }

    /// A list of texts that holds at least one.
    pub fn texts(&self, key: &'static str) -> Option<Spanned<Vec<String>>> {
        self.typed(key, "a list of texts, not an empty one", |value| {
            let items: Option<Vec<String>> =
                value.as_array()?.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect();
            items.filter(|items| !items.is_empty())
        })
    }

    /// A table below a key.
    pub fn table(&self, key: &'static str) -> Option<TomlTable<'t>> {
        self.below_or_report(key, self.node(key)?)
    }

    /// A table below a key; `None`, without a problem, where something else stands there.
    pub fn table_if_any(&self, key: &'static str) -> Option<TomlTable<'t>> {
        self.below(key, self.node(key)?)
    }

    /// The tables below a key, by names that the author chose.
    pub fn tables(&self, key: &'static str) -> Vec<(Spanned<String>, TomlTable<'t>)> {
        self.table(key).map(|table| table.each()).unwrap_or_default()
    }

    /// The tables in this table, by names that the author chose.
    pub fn each(&self) -> Vec<(Spanned<String>, TomlTable<'t>)> {
        let named = |(name, node): (&Node<_>, &'t Node<DeValue<'t>>)| {
            let name: Spanned<String> = self.name(name);
            let table = self.below_or_report(&name, node)?;
            Some((name, table))
        };
        self.entries.iter().filter_map(named).collect()
    }

    /// The entries of this table that are tables, by names that the author chose.
    pub fn each_table(&self) -> Vec<(Spanned<String>, TomlTable<'t>)> {
        let named = |(name, node): (&Node<_>, &'t Node<DeValue<'t>>)| {
            let name: Spanned<String> = self.name(name);
            self.below(&name, node).map(|table| (name, table))
        };
        self.entries.iter().filter_map(named).collect()
    }

    /// All entries of this table as JSON, by names that the author chose.
    pub fn values(&self) -> Vec<(Spanned<String>, serde_json::Value)> {
        self.entries.iter().map(|(name, node)| (self.name(name), json(node.get_ref()))).collect()
    }

    /// The lists of tables in this table, by names that the author chose; a single table is a list of one.
    pub fn each_list(&self) -> Vec<(Spanned<String>, Vec<TomlTable<'t>>)> {
        let lists = self.entries.iter().map(|(name, node)| {
            let name = self.name(name);
            let nodes = node.get_ref().as_array().map_or_else(|| vec![node], |list| list.iter().collect());
            let tables = nodes.into_iter().filter_map(|node| self.below_or_report(&name, node)).collect();
            (name, tables)
        });
        lists.collect()
    }

    /// Reports a key that must be there and is not.
    pub fn require(&self, key: &'static str) {
        if self.node(key).is_none() {
            self.report(Diagnostic::at(&self.span(), format!("`{}` is missing", self.path_of(key))));
        }
    }

    /// Reports the keys that were not read.
    pub fn end(self) {
        let read = self.read.borrow();
        for name in self.entries.keys().filter(|name| !read.contains(&name.get_ref().as_ref())) {
            let given: &str = name.get_ref();
            let message = format!("unknown key `{}`", self.path_of(given));
            let problem = Diagnostic::at(&Span::new(self.source, name.span()), message);
            let problem = problem.suggest(given, read.iter().copied());
            self.report(problem.or_help(format!("known here: {}", read.join(", "))));
        }
    }

    fn name(&self, name: &Node<std::borrow::Cow<'_, str>>) -> Spanned<String> {
        Spanned::new(name.get_ref().to_string(), Span::new(self.source, name.span()))
    }

    fn node(&self, key: &'static str) -> Option<&'t Node<DeValue<'t>>> {
        let mut read = self.read.borrow_mut();
        if !read.contains(&key) {
            read.push(key);
        }
        self.entries.get(key)
    }

    fn below(&self, key: &str, node: &'t Node<DeValue<'t>>) -> Option<TomlTable<'t>> {
        let entries = node.get_ref().as_table()?;
        let (source, problems, name) = (self.source, self.problems, self.path_of(key));
        Some(Self { source, problems, entries, range: node.span(), name, read: RefCell::default() })
    }

    fn below_or_report(&self, key: &str, node: &'t Node<DeValue<'t>>) -> Option<TomlTable<'t>> {
        let table = self.below(key, node);
        if table.is_none() {
            self.wrong(key, node, "a table");
        }
        table
    }

    fn typed<T>(
        &self,
        key: &'static str,
        expected: &str,
        read: impl FnOnce(&DeValue<'_>) -> Option<T>,
    ) -> Option<Spanned<T>> {
        let node = self.node(key)?;
        let value = read(node.get_ref());
        if value.is_none() {
            self.wrong(key, node, expected);
        }
        value.map(|value| Spanned::new(value, Span::new(self.source, node.span())))
    }

    fn wrong(&self, key: &str, node: &Node<DeValue<'_>>, expected: &str) {
        let message = format!("`{}` must be {expected}", self.path_of(key));
        self.report(Diagnostic::at(&Span::new(self.source, node.span()), message));
    }
}

/// A value as JSON; a date is text.
fn json(value: &DeValue<'_>) -> serde_json::Value {
    match value {
        DeValue::String(text) => text.to_string().into(),
        DeValue::Boolean(flag) => (*flag).into(),
        DeValue::Integer(integer) => serde_json::from_str(integer.as_str()).unwrap_or_default(),
        DeValue::Float(float) => serde_json::from_str(float.as_str()).unwrap_or_default(),
        DeValue::Datetime(time) => time.to_string().into(),
        DeValue::Array(items) => items.iter().map(|item| json(item.get_ref())).collect(),
        DeValue::Table(members) => {
            members.iter().map(|(name, value)| (name.get_ref().to_string(), json(value.get_ref()))).collect()
        }
    }
}

/// A number, whole or not.
fn number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Integer(integer) => integer.as_str().parse().ok(),
        DeValue::Float(float) => float.as_str().parse().ok(),
        _ => None,
    }
}
