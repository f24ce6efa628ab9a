//! `POST /{envID}/as/cibaAuthorization`: begins to ask a user on another channel.
//!
//! Nobody is asked: the answer is all that is published, so the id is good for nothing else here.

use chrono::TimeDelta;
use serde_json::json;

use super::{Credentials, require_form, required};
use crate::tenant::{
    call::Call,
    environment::Environment,
    errors::OAuthError,
    reply::{Outcome, Reply},
};

/// How long the user has to answer.
const LIFETIME: TimeDelta = TimeDelta::seconds(120);
/// How long a client has to wait between polls.
const INTERVAL: TimeDelta = TimeDelta::seconds(2);
const HINTS: [&str; 3] = ["login_hint", "login_hint_token", "id_token_hint"];

/// Answers the id by which the client asks for tokens.
pub(in super::super) fn authorize(env: &mut Environment, call: &Call) -> Outcome {
    require_form(call)?;
    Credentials::read(call)?.confidential(env)?;
    required(call.form("scope"), "The scope is missing")?;
    if HINTS.iter().filter(|hint| call.form(hint).is_some_and(|hint| !hint.is_empty())).count() != 1 {
        return Err(OAuthError::new("invalid_request", "Exactly one hint must name the user").into());
    }
    if call.form("login_hint").is_some_and(|name| env.user_named(&name).is_none()) {
        return Err(OAuthError::new("unknown_user_id", "There is no such user").into());
    }
    Ok(Reply::oauth(&json!({
        "auth_req_id": env.random.uuid(),
        "expires_in": LIFETIME.num_seconds(),
        "interval": INTERVAL.num_seconds(),
    })))
}
