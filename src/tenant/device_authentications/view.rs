//! How a device authentication looks in JSON.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::resource::DeviceAuthentication;
use crate::tenant::challenge::{ChallengeState, Failure};
use crate::tenant::environment::Environment;
use crate::tenant::errors::json_bytes;
use crate::tenant::representation::{DeviceView, Id, Links, timestamp};

/// The links of each state besides `self`.
fn links(state: ChallengeState) -> &'static [&'static str] {
    match state {
        ChallengeState::DeviceSelectionRequired => &["device.select"],
        ChallengeState::PushConfirmationTimedOut | ChallengeState::OtpRequired => &["device.select", "otp.check"],
        ChallengeState::AssertionRequired => &["device.select", "assertion.check"],
        ChallengeState::PushConfirmationRequired => &["device.select", "otp.check", "cancel.push.authentication"],
        ChallengeState::Completed | ChallengeState::Failed => &[],
    }
}

/// A device authentication in JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    #[serde(rename = "_links")]
    links: Links<'a>,
    #[serde(rename = "_embedded")]
    embedded: Value,
    id: Uuid,
    environment: Id,
    status: &'static str,
    policy: Id,
    #[serde(skip_serializing_if = "Option::is_none")]
    selected_device: Option<Value>,
    user: Id,
    bypass_allowed: bool,
    user_bypass_enabled: bool,
    aggregate_fido2_devices: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    authenticators: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    public_key_credential_request_options: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_session: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Failure>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unavailable_devices: Vec<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    test: Option<Value>,
    #[serde(serialize_with = "timestamp")]
    created_at: DateTime<Utc>,
    #[serde(serialize_with = "timestamp")]
    updated_at: DateTime<Utc>,
}

impl DeviceAuthentication {
    pub(super) fn render(&self, env: &Environment) -> Vec<u8> {
        let Self { challenge, .. } = self;
        let failed = challenge.state == ChallengeState::Failed;
        let unavailable = if failed { &challenge.unavailable[..] } else { &[] };
        let asserting = challenge.state == ChallengeState::AssertionRequired;
        json_bytes(&View {
            links: Links { href: &self.href(env), actions: links(challenge.state), sign_on_page: None },
            embedded: json!({ "devices": self.devices(env), "blockedDevices": [] }),
            id: self.id,
            environment: Id { id: env.id },
            status: challenge.state.name(),
            policy: Id { id: challenge.policy.id },
            selected_device: challenge.selected_view(),
            user: Id { id: challenge.user },
            bypass_allowed: false,
            user_bypass_enabled: false,
            aggregate_fido2_devices: false,
            authenticators: self.authenticators(env),
            public_key_credential_request_options: asserting.then(|| challenge.assertion_options(env)).flatten(),
            device_session: self.browser.as_ref().map(|(session, _)| Id { id: *session }),
            payload: self.browser.as_ref().map(|(_, value)| json!({ "value": value })),
            error: challenge.error,
            unavailable_devices: unavailable.iter().map(|id| Id { id: *id }).collect(),
            test: challenge.passcode.as_deref().filter(|_| self.test_mode).map(|otp| json!({ "otp": otp })),
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }

    /// The devices on offer, and the browser that proved to be remembered.
    fn devices(&self, env: &Environment) -> Vec<DeviceView> {
        let mut devices = self.challenge.device_views(env);
        if let Some((session, _)) = self.browser
            && self.challenge.state == ChallengeState::Completed
        {
            devices.push(DeviceView::browser(session, self.created_at));
        }
        devices
    }

    fn href(&self, env: &Environment) -> String {
        format!("{}/{}/deviceAuthentications/{}", env.base_url, env.id, self.id)
    }

    fn authenticators(&self, env: &Environment) -> Vec<&'static str> {
        match (self.challenge.state, self.challenge.kind(env)) {
            (ChallengeState::Completed, Some(kind)) => vec!["mfa", kind.authenticator()],
            (ChallengeState::Completed, None) => vec!["rm"],
            _ => Vec::new(),
        }
    }
}
