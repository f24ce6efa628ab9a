//! Who may use the management API, and what it says of the environment: its roles, its services, its licence.
//!
//! Roles are checked as far as they matter here: one for identities, one for configuration.

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{href, wrong_method};
use super::page;
use crate::tenant::{
    call::Call,
    environment::Environment,
    errors::Problem,
    reply::{Outcome, Reply},
};

/// The roles by their names, each with an id that is the same in every environment.
const IDENTITY: (&str, Uuid) = ("Identity Data Admin", Uuid::from_u128(0x1eb6_7f45_9a31_4c0e_8b54_d2f7_60a9_1c38));
const ENVIRONMENT: (&str, Uuid) = ("Environment Admin", Uuid::from_u128(0x29dd_d4b1_07c6_4f8a_a3e9_5b18_4e6d_72f0));
const LICENCE: Uuid = Uuid::from_u128(0x5c0f_3a7e_b812_4d96_9f21_08d4_c7ab_3e65);

/// What the worker may do.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(in crate::tenant) struct Roles {
    /// Users and their devices.
    pub(in crate::tenant) identities: bool,
    /// Applications, policies, populations.
    pub(in crate::tenant) configuration: bool,
}

impl Roles {
    pub(in crate::tenant) fn all() -> Self {
        Self { identities: true, configuration: true }
    }

    fn names(self) -> impl Iterator<Item = (&'static str, Uuid)> {
        [(self.identities, IDENTITY), (self.configuration, ENVIRONMENT)]
            .into_iter()
            .filter_map(|(has, role)| has.then_some(role))
    }
}

/// Wants a worker's token, and the role for what is asked.
pub(super) fn authorise(env: &Environment, call: &Call, path: &[&str]) -> Result<(), Problem> {
    let token = call.credentials("Bearer").and_then(|token| env.tokens.get(token));
    let token = token.filter(|token| env.now() < token.valid_until).ok_or_else(Problem::invalid_token)?;
    let roles = env.management.as_ref().map_or_else(Roles::all, |known| known.roles);
    let may = match path {
        ["users", ..] => roles.identities,
        ["populations", ..] => roles.identities || roles.configuration,
        [] | ["applications", _, "roleAssignments"] => true,
        _ => roles.configuration || call.parts.method == Method::GET,
    };
    if may && token.user.is_none() { Ok(()) } else { Err(Problem::forbidden()) }
}

/// What is asked beside any environment: the roles there are, and the licence.
pub(in crate::tenant) fn outside(env: &Environment, call: &Call, path: &[&str]) -> Outcome {
    authorise(env, call, &[])?;
    let licence = LICENCE.to_string();
    match path {
        ["roles"] => {
            let roles = [IDENTITY, ENVIRONMENT].map(|(name, id)| json!({ "id": id, "name": name }));
            Ok(Reply::resource(json!({ "_embedded": { "roles": roles }, "size": roles.len() })))
        }
        ["organizations", organization, "licenses", id] if *organization == licence && *id == licence => {
            let mfa = json!({
                "allowEmailOtp": true, "allowSmsOtp": true, "allowVoiceOtp": true, "allowTotp": true,
                "allowFido2Devices": true, "allowPushNotification": true,
            });
            Ok(Reply::resource(json!({ "id": LICENCE, "name": "Stand-in", "status": "ACTIVE", "mfa": mfa })))
        }
        _ => Err(Problem::not_found().into()),
    }
}

/// The environment itself, its services, and the roles of an application.
pub(super) fn read(env: &Environment, call: &Call, path: &[&str]) -> Outcome {
    if call.parts.method != Method::GET {
        return Err(wrong_method("GET"));
    }
    match path {
        [] => Ok(Reply::resource(environment(env))),
        ["billOfMaterials"] => Ok(Reply::resource(services())),
        [_, id, ..] if *id == env.worker.id.to_string() => {
            let roles = env.management.as_ref().map_or_else(Roles::all, |known| known.roles);
            let all = roles.names().map(|(name, role)| assignment(env, name, role)).collect();
            page::respond(env, call, "roleAssignments", all)
        }
        _ => Err(Problem::not_found().into()),
    }
}

fn environment(env: &Environment) -> Value {
    json!({
        "_links": { "self": { "href": href(env, "").trim_end_matches('/') } },
        "id": env.id,
        "name": "Bare stand-in",
        "type": "SANDBOX",
        "region": "NA",
        "organization": { "id": LICENCE },
        "license": { "id": LICENCE },
        "billOfMaterials": services(),
    })
}

fn services() -> Value {
    json!({ "products": [{ "type": "PING_ONE_BASE" }, { "type": "PING_ONE_MFA" }] })
}

fn assignment(env: &Environment, name: &str, role: Uuid) -> Value {
    json!({
        "id": role,
        "role": { "id": role, "name": name },
        "scope": { "id": env.id, "type": "ENVIRONMENT" },
        "environment": { "id": env.id },
        "readOnly": false,
    })
}
