//! What the policies and applications that were made amount to: how a sign-on begins, what it asks for, how passcodes go.
//!
//! Worked out anew whenever one of them changes, so that flows and challenges know nothing of where their settings come from.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::TimeDelta;
use serde_json::Value;

use super::state::Management;
use super::thing::{Kind, Thing, Things};
use crate::tenant::applications::{
    Application, ApplicationSettings, DeviceSelection, Policy, PolicySettings, Registration, Start,
};
use crate::tenant::environment::{Environment, Opening};
use crate::tenant::random::Random;

/// Opens an environment with nothing in it but a worker, and what no environment is without.
pub(in crate::tenant) fn bare(opening: Opening, seed: u64) -> Environment {
    let mut environment = Environment::open(opening, seed);
    environment.users.clear();
    let (id, now) = (environment.id, environment.now());
    let mut random = Random::new(environment.random.seed());
    environment.management = Some(Management::new(id, &mut || random.uuid(), now));
    renew(&mut environment);
    environment
}

/// Brings the environment's applications and MFA policies up to date.
pub(super) fn renew(env: &mut Environment) {
    let Some(management) = &env.management else { return };
    let things = &management.things;
    let mut policies: Vec<&Thing> = things.of(Kind::MfaPolicy, None).collect();
    policies.sort_by_key(|policy| !policy.is("default"));
    env.policies = policies.into_iter().map(policy).collect();
    let applications = things.of(Kind::Application, None).filter(|application| application.is("enabled"));
    env.applications = applications.map(|application| settings(things, application)).collect();
}

fn policy(thing: &Thing) -> Policy {
    let selection = match thing.body.get("authentication").and_then(|known| known["deviceSelection"].as_str()) {
        Some("PROMPT_TO_SELECT") => DeviceSelection::PromptToSelect,
        Some("ALWAYS_DISPLAY_DEVICES") => DeviceSelection::AlwaysDisplayDevices,
        _ => DeviceSelection::DefaultToFirst,
    };
    let lifetime = thing.body.get("email").and_then(|email| duration(&email["otp"]["lifeTime"]));
    let passcode_lifetime = lifetime.unwrap_or(TimeDelta::minutes(30));
    let fact = Cow::Owned(thing.id.to_string());
    Policy { id: thing.id, settings: Arc::new(PolicySettings { fact, selection, passcode_lifetime }) }
}

/// A duration as policies write it.
fn duration(value: &Value) -> Option<TimeDelta> {
    let amount = i64::try_from(value["duration"].as_u64()?).ok()?;
    match value["timeUnit"].as_str()? {
        "SECONDS" => TimeDelta::try_seconds(amount),
        "MINUTES" => TimeDelta::try_minutes(amount),
        _ => TimeDelta::try_hours(amount),
    }
}

fn settings(things: &Things, application: &Thing) -> Application {
    let actions = actions(things, application);
    let of_type = |kind: &str| actions.iter().find(|action| action.text("type") == kind);
    let registering =
        actions.iter().find(|action| action.body.get("registration").is_some_and(|it| it["enabled"] == true));
    let seconds = |name: &str, usual: i64| {
        TimeDelta::seconds(application.body.get(name).and_then(Value::as_i64).unwrap_or(usual))
    };
    let mfa = of_type("MULTI_FACTOR_AUTHENTICATION").map(|action| {
        let chosen = action.reference("deviceAuthenticationPolicy");
        let policy = chosen.or_else(|| things.default_of(Kind::MfaPolicy).map(|policy| policy.id));
        Cow::Owned(policy.unwrap_or_default().to_string())
    });
    let agreement = of_type("AGREEMENT").and_then(|action| things.get(Kind::Agreement, action.reference("agreement")?));
    let population =
        registering.and_then(|action| action.body["registration"]["population"]["id"].as_str()?.parse().ok());
    let settings = ApplicationSettings {
        fact: Cow::Owned(application.id.to_string()),
        name: Cow::Owned(application.text("name").to_owned()),
        start: start(&actions),
        registration: if registering.is_some() { Registration::Verified } else { Registration::Closed },
        population,
        mfa,
        agreement: agreement.is_some_and(|agreement| agreement.is("enabled")),
        profile: of_type("PROGRESSIVE_PROFILING").is_some(),
        path_id: allows(application, "DEVICE_CODE").then(|| Cow::Owned(application.text("devicePathId").to_owned())),
        redirect_uri: redirect_uri(application),
        device_timeout: seconds("deviceTimeout", 600),
        device_interval: seconds("devicePollingInterval", 5),
    };
    Application { id: application.id, secret: application.secret.clone(), settings: Arc::new(settings) }
}

/// The steps of the application's first policy, or else of the environment's default one.
fn actions<'a>(things: &'a Things, application: &Thing) -> Vec<&'a Thing> {
    let assigned = things.in_order(Kind::Assignment, application.id);
    let assigned = assigned.first().and_then(|assignment| assignment.reference("signOnPolicy"));
    let policy = assigned.or_else(|| things.default_of(Kind::SignOnPolicy).map(|policy| policy.id));
    policy.map(|policy| things.in_order(Kind::Action, policy)).unwrap_or_default()
}

fn start(actions: &[&Thing]) -> Start {
    let types: Vec<&str> = actions.iter().map(|action| action.text("type")).collect();
    match types.as_slice() {
        ["IDENTITY_PROVIDER", ..] => Start::ExternalIdentity,
        ["IDENTIFIER_FIRST", "LOGIN", ..] => Start::Identifier,
        ["IDENTIFIER_FIRST", ..] => Start::Passwordless,
        _ => Start::UsernamePassword,
    }
}

fn allows(application: &Thing, grant: &str) -> bool {
    let grants = application.body.get("grantTypes").and_then(Value::as_array);
    grants.is_some_and(|grants| grants.iter().any(|known| known == grant))
}

fn redirect_uri(application: &Thing) -> Option<Cow<'static, str>> {
    let registered = application.body.get("redirectUris")?.as_array()?.first()?.as_str()?;
    allows(application, "AUTHORIZATION_CODE").then(|| Cow::Owned(registered.to_owned()))
}
