//! `/users` and `/users/{userID}`: made, imported, looked for, changed and removed, and what is done to their accounts.
//!
//! Deliberately not here: their devices.

use http::Method;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::answer::{created, href, no_content, wrong_method};
use super::filter::{self, Condition};
use super::page;
use super::thing::Kind;
use crate::tenant::{
    call::Call,
    environment::Environment,
    errors::{Detail, Problem, Refusal},
    fields::Fields,
    mailbox::MessageKind,
    reply::{Outcome, Reply},
    representation::{object, timestamp},
    users::{Standing, User, check_strength, weak},
};

/// What is shown of a user as it was given.
const ATTRIBUTES: [&str; 8] =
    ["name", "nickname", "title", "externalId", "mobilePhone", "primaryPhone", "locale", "preferredLanguage"];

/// What users can be filtered by.
const FILTERED: [&str; 4] = ["username", "email", "population.id", "externalId"];

pub(super) fn collection(env: &mut Environment, call: &Call) -> Outcome {
    match call.parts.method {
        Method::GET => list(env, call),
        Method::POST => create(env, call),
        _ => Err(wrong_method("GET, POST")),
    }
}

/// One user, or something below; that there is the user was seen before.
pub(super) fn one(env: &mut Environment, call: &Call, id: Uuid, rest: &[&str]) -> Outcome {
    match (&call.parts.method, rest) {
        (&Method::GET, []) => read(env, id),
        (&Method::PATCH, []) => change(env, call, id),
        (&Method::DELETE, []) => {
            env.users.retain(|user| user.id != id);
            Ok(no_content())
        }
        (&Method::POST, []) => act(env, call, id),
        (&Method::PUT, ["password"]) => password(env, call, id),
        (&Method::PUT, ["enabled"]) => set(env, call, id, "enabled", |user, on| user.enable(on)),
        (&Method::PUT, ["mfaEnabled"]) => set(env, call, id, "mfaEnabled", |user, on| user.mfa_enabled = on),
        (&Method::PUT, ["identityProvider"]) => provider(env, call, id),
        (&Method::GET, ["bypassMFA"]) => {
            Ok(Reply::resource(json!({ "environment": { "id": env.id }, "user": { "id": id } })))
        }
        (_, []) => Err(wrong_method("DELETE, GET, PATCH, POST")),
        (_, ["password" | "enabled" | "mfaEnabled" | "identityProvider"]) => Err(wrong_method("PUT")),
        (_, ["bypassMFA"]) => Err(wrong_method("GET")),
        _ => Err(Problem::not_found().into()),
    }
}

fn list(env: &Environment, call: &Call) -> Outcome {
    let conditions = call.query("filter").map(|text| filter::parse(&text)).transpose()?.unwrap_or_default();
    // Also where there is nobody to be looked at.
    if conditions.iter().any(|condition| !FILTERED.contains(&condition.attribute.as_str())) {
        return Err(Detail::new("INVALID_FILTER", "filter", "The attribute cannot be filtered by.").into());
    }
    let found = env.users.iter().filter(|user| conditions.iter().all(|condition| meets(user, condition)));
    page::respond(env, call, "users", found.map(|user| view(env, user)).collect())
}

fn meets(user: &User, condition: &Condition) -> bool {
    match condition.attribute.as_str() {
        "username" => condition.is_met_by(&user.username),
        "email" => condition.is_met_by(&user.email),
        "population.id" => condition.is_met_by(&user.population.to_string()),
        attribute => condition.is_met_by(user.attribute(attribute)),
    }
}

fn create(env: &mut Environment, call: &Call) -> Outcome {
    let importing = call.is_vendor("user.import+json");
    if !importing && !call.media_type().eq_ignore_ascii_case("application/json") {
        return Err(Problem::unsupported_media_type().into());
    }
    let mut fields = Fields::parse(call.body)?;
    let (username, email) = (fields.text("username"), fields.email("email"));
    let population = fields.optional_reference("population", "population.id");
    let unverified = fields.optional_one_of("lifecycle.status", &["ACCOUNT_OK", "VERIFICATION_REQUIRED"]);
    let mfa_enabled = !fields.has("mfaEnabled") || fields.flag("mfaEnabled");
    let password = importing.then(|| fields.text("password.value")).filter(|password| !password.is_empty());
    let force = importing && fields.optional_flag("password.forceChange");
    fields.check()?;
    let population = known_population(env, population)?;
    taken(env, &username, None)?;
    let mut user = User::new(env.random.uuid(), username.into(), email.into());
    user.add_attributes(&fields.into_body());
    (user.population, user.mfa_enabled, user.created_at) = (population, mfa_enabled, env.now());
    if let Some(password) = password {
        check_strength("password.value", &password)?;
        user.set_password(password);
    }
    user.standing = match (force, unverified) {
        (_, Some("VERIFICATION_REQUIRED")) => Standing::Unverified,
        (true, _) => Standing::MustChangePassword,
        _ => Standing::Usual,
    };
    let id = user.id;
    env.users.push(user);
    let made = env.user(id).map(|user| view(env, user)).ok_or_else(Problem::not_found)?;
    Ok(created(made))
}

fn known_population(env: &Environment, given: Option<Uuid>) -> Result<Uuid, Problem> {
    let things = env.management.as_ref().map(|known| &known.things).ok_or_else(Problem::not_found)?;
    match given {
        Some(id) if things.get(Kind::Population, id).is_some() => Ok(id),
        Some(_) => Err(Detail::invalid_value("population.id", "There is no such population.").into()),
        None => Ok(things.default_of(Kind::Population).map(|population| population.id).unwrap_or_default()),
    }
}

fn taken(env: &Environment, username: &str, own: Option<Uuid>) -> Result<(), Problem> {
    if env.users.iter().any(|user| user.username == username && Some(user.id) != own) {
        let message = "is unique but a non-unique value is provided";
        return Err(Detail::new("UNIQUENESS_VIOLATION", "username", message).into());
    }
    Ok(())
}

fn read(env: &Environment, id: Uuid) -> Outcome {
    Ok(Reply::resource(view(env, env.user(id).ok_or_else(Problem::not_found)?)))
}

fn change(env: &mut Environment, call: &Call, id: Uuid) -> Outcome {
    let mut fields = Fields::parse(call.body)?;
    let username = fields.optional_text("username");
    let email = fields.has("email").then(|| fields.email("email"));
    let population = fields.optional_reference("population", "population.id");
    fields.check()?;
    let population = population.map(|id| known_population(env, Some(id))).transpose()?;
    if let Some(username) = &username {
        taken(env, username, Some(id))?;
    }
    let user = env.user_mut(id).ok_or_else(Problem::not_found)?;
    user.username = username.map_or_else(|| user.username.clone(), Into::into);
    user.email = email.map_or_else(|| user.email.clone(), Into::into);
    user.population = population.unwrap_or(user.population);
    user.add_attributes(&fields.into_body());
    read(env, id)
}

/// What a media type does to an account.
fn act(env: &mut Environment, call: &Call, id: Uuid) -> Outcome {
    let now = env.now();
    let user = env.user_mut(id).ok_or_else(Problem::not_found)?;
    match call.vendor().unwrap_or_default() {
        "account.lock+json" => user.lock(now),
        "account.unlock+json" => user.locked_until = None,
        "user.sendVerificationCode+json" => {
            user.standing = Standing::Unverified;
            let (email, code) = (user.email.to_string(), env.random.code(8));
            env.mailbox.deliver(id, &email, MessageKind::VerificationCode, &code, now);
        }
        _ => return Err(Problem::unsupported_media_type().into()),
    }
    read(env, id)
}

fn password(env: &mut Environment, call: &Call, id: Uuid) -> Outcome {
    let setting = call.is_vendor("password.set+json");
    if !setting && !call.is_vendor("password.reset+json") {
        return Err(Problem::unsupported_media_type().into());
    }
    let mut fields = Fields::parse(call.body)?;
    let name = if setting { "value" } else { "newPassword" };
    let value = fields.text(name);
    let current = (!setting).then(|| fields.text("currentPassword"));
    let force = setting && fields.optional_flag("forceChange");
    fields.check()?;
    check_strength(name, &value)?;
    let now = env.now();
    let user = env.user_mut(id).ok_or_else(Problem::not_found)?;
    if let Some(current) = current {
        user.confirm_password(&current, now)?;
    }
    if user.password.as_deref() == Some(&value) {
        return Err(weak(name, &["history"]).into());
    }
    user.set_password(value);
    if force {
        user.standing = Standing::MustChangePassword;
    }
    let status = if force { "MUST_CHANGE_PASSWORD" } else { "OK" };
    Ok(Reply::resource(json!({ "environment": { "id": env.id }, "user": { "id": id }, "status": status })))
}

/// Switches something of a user on or off.
fn set(
    env: &mut Environment,
    call: &Call,
    id: Uuid,
    name: &'static str,
    apply: impl FnOnce(&mut User, bool),
) -> Outcome {
    let mut fields = Fields::parse(call.body)?;
    let on = fields.flag(name);
    fields.check()?;
    apply(env.user_mut(id).ok_or_else(Problem::not_found)?, on);
    Ok(Reply::resource(json!({ name: on })))
}

/// Says where a user signs on: here, or at a provider.
fn provider(env: &mut Environment, call: &Call, id: Uuid) -> Outcome {
    let mut fields = Fields::parse(call.body)?;
    let provider = fields.optional_text("id");
    fields.check()?;
    let known = |id: &String| {
        let things = &env.management.as_ref()?.things;
        things.get(Kind::IdentityProvider, id.parse().ok()?).map(|thing| thing.id)
    };
    let unknown = || Refusal::from(Detail::invalid_value("id", "There is no such identity provider."));
    let provider = provider.as_ref().map(|id| known(id).ok_or_else(unknown)).transpose()?;
    let user = env.user_mut(id).ok_or_else(Problem::not_found)?;
    user.provider = provider;
    user.standing = if provider.is_some() { Standing::External } else { Standing::Usual };
    Ok(Reply::resource(provider_view(provider)))
}

fn provider_view(provider: Option<Uuid>) -> Value {
    match provider {
        Some(id) => json!({ "id": id, "type": "OPENID_CONNECT" }),
        None => json!({ "type": "PING_ONE" }),
    }
}

fn view(env: &Environment, user: &User) -> Value {
    let locked = user.locked_until.is_some_and(|until| env.now() < until);
    let enabled = user.standing != Standing::Disabled;
    let unverified = user.standing == Standing::Unverified;
    object([
        json!({
            "_links": { "self": { "href": href(env, &format!("users/{}", user.id)) } },
            "id": user.id,
            "environment": { "id": env.id },
            "account": { "canAuthenticate": enabled && !locked, "status": if locked { "LOCKED" } else { "OK" } },
            "createdAt": timestamp(user.created_at),
            "email": user.email,
            "emailVerified": !unverified,
            "enabled": enabled,
            "identityProvider": provider_view(user.provider),
            "lifecycle": { "status": if unverified { "VERIFICATION_REQUIRED" } else { "ACCOUNT_OK" } },
            "mfaEnabled": user.mfa_enabled,
            "population": { "id": user.population },
            "updatedAt": timestamp(user.created_at),
            "username": user.username,
            "verifyStatus": "NOT_INITIATED",
        }),
        Value::Object(user.attributes.clone()),
    ])
}

impl User {
    fn add_attributes(&mut self, body: &Map<String, Value>) {
        for name in ATTRIBUTES {
            if let Some(value) = body.get(name) {
                self.attributes.insert(name.to_owned(), value.clone());
            }
        }
    }

    fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}
