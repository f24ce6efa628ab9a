//! The MFA policies that scenarios know by name, and what sign-on policies ask for besides.

use serde_json::{Value, json};

use super::application::{AGREEMENT, POPULATION, PROVIDER};
use super::means::Means;
use super::name::Run;
use super::thing::{Kind, Thing};
use crate::base::digest;

/// The policy that counts where none is named.
pub(super) const DEFAULT: &str = "default";
/// The MFA policies: the choice of a device, and how many minutes a passcode that was sent is good for.
const POLICIES: [(&str, &str, u32); 4] = [
    (DEFAULT, "DEFAULT_TO_FIRST", 30),
    ("promptToSelect", "PROMPT_TO_SELECT", 30),
    ("alwaysDisplay", "ALWAYS_DISPLAY_DEVICES", 30),
    ("shortPasscode", "DEFAULT_TO_FIRST", 1),
];

/// The names of all.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    POLICIES.iter().map(|(fact, ..)| *fact)
}

/// The MFA policy of a name.
pub(super) fn known(fact: &str) -> Option<&'static str> {
    POLICIES.iter().map(|(known, ..)| *known).find(|known| *known == fact)
}

/// What is made for a policy.
pub(super) fn thing(fact: &str, run: &Run, means: Means) -> Option<Thing> {
    let (fact, selection, minutes) = POLICIES.iter().find(|(known, ..)| *known == fact)?;
    let cool_down = |minutes: u32| json!({ "duration": minutes, "timeUnit": "MINUTES" });
    let failure = |minutes: u32| json!({ "count": 3, "coolDown": cool_down(minutes) });
    let sent = json!({
        "enabled": true,
        "otp": { "failure": failure(0), "lifeTime": { "duration": minutes, "timeUnit": "MINUTES" } },
    });
    let body = json!({
        "name": run.name(fact),
        "default": false,
        "forSignOnPolicy": false,
        "email": sent,
        "sms": sent,
        "voice": sent,
        "mobile": { "enabled": means.application, "otp": { "failure": failure(2) } },
        "totp": { "enabled": true, "otp": { "failure": failure(2) } },
        "fido2": { "enabled": true },
        "authentication": { "deviceSelection": selection },
    });
    Some(Thing { kind: Kind::MfaPolicy, thing: (*fact).to_owned(), body, parts: Vec::new() })
}

/// The population of all users.
pub(super) fn population(run: &Run) -> Thing {
    let body = json!({ "name": run.name(POPULATION), "description": run.description() });
    Thing { kind: Kind::Population, thing: POPULATION.to_owned(), body, parts: Vec::new() }
}

/// The agreement that people consent to; how it gets a text is for [`mod@super::apply`].
pub(super) fn agreement(run: &Run) -> Thing {
    let body = json!({ "name": run.name(AGREEMENT), "description": run.description(), "enabled": false });
    Thing { kind: Kind::Agreement, thing: AGREEMENT.to_owned(), body, parts: Vec::new() }
}

/// The provider that external users sign on at. Nobody answers there.
pub(super) fn provider(run: &Run) -> Thing {
    let at = |path: &str| Value::from(format!("https://identity.partner.example/{path}"));
    let body = json!({
        "name": run.name(PROVIDER),
        "description": run.description(),
        "enabled": true,
        "type": "OPENID_CONNECT",
        "clientId": "flowproof",
        // Good for nothing, but not to be mistaken for anything that is shown.
        "clientSecret": digest::short(format!("the secret of {}", run.name(PROVIDER)), 16),
        "issuer": at(""),
        "authorizationEndpoint": at("authorize"),
        "tokenEndpoint": at("token"),
        "jwksEndpoint": at("jwks"),
        "scopes": ["openid"],
        "tokenEndpointAuthMethod": "CLIENT_SECRET_BASIC",
    });
    Thing { kind: Kind::IdentityProvider, thing: PROVIDER.to_owned(), body, parts: Vec::new() }
}
