//! Runs a plan step by step: render, send, judge, save, until all is done or something ends it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use serde_json::Value;

use super::cleanup::Leftover;
use super::cookies::Cookies;
use super::pace::{Pace, Patience};
use super::plan::{Plan, Planned, PlannedStep};
use super::real_tenant::NotOpened;
use super::request::{Ready, RequestError, Sendable, Wanted};
use super::stop::{StopRun, Stopped};
use super::target::{OutOfBandError, Session, Target};
use super::values::{Names, Scope, ValueError};
use crate::base::source::{Span, Spanned};
use crate::checks::expectation::{self, ExpectedSequence};
use crate::checks::{self, Case, Observation};
use crate::client::{CallError, Transport};
use crate::contract::Contract;
use crate::judge::secrets;
use crate::judge::tally::CheckTally;
use crate::judge::verdict::verdict;
use crate::record::StepOutcome;
use crate::record::redaction::Secrets;
use crate::record::{Exchange, Finding, Level, Phase, Place, Verdict};
use crate::scenario::model::{Call, Expectation, Json, Matcher, Repeat, Save, SaveFrom, Sequence};
use crate::scenario::template::Values;

/// How long an answer that is on its way is waited for when the run ends at once.
const GRACE: Duration = Duration::from_millis(500);
/// How long giving a session back may take.
const GIVING_BACK: Duration = Duration::from_secs(1);
/// What a tenant answers when there are too many requests.
const TOO_MANY: u16 = 429;

/// What scenarios are run with.
pub struct Runner<'a> {
    /// What is promised.
    pub contract: &'a Contract,
    /// Where requests go.
    pub target: &'a Target,
    /// How they get there.
    pub transport: &'a Transport,
    /// What decides everything made up.
    pub names: &'a Names,
    /// Which attempt at its scenarios this is, from 0.
    pub attempt: usize,
    /// What ends the run early.
    pub stop: &'a StopRun,
    /// How fast requests leave.
    pub pace: &'a Pace,
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
    /// How often each check was evaluated, and how often it could not be.
    pub tally: CheckTally,
    /// The sequences that the scenario asks for.
    pub expected: Vec<ExpectedSequence>,
    /// What must never be written in clear.
    pub secrets: Secrets,
    /// The exchanges that were sent again, by their index, and why.
    pub resent: BTreeMap<usize, &'static str>,
    /// What may be left on the target.
    pub leftovers: Vec<Leftover>,
    /// How many exchanges there were before the cleanup.
    pub(super) judged: Option<usize>,
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
pub(super) enum Stop {
    /// A finding that denies.
    Violated,
    /// Nobody can tell.
    Errored(String),
    /// The run ends at once.
    Cut,
}

impl Run {
    /// A scenario that does not run, and why.
    pub fn skipped(plan: &Plan<'_>, reason: impl Into<String>) -> Self {
        Self { verdict: Verdict::Skipped, reason: Some(reason.into()), ..Self::begun(plan) }
    }

    /// A scenario that could not even begin, and why.
    pub fn errored(reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..Self::of(0) }
    }

    fn begun(plan: &Plan<'_>) -> Self {
        Self::of(plan.all().count())
    }

    fn of(steps: usize) -> Self {
        Self {
            verdict: Verdict::Errored,
            reason: None,
            started_at: Utc::now(),
            duration: Duration::ZERO,
            steps: vec![StepRun { outcome: StepOutcome::NotRun, status: None }; steps],
            history: Vec::new(),
            findings: Vec::new(),
            tally: CheckTally::default(),
            expected: Vec::new(),
            secrets: Secrets::default(),
            resent: BTreeMap::new(),
            leftovers: Vec::new(),
            judged: None,
        }
    }

    /// The exchanges that the verdict is about.
    pub(super) fn before_cleanup(&self) -> &[Observation] {
        &self.history[..self.judged.unwrap_or(self.history.len())]
    }
}

impl Runner<'_> {
    /// Runs a plan in a session of its own.
    pub async fn run(&self, plan: &Plan<'_>) -> Run {
        let clock = Instant::now();
        let opened = tokio::select! {
            opened = self.target.open(self.transport, plan.scenario, self.contract) => opened,
            () = self.cut() => return Run::skipped(plan, self.cut_short()),
        };
        let mut run = match opened {
            Ok(session) => {
                let mut run = self.run_in(&session, plan).await;
                if run.verdict != Verdict::Skipped {
                    run.leftovers.extend(session.spent().into_iter().map(|(user, why)| Leftover::of_spent(user, why)));
                }
                if let Ok(Err(error)) = tokio::time::timeout(GIVING_BACK, session.close()).await {
                    run.reason.get_or_insert(format!("the session could not be given back: {error}"));
                }
                run
            }
            Err(NotOpened::Skipped(reason)) => Run::skipped(plan, reason),
            Err(NotOpened::Refused(reason)) => {
                self.stop.raise(Stopped::because(format!("no verdict is possible without a token: {reason}")));
                Run { reason: Some(reason), ..Run::begun(plan) }
            }
            Err(NotOpened::Errored(reason)) => Run { reason: Some(reason), ..Run::begun(plan) },
        };
        run.duration = clock.elapsed();
        run
    }

    async fn run_in(&self, session: &Session, plan: &Plan<'_>) -> Run {
        let missing = missing_needs(session, plan);
        if !missing.is_empty() {
            return Run::skipped(plan, format!("the target does not supply {}", missing.join(", ")));
        }
        let mut progress = Progress::new(self, session, plan);
        let ended = tokio::select! {
            ended = progress.steps() => ended,
            () = self.cut() => Err(Stop::Cut),
        };
        progress.note_what_was_cut();
        progress.clean_up().await;
        panic_on_demand(&progress.run, plan);
        progress.finish(ended)
    }

    /// Waits until the run ends at once, and then a little longer for what is on its way.
    async fn cut(&self) {
        self.stop.at_once().await;
        tokio::time::sleep(GRACE).await;
    }

    fn cut_short(&self) -> String {
        let reason = self.stop.stopped().map(|stopped| stopped.reason);
        format!("not run to its end: {}", reason.as_deref().unwrap_or("the run ended"))
    }
}

/// Panics with all that a server said, when the canary test asks for it: nobody may be shown that text (X17).
fn panic_on_demand(run: &Run, plan: &Plan<'_>) {
    let wanted = || std::env::var("FLOWPROOF_TEST_PANIC").is_ok_and(|name| name == plan.scenario.name);
    assert!(!cfg!(debug_assertions) || !wanted(), "on demand: {:?}", run.history);
}

fn missing_needs(session: &Session, plan: &Plan<'_>) -> Vec<String> {
    let facts = Values { facts: session.facts(), ..Values::default() };
    let supplied = |need: &str| !matches!(facts.find(need), None | Some(Value::Null | Value::Bool(false)));
    let needs = plan.scenario.needs.iter().filter(|need| !supplied(need));
    needs.map(|need| format!("`{}`", need.value)).collect()
}

/// A scenario on its way.
pub(super) struct Progress<'a> {
    pub(super) runner: &'a Runner<'a>,
    session: &'a Session,
    pub(super) plan: &'a Plan<'a>,
    pub(super) scope: Scope<'a>,
    cookies: Cookies,
    pub(super) run: Run,
    pub(super) at: usize,
    /// Whether all is over but the cleanup, which decides nothing any more.
    pub(super) cleaning: bool,
    /// Whether a request has been sent and not been answered.
    unanswered: bool,
    /// When the last request left.
    sent_at: Instant,
}

impl<'a> Progress<'a> {
    fn new(runner: &'a Runner<'a>, session: &'a Session, plan: &'a Plan<'a>) -> Self {
        let run = Run::begun(plan);
        Self {
            runner,
            session,
            plan,
            scope: Scope::new(session, runner.names, &plan.scenario.name, runner.attempt),
            cookies: Cookies::default(),
            run,
            at: 0,
            cleaning: false,
            unanswered: false,
            sent_at: Instant::now(),
        }
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
            self.run.steps[at].outcome = outcome(&ended);
            ended?;
        }
        self.conclude().await
    }

    pub(super) async fn step(&mut self, planned: &PlannedStep<'a>) -> Result<(), Stop> {
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
        let (first, begun) = (self.run.history.len(), Instant::now());
        for attempt in 1..=repeat.at_most {
            self.exchange(call, ready).await?;
            if self.case(None).is_some_and(|case| expectation::unmet(&until, &case).is_empty()) {
                let expectation = self.rendered(&call.expect).await?;
                return self.judge(Some(&expectation));
            }
            self.judge(None)?;
            if begun.elapsed() + repeat.every > repeat.within {
                break;
            }
            if attempt < repeat.at_most {
                tokio::time::sleep(repeat.every).await;
            }
        }
        let polled = &self.run.history[first..];
        let seen = seen_states(self.runner.contract, polled);
        let (calls, ms) = (polled.len(), begun.elapsed().as_millis());
        let message = format!("`until` did not hold within {calls} calls in {ms} ms; seen: {seen}");
        self.violated(message, &repeat.span)
    }

    /// Sends the call. A 401 to the engine's own token says that the call was not processed: it is sent once more, with
    /// another token, unless the scenario waits for just that answer (Q06).
    async fn exchange(&mut self, call: &'a Call, ready: &mut Ready) -> Result<(), Stop> {
        self.patiently(call, ready, None).await?;
        let Some(refused) = ready.token.clone().filter(|_| self.was_unauthorized() && !expects_refusal(call)) else {
            return Ok(());
        };
        let other = self.session.token_instead_of(refused.expose_secret()).await;
        let Some(other) = other.map_err(|error| Stop::Errored(error.to_string()))? else { return Ok(()) };
        ready.renew(other);
        self.patiently(call, ready, Some("401")).await?;
        if self.was_unauthorized() {
            let reason = "authentication: the tenant refused a token that it had just issued (401, twice)";
            return Err(Stop::Errored(reason.into()));
        }
        Ok(())
    }

    fn was_unauthorized(&self) -> bool {
        self.run.history.last().and_then(|last| last.exchange.response()).is_some_and(|answer| answer.status == 401)
    }

    /// Sends the call, again where that can do no harm, and keeps every answer.
    async fn patiently(&mut self, call: &'a Call, ready: &Ready, mut resent: Option<&'static str>) -> Result<(), Stop> {
        let mut patience = Patience::default();
        let mut lost = false;
        loop {
            let why = self.send(call, ready, resent).await?;
            resent = match why {
                Some(_) if self.was_lost_unheard() && !lost => {
                    lost = true;
                    Some("connection lost")
                }
                Some(reason) => return Err(Stop::Errored(reason)),
                None if self.is_refused(call) => {
                    self.judge(None)?;
                    let response = self.run.history.last().and_then(|observation| observation.exchange.response());
                    let headers = response.map(|response| &response.headers).cloned().unwrap_or_default();
                    let wait = patience.wait(&headers, SystemTime::now()).map_err(limit)?;
                    self.runner.pace.refused(self.sent_at, wait);
                    Some("429")
                }
                None => {
                    self.runner.pace.kept();
                    return Ok(());
                }
            };
        }
    }

    /// Whether a request that may be sent again came to nothing before a byte of an answer was there (T11).
    fn was_lost_unheard(&self) -> bool {
        self.run.history.last().is_some_and(|observation| {
            let lost = observation.exchange.outcome.as_ref().err();
            let unheard = lost.is_some_and(|error| matches!(error.phase, Phase::Send | Phase::FirstByte));
            unheard && matches!(observation.exchange.request.method.as_str(), "GET" | "HEAD")
        })
    }

    /// Whether the answer says that there were too many requests, and the scenario did not ask for that. Such a request has
    /// not been processed, so that it may be sent again whatever it does (T36).
    fn is_refused(&self, call: &Call) -> bool {
        let status = self.run.history.last().and_then(|observation| observation.exchange.response()).map(|r| r.status);
        status == Some(TOO_MANY) && !asks_for_a_limit(self.plan, call)
    }

    /// Sends the call once, and says why no answer came, if none did.
    async fn send(
        &mut self,
        call: &'a Call,
        ready: &Ready,
        resent: Option<&'static str>,
    ) -> Result<Option<String>, Stop> {
        self.runner.pace.turn().await;
        if !self.cleaning && self.runner.stop.is_at_once() {
            return Err(Stop::Cut);
        }
        self.sent_at = Instant::now();
        self.unanswered = true;
        let began = Utc::now();
        if let Some(token) = &ready.token {
            self.run.secrets.learn("access-token", token.expose_secret());
        }
        let sent = match &ready.request {
            Sendable::Typed(request) => self.runner.transport.send_typed(request).await,
            Sendable::Raw(request) => self.runner.transport.send_raw(request.clone()).await,
        };
        self.unanswered = false;
        let sent = sent.map_err(|error| not_sent(&error, call))?;
        if let Some(why) = resent {
            self.run.resent.insert(self.run.history.len(), why);
        }
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
        self.run.leftovers.extend(Leftover::of_lost(&observation.exchange));
        self.run.history.push(observation);
        Ok(lost)
    }

    /// Notes a call that was on its way when the run ended.
    fn note_what_was_cut(&mut self) {
        if std::mem::take(&mut self.unanswered) {
            self.run.steps[self.at].outcome = StepOutcome::Errored;
            self.run.leftovers.extend(self.planned(self.at).and_then(Leftover::of_cut));
        }
    }

    fn case<'c>(&'c self, expectation: Option<&'c Expectation<Value>>) -> Option<Case<'c>> {
        Case::new(self.runner.contract, &self.run.history, expectation)
    }

    fn judge(&mut self, expectation: Option<&Expectation<Value>>) -> Result<(), Stop> {
        let Some(judgement) = self.case(expectation).map(|case| checks::judge(&case, &self.plan.levels)) else {
            return Ok(());
        };
        let denies = judgement.denies();
        if !self.cleaning {
            self.run.tally.add(&judgement);
        }
        let taken = if denies { self.taken() } else { None };
        let place = self.planned(self.at).map(|planned| Place::from(&planned.step.span));
        for finding in judgement.findings {
            let place = finding.place.or_else(|| place.clone());
            self.found(Finding { place, ..finding }, taken.is_some());
        }
        match taken {
            Some(reason) => Err(Stop::Errored(reason)),
            None if denies => Err(Stop::Violated),
            None => Ok(()),
        }
    }

    /// A step by its position, those of the cleanup last.
    pub(super) fn planned(&self, at: usize) -> Option<&'a PlannedStep<'a>> {
        self.plan.steps.get(at).or_else(|| self.plan.cleanup.get(at - self.plan.steps.len()))
    }

    /// Keeps a finding; one that can decide nothing is a warning.
    fn found(&mut self, finding: Finding, decides_nothing: bool) {
        let about = if self.cleaning { "cleaning up: " } else { "" };
        let level = if self.cleaning || decides_nothing { finding.level.min(Level::Warn) } else { finding.level };
        self.run.findings.push(Finding { level, message: format!("{about}{}", finding.message), ..finding });
    }

    /// Says that a name of this run is taken already, which is the fault of what an earlier run left (Q11).
    fn taken(&self) -> Option<String> {
        let observation = self.run.history.last()?;
        let response = observation.exchange.response()?;
        let prefix = self.runner.names.prefix();
        let sent = observation.exchange.request.body.as_deref().map(String::from_utf8_lossy)?;
        let says_so =
            response.status == 409 || String::from_utf8_lossy(&response.body).contains("UNIQUENESS_VIOLATION");
        (says_so && sent.contains(prefix)).then(|| {
            format!("a name with this run's prefix `{prefix}` is taken already: an earlier run left something behind")
        })
    }

    fn save(&mut self, save: &Save) -> Result<(), Stop> {
        let observation = self.run.history.last();
        let found = observation.and_then(|observation| match &save.from {
            SaveFrom::Body(pointer) => {
                let digits = observation.body.digits(pointer).map(Value::from);
                digits.or_else(|| observation.body.value()?.pointer(pointer).cloned())
            }
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
        let finding = Finding {
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
        };
        self.found(finding, false);
        Err(Stop::Violated)
    }

    fn finish(self, ended: Result<(), Stop>) -> Run {
        let mut run = self.run;
        (run.verdict, run.reason) = match ended {
            Ok(()) | Err(Stop::Violated) => verdict(&run.findings, None),
            Err(Stop::Errored(reason)) => (Verdict::Errored, Some(reason)),
            Err(Stop::Cut) => (Verdict::Skipped, Some(self.runner.cut_short())),
        };
        run
    }
}

/// Whether a scenario waits for a 401: then it is an answer like any other.
fn expects_refusal(call: &Call) -> bool {
    let until = call.repeat.iter().flat_map(|repeat| &repeat.until.status);
    call.expect.status.iter().chain(until).any(|status| status.value == 401)
}

/// How far a step came.
pub(super) fn outcome(ended: &Result<(), Stop>) -> StepOutcome {
    match ended {
        Ok(()) => StepOutcome::Held,
        Err(Stop::Violated) => StepOutcome::Violated,
        Err(Stop::Errored(_)) => StepOutcome::Errored,
        Err(Stop::Cut) => StepOutcome::NotRun,
    }
}

/// Whether a scenario wants to see what a tenant says when there are too many requests.
fn asks_for_a_limit(plan: &Plan<'_>, call: &Call) -> bool {
    let expects = |expectation: &Expectation| expectation.status.iter().any(|status| status.value == TOO_MANY);
    let until = call.repeat.as_ref().is_some_and(|repeat| expects(&repeat.until));
    let limits = plan.all().any(|step| matches!(step.action, Planned::Limit(_)));
    let listed = plan.scenario.statuses.as_ref().is_some_and(|statuses| statuses.contains(&TOO_MANY));
    limits || listed || until || expects(&call.expect)
}

fn limit(why: String) -> Stop {
    Stop::Errored(format!("limit: {why}"))
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
