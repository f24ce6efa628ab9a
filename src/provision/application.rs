//! The applications that scenarios know by name, each with the steps of its sign-on policy.

use serde_json::{Value, json};

use super::name::Run;
use super::thing::{Kind, Part, Thing, reference};

/// Where sign-ons would return; it is never opened.
pub(crate) const REDIRECT_URI: &str = "https://app.example.com/callback";
/// The thing that all users and those who register belong to.
pub(super) const POPULATION: &str = "users";
/// The agreement and the provider that policies ask for.
pub(super) const AGREEMENT: &str = "terms";
pub(super) const PROVIDER: &str = "partner";

/// One step of a sign-on policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Login { register: bool },
    Identifier { register: bool },
    Mfa(&'static str),
    Profile,
    Agreement,
    Provider,
}

/// An application.
#[derive(Debug)]
pub(super) struct App {
    /// Its name in facts.
    pub(super) fact: &'static str,
    /// Whether devices are granted access by it.
    device: bool,
    pub(super) steps: &'static [Step],
}

const LOGIN: Step = Step::Login { register: false };

const fn app(fact: &'static str, steps: &'static [Step]) -> App {
    App { fact, device: false, steps }
}

static APPS: [App; 14] = [
    App { device: true, ..app("device", &[LOGIN]) },
    App { device: true, ..app("deviceMfa", &[LOGIN, Step::Mfa("promptToSelect")]) },
    app("signOn", &[LOGIN]),
    app("identifierFirst", &[Step::Identifier { register: true }, LOGIN]),
    app("registration", &[Step::Login { register: true }]),
    app("mfa", &[LOGIN, Step::Mfa("default")]),
    app("mfaPrompt", &[LOGIN, Step::Mfa("promptToSelect")]),
    app("mfaAlways", &[LOGIN, Step::Mfa("alwaysDisplay")]),
    app("passwordless", &[Step::Identifier { register: false }, Step::Mfa("default")]),
    app("agreement", &[LOGIN, Step::Agreement]),
    app("profile", &[LOGIN, Step::Profile]),
    app("external", &[Step::Provider]),
    app("everyStep", &[Step::Login { register: true }, Step::Mfa("promptToSelect"), Step::Profile, Step::Agreement]),
    app(
        "identifierEveryStep",
        &[Step::Identifier { register: true }, LOGIN, Step::Mfa("promptToSelect"), Step::Profile, Step::Agreement],
    ),
];

const OUT_OF_REACH: [(&str, &str); 4] = [
    ("openRegistration", "whether addresses are verified is nothing that a policy says"),
    ("accountLinking", "an external provider would have to send people back"),
    ("accountConfirmation", "an external provider would have to send people back"),
    ("invitation", "administrators are invited by people"),
];

/// The application of a name, or why there can be none.
pub(super) fn known(fact: &str) -> Result<&'static App, &'static str> {
    let missing = || {
        let reason = OUT_OF_REACH.iter().find(|(known, _)| *known == fact).map(|(_, why)| *why);
        reason.unwrap_or("nobody knows what this application asks for")
    };
    APPS.iter().find(|app| app.fact == fact).ok_or_else(missing)
}

/// Whether an application has no secret.
pub(super) fn is_public(fact: &str) -> bool {
    known(fact).is_ok_and(|app| app.device)
}

impl App {
    /// The MFA policy that its sign-ons use.
    pub(super) fn mfa(&self) -> Option<&'static str> {
        self.steps.iter().find_map(|step| match step {
            Step::Mfa(policy) => Some(*policy),
            _ => None,
        })
    }

    /// What is made for it: its policy, and itself.
    pub(super) fn things(&self, run: &Run) -> [Thing; 2] {
        let policy = Thing {
            kind: Kind::SignOnPolicy,
            thing: self.fact.to_owned(),
            body: json!({ "name": run.name(self.fact), "description": run.description() }),
            parts: self.steps.iter().enumerate().map(|(at, step)| step.part(at + 1)).collect(),
        };
        let assignment = json!({ "signOnPolicy": reference(Kind::SignOnPolicy, self.fact), "priority": 1 });
        let assignment = Part { path: "signOnPolicyAssignments", known_by: "signOnPolicy", body: assignment };
        let (kind, thing) = (Kind::Application, self.fact.to_owned());
        [policy, Thing { kind, thing, body: self.body(run), parts: vec![assignment] }]
    }

    fn body(&self, run: &Run) -> Value {
        let mut body = json!({
            "name": run.name(self.fact),
            "description": run.description(),
            "enabled": true,
            "protocol": "OPENID_CONNECT",
        });
        let own = if self.device {
            json!({
                "type": "CUSTOM_APP",
                "grantTypes": ["DEVICE_CODE", "REFRESH_TOKEN"],
                "tokenEndpointAuthMethod": "NONE",
                "devicePathId": run.name(self.fact),
                "deviceTimeout": 600,
                "devicePollingInterval": 5,
            })
        } else {
            json!({
                "type": "WEB_APP",
                "grantTypes": ["AUTHORIZATION_CODE", "IMPLICIT"],
                "responseTypes": ["CODE", "TOKEN", "ID_TOKEN"],
                "redirectUris": [REDIRECT_URI],
                "tokenEndpointAuthMethod": "CLIENT_SECRET_BASIC",
            })
        };
        if let (Value::Object(body), Value::Object(own)) = (&mut body, own) {
            body.extend(own);
        }
        body
    }
}

impl Step {
    fn part(self, priority: usize) -> Part {
        let mut body = match self {
            Self::Login { register } => with_registration("LOGIN", register),
            Self::Identifier { register } => with_registration("IDENTIFIER_FIRST", register),
            Self::Mfa(policy) => json!({
                "type": "MULTI_FACTOR_AUTHENTICATION",
                "deviceAuthenticationPolicy": reference(Kind::MfaPolicy, policy),
            }),
            Self::Profile => json!({
                "type": "PROGRESSIVE_PROFILING",
                "attributes": [{ "name": "name.given", "required": true }, { "name": "name.family", "required": true }],
                "preventMultiplePromptsPerFlow": true,
                "promptIntervalSeconds": 1,
                "promptText": "Please complete your profile.",
            }),
            Self::Agreement => json!({ "type": "AGREEMENT", "agreement": reference(Kind::Agreement, AGREEMENT) }),
            Self::Provider => {
                json!({ "type": "IDENTITY_PROVIDER", "identityProvider": reference(Kind::IdentityProvider, PROVIDER) })
            }
        };
        body["priority"] = priority.into();
        Part { path: "actions", known_by: "type", body }
    }
}

fn with_registration(kind: &str, register: bool) -> Value {
    let mut body = json!({ "type": kind, "recovery": { "enabled": true }, "registration": { "enabled": register } });
    if register {
        body["registration"]["population"] = reference(Kind::Population, POPULATION);
    }
    body
}
