//! The secrets of this process: what its configuration holds and what it was issued, known before any of it is used.
//!
//! Everything that is printed or written passes [`clean`], which knows them all; the record of each scenario starts from
//! [`secrets`]. Tokens that are issued while a run goes on are announced to a hook first, so that a CI service can be told to
//! hide them, too.
//!
//! Deliberately not here: reading configuration, asking for tokens, printing.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, OnceLock, PoisonError, RwLock};

use secrecy::{ExposeSecret, SecretString};

use super::{Redactor, Secrets, shapes};

/// What is told of each issued secret before anybody can use it.
type Hook = fn(&str);

struct Known {
    secrets: Secrets,
    redactor: Arc<Redactor>,
    short: Vec<String>,
}

static KNOWN: LazyLock<RwLock<Known>> = LazyLock::new(|| {
    let secrets = Secrets::default();
    let redactor = Arc::new(secrets.redactor());
    RwLock::new(Known { secrets, redactor, short: Vec::new() })
});
/// Whether anything is known: most runs know nothing, and then nothing is searched.
static ANY: AtomicBool = AtomicBool::new(false);
static HOOK: OnceLock<Hook> = OnceLock::new();

/// Registers a configured secret under the name of what it is, such as `worker-secret`.
pub fn learn(name: &str, value: &SecretString) {
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    let value = value.expose_secret();
    if known.secrets.knows(value) {
        return;
    }
    known.secrets.learn(name, value);
    known.redactor = Arc::new(known.secrets.redactor());
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
    KNOWN.read().unwrap_or_else(PoisonError::into_inner).short.clone()
}

/// A copy of what is known, for a record to start from.
pub fn secrets() -> Secrets {
    if !ANY.load(Ordering::Acquire) {
        return Secrets::default();
    }
    KNOWN.read().unwrap_or_else(PoisonError::into_inner).secrets.clone()
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
    any.then(|| Arc::clone(&KNOWN.read().unwrap_or_else(PoisonError::into_inner).redactor))
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
        assert!(!secrets().is_empty());
    }

    #[test]
    fn x08_a_short_configured_secret_is_named_so_that_people_can_be_warned() {
        learn("test-pin", &SecretString::from("7f3q"));
        assert!(short().contains(&"test-pin".to_owned()));
        assert_eq!(clean("a 7f3q b 17f3q9"), "a ‹test-pin#1› b 17f3q9");
    }
}
