//! The requests by which actions succeed and are refused, mined from scenarios.
//!
//! Whoever the scenario is about becomes the persona; what another step has to supply first comes along. Deliberately not
//! here: which of them a walk sends.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::input::{Input, id_parameter};
use super::samples::{always_shows, sample};
use crate::contract::{Contract, Lifecycle};
use crate::scenario::model::{
    Binding, Call, Json, JsonValue, Matcher, PushAnswer, SaveFrom, Scenario, Step, StepAction,
};
use crate::scenario::template::{FACTS, Instead, ROW, appended, follow, root, segments};

/// What happens beside requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nudge {
    /// A push is answered.
    Push(PushAnswer),
    /// Time passes.
    Advance(Duration),
}

/// How a value begins that is a passcode which somebody was sent.
const READS_A_PASSCODE: &str = "{{otp ";

/// A request that is accepted once, and then refused.
#[derive(Debug, Clone)]
pub(crate) struct OnceOnly {
    /// What leads there: each request, with the state that its answer shows.
    pub(crate) way: Vec<(Input, Option<String>)>,
    /// The request.
    pub(crate) request: Input,
}

/// How long is waited where nobody knows better: longer than pushes wait, shorter than resources live.
const A_WHILE: Nudge = Nudge::Advance(Duration::from_secs(180));

/// All that was mined.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    accepted: HashMap<String, Vec<Input>>,
    refused: HashMap<String, Vec<Input>>,
    /// The request that saves a name.
    savers: BTreeMap<String, Input>,
    /// The states that refusals lead to: who wants to get on does not ask for them.
    failures: BTreeSet<String>,
    /// What can be had once only, though no lifecycle says so.
    pub(crate) once_only: Vec<OnceOnly>,
    /// Whether the target supplies strangers, with what they could try.
    pub(crate) has_strangers: bool,
    /// What made one state follow another without a request.
    nudges: HashMap<String, Vec<(Nudge, String)>>,
}

impl Inputs {
    /// Mines scenarios. `persona` holds the facts of a persona, where the target can be asked for one.
    pub(crate) fn mined<'s>(
        scenarios: impl IntoIterator<Item = &'s Scenario>,
        contract: &Contract,
        persona: Option<&Value>,
    ) -> Self {
        let states = contract.lifecycles().iter().flat_map(|lifecycle| &lifecycle.states);
        let rejections = states.flat_map(|(name, state)| {
            let led = state.permits.values().flat_map(|next| &next.rejection);
            led.filter(move |to| *to != name)
        });
        let has_strangers = persona.is_some_and(|persona| persona["others"].is_object());
        let mut inputs = Self { failures: rejections.cloned().collect(), has_strangers, ..Self::default() };
        for scenario in scenarios {
            let main = Miner::main_user(scenario);
            let miner = Miner {
                scenario,
                contract,
                persona,
                main,
                state: None,
                nudge: None,
                way: Some(Vec::new()),
                inputs: &mut inputs,
            };
            miner.mine();
        }
        inputs.settle();
        inputs.guess(contract);
        inputs
    }

    /// The request by which an action leads to a state: one that has led there, else the one that has led furthest.
    pub(crate) fn accepted(&self, operation: &str, to: &str) -> Option<&Input> {
        let known = self.accepted.get(operation)?;
        let reach = |input: &Input| input.led_to.iter().filter(|state| !self.failures.contains(*state)).count();
        known.iter().find(|input| input.led_to.contains(to)).or_else(|| {
            let furthest = known.iter().map(reach).max()?;
            known.iter().find(|input| reach(input) == furthest)
        })
    }

    /// A request of an action that is not permitted: right but for the state, where that needs no code that nobody was sent.
    pub(crate) fn out_of_turn(&self, operation: &str) -> Option<&Input> {
        let known = self.accepted.get(operation)?;
        known.iter().find(|input| !input.reads_a_code()).or_else(|| self.refused(operation)).or_else(|| known.first())
    }

    /// A request of an action that is right, where it may be one that reads a code, to break it.
    pub(crate) fn to_break(&self, operation: &str) -> Option<&Input> {
        let reads =
            |input: &&Input| input.body.as_ref().is_some_and(|body| body.to_string().contains(READS_A_PASSCODE));
        let known = self.accepted.get(operation)?;
        known.iter().find(reads).or_else(|| self.out_of_turn(operation))
    }

    /// A request that a permitted action refuses.
    pub(crate) fn refused(&self, operation: &str) -> Option<&Input> {
        self.refused.get(operation)?.first()
    }

    /// The request that saves a name.
    pub(crate) fn saver(&self, name: &str) -> Option<&Input> {
        self.savers.get(name)
    }

    /// Whether one state has followed another without a request.
    pub(crate) fn has_seen(&self, from: &str, to: &str) -> bool {
        self.nudges.get(from).is_some_and(|known| known.iter().any(|(_, led)| led == to))
    }

    /// What has to happen so that one state follows another.
    pub(crate) fn nudge(&self, from: &str, to: &str) -> Nudge {
        let known = self.nudges.get(from).map_or(&[][..], Vec::as_slice);
        let exact = known.iter().find(|(_, led)| led == to);
        let reach = |nudge: Nudge| known.iter().filter(|(other, _)| *other == nudge).count();
        let furthest = || known.iter().rev().max_by_key(|(nudge, _)| reach(*nudge));
        exact.or_else(furthest).map_or(A_WHILE, |(nudge, _)| *nudge)
    }

    /// Makes requests from the contract where no scenario has one.
    fn guess(&mut self, contract: &Contract) {
        for lifecycle in contract.lifecycles() {
            let acting = lifecycle.states.values().flat_map(|state| state.permits.keys());
            let unknown = lifecycle.initial.keys().chain(acting).filter(|name| !self.accepted.contains_key(*name));
            for name in unknown.collect::<BTreeSet<_>>() {
                let made = contract.operation(name).and_then(|operation| sample(operation, lifecycle, contract));
                self.accepted.extend(made.map(|input| (name.clone(), vec![input])));
            }
        }
    }

    /// Puts what is sent most often first; what is accepted somewhere is no example of a refusal.
    fn settle(&mut self) {
        let order = |input: &Input| {
            (input.invalid, std::cmp::Reverse(input.seen), json!([input.body, input.query]).to_string())
        };
        for (operation, refused) in &mut self.refused {
            let accepted = self.accepted.get(operation).map_or(&[][..], Vec::as_slice);
            refused.retain(|input| !accepted.iter().any(|known| known.sends_the_same(input)));
        }
        self.accepted.values_mut().chain(self.refused.values_mut()).for_each(|known| known.sort_by_cached_key(order));
    }
}

struct Miner<'m> {
    scenario: &'m Scenario,
    contract: &'m Contract,
    persona: Option<&'m Value>,
    /// Whom the scenario is about.
    main: Option<String>,
    /// The state that was shown last.
    state: Option<&'m str>,
    /// What happened since beside requests.
    nudge: Option<Nudge>,
    /// The requests so far that were accepted, as long as all that happened is requests.
    way: Option<Vec<(Input, Option<String>)>>,
    inputs: &'m mut Inputs,
}

impl<'m> Miner<'m> {
    fn mine(mut self) {
        let scenario = self.scenario;
        for step in &scenario.steps {
            match &step.action {
                StepAction::Call(call) => self.call(step, call),
                StepAction::Push { answer, .. } => (self.nudge, self.way) = (Some(Nudge::Push(answer.value)), None),
                StepAction::Advance(by) => (self.nudge, self.way) = (Some(Nudge::Advance(by.value)), None),
                StepAction::Limit(_) | StepAction::Use { .. } => {}
            }
        }
    }

    fn call(&mut self, step: &'m Step, call: &'m Call) {
        let lifecycle = self.contract.lifecycle_of(&call.operation);
        let shown = lifecycle.and_then(|lifecycle| self.shown(call, lifecycle));
        let statuses: Vec<u16> = call.expect.status.iter().map(|status| status.value).collect();
        let succeeds = shown.is_some() || statuses.iter().any(|status| (200..400).contains(status));
        if let (Some(state), Some(to), Some(nudge)) = (self.state, shown, self.nudge)
            && lifecycle.is_some_and(|lifecycle| lifecycle.read == call.operation.value)
        {
            self.inputs.nudges.entry(state.to_owned()).or_default().push((nudge, to.to_owned()));
        }
        let plain = step.bindings.iter().all(|binding| binding.name.contains('@'))
            && call.raw.is_none()
            && call.without.is_empty();
        let input = self.input(call).filter(|_| plain);
        self.go(input.as_ref(), shown, succeeds, lifecycle.is_some());
        if let Some(input) = input {
            if succeeds && !call.invalid {
                self.keep_accepted(input, shown);
            } else if statuses.contains(&400) && (call.invalid || self.is_permitted(lifecycle, &call.operation)) {
                keep(self.inputs.refused.entry(call.operation.value.clone()).or_default(), input);
            }
        }
        if shown.is_some() || succeeds {
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
            let once = OnceOnly { way: before.to_vec(), request: input.clone() };
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

    fn keep_accepted(&mut self, input: Input, shown: Option<&str>) {
        for name in input.saves.keys().filter(|_| input.needs.is_empty()) {
            self.inputs.savers.entry(name.clone()).or_insert_with(|| input.clone());
        }
        let led_to = shown.into_iter().map(str::to_owned).collect();
        let shows_state = shown.is_some() && self.shows_state(&input.operation);
        let input = Input { led_to, shows_state, ..input };
        keep(self.inputs.accepted.entry(input.operation.clone()).or_default(), input);
    }

    /// Whether an answer that was seen to show the state always does: a request that begins a resource says what it wants to
    /// see, and other operations have one kind of answer, or several, which depends on what came before.
    fn shows_state(&self, operation: &str) -> bool {
        let begins = self.contract.lifecycle_of(operation).is_some_and(|known| known.initial.contains_key(operation));
        begins || self.contract.operation(operation).is_some_and(always_shows)
    }

    fn is_permitted(&self, lifecycle: Option<&Lifecycle>, operation: &str) -> bool {
        let state = lifecycle.zip(self.state).and_then(|(lifecycle, state)| lifecycle.states.get(state));
        state.is_some_and(|state| state.permits.contains_key(operation))
    }

    /// The request of a call, in the words of a persona; `None` where it needs what a walk does not have.
    fn input(&self, call: &Call) -> Option<Input> {
        let operation = self.contract.operation(&call.operation)?;
        let lifecycle =
            self.contract.lifecycle_of(&operation.name).filter(|known| !known.initial.contains_key(&operation.name));
        let id = lifecycle.and_then(|known| id_parameter(operation, known, self.contract));
        let needs = RefCell::new(BTreeSet::new());
        let path: &dyn Fn(&str) -> Option<Instead> = &|path: &str| self.path(path, &needs);
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
        Some(Input { invalid, saves: saves.collect(), needs: needs.into_inner(), seen: 1, ..input })
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
                return Some(Instead::Path(begun.name.clone()));
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

    /// Whom a scenario is about: the first whom it names.
    fn main_user(scenario: &Scenario) -> Option<String> {
        let placeholders = scenario.steps.iter().flat_map(Step::placeholders);
        let paths = placeholders.filter_map(|placeholder| match resolved(scenario, placeholder.kind.path()?, 0)? {
            Resolved::Path(path) => Some(path),
            Resolved::Json(_) => None,
        });
        paths.filter_map(|path| Some(belongs_to(&path)?.0)).find(|owner| owner.starts_with("user"))
    }
}

/// Adds a request, or counts it again.
fn keep(known: &mut Vec<Input>, input: Input) {
    match known.iter_mut().find(|known| known.sends_the_same(&input)) {
        Some(known) => {
            known.seen += 1;
            known.led_to.extend(input.led_to);
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
