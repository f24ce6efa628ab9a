//! `/users/{userID}/pairingKeys`: the codes by which an application on a phone is paired.
//!
//! What the application itself does is not published, so that the control channel does it.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{created, href, wrong_method};
use super::devices::full;
use crate::tenant::{
    call::Call,
    devices::{Device, Kind},
    environment::Environment,
    errors::Problem,
    fields::Fields,
    reply::Outcome,
    representation::timestamp,
};

/// How long a code is good for.
const LIFETIME: TimeDelta = TimeDelta::hours(48);
/// How long it is.
const LENGTH: usize = 14;

/// A code by which one phone can be paired.
pub(in crate::tenant) struct PairingKey {
    id: Uuid,
    user: Uuid,
    code: String,
    made_at: DateTime<Utc>,
}

pub(super) fn respond(env: &mut Environment, call: &Call, user: Uuid) -> Outcome {
    if call.parts.method != http::Method::POST {
        return Err(wrong_method("POST"));
    }
    if !call.media_type().eq_ignore_ascii_case("application/json") {
        return Err(Problem::unsupported_media_type().into());
    }
    Fields::parse(call.body)?.check()?;
    full(env, user)?;
    let key = PairingKey { id: env.random.uuid(), user, code: env.random.code(LENGTH), made_at: env.now() };
    let shown = view(env, &key);
    let management = env.management.as_mut().ok_or_else(Problem::not_found)?;
    management.pairing_keys.push(key);
    Ok(created(shown))
}

fn view(env: &Environment, key: &PairingKey) -> Value {
    json!({
        "_links": { "self": { "href": href(env, &format!("users/{}/pairingKeys/{}", key.user, key.id)) } },
        "id": key.id,
        "environment": { "id": env.id },
        "user": { "id": key.user },
        "code": key.code,
        "status": "UNCLAIMED",
        "createdAt": timestamp(key.made_at),
        "updatedAt": timestamp(key.made_at),
        "expiresAt": timestamp(key.made_at + LIFETIME),
    })
}

/// Pairs a phone by a code, which is used up by that; `None` for one that is not good.
pub(in crate::tenant) fn pair(env: &mut Environment, code: &str) -> Option<()> {
    let now = env.now();
    let keys = &mut env.management.as_mut()?.pairing_keys;
    let at = keys.iter().position(|key| key.code == code && now < key.made_at + LIFETIME)?;
    let key = keys.remove(at);
    let mut device = Device::new(env.random.uuid(), Kind::Mobile, "".into(), env.random.key());
    device.created_at = now;
    env.user_mut(key.user)?.devices.push(device);
    Some(())
}
