//! A scenario file, with the rows of data of `for-each`.
//!
//! Deliberately not here: steps ([`super::step`]), and making a scenario of each row (loading does).

use std::sync::Arc;

use strum::VariantNames;

use super::step::{STEPS, steps};
use crate::base::requires;
use crate::base::source::{Diagnostic, Source, Spanned};
use crate::base::yaml::{YamlContent, YamlNode};
use crate::record::Level;
use crate::scenario::decode::{Decoder, KeyDecoder, key};
use crate::scenario::form::Form::{self, Count, Either, List, Map, Text, Word};
use crate::scenario::model::{Behaviour, Json, StateSequence, States};
use crate::scenario::template::ParameterScope;

/// A scenario file as written: `use` steps and rows still in it.
#[derive(Debug, Default)]
pub struct ScenarioFile {
    /// What the scenario asks.
    pub behaviour: Behaviour,
    /// The rows of `for-each`, each with its name.
    pub rows: Option<Rows>,
}

const TEXTS: Form = List(&Text);
const SEQUENCE: Form = Either(&[List(&Text), Map(&List(&Text))]);

pub(super) const SCENARIO: &[KeyDecoder<ScenarioFile>] = &[
    key("scenario", Text, "The title: the behaviour in one sentence.", |to, at, node| {
        to.behaviour.title = at.label(node).unwrap_or_default()
    }),
    key("why", Text, "Why the scenario exists.", |to, at, node| to.behaviour.why = at.label(node)),
    key("requires", Text, "The version of Flowproof that the file needs, as in `flowproof >= 0.2`.", |_, at, node| {
        at.label(node);
    }),
    key("covers", TEXTS, "Ids of the requirements that it covers.", |to, at, node| {
        to.behaviour.covers = at.labels(node)
    }),
    key("tags", TEXTS, "Words to select scenarios by.", |to, at, node| to.behaviour.tags = at.labels(node)),
    key("needs", TEXTS, "Facts that the target must supply, else it is skipped.", |to, at, node| {
        to.behaviour.needs = at.labels(node)
    }),
    key(
        "persona",
        TEXTS,
        "The states that a user is to go through: the stand-in makes one who does.",
        |to, at, node| to.behaviour.persona = at.labels(node),
    ),
    key("levels", Map(&Word(Level::VARIANTS)), "Levels of checks, for this scenario only.", |to, at, node| {
        to.behaviour.levels = levels(at, node)
    }),
    key("let", Map(&Form::Json), "Variables, rendered once before the first step, in order.", |to, at, node| {
        to.behaviour.bindings = at.bindings(node, Decoder::name)
    }),
    key("for-each", List(&Map(&Form::Json)), "Rows of data: one run of the scenario for each.", |to, at, node| {
        to.rows = rows(at, node)
    }),
    key("steps", STEPS, "What to do, in order.", |to, at, node| to.behaviour.steps = steps(at, node)),
    key("cleanup", STEPS, "What to do when all is over, however it ended.", |to, at, node| {
        to.behaviour.cleanup = steps(at, node);
        if to.behaviour.cleanup.is_empty() {
            at.report(Diagnostic::at(&node.span, "`cleanup` has no steps"));
        }
    }),
    key("sequence", SEQUENCE, "The whole list of states gone through.", |to, at, node| {
        to.behaviour.sequence = sequence(at, node)
    }),
    key("statuses", List(&Count(100, 599)), "The status codes of all calls, in order.", |to, at, node| {
        to.behaviour.statuses = statuses(at, node)
    }),
];

/// Reads a scenario file's tree; problems are added to `problems`, and `None` means that too little is there to go on.
pub fn scenario(source: &Arc<Source>, root: &YamlNode, problems: &mut Vec<Diagnostic>) -> Option<ScenarioFile> {
    let scope = ParameterScope::new();
    let mut at = Decoder::new(&scope);
    let file = file(&mut at, source, root);
    problems.append(&mut at.problems);
    file
}

fn file(at: &mut Decoder, source: &Arc<Source>, root: &YamlNode) -> Option<ScenarioFile> {
    if let Some(entry) = root.entry("fragment") {
        return at.fail(&entry.key.span, "this is a fragment: scenarios use it, and it cannot run by itself");
    }
    if let Some(problem) = unmet(root) {
        at.report(problem);
        return None;
    }
    let mut file = ScenarioFile::default();
    file.behaviour.source = Arc::clone(source);
    let present = at.object_into(&mut file, root, "a scenario", SCENARIO)?;
    at.require(&present, root, "a scenario", &["scenario", "steps"]);
    Some(file)
}

/// What is wrong with the version that a file says it needs; the rest of such a file is not looked at.
fn unmet(root: &YamlNode) -> Option<Diagnostic> {
    let value = &root.entry("requires")?.value;
    let YamlContent::Scalar(scalar) = &value.content else { return None };
    Some(Diagnostic::at(&value.span, requires::problem(&scalar.text)?))
}

fn levels(at: &mut Decoder, node: &YamlNode) -> Vec<(Spanned<String>, Spanned<Level>)> {
    at.entries(node, |at, entry| Some((entry.key.clone(), at.word(&entry.value)?))).unwrap_or_default()
}

fn sequence(at: &mut Decoder, node: &YamlNode) -> Option<StateSequence> {
    match &node.content {
        YamlContent::Mapping(_) => {
            let named = at.entries(node, |at, entry| Some((at.name(&entry.key)?, states(at, &entry.value)?)))?;
            Some(StateSequence::ByVariable(named))
        }
        _ => states(at, node).map(StateSequence::Only),
    }
}

fn states(at: &mut Decoder, node: &YamlNode) -> Option<States> {
    let states = at.list(node, Decoder::label)?;
    Some(Spanned::new(states, node.span.clone()))
}

fn statuses(at: &mut Decoder, node: &YamlNode) -> Option<Spanned<Vec<u16>>> {
    let codes = at.list(node, |at, item| at.status(item).map(|code| code.value))?;
    Some(Spanned::new(codes, node.span.clone()))
}

/// How many rows there may be.
pub const MAX_ROWS: usize = 1_000;

/// Rows with their names.
pub type Rows = Vec<(Spanned<String>, Json)>;

fn rows(at: &mut Decoder, node: &YamlNode) -> Option<Rows> {
    match &node.content {
        YamlContent::Sequence(items) if items.is_empty() => {
            return at.fail(&node.span, "`for-each` has no rows, so the scenario would never run");
        }
        YamlContent::Sequence(items) if items.len() > MAX_ROWS => {
            let message = format!("`for-each` has {} rows; the limit is {MAX_ROWS}", items.len());
            return at.fail(&items[MAX_ROWS].span, message);
        }
        _ => {}
    }
    let mut rows: Rows = Vec::new();
    for (name, values) in at.list(node, row)? {
        match rows.iter().find(|(earlier, _)| earlier.value == name.value) {
            Some((first, _)) => {
                let problem = Diagnostic::at(&name.span, format!("two rows are named `{}`", name.value));
                at.report(problem.related(&first.span, "first used here"));
            }
            None => rows.push((name, values)),
        }
    }
    Some(rows)
}

fn row(at: &mut Decoder, node: &YamlNode) -> Option<(Spanned<String>, Json)> {
    let values = at.json(node)?;
    let YamlContent::Mapping(_) = &node.content else {
        return at.fail(&node.span, "a row must be a map with a `name`");
    };
    let Some(entry) = node.entry("name") else { return at.fail(&node.span, "this row has no `name`") };
    let name = at.label(&entry.value)?;
    match name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.')) {
        true => Some((name, values)),
        false => at.fail(&name.span, "the name of a row may hold letters, digits, `-`, `_` and `.` only"),
    }
}
