//! Requests mined from scenarios: what each step sends, and what came of it.
//!
//! Whoever the scenario is about becomes the persona, where the target can be asked for one; what another step has to supply
//! first comes along. Deliberately not here: which of the requests a walk sends.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::input::{Cast, Evidence, Input, id_parameter};
use super::inputs::{Followed, Inputs, Nudge, OnceOnly, Shown};
use super::samples::always_shows;
use crate::contract::{Contract, Lifecycle};
use crate::scenario::model::{Binding, Call, Json, JsonValue, Matcher, SaveFrom, Scenario, Step, StepAction};
use crate::scenario::template::{FACTS, Instead, ROW, appended, follow, root, segments};

/// Mines scenarios. `persona` holds the facts of a persona, where the target can be asked for one.
pub(super) fn mined<'s>(
    scenarios: impl IntoIterator<Item = &'s Scenario>,
    contract: &Contract,
    persona: Option<&Value>,
) -> Inputs {
    let states = contract.lifecycles().iter().flat_map(|lifecycle| &lifecycle.states);
    let rejections = states.flat_map(|(name, state)| {
        let led = state.permits.values().flat_map(|next| &next.rejection);
        led.filter(move |to| *to != name)
    });
    let has_strangers = persona.is_some_and(|persona| persona["others"].is_object());
    let casts = BTreeSet::from([Cast::default()]);
    let mut inputs = Inputs { failures: rejections.cloned().collect(), has_strangers, casts, ..Inputs::default() };
    for scenario in scenarios {
        Miner::new(scenario, contract, persona, &mut inputs).mine();
    }
    inputs.settle();
    inputs.guess(contract);
    inputs
}

struct Miner<'m> {
    scenario: &'m Scenario,
    contract: &'m Contract,
    persona: Option<&'m Value>,
    /// Whom the scenario is about.
    main: Option<String>,
    /// Whom it is about where no persona takes the part.
    cast: Cast,
    /// The state that was shown last.
    state: Option<&'m str>,
    /// What happened since beside requests.
    nudge: Option<Nudge>,
    /// The requests so far that were accepted, as long as all that happened is requests.
    way: Option<Vec<Shown>>,
    /// The last request that was accepted and did not show the state, with what is known of what it led to.
    unseen: Option<(Input, Evidence)>,
    /// The last request that led from state to state, and how many resources have begun: what others left behind may decide.
    last: Option<String>,
    begun: usize,
    inputs: &'m mut Inputs,
}

impl<'m> Miner<'m> {
    fn new(scenario: &'m Scenario, contract: &'m Contract, persona: Option<&'m Value>, inputs: &'m mut Inputs) -> Self {
        let main = named(scenario, "user");
        let cast = match persona {
            Some(_) => Cast::default(),
            None => Cast { user: main.clone(), app: named(scenario, "apps.") },
        };
        inputs.casts.insert(cast.clone());
        let (state, nudge, unseen, last, way) = (None, None, None, None, Some(Vec::new()));
        Self { scenario, contract, persona, main, cast, state, nudge, way, unseen, last, begun: 0, inputs }
    }

    fn mine(mut self) {
        let scenario = self.scenario;
        for (at, step) in scenario.steps.iter().enumerate() {
            match &step.action {
                StepAction::Call(call) => self.call(step, call, &scenario.steps[at + 1..]),
                StepAction::Push { answer, .. } => (self.nudge, self.way) = (Some(Nudge::Push(answer.value)), None),
                StepAction::Advance(by) => (self.nudge, self.way) = (Some(Nudge::Advance(by.value)), None),
                StepAction::Limit(_) | StepAction::Use { .. } => {}
            }
        }
    }

    fn call(&mut self, step: &'m Step, call: &'m Call, then: &'m [Step]) {
        let lifecycle = self.contract.lifecycle_of(&call.operation);
        let shown = lifecycle.and_then(|lifecycle| self.shown(call, lifecycle));
        let statuses: Vec<u16> = call.expect.status.iter().map(|status| status.value).collect();
        let accepts = statuses.iter().filter(|status| **status < 400).count();
        // What may be refused as well is no example of either.
        let succeeds = shown.is_some() || (accepts > 0 && accepts == statuses.len());
        if lifecycle.is_some_and(|lifecycle| lifecycle.read == call.operation.value) {
            self.look(shown);
        }
        let plain = step.bindings.iter().all(|binding| binding.name.contains('@'))
            && call.raw.is_none()
            && call.without.is_empty();
        let input = self.input(call).filter(|_| plain);
        self.go(input.as_ref(), shown, succeeds, lifecycle.is_some());
        if let Some(input) = input {
            if succeeds && !call.invalid {
                self.keep_accepted(input, shown, lifecycle);
            } else if accepts == 0
                && statuses.contains(&400)
                && (call.invalid || self.is_permitted(lifecycle, &call.operation, then))
            {
                keep(self.inputs.refused.entry(call.operation.value.clone()).or_default(), input);
            }
        }
        if lifecycle.is_some() && succeeds {
            (self.state, self.nudge) = (shown, None);
        }
    }

    /// Goes the way on with a request that is accepted; one that was accepted before and is refused now can be had once only.
    fn go(&mut self, input: Option<&Input>, shown: Option<&str>, succeeds: bool, in_lifecycle: bool) {
        let Some((way, input)) = self.way.as_mut().zip(input) else { return self.way = None };
        if succeeds {
            return way.push((input.clone(), shown.map(str::to_owned)));
        }
        let Some(((last, _), before)) = way.split_last().filter(|_| !in_lifecycle) else { return };
        let known = self.inputs.once_only.iter().any(|known| known.request.operation == input.operation);
        if last.sends_the_same(input) && last.operation == input.operation && !known {
            let once = OnceOnly { way: before.to_vec(), request: input.clone(), cast: self.cast.clone() };
            self.inputs.once_only.push(once);
        }
    }

    /// The state that a call expects its answer to show.
    fn shown(&self, call: &'m Call, lifecycle: &Lifecycle) -> Option<&'m str> {
        let named = call.expectations().find_map(|expect| expect.state.as_ref()).map(|state| state.value.as_str());
        let written = || {
            let (_, matcher) = call.expect.body.iter().find(|(pointer, _)| pointer.value == lifecycle.state)?;
            let Matcher::Equals(json) = &matcher.value else { return None };
            match &json.value {
                JsonValue::Template(template) => match resolved(self.scenario, template.whole_path()?, 0)? {
                    Resolved::Json(json) => json.literal_text(),
                    Resolved::Path(_) => None,
                },
                _ => json.literal_text(),
            }
        };
        named.or_else(written)
    }

    fn keep_accepted(&mut self, input: Input, shown: Option<&str>, lifecycle: Option<&Lifecycle>) {
        for name in input.saves.keys().filter(|_| input.needs.is_empty()) {
            self.inputs.savers.entry(name.clone()).or_default().push(input.clone());
        }
        let led_to = shown.into_iter().map(str::to_owned).collect();
        let shows_state = shown.is_some() && self.shows_state(&input.operation);
        let evidence = lifecycle.and_then(|lifecycle| self.led(&input, lifecycle));
        let seen = evidence.clone().zip(shown).map(|(known, to)| Evidence { to: to.to_owned(), ..known });
        let input = Input { led_to, shows_state, evidence: seen.into_iter().collect(), ..input };
        self.unseen = evidence.filter(|_| shown.is_none()).map(|known| (input.clone(), known));
        keep(self.inputs.accepted.entry(input.operation.clone()).or_default(), input);
    }

    /// What is known of what a request of a lifecycle leads to but for the state; `None` where that is too little.
    fn led(&mut self, input: &Input, lifecycle: &Lifecycle) -> Option<Evidence> {
        let begins = lifecycle.initial.contains_key(&input.operation);
        if !begins && !lifecycle.acts(&input.operation) {
            return None;
        }
        self.begun += usize::from(begins);
        let from = self.state.filter(|_| !begins).map(str::to_owned);
        let after = self.last.replace(input.sent()).filter(|_| !begins);
        let known = self.begun == 1 && (begins || from.is_some());
        known.then(|| Evidence { cast: self.cast.clone(), from, to: String::new(), after })
    }

    /// What is seen when somebody looks is what the last request led to, or what has happened since.
    fn look(&mut self, shown: Option<&str>) {
        if let (Some(state), Some(to), Some(nudge)) = (self.state, shown, self.nudge) {
            let followed = Followed { nudge, to: to.to_owned(), cast: self.cast.clone() };
            self.inputs.nudges.entry(state.to_owned()).or_default().push(followed);
        }
        let Some(((input, known), to)) = self.unseen.take().filter(|_| self.nudge.is_none()).zip(shown) else { return };
        let evidence = Evidence { to: to.to_owned(), ..known };
        let same = self.inputs.accepted.get_mut(&input.operation).into_iter().flatten();
        same.filter(|same| same.sends_the_same(&input)).for_each(|same| _ = same.evidence.insert(evidence.clone()));
    }

    /// Whether an answer that was seen to show the state always does: a request that begins a resource says what it wants to
    /// see, and other operations have one kind of answer, or several, which depends on what came before.
    fn shows_state(&self, operation: &str) -> bool {
        let begins = self.contract.lifecycle_of(operation).is_some_and(|known| known.initial.contains_key(operation));
        begins || self.contract.operation(operation).is_some_and(always_shows)
    }

    /// Whether the state permits what is refused; where nothing has shown it before, the next look does, as a refusal changes
    /// nothing.
    fn is_permitted(&self, lifecycle: Option<&Lifecycle>, operation: &str, then: &'m [Step]) -> bool {
        let Some(lifecycle) = lifecycle else { return false };
        let looked_at = || match &then.first()?.action {
            StepAction::Call(next) if next.operation.value == lifecycle.read => self.shown(next, lifecycle),
            _ => None,
        };
        let state = self.state.or_else(looked_at).and_then(|state| lifecycle.states.get(state));
        state.is_some_and(|state| state.permits.contains_key(operation))
    }

    /// The request of a call, in the words of a persona; `None` where it needs what a walk does not have.
    fn input(&self, call: &Call) -> Option<Input> {
        let operation = self.contract.operation(&call.operation)?;
        let lifecycle =
            self.contract.lifecycle_of(&operation.name).filter(|known| !known.initial.contains_key(&operation.name));
        let id = lifecycle.and_then(|known| id_parameter(operation, known, self.contract));
        let (needs, names_somebody) = (RefCell::new(BTreeSet::new()), Cell::new(false));
        let path: &dyn Fn(&str) -> Option<Instead> = &|path: &str| {
            let instead = self.path(path, &needs);
            let is_somebody = matches!(&instead, Some(Instead::Path(path)) if belongs_to(path).is_some());
            names_somebody.set(names_somebody.get() || is_somebody);
            instead
        };
        let map = |bindings: &[Binding]| -> Option<Map<String, Value>> {
            let other = bindings.iter().filter(|binding| Some(&binding.name.value) != id.as_ref());
            other.map(|binding| Some((binding.name.value.clone(), binding.value.rewritten(path)?))).collect()
        };
        let body = match &call.body {
            Some(body) => Some(body.rewritten(path)?),
            None => None,
        };
        let begun =
            self.contract.lifecycle_of(&operation.name).filter(|known| known.initial.contains_key(&operation.name));
        let name = |name: &str| begun.map_or_else(|| name.to_owned(), |begun| begun.name.clone());
        let saves = call.saves.iter().map(|save| (name(&save.name.value), save_as_written(&save.from)));
        let saves = saves.take(if begun.is_some() { 1 } else { usize::MAX });
        let (at, query, headers, cookies) =
            (map(&call.path)?, map(&call.query)?, map(&call.headers)?, map(&call.cookies)?);
        let input =
            Input { operation: operation.name.clone(), path: at, query, headers, cookies, body, ..Input::default() };
        let invalid = call.invalid;
        let (needs, names_somebody) = (needs.into_inner(), names_somebody.get());
        let casts = BTreeSet::from([self.cast.clone()]);
        Some(Input { invalid, saves: saves.collect(), needs, casts, names_somebody, seen: 1, ..input })
    }

    /// What stands for a path in the words of a persona. What is no fact has to be saved before.
    fn path(&self, path: &str, needs: &RefCell<BTreeSet<String>>) -> Option<Instead> {
        let path = match resolved(self.scenario, path, 0)? {
            Resolved::Path(path) => path,
            Resolved::Json(json) => {
                return json.rewritten(&|path: &str| self.path(path, needs)).map(Instead::Value);
            }
        };
        let name = root(&path);
        if !FACTS.contains(&name) {
            let mut calls = self.scenario.calls();
            let saver = calls.find(|call| call.saves.iter().any(|save| save.name.value == name))?;
            let begun = self.contract.lifecycle_of(&saver.operation);
            if let Some(begun) = begun.filter(|begun| begun.initial.contains_key(&saver.operation.value)) {
                // A walk keeps the id of what it began, which scenarios save first, and nothing else of the answer.
                let is_id = saver.saves.first().is_some_and(|save| save.name.value == name);
                return is_id.then(|| Instead::Path(begun.name.clone()));
            }
            needs.borrow_mut().insert(name.to_owned());
            return Some(Instead::Path(path));
        }
        self.fact(path).map(Instead::Path)
    }

    /// The fact of a persona that stands for another.
    fn fact(&self, path: String) -> Option<String> {
        let Some(persona) = self.persona else { return Some(path) };
        match belongs_to(&path) {
            Some((owner, rest)) if owner.starts_with("apps.") || self.main.as_ref() == Some(&owner) => {
                of_persona(persona, &owner, &rest)
            }
            _ => Some(path),
        }
    }
}

/// Whom a scenario is about, or in which application: the first of the kind that it names.
fn named(scenario: &Scenario, kind: &str) -> Option<String> {
    let placeholders = scenario.steps.iter().flat_map(Step::placeholders);
    let paths = placeholders.filter_map(|placeholder| match resolved(scenario, placeholder.kind.path()?, 0)? {
        Resolved::Path(path) => Some(path),
        Resolved::Json(_) => None,
    });
    paths.filter_map(|path| Some(belongs_to(&path)?.0)).find(|owner| owner.starts_with(kind))
}

/// Adds a request, or counts it again.
fn keep(known: &mut Vec<Input>, input: Input) {
    match known.iter_mut().find(|known| known.sends_the_same(&input)) {
        Some(known) => {
            known.seen += 1;
            known.led_to.extend(input.led_to);
            known.casts.extend(input.casts);
            known.evidence.extend(input.evidence);
            known.shows_state |= input.shows_state;
            if known.saves.is_empty() {
                known.saves = input.saves;
            }
        }
        None => known.push(input),
    }
}

/// What a path leads to.
enum Resolved<'s> {
    /// A fact, or a saved value.
    Path(String),
    /// What the scenario itself says.
    Json(&'s Json),
}

/// What a path leads to once variables, parameters and rows are followed.
fn resolved<'s>(scenario: &'s Scenario, path: &str, depth: usize) -> Option<Resolved<'s>> {
    let bound = scenario.bindings.iter().chain(scenario.steps.iter().flat_map(|step| &step.bindings));
    let value = match root(path) {
        ROW => scenario.row.as_ref(),
        name => bound.filter(|binding| binding.name.value == name).map(|binding| &binding.value).next(),
    };
    let Some(mut value) = value else { return Some(Resolved::Path(path.to_owned())) };
    let mut steps = segments(path).skip(1);
    loop {
        match &value.value {
            JsonValue::Template(template) if depth < 8 && template.whole_path().is_some() => {
                let whole = template.whole_path()?.to_owned();
                return resolved(scenario, &steps.fold(whole, |path, step| appended(&path, step)), depth + 1);
            }
            JsonValue::Object(entries) => match steps.next() {
                Some(step) => value = &entries.iter().find(|(key, _)| key.value == step)?.1,
                None => return Some(Resolved::Json(value)),
            },
            _ => return steps.next().is_none().then_some(Resolved::Json(value)),
        }
    }
}

/// Whose a fact is, and what is below: `users.mobile` and `device.id`.
fn belongs_to(path: &str) -> Option<(String, Vec<String>)> {
    let mut steps = segments(path).map(str::to_owned);
    let owner = match steps.next()?.as_str() {
        "user" => "user".to_owned(),
        group @ ("users" | "apps") => format!("{group}.{}", steps.next()?),
        _ => return None,
    };
    Some((owner, steps.collect()))
}

/// The same fact of a persona: of its application, or of the user, who has a device of every kind.
fn of_persona(persona: &Value, owner: &str, rest: &[String]) -> Option<String> {
    let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
    if owner.starts_with("apps.") {
        let path = rest.iter().fold("persona.app".to_owned(), |path, step| appended(&path, step));
        return follow(persona.get("app")?, rest.into_iter()).is_ok().then_some(path);
    }
    let user = persona.get("user")?;
    let kind = owner.strip_prefix("users.").filter(|kind| user.pointer(&format!("/devices/{kind}")).is_some());
    let steps = match (kind, rest.split_first()) {
        (Some(kind), Some((&"device", below))) => [&["devices", kind], below].concat(),
        _ => rest,
    };
    let path = steps.iter().fold("persona.user".to_owned(), |path, step| appended(&path, step));
    follow(user, steps.into_iter()).is_ok().then_some(path)
}

fn save_as_written(from: &SaveFrom) -> Value {
    match from {
        SaveFrom::Body(pointer) => json!(pointer),
        SaveFrom::Header { name, capture: None } => json!({ "header": name }),
        SaveFrom::Header { name, capture: Some(pattern) } => json!({ "header": name, "capture": pattern.as_str() }),
    }
}
