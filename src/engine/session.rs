//! What one scenario has of its target: facts, and the channel beside the contract through which it reads its codes and
//! lets time pass.
//!
//! Every scenario gets a session of its own. On the stand-in that is a fresh environment, so that no scenario can lock a
//! device, use up a code or move a clock under another. At a real tenant it is a lease of users. What a real target is asked
//! for is boxed: a future is as large as the largest that it may wait for, and is moved with every step of every scenario.
//! Deliberately not here: how either is opened ([`super::target`]).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::OptionFuture;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::real_tenant::session::{CodeError, PushError, TenantSession};
use super::server::ServerSession;
use super::stand_in::{ControlFailure, StandInSession};
use crate::auth::passcode::CodeKind;
use crate::auth::token::TokenError;
use crate::base::sync::LockAnyway;
use crate::scenario::model::PushAnswer;
use crate::scenario::template::Facts;

/// Why something beside the contract could not be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutOfBandError {
    /// The stand-in's control channel failed.
    #[error(transparent)]
    Control(#[from] ControlFailure),
    /// No such message has arrived.
    #[error("no {kind} for `{recipient}` has arrived", kind = .kind.name())]
    NoMessage {
        /// What was looked for.
        kind: CodeKind,
        /// Whom it would be for.
        recipient: String,
    },
    /// A user's source of codes has none.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// A user's push was not answered.
    #[error("the push was not answered: {0}")]
    Push(#[from] PushError),
    /// Only a stand-in can be asked for that.
    #[error("a real tenant has no control channel")]
    NotHere,
}

/// What one scenario has of its target.
pub(crate) struct Session {
    place: Place,
    /// What the target has asked a passkey to sign.
    assertion_options: Mutex<Option<String>>,
}

/// Where that is.
enum Place {
    /// An environment of a stand-in.
    StandIn(StandInSession),
    /// Users of a real tenant.
    Tenant(Box<TenantSession>),
    /// A server of any API.
    Server(ServerSession),
}

impl From<StandInSession> for Session {
    fn from(session: StandInSession) -> Self {
        Self::at(Place::StandIn(session))
    }
}

impl From<TenantSession> for Session {
    fn from(session: TenantSession) -> Self {
        Self::at(Place::Tenant(Box::new(session)))
    }
}

impl From<ServerSession> for Session {
    fn from(session: ServerSession) -> Self {
        Self::at(Place::Server(session))
    }
}

impl Session {
    fn at(place: Place) -> Self {
        Self { place, assertion_options: Mutex::default() }
    }

    /// The facts that the target supplies, such as `user.id`.
    pub(crate) fn facts(&self) -> Arc<dyn Facts> {
        match &self.place {
            Place::StandIn(session) => session.facts(),
            Place::Tenant(session) => session.facts(),
            Place::Server(session) => session.facts(),
        }
    }

    /// The users whom this scenario leaves changed or locked, by their ids, and why.
    pub(crate) fn used_up(&self) -> Vec<(String, String)> {
        self.tenant().map(TenantSession::used_up).unwrap_or_default()
    }

    /// The worker's token as it is good now; `None` where the facts hold the only one.
    ///
    /// # Errors
    /// When there is none any more.
    pub(crate) async fn token(&self) -> Result<Option<SecretString>, TokenError> {
        match self.tenant() {
            Some(session) => Box::pin(session.token()).await,
            None => Ok(None),
        }
    }

    /// Another token than the one that was refused; `None` where there is no other.
    ///
    /// # Errors
    /// When there is none any more.
    pub(crate) async fn token_instead_of(&self, refused: &str) -> Result<Option<SecretString>, TokenError> {
        match &self.place {
            Place::Tenant(session) => Box::pin(session.token_instead_of(refused)).await,
            Place::Server(session) => Box::pin(session.token_instead_of(refused)).await,
            Place::StandIn(_) => Ok(None),
        }
    }

    /// Says that something which may send a code was asked for at this time.
    pub(crate) fn asked_at(&self, time: DateTime<Utc>) {
        if let Some(session) = self.tenant() {
            session.asked_at(time);
        }
    }

    /// Says what the target has answered.
    pub(crate) fn answered(&self, body: &Value) {
        if let Some(options) = body.get("publicKeyCredentialRequestOptions").and_then(Value::as_str) {
            *self.assertion_options.locked() = Some(options.to_owned());
        }
        if let Some(session) = self.tenant() {
            session.answered(body);
        }
    }

    /// What the target has asked a passkey to sign last.
    pub(crate) fn assertion_options(&self) -> Option<String> {
        self.assertion_options.locked().clone()
    }

    /// The newest code of a kind that was sent to somebody.
    ///
    /// # Errors
    /// When there is none, or the channel does not answer.
    pub(crate) async fn code(&self, recipient: &str, kind: CodeKind) -> Result<String, OutOfBandError> {
        match &self.place {
            Place::Tenant(session) => Ok(Box::pin(session.code(recipient, kind)).await?.expose_secret().to_owned()),
            Place::Server(_) => Err(OutOfBandError::NotHere),
            Place::StandIn(session) => session
                .code(recipient, kind)
                .await?
                .ok_or_else(|| OutOfBandError::NoMessage { kind, recipient: recipient.to_owned() }),
        }
    }

    /// Answers the push notification that waits for a user, of this resource where one is known.
    ///
    /// # Errors
    /// When none waits, or the channel does not answer.
    pub(crate) async fn push(
        &self,
        user: &str,
        answer: PushAnswer,
        waiting: Option<&str>,
    ) -> Result<(), OutOfBandError> {
        match &self.place {
            Place::Tenant(session) => Ok(Box::pin(session.push(user, answer.name(), waiting)).await?),
            Place::Server(_) => Err(OutOfBandError::NotHere),
            // Nobody else shares its environment, so the newest push is the one.
            Place::StandIn(session) => Ok(session.push(user, answer).await?),
        }
    }

    /// Waits for the next request that arrives at the target after this was called; where nobody can tell, for nothing.
    pub(super) fn next_arrival(&self) -> OptionFuture<impl Future<Output = ()> + use<>> {
        let arrival = match &self.place {
            Place::StandIn(session) => session.next_arrival(),
            Place::Tenant(_) | Place::Server(_) => None,
        };
        arrival.into()
    }

    /// Lets time pass in this scenario's environment; at a real tenant by waiting.
    ///
    /// # Errors
    /// At a server of any API, or when the channel does not answer.
    pub(crate) async fn advance(&self, by: Duration) -> Result<(), OutOfBandError> {
        match &self.place {
            Place::StandIn(session) => Ok(session.advance(by).await?),
            Place::Tenant(_) => {
                tokio::time::sleep(by).await;
                Ok(())
            }
            Place::Server(_) => Err(OutOfBandError::NotHere),
        }
    }

    /// Lets this many requests pass in this scenario's environment and has the next one refused as one too many.
    ///
    /// # Errors
    /// At a real tenant, or when the channel does not answer.
    pub(crate) async fn limit(&self, requests: u64) -> Result<(), OutOfBandError> {
        Ok(self.stand_in()?.limit(requests).await?)
    }

    /// Ends the session: its environment is forgotten, or its users are free for others.
    pub(crate) fn close(self) {
        match self.place {
            Place::StandIn(session) => session.close(),
            Place::Tenant(_) | Place::Server(_) => (),
        }
    }

    /// The session of a server of any API.
    pub(super) fn server(&self) -> Option<&ServerSession> {
        match &self.place {
            Place::Server(session) => Some(session),
            Place::StandIn(_) | Place::Tenant(_) => None,
        }
    }

    fn tenant(&self) -> Option<&TenantSession> {
        match &self.place {
            Place::Tenant(session) => Some(session),
            Place::StandIn(_) | Place::Server(_) => None,
        }
    }

    fn stand_in(&self) -> Result<&StandInSession, OutOfBandError> {
        match &self.place {
            Place::StandIn(session) => Ok(session),
            Place::Tenant(_) | Place::Server(_) => Err(OutOfBandError::NotHere),
        }
    }
}
