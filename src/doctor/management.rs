//! What the management API knows of the environment, its applications, users and devices, read with the worker's token.
//!
//! Only GET requests. What a worker may not read is reported as just that, because it need not be wrong.

use std::time::Instant;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::api::Api;
use super::probe::{Answer, Probes, Trouble};
use super::readiness;
use crate::auth::passcode::Prompt;
use crate::client::Transport;
use crate::config::TargetConfig;
use crate::config::target::{TargetFact, TargetFacts, UserConfig};
use crate::record::redaction::Register;

/// Reads everything that the target names.
pub(super) async fn examine(target: &TargetConfig, transport: &Transport, token: &SecretString, probes: &mut Probes) {
    let mut headers = HeaderMap::new();
    if let Ok(mut value) = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret())) {
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    let api = Api { transport, environment: target.environment.to_string(), headers };
    let asked = Instant::now();
    let environment = api.read(&[], None).await;
    let answer = environment.as_ref().map(|found| environment_is(found, target.production)).map_err(Clone::clone);
    probes.note("environment", &api.environment, asked, answer);
    if let Some(worker) = target.worker.as_ref().filter(|_| target.apps.is_empty() && target.users.is_empty()) {
        readiness::examine(&api, &worker.client_id, environment.as_ref().ok(), probes).await;
    }
    for (name, app) in &target.apps {
        let asked = Instant::now();
        let Some(id) = plain(app, "id") else { continue };
        let answer = api.read(&["applications", id], None).await.and_then(|found| application_is(&found, app));
        probes.note("application", name, asked, answer);
    }
    for (name, user) in users(target, |_| true) {
        account(&api, &name, user, probes).await;
    }
}

/// Every test user with the name that findings call them by: the role, and the place in the pool where there are several.
pub(super) fn users(
    target: &TargetConfig,
    choose: impl Fn(&[UserConfig]) -> bool,
) -> impl Iterator<Item = (String, &UserConfig)> {
    target.users.iter().filter(move |(_, pool)| choose(pool)).flat_map(|(role, pool)| {
        let several = pool.len() > 1;
        pool.iter().enumerate().map(move |(at, user)| {
            let name = if several { format!("{role} {}", at + 1) } else { role.clone() };
            (name, user)
        })
    })
}

/// Whether a user's source of passcodes has all it needs. Says whether the configuration can be used.
pub(super) fn passcode(name: &str, user: &UserConfig, register: &Register, probes: &mut Probes) -> bool {
    let Some(config) = &user.passcode else {
        probes.leave_out("passcode", name, "the user has no source of passcodes: scenarios that need one are skipped");
        return true;
    };
    let asked = Instant::now();
    let advice = "set what is missing; docs/passcodes.md has every key";
    let answer = config.resolve(register).map_err(|error| (error.to_string(), advice.to_owned())).map(|source| {
        let found = format!("{}: {}", source.name(), source.place());
        let unattended = source.name() == "prompt" && !Prompt::has_terminal();
        let warning =
            || ("no one can be asked: standard input is not a terminal".to_owned(), "run it in a terminal".to_owned());
        (found, unattended.then(warning))
    });
    probes.note("passcode", name, asked, answer)
}

fn environment_is(found: &Value, production: bool) -> Answer {
    let text = |name: &str| found.get(name).and_then(Value::as_str).unwrap_or("?").to_owned();
    let (name, kind) = (text("name"), text("type"));
    let found = format!("it is called {name} and is of the type {kind}");
    if kind == "PRODUCTION" && !production {
        let advice = "say `production = true`, so that nothing is locked or deleted there; better, use a sandbox";
        return (found.clone(), Some((found, advice.into())));
    }
    (found, None)
}

fn application_is(found: &Value, app: &TargetFacts) -> Result<Answer, Trouble> {
    if found.get("enabled") == Some(&Value::Bool(false)) {
        return Err(("it is switched off".into(), "switch it on in the console".into()));
    }
    let listed = found.get("redirectUris").and_then(Value::as_array);
    if let (Some(uri), Some(listed)) = (plain(app, "redirect-uri"), listed)
        && !listed.iter().any(|known| known.as_str() == Some(uri))
    {
        let advice = "add it to the application's redirect URIs, or correct `redirect-uri`";
        return Err((format!("{uri} is none of its redirect URIs"), advice.into()));
    }
    let name = found.get("name").and_then(Value::as_str).unwrap_or("without a name");
    Ok((format!("it exists: {name}"), None))
}

async fn account(api: &Api<'_>, name: &str, user: &UserConfig, probes: &mut Probes) {
    let asked = Instant::now();
    let found = match (plain(&user.settings, "id"), plain(&user.settings, "username")) {
        (Some(id), _) => api.read(&["users", id], None).await,
        (None, Some(username)) => named(api, username).await,
        (None, None) => return,
    };
    let answer = found.as_ref().map_err(Clone::clone).and_then(|found| user_is(found, &user.settings));
    let well = probes.note("user", name, asked, answer);
    let id = found.ok().filter(|_| well).and_then(|found| found.get("id").and_then(Value::as_str).map(str::to_owned));
    for (device, settings) in devices(&user.settings) {
        let label = format!("{name}: {device}");
        let (Some(id), Some(device)) = (&id, plain(settings, "id")) else {
            let why = if id.is_none() { "the user comes first" } else { "the target gives no `id` for it" };
            probes.leave_out("device", &label, why);
            continue;
        };
        let asked = Instant::now();
        let answer = api.read(&["users", id, "devices", device], None).await;
        probes.note("device", &label, asked, answer.and_then(|found| device_is(&found, settings)));
    }
}

/// The only user of a name.
async fn named(api: &Api<'_>, username: &str) -> Result<Value, Trouble> {
    let quoted = username.replace('\\', "\\\\").replace('"', "\\\"");
    let list = api.read(&["users"], Some(&format!("username eq \"{quoted}\""))).await?;
    let found = list.pointer("/_embedded/users/0").cloned();
    found.ok_or_else(|| {
        (format!("no user has the username {username}"), "create the user, or correct `username`".into())
    })
}

fn user_is(found: &Value, settings: &TargetFacts) -> Result<Answer, Trouble> {
    for key in ["username", "email"] {
        let (configured, known) = (plain(settings, key), found.get(key).and_then(Value::as_str));
        if configured.is_some() && configured != known {
            let problem = format!("`{key}` differs: {} in the tenant", known.unwrap_or("none"));
            return Err((problem, "correct it in the target: codes would be looked for elsewhere".into()));
        }
    }
    let username = found.get("username").and_then(Value::as_str).unwrap_or("a user without a username");
    let status = found.pointer("/account/status").and_then(Value::as_str).unwrap_or("OK");
    let enabled = found.get("enabled") != Some(&Value::Bool(false));
    let mfa = found.get("mfaEnabled") != Some(&Value::Bool(false));
    let odd = [
        (!enabled, "the user is disabled"),
        (status != "OK", "the account is locked"),
        (!mfa, "MFA is off for the user"),
    ];
    let odd: Vec<&str> = odd.into_iter().filter(|(is, _)| *is).map(|(_, what)| what).collect();
    let advice = "fine if the role is meant to be like that; otherwise fix the user in the console";
    // Some roles are there to be locked or disabled.
    let warning = (!odd.is_empty()).then(|| (format!("{username}: {}", odd.join(", ")), advice.to_owned()));
    Ok((format!("{username} exists"), warning))
}

/// The devices that a user should have, by name.
fn devices(settings: &TargetFacts) -> Vec<(&str, &TargetFacts)> {
    let mut found = Vec::new();
    if let Some(TargetFact::One(device)) = settings.get("device") {
        found.push(("device", device));
    }
    if let Some(TargetFact::Several(several)) = settings.get("devices") {
        found.extend(several.iter().map(|(name, device)| (name.as_str(), device)));
    }
    found
}

fn device_is(found: &Value, settings: &TargetFacts) -> Result<Answer, Trouble> {
    let kind = found.get("type").and_then(Value::as_str).unwrap_or("?");
    if plain(settings, "type").is_some_and(|configured| configured != kind) {
        return Err((format!("its type is {kind}"), "correct `type` in the target".into()));
    }
    let status = found.get("status").and_then(Value::as_str).unwrap_or("ACTIVE");
    if status != "ACTIVE" {
        return Err((
            format!("its status is {status}"),
            "activate it: enrolment ends with a code from the device".into(),
        ));
    }
    if found.pointer("/lock/status").and_then(Value::as_str) == Some("LOCKED") {
        let advice = "fine if the role is meant to be like that; otherwise wait, or unlock it in the console";
        return Ok((String::new(), Some(("it is locked".into(), advice.into()))));
    }
    Ok((format!("it exists and is active, of the type {kind}"), None))
}

fn plain<'a>(settings: &'a TargetFacts, key: &str) -> Option<&'a str> {
    match settings.get(key) {
        Some(TargetFact::Plain(text)) => Some(text),
        _ => None,
    }
}
