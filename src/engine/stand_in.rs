//! An environment of the stand-in, and its control channel: in this process by calls, elsewhere by HTTP.
//!
//! Deliberately not here: the stand-in itself (`tenant`).

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::{Map, Value, json};
use url::Url;
use uuid::Uuid;

use crate::auth::passcode::CodeKind;
use crate::base::sync::LockAnyway;
use crate::client::{RawRequest, Transport};
use crate::scenario::model::PushAnswer;
use crate::scenario::template::Facts;
use crate::tenant::{self, Contents, Control, ControlError, MessageKind};

/// Why the control channel did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ControlFailure {
    /// It did not answer.
    #[error("the stand-in's control channel cannot be reached: {0}")]
    Unreachable(String),
    /// It answered something else.
    #[error("the stand-in's control channel: {0}")]
    Answer(String),
}

impl From<ControlError> for ControlFailure {
    fn from(error: ControlError) -> Self {
        Self::Answer(error.to_string())
    }
}

/// A fresh environment of the stand-in for one scenario.
pub(crate) struct StandInSession {
    env: Uuid,
    facts: Arc<dyn Facts>,
    channel: Channel,
}

enum Channel {
    InProcess(Control),
    Http(HttpChannel),
}

impl StandInSession {
    /// Opens an environment in this process.
    pub(super) fn in_process(control: Control, contents: Contents) -> Self {
        let env = control.open(contents);
        let facts = Arc::new(LazyFacts::new(control.clone(), env));
        Self { env, facts, channel: Channel::InProcess(control) }
    }

    /// Has the stand-in make a persona that goes through these states.
    ///
    /// # Errors
    /// When it cannot, or its control channel does not answer.
    pub(super) async fn with_persona(self, path: &[String]) -> Result<Self, ControlFailure> {
        match &self.channel {
            Channel::InProcess(control) => {
                control.grant_persona(self.env, path)?;
                Ok(self)
            }
            Channel::Http(channel) => {
                let sent = channel.send(Method::POST, &self.path("/persona"), Some(&json!({ "path": path }))).await?;
                let names = self.facts.names();
                let known = names.iter().filter_map(|name| Some(((*name).to_owned(), self.facts.fact(name)?.clone())));
                let facts: Map<String, Value> = known.chain([("persona".to_owned(), sent)]).collect();
                Ok(Self { facts: Arc::new(facts), ..self })
            }
        }
    }

    pub(super) fn facts(&self) -> Arc<dyn Facts> {
        Arc::clone(&self.facts)
    }

    /// The newest code of a kind that was sent to somebody; `None` when there is none.
    pub(super) async fn code(&self, recipient: &str, kind: CodeKind) -> Result<Option<String>, ControlFailure> {
        match &self.channel {
            Channel::InProcess(control) => Ok(control.message(self.env, recipient, message_kind(kind))),
            Channel::Http(channel) => {
                let to = utf8_percent_encode(recipient, NON_ALPHANUMERIC);
                let path = self.path(&format!("/messages?to={to}&kind={}", kind.name()));
                let answer = channel.send(Method::GET, &path, None).await?;
                Ok(answer.get("code").and_then(Value::as_str).map(str::to_owned))
            }
        }
    }

    /// Waits for the next request that arrives after this was called, where the stand-in can tell.
    pub(super) fn next_arrival(&self) -> Option<impl Future<Output = ()> + use<>> {
        match &self.channel {
            Channel::InProcess(control) => Some(control.next_arrival()),
            Channel::Http(_) => None,
        }
    }

    pub(super) async fn push(&self, user: &str, answer: PushAnswer) -> Result<(), ControlFailure> {
        match &self.channel {
            Channel::InProcess(control) => Ok(control.answer_push(self.env, user, tenant_answer(answer))?),
            Channel::Http(channel) => {
                let body = json!({ "user": user, "answer": answer.name() });
                channel.post(&self.path("/push"), &body).await
            }
        }
    }

    pub(super) async fn advance(&self, by: Duration) -> Result<(), ControlFailure> {
        match &self.channel {
            Channel::InProcess(control) => Ok(control.advance(self.env, by)?),
            Channel::Http(channel) => {
                channel.post(&self.path("/clock"), &json!({ "advanceSeconds": by.as_secs_f64() })).await
            }
        }
    }

    pub(super) async fn limit(&self, requests: u64) -> Result<(), ControlFailure> {
        match &self.channel {
            Channel::InProcess(control) => Ok(control.limit(self.env, requests)?),
            Channel::Http(channel) => channel.post(&self.path("/limit"), &json!({ "requests": requests })).await,
        }
    }

    /// Has the environment forgotten, now or when another one takes its place.
    pub(super) fn close(self) {
        match &self.channel {
            Channel::InProcess(control) => control.close_environment(self.env),
            Channel::Http(channel) => channel.over.locked().push(self.env),
        }
    }

    fn path(&self, below: &str) -> String {
        path(self.env, below)
    }
}

fn path(env: Uuid, below: &str) -> String {
    format!("_control/environments/{env}{below}")
}

/// Environments that no scenario needs any more.
type Over = Arc<Mutex<Vec<Uuid>>>;

/// A stand-in that runs elsewhere on this machine.
pub(crate) struct StandIn {
    /// Where requests are sent, perhaps through a proxy.
    pub base_url: Url,
    /// Where its control channel is.
    pub control: Url,
    /// Each is closed by the request that opens the next, which saves one of three beside the contract.
    over: Over,
}

impl StandIn {
    /// One of which no environment has been opened.
    pub(crate) fn new(base_url: Url, control: Url) -> Self {
        Self { base_url, control, over: Over::default() }
    }

    /// Opens an environment for a scenario, with the facts that it names.
    ///
    /// # Errors
    /// When its control channel does not answer as it should.
    pub(super) async fn open(
        &self,
        transport: &Transport,
        contents: Contents,
        facts: &BTreeSet<&str>,
    ) -> Result<StandInSession, ControlFailure> {
        let channel = self.channel(transport);
        let contents = match contents {
            Contents::Seeded => "seeded",
            Contents::Bare => "bare",
        };
        let instead_of = self.one_over();
        let wanted = json!({ "contents": contents, "facts": facts, "insteadOf": instead_of });
        let opened = channel.send(Method::POST, "_control/environments", Some(&wanted)).await;
        let facts = opened.inspect_err(|_| self.over.locked().extend(instead_of))?;
        let env = facts.pointer("/env/id").and_then(Value::as_str).and_then(|id| id.parse().ok());
        let env = env.ok_or_else(|| ControlFailure::Answer("the facts lack env.id".into()))?;
        let Value::Object(facts) = facts else { return Err(ControlFailure::Answer("the facts are no object".into())) };
        Ok(StandInSession { env, facts: Arc::new(facts), channel: Channel::Http(channel) })
    }

    /// The faults that were planted in it, by name; none where it does not say.
    ///
    /// # Errors
    /// When its control channel does not answer.
    pub(super) async fn faults(&self, transport: &Transport) -> Result<Vec<String>, ControlFailure> {
        let faults = self.channel(transport).send(Method::GET, "_control/faults", None).await?;
        Ok(serde_json::from_value(faults).unwrap_or_default())
    }

    /// Closes the environments that no scenario needs any more.
    ///
    /// # Errors
    /// When its control channel does not answer.
    pub(super) async fn close(&self, transport: &Transport) -> Result<(), ControlFailure> {
        let channel = self.channel(transport);
        while let Some(env) = self.one_over() {
            channel.send(Method::DELETE, &path(env, ""), None).await?;
        }
        Ok(())
    }

    fn one_over(&self) -> Option<Uuid> {
        self.over.locked().pop()
    }

    fn channel(&self, transport: &Transport) -> HttpChannel {
        HttpChannel { transport: transport.clone(), base: self.control.clone(), over: Arc::clone(&self.over) }
    }
}

/// The control channel of a stand-in that runs elsewhere.
struct HttpChannel {
    transport: Transport,
    base: Url,
    over: Over,
}

impl HttpChannel {
    async fn post(&self, path: &str, body: &Value) -> Result<(), ControlFailure> {
        self.send(Method::POST, path, Some(body)).await.map(drop)
    }

    /// Sends a control request; an answer without a body, or "not found", is null.
    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, ControlFailure> {
        let request = RawRequest {
            method: method.clone(),
            url: self.base.join(path).map_err(unreachable)?,
            target: None,
            headers: HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]),
            body: body.map(|body| body.to_string().into()),
        };
        let sent = Box::pin(self.transport.send_raw(request)).await.map_err(unreachable)?;
        let response = sent.outcome.map_err(unreachable)?;
        match response.status {
            200..300 => Ok(serde_json::from_slice(&response.body).unwrap_or(Value::Null)),
            404 => Ok(Value::Null),
            status => Err(ControlFailure::Answer(format!("{method} {path} answered {status}"))),
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unreachable(error: impl ToString) -> ControlFailure {
    ControlFailure::Unreachable(error.to_string())
}

/// Facts that are made when they are asked for: making all of them takes longer than a request does.
struct LazyFacts {
    control: Control,
    env: Uuid,
    known: Known,
    /// What `users` has, by role; most scenarios ask for none of them.
    users: OnceLock<Known>,
}

type Known = HashMap<&'static str, OnceLock<Option<Value>>>;

fn unknown(names: impl Iterator<Item = &'static str>) -> Known {
    names.map(|name| (name, OnceLock::new())).collect()
}

impl LazyFacts {
    fn new(control: Control, env: Uuid) -> Self {
        Self { control, env, known: unknown(Control::facts().iter().copied()), users: OnceLock::new() }
    }

    fn user(&self, role: &str) -> Option<&Value> {
        let users = self.users.get_or_init(|| unknown(Control::roles()));
        users.get(role)?.get_or_init(|| self.control.user_fact(self.env, role)).as_ref()
    }
}

impl std::fmt::Debug for LazyFacts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LazyFacts({})", self.env)
    }
}

impl Facts for LazyFacts {
    fn fact(&self, name: &str) -> Option<&Value> {
        self.known.get(name)?.get_or_init(|| self.control.fact(self.env, name)).as_ref()
    }

    fn member(&self, fact: &str, name: &str) -> Option<&Value> {
        match fact {
            "users" => self.user(name),
            _ => self.fact(fact)?.get(name),
        }
    }

    fn names(&self) -> Vec<&str> {
        Control::facts().to_vec()
    }
}

fn message_kind(kind: CodeKind) -> MessageKind {
    match kind {
        CodeKind::Otp => MessageKind::Otp,
        CodeKind::VerificationCode => MessageKind::VerificationCode,
        CodeKind::RecoveryCode => MessageKind::RecoveryCode,
    }
}

fn tenant_answer(answer: PushAnswer) -> tenant::PushAnswer {
    match answer {
        PushAnswer::Approve => tenant::PushAnswer::Approve,
        PushAnswer::Reject => tenant::PushAnswer::Reject,
    }
}
