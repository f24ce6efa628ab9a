//! How a flow looks in JSON: which members there are depends on where it stands.
//!
//! Changes nothing.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::flow::{AuthorizeResponse, Flow, FlowEntry, IDLE_LIFETIME};
use super::status::Status;
use crate::tenant::{
    applications::Start,
    challenge::{ChallengeState, Failure},
    devices::masked,
    environment::Environment,
    errors::json_bytes,
    representation::{DeviceView, Id, Links, timestamp},
};

/// A flow in JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    #[serde(rename = "_links")]
    links: Links<'a>,
    id: Uuid,
    session: Id,
    environment: Id,
    #[serde(skip_serializing_if = "Option::is_none")]
    resume_url: Option<String>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    selected_device: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bypass_allowed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    public_key_credential_request_options: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attributes: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    application_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    admin_app: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorize_response: Option<&'a AuthorizeResponse>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Failure>,
    #[serde(serialize_with = "timestamp")]
    created_at: DateTime<Utc>,
    #[serde(serialize_with = "timestamp")]
    expires_at: DateTime<Utc>,
    #[serde(rename = "_embedded")]
    embedded: Embedded<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Embedded<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<Value>,
    application: ApplicationView<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    social_providers: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password_policy: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agreement: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    devices: Option<Vec<DeviceView>>,
}

#[derive(Serialize)]
struct ApplicationView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Uuid>,
    name: &'a str,
}

const PROVIDER: Uuid = Uuid::from_u128(0x6d1c_5a0e_93f4_4b27_8e5a_70c2_d9b1_3f46);
const PASSWORD_POLICY: Uuid = Uuid::from_u128(0x2b7e_1516_28ae_42d6_abf7_1588_09cf_4f3c);
const AGREEMENT: Uuid = Uuid::from_u128(0x8d3f_9a51_0c64_4e7b_9f02_45e1_b6a8_7c10);

impl Flow {
    pub(super) fn render(&self, env: &Environment) -> Vec<u8> {
        let user = self.user.and_then(|id| env.user(id));
        let challenge = self.challenge.as_ref().filter(|_| self.status == Status::Mfa);
        let state = challenge.map(|challenge| challenge.state);
        let dag_consent = self.status == Status::DagConsentRequired;
        let verifying = self.status == Status::VerificationCodeRequired;
        let asserting = challenge.filter(|_| state == Some(ChallengeState::AssertionRequired));
        json_bytes(&View {
            links: Links { href: &self.href(env), actions: &self.links(), sign_on_page: self.sign_on_page(env) },
            id: self.id,
            session: Id { id: self.session },
            environment: Id { id: env.id },
            resume_url: self.resume_url(env),
            status: self.status.name(self.challenge.as_ref()),
            selected_device: challenge.and_then(|challenge| challenge.selected_view()),
            bypass_allowed: challenge.map(|_| false),
            public_key_credential_request_options: asserting.and_then(|challenge| challenge.assertion_options(env)),
            email: user.filter(|_| verifying).map(|user| masked(&user.email)),
            attributes: self.attributes(),
            application_name: dag_consent.then_some(self.settings.name),
            username: user.filter(|_| dag_consent).map(|user| user.username.as_ref()),
            admin_app: (self.settings.start == Start::Invitation).then_some(true),
            authorize_response: self.response.as_ref().filter(|_| self.direct()),
            error: self.error,
            created_at: self.created_at,
            expires_at: self.used_at + IDLE_LIFETIME,
            embedded: self.embedded(env),
        })
    }

    fn embedded<'a>(&self, env: &'a Environment) -> Embedded<'a> {
        let user = self.user.and_then(|id| env.user(id));
        let challenge = self.challenge.as_ref().filter(|_| self.status == Status::Mfa);
        let choosing_password =
            matches!(self.status, Status::MustChangePassword | Status::PasswordExpired | Status::RecoveryCodeRequired);
        Embedded {
            user: user.map(|user| json!({ "id": user.id, "username": user.username })),
            application: ApplicationView { id: env.application_named(self.settings.fact), name: self.settings.name },
            social_providers: self.social_providers(),
            password_policy: choosing_password.then(|| json!({ "id": PASSWORD_POLICY, "name": "Standard" })),
            agreement: (self.status == Status::AgreementConsentRequired).then(agreement),
            devices: challenge.map(|challenge| match challenge.state {
                ChallengeState::OtpRequired => challenge.device_views_with_retries(env),
                _ => challenge.device_views(env),
            }),
        }
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

    fn links(&self) -> Vec<&'static str> {
        let challenge = self.challenge.as_ref();
        let actions = self.status.permits(self.settings, challenge);
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

fn agreement() -> Value {
    json!({ "id": AGREEMENT, "name": "Terms of Service", "text": "You agree to return every book." })
}

/// The address of PingOne's own pages for a flow.
pub(in super::super) fn sign_on_page(env: &Environment, flow: Uuid) -> String {
    format!("https://apps.pingone.com/{}/signon/?flowId={flow}", env.id)
}
