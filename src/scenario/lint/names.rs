//! Names: where their values come from, whether they lead anywhere, and whether anybody uses them.
//!
//! A name is followed through `let`, rows and the parameters of fragments to the fact it stands for, so that a path that leads
//! nowhere is found before anything is sent, where the target's facts are known.
//!
//! Deliberately not here: rendering ([`crate::scenario::template`]).

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::Lint;
use crate::base::source::{Diagnostic, Span, Spanned};
use crate::base::text::nearest;
use crate::scenario::Suite;
use crate::scenario::model::{Action, Json, JsonValue, Sequence};
use crate::scenario::template::{FACTS, ROW, Use, root, segments};

/// What a name was given for.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Given {
    Saved,
    Bound,
}

/// What is known about the names of a scenario at a step.
#[derive(Default)]
pub(super) struct Names<'a> {
    /// The names that values have so far, and where they got them.
    pub bound: HashMap<&'a str, &'a Span>,
    /// The values that names were bound to, where they are written down.
    values: HashMap<&'a str, &'a Json>,
    /// What nobody has used yet.
    unused: HashMap<&'a str, Vec<(&'a Span, Given)>>,
    /// Names that were misspelt or used too early, as they should have been: using them was meant.
    meant: HashSet<&'a str>,
}

impl<'a> Lint<'a> {
    /// Gives a name the value that is written for it.
    pub(super) fn bind(&mut self, name: &'a Spanned<String>, value: &'a Json) {
        self.names.bound.insert(&name.value, &name.span);
        self.names.values.insert(&name.value, value);
        let other = match &value.value {
            JsonValue::Template(template) => template.whole_path().filter(|path| root(path) == *path),
            _ => None,
        };
        self.resources.bind(&name.value, other);
        // The parameters of fragments are checked where they are declared.
        if !name.contains('@') {
            self.names.unused.entry(&name.value).or_default().push((&name.span, Given::Bound));
        }
    }

    /// Gives a name a value that only an answer knows.
    pub(super) fn save(&mut self, name: &'a Spanned<String>) {
        self.names.bound.insert(&name.value, &name.span);
        self.names.values.remove(name.value.as_str());
        self.names.unused.entry(&name.value).or_default().push((&name.span, Given::Saved));
    }

    /// Gives the row its name.
    pub(super) fn row(&mut self, row: &'a Json) {
        self.names.bound.insert(ROW, &row.span);
        self.names.values.insert(ROW, row);
    }

    /// Checks every name in a value.
    pub(super) fn json(&mut self, value: &'a Json) {
        value.uses().into_iter().for_each(|each| self.known(each));
    }

    /// Checks that a name has a value and leads somewhere.
    pub(super) fn known(&mut self, each: &'a Use) {
        let Some(path) = each.kind.path() else { return };
        let name = root(path);
        self.names.unused.remove(name);
        if FACTS.contains(&name) || self.names.bound.contains_key(name) {
            return self.leads_somewhere(each, path);
        }
        let problem = Diagnostic::at(&each.span, format!("nothing is named `{name}` here"));
        self.mean(name);
        let later = super::calls(self.scenario).flat_map(|call| &call.saves).find(|save| save.name.value == name);
        let problem = match later {
            Some(save) => problem.related(&save.name.span, "it is saved here, after the answer"),
            None if name == ROW => problem.help("`row` is there when the scenario has `for-each`"),
            None => problem.suggest(name, self.names.bound.keys().copied().chain(FACTS)),
        };
        self.report(problem.rule("unknown-name"));
    }

    /// Notes which name was meant by one that has no value.
    pub(super) fn mean(&mut self, name: &'a str) {
        let near = nearest(name, self.names.bound.keys().copied());
        self.names.meant.extend(near.into_iter().chain([name]));
    }

    fn leads_somewhere(&mut self, each: &'a Use, path: &'a str) {
        let Some(facts) = self.facts else { return };
        let Some(path) = self.fact(path, 0) else { return };
        if self.needed(&path) {
            return;
        }
        if let Err((missing, known)) = follow(facts, &path) {
            let written = &each.kind.to_string();
            let shown = if written.ends_with(path.as_str()) { String::new() } else { format!(" (`{path}`)") };
            let problem =
                Diagnostic::at(&each.span, format!("`{written}`{shown} leads nowhere: there is no `{missing}`"));
            let suggested = problem.suggest(&missing, known.iter().map(String::as_str));
            let help = "if other targets have it, list it in `needs`: the scenario is skipped where it is missing";
            self.report(if suggested.help.is_some() { suggested } else { suggested.help(help) }.rule("unknown-fact"));
        }
    }

    /// The path of the fact that a path stands for; `None` when it stands for no fact, or nobody can tell.
    fn fact(&self, path: &str, depth: usize) -> Option<String> {
        let name = root(path);
        let mut steps = segments(path).skip(1);
        let Some(mut value) = self.names.values.get(name).copied() else {
            return FACTS.contains(&name).then(|| path.to_owned());
        };
        loop {
            match &value.value {
                JsonValue::Object(entries) => {
                    let step = steps.next()?;
                    value = &entries.iter().find(|(key, _)| key.value == step)?.1;
                }
                JsonValue::Template(template) if depth < 16 => {
                    let mut whole = template.whole_path()?.to_owned();
                    steps.for_each(|step| whole.push_str(&written_step(step)));
                    return self.fact(&whole, depth + 1);
                }
                _ => return None,
            }
        }
    }

    /// Whether `needs` lists a fact or something above it, so that the scenario is skipped where it is missing.
    fn needed(&self, path: &str) -> bool {
        let steps: Vec<&str> = segments(path).collect();
        self.scenario.needs.iter().any(|need| {
            let need: Vec<&str> = segments(need).collect();
            steps.starts_with(&need) && self.facts.is_some_and(|facts| follow(facts, &need.join(".")).is_err())
        })
    }

    /// Checks that the facts that are needed can be there.
    pub(super) fn needs(&mut self) {
        for need in &self.scenario.needs {
            if !FACTS.contains(&root(need)) {
                let problem = Diagnostic::at(&need.span, format!("`{}` is no known fact", need.value));
                self.report(problem.suggest(root(need), FACTS).rule("unknown-fact"));
                continue;
            }
            let Some(Err((missing, known))) = self.facts.map(|facts| follow(facts, need)) else { continue };
            let message = format!("`{}` leads nowhere in the stand-in: there is no `{missing}`", need.value);
            let problem = Diagnostic::at(&need.span, message).suggest(&missing, known.iter().map(String::as_str));
            if problem.help.is_some() {
                self.report(problem.rule("doubtful-need").warning());
            }
        }
    }

    /// Reports what was bound or saved and never used.
    pub(super) fn unused(&mut self) {
        if let Some(Sequence::ByVariable(named)) = &self.scenario.sequence {
            named.iter().for_each(|(variable, _)| _ = self.names.unused.remove(variable.value.as_str()));
        }
        let unused = std::mem::take(&mut self.names.unused);
        for (name, given) in unused.into_iter().filter(|(name, _)| !self.names.meant.contains(name)).collect::<Vec<_>>()
        {
            // What a fragment gives is for whoever uses it.
            for (span, given) in given.into_iter().filter(|(span, _)| span.source == self.scenario.source) {
                self.report(never_used(name, span, given));
            }
        }
    }
}

fn never_used(name: &str, span: &Span, given: Given) -> Diagnostic {
    let (verb, rule, help) = match given {
        Given::Saved => ("saved", "unused-save", "remove it; to demand that the value is there, write it in `expect`"),
        Given::Bound => ("bound", "unused-variable", "remove it"),
    };
    Diagnostic::at(span, format!("`{name}` is {verb} and never used")).help(help).rule(rule)
}

/// Reports what fragments give and no scenario of the whole suite uses.
pub(super) fn unused_of_fragments(suite: &Suite) -> Vec<Diagnostic> {
    let mut given: Vec<(&Spanned<String>, Given)> = Vec::new();
    let mut used: HashSet<&str> = HashSet::new();
    for scenario in &suite.scenarios {
        for step in scenario.all_steps() {
            used.extend(step.uses().into_iter().filter_map(|each| each.kind.path()).map(root));
            let mut names: Vec<(&Spanned<String>, Given)> =
                step.bindings.iter().map(|binding| (&binding.name, Given::Bound)).collect();
            if let Action::Call(call) = &step.action {
                names.extend(call.saves.iter().map(|save| (&save.name, Given::Saved)));
            }
            given.extend(
                names.into_iter().filter(|(name, _)| name.span.source != scenario.source && !name.contains('@')),
            );
        }
        if let Some(Sequence::ByVariable(named)) = &scenario.sequence {
            used.extend(named.iter().map(|(variable, _)| variable.value.as_str()));
        }
    }
    given.retain(|(name, _)| !used.contains(name.value.as_str()));
    given.into_iter().map(|(name, given)| never_used(name, &name.span, given)).collect()
}

/// A step of a path as it is written behind others.
fn written_step(step: &str) -> String {
    let plain = step.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if plain { format!(".{step}") } else { format!(".[{step}]") }
}

/// Whether a path leads to a fact; else the first step that leads nowhere, and the keys that would have.
fn follow(facts: &Value, path: &str) -> Result<(), (String, Vec<String>)> {
    let mut value = facts;
    for step in segments(path) {
        let next = match value {
            Value::Object(members) => members.get(step),
            Value::Array(items) => step.parse::<usize>().ok().and_then(|at| items.get(at)),
            _ => None,
        };
        let keys = || value.as_object().map(|members| members.keys().cloned().collect()).unwrap_or_default();
        value = next.ok_or_else(|| (step.to_owned(), keys()))?;
    }
    Ok(())
}
