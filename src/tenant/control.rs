//! The out-of-band channel: open an environment, read what was sent, answer a push, move the clock.
//!
//! No part of the contract: a real tenant has nothing of the kind.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Notify;
use uuid::Uuid;

use super::{
    TenantOptions,
    clock::Clock,
    device_authentications::DeviceAuthentication,
    devices::Device,
    environment::{Environment, Opening},
    facts::{enrolled, fact, facts, facts_named, roles, user},
    faults::{Fault, Faults},
    flows::Flow,
    mailbox::MessageKind,
    management::{Interference, Roles, bare, pair},
    missteps::PlannedMisstep,
    personas::Stage,
};
use crate::base::facts::FACTS;
use crate::base::sync::{LockAnyway, ShareAnyway};

/// What somebody says to a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PushAnswer {
    /// The user lets the sign-on pass.
    Approve,
    /// The user stops it.
    Reject,
}

/// What can go wrong out of band.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// The environment is not open.
    #[error("there is no environment {0}")]
    UnknownEnvironment(Uuid),
    /// Nobody of that name is in the environment.
    #[error("there is no user `{0}`")]
    UnknownUser(String),
    /// No resource has such a state.
    #[error("there is no state `{0}`")]
    UnknownState(String),
    /// The user has nothing to answer.
    #[error("no push waits for an answer of `{0}`")]
    NoPendingPush(String),
    /// No phone can be paired by this code.
    #[error("no phone can be paired by this code")]
    UnknownPairingKey,
}

/// Everything a tenant holds.
pub(super) struct TenantState {
    pub(super) base_url: Arc<str>,
    pub(super) faults: Faults,
    misstep: PlannedMisstep,
    pub(super) clock: Arc<dyn Clock>,
    /// Whether environments can be managed.
    pub(super) bare: bool,
    environments: RwLock<HashMap<Uuid, Arc<Mutex<Environment>>>>,
    default: Uuid,
    seed: u64,
    opened: AtomicU64,
    answered: AtomicU64,
    /// Told whenever a request arrives.
    pub(super) arrivals: Arc<Notify>,
}

impl TenantState {
    pub(super) fn new(options: &TenantOptions, base_url: Arc<str>) -> Self {
        let mut shared = Self {
            base_url,
            faults: Faults::new(&options.faults),
            misstep: PlannedMisstep(options.misstep.clone()),
            clock: options.clock.clone(),
            bare: options.bare,
            environments: RwLock::default(),
            default: Uuid::nil(),
            seed: options.seed,
            opened: AtomicU64::new(0),
            answered: AtomicU64::new(0),
            arrivals: Arc::default(),
        };
        let opening = shared.opening();
        let default =
            if options.bare { bare(opening, options.seed) } else { Environment::default_of(opening, options.seed) };
        shared.default = default.id;
        shared.insert(default);
        shared
    }

    fn opening(&self) -> Opening {
        let (faults, misstep) = (self.faults.clone(), self.misstep.clone());
        Opening { base_url: self.base_url.clone(), faults, misstep, clock: self.clock.clone() }
    }

    fn insert(&self, environment: Environment) -> Arc<Mutex<Environment>> {
        let id = environment.id;
        let environment = Arc::new(Mutex::new(environment));
        let mut environments = self.environments.writing();
        environments.insert(id, environment.clone());
        environment
    }

    pub(super) fn environment(&self, id: Uuid) -> Option<Arc<Mutex<Environment>>> {
        self.environments.reading().get(&id).cloned()
    }

    /// Another environment and its worker's token; to the one that is always open, one that does not exist.
    fn stranger_to(&self, env: Uuid) -> (Uuid, String) {
        let other = self.first().filter(|_| env != self.default);
        let known = |other: Arc<Mutex<Environment>>| {
            let other = other.locked();
            (other.id, other.worker.access_token.clone())
        };
        other.map_or_else(|| (Uuid::max(), "no-worker-token".to_owned()), known)
    }

    /// The environment that holds a resource.
    pub(super) fn holder(&self, id: Uuid) -> Option<Arc<Mutex<Environment>>> {
        let holds = |env: &Environment| env.flows.get(&id).is_some() || env.device_authentications.get(&id).is_some();
        self.environments.reading().values().find(|env| holds(&env.locked())).cloned()
    }

    /// The environment that is always open.
    pub(super) fn first(&self) -> Option<Arc<Mutex<Environment>>> {
        self.environment(self.default)
    }

    fn with<T>(&self, id: Uuid, work: impl FnOnce(&mut Environment) -> T) -> Result<T, ControlError> {
        let environment = self.environment(id).ok_or(ControlError::UnknownEnvironment(id))?;
        Ok(work(&mut environment.locked()))
    }

    /// Returns the id of the next answer: all different, and the same for the same seed.
    pub(super) fn correlation(&self) -> Uuid {
        let number = self.answered.fetch_add(1, Ordering::Relaxed);
        let [high, low] = [mixed(self.seed ^ number), mixed(!self.seed ^ number)];
        uuid::Builder::from_random_bytes((u128::from(high) << 64 | u128::from(low)).to_be_bytes()).into_uuid()
    }
}

/// Returns the facts of a default environment without starting a tenant: their names are the same in every environment.
pub fn default_facts() -> Value {
    let shared = Arc::new(TenantState::new(&TenantOptions::default(), "http://127.0.0.1".into()));
    let control = Control { shared };
    let facts = control.default_environment();
    // Whoever writes a scenario for a persona may name what one has.
    let persona = control.grant_persona(control.shared.default, &["COMPLETED"]);
    with_persona(facts, persona.unwrap_or_default())
}

fn with_persona(mut facts: Value, persona: Value) -> Value {
    facts["persona"] = persona;
    facts
}

/// The finalizer of SplitMix64: neighbouring numbers come out far apart.
fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// What is in an environment that is opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Contents {
    /// The users, applications and policies that the suite is written for.
    #[default]
    Seeded,
    /// Nothing but a worker and what no environment is without: the rest is made over the management API.
    Bare,
}

/// The control channel of a tenant.
#[derive(Clone)]
pub struct Control {
    pub(super) shared: Arc<TenantState>,
}

impl Control {
    /// Returns the names of the faults that were planted.
    pub fn faults(&self) -> Vec<&'static str> {
        Fault::ALL.iter().filter(|fault| self.shared.faults.has(**fault)).map(|fault| fault.name()).collect()
    }

    /// Opens a fresh environment and returns its facts.
    pub fn open_environment(&self, contents: Contents) -> Value {
        facts(&self.opened(contents).locked())
    }

    /// Opens a fresh environment and returns those of its facts that are named, of users also single ones: `users.sms`.
    pub(super) fn open_knowing(&self, contents: Contents, names: &[String]) -> Value {
        facts_named(&self.opened(contents).locked(), names)
    }

    /// Opens a fresh environment and returns its id; its facts are told one by one, by [`Control::fact`].
    pub fn open(&self, contents: Contents) -> Uuid {
        self.opened(contents).locked().id
    }

    /// Returns the names of all facts.
    pub fn facts() -> &'static [&'static str] {
        &FACTS
    }

    /// Returns one fact of an open environment, as it was when the environment was opened.
    pub fn fact(&self, env: Uuid, name: &str) -> Option<Value> {
        self.shared.with(env, |env| fact(env, name)).ok()?
    }

    /// Returns the roles of all `users`.
    pub fn roles() -> impl Iterator<Item = &'static str> {
        roles()
    }

    /// Returns what the fact `users` has under one role: to make that of all takes longer than a request does.
    pub fn user_fact(&self, env: Uuid, role: &str) -> Option<Value> {
        self.shared.with(env, |env| user(env, role)).ok()?
    }

    fn opened(&self, contents: Contents) -> Arc<Mutex<Environment>> {
        let number = self.shared.opened.fetch_add(1, Ordering::Relaxed) + 1;
        let seed = mixed(self.shared.seed).wrapping_add(mixed(number));
        let opening = self.shared.opening();
        self.shared.insert(match contents {
            Contents::Seeded => Environment::open(opening, seed),
            Contents::Bare => bare(opening, seed),
        })
    }

    /// Forgets an environment and all that happened in it. The default one stays.
    pub fn close_environment(&self, env: Uuid) {
        if env != self.shared.default {
            self.shared.environments.writing().remove(&env);
        }
    }

    /// Returns the facts of the environment that is always open.
    pub fn default_environment(&self) -> Value {
        self.environment(self.shared.default).unwrap_or_default()
    }

    /// Returns the facts of an open environment.
    pub fn environment(&self, env: Uuid) -> Option<Value> {
        self.shared.with(env, |env| facts(env)).ok()
    }

    /// Returns the newest code that went to a user (id, username, e-mail address, number) or to a one-time contact;
    /// for a device that makes passcodes itself, what it shows at the environment's clock.
    pub fn message(&self, env: Uuid, recipient: &str, kind: MessageKind) -> Option<String> {
        self.shared.with(env, |env| message(env, recipient, kind)).ok().flatten()
    }

    /// As [`Control::message`], for somebody who wants a passcode of their own: what a device made is returned once.
    pub fn take_message(&self, env: Uuid, recipient: &str, kind: MessageKind) -> Option<String> {
        self.shared.with(env, |env| take_message(env, recipient, kind)).ok().flatten()
    }

    /// Answers the newest push that waits for a user.
    ///
    /// # Errors
    ///
    /// Fails if the environment or the user is unknown, or if no push waits.
    pub fn answer_push(&self, env: Uuid, user: &str, answer: PushAnswer) -> Result<(), ControlError> {
        self.answer_push_of(env, user, None, answer)
    }

    /// Waits for the next request that arrives after this was called.
    pub fn next_arrival(&self) -> impl Future<Output = ()> + use<> {
        Arc::clone(&self.shared.arrivals).notified_owned()
    }

    /// Answers the push of this device authentication or flow; without an id, the newest that waits for the user.
    ///
    /// # Errors
    ///
    /// As [`Control::answer_push`].
    pub fn answer_push_of(
        &self,
        env: Uuid,
        user: &str,
        id: Option<Uuid>,
        answer: PushAnswer,
    ) -> Result<(), ControlError> {
        self.shared.with(env, |env| answer_push(env, user, id, answer == PushAnswer::Approve))?
    }

    /// Moves an environment's clock forward.
    ///
    /// # Errors
    ///
    /// Fails if the environment is unknown.
    pub fn advance(&self, env: Uuid, by: Duration) -> Result<(), ControlError> {
        let by = TimeDelta::from_std(by).unwrap_or(TimeDelta::MAX);
        self.shared.with(env, |env| env.clock.advance(by))
    }

    /// Enrols one more user like a seeded one (`user`, `sms`, …) and returns the facts of the newcomer.
    ///
    /// # Errors
    ///
    /// Fails if the environment is unknown, or if the seed has nobody like that.
    pub fn enrol(&self, env: Uuid, like: &str) -> Result<Value, ControlError> {
        let facts = self.shared.with(env, |env| {
            let person = env.add_user_like(like)?;
            env.users.last().map(|user| enrolled(person, user))
        })?;
        facts.ok_or_else(|| ControlError::UnknownUser(like.to_owned()))
    }

    /// Makes a persona whose resources go through these states, and returns its facts: `user` and `app`.
    ///
    /// # Errors
    ///
    /// Fails if the environment is unknown, or if no resource has such a state.
    pub fn grant_persona(&self, env: Uuid, path: &[impl AsRef<str>]) -> Result<Value, ControlError> {
        let stage = |name: &str| name.parse().map_err(|_| ControlError::UnknownState(name.to_owned()));
        let path = path.iter().map(|name| stage(name.as_ref())).collect::<Result<Vec<Stage>, _>>()?;
        let other = self.shared.stranger_to(env);
        let facts = self.shared.with(env, |env| {
            env.grant_persona(path, other);
            fact(env, "persona")
        })?;
        Ok(facts.unwrap_or_default())
    }

    /// Returns what is needed to manage the environment that was opened bare: its id, and the worker's credentials.
    pub fn worker(&self) -> Value {
        let described = self.shared.with(self.shared.default, |env| {
            let worker = json!({ "clientId": env.worker.id, "clientSecret": env.worker.secret });
            json!({
                "base": &*env.base_url,
                "management": format!("{}/v1", env.base_url),
                "environment": env.id,
                "worker": worker,
            })
        });
        described.unwrap_or_default()
    }

    /// Pairs an application on a phone by the code of a pairing key.
    ///
    /// # Errors
    ///
    /// Fails if the environment is unknown, or if the code is not good.
    pub fn pair_phone(&self, env: Uuid, code: &str) -> Result<(), ControlError> {
        self.shared.with(env, |env| pair(env, code))?.ok_or(ControlError::UnknownPairingKey)
    }

    /// Has something go wrong in the management API.
    ///
    /// # Errors
    ///
    /// Fails if the environment is unknown.
    pub(super) fn interfere(&self, env: Uuid, interference: Interference) -> Result<(), ControlError> {
        self.shared.with(env, |env| {
            env.management.iter_mut().for_each(|known| known.interferences.add(interference.clone()));
        })
    }

    /// Gives the worker these roles and no others.
    ///
    /// # Errors
    ///
    /// Fails if the environment is unknown.
    pub(super) fn set_roles(&self, env: Uuid, roles: Roles) -> Result<(), ControlError> {
        self.shared.with(env, |env| env.management.iter_mut().for_each(|known| known.roles = roles))
    }

    /// Lets so many requests pass and refuses the next one as one too many, once.
    ///
    /// # Errors
    ///
    /// Fails if the environment is unknown.
    pub fn limit(&self, env: Uuid, requests: u64) -> Result<(), ControlError> {
        self.shared.with(env, |env| env.requests_left = Some(requests))
    }
}

fn message(env: &Environment, recipient: &str, kind: MessageKind) -> Option<String> {
    let user = env.users.iter().find(|user| user.answers_to(recipient));
    let shown = |device: &Device| device.generated(env.now());
    let holder = user.filter(|_| kind == MessageKind::Otp);
    let asked = holder.and_then(|user| user.device(user.generating?)).map(shown);
    let sent = || env.mailbox.newest(user.map(|user| user.id), recipient, kind);
    // Nothing was asked of the user yet: what the first device shows is still a fair answer.
    let first = || holder?.devices.iter().find(|device| device.generates()).map(shown);
    asked.or_else(sent).or_else(first)
}

fn take_message(env: &mut Environment, recipient: &str, kind: MessageKind) -> Option<String> {
    let code = message(env, recipient, kind)?;
    let now = env.now();
    let user = env.users.iter_mut().find(|user| user.answers_to(recipient));
    user.into_iter().flat_map(|user| &mut user.devices).for_each(|device| device.take(&code, now));
    Some(code)
}

fn answer_push(env: &mut Environment, name: &str, id: Option<Uuid>, approved: bool) -> Result<(), ControlError> {
    let user = env.users.iter().find(|user| user.answers_to(name));
    let user = user.ok_or_else(|| ControlError::UnknownUser(name.to_owned()))?.id;
    if answer_device_authentication(env, user, id, approved) || answer_flow(env, user, id, approved) {
        Ok(())
    } else {
        Err(ControlError::NoPendingPush(name.to_owned()))
    }
}

fn answer_device_authentication(env: &mut Environment, user: Uuid, id: Option<Uuid>, approved: bool) -> bool {
    let now = env.now();
    let meant = |resource: &DeviceAuthentication| !resource.expired(now) && id.is_none_or(|id| id == resource.id);
    let waiting = env.device_authentications.values_mut().filter(|resource| meant(resource));
    let waiting = waiting.filter_map(|resource| resource.challenge.awaits_push(user, now).then_some(resource));
    let Some(newest) = waiting.max_by_key(|resource| resource.challenge.sent_at) else {
        return false;
    };
    newest.challenge.answer_push(approved, now);
    newest.answered_at = Some(Instant::now());
    newest.updated_at = now;
    true
}

fn answer_flow(env: &mut Environment, user: Uuid, id: Option<Uuid>, approved: bool) -> bool {
    let now = env.now();
    let meant = |flow: &Flow| !flow.expired(now) && id.is_none_or(|id| id == flow.id);
    let waiting = env.flows.values_mut().filter(|flow| meant(flow));
    let challenges = waiting.filter_map(|flow| flow.awaits_push(user, now).then_some(flow.challenge.as_mut()?));
    let Some(newest) = challenges.max_by_key(|challenge| challenge.sent_at) else {
        return false;
    };
    newest.answer_push(approved, now);
    true
}
