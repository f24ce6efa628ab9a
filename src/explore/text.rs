//! A walk as the text of a scenario: what is run, and what people get.
//!
//! Deliberately not here: what the walk does.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::input::{Input, id_parameter};
use super::inputs::Nudge;
use super::machine::{Item, Machine};
use super::walk::{Does, Expects, Walk, WalkStep};
use crate::contract::{Contract, Operation, StatusKey};

/// Statuses of refusals that say nothing about the state or the value: no token, no such resource, wrong media type, too often.
const BESIDE_THE_POINT: [u16; 6] = [401, 404, 405, 406, 415, 429];

/// What is said of a walk.
pub(crate) struct Heading<'h> {
    pub(crate) title: &'h str,
    pub(crate) why: &'h str,
    /// Whether the target can be asked for a persona.
    pub(crate) persona: bool,
}

/// Writes a walk as a scenario.
pub(crate) fn scenario(walk: &Walk<'_>, contract: &Contract, heading: &Heading<'_>) -> String {
    let Heading { title, why, persona } = heading;
    let mut text = format!("scenario: {}\nwhy: {}\n", scalar(title), scalar(why));
    let covers = covers(walk);
    if !covers.is_empty() {
        let _ = writeln!(text, "covers: [{}]", covers.join(", "));
    }
    let locks = if walk.may_lock() { ", destructive" } else { "" };
    let _ = writeln!(text, "tags: [explore{locks}]");
    if *persona {
        let _ = writeln!(text, "persona: [{}]", walk.path.join(", "));
    }
    let clock = walk.steps.iter().any(|step| matches!(step.does, Does::Nudge(Nudge::Advance(_))));
    if clock {
        text.push_str("needs: [clock]\n");
    }
    text.push_str("steps:\n");
    let user = if *persona { "persona.user" } else { walk.cast.user.as_deref().unwrap_or("user") };
    let goes_on = walk.steps.iter().any(|step| matches!(step.does, Does::Act(_) | Does::Together(..) | Does::Read));
    let needed = walk.steps.iter().flat_map(WalkStep::all_needs).collect();
    let writer = Writer { contract, machine: walk.machine, user, goes_on, needed };
    walk.steps.iter().for_each(|step| writer.step(&mut text, step));
    text
}

/// The requirements of the states that the walk goes through.
fn covers<'c>(walk: &Walk<'c>) -> Vec<&'c str> {
    let mut seen = BTreeSet::new();
    let states = walk.path.iter().filter_map(|state| walk.machine.lifecycle.states.get(*state));
    states.flat_map(|state| &state.requirements).map(String::as_str).filter(|id| seen.insert(*id)).collect()
}

struct Writer<'w> {
    contract: &'w Contract,
    machine: Machine<'w>,
    /// Whom the walk is about.
    user: &'w str,
    /// Whether something is asked of the resource after it has begun.
    goes_on: bool,
    /// The names that have to be saved.
    needed: BTreeSet<String>,
}

impl Writer<'_> {
    fn step(&self, text: &mut String, step: &WalkStep<'_>) {
        match &step.does {
            Does::Nudge(Nudge::Advance(by)) => _ = writeln!(text, "  - advance: {}s", by.as_secs()),
            Does::Nudge(Nudge::Push(answer)) => {
                let (user, answer) = (self.user, answer.name());
                let _ = writeln!(text, "  - push: {{ user: \"{{{{{user}.id}}}}\", answer: {answer} }}");
            }
            Does::Prepare(input) => {
                let saves = input.saves.clone().into_iter().filter(|(name, _)| self.needed.contains(name));
                self.call(text, step, input, saves.collect());
            }
            Does::Begin(input) if !self.goes_on => self.call(text, step, input, Map::new()),
            Does::Begin(input) if input.saves.is_empty() => {
                let saves =
                    Map::from_iter([(self.machine.lifecycle.name.clone(), json!(self.machine.lifecycle.identity))]);
                self.call(text, step, input, saves);
            }
            Does::Begin(input) => self.call(text, step, input, input.saves.clone()),
            Does::Act(input) => self.call(text, step, input, Map::new()),
            Does::Rush(input, times) => {
                self.call(text, step, input, Map::new());
                let _ = writeln!(text, "    together: {{ times: {times} }}");
            }
            Does::Together(input, times, push) => {
                self.call(text, step, input, Map::new());
                let push = push.map(|answer| {
                    format!(", push: {{ user: \"{{{{{}.id}}}}\", answer: {} }}", self.user, answer.name())
                });
                let _ = writeln!(text, "    together: {{ times: {times}{} }}", push.unwrap_or_default());
            }
            Does::Read => {
                let input = Input { operation: self.machine.lifecycle.read.clone(), ..Input::default() };
                self.call(text, step, &input, Map::new());
            }
        }
    }

    fn call(&self, text: &mut String, step: &WalkStep<'_>, input: &Input, saves: Map<String, Value>) {
        let operation = self.contract.operation(&input.operation);
        match self.label(step) {
            Some(label) => _ = writeln!(text, "  - name: {label}\n    call: {}", input.operation),
            None => _ = writeln!(text, "  - call: {}", input.operation),
        }
        let about = matches!(step.does, Does::Act(..) | Does::Together(..) | Does::Read);
        let id = operation
            .filter(|_| about)
            .and_then(|operation| id_parameter(operation, self.machine.lifecycle, self.contract));
        let id = id.map(|name| (name, json!(format!("{{{{{}}}}}", self.machine.lifecycle.name))));
        let path = id.into_iter().chain(input.path.clone()).collect();
        let parts = [("path", path), ("query", input.query.clone()), ("headers", input.headers.clone())];
        for (key, map) in parts.into_iter().chain([("cookies", input.cookies.clone())]) {
            if !map.is_empty() {
                let _ = writeln!(text, "    {key}: {}", inline(&Value::Object(map)));
            }
        }
        if let Some(body) = &input.body {
            let _ = writeln!(text, "    body: {}", inline(body));
        }
        if input.invalid {
            text.push_str("    invalid: true\n");
        }
        if !input.without.is_empty() {
            let _ = writeln!(text, "    without: [{}]", input.without.join(", "));
        }
        if !input.raw.is_empty() {
            let _ = writeln!(text, "    raw: {}", inline(&Value::Object(input.raw.clone())));
        }
        if let Some(expect) = operation.and_then(|operation| expectation(step.expects, operation)) {
            let _ = writeln!(text, "    expect: {}", inline(&expect));
        }
        if !saves.is_empty() {
            let _ = writeln!(text, "    save: {}", inline(&Value::Object(saves)));
        }
    }

    fn label(&self, step: &WalkStep<'_>) -> Option<String> {
        match step.item? {
            Item::Forbidden(state, action) => Some(format!("{action} is not permitted in {state}")),
            Item::Refused(state, action) => Some(format!("{action} refuses a wrong value in {state}")),
            Item::Negative(state, action, class) => Some(format!("{action} in {state}, {}", class.name())),
            Item::Race(state, action, _) => Some(format!("{action} several times at once in {state}")),
            _ => None,
        }
    }
}

fn expectation(expects: Expects<'_>, operation: &Operation) -> Option<Value> {
    match expects {
        Expects::Anything => Some(json!({ "status": documented(operation, 200..500) })),
        Expects::Success => None,
        Expects::State(state) => Some(json!({ "state": state })),
        Expects::Refusal => Some(refusal(operation, |status| !BESIDE_THE_POINT.contains(&status))),
        Expects::RefusalOf(class) => Some(refusal(operation, |status| class.statuses().contains(&status))),
    }
}

/// The documented refusals that fit; all of them where none does.
fn refusal(operation: &Operation, fits: impl Fn(u16) -> bool) -> Value {
    let all = documented(operation, 400..500);
    let fitting: Vec<u16> = all.iter().copied().filter(|status| fits(*status)).collect();
    json!({ "status": if fitting.is_empty() { all } else { fitting } })
}

/// The single statuses that are documented of an operation.
fn documented(operation: &Operation, range: std::ops::Range<u16>) -> Vec<u16> {
    let codes = operation.replies().filter_map(|reply| match reply.status {
        StatusKey::Code(code) => Some(code),
        StatusKey::Range(_) | StatusKey::Default => None,
    });
    codes.filter(|code| range.contains(code)).collect()
}

/// A value on one line, as people write it.
pub(super) fn inline(value: &Value) -> String {
    match value {
        Value::Object(members) if members.is_empty() => "{}".to_owned(),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| format!("{}: {}", scalar(name), inline(value)));
            format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Value::String(text) => scalar(text),
        other => other.to_string(),
    }
}

/// A text without quotes where it cannot be taken for anything else.
fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '_' | '-' | '/' | '.');
    let word = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/') && !text.ends_with(' ');
    let taken = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&text.to_lowercase().as_str());
    if word && !taken && text.chars().all(plain) { text.to_owned() } else { json!(text).to_string() }
}
