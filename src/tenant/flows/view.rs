//! How a flow looks in JSON: which members there are depends on where it stands.
//!
//! Changes nothing.

use serde_json::{Value, json};
use uuid::Uuid;

use super::flow::{Flow, FlowEntry, IDLE_LIFETIME};
use super::status::Status;
use crate::tenant::{
    applications::Start,
    challenge::{Challenge, ChallengeState},
    devices::masked,
    environment::Environment,
    representation::{links, object, timestamp},
    users::User,
};

const PROVIDER: Uuid = Uuid::from_u128(0x6d1c_5a0e_93f4_4b27_8e5a_70c2_d9b1_3f46);
const PASSWORD_POLICY: Uuid = Uuid::from_u128(0x2b7e_1516_28ae_42d6_abf7_1588_09cf_4f3c);
const ICON: Uuid = Uuid::from_u128(0x51e0_7b34_f2a9_4d18_a6c5_93d7_0be8_24f1);
const AGREEMENT: Uuid = Uuid::from_u128(0x8d3f_9a51_0c64_4e7b_9f02_45e1_b6a8_7c10);

impl Flow {
    /// The flow in JSON.
    pub(super) fn render(&self, env: &Environment) -> Value {
        let user = self.user.and_then(|id| env.user(id));
        let challenge = self.challenge.as_ref().filter(|_| self.status == Status::Mfa);
        let asserting = challenge.filter(|challenge| challenge.state == ChallengeState::AssertionRequired);
        let dag_consent = self.status == Status::DagConsentRequired;
        let verifying = self.status == Status::VerificationCodeRequired;
        object([json!({
            "_links": links(&self.href(env), &self.actions(), self.sign_on_page(env).as_deref()),
            "id": self.id,
            "session": { "id": self.session },
            "environment": { "id": env.id },
            "resumeUrl": self.resume_url(env),
            "status": self.status.name(self.challenge.as_ref()),
            "selectedDevice": challenge.map(|challenge| challenge.selected_view()),
            "bypassAllowed": challenge.map(|_| false),
            "publicKeyCredentialRequestOptions": asserting.map(|challenge| challenge.assertion_options(env)),
            "email": user.filter(|_| verifying).map(|user| masked(&user.email)),
            "attributes": self.attributes(),
            "applicationName": dag_consent.then_some(&self.settings.name),
            "username": user.filter(|_| dag_consent).map(|user| &user.username),
            "adminApp": (self.settings.start == Start::Invitation).then_some(true),
            "authorizeResponse": self.response.as_ref().filter(|_| self.direct()),
            "error": self.error,
            "createdAt": timestamp(self.created_at),
            "expiresAt": timestamp(self.used_at + IDLE_LIFETIME),
            "_embedded": self.embedded(env),
        })])
    }

    fn embedded(&self, env: &Environment) -> Value {
        let user = self.user.and_then(|id| env.user(id));
        let challenge = self.challenge.as_ref().filter(|_| self.status == Status::Mfa);
        let choosing_password =
            matches!(self.status, Status::MustChangePassword | Status::PasswordExpired | Status::RecoveryCodeRequired);
        let devices =
            |challenge: &Challenge| challenge.device_views(env, challenge.state == ChallengeState::OtpRequired);
        object([json!({
            "user": user.map(|user| json!({ "id": user.id, "username": user.username, "name": name(user) })),
            "application": {
                "id": env.application_named(&self.settings.fact),
                "name": self.settings.name,
                "icon": { "id": ICON, "href": format!("https://uploads.pingone.com/environments/{}/images/{ICON}", env.id) },
            },
            "socialProviders": self.social_providers(),
            "passwordPolicy": choosing_password.then(|| json!({ "id": PASSWORD_POLICY, "name": "Standard" })),
            "agreement": (self.status == Status::AgreementConsentRequired).then(agreement),
            "devices": challenge.map(devices),
        })])
    }

    fn social_providers(&self) -> Option<Value> {
        match self.status {
            Status::UsernamePasswordRequired | Status::SignOnRequired => Some(json!([])),
            Status::ExternalAuthenticationRequired => Some(json!([{
                "_links": { "authenticate": { "href": "https://identity.partner.example/authorize" } },
                "id": PROVIDER,
                "name": "Partner",
                "type": "OPENID_CONNECT",
            }])),
            _ => None,
        }
    }

    /// What an external identity brings along.
    fn attributes(&self) -> Option<Value> {
        let linking = self.status == Status::AccountLinkingRequired;
        linking.then(|| json!({ "username": "visitor@partner.example" }))
    }

    fn actions(&self) -> Vec<&'static str> {
        let challenge = self.challenge.as_ref();
        let actions = self.status.permits(&self.settings, challenge);
        let mut names: Vec<&str> = actions.iter().map(|action| action.name()).collect();
        if self.status.links_reset(challenge) {
            names.push(super::Action::ResetSession.name());
        }
        names
    }

    fn href(&self, env: &Environment) -> String {
        format!("{}/{}/flows/{}", env.base_url, env.id, self.id)
    }

    /// The hosted page, for an application that might prefer it after all.
    fn sign_on_page(&self, env: &Environment) -> Option<String> {
        (self.direct() && !self.is_over()).then(|| sign_on_page(env, self.id))
    }

    /// There from the start where an application waits, else when the flow is over.
    fn resume_url(&self, env: &Environment) -> Option<String> {
        let shown = matches!(self.entry, FlowEntry::Authorize(_)) || self.completed();
        shown.then(|| format!("{}/{}/as/resume?flowId={}", env.base_url, env.id, self.id))
    }

    pub(in super::super) fn direct(&self) -> bool {
        matches!(&self.entry, FlowEntry::Authorize(request) if request.direct)
    }
}

/// The parts of a user's name, as the directory has them; where it has none, the user name tells the first.
fn name(user: &User) -> Value {
    if let Some(name) = user.attributes.get("name") {
        return name.clone();
    }
    let mut letters = user.username.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().collect::<String>()).unwrap_or_default();
    json!({ "given": first + letters.as_str(), "family": "Example" })
}

fn agreement() -> Value {
    json!({ "id": AGREEMENT, "name": "Terms of Service", "text": "You agree to return every book." })
}

/// The address of PingOne's own pages for a flow.
pub(in super::super) fn sign_on_page(env: &Environment, flow: Uuid) -> String {
    format!("https://apps.pingone.com/{}/signon/?flowId={flow}", env.id)
}
