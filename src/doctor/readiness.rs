//! Whether a test environment could be made here: the worker's roles, the services and the licence of the environment, and the
//! pace that the documented limits allow. Asked only where a target describes nothing yet.

use std::time::Instant;

use serde_json::Value;

use super::api::Api;
use super::probe::{Answer, Probes, Trouble};

/// What `flowproof provision` needs the worker to be.
const ROLES: [&str; 2] = ["Identity Data Admin", "Environment Admin"];
/// What has to be switched on in an environment.
const SERVICES: [(&str, &str); 2] = [("PING_ONE_BASE", "PingOne SSO"), ("PING_ONE_MFA", "PingOne MFA")];
/// What a licence has to allow, and what it is for.
const ALLOWED: [(&str, &str); 3] =
    [("allowEmailOtp", "passcodes by e-mail"), ("allowTotp", "authenticators"), ("allowFido2Devices", "passkeys")];

/// Asks about everything; `environment` is what the environment says of itself.
pub(super) async fn examine(api: &Api<'_>, worker: &str, environment: Option<&Value>, probes: &mut Probes) {
    let asked = Instant::now();
    let answer = roles(api, worker).await;
    probes.note("roles", worker, asked, answer);
    let asked = Instant::now();
    let services = api.read(&["billOfMaterials"], None).await.and_then(|found| services(&found));
    probes.note("services", "environment", asked, services);
    licence(api, environment, probes).await;
    let found =
        "provision with --rate 10: the limit of 600 requests a minute for configuration is shared by the licence";
    probes.note("rate", "management API", Instant::now(), Ok((found.to_owned(), None)));
}

async fn roles(api: &Api<'_>, worker: &str) -> Result<Answer, Trouble> {
    let known = api.read_outside(&["roles"]).await?;
    let assigned = api.read(&["applications", worker, "roleAssignments"], None).await?;
    let named = |id: &Value| {
        let roles = known.pointer("/_embedded/roles").and_then(Value::as_array);
        roles.into_iter().flatten().find(|role| role["id"] == *id).and_then(|role| role["name"].as_str())
    };
    let assigned = assigned.pointer("/_embedded/roleAssignments").and_then(Value::as_array);
    let has: Vec<&str> = assigned.into_iter().flatten().filter_map(|one| named(&one["role"]["id"])).collect();
    let missing: Vec<&str> = ROLES.into_iter().filter(|role| !has.contains(role)).collect();
    if missing.is_empty() {
        return Ok((format!("the worker is {}", ROLES.join(" and ")), None));
    }
    Err((format!("the worker is not {}", missing.join(", nor ")), "give it the role, in this environment".into()))
}

fn services(found: &Value) -> Result<Answer, Trouble> {
    let products = found["products"].as_array().cloned().unwrap_or_default();
    let is_there = |kind: &str| products.iter().any(|product| product["type"] == kind);
    let missing: Vec<&str> = SERVICES.into_iter().filter(|(kind, _)| !is_there(kind)).map(|(_, name)| name).collect();
    if missing.is_empty() {
        return Ok((SERVICES.map(|(_, name)| name).join(" and ") + " are there", None));
    }
    Err((format!("{} is not there", missing.join(", ")), "add the service to the environment".into()))
}

/// A worker of one environment may not see the licence of the organization: that is nothing to worry about.
async fn licence(api: &Api<'_>, environment: Option<&Value>, probes: &mut Probes) {
    let text = |pointer: &str| environment.and_then(|found| found.pointer(pointer)).and_then(Value::as_str);
    let (Some(organization), Some(licence)) = (text("/organization/id"), text("/license/id")) else {
        return probes.leave_out("licence", "organization", "the environment does not say which it has");
    };
    let asked = Instant::now();
    match api.read_outside(&["organizations", organization, "licenses", licence]).await {
        Ok(found) => _ = probes.note("licence", "organization", asked, Ok(allows(&found))),
        Err((why, _)) => probes.leave_out("licence", "organization", &why),
    }
}

fn allows(found: &Value) -> Answer {
    let refused = |(flag, _): &(&str, &str)| found["mfa"][flag] == false;
    let refused: Vec<&str> = ALLOWED.into_iter().filter(refused).map(|(_, what)| what).collect();
    if refused.is_empty() {
        return ("it allows everything that provision makes".to_owned(), None);
    }
    let advice = "scenarios that need it cannot be provided for; choose others with --for";
    (String::new(), Some((format!("it does not allow {}", refused.join(", ")), advice.to_owned())))
}
