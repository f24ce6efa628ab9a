//! `/users/{userID}/devices`: how MFA devices are made, activated, put in order and removed.
//!
//! A worker may make one that is active from the start. Phones with an application cannot be made: they pair by themselves.

use chrono::{DateTime, Utc};
use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{created, href, no_content, wrong_method};
use super::page;
use crate::tenant::{
    call::{Call, canonical},
    devices::{Device, Kind, base32},
    environment::Environment,
    errors::{Detail, Problem, Refusal},
    fields::Fields,
    mailbox::MessageKind,
    passkeys::{Passkey, Shown},
    reply::{Outcome, Reply},
    representation::{object, timestamp},
};

/// So many devices a user may have.
const MOST: usize = 5;
const TYPES: &[&str] = &["EMAIL", "SMS", "VOICE", "WHATSAPP", "TOTP", "FIDO2"];

pub(super) fn respond(env: &mut Environment, call: &Call, user: Uuid, rest: &[&str]) -> Outcome {
    match (&call.parts.method, rest) {
        (&Method::GET, []) => list(env, call, user),
        (&Method::POST, []) => post(env, call, user),
        (_, []) => Err(wrong_method("GET, POST")),
        (method, [id]) => {
            let id = canonical(id).filter(|id| device(env, user, *id).is_some()).ok_or_else(Problem::not_found)?;
            match *method {
                Method::GET => read(env, user, id),
                Method::POST => act(env, call, user, id),
                Method::DELETE => remove(env, user, id),
                _ => Err(wrong_method("DELETE, GET, POST")),
            }
        }
        _ => Err(Problem::not_found().into()),
    }
}

fn device(env: &Environment, user: Uuid, id: Uuid) -> Option<&Device> {
    env.user(user)?.device(id)
}

fn device_mut(env: &mut Environment, user: Uuid, id: Uuid) -> Result<&mut Device, Refusal> {
    let device = env.user_mut(user).and_then(|user| user.device_mut(id));
    device.ok_or_else(|| Problem::not_found().into())
}

fn list(env: &Environment, call: &Call, user: Uuid) -> Outcome {
    let all = env.user(user).map(|user| user.devices.iter().map(|device| view(env, user.id, device)).collect());
    page::respond(env, call, "devices", all.unwrap_or_default())
}

fn post(env: &mut Environment, call: &Call, user: Uuid) -> Outcome {
    if call.is_vendor("devices.reorder+json") {
        return reorder(env, call, user);
    }
    if call.is_vendor("devices.order.remove+json") {
        return list(env, call, user);
    }
    if !call.media_type().eq_ignore_ascii_case("application/json") {
        return Err(Problem::unsupported_media_type().into());
    }
    create(env, call, user)
}

fn create(env: &mut Environment, call: &Call, user: Uuid) -> Outcome {
    let mut fields = Fields::parse(call.body)?;
    let kind = kind(fields.one_of("type", TYPES));
    let contact = match kind {
        Some(Kind::Email) => fields.email("email"),
        Some(Kind::Sms | Kind::Voice | Kind::Whatsapp) => fields.phone("phone"),
        _ => String::new(),
    };
    let active = fields.optional_one_of("status", &["ACTIVE", "ACTIVATION_REQUIRED"]) == Some("ACTIVE");
    let test_mode = fields.optional_flag("testMode");
    let nickname = fields.optional_text("nickname");
    let passkey = (kind == Some(Kind::Fido2)).then(|| fields.text("rp.id"));
    fields.check()?;
    let Some(kind) = kind else { return Err(Problem::malformed().into()) };
    full(env, user)?;
    let mut device = Device::new(env.random.uuid(), kind, contact.into(), env.random.key());
    // A passkey has to prove itself first, whoever makes it.
    device.active = active && passkey.is_none();
    (device.nickname, device.test_mode, device.created_at) = (nickname, test_mode, env.now());
    (device.relying_party, device.registration_challenge) = (passkey, env.random.token());
    let id = device.id;
    env.user_mut(user).ok_or_else(Problem::not_found)?.devices.push(device);
    send_activation_code(env, user, id)?;
    let made = device_mut(env, user, id)?.clone();
    Ok(created(made_view(env, user, &made)))
}

fn kind(name: &str) -> Option<Kind> {
    Some(match name {
        "EMAIL" => Kind::Email,
        "SMS" => Kind::Sms,
        "VOICE" => Kind::Voice,
        "WHATSAPP" => Kind::Whatsapp,
        "TOTP" => Kind::Totp,
        "FIDO2" => Kind::Fido2,
        _ => return None,
    })
}

/// Refuses one more device for a user who has as many as are allowed.
pub(super) fn full(env: &Environment, user: Uuid) -> Result<(), Problem> {
    if env.user(user).is_some_and(|user| user.devices.len() >= MOST) {
        return Err(
            Detail::new("SIZE_LIMIT_EXCEEDED", "devices", "The user has as many devices as are allowed.").into()
        );
    }
    Ok(())
}

/// Sends the passcode by which a device is activated, if it is one that gets passcodes and is not active.
fn send_activation_code(env: &mut Environment, user: Uuid, id: Uuid) -> Result<(), Refusal> {
    let code = env.random.passcode();
    let device = device_mut(env, user, id)?;
    if device.active || matches!(device.kind, Kind::Totp | Kind::Fido2) {
        return Ok(());
    }
    device.activation = Some(code.clone());
    let contact = device.contact.to_string();
    let now = env.now();
    env.mailbox.deliver(user, &contact, MessageKind::Otp, &code, now);
    Ok(())
}

fn read(env: &Environment, user: Uuid, id: Uuid) -> Outcome {
    Ok(Reply::resource(view(env, user, device(env, user, id).ok_or_else(Problem::not_found)?)))
}

fn act(env: &mut Environment, call: &Call, user: Uuid, id: Uuid) -> Outcome {
    let now = env.now();
    match call.vendor().unwrap_or_default() {
        "device.activate+json" => activate(env, call, user, id)?,
        "device.sendActivationCode+json" => send_activation_code(env, user, id)?,
        "device.unlock+json" => device_mut(env, user, id)?.locked_until = None,
        "device.block+json" => device_mut(env, user, id)?.blocked_at = Some(now),
        "device.unblock+json" => device_mut(env, user, id)?.blocked_at = None,
        _ => return Err(Problem::unsupported_media_type().into()),
    }
    read(env, user, id)
}

fn activate(env: &mut Environment, call: &Call, user: Uuid, id: Uuid) -> Result<(), Refusal> {
    let mut fields = Fields::parse(call.body)?;
    let now = env.now();
    let device = device_mut(env, user, id)?;
    if device.kind == Kind::Fido2 {
        return register(device, &mut fields);
    }
    let otp = fields.text("otp");
    fields.check()?;
    let right = match device.kind {
        Kind::Totp => device.redeem(&otp, now),
        _ => device.activation.as_deref() == Some(&otp),
    };
    if !right {
        return Err(Detail::new("INVALID_OTP", "otp", "The passcode is not the right one.").into());
    }
    device.activate();
    Ok(())
}

/// A passkey proves itself by what its authenticator says of it.
fn register(device: &mut Device, fields: &mut Fields) -> Result<(), Refusal> {
    let (attestation, origin) = (fields.text("attestation"), fields.text("origin"));
    fields.check()?;
    let attestation: Value = serde_json::from_str(&attestation).unwrap_or_default();
    let (challenge, site) = (device.registration_challenge.clone(), device.relying_party.clone().unwrap_or_default());
    let shown = Shown { assertion: &attestation, origin: &origin, challenge: &challenge, relying_party: &site };
    let passkey = Passkey::registered(&shown);
    let wrong = || Detail::invalid_value("attestation", "The attestation could not be verified.");
    device.passkey = Some(passkey.ok_or_else(wrong)?);
    device.activate();
    Ok(())
}

fn reorder(env: &mut Environment, call: &Call, user: Uuid) -> Outcome {
    let mut fields = Fields::parse(call.body)?;
    let order = fields.list("order");
    fields.check()?;
    let order: Vec<&str> = order.iter().filter_map(|entry| entry["id"].as_str()).collect();
    let place = |device: &Device| {
        let id = device.id.to_string();
        order.iter().position(|named| *named == id).unwrap_or(usize::MAX)
    };
    let known = env.user_mut(user).ok_or_else(Problem::not_found)?;
    known.devices.sort_by_key(place);
    list(env, call, user)
}

fn remove(env: &mut Environment, user: Uuid, id: Uuid) -> Outcome {
    env.user_mut(user).ok_or_else(Problem::not_found)?.devices.retain(|device| device.id != id);
    Ok(no_content())
}

/// A device as only its making shows it: with the secret that an authenticator needs, or a test's passcode.
fn made_view(env: &Environment, user: Uuid, device: &Device) -> Value {
    let secret = (device.kind == Kind::Totp).then(|| base32(&device.key));
    let address = secret.as_ref().map(|secret| format!("otpauth://totp/PingOne:{user}?secret={secret}&issuer=PingOne"));
    let passcode = device.activation.as_ref().filter(|_| device.test_mode).map(|otp| json!({ "otp": otp }));
    let options = device.relying_party.as_ref().map(|site| creation_options(user, device, site));
    let own = json!({
        "secret": secret,
        "keyUri": address,
        "test": passcode,
        "publicKeyCredentialCreationOptions": options,
    });
    object([view(env, user, device), own])
}

/// What an authenticator is asked for: a string that holds JSON, as in device authentications.
fn creation_options(user: Uuid, device: &Device, site: &str) -> String {
    json!({
        "challenge": device.registration_challenge,
        "rp": { "id": site, "name": site },
        "user": { "id": user, "name": user, "displayName": user },
        "pubKeyCredParams": [{ "type": "public-key", "alg": -7 }],
        "timeout": 120_000,
        "attestation": "none",
    })
    .to_string()
}

fn view(env: &Environment, user: Uuid, device: &Device) -> Value {
    let contact = (!device.contact.is_empty()).then_some(&device.contact);
    object([json!({
        "_links": { "self": { "href": href(env, &format!("users/{user}/devices/{}", device.id)) } },
        "id": device.id,
        "environment": { "id": env.id },
        "user": { "id": user },
        "type": device.kind.name(),
        "status": if device.active { "ACTIVE" } else { "ACTIVATION_REQUIRED" },
        "nickname": device.nickname,
        "email": contact.filter(|_| device.kind == Kind::Email),
        "phone": contact.filter(|_| device.kind != Kind::Email),
        "rp": device.relying_party.as_ref().map(|id| json!({ "id": id, "name": id })),
        "lock": lock(device, env.now()),
        "block": block(device),
        "createdAt": timestamp(device.created_at),
        "updatedAt": timestamp(device.created_at),
    })])
}

/// Whether too many wrong passcodes have locked it, and until when.
fn lock(device: &Device, now: DateTime<Utc>) -> Value {
    match device.locked_until.filter(|_| device.locked(now)) {
        Some(until) => json!({ "status": "LOCKED", "reason": "OTP", "expiresAt": timestamp(until) }),
        None => json!({ "status": "UNLOCKED" }),
    }
}

/// Whether an administrator has blocked it, and since when.
fn block(device: &Device) -> Value {
    match device.blocked_at {
        Some(at) => json!({ "status": "BLOCKED", "blockedAt": timestamp(at) }),
        None => json!({ "status": "UNBLOCKED" }),
    }
}
