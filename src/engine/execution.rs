//! A scenario on its way, step by step, until all is done or something ends it.
//!
//! Deliberately not here: what becomes of a call ([`super::call`]), and the cleanup ([`super::cleanup`]).

use indexmap::IndexMap;
use serde_json::Value;

use super::judging::Judge;
use super::leftover::Leftover;
use super::plan::{Plan, Planned, PlannedStep};
use super::request::RequestBuilder;
use super::run::{EarlyExit, ScenarioRun, outcome};
use super::sender::Sender;
use super::session::Session;
use super::values::{Scope, ValueError};
use crate::checks::{self, expectation};
use crate::record::StepOutcome;
use crate::scenario::model::Json;

/// A scenario on its way.
pub(super) struct Execution<'a> {
    pub(super) plan: &'a Plan<'a>,
    pub(super) session: &'a Session,
    pub(super) scope: Scope<'a>,
    pub(super) sender: Sender<'a>,
    pub(super) judge: Judge<'a>,
    pub(super) run: ScenarioRun,
    /// The position of the step that runs or ran last, those of the cleanup after the others.
    pub(super) at: usize,
}

impl<'a> Execution<'a> {
    pub(super) fn new(
        plan: &'a Plan<'a>,
        session: &'a Session,
        scope: Scope<'a>,
        sender: Sender<'a>,
        judge: Judge<'a>,
    ) -> Self {
        Self { plan, session, scope, sender, judge, run: ScenarioRun::of(plan), at: 0 }
    }

    /// Runs all steps but those of the cleanup.
    pub(super) async fn steps(&mut self) -> Result<(), EarlyExit> {
        let plan = self.plan;
        if let Some(row) = &plan.scenario.row {
            let row = self.scope.render(row).await?;
            self.scope.set("row", row);
        }
        self.scope.bind(&plan.scenario.bindings).await?;
        for (at, step) in plan.steps.iter().enumerate() {
            self.step(at, step).await?;
        }
        self.judge_whole()
    }

    /// Runs the step at a position, and notes how far it came.
    pub(super) async fn step(&mut self, at: usize, planned: &'a PlannedStep<'a>) -> Result<(), EarlyExit> {
        self.at = at;
        let ended = self.act(planned).await;
        self.run.steps[at].outcome = outcome(&ended);
        ended
    }

    async fn act(&mut self, planned: &'a PlannedStep<'a>) -> Result<(), EarlyExit> {
        self.scope.bind(&planned.step.bindings).await?;
        let done = match planned.action {
            Planned::Call { call, operation, method } => {
                let (contract, cookies) = (self.judge.contract, &self.sender.cookies);
                let builder = RequestBuilder { call, operation, method, contract, cookies };
                let ready = builder.build(&mut self.scope, self.sender.transport()).await?;
                return self.call(call, ready).await;
            }
            Planned::Push { user, answer } => {
                let (user, waiting) = (self.user(user).await?, self.waiting());
                self.session.push(&user, answer, waiting).await
            }
            Planned::Advance(by) => self.session.advance(by).await,
            Planned::Limit(requests) => self.session.limit(requests).await,
        };
        done.map_err(|error| EarlyExit::at(&planned.step.span, error))
    }

    /// The newest resource that waits for something outside, such as the answer to a push: it can change without a request.
    pub(super) fn waiting(&self) -> Option<&str> {
        let mut seen: IndexMap<&str, bool> = IndexMap::new();
        for (lifecycle, id, state) in self.run.history.iter().filter_map(|seen| seen.resource(self.judge.contract)) {
            seen.insert(id, lifecycle.states.get(state).is_some_and(|state| !state.elapse.is_empty()));
        }
        seen.into_iter().rev().find(|(_, waits)| *waits).map(|(id, _)| id)
    }

    /// What a user is called: the text, or the id of the object.
    pub(super) async fn user(&mut self, user: &Json) -> Result<String, ValueError> {
        let user = self.scope.render(user).await?;
        let name = user.as_str().or_else(|| user.get("id").and_then(Value::as_str));
        Ok(name.unwrap_or_default().to_owned())
    }

    /// Judges what the scenario asks of the whole, once all steps are done.
    fn judge_whole(&mut self) -> Result<(), EarlyExit> {
        let scenario = self.plan.scenario;
        self.run.expected = self.scope.sequences(scenario.sequence.as_ref());
        let traces = checks::traces(self.judge.contract, &self.run.history);
        let mut findings = expectation::unmet_sequences(&self.run.expected, &traces);
        let statuses: Vec<u16> = self.run.steps.iter().filter_map(|step| step.status).collect();
        let expected = scenario.statuses.as_ref();
        findings.extend(expected.and_then(|expected| expectation::unmet_statuses(expected, &statuses)));
        let denies = !findings.is_empty();
        self.run.findings.extend(findings);
        if denies { Err(EarlyExit::Violated) } else { Ok(()) }
    }

    /// Notes a call that was on its way when the run ended.
    pub(super) fn note_unanswered(&mut self) {
        if std::mem::take(&mut self.sender.is_waiting) {
            self.run.steps[self.at].outcome = StepOutcome::Errored;
            self.run.leftovers.extend(self.planned().and_then(Leftover::of_aborted));
        }
    }

    /// The step that runs or ran last.
    pub(super) fn planned(&self) -> Option<&'a PlannedStep<'a>> {
        self.plan.all().nth(self.at)
    }
}
