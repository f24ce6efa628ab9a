//! One MFA challenge of one user: choose a device, prove it. Device authentications and flows both have one.
//!
//! Knows neither HTTP nor representations: it is the state machine alone.

use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::Value;
use strum::IntoStaticStr;
use uuid::Uuid;

use super::{
    applications::{DeviceSelection, Policy},
    devices::{Device, Kind, Method},
    environment::Environment,
    errors::{Detail, Problem},
    faults::Fault,
    mailbox::MessageKind,
    passkeys::Shown,
    personas::Stage,
    strangers::Strangers,
};

/// Wrong passcodes, or assertions that cannot be read, until a challenge fails.
pub(super) const ATTEMPTS: u8 = 3;
/// The site for which FIDO2 devices were registered.
pub(super) const RELYING_PARTY: &str = "example.com";
/// How long a push waits for its answer.
const PUSH_TIMEOUT: TimeDelta = TimeDelta::minutes(2);

/// Where a challenge stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum ChallengeState {
    DeviceSelectionRequired,
    OtpRequired,
    AssertionRequired,
    PushConfirmationRequired,
    PushConfirmationTimedOut,
    Completed,
    Failed,
}

impl ChallengeState {
    /// The status as both resources show it.
    pub(super) fn name(self) -> &'static str {
        self.into()
    }
}

/// What is being proved.
#[derive(Clone)]
pub(super) enum Selected {
    Device(Uuid),
    OneTime { kind: Kind, contact: String },
}

/// Why a challenge failed: the `error` of a resource.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Failure {
    pub(super) code: &'static str,
    pub(super) message: &'static str,
}

pub(super) const NO_USABLE_DEVICES: Failure =
    Failure { code: "NO_USABLE_DEVICES", message: "The user has no device that can be used." };
const TOO_MANY_ATTEMPTS: Failure =
    Failure { code: "INVALID_OTP", message: "There have been too many wrong passcodes." };
const UNREADABLE_ASSERTIONS: Failure =
    Failure { code: "INVALID_ASSERTION", message: "There have been too many assertions that could not be read." };
const PUSH_REJECTED: Failure =
    Failure { code: "PUSH_CONFIRMATION_REJECTED", message: "The user rejected the push notification." };
const WRONG_ASSERTION: Failure = Failure { code: "INVALID_ASSERTION", message: "The assertion could not be verified." };
const NOT_REMEMBERED: Failure =
    Failure { code: "DEVICE_NOT_REMEMBERED", message: "The device is not remembered for this user." };

/// A challenge.
pub(super) struct Challenge {
    pub(super) user: Uuid,
    pub(super) policy: Policy,
    pub(super) state: ChallengeState,
    /// Devices on offer, in the user's order.
    pub(super) usable: Vec<Uuid>,
    /// Devices that are locked.
    pub(super) unavailable: Vec<Uuid>,
    pub(super) selected: Option<Selected>,
    pub(super) error: Option<Failure>,
    /// The passcode that was sent, if one was.
    pub(super) passcode: Option<String>,
    /// The phone that was asked last.
    pub(super) asked_phone: Option<Uuid>,
    /// When it was asked in vain: nobody answered, or somebody rejected.
    pub(super) push_fails: Vec<DateTime<Utc>>,
    /// Wrong passcodes, or assertions that cannot be read, until it fails.
    pub(super) attempts: u8,
    /// When the passcode or the push went out.
    pub(super) sent_at: DateTime<Utc>,
    /// What a passkey is to sign, in base64url.
    pub(super) assertion_challenge: String,
    /// When a wrong passcode was counted last.
    counted_at: Option<Instant>,
}

impl Challenge {
    /// Challenges a user; the policy decides whether the user is asked for a device first.
    pub(super) fn begin(env: &mut Environment, user: Uuid, policy: Policy) -> Self {
        let selection = policy.settings.selection;
        let mut challenge = Self::idle(env, user, policy);
        match (challenge.usable.as_slice(), selection) {
            ([], _) => challenge.fail(NO_USABLE_DEVICES),
            ([_], DeviceSelection::PromptToSelect) | (_, DeviceSelection::DefaultToFirst) => {
                let first = challenge.usable[0];
                challenge.arm(env, Selected::Device(first));
            }
            _ => (),
        }
        challenge
    }

    /// Challenges a user with a device or contact that the caller chose.
    pub(super) fn begin_with(env: &mut Environment, user: Uuid, policy: Policy, selected: Selected) -> Self {
        let mut challenge = Self::idle(env, user, policy);
        match &selected {
            Selected::Device(device) if !challenge.usable.contains(device) => challenge.fail(NO_USABLE_DEVICES),
            _ => challenge.arm(env, selected),
        }
        challenge
    }

    /// Challenges a user who gave a passcode already: one device's, or that of any device that makes passcodes.
    pub(super) fn begin_with_passcode(
        env: &mut Environment,
        user: Uuid,
        policy: Policy,
        device: Option<Uuid>,
        otp: &str,
    ) -> Result<Self, Problem> {
        let mut challenge = Self::idle(env, user, policy);
        let mut tried = challenge.usable.clone();
        tried.retain(|id| device.is_none_or(|device| device == *id));
        let now = env.now();
        let mut redeems = |id: &Uuid| {
            let device = env.user_mut(user).and_then(|user| user.device_mut(*id));
            device.is_some_and(|device| device.generates() && device.redeem(otp, now))
        };
        let right = tried.into_iter().find(|id| redeems(id)).ok_or_else(Detail::wrong_first_otp)?;
        challenge.selected = Some(Selected::Device(right));
        challenge.state = ChallengeState::Completed;
        Ok(challenge)
    }

    /// Challenges whoever holds a passkey for this site; who it is, the assertion will tell.
    pub(super) fn begin_without_user(env: &mut Environment, policy: Policy) -> Self {
        let assertion_challenge = env.random.token();
        let state = ChallengeState::AssertionRequired;
        Self { state, assertion_challenge, ..Self::idle(env, Uuid::nil(), policy) }
    }

    /// A challenge that a remembered browser answers by itself.
    pub(super) fn remembered(env: &Environment, user: Uuid, policy: Policy, remembered: bool) -> Self {
        let mut challenge = Self::idle(env, user, policy);
        if remembered {
            challenge.state = ChallengeState::Completed;
        } else {
            challenge.fail(NOT_REMEMBERED);
        }
        challenge
    }

    /// A challenge in a state that somebody asked for.
    pub(super) fn at(env: &mut Environment, user: Uuid, stage: Stage) -> Self {
        let mut challenge = Self::idle(env, user, env.policies[0].clone());
        challenge.enter(env, stage);
        challenge
    }

    /// Goes to a state that somebody asked for, if it is not there.
    pub(super) fn enter(&mut self, env: &mut Environment, stage: Stage) {
        if self.state.name() == stage.name() {
            return;
        }
        match stage {
            Stage::OtpRequired => self.arm_kind(env, Kind::Email),
            Stage::AssertionRequired => self.arm_kind(env, Kind::Fido2),
            Stage::PushConfirmationRequired => self.arm_kind(env, Kind::Mobile),
            Stage::PushConfirmationTimedOut => self.state = ChallengeState::PushConfirmationTimedOut,
            Stage::DeviceSelectionRequired => self.state = ChallengeState::DeviceSelectionRequired,
            Stage::Completed => self.state = ChallengeState::Completed,
            Stage::Failed => self.fail(NO_USABLE_DEVICES),
            _ => (),
        }
    }

    fn arm_kind(&mut self, env: &mut Environment, kind: Kind) {
        let devices = env.user(self.user).into_iter().flat_map(|user| &user.devices);
        if let Some(device) = devices.filter(|device| device.kind == kind).map(|device| device.id).next() {
            self.arm(env, Selected::Device(device));
        }
    }

    fn idle(env: &Environment, user: Uuid, policy: Policy) -> Self {
        let now = env.now();
        let enabled = env.user(user).filter(|user| user.mfa_enabled);
        let devices = enabled.into_iter().flat_map(|user| &user.devices).filter(|device| device.active);
        let (locked, usable): (Vec<&Device>, Vec<&Device>) =
            devices.partition(|device| device.locked(now) || device.blocked_at.is_some());
        let ids = |devices: Vec<&Device>| devices.into_iter().map(|device| device.id).collect();
        Self {
            user,
            policy,
            state: ChallengeState::DeviceSelectionRequired,
            usable: ids(usable),
            unavailable: ids(locked),
            selected: None,
            error: None,
            passcode: None,
            asked_phone: None,
            push_fails: Vec::new(),
            attempts: ATTEMPTS,
            sent_at: now,
            assertion_challenge: String::new(),
            counted_at: None,
        }
    }

    fn fail(&mut self, error: Failure) {
        self.state = ChallengeState::Failed;
        self.error = Some(error);
    }

    /// Whether a device may be (re)selected now.
    pub(super) fn selectable(&self) -> bool {
        !matches!(self.state, ChallengeState::Completed | ChallengeState::Failed)
    }

    /// Whether a passcode may be offered now; a mobile device shows one that does for a push, too.
    pub(super) fn takes_passcodes(&self) -> bool {
        let push =
            matches!(self.state, ChallengeState::PushConfirmationRequired | ChallengeState::PushConfirmationTimedOut);
        self.state == ChallengeState::OtpRequired || push
    }

    /// Selects one of the devices on offer; selecting again sends again.
    pub(super) fn select(&mut self, env: &mut Environment, device: Uuid) -> Result<(), Problem> {
        let locked =
            env.user(self.user).and_then(|user| user.device(device)).is_none_or(|found| found.locked(env.now()));
        if locked || !self.usable.contains(&device) {
            return Err(Detail::invalid_value("device.id", "The device cannot be used.").into());
        }
        self.arm(env, Selected::Device(device));
        Ok(())
    }

    /// Sends what the device needs and waits for its proof.
    fn arm(&mut self, env: &mut Environment, selected: Selected) {
        let Some(method) = self.method_of(env, &selected) else {
            return self.fail(NO_USABLE_DEVICES);
        };
        self.sent_at = env.now();
        self.attempts = ATTEMPTS;
        self.passcode = None;
        self.selected = Some(selected);
        self.state = match method {
            Method::SentPasscode => self.send_passcode(env),
            Method::GeneratedPasscode => ChallengeState::OtpRequired,
            Method::Push => self.send_push(),
            Method::Assertion => {
                self.assertion_challenge = env.random.token();
                ChallengeState::AssertionRequired
            }
        };
        let generating = self.device(env).filter(|device| device.generates()).map(|device| device.id);
        if let Some(user) = env.user_mut(self.user) {
            user.generating = generating;
        }
    }

    fn method_of(&self, env: &Environment, selected: &Selected) -> Option<Method> {
        match selected {
            Selected::OneTime { .. } => Some(Method::SentPasscode),
            Selected::Device(id) => env.user(self.user)?.device(*id).map(Device::method),
        }
    }

    fn send_push(&mut self) -> ChallengeState {
        if let Some(Selected::Device(phone)) = self.selected
            && self.asked_phone.replace(phone) != Some(phone)
        {
            self.push_fails.clear();
        }
        ChallengeState::PushConfirmationRequired
    }

    fn send_passcode(&mut self, env: &mut Environment) -> ChallengeState {
        let code = env.random.passcode();
        let to = match &self.selected {
            Some(Selected::OneTime { contact, .. }) => contact.clone(),
            _ => self.device(env).map(|device| device.contact.to_string()).unwrap_or_default(),
        };
        env.mailbox.deliver(self.user, &to, MessageKind::Otp, &code, self.sent_at);
        self.passcode = Some(code);
        ChallengeState::OtpRequired
    }

    /// The selected device, unless it is a one-time contact.
    pub(super) fn device<'e>(&self, env: &'e Environment) -> Option<&'e Device> {
        match self.selected {
            Some(Selected::Device(id)) => env.user(self.user)?.device(id),
            _ => None,
        }
    }

    /// The kind of what is selected.
    pub(super) fn kind(&self, env: &Environment) -> Option<Kind> {
        match &self.selected {
            Some(Selected::OneTime { kind, .. }) => Some(*kind),
            _ => self.device(env).map(|device| device.kind),
        }
    }

    /// Checks a passcode; the third wrong one fails the challenge and may lock the device.
    pub(super) fn check_otp(&mut self, env: &mut Environment, otp: &str) -> Result<(), Problem> {
        let late = self.passcode.is_some() && env.now() - self.sent_at >= self.policy.settings.passcode_lifetime;
        if !late && (self.matches(env, otp) || excused(env, otp)) {
            self.passcode = None;
            self.state = ChallengeState::Completed;
            return Ok(());
        }
        self.refuse_otp(env);
        let code = if env.faults.has(Fault::WrongErrorCode) { "INVALID_VALUE" } else { "INVALID_OTP" };
        let message = if late { "The passcode has expired." } else { "The passcode is not the right one." };
        let message = if env.faults.has(Fault::EchoedPasscode) {
            format!("The passcode {otp} is not the right one.").into()
        } else {
            message.into()
        };
        Err(Detail::wrong_otp(code, message, self.attempts).into())
    }

    fn matches(&self, env: &mut Environment, otp: &str) -> bool {
        let now = env.now();
        match (&self.passcode, &self.selected) {
            (Some(passcode), _) => passcode == otp,
            (None, Some(Selected::Device(id))) => {
                let device = env.user_mut(self.user).and_then(|user| user.device_mut(*id));
                device.is_some_and(|device| device.generates() && device.redeem(otp, now))
            }
            _ => false,
        }
    }

    fn refuse_otp(&mut self, env: &mut Environment) {
        if self.is_last_attempt(env) {
            self.fail(TOO_MANY_ATTEMPTS);
            self.lock_device(env);
        }
        if env.faults.has(Fault::StateAfterRejection) {
            self.state = ChallengeState::AssertionRequired;
        }
    }

    /// Counts an attempt that is refused, and says whether it was the last.
    fn is_last_attempt(&mut self, env: &Environment) -> bool {
        if env.races(Fault::RacingAttempts, self.counted_at) {
            return false;
        }
        self.counted_at = Some(Instant::now());
        if !env.faults.has(Fault::AttemptsNotCounted) {
            self.attempts -= 1;
        }
        self.attempts == 0
    }

    fn lock_device(&self, env: &mut Environment) {
        let now = env.now();
        if let Some(Selected::Device(id)) = self.selected
            && let Some(device) = env.user_mut(self.user).and_then(|user| user.device_mut(id))
        {
            device.lock(now);
        }
    }

    /// Checks an assertion: malformed ones are refused and counted like wrong passcodes, a wrong one fails the challenge.
    pub(super) fn check_assertion(
        &mut self,
        env: &mut Environment,
        assertion: &str,
        origin: &str,
    ) -> Result<(), Problem> {
        let given: Value = serde_json::from_str(assertion).unwrap_or_default();
        if !(given["id"].is_string() && given["response"].is_object()) {
            if self.is_last_attempt(env) {
                self.fail(UNREADABLE_ASSERTIONS);
            }
            return Err(Detail::invalid_value("assertion", "The value is not an assertion.").into());
        }
        if self.user.is_nil() {
            self.recognise(env, &given);
        }
        let faults = env.faults.clone();
        let selected = match self.selected {
            Some(Selected::Device(id)) => env.user_mut(self.user).and_then(|user| user.device_mut(id)),
            _ => None,
        };
        let believed = selected.is_some_and(|device| {
            let relying_party = device.relying_party.clone().unwrap_or_else(|| RELYING_PARTY.to_owned());
            let challenge = self.assertion_challenge.as_str();
            let shown = Shown { assertion: &given, origin, challenge, relying_party: &relying_party };
            device.passkey.as_mut().is_some_and(|passkey| passkey.believes(&shown, &faults))
        });
        match believed {
            true => self.state = ChallengeState::Completed,
            false => self.fail(WRONG_ASSERTION),
        }
        Ok(())
    }

    /// Finds the user whose passkey made an assertion.
    fn recognise(&mut self, env: &Environment, assertion: &Value) {
        let devices = env.users.iter().flat_map(|user| user.devices.iter().map(move |device| (user.id, device)));
        let mut passkeys = devices.filter(|(_, device)| device.kind == Kind::Fido2 && device.active);
        if let Some((user, device)) = passkeys.find(|(_, device)| assertion["id"] == device.credential_id()) {
            (self.user, self.selected) = (user, Some(Selected::Device(device.id)));
        }
    }

    /// Takes a push back, so that another device can be chosen.
    pub(super) fn cancel_push(&mut self) {
        self.state = ChallengeState::DeviceSelectionRequired;
    }

    /// Notices that nobody answered the push in time; true if that just happened.
    pub(super) fn elapse(&mut self, now: DateTime<Utc>) -> bool {
        let timed_out = self.state == ChallengeState::PushConfirmationRequired && now - self.sent_at >= PUSH_TIMEOUT;
        if timed_out {
            self.state = ChallengeState::PushConfirmationTimedOut;
            self.push_fails.push(self.sent_at + PUSH_TIMEOUT);
        }
        timed_out
    }

    /// Whether a push of this challenge waits for an answer.
    pub(super) fn awaits_push(&mut self, user: Uuid, now: DateTime<Utc>) -> bool {
        self.elapse(now);
        self.user == user && self.state == ChallengeState::PushConfirmationRequired
    }

    pub(super) fn answer_push(&mut self, approved: bool, now: DateTime<Utc>) {
        if approved {
            self.state = ChallengeState::Completed;
        } else {
            self.push_fails.push(now);
            self.fail(PUSH_REJECTED);
        }
    }
}

/// Whether a fault has a wrong passcode accepted.
fn excused(env: &Environment, otp: &str) -> bool {
    let others =
        |passcode: fn(&Strangers) -> &str| env.strangers.as_ref().is_some_and(|others| passcode(others) == otp);
    env.faults.has(Fault::WrongOtpAccepted)
        || (env.faults.has(Fault::OtherPasscodeAccepted) && others(|others| &others.passcode))
        || (env.faults.has(Fault::UsedPasscodeAccepted) && others(|others| &others.used_passcode))
}
