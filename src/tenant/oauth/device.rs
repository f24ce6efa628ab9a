//! The device grant: `POST /{envID}/as/device_authorization` and the page where the user enters the code.
//!
//! The user's part of it is a flow; the token endpoint does the polling.

use std::sync::Arc;

use serde_json::json;

use super::grants::{Decision, DeviceGrant};
use super::{Credentials, purge, require_form};
use crate::tenant::{
    applications::ApplicationSettings,
    call::Call,
    environment::Environment,
    errors::{OAuthError, Problem},
    flows::{Flow, FlowEntry, sign_on_page},
    reply::{Outcome, Reply},
};

/// Gives a device its codes.
pub(in super::super) fn authorize(env: &mut Environment, call: &Call) -> Outcome {
    require_form(call)?;
    let credentials = Credentials::read(call)?;
    if credentials.id.is_none() && call.form("client_id").is_none_or(|id| id.is_empty()) {
        return Err(OAuthError::new("invalid_request", "The client_id is missing").into());
    }
    let client = credentials.device_client(env)?;
    purge(env);
    let settings = env.application(client).map(|known| Arc::clone(&known.settings));
    let settings = settings.ok_or_else(OAuthError::invalid_client)?;
    let grant = DeviceGrant {
        device_code: env.random.uuid(),
        user_code: format!("{}-{}", env.random.code(4), env.random.code(4)),
        client,
        scope: call.form("scope"),
        expires_at: env.now() + settings.device_timeout,
        polled_at: None,
        interval: settings.device_interval,
        decision: Decision::Pending,
        redeemed: None,
    };
    let reply = Reply::oauth(&codes(env, &grant, &settings));
    env.grants.push(grant);
    Ok(reply)
}

fn codes(env: &Environment, grant: &DeviceGrant, settings: &ApplicationSettings) -> serde_json::Value {
    let path_id = settings.path_id.as_deref();
    let uri = format!("{}/{}/device/{}", env.base_url, env.id, path_id.unwrap_or_default());
    json!({
        "device_code": grant.device_code,
        "user_code": grant.user_code,
        "verification_uri_complete": format!("{uri}?user_code={}", grant.user_code),
        "verification_uri": uri,
        "expires_in": settings.device_timeout.num_seconds(),
        "interval": settings.device_interval.num_seconds(),
    })
}

/// Begins the flow in which the user enters the code. A code in the query only fills in the page.
pub(in super::super) fn activate(env: &mut Environment, call: &Call, path_id: Option<&str>) -> Outcome {
    let mut devices = env.applications.iter().filter(|application| application.settings.path_id.is_some());
    let application =
        devices.find(|application| path_id.is_none() || application.settings.path_id.as_deref() == path_id);
    let settings = Arc::clone(&application.ok_or_else(Problem::not_found)?.settings);
    let session = env.session(call.session());
    let flow = Flow::begin(env, session, settings, FlowEntry::Device);
    let reply = Reply::redirect(sign_on_page(env, flow.id)).in_session(session);
    env.insert_flow(flow);
    Ok(reply)
}
