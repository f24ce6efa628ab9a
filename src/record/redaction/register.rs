//! The secrets of this process: what its configuration holds and what it was issued, known before any of it is used.
//!
//! Everything that is printed or written passes [`clean`], which knows them all; the record of each scenario is made with
//! [`redactor_with`]. Tokens that are issued while a run goes on are announced to a hook first, so that a CI service can be told to
//! hide them, too.
//!
//! Deliberately not here: reading configuration, asking for tokens, printing.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, OnceLock, RwLock};

use secrecy::{ExposeSecret, SecretString};

use super::{Redactor, Secrets, shapes};
use crate::base::sync::ShareAnyway;

/// What is told of each issued secret before anybody can use it.
type Hook = fn(&str);

struct Known {
    secrets: Secrets,
    /// Made when it is asked for: many secrets are learned in a row.
    redactor: OnceLock<Arc<Redactor>>,
    short: Vec<String>,
}

static KNOWN: LazyLock<RwLock<Known>> =
    LazyLock::new(|| RwLock::new(Known { secrets: Secrets::default(), redactor: OnceLock::new(), short: Vec::new() }));
/// Whether anything is known: most runs know nothing, and then nothing is searched.
static ANY: AtomicBool = AtomicBool::new(false);
static HOOK: OnceLock<Hook> = OnceLock::new();

/// Registers a configured secret under the name of what it is, such as `worker-secret`.
pub fn learn(name: &str, value: &SecretString) {
    let mut known = KNOWN.writing();
    let value = value.expose_secret();
    if known.secrets.knows(value) {
        return;
    }
    known.secrets.learn(name, value);
    known.redactor = OnceLock::new();
    if super::is_short(value) {
        known.short.push(name.to_owned());
    }
    ANY.store(true, Ordering::Release);
}

/// Registers a secret that a server has just issued to this process. It is announced before this returns.
pub fn issued(name: &str, value: &SecretString) {
    learn(name, value);
    if let Some(announce) = HOOK.get() {
        announce(value.expose_secret());
    }
}

/// Sets who is told of issued secrets; the first one stays.
pub fn on_issued(hook: Hook) {
    let _ = HOOK.set(hook);
}

/// The names of configured secrets that are too short to be found inside other text (X08).
pub fn short() -> Vec<String> {
    KNOWN.reading().short.clone()
}

/// A redactor for what is known here and for what a record knows besides. What is known here has the same mark everywhere.
pub fn redactor_with(own: &Secrets) -> Redactor {
    if !ANY.load(Ordering::Acquire) {
        return own.redactor();
    }
    let known = KNOWN.reading();
    let mut all = known.secrets.clone();
    all.extend(own);
    all.redactor_above(&known.secrets, known.redactor())
}

impl Known {
    fn redactor(&self) -> Arc<Redactor> {
        Arc::clone(self.redactor.get_or_init(|| Arc::new(self.secrets.redactor())))
    }
}

/// The text without any secret of this process, and without what looks like a credential to anybody.
pub fn clean(text: &str) -> Cow<'_, str> {
    match redactor().map(|redactor| redactor.text(text)) {
        Some(redacted) => Cow::Owned(shapes::hidden(&redacted).into_owned()),
        None => shapes::hidden(text),
    }
}

/// A JSON text without any secret of this process; what was valid stays valid.
pub fn clean_json(text: &str) -> Cow<'_, str> {
    redactor().map_or(Cow::Borrowed(text), |redactor| Cow::Owned(redactor.json(text)))
}

fn redactor() -> Option<Arc<Redactor>> {
    let any = ANY.load(Ordering::Acquire);
    any.then(|| KNOWN.reading().redactor())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x14_a_configured_secret_is_hidden_from_whatever_is_printed() {
        learn("worker-secret", &SecretString::from("register-Test/secret+1"));
        let said = clean("error for http://h/?s=register-Test%2fsecret%2B1");
        assert_eq!(said, "error for http://h/?s=‹worker-secret#1›");
        let line = clean_json(r#"{"a":"register-Test/secret+1","b":1}"#);
        assert_eq!(line, r#"{"a":"‹worker-secret#1›","b":1}"#);
        let mut own = Secrets::default();
        own.learn("otp", "482913");
        let both = redactor_with(&own).text("482913 register-Test/secret+1 482913register-Test/secret+1");
        assert_eq!(both, "‹otp#1› ‹worker-secret#1› 482913‹worker-secret#1›");
    }

    #[test]
    fn x08_a_short_configured_secret_is_named_so_that_people_can_be_warned() {
        learn("test-pin", &SecretString::from("7f3q"));
        assert!(short().contains(&"test-pin".to_owned()));
        assert_eq!(clean("a 7f3q b 17f3q9"), "a ‹test-pin#1› b 17f3q9");
    }
}
