//! The facts that a configuration supplies, as scenarios name them.
//!
//! Deliberately not here: which users a scenario gets, and where secrets come from.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::config::target::{TargetFact, TargetFacts, UserConfig, fact_name};
use crate::config::{SecretSource, TargetConfig};

/// What stands in a fact for a secret.
pub(super) type ShowSecret<'a> = &'a dyn Fn(&SecretSource) -> Option<String>;

/// All facts, with these users: each by its role and its place in the pool.
pub(super) fn facts(
    config: &TargetConfig,
    users: &BTreeMap<String, usize>,
    secret: ShowSecret<'_>,
) -> Map<String, Value> {
    let leased = users.iter().filter_map(|(role, at)| Some((role, config.users.get(role)?.get(*at)?)));
    let users: Map<_, _> = leased.map(|(role, user)| (fact_name(role), user_facts(user, secret))).collect();
    let mut facts = Map::new();
    facts.insert("env".into(), json!({ "id": config.environment.to_string() }));
    facts.insert("apps".into(), named(&config.apps, secret));
    facts.insert("policies".into(), named(&config.policies, secret));
    facts.extend(config.worker.as_ref().map(|worker| {
        let client_secret = secret(&worker.client_secret);
        // Whether there is a token is known before it is asked for.
        let access_token = client_secret.as_ref().map(|_| "");
        let worker =
            json!({ "clientId": worker.client_id, "clientSecret": client_secret, "accessToken": access_token });
        ("worker".to_owned(), worker)
    }));
    facts.extend(users.get(&fact_name(&config.default_user)).map(|user| ("user".to_owned(), user.clone())));
    facts.insert("users".into(), users.into());
    facts
}

/// The facts of one user.
pub(super) fn user_facts(user: &UserConfig, secret: ShowSecret<'_>) -> Value {
    let mut facts = settings_facts(&user.settings, secret);
    facts["otp"] = reads_passcodes(user).into();
    facts["mail"] = user.passcode.as_ref().is_some_and(|source| !source.is_authenticator()).into();
    facts["push"] = user.push.is_some().into();
    facts
}

/// Whether passcodes can be read of whatever device of the user is asked: passkeys have none.
fn reads_passcodes(user: &UserConfig) -> bool {
    let several = match user.settings.get("devices") {
        Some(TargetFact::Several(several)) => several.values().collect(),
        _ => Vec::new(),
    };
    let one = match user.settings.get("device") {
        Some(TargetFact::One(one)) => Some(one),
        _ => None,
    };
    let plain = |device: &TargetFacts, key: &str| match device.get(key) {
        Some(TargetFact::Plain(text)) => text.clone(),
        _ => String::new(),
    };
    let mut asked = several.into_iter().chain(one).filter(|device| plain(device, "type") != "FIDO2").peekable();
    let own = |device: &TargetFacts| user.device_passcodes.contains_key(&plain(device, "id"));
    user.passcode.is_some() || (asked.peek().is_some() && asked.all(own))
}

fn settings_facts(settings: &TargetFacts, secret: ShowSecret<'_>) -> Value {
    let value = |setting: &TargetFact| match setting {
        TargetFact::Plain(text) => Value::from(text.as_str()),
        TargetFact::Secret(source) => secret(source).into(),
        TargetFact::One(one) => settings_facts(one, secret),
        TargetFact::Several(several) => named(several, secret),
    };
    settings.iter().map(|(key, setting)| (fact_name(key), value(setting))).collect::<Map<_, _>>().into()
}

fn named(all: &BTreeMap<String, TargetFacts>, secret: ShowSecret<'_>) -> Value {
    all.iter().map(|(name, one)| (fact_name(name), settings_facts(one, secret))).collect::<Map<_, _>>().into()
}
