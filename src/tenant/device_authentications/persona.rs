//! A device authentication of a persona goes where its path leads.
//!
//! Deliberately not here: the path itself (`personas`).

use chrono::{DateTime, Utc};

use super::resource::DeviceAuthentication;
use crate::tenant::environment::Environment;
use crate::tenant::personas::{Script, Stage};

impl DeviceAuthentication {
    /// Puts one that begins where its path does.
    pub(super) fn begin_path(&mut self, env: &mut Environment) {
        self.script = env.script_for(self.challenge.user);
        if let Some(first) = self.script.as_ref().and_then(Script::first) {
            self.challenge.enter(env, first);
        }
    }

    /// After an action that was accepted: goes on to the next state of the path.
    pub(super) fn follow(&mut self, env: &mut Environment) {
        if let Some(next) = self.script.as_mut().and_then(|script| script.next(env.now())) {
            self.challenge.enter(env, next);
        }
    }

    /// Notes that it has come to the next state by itself.
    pub(super) fn pass(&mut self, now: DateTime<Utc>) {
        self.script.as_mut().map(|script| script.next(now));
    }

    /// Puts it into a state, whatever its path says.
    pub(super) fn force(&mut self, env: &mut Environment, stage: Stage) {
        self.challenge.enter(env, stage);
        self.updated_at = env.now();
    }
}
