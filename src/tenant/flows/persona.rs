//! A flow of a persona goes where its path leads, whatever its application would ask for.
//!
//! Deliberately not here: the path itself (`personas`).

use uuid::Uuid;

use super::flow::Flow;
use super::status::{Action, Status};
use crate::tenant::challenge::{Challenge, NO_USABLE_DEVICES};
use crate::tenant::environment::Environment;
use crate::tenant::faults::Fault;
use crate::tenant::mailbox::MessageKind;
use crate::tenant::missteps::FLOW;
use crate::tenant::personas::{Script, Stage};

impl Flow {
    /// Puts a flow that begins where its path does.
    pub(super) fn begin_path(&mut self, env: &mut Environment) {
        if let Some(first) = self.script.as_ref().and_then(|script| script.first()) {
            self.enter(env, first);
        }
    }

    /// Goes on to the next state of the path; when that is at its end, to the end of the flow.
    pub(super) fn follow(&mut self, env: &mut Environment) {
        let now = env.now();
        match self.script.as_mut().map(|script| script.next(now)) {
            Some(Some(stage)) => self.enter(env, stage),
            Some(None) => self.enter(env, Stage::Completed),
            None => (),
        }
    }

    /// Notes that the flow has come to the next state by itself.
    pub(super) fn pass(&mut self, env: &Environment) {
        let now = env.now();
        self.script.as_mut().map(|script| script.next(now));
    }

    /// Passes over what is left of the challenge on its path: whoever has proved to be themselves is asked for no other device.
    pub(super) fn pass_challenge(&mut self, env: &Environment) {
        let is_next = |script: &Script| script.ahead().is_some_and(|stage| Status::of(stage) == Status::Mfa);
        while self.script.as_ref().is_some_and(is_next) {
            self.pass(env);
        }
    }

    /// How many states are behind it.
    pub(super) fn behind(&self) -> Option<usize> {
        self.script.as_ref().map(|script| script.at())
    }

    /// After an action that was accepted: goes on, unless the action did so itself.
    pub(super) fn keep_to_path(&mut self, env: &mut Environment, behind: Option<usize>) {
        let ahead = self.script.as_ref().and_then(|script| script.ahead());
        if behind.is_some() && behind == self.behind() && ahead.is_some() {
            self.follow(env);
        }
    }

    /// Whoever went to the identity provider comes back after a while.
    pub(super) fn return_to_path(&mut self, env: &mut Environment) {
        let now = env.now();
        if self.script.as_ref().is_some_and(|script| script.is_back(now)) {
            self.follow(env);
        }
    }

    /// To whom a code goes: whoever registers as a persona reads the persona's messages.
    pub(super) fn addressee(&self, env: &Environment, user: Uuid) -> Uuid {
        let persona = env.persona.as_ref().filter(|_| self.script.is_some());
        persona.map_or(user, |persona| persona.user)
    }

    /// Goes where a fault leads it after an action that was accepted, if one does.
    pub(super) fn step_wrong(&mut self, env: &mut Environment, state: &str, action: Action) {
        let misled = env.misstep.misleads(FLOW, state, action.name(), &mut self.trail);
        let otp = self.script.is_some() && action == Action::CheckOtp && env.faults.has(Fault::IllegalTransition);
        if let Some(stage) = misled.or(otp.then_some(Stage::DeviceSelectionRequired)) {
            self.force(env, stage);
        }
    }

    fn enter(&mut self, env: &mut Environment, stage: Stage) {
        if self.status.name(self.challenge.as_ref()) != stage.name() || matches!(stage, Stage::Completed) {
            self.force(env, stage);
        }
    }

    /// Puts it into a state, whatever its path says.
    pub(super) fn force(&mut self, env: &mut Environment, stage: Stage) {
        let user = self.user.filter(|_| self.script.is_none()).unwrap_or_else(|| self.addressee(env, Uuid::nil()));
        if asks_somebody_known(stage) {
            self.user.get_or_insert(user);
        }
        match stage {
            Stage::RecoveryCodeRequired => self.send_code(env, user, MessageKind::RecoveryCode),
            Stage::VerificationCodeRequired | Stage::VerificationRequired => {
                self.send_code(env, user, MessageKind::VerificationCode);
            }
            Stage::Completed => return self.complete(env, user),
            Stage::Failed => return self.fail(NO_USABLE_DEVICES),
            _ => (),
        }
        (self.error, self.response) = (None, None);
        self.status = Status::of(stage);
        if self.status == Status::Mfa {
            self.challenge = Some(Challenge::at(env, user, stage));
        }
    }

    /// Ends the flow, whatever has not been asked.
    fn complete(&mut self, env: &mut Environment, user: Uuid) {
        self.grant.get_or_insert(Uuid::nil());
        self.done.device_consent = true;
        self.finish(env, user);
    }
}

/// Whether somebody must be known in a state.
fn asks_somebody_known(stage: Stage) -> bool {
    !matches!(
        stage,
        Stage::UsernamePasswordRequired
            | Stage::SignOnRequired
            | Stage::ExternalAuthenticationRequired
            | Stage::AccountLinkingRequired
    )
}

impl Status {
    fn of(stage: Stage) -> Self {
        match stage {
            Stage::UsernamePasswordRequired => Self::UsernamePasswordRequired,
            Stage::SignOnRequired => Self::SignOnRequired,
            Stage::PasswordRequired => Self::PasswordRequired,
            Stage::PasswordExpired => Self::PasswordExpired,
            Stage::MustChangePassword => Self::MustChangePassword,
            Stage::RecoveryCodeRequired => Self::RecoveryCodeRequired,
            Stage::VerificationCodeRequired => Self::VerificationCodeRequired,
            Stage::VerificationRequired => Self::VerificationRequired,
            Stage::AccountLinkingRequired => Self::AccountLinkingRequired,
            Stage::AccountConfirmationRequired => Self::AccountConfirmationRequired,
            Stage::ExternalAuthenticationRequired => Self::ExternalAuthenticationRequired,
            Stage::ProfileDataRequired => Self::ProfileDataRequired,
            Stage::AgreementConsentRequired => Self::AgreementConsentRequired,
            Stage::DagUserCodeRequired => Self::DagUserCodeRequired,
            Stage::DagConsentRequired => Self::DagConsentRequired,
            Stage::Completed => Self::Completed,
            Stage::Failed => Self::Failed,
            Stage::DeviceSelectionRequired
            | Stage::OtpRequired
            | Stage::AssertionRequired
            | Stage::PushConfirmationRequired
            | Stage::PushConfirmationTimedOut => Self::Mfa,
        }
    }
}
