//! How a device authentication looks in JSON.

use serde_json::{Value, json};
use uuid::Uuid;

use super::resource::DeviceAuthentication;
use crate::tenant::challenge::ChallengeState;
use crate::tenant::environment::Environment;
use crate::tenant::representation::{browser_view, links, object, timestamp};

/// The links of each state besides `self`.
fn actions(state: ChallengeState) -> &'static [&'static str] {
    match state {
        ChallengeState::DeviceSelectionRequired => &["device.select"],
        ChallengeState::PushConfirmationTimedOut | ChallengeState::OtpRequired => &["device.select", "otp.check"],
        ChallengeState::AssertionRequired => &["device.select", "assertion.check"],
        ChallengeState::PushConfirmationRequired => &["device.select", "otp.check", "cancel.push.authentication"],
        ChallengeState::Completed | ChallengeState::Failed => &[],
    }
}

impl DeviceAuthentication {
    /// The device authentication in JSON.
    pub(super) fn render(&self, env: &Environment) -> Value {
        let Self { challenge, .. } = self;
        let asserting = challenge.state == ChallengeState::AssertionRequired;
        let failed = challenge.state == ChallengeState::Failed && !challenge.unavailable.is_empty();
        let reference = |id: &Uuid| json!({ "id": id });
        let unavailable = failed.then(|| challenge.unavailable.iter().map(reference).collect::<Value>());
        object([json!({
            "_links": links(&self.href(env), actions(challenge.state), None),
            "_embedded": self.embedded(env),
            "id": self.id,
            "environment": { "id": env.id },
            "status": challenge.state.name(),
            "policy": { "id": challenge.policy.id },
            "selectedDevice": challenge.selected_view(),
            "user": (!challenge.user.is_nil()).then(|| reference(&challenge.user)),
            "bypassAllowed": self.bypass,
            "userBypassEnabled": false,
            "aggregateFido2Devices": false,
            "authenticators": self.authenticators(env),
            "publicKeyCredentialRequestOptions": asserting.then(|| challenge.assertion_options(env)),
            "deviceSession": self.browser.as_ref().map(|(session, _)| reference(session)),
            "payload": self.browser.as_ref().map(|(_, value)| json!({ "value": value })),
            "error": challenge.error.map(|error| {
                object([json!({ "code": error.code, "message": error.message, "unavailableDevices": unavailable })])
            }),
            "unavailableDevices": unavailable,
            "test": challenge.passcode.as_ref().filter(|_| self.test_mode).map(|otp| json!({ "otp": otp })),
            "createdAt": timestamp(self.created_at),
            "updatedAt": timestamp(self.updated_at),
        })])
    }

    /// The devices on offer, and the browser that proved to be remembered.
    fn embedded(&self, env: &Environment) -> Value {
        let remembered = self.browser.as_ref().filter(|_| self.challenge.state == ChallengeState::Completed);
        let browser =
            remembered.map(|(session, _)| [browser_view(env, self.challenge.user, *session, self.created_at)]);
        object([json!({
            "devices": self.challenge.device_views(env, false),
            "blockedDevices": [],
            "accessingDevices": browser,
        })])
    }

    fn href(&self, env: &Environment) -> String {
        format!("{}/{}/deviceAuthentications/{}", env.base_url, env.id, self.id)
    }

    fn authenticators(&self, env: &Environment) -> Option<Vec<&'static str>> {
        match (self.challenge.state, self.challenge.kind(env)) {
            (ChallengeState::Completed, Some(kind)) => Some(vec!["mfa", kind.authenticator()]),
            (ChallengeState::Completed, None) => Some(vec!["rm"]),
            _ => None,
        }
    }
}
