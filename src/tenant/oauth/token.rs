//! `POST /{envID}/as/token`: client credentials and device codes.
//!
//! No other grant is supported.

use std::time::Instant;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::grants::{Decision, DeviceGrant, INTERVAL};
use super::{Credentials, require_form, required};
use crate::tenant::{
    call::Call,
    environment::{Environment, TOKEN_LIFETIME},
    errors::OAuthError,
    faults::Fault,
    reply::{Outcome, Reply},
};

const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Issues an access token.
pub(in super::super) fn issue(env: &mut Environment, call: &Call) -> Outcome {
    require_form(call)?;
    let grant_type = required(call.form("grant_type"), "The grant_type is missing")?;
    match grant_type.as_str() {
        "client_credentials" => for_client(env, call),
        DEVICE_CODE => for_device(env, call),
        _ => Err(OAuthError::new("unsupported_grant_type", "The grant_type is not supported").into()),
    }
}

fn for_client(env: &mut Environment, call: &Call) -> Outcome {
    let credentials = Credentials::read(call)?;
    credentials.confidential(env)?;
    if credentials.id != Some(env.worker.id) {
        return Err(OAuthError::new("unauthorized_client", "The client may not use client credentials").into());
    }
    let token = env.issue_token(None);
    Ok(Reply::oauth(&bearer(&token)))
}

fn for_device(env: &mut Environment, call: &Call) -> Outcome {
    let client = Credentials::read(call)?.device_client(env)?;
    let code = required(call.form("device_code"), "The device_code is missing")?;
    let now = env.now();
    let code: Option<Uuid> = code.parse().ok();
    let grant = env.grants.iter_mut().find(|grant| Some(grant.device_code) == code && grant.client == client);
    let grant = grant.ok_or_else(|| OAuthError::new("invalid_grant", "There is no such device code"))?;
    let (redeemed, scope) = (grant.redeemed, grant.scope.clone());
    let user = match (grant.redeem(now), redeemed) {
        (Err(_), Some((user, at))) if env.races(Fault::RacingDeviceCode, Some(at)) => user,
        (redeemed, _) => redeemed?,
    };
    let token = env.issue_token(Some(user));
    let mut response = bearer(&token);
    if let Some(scope) = scope {
        add_for_scope(env, &mut response, &scope);
    }
    Ok(Reply::oauth(&response))
}

fn bearer(token: &str) -> Value {
    json!({ "access_token": token, "token_type": "Bearer", "expires_in": TOKEN_LIFETIME.num_seconds() })
}

/// An ID token for `openid`, a refresh token for `offline_access`.
fn add_for_scope(env: &mut Environment, response: &mut Value, scope: &str) {
    let asks = |name| scope.split(' ').any(|asked| asked == name);
    if asks("openid") {
        response["id_token"] = json!(env.random.token());
    }
    if asks("offline_access") {
        response["refresh_token"] = json!(env.random.token());
    }
    response["scope"] = json!(scope);
}

impl DeviceGrant {
    /// Takes the device code, once the user approved.
    fn redeem(&mut self, now: DateTime<Utc>) -> Result<Uuid, OAuthError> {
        match self.decision {
            Decision::Redeemed => Err(OAuthError::new("invalid_grant", "The device code has been used")),
            _ if self.expired(now) => Err(OAuthError::new("expired_token", "The device code has expired")),
            Decision::Denied => Err(OAuthError::new("access_denied", "The user refused")),
            Decision::Pending => Err(self.wait(now)),
            Decision::Approved(user) => {
                self.decision = Decision::Redeemed;
                self.redeemed = Some((user, Instant::now()));
                Ok(user)
            }
        }
    }

    /// A device that asks again too soon is told so; once the user has decided, nobody counts.
    fn wait(&mut self, now: DateTime<Utc>) -> OAuthError {
        let hasty = self.polled_at.replace(now).is_some_and(|last| now - last < self.interval);
        if hasty {
            self.interval += INTERVAL;
            return OAuthError::new("slow_down", "The device polls too often");
        }
        OAuthError::new("authorization_pending", "The user has not decided yet")
    }
}
