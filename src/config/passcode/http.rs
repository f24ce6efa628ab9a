//! Passcodes from an inbox behind an HTTP API: the table of the source `http`.
//!
//! Deliberately not here: asking the inbox (`auth`).

use std::path::PathBuf;

use reqwest::header::HeaderName;
use url::Url;

use super::keys::{ResolveError, ca, patterns, pointer, polling, roots};
use crate::auth::passcode::{Inbox, Patterns, Polling};
use crate::base::loopback::is_loopback;
use crate::base::source::{Diagnostic, Spanned};
use crate::config::secret_source::{SecretError, SecretSource};
use crate::config::table::TomlTable;
use crate::record::redaction::Register;

/// An inbox behind an HTTP API.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    url: String,
    headers: Vec<(HeaderName, Spanned<SecretSource>)>,
    messages: Option<String>,
    text: String,
    received: Option<String>,
    patterns: Patterns,
    polling: Polling,
    ca: Option<PathBuf>,
}

impl HttpConfig {
    /// Reads the table of an inbox.
    pub(super) fn decode(table: &TomlTable<'_>) -> Option<Self> {
        let url = table.required_text("url").and_then(|url| checked_url(table, url));
        let headers = headers(table);
        let messages = pointer(table, "messages");
        let text = table.required_text("text").is_some().then(|| pointer(table, "text")).flatten();
        let received = pointer(table, "received");
        let (patterns, polling, ca) = (patterns(table), polling(table), ca(table));
        let (url, text) = (url?, text?);
        Some(Self { url, headers, messages, text, received, patterns, polling, ca })
    }

    /// Reads its secrets and files.
    pub(super) fn resolve(&self, register: &Register) -> Result<Inbox, ResolveError> {
        let Self { url, headers, messages, text, received, patterns, polling, ca } = self.clone();
        let read = |(name, value): (HeaderName, Spanned<SecretSource>)| {
            Ok((name, value.resolve("inbox-credential", register)?.secret))
        };
        let headers = headers.into_iter().map(read).collect::<Result<_, SecretError>>()?;
        let roots = roots(ca)?;
        Ok(Inbox { url, headers, messages, text, received, patterns, polling, roots })
    }
}

/// A URL over TLS, whose host is not made from who the recipient is.
fn checked_url(table: &TomlTable<'_>, text: Spanned<String>) -> Option<String> {
    let refuse = |message: &str, help: &str| {
        table.report(Diagnostic::at(&text.span, message).help(help));
        None
    };
    let known = ["{email}", "{phone}", "{username}", "{id}", "{code}", "{since}"];
    let filled = known.iter().fold(text.value.clone(), |url, name| url.replace(name, "x"));
    if filled.contains(['{', '}']) {
        return refuse("only these placeholders are known", &known.join(" "));
    }
    let origin = |text: &str| Url::parse(text).ok().map(|url| url.origin().ascii_serialization());
    let moved = known.iter().fold(text.value.clone(), |url, name| url.replace(name, "y"));
    if origin(&filled) != origin(&moved) {
        return refuse("the host does not depend on the recipient", "put the recipient into the path or the query");
    }
    match Url::parse(&filled) {
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            refuse("a URL must not contain a password", "send it in `headers`")
        }
        Ok(url) if url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url)) => Some(text.value.clone()),
        Ok(_) => refuse("passcodes are never read without TLS", "use `https://`"),
        Err(error) => {
            refuse(&format!("this is not a URL: {error}"), "it looks like this: \"https://inbox.example/{email}\"")
        }
    }
}

fn headers(table: &TomlTable<'_>) -> Vec<(HeaderName, Spanned<SecretSource>)> {
    let Some(headers) = table.table("headers") else { return Vec::new() };
    let named = headers.each().into_iter().filter_map(|(name, origin)| {
        let field = HeaderName::try_from(name.value.as_str());
        if field.is_err() {
            table.report(Diagnostic::at(&name.span, format!("`{}` is not a valid header field name", name.value)));
        }
        let span = origin.span();
        let source = SecretSource::of(origin)?;
        Some((field.ok()?, Spanned::new(source, span)))
    });
    named.collect()
}
