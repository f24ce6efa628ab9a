//! Names: where their values come from, whether they lead anywhere, and whether anybody uses them.
//!
//! A name is followed through `let`, rows and the parameters of fragments to the fact it stands for, so that a path that leads
//! nowhere is found before anything is sent, where the target's facts are known.
//!
//! Deliberately not here: rendering ([`crate::scenario::template`]).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexMap;

use super::context::Lint;
use crate::base::source::{Diagnostic, Source, Span, Spanned};
use crate::base::text::{code_list, nearest};
use crate::scenario::model::{Json, JsonValue, Scenario, StateSequence};
use crate::scenario::template::{FACTS, Placeholder, ROW, appended, follow, root, segments};

/// How a name got its value.
#[derive(Clone, Copy, PartialEq)]
enum Origin {
    Saved,
    Bound,
}

/// What is known about the names of a scenario at a step.
#[derive(Default)]
pub(super) struct NameTable<'a> {
    /// The names that have values so far.
    bound: HashSet<&'a str>,
    /// The values that names were bound to, where they are written down.
    values: HashMap<&'a str, &'a Json>,
    /// The row of data, and which of its columns have not been used yet; `None` when the row is used as a whole.
    columns: Option<HashSet<&'a str>>,
    /// What has not been used yet.
    unused: HashMap<&'a str, Vec<(&'a Span, Origin)>>,
    /// Names that were misspelt or used too early, as they should have been: using them was meant.
    meant: HashSet<&'a str>,
}

impl<'a> NameTable<'a> {
    /// Gives a name the value that is written for it.
    pub(super) fn bind(&mut self, name: &'a Spanned<String>, value: &'a Json) {
        self.bound.insert(&name.value);
        self.values.insert(&name.value, value);
        // The parameters of fragments are checked where they are declared.
        if !name.contains('@') {
            self.unused.entry(&name.value).or_default().push((&name.span, Origin::Bound));
        }
    }

    /// Gives a name a value that only an answer knows.
    pub(super) fn save(&mut self, name: &'a Spanned<String>) {
        self.bound.insert(&name.value);
        self.values.remove(name.value.as_str());
        self.unused.entry(&name.value).or_default().push((&name.span, Origin::Saved));
    }

    /// Gives the row its name.
    pub(super) fn bind_row(&mut self, row: &'a Json) {
        self.bound.insert(ROW);
        self.values.insert(ROW, row);
        self.columns = Some(columns(row).map(|name| name.value.as_str()).collect());
    }

    /// Checks that every name has a value and leads somewhere.
    pub(super) fn check(&mut self, lint: &mut Lint<'a>, placeholders: Vec<&'a Placeholder>) {
        for placeholder in placeholders {
            let Some(path) = placeholder.kind.path() else { continue };
            let name = root(path);
            self.unused.remove(name);
            self.check_column(lint, placeholder, path);
            match FACTS.contains(&name) || self.bound.contains(name) {
                true => self.check_path(lint, placeholder, path),
                false => self.unknown(lint, placeholder, name),
            }
        }
    }

    /// Checks that the row has the column that a path names, and notes that the column is used.
    fn check_column(&mut self, lint: &mut Lint<'a>, placeholder: &Placeholder, path: &'a str) {
        let mut steps = segments(path);
        let Some(row) = lint.scenario.row.as_ref().filter(|_| steps.next() == Some(ROW)) else { return };
        let Some(column) = steps.next() else {
            self.columns = None;
            return;
        };
        let known = || columns(row).map(|name| name.value.as_str());
        if !known().any(|name| name == column) {
            self.meant.extend(nearest(column, known()));
            let problem = Diagnostic::at(&row.span, format!("this row has no `{column}`")).suggest(column, known());
            let problem = problem.or_help(format!("add it; the row has {}", code_list(known())));
            lint.report(problem.related(&placeholder.span, "needed here").rule("missing-column"));
        }
        if let Some(unused) = &mut self.columns {
            unused.remove(column);
        }
    }

    /// Warns of columns of the row that nothing uses.
    fn unused_columns(&self, lint: &mut Lint<'a>) {
        let (Some(row), Some(unused)) = (&lint.scenario.row, &self.columns) else { return };
        let is_unused = |name: &str| name != "name" && unused.contains(name) && !self.meant.contains(name);
        for name in columns(row).filter(|name| is_unused(name)) {
            let message = format!("the column `{}` is never used", name.value);
            let help = format!("remove it, or use it as `{{{{row.{}}}}}`", name.value);
            let problem = Diagnostic::at(&name.span, message).help(help);
            lint.report(problem.rule("unused-column").warning());
        }
    }

    /// The value that is inserted for a path, where it is written in the file.
    pub(super) fn written(&self, path: &str) -> Option<&'a Json> {
        self.written_at(path, 0)
    }

    fn written_at(&self, path: &str, depth: usize) -> Option<&'a Json> {
        let mut value = *self.values.get(root(path))?;
        let mut steps = segments(path).skip(1);
        loop {
            match &value.value {
                JsonValue::Template(template) if depth < MAX_DEPTH => {
                    let whole = template.whole_path()?.to_owned();
                    let path = steps.fold(whole, |path, step| appended(&path, step));
                    return self.written_at(&path, depth + 1);
                }
                JsonValue::Object(entries) => match steps.next() {
                    Some(step) => value = &entries.iter().find(|(key, _)| key.value == step)?.1,
                    None => return Some(value),
                },
                _ => return steps.next().is_none().then_some(value),
            }
        }
    }

    fn unknown(&mut self, lint: &mut Lint<'a>, placeholder: &Placeholder, name: &'a str) {
        if lint.incomplete.is_some_and(|file| file.may_define(name)) {
            return;
        }
        let problem = Diagnostic::at(&placeholder.span, format!("there is no value named `{name}` here"));
        self.note_meant(name);
        let later = lint.scenario.calls().flat_map(|call| &call.saves).find(|save| save.name.value == name);
        let problem = match later {
            Some(save) => problem.related(&save.name.span, "saved only here, after the response"),
            None if name == ROW => problem.help("`row` exists only in a scenario with `for-each`"),
            None => problem.suggest(name, self.bound.iter().copied().chain(FACTS)),
        };
        lint.report(problem.rule("unknown-name"));
    }

    /// Notes which name was meant by one that has no value.
    fn note_meant(&mut self, name: &'a str) {
        let near = nearest(name, self.bound.iter().copied());
        self.meant.extend(near.into_iter().chain([name]));
    }

    fn check_path(&self, lint: &mut Lint<'a>, placeholder: &Placeholder, path: &str) {
        let Some(facts) = lint.facts else { return };
        let Some(path) = self.fact(path, 0).filter(|path| !needed(lint, path)) else { return };
        if let Err((missing, known)) = follow(facts, segments(&path)) {
            let written = &placeholder.kind.to_string();
            let shown = if written.ends_with(path.as_str()) { String::new() } else { format!(" (`{path}`)") };
            let message = format!("`{written}`{shown} does not exist: there is no `{missing}`");
            let help = "if only some targets supply it, list it in `needs`: the scenario is then skipped on the others";
            let problem = Diagnostic::at(&placeholder.span, message).suggest(missing, known).or_help(help);
            lint.report(problem.rule("unknown-fact"));
        }
    }

    /// The path of the fact that a path stands for; `None` when it stands for no fact, or that is not known.
    fn fact(&self, path: &str, depth: usize) -> Option<String> {
        let name = root(path);
        let mut steps = segments(path).skip(1);
        let Some(mut value) = self.values.get(name).copied() else {
            return FACTS.contains(&name).then(|| path.to_owned());
        };
        loop {
            match &value.value {
                JsonValue::Object(entries) => {
                    let step = steps.next()?;
                    value = &entries.iter().find(|(key, _)| key.value == step)?.1;
                }
                JsonValue::Template(template) if depth < MAX_DEPTH => {
                    let whole = template.whole_path()?.to_owned();
                    return self.fact(&steps.fold(whole, |path, step| appended(&path, step)), depth + 1);
                }
                _ => return None,
            }
        }
    }

    /// Checks that a variable of `sequence` is saved by some step.
    pub(super) fn saved_variable(&mut self, lint: &mut Lint<'a>, variable: &'a Spanned<String>) {
        let may_define = lint.incomplete.is_some_and(|file| file.may_define(variable));
        if !self.bound.contains(variable.as_str()) && !may_define {
            self.note_meant(&variable.value);
            let problem = Diagnostic::at(&variable.span, format!("no step saves `{}`", variable.value));
            let help = "a key of `sequence` is the saved variable that holds the resource's id";
            let problem = problem.suggest(variable, self.bound.iter().copied()).or_help(help);
            lint.report(problem.rule("unknown-name"));
        }
    }

    /// Reports what was bound or saved and never used.
    pub(super) fn report_unused(mut self, lint: &mut Lint<'a>) {
        self.unused_columns(lint);
        if let Some(StateSequence::ByVariable(named)) = &lint.scenario.sequence {
            named.iter().for_each(|(variable, _)| _ = self.unused.remove(variable.value.as_str()));
        }
        self.unused.retain(|name, _| !self.meant.contains(name));
        for (name, origins) in self.unused {
            // What a fragment gives is for the scenarios that use it.
            for (span, origin) in origins.into_iter().filter(|(span, _)| span.source == lint.scenario.source) {
                lint.report(never_used(name, span, origin));
            }
        }
    }
}

/// How many names a value is followed through: `let` and parameters may name each other.
const MAX_DEPTH: usize = 16;

/// The columns of a row.
fn columns(row: &Json) -> impl Iterator<Item = &Spanned<String>> {
    let entries = match &row.value {
        JsonValue::Object(entries) => entries.as_slice(),
        _ => &[],
    };
    entries.iter().map(|(name, _)| name)
}

/// Whether `needs` lists a fact or something above it, so that the scenario is skipped where it is missing.
fn needed(lint: &Lint<'_>, path: &str) -> bool {
    let steps: Vec<&str> = segments(path).collect();
    lint.scenario.needs.iter().any(|need| {
        let above: Vec<&str> = segments(need).collect();
        steps.starts_with(&above) && lint.facts.is_some_and(|facts| follow(facts, segments(need)).is_err())
    })
}

fn never_used(name: &str, span: &Span, origin: Origin) -> Diagnostic {
    let (verb, rule, help) = match origin {
        Origin::Saved => {
            ("saved", "unused-save", "remove it; to require that the value is there, expect it: `{ present: true }`")
        }
        Origin::Bound => ("defined", "unused-variable", "remove it"),
    };
    Diagnostic::at(span, format!("`{name}` is {verb} but never used")).help(help).rule(rule)
}

/// What fragments give to the scenarios of a whole suite, and what those use.
#[derive(Default)]
pub(super) struct FragmentNames {
    /// Each once, however many scenarios have it.
    given: IndexMap<(*const Source, usize), (Spanned<String>, Origin)>,
    used: HashSet<String>,
}

impl FragmentNames {
    /// Adds what the fragments of a scenario give it, and what it uses.
    pub(super) fn add(&mut self, scenario: &Scenario) {
        for step in scenario.all_steps() {
            step.placeholders().into_iter().filter_map(|each| each.kind.path()).for_each(|path| self.using(root(path)));
            let bound = step.bindings.iter().map(|binding| (&binding.name, Origin::Bound));
            let names = bound.chain(step.saved_names().map(|name| (name, Origin::Saved)));
            for (name, origin) in names.filter(|(name, _)| !name.contains('@')) {
                let source = &name.span.source;
                if !Arc::ptr_eq(source, &scenario.source) {
                    let place = (Arc::as_ptr(source), name.span.range().start);
                    self.given.entry(place).or_insert_with(|| (name.clone(), origin));
                }
            }
        }
        if let Some(StateSequence::ByVariable(named)) = &scenario.sequence {
            named.iter().for_each(|(variable, _)| self.using(variable));
        }
    }

    fn using(&mut self, name: &str) {
        if !self.used.contains(name) {
            self.used.insert(name.to_owned());
        }
    }

    /// Reports what is given and no scenario uses.
    pub(super) fn unused(self) -> impl Iterator<Item = Diagnostic> {
        let Self { given, used } = self;
        let unused = given.into_values().filter(move |(name, _)| !used.contains(&name.value));
        unused.map(|(name, origin)| never_used(&name, &name.span, origin))
    }
}
