//! Where requests go, and what is known of it: facts, and the channel beside the contract through which a scenario reads
//! its post and lets time pass.
//!
//! Every scenario gets a session of its own. On the stand-in that is a fresh environment, so that no scenario can lock a
//! device, use up a code or move a clock under another. At a real tenant it is a loan of users ([`super::real_tenant`]).

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use super::real_tenant::{NotOpened, RealTenant, Visit};
use super::wants::Wants;
use crate::auth::passcode::CodeKind;
use crate::auth::token::TokenError;
use crate::client::{RawRequest, Transport, TransportOptions};
use crate::contract::Contract;
use crate::record::TargetRecord;
use crate::scenario::model::{PushAnswer, Scenario};
use crate::scenario::template::Facts;
use crate::tenant::{Control, MessageKind, Tenant};

/// Where requests go.
pub enum Target {
    /// The stand-in tenant inside this process.
    Embedded(Tenant),
    /// A stand-in tenant that runs elsewhere on this machine.
    StandIn {
        /// Where requests are sent, perhaps through a proxy.
        base_url: Url,
        /// Where the stand-in's control channel is.
        control: Url,
    },
    /// A tenant that somebody else runs.
    Tenant(Arc<RealTenant>),
}

impl Target {
    /// The origin that requests are sent to.
    ///
    /// # Panics
    /// Never: the embedded tenant's own URL is valid.
    pub fn base_url(&self) -> Url {
        match self {
            Self::Embedded(tenant) => Url::parse(tenant.base_url()).expect("the tenant's own URL is valid"),
            Self::StandIn { base_url, .. } => base_url.clone(),
            Self::Tenant(tenant) => tenant.base_url(),
        }
    }

    /// How requests get there; only a real tenant has its own way.
    pub fn transport(&self, otherwise: &TransportOptions) -> TransportOptions {
        match self {
            Self::Tenant(tenant) => tenant.transport(),
            Self::Embedded(_) | Self::StandIn { .. } => otherwise.clone(),
        }
    }

    /// What a reader of the report must know of the target.
    pub fn notes(&self) -> &[String] {
        match self {
            Self::Tenant(tenant) => tenant.notes(),
            Self::Embedded(_) | Self::StandIn { .. } => &[],
        }
    }

    /// What a harmless request asks for to see whether the target is there; `None` for one that cannot be away.
    pub fn probe(&self) -> Option<Url> {
        match self {
            Self::Embedded(_) => None,
            // Not through whatever stands before the stand-in: that would judge the request.
            Self::Tenant(tenant) => Some(tenant.description()),
            Self::StandIn { control, .. } => Some(control.clone()),
        }
    }

    /// The target as the journal names it.
    pub fn record(&self) -> TargetRecord {
        let (name, kind) = match self {
            Self::Embedded(_) => ("embedded stand-in", "embedded"),
            Self::StandIn { .. } => ("stand-in", "stand-in"),
            Self::Tenant(tenant) => (tenant.name(), "tenant"),
        };
        TargetRecord { name: name.into(), kind: kind.into(), base_url: self.base_url().origin().ascii_serialization() }
    }

    /// Opens a session for one scenario.
    ///
    /// # Errors
    /// When the scenario is none for this target, when its control channel does not answer, or without a token.
    pub async fn open(
        &self,
        transport: &Transport,
        scenario: &Scenario,
        contract: &Contract,
    ) -> Result<Session, NotOpened> {
        match self {
            Self::Tenant(tenant) => {
                let visit = tenant.open(transport, &Wants::of(scenario, contract)).await?;
                let facts = Arc::new(visit.facts().clone());
                Ok(Session { env: Uuid::nil(), facts, channel: Channel::Visit(Box::new(visit)) })
            }
            Self::Embedded(_) | Self::StandIn { .. } => {
                self.stand_in(transport).await.map_err(|error| NotOpened::Errored(error.to_string()))
            }
        }
    }

    async fn stand_in(&self, transport: &Transport) -> Result<Session, OutOfBandError> {
        let control = match self {
            Self::Tenant(_) => return Err(OutOfBandError::NotHere),
            Self::Embedded(tenant) => {
                let control = tenant.control();
                let env = control.open();
                let facts = Arc::new(Lazily::new(control.clone(), env));
                return Ok(Session { env, facts, channel: Channel::InProcess(control) });
            }
            Self::StandIn { control, .. } => control,
        };
        let channel = Channel::Http { transport: transport.clone(), base: control.clone() };
        let facts = channel.post("_control/environments", &json!({})).await?;
        let env = facts.pointer("/env/id").and_then(Value::as_str).and_then(|id| id.parse().ok());
        let env = env.ok_or_else(|| OutOfBandError::Answer("the facts lack env.id".into()))?;
        let Value::Object(facts) = facts else { return Err(OutOfBandError::Answer("the facts are no object".into())) };
        Ok(Session { env, facts: Arc::new(facts), channel })
    }
}

/// Why something beside the contract could not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutOfBandError {
    /// The control channel did not answer.
    #[error("the stand-in's control channel cannot be reached: {0}")]
    Unreachable(String),
    /// The control channel answered something else.
    #[error("the stand-in's control channel: {0}")]
    Answer(String),
    /// No such message has arrived.
    #[error("no {kind} for `{recipient}` has arrived")]
    NoMessage {
        /// What was looked for.
        kind: &'static str,
        /// Whom it would be for.
        recipient: String,
    },
    /// A user's source of codes has none.
    #[error("{0}")]
    NoCode(String),
    /// A user's push was not answered.
    #[error("the push was not answered: {0}")]
    NoAnswer(String),
    /// Only a stand-in can be asked for that.
    #[error("a real tenant has no control channel")]
    NotHere,
}

/// What one scenario knows of its target, and how it reads its post.
pub struct Session {
    env: Uuid,
    facts: Arc<dyn Facts>,
    channel: Channel,
}

enum Channel {
    InProcess(Control),
    Http { transport: Transport, base: Url },
    Visit(Box<Visit>),
}

impl Session {
    /// The facts that the target supplies, such as `user.id`.
    pub fn facts(&self) -> Arc<dyn Facts> {
        Arc::clone(&self.facts)
    }

    /// What this scenario leaves changed or locked: the users' ids, and why.
    pub fn spent(&self) -> Vec<(String, String)> {
        match &self.channel {
            Channel::Visit(visit) => visit.spent(),
            Channel::InProcess(_) | Channel::Http { .. } => Vec::new(),
        }
    }

    /// The worker's token as it is good now; `None` where the facts hold the only one.
    ///
    /// # Errors
    /// When there is none any more.
    pub async fn token(&self) -> Result<Option<SecretString>, TokenError> {
        match &self.channel {
            Channel::Visit(visit) => visit.token().await,
            Channel::InProcess(_) | Channel::Http { .. } => Ok(None),
        }
    }

    /// Another token than the one that was refused; `None` where there is no other.
    ///
    /// # Errors
    /// When there is none any more.
    pub async fn token_instead_of(&self, refused: &str) -> Result<Option<SecretString>, TokenError> {
        match &self.channel {
            Channel::Visit(visit) => visit.token_instead_of(refused).await,
            Channel::InProcess(_) | Channel::Http { .. } => Ok(None),
        }
    }

    /// Says that something which may send a code was asked for at this time.
    pub fn asked_at(&self, time: DateTime<Utc>) {
        if let Channel::Visit(visit) = &self.channel {
            visit.asked_at(time);
        }
    }

    /// The newest code of a kind that was sent to somebody.
    ///
    /// # Errors
    /// When there is none, or the channel does not answer.
    pub async fn message(&self, recipient: &str, kind: MessageKind) -> Result<String, OutOfBandError> {
        let code = match &self.channel {
            Channel::Visit(visit) => {
                let code = visit.code(recipient, code_kind(kind)).await.map_err(OutOfBandError::NoCode)?;
                Some(code.expose_secret().to_owned())
            }
            Channel::InProcess(control) => control.message(self.env, recipient, kind),
            Channel::Http { .. } => {
                let to = utf8_percent_encode(recipient, NON_ALPHANUMERIC);
                let path = format!("_control/environments/{}/messages?to={to}&kind={}", self.env, kind_name(kind));
                let answer = self.channel.send("GET", &path, None).await?;
                answer.get("code").and_then(Value::as_str).map(str::to_owned)
            }
        };
        code.ok_or_else(|| OutOfBandError::NoMessage { kind: kind_name(kind), recipient: recipient.to_owned() })
    }

    /// Answers the push notification that waits for a user.
    ///
    /// # Errors
    /// When none waits, or the channel does not answer.
    pub async fn push(&self, user: &str, answer: PushAnswer) -> Result<(), OutOfBandError> {
        match &self.channel {
            Channel::Visit(visit) => visit.push(user, push_name(answer)).await.map_err(OutOfBandError::NoAnswer),
            Channel::InProcess(control) => {
                let answer = match answer {
                    PushAnswer::Approve => crate::tenant::PushAnswer::Approve,
                    PushAnswer::Reject => crate::tenant::PushAnswer::Reject,
                };
                control.answer_push(self.env, user, answer).map_err(|error| OutOfBandError::Answer(error.to_string()))
            }
            Channel::Http { .. } => {
                let answer = push_name(answer);
                let path = format!("_control/environments/{}/push", self.env);
                self.channel.post(&path, &json!({ "user": user, "answer": answer })).await.map(drop)
            }
        }
    }

    /// Lets time pass in this scenario's environment.
    ///
    /// # Errors
    /// When the channel does not answer.
    pub async fn advance(&self, by: Duration) -> Result<(), OutOfBandError> {
        match &self.channel {
            Channel::Visit(_) => Err(OutOfBandError::NotHere),
            Channel::InProcess(control) => {
                control.advance(self.env, by).map_err(|error| OutOfBandError::Answer(error.to_string()))
            }
            Channel::Http { .. } => {
                let path = format!("_control/environments/{}/clock", self.env);
                self.channel.post(&path, &json!({ "advanceSeconds": by.as_secs_f64() })).await.map(drop)
            }
        }
    }

    /// Lets this many requests pass in this scenario's environment and has the next one refused as one too many.
    ///
    /// # Errors
    /// When the channel does not answer.
    pub async fn limit(&self, requests: u64) -> Result<(), OutOfBandError> {
        match &self.channel {
            Channel::Visit(_) => Err(OutOfBandError::NotHere),
            Channel::InProcess(control) => {
                control.limit(self.env, requests).map_err(|error| OutOfBandError::Answer(error.to_string()))
            }
            Channel::Http { .. } => {
                let path = format!("_control/environments/{}/limit", self.env);
                self.channel.post(&path, &json!({ "requests": requests })).await.map(drop)
            }
        }
    }

    /// Gives the session back; its environment is forgotten.
    ///
    /// # Errors
    /// When the channel does not answer.
    pub async fn close(self) -> Result<(), OutOfBandError> {
        match &self.channel {
            Channel::Visit(_) => Ok(()),
            Channel::InProcess(control) => {
                control.close_environment(self.env);
                Ok(())
            }
            Channel::Http { .. } => {
                self.channel.send("DELETE", &format!("_control/environments/{}", self.env), None).await.map(drop)
            }
        }
    }
}

/// Facts that are told when they are asked for: building all of them takes longer than a request does.
struct Lazily {
    control: Control,
    env: Uuid,
    known: HashMap<&'static str, OnceLock<Option<Value>>>,
}

impl Lazily {
    fn new(control: Control, env: Uuid) -> Self {
        Self { control, env, known: Control::facts().iter().map(|name| (*name, OnceLock::new())).collect() }
    }
}

impl std::fmt::Debug for Lazily {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Lazily({})", self.env)
    }
}

impl Facts for Lazily {
    fn fact(&self, name: &str) -> Option<&Value> {
        self.known.get(name)?.get_or_init(|| self.control.fact(self.env, name)).as_ref()
    }

    fn names(&self) -> Vec<&str> {
        Control::facts().to_vec()
    }
}

fn code_kind(kind: MessageKind) -> CodeKind {
    match kind {
        MessageKind::Otp => CodeKind::Otp,
        MessageKind::VerificationCode => CodeKind::VerificationCode,
        MessageKind::RecoveryCode => CodeKind::RecoveryCode,
    }
}

fn push_name(answer: PushAnswer) -> &'static str {
    match answer {
        PushAnswer::Approve => "approve",
        PushAnswer::Reject => "reject",
    }
}

fn kind_name(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Otp => "otp",
        MessageKind::VerificationCode => "verificationCode",
        MessageKind::RecoveryCode => "recoveryCode",
    }
}

impl Channel {
    async fn post(&self, path: &str, body: &Value) -> Result<Value, OutOfBandError> {
        self.send("POST", path, Some(body.to_string().into())).await
    }

    /// Sends a control request; an answer without a body, or "not found", is null.
    async fn send(&self, method: &str, path: &str, body: Option<Bytes>) -> Result<Value, OutOfBandError> {
        let Self::Http { transport, base } = self else { return Ok(Value::Null) };
        let unreachable = |error: String| OutOfBandError::Unreachable(error);
        let mut headers = reqwest::header::HeaderMap::new();
        headers.insert("content-type", reqwest::header::HeaderValue::from_static("application/json"));
        let request = RawRequest {
            method: method.parse().map_err(|_| unreachable(format!("`{method}` is no method")))?,
            url: base.join(path).map_err(|error| unreachable(error.to_string()))?,
            headers,
            body,
        };
        let sent = transport.send_raw(request).await.map_err(|error| unreachable(error.to_string()))?;
        let response = sent.outcome.map_err(|error| unreachable(error.to_string()))?;
        match response.status {
            200..300 => Ok(serde_json::from_slice(&response.body).unwrap_or(Value::Null)),
            404 => Ok(Value::Null),
            status => Err(OutOfBandError::Answer(format!("{method} {path} answered {status}"))),
        }
    }
}
