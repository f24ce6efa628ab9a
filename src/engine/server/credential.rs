//! Credentials that are ready to be sent, each for one security scheme of the contract.
//!
//! Deliberately not here: where they go in a request ([`super`]).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::error::{CredentialError, ServerError};
use crate::auth::token::{TokenError, Tokens, WorkerClient};
use crate::client::{Transport, TransportOptions};
use crate::config::server::{CredentialConfig, is_open};
use crate::contract::{Contract, SecurityScheme};
use crate::record::redaction::Register;

/// Credentials that are ready to be sent.
#[derive(Debug)]
pub(super) enum Credential {
    /// A key, as it is.
    Key(SecretString),
    /// A token.
    Token(SecretString),
    /// A name and a password, encoded.
    Basic(SecretString),
    /// A client that asks for its tokens.
    Client { tokens: Box<Tokens>, endpoint: Url },
}

/// Reads credentials, and what a report should say of how they were read.
pub(super) fn of(
    scheme: &str,
    config: &CredentialConfig,
    contract: &Contract,
    base: &Url,
    register: &Register,
) -> Result<(Credential, Option<String>), ServerError> {
    let misfit = |error| ServerError::Credential { scheme: scheme.to_owned(), error };
    let kind = contract.security_scheme(scheme).ok_or_else(|| misfit(CredentialError::Unknown(known(contract))))?;
    if let Some(wanted) = wanted(kind, config) {
        return Err(misfit(CredentialError::Kind(wanted)));
    }
    let read = config.secret().value.resolve(scheme, register)?;
    let (secret, note) = (read.secret, read.note);
    let credential = match (config, kind) {
        (CredentialConfig::Client(client), kind) => {
            let endpoint = match (&client.token_url, kind) {
                (Some(url), _) => url.clone(),
                (None, SecurityScheme::OAuth2 { token_url: Some(url) }) => {
                    let joined = base.join(url).ok().filter(|url| !is_open(url));
                    joined.ok_or_else(|| misfit(CredentialError::TokenUrl(url.clone())))?
                }
                _ => return Err(misfit(CredentialError::NoTokenUrl)),
            };
            let (id, authentication, scope) = (client.id.clone(), client.authentication, client.scope.clone());
            let client = WorkerClient { endpoint: endpoint.clone(), id, secret, authentication, scope };
            Credential::Client { tokens: Box::new(Tokens::new(client, register.clone())), endpoint }
        }
        (CredentialConfig::Password { username, .. }, _) => {
            let pair = SecretString::from(STANDARD.encode(format!("{username}:{}", secret.expose_secret())));
            register.learn("basic", &pair);
            Credential::Basic(pair)
        }
        (CredentialConfig::Value(_), SecurityScheme::ApiKey { .. }) => Credential::Key(secret),
        (CredentialConfig::Value(_), _) => Credential::Token(secret),
    };
    Ok((credential, note))
}

/// What a scheme takes instead of credentials that are not of its kind.
fn wanted(kind: &SecurityScheme, config: &CredentialConfig) -> Option<&'static str> {
    let fits = match kind {
        SecurityScheme::Basic => matches!(config, CredentialConfig::Password { .. }),
        SecurityScheme::ApiKey { .. } => matches!(config, CredentialConfig::Value(_)),
        SecurityScheme::Other(_) => false,
        SecurityScheme::Bearer | SecurityScheme::OAuth2 { .. } => !matches!(config, CredentialConfig::Password { .. }),
    };
    let wanted = match kind {
        SecurityScheme::Basic => "`username` and `password`",
        SecurityScheme::ApiKey { .. } => "`value`",
        SecurityScheme::Other(_) => "what Flowproof cannot send; say it with `headers`",
        SecurityScheme::Bearer | SecurityScheme::OAuth2 { .. } => "`token`, or `client-id` and `client-secret`",
    };
    (!fits).then_some(wanted)
}

fn known(contract: &Contract) -> String {
    let names: Vec<&str> = contract.security_schemes().collect();
    if names.is_empty() { "none".to_owned() } else { crate::base::text::code_list(names) }
}

impl Credential {
    /// The secret as it is good now.
    pub(super) async fn secret(&self, options: &TransportOptions) -> Result<SecretString, TokenError> {
        match self {
            Self::Key(secret) | Self::Token(secret) | Self::Basic(secret) => Ok(secret.clone()),
            Self::Client { tokens, endpoint } => {
                tokens.current(&Transport::new(endpoint.clone(), options.clone())).await
            }
        }
    }

    /// Another token than the one that was refused, where it was one of these.
    pub(super) async fn instead_of(
        &self,
        refused: &str,
        options: &TransportOptions,
    ) -> Result<Option<SecretString>, TokenError> {
        match self {
            Self::Client { tokens, endpoint } if tokens.holds(refused).await => {
                let transport = Transport::new(endpoint.clone(), options.clone());
                tokens.instead_of(refused, &transport).await.map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Whether another one can be had.
    pub(super) fn can_renew(&self) -> bool {
        matches!(self, Self::Client { .. })
    }

    /// What stands before the secret in its header field.
    pub(super) fn prefix(&self) -> &'static str {
        match self {
            Self::Key(_) => "",
            Self::Basic(_) => "Basic ",
            Self::Token(_) | Self::Client { .. } => "Bearer ",
        }
    }
}
