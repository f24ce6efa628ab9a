//! Security schemes: by which kind of credentials an operation lets callers in, and where these go.
//!
//! Deliberately not here: the credentials (see `config`), and sending them (see `engine`).

use std::collections::BTreeMap;

use serde_json::Value;

use super::parameter::Location;
use super::reference::resolve;
use crate::base::pointer::join;

/// A kind of credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecurityScheme {
    /// A token in the Authorization field, wherever it comes from: `http` with `bearer`, or `openIdConnect`.
    Bearer,
    /// A name and a password in the Authorization field.
    Basic,
    /// A key.
    ApiKey {
        /// Where it goes.
        location: Location,
        /// The name of the header field, the query parameter or the cookie.
        name: String,
    },
    /// A token that a client can ask for.
    OAuth2 {
        /// The token endpoint of the client credentials flow, where there is one.
        token_url: Option<String>,
    },
    /// One that we cannot use, by its type.
    Other(String),
}

impl SecurityScheme {
    /// The header field that the credentials stand in; `None` for a query parameter.
    pub fn header(&self) -> Option<&str> {
        match self {
            Self::Bearer | Self::Basic | Self::OAuth2 { .. } | Self::Other(_) => Some("authorization"),
            Self::ApiKey { location: Location::Header, name } => Some(name),
            Self::ApiKey { location: Location::Cookie, .. } => Some("cookie"),
            Self::ApiKey { .. } => None,
        }
    }
}

/// Reads all security schemes of a document, by their names.
pub(super) fn read(document: &Value) -> BTreeMap<String, SecurityScheme> {
    let place = "/components/securitySchemes";
    let named = document.pointer(place).and_then(Value::as_object).into_iter().flatten();
    let read = named.filter_map(|(name, _)| {
        let (written, _) = resolve(document, &join(place, name)).ok()?;
        Some((name.clone(), scheme(written)))
    });
    read.collect()
}

fn scheme(written: &Value) -> SecurityScheme {
    let text = |key: &str| written.get(key).and_then(Value::as_str).unwrap_or_default();
    let named = (text("type"), text("scheme").to_ascii_lowercase());
    match (named.0, named.1.as_str()) {
        ("http", "bearer") | ("openIdConnect", _) => SecurityScheme::Bearer,
        ("http", "basic") => SecurityScheme::Basic,
        ("apiKey", _) => match text("in").parse() {
            Ok(location) => SecurityScheme::ApiKey { location, name: text("name").to_owned() },
            Err(_) => SecurityScheme::Other("apiKey".into()),
        },
        ("oauth2", _) => {
            let token_url = written.pointer("/flows/clientCredentials/tokenUrl").and_then(Value::as_str);
            SecurityScheme::OAuth2 { token_url: token_url.map(str::to_owned) }
        }
        (kind, scheme) => SecurityScheme::Other(format!("{kind} {scheme}").trim().to_owned()),
    }
}
