//! What a scenario may know of an environment before it begins, as one JSON object.
//!
//! Passcodes and codes are not among it: those are read as they are sent.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    applications::Application,
    challenge::assertion_of,
    devices::{Device, Kind, Method, base32},
    environment::{Environment, Worker},
    seed::{PEOPLE, Person},
    users::{Standing, User},
};
use crate::base::facts::FACTS;

/// Members that most objects have room for; opening an environment should not wait for maps to grow.
const ROOM: usize = 10;

/// Returns all facts of an environment; users who registered later are not among them.
pub(super) fn facts(env: &Environment) -> Value {
    // By hand, because `json!` copies the values that it is given.
    let facts = FACTS.iter().filter_map(|root| Some(((*root).to_owned(), fact(env, root)?)));
    facts.collect::<Map<_, _>>().into()
}

/// Returns one fact as it was when the environment was opened, whatever happened in it since.
pub(super) fn fact(env: &Environment, root: &str) -> Option<Value> {
    let mut people = PEOPLE.iter().zip(&env.users).map(|(person, user)| (person.fact, user_facts(person, user)));
    Some(match root {
        "env" => Object::new(1).with("id", text(env.id)).into(),
        "worker" => worker_facts(&env.worker).into(),
        "apps" => named(env.applications.iter().map(|app| (app.settings.fact, application_facts(app)))),
        "policies" => {
            let policies = env.policies.iter();
            named(policies.map(|policy| (policy.settings.fact, Object::new(1).with("id", text(policy.id)).into())))
        }
        "user" => people.next()?.1,
        "users" => {
            // The account that the external provider's identity matches.
            let confirmed = people.next().map(|(_, user)| ("confirmed", user));
            named(people.chain(confirmed))
        }
        "clock" | "limit" => true.into(),
        _ => return None,
    })
}

/// A JSON object in the making.
struct Object(Map<String, Value>);

impl Object {
    fn new(room: usize) -> Self {
        Self(Map::with_capacity(room))
    }

    fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.set(name, value);
        self
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        Value::Object(object.0)
    }
}

fn named(entries: impl Iterator<Item = (&'static str, Value)>) -> Value {
    entries.map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>().into()
}

fn text(id: Uuid) -> String {
    id.hyphenated().encode_lower(&mut Uuid::encode_buffer()).to_owned()
}

fn worker_facts(worker: &Worker) -> Object {
    Object::new(3)
        .with("clientId", text(worker.id))
        .with("clientSecret", worker.secret.as_str())
        .with("accessToken", worker.access_token.as_str())
}

fn application_facts(application: &Application) -> Value {
    let Application { id, secret, settings } = application;
    let facts = Object::new(5).with("id", text(*id)).with("name", settings.name).with("clientId", text(*id));
    let mut facts = facts.with("clientSecret", secret.as_str());
    if let Some(path_id) = settings.path_id {
        facts.set("appIdentifier", path_id);
    }
    if let Some(redirect_uri) = settings.redirect_uri {
        facts.set("redirectUri", redirect_uri);
    }
    facts.into()
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

/// What can change in an environment is told as the seed has it.
fn user_facts(person: &Person, user: &User) -> Value {
    let mut facts = Object::new(ROOM);
    facts.set("id", text(user.id));
    facts.set("username", person.username);
    facts.set("email", person.email);
    if !person.phone.is_empty() {
        facts.set("phone", person.phone);
    }
    if let Some(password) = person.password() {
        facts.set("password", password);
    }
    add_devices(&mut facts, &user.devices);
    if let Some((payload, cookie)) = user.remembered {
        facts.set("payload", text(payload));
        facts.set("cookie", format!("RD={cookie}"));
    }
    if let Some(ticket) = &user.ticket {
        facts.set(if person.standing == Standing::Invited { "inviteCode" } else { "ticket" }, ticket.as_str());
    }
    facts.into()
}

fn add_devices(facts: &mut Object, devices: &[Device]) {
    let Some(first) = devices.first() else { return };
    facts.set("device", device_facts(first));
    if devices.len() > 1 {
        facts.set("devices", named(devices.iter().map(|device| (fact_name(device.kind), device_facts(device)))));
    }
    facts.set("otp", devices.iter().any(|device| device.kind != Kind::Fido2));
    facts.set("push", devices.iter().any(|device| device.method() == Method::Push));
    if let Some(device) = devices.iter().find(|device| device.kind == Kind::Fido2) {
        facts.set("assertion", assertion_of(device));
    }
}

fn device_facts(device: &Device) -> Value {
    let mut facts = Object::new(3).with("id", text(device.id)).with("type", device.kind.name());
    if device.generates() {
        facts.set("secret", base32(&device.key));
    }
    facts.into()
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
