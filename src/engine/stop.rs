//! The one way to end a run before its last scenario: whoever cannot or must not go on raises it, and everybody looks.
//!
//! What is raised at once ends scenarios on their way; anything else only keeps further ones from beginning. Deliberately
//! not here: what raises it (signals, refused credentials, a target that is gone) and how scenarios clean up.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::record::ExitCode;

/// Why a run ends early, and what that means for its exit code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    /// The one root cause, a few words that follow `not run:`.
    pub reason: String,
    /// The least that the process ends with.
    pub exit: ExitCode,
    /// Whether scenarios on their way are ended, too.
    pub at_once: bool,
}

impl Stopped {
    /// Nobody can tell any more, for this reason: refused credentials, a target that is gone.
    pub fn because(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), exit: ExitCode::CouldNotTell, at_once: false }
    }

    /// Nothing can be recorded any more, for this reason.
    pub fn unrecorded(why: &impl std::fmt::Display) -> Self {
        Self { reason: why.to_string(), exit: ExitCode::ReportNotWritten, at_once: false }
    }

    /// A signal asked for it.
    pub fn interrupted(signal: &str, exit: ExitCode) -> Self {
        Self { reason: format!("interrupted ({signal})"), exit, at_once: true }
    }

    /// A scenario did not pass, and the first such was to end the run.
    pub fn fail_fast() -> Self {
        let reason = "an earlier scenario did not pass (--fail-fast)".into();
        Self { reason, exit: ExitCode::Held, at_once: false }
    }

    fn late() -> Self {
        let reason = "the deadline of the run had passed".into();
        Self { reason, exit: ExitCode::CouldNotTell, at_once: true }
    }
}

/// Ends a run early. Clones share what was raised.
#[derive(Debug, Clone)]
pub struct StopRun(Arc<StopState>);

#[derive(Debug)]
struct StopState {
    raised: watch::Sender<Option<Stopped>>,
    deadline: watch::Sender<Option<Instant>>,
    paused: watch::Sender<Duration>,
}

impl StopRun {
    /// A run that goes on until its deadline, or until somebody raises something.
    pub fn new(deadline: Option<Instant>) -> Self {
        let (raised, deadline) = (watch::Sender::new(None), watch::Sender::new(deadline));
        Self(Arc::new(StopState { raised, deadline, paused: watch::Sender::new(Duration::ZERO) }))
    }

    /// Ends the run. The first reason counts, unless a later one is more urgent.
    pub fn raise(&self, stopped: Stopped) {
        self.0.raised.send_if_modified(|known| {
            let wins = known.as_ref().is_none_or(|known| stopped.at_once && !known.at_once);
            if wins {
                *known = Some(stopped);
            }
            wins
        });
    }

    /// Why the run ends early, once it does.
    pub fn stopped(&self) -> Option<Stopped> {
        if self.deadline().is_some_and(|deadline| Instant::now() >= deadline) {
            self.raise(Stopped::late());
        }
        self.0.raised.borrow().clone()
    }

    /// Whether scenarios on their way are to end.
    pub fn is_at_once(&self) -> bool {
        self.stopped().is_some_and(|stopped| stopped.at_once)
    }

    /// Waits until scenarios on their way are to end; for ever, if they never are.
    pub async fn at_once(&self) {
        let mut raised = self.0.raised.subscribe();
        let urgent = raised.wait_for(|raised| raised.as_ref().is_some_and(|stopped| stopped.at_once));
        tokio::select! {
            _ = urgent => (),
            () = self.late() => self.raise(Stopped::late()),
        }
    }

    /// Waits until scenarios on their way are to end, and so much longer.
    pub(super) async fn at_once_after(&self, grace: Duration) {
        self.at_once().await;
        tokio::time::sleep(grace).await;
    }

    /// Why a scenario did not come to its end.
    pub(super) fn aborted(&self) -> String {
        let reason = self.stopped().map(|stopped| stopped.reason);
        format!("not run to its end: {}", reason.as_deref().unwrap_or("the run ended"))
    }

    /// Moves the deadline by a time in which the process was stopped (G04).
    pub fn postpone(&self, by: Duration) {
        self.0.deadline.send_modify(|deadline| *deadline = deadline.and_then(|at| at.checked_add(by)));
        self.0.paused.send_modify(|paused| *paused += by);
    }

    /// How long the process was stopped.
    pub fn paused(&self) -> Duration {
        *self.0.paused.borrow()
    }

    fn deadline(&self) -> Option<Instant> {
        *self.0.deadline.borrow()
    }

    /// Waits for the deadline, which may be moved while it is waited for.
    async fn late(&self) {
        loop {
            match self.deadline() {
                None => return std::future::pending().await,
                Some(at) if at <= Instant::now() => return,
                Some(at) => tokio::time::sleep_until(at.into()).await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_reason_counts_unless_a_later_one_is_urgent() {
        let stop = StopRun::new(None);
        assert_eq!(stop.stopped(), None);
        stop.raise(Stopped::because("the credentials were refused"));
        stop.raise(Stopped::because("another"));
        assert_eq!(stop.stopped(), Some(Stopped::because("the credentials were refused")));
        assert!(!stop.is_at_once());
        stop.raise(Stopped::interrupted("SIGINT", ExitCode::Interrupted));
        assert!(stop.clone().is_at_once());
    }

    #[test]
    fn g08_a_deadline_that_has_passed_stops_at_once_and_nobody_could_tell() {
        let stopped = StopRun::new(Some(Instant::now())).stopped().expect("it is late");
        assert!(stopped.at_once && stopped.reason.contains("deadline"));
        assert_eq!(stopped.exit, ExitCode::CouldNotTell);
    }

    #[test]
    fn g04_a_deadline_waits_for_as_long_as_the_process_was_stopped() {
        let stop = StopRun::new(Some(Instant::now()));
        stop.postpone(Duration::from_secs(60));
        assert_eq!((stop.stopped(), stop.paused()), (None, Duration::from_secs(60)));
    }
}
