//! `/{envID}/as/authorize`, by GET or by POST, and `GET /{envID}/as/resume`: into a flow and out of it.
//!
//! Signs nobody on silently: every authorization is a new flow.

use std::sync::Arc;

use http::Method;
use serde_json::Value;
use url::Url;
use uuid::Uuid;

use super::{require_form, required};
use crate::tenant::{
    call::Call,
    environment::Environment,
    errors::{OAuthError, Problem, Refusal},
    flows::{self, AuthorizeRequest, Flow, FlowEntry, sign_on_page},
    reply::{Outcome, Reply},
};

const RESPONSE_TYPES: [&str; 3] = ["code", "token", "id_token"];

/// Begins a flow; answers with it, or redirects to the sign-on page.
pub(in super::super) fn authorize(env: &mut Environment, call: &Call) -> Outcome {
    if call.parts.method == Method::POST {
        require_form(call)?;
    }
    let direct = call.parameter("response_mode").as_deref() == Some("pi.flow");
    if direct {
        call.accept()?;
    }
    let (client, request) = read(env, call, direct)?;
    let settings = Arc::clone(&env.application(client).ok_or_else(unknown_client)?.settings);
    let session = env.session(call.session());
    let flow = Flow::begin(env, session, settings, FlowEntry::Authorize(request));
    let reply = if direct { flow.reply(env) } else { Reply::redirect(sign_on_page(env, flow.id)).in_session(session) };
    env.insert_flow(flow);
    Ok(reply)
}

fn read(env: &Environment, call: &Call, direct: bool) -> Result<(Uuid, AuthorizeRequest), Refusal> {
    let client = required(call.parameter("client_id"), "The client_id is missing")?;
    let application = client.parse().ok().and_then(|id| env.application(id)).ok_or_else(unknown_client)?;
    let registered = application
        .settings
        .redirect_uri
        .clone()
        .ok_or_else(|| OAuthError::new("unauthorized_client", "The client may not use the authorize endpoint"))?;
    let redirect_uri = call.parameter("redirect_uri").unwrap_or_else(|| registered.clone().into_owned());
    if redirect_uri != registered {
        return Err(OAuthError::new("invalid_request", "The redirect_uri is not registered").into());
    }
    let response_type = required(call.parameter("response_type"), "The response_type is missing")?;
    if !response_type.split(' ').all(|wanted| RESPONSE_TYPES.contains(&wanted)) {
        return Err(OAuthError::new("unsupported_response_type", "The response_type is not supported").into());
    }
    if call.parameter("acr_values").is_some_and(|names| !names.is_empty()) {
        // Every application has its one policy, and none of them a name.
        return Err(Problem::unknown_policy().into());
    }
    let (state, scope) = (call.parameter("state"), call.parameter("scope"));
    Ok((application.id, AuthorizeRequest { response_type, redirect_uri, state, scope, direct }))
}

fn unknown_client() -> Refusal {
    OAuthError::new("invalid_request", "There is no such client").into()
}

/// Ends a flow that is over: answers with it, or redirects back to the application.
pub(in super::super) fn resume(env: &mut Environment, call: &Call) -> Outcome {
    let id = required(call.query("flowId"), "The flowId is missing")?;
    flows::with_flow(env, call, id.parse().ok(), |env, flow| match &flow.entry {
        _ if !flow.is_over() => Err(Problem::not_permitted_now().into()),
        FlowEntry::Device => Ok(Reply::redirect(sign_on_page(env, flow.id)).in_session(flow.session)),
        FlowEntry::Authorize(request) if request.direct => Ok(flow.reply(env)),
        FlowEntry::Authorize(request) => Ok(Reply::redirect(return_address(flow, request)).in_session(flow.session)),
    })
}

fn return_address(flow: &Flow, request: &AuthorizeRequest) -> String {
    let Ok(mut address) = Url::parse(&request.redirect_uri) else {
        return request.redirect_uri.clone();
    };
    let mut query = address.query_pairs_mut();
    match &flow.response {
        Some(response) => {
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            query.extend_pairs(response.iter().map(|(name, value)| (name, text(value))));
        }
        None => {
            query.append_pair("error", "access_denied");
            query.extend_pairs(request.state.as_deref().map(|state| ("state", state)));
        }
    }
    drop(query);
    address.into()
}
