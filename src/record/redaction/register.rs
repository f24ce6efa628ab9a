//! The secrets that a process knows: those of its configuration and those it was issued, registered before any of them is used.
//!
//! A [`Register`] is made once, in `main`, and cloned to whatever resolves, receives or writes: all clones share what they
//! know. Everything that is printed passes [`Register::clean`], every line of a journal [`Register::clean_json`], and the
//! record of each scenario is made with [`Register::redactor_with`].
//!
//! Deliberately not here: reading configuration, asking for tokens, printing.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock, RwLock, RwLockReadGuard};

use secrecy::{ExposeSecret, SecretString};

use super::{Redactor, Secrets, by_looks};
use crate::base::sync::ShareAnyway;

/// The secrets of a process. Cheap to clone; clones share one memory.
#[derive(Debug, Clone, Default)]
pub struct Register(Arc<RegisterState>);

#[derive(Debug, Default)]
struct RegisterState {
    known: RwLock<Registered>,
    /// Hears of each issued secret before anybody can use it.
    announce: Option<fn(&str)>,
}

#[derive(Debug, Default)]
struct Registered {
    secrets: Secrets,
    /// Made when it is asked for: many secrets are learned in a row.
    redactor: OnceLock<Arc<Redactor>>,
    short: Vec<String>,
}

impl Register {
    /// An empty register that calls `announce` with every secret that a server issues, so that a CI service can be told to
    /// hide it, too.
    pub fn announcing(announce: fn(&str)) -> Self {
        Self(Arc::new(RegisterState { announce: Some(announce), ..RegisterState::default() }))
    }

    /// Registers a configured secret under the name of what it is, such as `worker-secret`.
    pub fn learn(&self, name: &str, value: &SecretString) {
        let mut known = self.0.known.writing();
        let value = value.expose_secret();
        if known.secrets.knows(value) {
            return;
        }
        known.secrets.learn(name, value);
        known.redactor = OnceLock::new();
        if super::is_short(value) {
            known.short.push(name.to_owned());
        }
    }

    /// Registers a secret that a server has just issued to this process. It is announced before this returns.
    pub fn issued(&self, name: &str, value: &SecretString) {
        self.learn(name, value);
        if let Some(announce) = self.0.announce {
            announce(value.expose_secret());
        }
    }

    /// The names of configured secrets that are too short to be found inside other text (X08).
    pub fn short(&self) -> Vec<String> {
        self.read().short.clone()
    }

    /// A redactor for what is known here and for what a record knows besides. What is known here has the same mark everywhere.
    pub fn redactor_with(&self, own: &Secrets) -> Redactor {
        let known = self.read();
        let Some(redactor) = known.redactor() else { return own.redactor() };
        let mut all = known.secrets.clone();
        all.extend(own);
        all.redactor_above(&known.secrets, redactor)
    }

    /// The text without any registered secret, and without what looks like a credential to anybody.
    pub fn clean(&self, text: &str) -> String {
        self.redactor().map_or_else(|| by_looks().text(text), |redactor| redactor.text(text))
    }

    /// A JSON text without any registered secret; what was valid stays valid. Where nothing is registered nothing is done:
    /// what looks like a credential is out of a record from its birth.
    pub fn clean_json<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.redactor().map_or(Cow::Borrowed(text), |redactor| Cow::Owned(redactor.json(text)))
    }

    fn redactor(&self) -> Option<Arc<Redactor>> {
        self.read().redactor()
    }

    fn read(&self) -> RwLockReadGuard<'_, Registered> {
        self.0.known.reading()
    }
}

impl Registered {
    /// `None` while nothing is known, as in most runs: then nothing is searched.
    fn redactor(&self) -> Option<Arc<Redactor>> {
        let made = || Arc::clone(self.redactor.get_or_init(|| Arc::new(self.secrets.redactor())));
        (!self.secrets.is_empty()).then(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x14_a_configured_secret_is_hidden_from_whatever_is_printed() {
        let register = Register::default();
        register.learn("worker-secret", &SecretString::from("register-Test/secret+1"));
        let said = register.clean("error for http://h/?s=register-Test%2fsecret%2B1");
        assert_eq!(said, "error for http://h/?s=‹worker-secret#1›");
        let line = register.clean_json(r#"{"a":"register-Test/secret+1","b":1}"#);
        assert_eq!(line, r#"{"a":"‹worker-secret#1›","b":1}"#);
        let mut own = Secrets::default();
        own.learn("otp", "482913");
        let both = register.redactor_with(&own).text("482913 register-Test/secret+1 482913register-Test/secret+1");
        assert_eq!(both, "‹otp#1› ‹worker-secret#1› 482913‹worker-secret#1›");
    }

    #[test]
    fn x08_a_short_configured_secret_is_named_so_that_people_can_be_warned() {
        let register = Register::default();
        register.learn("test-pin", &SecretString::from("7f3q"));
        assert_eq!(register.short(), ["test-pin"]);
        assert_eq!(register.clean("a 7f3q b 17f3q9"), "a ‹test-pin#1› b 17f3q9");
    }

    #[test]
    fn clones_share_what_they_know_and_other_registers_know_nothing_of_it() {
        let register = Register::default();
        let clone = register.clone();
        register.issued("worker-token", &SecretString::from("issued-to-one-register"));
        assert_eq!(clone.clean("issued-to-one-register"), "‹worker-token#1›");
        assert_eq!(Register::default().clean("issued-to-one-register"), "issued-to-one-register");
    }
}
