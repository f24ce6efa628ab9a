//! Credentials for a security scheme of the contract; the secrets among them are named, never written down.
//!
//! Deliberately not here: which of them goes where, which the contract says.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use url::Url;

use super::address::is_open;
use crate::auth::token::Authentication;
use crate::base::source::{Diagnostic, Spanned};
use crate::config::secret_source::SecretSource;
use crate::config::table::TomlTable;

/// Credentials for one security scheme.
#[derive(Debug, Clone)]
pub enum CredentialConfig {
    /// A token or a key, as it is.
    Value(Spanned<SecretSource>),
    /// A name and a password.
    Password {
        /// The name.
        username: String,
        /// Where the password comes from.
        password: Spanned<SecretSource>,
    },
    /// A client that asks for its tokens.
    Client(Box<ClientConfig>),
}

/// A client of OAuth 2.0 with a secret of its own.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// Its id.
    pub id: String,
    /// Where its secret comes from.
    pub secret: Spanned<SecretSource>,
    /// How it shows its secret to the token endpoint.
    pub authentication: Authentication,
    /// The token endpoint; without it, the one that the contract names.
    pub token_url: Option<Url>,
    /// What it asks for, words with spaces between them.
    pub scope: Option<String>,
}

impl CredentialConfig {
    /// The kind, and where the secret comes from.
    pub(super) fn described(&self) -> Value {
        match self {
            Self::Value(source) => json!(format!("from {}", source.value)),
            Self::Password { username, password } => json!(format!("{username}, password from {}", password.value)),
            Self::Client(client) => json!(format!("client {}, secret from {}", client.id, client.secret.value)),
        }
    }

    /// Every secret of these credentials.
    pub fn secret(&self) -> &Spanned<SecretSource> {
        match self {
            Self::Value(source) => source,
            Self::Password { password, .. } => password,
            Self::Client(client) => &client.secret,
        }
    }
}

pub(super) fn decode(table: &TomlTable<'_>) -> BTreeMap<String, CredentialConfig> {
    let named = table.tables("credentials").into_iter();
    named.filter_map(|(name, table)| Some((name.value, credential(table)?))).collect()
}

fn credential(table: TomlTable<'_>) -> Option<CredentialConfig> {
    let read = if table.has("client-id") || table.has("client-secret") {
        client(&table)
    } else if table.has("username") || table.has("password") {
        let (username, password) = (table.required_text("username"), SecretSource::required(&table, "password"));
        username.zip(password).map(|(name, password)| CredentialConfig::Password { username: name.value, password })
    } else if table.has("value") || table.has("token") {
        let token = SecretSource::decode(&table, "token");
        token.or_else(|| SecretSource::decode(&table, "value")).map(CredentialConfig::Value)
    } else {
        let message = format!("`{}` holds no credentials", table.name);
        let help = "write `token` or `value`, `username` and `password`, or `client-id` and `client-secret`";
        table.report(Diagnostic::at(&table.span(), message).help(help));
        return None;
    };
    table.end();
    read
}

fn client(table: &TomlTable<'_>) -> Option<CredentialConfig> {
    let (id, secret) = (table.required_text("client-id"), SecretSource::required(table, "client-secret"));
    let help = "write \"basic\" or \"post\", as the token endpoint wants it";
    let authentication = table.parsed("authentication", "way to authenticate", help, |text| text.parse().ok());
    let token_url = table.parsed("token-url", "address of a token endpoint", "it begins with https://", |text| {
        Url::parse(text).ok().filter(|url| url.has_host() && !is_open(url))
    });
    let scope = table.text("scope").map(|scope| scope.value);
    let (id, authentication) = (id?.value, authentication.unwrap_or_default());
    let client = ClientConfig { id, secret: secret?, authentication, token_url, scope };
    Some(CredentialConfig::Client(Box::new(client)))
}
