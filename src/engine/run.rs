//! Runs a plan step by step: render, send, judge, save, until all is done or something ends it.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use serde_json::Value;
use uuid::Uuid;

use super::cookies::Cookies;
use super::plan::{Plan, Planned, PlannedStep};
use super::real_tenant::NotOpened;
use super::request::{Ready, RequestError, Sendable, Wanted};
use super::secrets;
use super::target::{OutOfBandError, Session, Target};
use super::values::{Scope, ValueError};
use crate::checks::expectation::{self, ExpectedSequence};
use crate::checks::{self, Case, Judgement, Observation};
use crate::client::{CallError, Transport};
use crate::contract::Contract;
use crate::record::journal::StepOutcome;
use crate::record::redaction::Secrets;
use crate::record::{Exchange, Finding, Level, Place, Verdict};
use crate::scenario::model::{Call, Expectation, Json, Matcher, Repeat, Save, SaveFrom, Sequence};
use crate::scenario::template::Values;
use crate::source::{Span, Spanned};

/// What scenarios are run with.
pub struct Runner<'a> {
    /// What is promised.
    pub contract: &'a Contract,
    /// Where requests go.
    pub target: &'a Target,
    /// How they get there.
    pub transport: &'a Transport,
    /// The seed of everything made up.
    pub seed: u64,
    /// When the whole run must be over.
    pub deadline: Option<Instant>,
}

/// What came of a scenario.
#[derive(Debug)]
pub struct Run {
    /// What it came to.
    pub verdict: Verdict,
    /// Why it did not pass.
    pub reason: Option<String>,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// How long it took.
    pub duration: Duration,
    /// How far each step came.
    pub steps: Vec<StepRun>,
    /// The exchanges in order.
    pub history: Vec<Observation>,
    /// What the checks found.
    pub findings: Vec<Finding>,
    /// How often each check was evaluated, and how often it could not be; in the order of the registry.
    pub tally: Vec<(usize, usize)>,
    /// The sequences that the scenario asks for.
    pub expected: Vec<ExpectedSequence>,
    /// What must never be written in clear.
    pub secrets: Secrets,
}

/// How far a step came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepRun {
    /// How far it came.
    pub outcome: StepOutcome,
    /// The status of its last answer.
    pub status: Option<u16>,
}

/// What ends a scenario before its last step.
enum Stop {
    /// A finding that denies.
    Violated,
    /// Nobody can tell.
    Errored(String),
}

impl Run {
    /// A scenario that does not run, and why.
    pub fn skipped(steps: usize, reason: impl Into<String>) -> Self {
        Self { verdict: Verdict::Skipped, reason: Some(reason.into()), ..Self::begun(steps) }
    }

    /// A scenario that could not even begin, and why.
    pub fn errored(reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..Self::begun(0) }
    }

    fn begun(steps: usize) -> Self {
        Self {
            verdict: Verdict::Errored,
            reason: None,
            started_at: Utc::now(),
            duration: Duration::ZERO,
            steps: vec![StepRun { outcome: StepOutcome::NotRun, status: None }; steps],
            history: Vec::new(),
            findings: Vec::new(),
            tally: vec![(0, 0); checks::CHECKS.len()],
            expected: Vec::new(),
            secrets: Secrets::default(),
        }
    }

    fn denies(&self) -> bool {
        self.findings.iter().any(|finding| finding.level == Level::Deny)
    }
}

impl Runner<'_> {
    /// Runs a plan in a session of its own.
    pub async fn run(&self, plan: &Plan<'_>) -> Run {
        let clock = Instant::now();
        let mut run = match self.open(plan).await {
            Ok(session) => {
                let mut run = self.run_in(&session, plan).await;
                if let Err(error) = session.close().await {
                    run.reason.get_or_insert(format!("the session could not be given back: {error}"));
                }
                run
            }
            Err(NotOpened::Skipped(reason)) => Run::skipped(plan.steps.len(), reason),
            Err(NotOpened::Errored(reason)) => Run { reason: Some(reason), ..Run::begun(plan.steps.len()) },
        };
        run.duration = clock.elapsed();
        run
    }

    /// Opens a session; waiting for users who are lent to others ends with the run.
    async fn open(&self, plan: &Plan<'_>) -> Result<Session, NotOpened> {
        let opened = self.target.open(self.transport, plan.scenario, self.contract);
        let Some(deadline) = self.deadline else { return opened.await };
        let late =
            || NotOpened::Skipped("not run: the deadline of the run passed while it waited for its users".into());
        tokio::time::timeout_at(deadline.into(), opened).await.unwrap_or_else(|_| Err(late()))
    }

    async fn run_in(&self, session: &Session, plan: &Plan<'_>) -> Run {
        let missing = missing_needs(session, plan);
        if !missing.is_empty() {
            return Run::skipped(plan.steps.len(), format!("the target does not supply {}", missing.join(", ")));
        }
        let mut progress = Progress::new(self, session, plan);
        let ended = match self.deadline {
            Some(deadline) => {
                let steps = progress.steps();
                tokio::time::timeout_at(deadline.into(), steps)
                    .await
                    .unwrap_or_else(|_| Err(Stop::Errored("the deadline of the run passed".into())))
            }
            None => progress.steps().await,
        };
        progress.finish(ended)
    }
}

fn missing_needs(session: &Session, plan: &Plan<'_>) -> Vec<String> {
    let facts = Values { facts: session.facts(), ..Values::default() };
    let supplied = |need: &str| !matches!(facts.find(need), None | Some(Value::Null | Value::Bool(false)));
    let needs = plan.scenario.needs.iter().filter(|need| !supplied(need));
    needs.map(|need| format!("`{}`", need.value)).collect()
}

/// A scenario on its way.
struct Progress<'a> {
    runner: &'a Runner<'a>,
    session: &'a Session,
    plan: &'a Plan<'a>,
    scope: Scope<'a>,
    cookies: Cookies,
    run: Run,
    at: usize,
}

impl<'a> Progress<'a> {
    fn new(runner: &'a Runner<'a>, session: &'a Session, plan: &'a Plan<'a>) -> Self {
        let seed = Uuid::new_v5(&Uuid::from_u64_pair(runner.seed, 0), plan.scenario.name.as_bytes());
        let mut run = Run::begun(plan.steps.len());
        session.secrets().into_iter().for_each(|(name, value)| run.secrets.learn(name, value));
        Self { runner, session, plan, scope: Scope::new(session, seed), cookies: Cookies::default(), run, at: 0 }
    }

    async fn steps(&mut self) -> Result<(), Stop> {
        let plan = self.plan;
        if let Some(row) = &plan.scenario.row {
            let row = self.json(row).await?;
            self.scope.set("row", row);
        }
        self.scope.bind(&plan.scenario.bindings).await.map_err(errored)?;
        for (at, step) in plan.steps.iter().enumerate() {
            self.at = at;
            let ended = self.step(step).await;
            self.run.steps[at].outcome = match &ended {
                Ok(()) => StepOutcome::Held,
                Err(Stop::Violated) => StepOutcome::Violated,
                Err(Stop::Errored(_)) => StepOutcome::Errored,
            };
            ended?;
        }
        self.conclude().await
    }

    async fn step(&mut self, planned: &PlannedStep<'a>) -> Result<(), Stop> {
        self.scope.bind(&planned.step.bindings).await.map_err(errored)?;
        match planned.action {
            Planned::Call { call, operation, promised } => {
                let cookies = std::mem::take(&mut self.cookies);
                let wanted = Wanted { call, operation, promised, cookies: &cookies };
                let ready = wanted.ready(&mut self.scope, self.runner.transport).await;
                self.cookies = cookies;
                self.call(call, ready.map_err(unready)?).await
            }
            Planned::Push { user, answer } => {
                let user = self.scope.render(user).await.map_err(errored)?;
                let user = user.as_str().or_else(|| user.get("id").and_then(Value::as_str)).unwrap_or_default();
                self.session.push(user, answer).await.map_err(|error| out_of_band(&error, &planned.step.span))
            }
            Planned::Advance(by) => {
                self.session.advance(by).await.map_err(|error| out_of_band(&error, &planned.step.span))
            }
            Planned::Limit(requests) => {
                self.session.limit(requests).await.map_err(|error| out_of_band(&error, &planned.step.span))
            }
        }
    }

    async fn call(&mut self, call: &'a Call, mut ready: Ready) -> Result<(), Stop> {
        match &call.repeat {
            Some(repeat) => self.repeat(call, repeat, &mut ready).await?,
            None => {
                self.exchange(call, &mut ready).await?;
                let expectation = self.rendered(&call.expect).await?;
                self.judge(Some(&expectation))?;
            }
        }
        for save in &call.saves {
            self.save(save)?;
        }
        Ok(())
    }

    /// Sends the call until its answer is as wanted; only that answer is held against `expect`.
    async fn repeat(&mut self, call: &'a Call, repeat: &Repeat, ready: &mut Ready) -> Result<(), Stop> {
        let until = self.rendered(&repeat.until).await?;
        let first = self.run.history.len();
        for attempt in 1..=repeat.at_most {
            self.exchange(call, ready).await?;
            if self.case(None).is_some_and(|case| expectation::unmet(&until, &case).is_empty()) {
                let expectation = self.rendered(&call.expect).await?;
                return self.judge(Some(&expectation));
            }
            self.judge(None)?;
            if attempt < repeat.at_most {
                tokio::time::sleep(repeat.every).await;
            }
        }
        let seen = seen_states(self.runner.contract, &self.run.history[first..]);
        let message = format!("`until` did not hold within {} calls; seen: {seen}", repeat.at_most);
        self.violated(message, &repeat.span)
    }

    /// Sends the call. A 401 to the engine's own token says that the call was not processed: it is sent once more, with
    /// another token, unless the scenario waits for just that answer (Q06).
    async fn exchange(&mut self, call: &Call, ready: &mut Ready) -> Result<(), Stop> {
        self.send(call, ready).await?;
        let Some(refused) = ready.token.clone().filter(|_| self.was_refused() && !expects_refusal(call)) else {
            return Ok(());
        };
        let other = self.session.token_instead_of(refused.expose_secret()).await;
        let Some(other) = other.map_err(|error| Stop::Errored(error.to_string()))? else { return Ok(()) };
        ready.renew(other);
        self.send(call, ready).await?;
        if self.was_refused() {
            let reason = "authentication: the tenant refused a token that it had just issued (401, twice)";
            return Err(Stop::Errored(reason.into()));
        }
        Ok(())
    }

    fn was_refused(&self) -> bool {
        self.run.history.last().and_then(|last| last.exchange.response()).is_some_and(|answer| answer.status == 401)
    }

    async fn send(&mut self, call: &Call, ready: &Ready) -> Result<(), Stop> {
        let began = Utc::now();
        if let Some(token) = &ready.token {
            self.run.secrets.learn("access-token", token.expose_secret());
        }
        let sent = match &ready.request {
            Sendable::Typed(request) => self.runner.transport.send_typed(request).await,
            Sendable::Raw(request) => self.runner.transport.send_raw(request.clone()).await,
        };
        let sent = sent.map_err(|error| not_sent(&error, call))?;
        let exchange = Exchange { operation: Some(call.operation.value.clone()), step: self.at, ..sent };
        let observation = Observation::from(exchange);
        secrets::learn(&mut self.run.secrets, self.runner.contract, &observation);
        for (name, value) in self.scope.learned.drain(..) {
            self.run.secrets.learn(name, &value);
        }
        let lost = observation.exchange.outcome.as_ref().err().map(|error| format!("no answer: {error}"));
        if let Some(response) = observation.exchange.response() {
            self.cookies.take(&response.headers);
            self.run.steps[self.at].status = Some(response.status);
            if observation.exchange.request.method != "GET" && (200..300).contains(&response.status) {
                self.session.asked_at(began);
            }
        }
        self.run.history.push(observation);
        lost.map_or(Ok(()), |reason| Err(Stop::Errored(reason)))
    }

    fn case<'c>(&'c self, expectation: Option<&'c Expectation<Value>>) -> Option<Case<'c>> {
        Case::new(self.runner.contract, &self.run.history, expectation)
    }

    fn judge(&mut self, expectation: Option<&Expectation<Value>>) -> Result<(), Stop> {
        let Some(judgement) = self.case(expectation).map(|case| checks::judge(&case, &self.plan.levels)) else {
            return Ok(());
        };
        let denies = judgement.denies();
        self.count(&judgement);
        let place = &self.plan.steps[self.at].step.span;
        let placed = judgement
            .findings
            .into_iter()
            .map(|finding| Finding { place: finding.place.or_else(|| Some(Place::from(place))), ..finding });
        self.run.findings.extend(placed);
        if denies { Err(Stop::Violated) } else { Ok(()) }
    }

    fn count(&mut self, judgement: &Judgement) {
        for (check, (evaluated, not_evaluated)) in checks::CHECKS.iter().zip(&mut self.run.tally) {
            *evaluated += usize::from(judgement.evaluated.contains(&check.id));
            *not_evaluated += usize::from(judgement.not_evaluated.contains(&check.id));
        }
    }

    fn save(&mut self, save: &Save) -> Result<(), Stop> {
        let observation = self.run.history.last();
        let found = observation.and_then(|observation| match &save.from {
            SaveFrom::Body(pointer) => observation.body.value()?.pointer(pointer).cloned(),
            SaveFrom::Header { name, capture } => {
                let text = observation.exchange.response()?.headers.get(name)?;
                cut_out(&text, capture.as_ref()).map(Value::from)
            }
        });
        match found {
            Some(value) if !value.is_null() => {
                self.scope.set(&save.name, value);
                Ok(())
            }
            _ => self.violated(format!("there is nothing to save as `{}`", save.name.value), &save.span),
        }
    }

    /// What the scenario asks of the whole, once all steps are done.
    async fn conclude(&mut self) -> Result<(), Stop> {
        self.run.expected = self.expected_sequences().await?;
        let traces = checks::traces(self.runner.contract, &self.run.history);
        let mut findings = expectation::unmet_sequences(&self.run.expected, &traces);
        let statuses: Vec<u16> = self.run.steps.iter().filter_map(|step| step.status).collect();
        let expected = self.plan.scenario.statuses.as_ref();
        findings.extend(expected.and_then(|expected| expectation::unmet_statuses(expected, &statuses)));
        let denies = !findings.is_empty();
        self.run.findings.extend(findings);
        if denies { Err(Stop::Violated) } else { Ok(()) }
    }

    async fn expected_sequences(&mut self) -> Result<Vec<ExpectedSequence>, Stop> {
        let plain = |states: &Spanned<Vec<Spanned<String>>>| {
            states.clone().map(|states| states.into_iter().map(|state| state.value).collect())
        };
        Ok(match &self.plan.scenario.sequence {
            None => Vec::new(),
            Some(Sequence::Only(states)) => vec![ExpectedSequence { resource: None, states: plain(states) }],
            Some(Sequence::ByVariable(each)) => each
                .iter()
                .map(|(variable, states)| {
                    let id = self.scope.values.find(variable).and_then(Value::as_str).unwrap_or_default().to_owned();
                    ExpectedSequence { resource: Some(id), states: plain(states) }
                })
                .collect(),
        })
    }

    async fn rendered(&mut self, expectation: &Expectation) -> Result<Expectation<Value>, Stop> {
        let mut headers = Vec::with_capacity(expectation.headers.len());
        for (name, matcher) in &expectation.headers {
            headers.push((name.clone(), self.matcher(matcher).await?));
        }
        let mut body = Vec::with_capacity(expectation.body.len());
        for (pointer, matcher) in &expectation.body {
            body.push((pointer.clone(), self.matcher(matcher).await?));
        }
        Ok(Expectation {
            status: expectation.status.clone(),
            state: expectation.state.clone(),
            media_type: expectation.media_type.clone(),
            headers,
            body,
            error: expectation.error.clone(),
        })
    }

    async fn matcher(&mut self, matcher: &Spanned<Matcher>) -> Result<Spanned<Matcher<Value>>, Stop> {
        let rendered = match &matcher.value {
            Matcher::Equals(json) => Matcher::Equals(self.json(json).await?),
            Matcher::Not(json) => Matcher::Not(self.json(json).await?),
            Matcher::Contains(json) => Matcher::Contains(self.json(json).await?),
            Matcher::OneOf(list) => {
                let mut values = Vec::with_capacity(list.len());
                for json in list {
                    values.push(self.json(json).await?);
                }
                Matcher::OneOf(values)
            }
            Matcher::Matches(pattern) => Matcher::Matches(pattern.clone()),
            Matcher::Length(length) => Matcher::Length(*length),
            Matcher::Type(kind) => Matcher::Type(*kind),
            Matcher::Absent => Matcher::Absent,
            Matcher::Present => Matcher::Present,
            Matcher::GreaterThan(limit) => Matcher::GreaterThan(limit.clone()),
            Matcher::LessThan(limit) => Matcher::LessThan(limit.clone()),
        };
        Ok(Spanned::new(rendered, matcher.span.clone()))
    }

    async fn json(&mut self, json: &Json) -> Result<Value, Stop> {
        self.scope.render(json).await.map_err(errored)
    }

    fn violated(&mut self, message: String, place: &Span) -> Result<(), Stop> {
        self.run.findings.push(Finding {
            check: expectation::CHECK.id.into(),
            level: Level::Deny,
            message,
            operation: self.run.history.last().and_then(|observation| observation.exchange.operation.clone()),
            pointer: None,
            expected: None,
            actual: None,
            promise: None,
            requirements: Vec::new(),
            exchange: self.run.history.len().checked_sub(1),
            place: Some(Place::from(place)),
        });
        Err(Stop::Violated)
    }

    fn finish(self, ended: Result<(), Stop>) -> Run {
        let mut run = self.run;
        (run.verdict, run.reason) = match ended {
            Ok(()) if run.denies() => (Verdict::Failed, None),
            Ok(()) => (Verdict::Passed, None),
            Err(Stop::Violated) => (Verdict::Failed, None),
            Err(Stop::Errored(reason)) => (Verdict::Errored, Some(reason)),
        };
        if run.verdict == Verdict::Failed {
            let first = run.findings.iter().find(|finding| finding.level == Level::Deny);
            run.reason = first.map(|finding| format!("{}: {}", finding.check, finding.message));
        }
        run
    }
}

/// Whether a scenario waits for a 401: then it is an answer like any other.
fn expects_refusal(call: &Call) -> bool {
    let until = call.repeat.iter().flat_map(|repeat| &repeat.until.status);
    call.expect.status.iter().chain(until).any(|status| status.value == 401)
}

/// The first group of a pattern in a text, or all that it matches; without a pattern the text itself.
fn cut_out(text: &str, capture: Option<&regex::Regex>) -> Option<String> {
    let Some(pattern) = capture else { return Some(text.to_owned()) };
    let groups = pattern.captures(text)?;
    groups.get(1).or_else(|| groups.get(0)).map(|group| group.as_str().to_owned())
}

/// The distinct states of a polling loop, with how often each was seen (Q03).
fn seen_states(contract: &Contract, history: &[Observation]) -> String {
    let mut counts: indexmap::IndexMap<String, usize> = indexmap::IndexMap::new();
    for observation in history {
        let state = observation.resource(contract).map(|(_, _, state)| state.to_owned());
        let status =
            || observation.exchange.response().map_or("no answer".into(), |response| response.status.to_string());
        *counts.entry(state.unwrap_or_else(status)).or_default() += 1;
    }
    counts.iter().map(|(state, count)| format!("{state} × {count}")).collect::<Vec<_>>().join(", ")
}

fn errored(error: ValueError) -> Stop {
    Stop::Errored(format!("{}: {error}", error.span()))
}

fn unready(error: RequestError) -> Stop {
    Stop::Errored(format!("{}: {error}", error.span()))
}

fn out_of_band(error: &OutOfBandError, span: &Span) -> Stop {
    Stop::Errored(format!("{span}: {error}"))
}

fn not_sent(error: &CallError, call: &Call) -> Stop {
    Stop::Errored(format!("{}: nothing was sent: {error}", call.operation.span))
}
