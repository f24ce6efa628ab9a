//! The endpoints of everything but users and devices: made, listed, read, replaced and removed alike.
//!
//! Deliberately not here: what a sign-on makes of it ([`super::behaviour`]).

use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{created, href, no_content, wrong_method};
use super::thing::{Kind, Thing, Things};
use super::{behaviour, page, rules};
use crate::tenant::{
    call::{Call, canonical},
    environment::Environment,
    errors::{Detail, Problem, Refusal},
    fields::Fields,
    reply::{Outcome, Reply},
};

/// What a path leads to.
struct Place {
    kind: Kind,
    parent: Option<Uuid>,
    /// One of them, or all.
    one: Option<Uuid>,
}

pub(super) fn respond(env: &mut Environment, call: &Call, path: &[&str]) -> Outcome {
    if let ["applications", id, "secret"] = path {
        return secret(env, call, canonical(id));
    }
    let things = &env.management.as_ref().ok_or_else(Problem::not_found)?.things;
    let place = locate(things, path).ok_or_else(Problem::not_found)?;
    let outcome = match (&call.parts.method, place.one) {
        (&Method::GET, None) => list(env, call, &place),
        (&Method::POST, None) => create(env, call, &place),
        (&Method::GET, Some(id)) => read(env, place.kind, id),
        (&Method::PUT, Some(id)) => replace(env, call, place.kind, id),
        (&Method::DELETE, Some(id)) => remove(env, place.kind, id),
        (_, None) => Err(wrong_method("GET, POST")),
        (_, Some(_)) => Err(wrong_method("GET, PUT, DELETE")),
    };
    if call.parts.method != Method::GET && outcome.is_ok() {
        behaviour::renew(env);
    }
    outcome
}

/// Goes down a path: a collection, one of its things, a collection of that thing.
fn locate(things: &Things, path: &[&str]) -> Option<Place> {
    let (mut kind, mut parent) = (None, None);
    let mut segments = path.iter();
    while let Some(segment) = segments.next() {
        let found = Kind::below(kind, segment)?;
        let Some(id) = segments.next() else { return Some(Place { kind: found, parent, one: None }) };
        let id = canonical(id).filter(|id| things.get(found, *id).is_some_and(|thing| thing.parent == parent))?;
        if segments.as_slice().is_empty() {
            return Some(Place { kind: found, parent, one: Some(id) });
        }
        (kind, parent) = (Some(found), Some(id));
    }
    None
}

fn things(env: &Environment) -> Result<&Things, Refusal> {
    env.management.as_ref().map(|known| &known.things).ok_or_else(|| Problem::not_found().into())
}

fn view(env: &Environment, thing: &Thing) -> Result<Value, Refusal> {
    let things = things(env)?;
    Ok(things.view(thing, &href(env, &things.path(thing))))
}

fn list(env: &Environment, call: &Call, place: &Place) -> Outcome {
    let all: Vec<&Thing> = things(env)?.of(place.kind, place.parent).collect();
    let all = all.into_iter().map(|thing| view(env, thing)).collect::<Result<Vec<_>, _>>()?;
    page::respond(env, call, place.kind.segment(), all)
}

fn read(env: &Environment, kind: Kind, id: Uuid) -> Outcome {
    Ok(Reply::resource(view(env, things(env)?.get(kind, id).ok_or_else(Problem::not_found)?)?))
}

fn create(env: &mut Environment, call: &Call, place: &Place) -> Outcome {
    let body = checked(env, call, place.kind, None)?;
    let (id, secret, now) = (env.random.uuid(), env.random.token(), env.now());
    let thing = Thing { id, kind: place.kind, parent: place.parent, body, secret, created_at: now, updated_at: now };
    let management = env.management.as_mut().ok_or_else(Problem::not_found)?;
    management.things.insert(thing);
    Ok(created(view(env, things(env)?.get(place.kind, id).ok_or_else(Problem::not_found)?)?))
}

/// What is left out of the body is gone: a replacement is whole.
fn replace(env: &mut Environment, call: &Call, kind: Kind, id: Uuid) -> Outcome {
    let body = checked(env, call, kind, Some(id))?;
    let now = env.now();
    if let Some(thing) = env.management.as_mut().and_then(|known| known.things.get_mut(id)) {
        (thing.body, thing.updated_at) = (body, now);
    }
    read(env, kind, id)
}

fn checked(
    env: &Environment,
    call: &Call,
    kind: Kind,
    own: Option<Uuid>,
) -> Result<serde_json::Map<String, Value>, Refusal> {
    if !call.media_type().eq_ignore_ascii_case("application/json") {
        return Err(Problem::unsupported_media_type().into());
    }
    let mut fields = Fields::parse(call.body)?;
    rules::check(kind, &mut fields, things(env)?, own)?;
    let mut body = fields.into_body();
    for own in ["id", "environment", "_links", "createdAt", "updatedAt"] {
        body.shift_remove(own);
    }
    if kind == Kind::Application && body.get("protocol") == Some(&json!("OPENID_CONNECT")) {
        body.entry("deviceTimeout").or_insert(json!(600));
        body.entry("devicePollingInterval").or_insert(json!(5));
    }
    Ok(body)
}

fn remove(env: &mut Environment, kind: Kind, id: Uuid) -> Outcome {
    let things = things(env)?;
    let thing = things.get(kind, id).ok_or_else(Problem::not_found)?;
    if thing.is("default")
        && matches!(kind, Kind::Population | Kind::MfaPolicy | Kind::SignOnPolicy | Kind::PasswordPolicy)
    {
        return Err(in_use("The default cannot be removed."));
    }
    let inhabited = kind == Kind::Population && env.users.iter().any(|user| user.population == id);
    if inhabited || things.is_named(id) {
        return Err(in_use("Something else still needs it."));
    }
    if let Some(management) = env.management.as_mut() {
        management.things.remove(id);
    }
    Ok(no_content())
}

fn in_use(why: &'static str) -> Refusal {
    Problem::from(Detail::new("CONSTRAINT_VIOLATION", "id", why)).into()
}

fn secret(env: &Environment, call: &Call, id: Option<Uuid>) -> Outcome {
    if call.parts.method != Method::GET {
        return Err(wrong_method("GET"));
    }
    let thing = id.and_then(|id| things(env).ok()?.get(Kind::Application, id)).ok_or_else(Problem::not_found)?;
    let address = href(env, &format!("applications/{}/secret", thing.id));
    Ok(Reply::resource(json!({
        "_links": { "self": { "href": address } },
        "environment": { "id": env.id },
        "secret": thing.secret,
    })))
}
