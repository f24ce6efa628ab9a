//! What a scenario may know of an environment before it begins, as one JSON object.
//!
//! Passcodes and codes are not among it: those are read as they are sent.

use serde_json::{Map, Value, json};

use super::{
    applications::Application,
    devices::{Device, Kind, Method, base32},
    environment::Environment,
    seed::{PEOPLE, Person},
    strangers::Strangers,
    users::{Standing, User},
};
use crate::base::facts::FACTS;

/// The role of the first user: the account that the external provider's identity matches.
const CONFIRMED: &str = "confirmed";

/// Returns all facts of an environment; users who registered later are not among them.
pub(super) fn facts(env: &Environment) -> Value {
    FACTS.iter().filter_map(|root| Some((*root, fact(env, root)?))).collect()
}

/// Returns the facts that are asked for by name, of users also single ones: `users.sms`. A user who is not there is asked for
/// among all, so that the answer says who is.
pub(super) fn facts_named(env: &Environment, names: &[String]) -> Value {
    let mut facts = Map::new();
    let mut users = Map::new();
    for name in names {
        match name.strip_prefix("users.").and_then(|role| Some((role, user(env, role)?))) {
            Some((role, found)) => _ = users.insert(role.to_owned(), found),
            None => {
                let root = name.split('.').next().unwrap_or_default();
                facts.extend(fact(env, root).map(|fact| (root.to_owned(), fact)));
            }
        }
    }
    if !users.is_empty() {
        facts.entry("users").or_insert(Value::Object(users));
    }
    Value::Object(facts)
}

/// Returns the facts of one of the `users`.
pub(super) fn user(env: &Environment, role: &str) -> Option<Value> {
    let position = match role {
        CONFIRMED => 0,
        _ => PEOPLE.iter().skip(1).position(|person| person.fact == role)? + 1,
    };
    Some(user_facts(PEOPLE.get(position)?, env.users.get(position)?))
}

/// The roles of all `users`.
pub(super) fn roles() -> impl Iterator<Item = &'static str> {
    PEOPLE.iter().skip(1).map(|person| person.fact).chain([CONFIRMED])
}

/// Returns one fact as it was when the environment was opened, whatever happened in it since.
pub(super) fn fact(env: &Environment, root: &str) -> Option<Value> {
    Some(match root {
        "env" => json!({ "id": env.id }),
        "worker" => json!({
            "clientId": env.worker.id, "clientSecret": env.worker.secret, "accessToken": env.worker.access_token,
        }),
        "apps" => env
            .applications
            .iter()
            .filter(|app| app.settings.fact != "persona")
            .map(|app| (app.settings.fact.as_ref(), application_facts(app)))
            .collect(),
        "policies" => {
            env.policies.iter().map(|policy| (policy.settings.fact.as_ref(), json!({ "id": policy.id }))).collect()
        }
        "user" => user(env, CONFIRMED)?,
        "users" => roles().filter_map(|role| Some((role, user(env, role)?))).collect(),
        "persona" => persona_facts(env)?,
        "clock" | "limit" => true.into(),
        _ => return None,
    })
}

fn application_facts(application: &Application) -> Value {
    let Application { id, secret, settings } = application;
    let mut facts = json!({ "id": id, "name": settings.name, "clientId": id, "clientSecret": secret });
    if let Some(path_id) = &settings.path_id {
        facts["appIdentifier"] = path_id.as_ref().into();
    }
    if let Some(redirect_uri) = &settings.redirect_uri {
        facts["redirectUri"] = redirect_uri.as_ref().into();
    }
    facts
}

/// The persona of the environment, if somebody asked for one.
fn persona_facts(env: &Environment) -> Option<Value> {
    let persona = env.persona.as_ref()?;
    let user = env.user(persona.user)?;
    let mut facts = enrolled(persona.person, user);
    facts["inviteCode"] = user.ticket.as_deref().unwrap_or_default().into();
    let application = env.applications.iter().find(|app| app.settings.fact == "persona")?;
    let others = env.strangers.as_ref().map(Strangers::facts);
    Some(json!({ "user": facts, "app": application_facts(application), "others": others }))
}

/// Returns the facts of a user who was enrolled after a seeded one.
pub(super) fn enrolled(person: &Person, user: &User) -> Value {
    let mut facts = user_facts(person, user);
    facts["username"] = user.username.as_ref().into();
    facts["email"] = user.email.as_ref().into();
    if let Some(phone) = &user.phone {
        facts["phone"] = phone.as_ref().into();
    }
    facts
}

/// What can change in an environment is given as the seed has it.
fn user_facts(person: &Person, user: &User) -> Value {
    let mut facts = json!({ "id": user.id, "username": person.username, "email": person.email });
    if !person.phone.is_empty() {
        facts["phone"] = person.phone.into();
    }
    if let Some(password) = person.password() {
        facts["password"] = password.into();
    }
    facts["mail"] = true.into();
    add_devices(&mut facts, &user.devices);
    if let Some((payload, cookie)) = user.remembered {
        facts["payload"] = json!(payload);
        facts["cookie"] = format!("RD={cookie}").into();
    }
    if let Some(ticket) = &user.ticket {
        facts[if person.standing == Standing::Invited { "inviteCode" } else { "ticket" }] = ticket.as_str().into();
    }
    facts
}

fn add_devices(facts: &mut Value, devices: &[Device]) {
    let Some(first) = devices.first() else { return };
    facts["device"] = device_facts(first);
    if devices.len() > 1 {
        let named = devices.iter().map(|device| (device.kind.name().to_ascii_lowercase(), device_facts(device)));
        facts["devices"] = named.collect();
    }
    facts["otp"] = devices.iter().any(|device| device.kind != Kind::Fido2).into();
    facts["push"] = devices.iter().any(|device| device.method() == Method::Push).into();
    let passkey = devices.iter().find_map(|device| device.passkey.as_ref()?.secret());
    if let Some(secret) = passkey {
        facts["passkey"] = secret.text().into();
    }
}

fn device_facts(device: &Device) -> Value {
    let mut facts = json!({ "id": device.id, "type": device.kind.name() });
    if device.generates() {
        facts["secret"] = base32(&device.key).into();
    }
    facts
}
