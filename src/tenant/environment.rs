//! One environment: a sandbox with its own users, applications, policies, clock and mailbox, and what goes on in it.
//!
//! A store with lookups; what may be done with a resource is decided in the file of the resource.

use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{
    applications::{Application, Policy},
    clock::{Clock, EnvironmentClock},
    device_authentications::DeviceAuthentication,
    devices::Kind,
    faults::Faults,
    flows::Flow,
    mailbox::Mailbox,
    management::Management,
    missteps::PlannedMisstep,
    oauth::{DeviceGrant, Token},
    personas::Persona,
    random::{Ids, Random},
    seed::{self, Person},
    store::Store,
    strangers::Strangers,
    users::User,
};

/// How long an access token is good for.
pub(super) const TOKEN_LIFETIME: TimeDelta = TimeDelta::seconds(3600);
/// How long a browser session is remembered after it was last used.
const SESSION_LIFETIME: TimeDelta = TimeDelta::hours(24);

/// The client that calls the MFA service.
pub(super) struct Worker {
    pub(super) id: Uuid,
    pub(super) secret: String,
    pub(super) access_token: String,
}

/// A sandbox.
pub(super) struct Environment {
    pub(super) id: Uuid,
    pub(super) base_url: Arc<str>,
    pub(super) faults: Faults,
    pub(super) misstep: PlannedMisstep,
    pub(super) clock: EnvironmentClock,
    pub(super) random: Random,
    pub(super) worker: Worker,
    pub(super) policies: Vec<Policy>,
    pub(super) applications: Vec<Application>,
    pub(super) users: Vec<User>,
    /// Whose resources go as somebody asked for.
    pub(super) persona: Option<Persona>,
    /// Whoever else there is, where there is a persona.
    pub(super) strangers: Option<Strangers>,
    /// When the request came that is being answered.
    pub(super) arrived: Option<Instant>,
    pub(super) mailbox: Mailbox,
    pub(super) device_authentications: Store<Uuid, DeviceAuthentication>,
    pub(super) flows: Store<Uuid, Flow>,
    pub(super) grants: Vec<DeviceGrant>,
    pub(super) tokens: Store<String, Token>,
    /// Session cookies and when each was last used.
    sessions: Store<Uuid, DateTime<Utc>>,
    /// Requests until one is refused, if a limit was set.
    pub(super) requests_left: Option<u64>,
    /// What can be managed, where anything can.
    pub(super) management: Option<Management>,
}

/// What an environment is opened with.
pub(super) struct Opening {
    pub(super) base_url: Arc<str>,
    pub(super) faults: Faults,
    pub(super) misstep: PlannedMisstep,
    pub(super) clock: Arc<dyn Clock>,
}

impl Environment {
    /// Opens the environment whose ids and secrets are written down in the documentation.
    pub(super) fn default_of(opening: Opening, seed: u64) -> Self {
        let mut environment = Self::with_ids(opening, Random::new(seed), Ids::Counted(0));
        environment.worker.secret = "default-worker-secret".to_owned();
        let forever = Token { user: None, valid_until: DateTime::<Utc>::MAX_UTC };
        environment.worker.access_token = "default-worker-token".to_owned();
        environment.tokens.clear();
        environment.tokens.insert(environment.worker.access_token.clone(), forever);
        environment
    }

    pub(super) fn open(opening: Opening, seed: u64) -> Self {
        // The ids come from a stream of their own, so that what is issued later does not depend on how many there are.
        Self::with_ids(opening, Random::new(seed), Ids::Random(Box::new(Random::new(!seed))))
    }

    fn with_ids(opening: Opening, mut random: Random, mut ids: Ids) -> Self {
        let clock = EnvironmentClock::new(opening.clock);
        let now = clock.now();
        let id = ids.next();
        let worker = Worker { id: ids.next(), secret: random.token(), access_token: random.token() };
        let token = Token { user: None, valid_until: now + TOKEN_LIFETIME };
        let mut tokens = Store::default();
        tokens.insert(worker.access_token.clone(), token);
        let policies = seed::policies(&mut ids);
        let applications = seed::applications(&mut ids, &mut random);
        let users = seed::users(&mut ids, &mut random, now);
        Self {
            id,
            base_url: opening.base_url,
            faults: opening.faults,
            misstep: opening.misstep,
            clock,
            random,
            tokens,
            worker,
            policies,
            applications,
            users,
            persona: None,
            strangers: None,
            arrived: None,
            mailbox: Mailbox::default(),
            device_authentications: Store::default(),
            flows: Store::default(),
            grants: Vec::new(),
            sessions: Store::default(),
            requests_left: None,
            management: None,
        }
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub(super) fn user(&self, id: Uuid) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    pub(super) fn user_mut(&mut self, id: Uuid) -> Option<&mut User> {
        self.users.iter_mut().find(|user| user.id == id)
    }

    /// Finds a user by what people type at a sign-on: username or e-mail address.
    pub(super) fn user_named(&mut self, name: &str) -> Option<&mut User> {
        self.users.iter_mut().find(|user| user.username == name || user.email == name)
    }

    /// One more user like a seeded one, with a name, addresses and devices of their own; returns where the seed has the likeness.
    pub(super) fn add_user_like(&mut self, fact: &str) -> Option<&'static Person> {
        let person = seed::PEOPLE.iter().find(|person| person.fact == fact)?;
        let number = self.users.len();
        let mut ids = Ids::Random(Box::new(Random::new(self.random.seed())));
        let mut user = person.new_user(&mut ids, &mut self.random, self.clock.now());
        user.username = format!("{}-{number}", person.username).into();
        user.email = format!("{number}-{}", person.email).into();
        user.phone = user.phone.map(|_| format!("+1.51255{number:05}").into());
        for device in &mut user.devices {
            let contact = match device.kind {
                Kind::Email => Some(user.email.clone()),
                Kind::Sms | Kind::Voice | Kind::Whatsapp => user.phone.clone(),
                _ => None,
            };
            device.contact = contact.unwrap_or_default();
        }
        self.users.push(user);
        Some(person)
    }

    pub(super) fn application(&self, id: Uuid) -> Option<&Application> {
        self.applications.iter().find(|application| application.id == id)
    }

    pub(super) fn application_named(&self, fact: &str) -> Option<Uuid> {
        let mut applications = self.applications.iter();
        applications.find(|application| application.settings.fact == fact).map(|application| application.id)
    }

    pub(super) fn policy(&self, id: Uuid) -> Option<Policy> {
        self.policies.iter().find(|policy| policy.id == id).cloned()
    }

    pub(super) fn policy_named(&self, fact: &str) -> Policy {
        self.policies.iter().find(|policy| policy.settings.fact == fact).unwrap_or(&self.policies[0]).clone()
    }

    /// Counts a request against the limit; true when it is the one too many.
    pub(super) fn over_limit(&mut self) -> bool {
        match self.requests_left {
            None => false,
            Some(0) => {
                self.requests_left = None;
                true
            }
            Some(left) => {
                self.requests_left = Some(left - 1);
                false
            }
        }
    }

    /// Continues the browser session of a cookie, or begins one.
    pub(super) fn session(&mut self, cookie: Option<Uuid>) -> Uuid {
        let now = self.now();
        if let Some(session) = cookie.filter(|cookie| self.knows_session(*cookie)) {
            return session;
        }
        let session = self.random.uuid();
        self.sessions.keep(session, now, |used| now - *used < SESSION_LIFETIME);
        session
    }

    pub(super) fn knows_session(&mut self, cookie: Uuid) -> bool {
        let now = self.now();
        let Some(used) = self.sessions.get_mut(&cookie).filter(|used| now - **used < SESSION_LIFETIME) else {
            return false;
        };
        *used = now;
        true
    }

    pub(super) fn insert_device_authentication(&mut self, resource: DeviceAuthentication) {
        let now = self.now();
        self.device_authentications.keep(resource.id, resource, |kept| !kept.expired(now));
    }

    pub(super) fn insert_flow(&mut self, flow: Flow) {
        let now = self.now();
        self.flows.keep(flow.id, flow, |kept| !kept.expired(now));
    }

    /// Issues an access token; one with a user cannot do all that the worker's can.
    pub(super) fn issue_token(&mut self, user: Option<Uuid>) -> String {
        let now = self.now();
        let token = self.random.token();
        let issued = Token { user, valid_until: now + TOKEN_LIFETIME };
        self.tokens.keep(token.clone(), issued, |kept| now < kept.valid_until);
        token
    }
}
