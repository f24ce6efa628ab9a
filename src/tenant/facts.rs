//! What a scenario may know of an environment before it begins, as one JSON object.
//!
//! Passcodes and codes are not among it: those are read as they are sent.

use serde_json::{Map, Value, json};

use super::{
    applications::Application,
    challenge::assertion_of,
    devices::{Device, Kind, Method, base32},
    environment::Environment,
    seed::PEOPLE,
    users::{Standing, User},
};

/// Returns the facts of an environment; users who registered later are not among them.
pub(super) fn facts(env: &Environment) -> Value {
    let mut people = PEOPLE
        .iter()
        .zip(&env.users)
        .map(|(person, user)| (person.fact, user_facts(user)));
    let plain = people.next().map(|(_, facts)| facts);
    json!({
        "env": { "id": env.id },
        "worker": {
            "clientId": env.worker.id,
            "clientSecret": env.worker.secret,
            "accessToken": env.worker.access_token,
        },
        "apps": named(env.applications.iter().map(|app| (app.settings.fact, application_facts(app)))),
        "policies": named(env.policies.iter().map(|policy| (policy.settings.fact, json!({ "id": policy.id })))),
        "user": plain,
        "users": named(people),
        "clock": true,
    })
}

fn named(entries: impl Iterator<Item = (&'static str, Value)>) -> Value {
    entries
        .map(|(name, value)| (name.to_owned(), value))
        .collect::<Map<_, _>>()
        .into()
}

fn application_facts(application: &Application) -> Value {
    let Application {
        id,
        secret,
        settings,
    } = application;
    let mut facts =
        json!({ "id": id, "name": settings.name, "clientId": id, "clientSecret": secret });
    if let Some(path_id) = settings.path_id {
        facts["appIdentifier"] = path_id.into();
    }
    if let Some(redirect_uri) = settings.redirect_uri {
        facts["redirectUri"] = redirect_uri.into();
    }
    facts
}

fn user_facts(user: &User) -> Value {
    let mut facts = json!({ "id": user.id, "username": user.username, "email": user.email });
    if let Some(phone) = &user.phone {
        facts["phone"] = phone.as_ref().into();
    }
    if let Some(password) = &user.password {
        facts["password"] = password.as_ref().into();
    }
    add_devices(&mut facts, &user.devices);
    if let Some((payload, cookie)) = user.remembered {
        facts["payload"] = json!(payload);
        facts["cookie"] = format!("RD={cookie}").into();
    }
    if let Some(ticket) = &user.ticket {
        let name = if user.standing == Standing::Invited {
            "inviteCode"
        } else {
            "ticket"
        };
        facts[name] = ticket.as_str().into();
    }
    facts
}

fn add_devices(facts: &mut Value, devices: &[Device]) {
    let Some(first) = devices.first() else { return };
    facts["device"] = device_facts(first);
    if devices.len() > 1 {
        facts["devices"] = devices
            .iter()
            .map(|device| (fact_name(device.kind).to_owned(), device_facts(device)))
            .collect();
    }
    facts["otp"] = devices
        .iter()
        .any(|device| device.kind != Kind::Fido2)
        .into();
    facts["push"] = devices
        .iter()
        .any(|device| device.method() == Method::Push)
        .into();
    if let Some(device) = devices.iter().find(|device| device.kind == Kind::Fido2) {
        facts["assertion"] = assertion_of(device).to_string().into();
    }
}

fn device_facts(device: &Device) -> Value {
    let mut facts = json!({ "id": device.id, "type": device.kind.name() });
    if device.generates() {
        facts["secret"] = base32(&device.key).into();
    }
    facts
}

fn fact_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Email => "email",
        Kind::Sms => "sms",
        Kind::Voice => "voice",
        Kind::Whatsapp => "whatsapp",
        Kind::Totp => "totp",
        Kind::Mobile => "mobile",
        Kind::Fido2 => "fido2",
    }
}
