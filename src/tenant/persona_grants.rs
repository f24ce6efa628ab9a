//! Makes the persona that somebody asked for: a user like a seeded one, and an application that asks what was asked for.
//!
//! Deliberately not here: where the resources of a persona go (`personas`).

use std::sync::{Arc, LazyLock};

use chrono::TimeDelta;
use uuid::Uuid;

use super::applications::{Application, ApplicationSettings, Start};
use super::challenge::Challenge;
use super::environment::Environment;
use super::oauth::Token;
use super::personas::{Persona, Script, Stage};
use super::seed::app;
use super::strangers::Strangers;

/// Whom a persona is like: somebody with a device of every kind.
const LIKE: &str = "several";
/// The name of a persona's application in the facts.
const FACT: &str = "persona";

/// The application of a persona: what it asks for is what was asked for.
static SETTINGS: LazyLock<Arc<ApplicationSettings>> = LazyLock::new(|| {
    Arc::new(ApplicationSettings { start: Start::AsAskedFor, path_id: Some(FACT.into()), ..app(FACT, "Persona") })
});

impl Environment {
    /// Makes the persona of this environment, with another environment to be a stranger in; one that was there before is
    /// forgotten.
    pub(super) fn grant_persona(&mut self, path: Vec<Stage>, other: (Uuid, String)) {
        let Some(person) = self.add_user_like(LIKE) else { return };
        let (payload, cookie) = (self.random.uuid(), self.random.uuid());
        let (ticket, secret) = (self.random.code(8), self.random.token());
        let Some(user) = self.users.last_mut() else { return };
        user.ticket = Some(ticket);
        user.remembered = Some((payload, cookie));
        let user = user.id;
        self.strangers = Some(self.strangers_of(user, other));
        self.persona = Some(Persona { user, person, path: path.into() });
        if self.application_named(FACT).is_none() {
            // The first that may use the device grant is the one whose activation page has no name.
            let id = self.random.uuid();
            self.applications.insert(0, Application { id, secret, settings: SETTINGS.clone() });
        }
    }

    /// Whoever else there is, with another environment that is as good as any.
    fn strangers_of(&mut self, persona: Uuid, (environment, worker_token): (Uuid, String)) -> Strangers {
        let (now, expired_token) = (self.now(), self.random.token());
        let expired = Token { user: None, valid_until: now - TimeDelta::seconds(1) };
        self.tokens.insert(expired_token.clone(), expired);
        let user = self.users.first().map(|user| user.id);
        Strangers {
            session: self.session(None),
            user_token: self.issue_token(user),
            expired_token,
            environment,
            worker_token,
            passcode: self.random.passcode(),
            used_passcode: self.used_passcode(persona),
        }
    }

    /// A passcode that a user was sent, and has signed on with.
    fn used_passcode(&mut self, user: Uuid) -> String {
        let mut earlier = Challenge::at(self, user, Stage::OtpRequired);
        let sent = earlier.passcode.clone().unwrap_or_default();
        // It is right: it was sent just now.
        let _right = earlier.check_otp(self, &sent);
        self.mailbox.forget(user);
        sent
    }

    /// The path of a resource that begins in the persona's application.
    pub(super) fn script_in(&self, settings: &ApplicationSettings) -> Option<Script> {
        self.script().filter(|_| settings.start == Start::AsAskedFor)
    }

    /// The path of a resource that begins for this user, if that is the persona.
    pub(super) fn script_for(&self, user: Uuid) -> Option<Script> {
        self.script().filter(|_| self.is_persona(user))
    }

    pub(super) fn is_persona(&self, user: Uuid) -> bool {
        self.persona.as_ref().is_some_and(|persona| persona.user == user)
    }

    fn script(&self) -> Option<Script> {
        let path = Arc::clone(&self.persona.as_ref()?.path);
        Some(Script::new(path, self.now()))
    }
}
