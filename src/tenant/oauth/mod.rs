//! The OAuth endpoints: what begins a flow, what ends it, and tokens.
//!
//! As much of OAuth as device authentications and flows need; codes are issued, but not exchanged.

pub(super) mod authorize;
pub(super) mod ciba;
pub(super) mod device;
mod grants;
pub(super) mod token;

pub(super) use self::grants::{Decision, DeviceGrant, Token};

use serde_json::json;
use uuid::Uuid;

use self::grants::REMEMBERED_FOR;
use super::{
    call::Call,
    environment::Environment,
    errors::{OAuthError, Refusal},
    reply::Reply,
};
use base64::{Engine, engine::general_purpose::STANDARD};

/// What an environment tells anybody of its sign-on service.
pub(super) fn describe(env: &Environment) -> Reply {
    let issuer = format!("{}/{}/as", env.base_url, env.id);
    Reply::oauth(&json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "device_authorization_endpoint": format!("{issuer}/device_authorization"),
        "response_types_supported": ["code", "token", "id_token"],
        "subject_types_supported": ["public"],
    }))
}

/// Wants a form.
fn require_form(call: &Call) -> Result<(), OAuthError> {
    let form = call.media_type().eq_ignore_ascii_case("application/x-www-form-urlencoded");
    if form { Ok(()) } else { Err(OAuthError::unsupported_media_type()) }
}

/// A client's id and, if it sent one, its secret.
struct Credentials {
    id: Option<Uuid>,
    secret: Option<String>,
}

impl Credentials {
    /// Reads them from the Authorization header, or else from the form.
    fn read(call: &Call) -> Result<Self, OAuthError> {
        let Some(basic) = call.credentials("Basic") else {
            let id = call.form("client_id");
            return Ok(Self { id: id.and_then(|id| id.parse().ok()), secret: call.form("client_secret") });
        };
        let decoded = STANDARD.decode(basic).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let decoded = decoded.ok_or_else(OAuthError::invalid_client)?;
        let (id, secret) = decoded.split_once(':').ok_or_else(OAuthError::invalid_client)?;
        let secret = crate::base::percent::decoded(secret);
        Ok(Self { id: id.parse().ok(), secret: Some(secret) })
    }

    /// Wants the id of a client that has a secret, and exactly that secret.
    fn confidential(&self, env: &Environment) -> Result<(), OAuthError> {
        let expected = self.id.and_then(|id| secret_of(env, id));
        let good = expected.is_some() && expected == self.secret.as_deref();
        if good { Ok(()) } else { Err(OAuthError::invalid_client()) }
    }

    /// Wants an application that may use the device grant; it may go without its secret, but not with a wrong one.
    fn device_client(&self, env: &Environment) -> Result<Uuid, OAuthError> {
        let application = self.id.and_then(|id| env.application(id)).ok_or_else(OAuthError::invalid_client)?;
        if self.secret.as_ref().is_some_and(|secret| *secret != application.secret) {
            return Err(OAuthError::invalid_client());
        }
        match &application.settings.path_id {
            Some(_) => Ok(application.id),
            None => Err(OAuthError::new("unauthorized_client", "The client may not use the device grant")),
        }
    }
}

fn secret_of(env: &Environment, client: Uuid) -> Option<&str> {
    if client == env.worker.id {
        return Some(&env.worker.secret);
    }
    env.application(client).map(|application| application.secret.as_str())
}

/// Drops grants whose outcome nobody can ask for any more.
fn purge(env: &mut Environment) {
    let now = env.now();
    if env.grants.len() >= 64 {
        env.grants.retain(|grant| now - grant.expires_at < REMEMBERED_FOR);
    }
}

fn required(value: Option<String>, missing: &'static str) -> Result<String, Refusal> {
    value.filter(|value| !value.is_empty()).ok_or_else(|| OAuthError::new("invalid_request", missing).into())
}
