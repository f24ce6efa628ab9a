//! Servers of any API: what `[targets.NAME]` in `flowproof.toml` says of one that is no tenant of PingOne.
//!
//! Deliberately not here: what the contract asks for, which is known only to a run.

mod address;
mod credentials;
mod wfc;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Map, Value, json};
use url::Url;

pub(crate) use self::address::{base_url, is_open};
pub(crate) use self::credentials::CredentialConfig;
pub use self::wfc::AuthFile;
pub(crate) use self::wfc::{AuthFileError, user};
use super::secret_source::SecretSource;
use super::table::TomlTable;
use crate::base::source::{Diagnostic, Spanned};

/// A server that requests may be sent to.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// Its name in the file.
    pub name: Spanned<String>,
    /// What all paths of the contract are below; without it, the contract's first server.
    pub url: Option<Url>,
    /// Values of the variables in the address of that server.
    pub variables: BTreeMap<String, String>,
    /// Where the servers are that single paths and operations have of their own, by their addresses in the contract.
    pub servers: BTreeMap<String, Url>,
    /// Credentials, by the names of the contract's security schemes.
    pub credentials: BTreeMap<String, CredentialConfig>,
    /// The file of the user as whom requests are sent.
    pub auth: Option<AuthFile>,
    /// Header fields that every request has.
    pub headers: BTreeMap<String, ServerValue>,
    /// What the server supplies to scenarios, as `{{facts.NAME}}`.
    pub facts: BTreeMap<String, ServerValue>,
    /// One of the two switches that leave TLS unverified.
    pub insecure: bool,
    /// One more root certificate, as PEM.
    pub ca: Option<Spanned<PathBuf>>,
    /// Requests per second, at the most.
    pub rate: Option<f64>,
    /// The least coverage that a run against it must reach, in per cent, by dimension.
    pub coverage: BTreeMap<String, f64>,
}

/// A value that is written in the file, or read from where secrets are.
#[derive(Debug, Clone)]
pub enum ServerValue {
    /// Anybody may read it.
    Plain(Value),
    /// Read when a run begins.
    Secret(SecretSource),
}

impl ServerConfig {
    /// What a report and `flowproof targets` may show: names, and where secrets come from, never what they are.
    pub fn described(&self) -> Value {
        let credentials = self.credentials.iter().map(|(scheme, one)| (scheme.clone(), one.described()));
        let headers: Vec<&String> = self.headers.keys().collect();
        let facts: Vec<&String> = self.facts.keys().collect();
        json!({
            "name": self.name.value,
            "url": self.url.as_ref().map(Url::as_str),
            "variables": self.variables,
            "servers": self.servers.iter().map(|(written, url)| (written.clone(), url.as_str().into())).collect::<Map<_, _>>(),
            "credentials": credentials.collect::<Map<_, _>>(),
            "auth": self.auth.as_ref().map(AuthFile::described),
            "headers": headers,
            "facts": facts,
            "insecure": self.insecure,
            "ca": self.ca.as_ref().map(|ca| ca.display().to_string()),
            "rate": self.rate,
        })
    }
}

/// Reads one target. `rest` reads what all targets have.
pub(super) fn server(name: Spanned<String>, table: TomlTable<'_>, dimensions: &[&str]) -> ServerConfig {
    let url = table.text("url").and_then(|text| {
        let read = base_url(&text);
        if let Err((message, help)) = &read {
            table.report(Diagnostic::at(&text.span, message).help(help));
        }
        read.ok()
    });
    let config = ServerConfig {
        name,
        url,
        variables: texts(&table, "variables"),
        servers: addresses(&table),
        credentials: credentials::decode(&table),
        auth: table.table("auth").and_then(AuthFile::decode),
        headers: values(&table, "headers"),
        facts: values(&table, "facts"),
        insecure: table.flag("insecure").is_some_and(|flag| flag.value),
        ca: table.path("ca"),
        rate: table.number("rate", 0.01..=1000.0).map(|rate| rate.value),
        coverage: table.table("coverage").map(|table| super::target::coverage(&table, dimensions)).unwrap_or_default(),
    };
    table.end();
    config
}

fn texts(table: &TomlTable<'_>, key: &'static str) -> BTreeMap<String, String> {
    let values = table.table(key).map(|table| table.values()).unwrap_or_default();
    let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    values.into_iter().map(|(name, value)| (name.value, text(value))).collect()
}

/// Addresses, by those in the contract in whose place they are.
fn addresses(table: &TomlTable<'_>) -> BTreeMap<String, Url> {
    let values = table.table("servers").map(|table| table.values()).unwrap_or_default();
    let address = |(written, value): (Spanned<String>, Value)| match base_url(value.as_str().unwrap_or_default()) {
        Ok(url) => Some((written.value, url)),
        Err((message, help)) => {
            table.report(Diagnostic::at(&written.span, message).help(help));
            None
        }
    };
    values.into_iter().filter_map(address).collect()
}

/// Values by names that the author chose: each is written there, or a table says where it comes from.
fn values(table: &TomlTable<'_>, key: &'static str) -> BTreeMap<String, ServerValue> {
    let Some(table) = table.table(key) else { return BTreeMap::new() };
    let secrets: BTreeMap<String, SecretSource> = table
        .each_table()
        .into_iter()
        .filter(|(_, table)| SecretSource::KEYS.iter().any(|key| table.has(key)))
        .filter_map(|(name, table)| Some((name.value, SecretSource::of(table)?)))
        .collect();
    let plain = table.values().into_iter().map(|(name, value)| match secrets.get(&name.value) {
        Some(source) => (name.value, ServerValue::Secret(source.clone())),
        None => (name.value, ServerValue::Plain(value)),
    });
    plain.collect()
}
