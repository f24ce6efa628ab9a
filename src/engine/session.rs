//! What one scenario has of its target: facts, and the channel beside the contract through which it reads its codes and
//! lets time pass.
//!
//! Every scenario gets a session of its own. On the stand-in that is a fresh environment, so that no scenario can lock a
//! device, use up a code or move a clock under another. At a real tenant it is a lease of users. Deliberately not here:
//! how either is opened ([`super::target`]).

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};

use super::real_tenant::session::{CodeError, PushError, TenantSession};
use super::server::ServerSession;
use super::stand_in::{ControlFailure, StandInSession};
use crate::auth::passcode::CodeKind;
use crate::auth::token::TokenError;
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
pub(crate) enum Session {
    /// An environment of a stand-in.
    StandIn(StandInSession),
    /// Users of a real tenant.
    Tenant(Box<TenantSession>),
    /// A server of any API.
    Server(ServerSession),
}

impl Session {
    /// The facts that the target supplies, such as `user.id`.
    pub(crate) fn facts(&self) -> Arc<dyn Facts> {
        match self {
            Self::StandIn(session) => session.facts(),
            Self::Tenant(session) => session.facts(),
            Self::Server(session) => session.facts(),
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
            Some(session) => session.token().await,
            None => Ok(None),
        }
    }

    /// Another token than the one that was refused; `None` where there is no other.
    ///
    /// # Errors
    /// When there is none any more.
    pub(crate) async fn token_instead_of(&self, refused: &str) -> Result<Option<SecretString>, TokenError> {
        match self {
            Self::Tenant(session) => session.token_instead_of(refused).await,
            Self::Server(session) => session.token_instead_of(refused).await,
            Self::StandIn(_) => Ok(None),
        }
    }

    /// Says that something which may send a code was asked for at this time.
    pub(crate) fn asked_at(&self, time: DateTime<Utc>) {
        if let Some(session) = self.tenant() {
            session.asked_at(time);
        }
    }

    /// The newest code of a kind that was sent to somebody.
    ///
    /// # Errors
    /// When there is none, or the channel does not answer.
    pub(crate) async fn code(&self, recipient: &str, kind: CodeKind) -> Result<String, OutOfBandError> {
        match self {
            Self::Tenant(session) => Ok(session.code(recipient, kind).await?.expose_secret().to_owned()),
            Self::Server(_) => Err(OutOfBandError::NotHere),
            Self::StandIn(session) => session
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
        match self {
            Self::Tenant(session) => Ok(session.push(user, answer.name(), waiting).await?),
            Self::Server(_) => Err(OutOfBandError::NotHere),
            // Nobody else shares its environment, so the newest push is the one.
            Self::StandIn(session) => Ok(session.push(user, answer).await?),
        }
    }

    /// Lets time pass in this scenario's environment.
    ///
    /// # Errors
    /// At a real tenant, or when the channel does not answer.
    pub(crate) async fn advance(&self, by: Duration) -> Result<(), OutOfBandError> {
        Ok(self.stand_in()?.advance(by).await?)
    }

    /// Lets this many requests pass in this scenario's environment and has the next one refused as one too many.
    ///
    /// # Errors
    /// At a real tenant, or when the channel does not answer.
    pub(crate) async fn limit(&self, requests: u64) -> Result<(), OutOfBandError> {
        Ok(self.stand_in()?.limit(requests).await?)
    }

    /// Ends the session: its environment is forgotten, or its users are free for others.
    ///
    /// # Errors
    /// When the channel does not answer.
    pub(crate) async fn close(self) -> Result<(), OutOfBandError> {
        match self {
            Self::StandIn(session) => Ok(session.close().await?),
            Self::Tenant(_) | Self::Server(_) => Ok(()),
        }
    }

    /// The session of a server of any API.
    pub(super) fn server(&self) -> Option<&ServerSession> {
        match self {
            Self::Server(session) => Some(session),
            Self::StandIn(_) | Self::Tenant(_) => None,
        }
    }

    fn tenant(&self) -> Option<&TenantSession> {
        match self {
            Self::Tenant(session) => Some(session),
            Self::StandIn(_) | Self::Server(_) => None,
        }
    }

    fn stand_in(&self) -> Result<&StandInSession, OutOfBandError> {
        match self {
            Self::StandIn(session) => Ok(session),
            Self::Tenant(_) | Self::Server(_) => Err(OutOfBandError::NotHere),
        }
    }
}
