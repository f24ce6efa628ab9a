//! How a device authentication looks in JSON.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::resource::DeviceAuthentication;
use crate::tenant::challenge::State;
use crate::tenant::environment::Environment;
use crate::tenant::errors::json_bytes;
use crate::tenant::representation::{DeviceView, ErrorView, Id, Links, SelectedView, timestamp};

/// The links of each state besides `self`.
fn links(state: State) -> &'static [&'static str] {
    match state {
        State::DeviceSelectionRequired => &["device.select"],
        State::PushConfirmationTimedOut => &["device.select", "otp.check"],
        State::OtpRequired => &["device.select", "otp.check"],
        State::AssertionRequired => &["device.select", "assertion.check"],
        State::PushConfirmationRequired => &["device.select", "otp.check", "cancel.push.authentication"],
        State::Completed | State::Failed => &[],
    }
}

/// A device authentication in JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    #[serde(rename = "_links")]
    links: Links<'a>,
    #[serde(rename = "_embedded")]
    embedded: Embedded,
    id: Uuid,
    environment: Id,
    status: &'static str,
    policy: Id,
    #[serde(skip_serializing_if = "Option::is_none")]
    selected_device: Option<SelectedView>,
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
    payload: Option<Payload<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorView>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unavailable_devices: Vec<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    test: Option<Test<'a>>,
    #[serde(serialize_with = "timestamp")]
    created_at: DateTime<Utc>,
    #[serde(serialize_with = "timestamp")]
    updated_at: DateTime<Utc>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Embedded {
    devices: Vec<DeviceView>,
    blocked_devices: [Id; 0],
}

#[derive(Serialize)]
struct Payload<'a> {
    value: &'a str,
}

#[derive(Serialize)]
struct Test<'a> {
    otp: &'a str,
}

impl DeviceAuthentication {
    pub(super) fn render(&self, env: &Environment) -> Vec<u8> {
        let Self { challenge, .. } = self;
        let failed = challenge.state == State::Failed;
        let unavailable = if failed { &challenge.unavailable[..] } else { &[] };
        let asserting = challenge.state == State::AssertionRequired;
        json_bytes(&View {
            links: Links { href: &self.href(env), actions: links(challenge.state), sign_on_page: None },
            embedded: Embedded { devices: self.devices(env), blocked_devices: [] },
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
            payload: self.browser.as_ref().map(|(_, value)| Payload { value }),
            error: challenge.error.map(Into::into),
            unavailable_devices: unavailable.iter().map(|id| Id { id: *id }).collect(),
            test: challenge.passcode.as_deref().filter(|_| self.test_mode).map(|otp| Test { otp }),
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }

    /// The devices on offer, and the browser that proved to be remembered.
    fn devices(&self, env: &Environment) -> Vec<DeviceView> {
        let mut devices = self.challenge.device_views(env);
        if let Some((session, _)) = self.browser
            && self.challenge.state == State::Completed
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
            (State::Completed, Some(kind)) => vec!["mfa", kind.authenticator()],
            (State::Completed, None) => vec!["rm"],
            _ => Vec::new(),
        }
    }
}
