//! Runs plans: each in a session of its own, its cleanup included.
//!
//! Deliberately not here: how a scenario goes step by step ([`super::execution`]).

use std::time::{Duration, Instant};

use serde_json::Value;

use super::execution::Execution;
use super::judging::Judge;
use super::leftover::Leftover;
use super::names::Names;
use super::pace::Pace;
use super::plan::Plan;
use super::real_tenant::NotOpened;
use super::run::{EarlyExit, ScenarioRun};
use super::sender::Sender;
use super::session::Session;
use super::stop::{StopRun, Stopped};
use super::target::Target;
use super::values::Scope;
use crate::client::Transport;
use crate::contract::Contract;
use crate::record::Verdict;
use crate::scenario::template::Values;

/// How long an answer that is on its way is waited for when the run ends at once.
const GRACE: Duration = Duration::from_millis(500);

/// What scenarios are run with.
pub(crate) struct Runner<'a> {
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
    /// Whether requests say which trace they belong to.
    pub traceparent: bool,
    /// What ends the run early.
    pub stop: &'a StopRun,
    /// How fast requests leave.
    pub pace: &'a Pace,
}

impl Runner<'_> {
    /// Runs a plan in a session of its own.
    pub(crate) async fn run(&self, plan: &Plan<'_>) -> ScenarioRun {
        let clock = Instant::now();
        let opened = tokio::select! {
            opened = self.target.open(self.transport, plan.scenario, self.contract) => opened,
            () = self.stop.at_once_after(GRACE) => return ScenarioRun::skipped(plan, self.stop.aborted()),
        };
        let mut run = match opened {
            Ok(session) => self.run_and_close(session, plan).await,
            Err(NotOpened::Skipped(reason)) => ScenarioRun::skipped(plan, reason),
            Err(NotOpened::Refused(reason)) => {
                self.stop.raise(Stopped::because(format!("no verdict is possible without a token: {reason}")));
                ScenarioRun { reason: Some(reason), ..ScenarioRun::of(plan) }
            }
            Err(NotOpened::Errored(reason)) => ScenarioRun { reason: Some(reason), ..ScenarioRun::of(plan) },
        };
        run.duration = clock.elapsed();
        run
    }

    async fn run_and_close(&self, session: Session, plan: &Plan<'_>) -> ScenarioRun {
        let mut run = self.run_in(&session, plan).await;
        if run.verdict != Verdict::Skipped {
            let users = session.used_up();
            run.leftovers.extend(users.into_iter().map(|(user, why)| Leftover::of_used_up(user, &why)));
        }
        session.close();
        run
    }

    async fn run_in(&self, session: &Session, plan: &Plan<'_>) -> ScenarioRun {
        let missing = missing_needs(session, plan);
        if !missing.is_empty() {
            return ScenarioRun::skipped(plan, format!("the target does not supply {}", missing.join(", ")));
        }
        let scope = Scope::new(session, self.names, &plan.scenario.name, self.attempt);
        let trace = self.traceparent.then(|| self.names.trace(&plan.scenario.name, self.attempt));
        let sender = Sender::new(self.transport, self.pace, self.stop, session).tracing(trace);
        let judge = Judge { contract: self.contract, levels: &plan.levels, prefix: self.names.prefix() };
        let mut execution = Execution::new(plan, session, scope, sender, judge);
        let ended = tokio::select! {
            ended = execution.steps() => ended,
            () = self.stop.at_once_after(GRACE) => Err(EarlyExit::Aborted),
        };
        execution.note_unanswered();
        execution.clean_up(self.stop).await;
        let mut run = execution.run;
        run.conclude(ended, || self.stop.aborted());
        run
    }
}

fn missing_needs(session: &Session, plan: &Plan<'_>) -> Vec<String> {
    let facts = Values { facts: session.facts(), ..Values::default() };
    let supplied = |need: &str| !matches!(facts.find(need), None | Some(Value::Null | Value::Bool(false)));
    let needs = plan.scenario.needs.iter().filter(|need| !supplied(need));
    needs.map(|need| format!("`{}`", need.value)).collect()
}
