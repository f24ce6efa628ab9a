//! Passcodes from an inbox behind an HTTP API: the table of the source `http`.
//!
//! Deliberately not here: asking the inbox (`auth`).

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{AUTHORIZATION, HeaderName};
use secrecy::{ExposeSecret, SecretString};
use strum::VariantNames;
use url::Url;

use super::keys::{ResolveError, ca, patterns, pointer, polling, roots};
use super::preset::{Key, Preset};
use crate::auth::passcode::{Inbox, Pattern, Patterns, Polling};
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
    key: Option<(KeyField, Spanned<SecretSource>)>,
    messages: Option<String>,
    text: String,
    received: Option<String>,
    to: Option<String>,
    whole: Option<(String, String)>,
    patterns: Patterns,
    polling: Polling,
    ca: Option<PathBuf>,
}

/// How the key of an account is sent.
#[derive(Debug, Clone)]
enum KeyField {
    Basic(&'static str),
    Field(HeaderName),
}

impl HttpConfig {
    /// Reads the table of an inbox.
    pub(super) fn decode(table: &TomlTable<'_>) -> Option<Self> {
        let preset: Option<Preset> = table.parsed(
            "preset",
            "preset of an inbox",
            &format!("presets: {}", Preset::VARIANTS.join(", ")),
            |name| name.parse().ok(),
        );
        let defaults = preset.map(Preset::defaults);
        let server = table.text("server").map(|server| server.value.trim_end_matches('/').to_owned());
        if preset.is_some() && server.is_none() {
            table.require("server");
        }
        let filled = |text: &str| text.replace("{server}", server.as_deref().unwrap_or_default());
        let url = url(table, defaults.as_ref().map(|known| filled(known.url)));
        let headers = headers(table);
        let messages = pointer(table, "messages").or_else(|| defaults.as_ref()?.messages.map(str::to_owned));
        let text = text(table, defaults.as_ref().map(|known| known.text));
        let received = pointer(table, "received").or_else(|| defaults.as_ref().map(|known| known.received.to_owned()));
        let to = pointer(table, "to").or_else(|| defaults.as_ref()?.to.map(str::to_owned));
        let id = pointer(table, "id").or_else(|| defaults.as_ref().map(|known| known.id.to_owned()));
        let message = whole_message(table).or_else(|| defaults.as_ref()?.message.map(filled));
        let (mut patterns, polling, ca) = (patterns(table), polling(table), ca(table));
        let mut key = None;
        if let Some(preset) = preset {
            with_preset(&mut patterns);
            key = preset.key().and_then(|field| Some((field.into(), SecretSource::decode(table, "key")?)));
        }
        let whole = message.and_then(|message| Some((message, id?)));
        let (url, text) = (url?, text?);
        Some(Self { url, headers, key, messages, text, received, to, whole, patterns, polling, ca })
    }

    /// The same inbox, asked by number where it is asked by address.
    pub(crate) fn by_phone(&self) -> Self {
        Self { url: self.url.replace("{email}", "{phone}"), ..self.clone() }
    }

    /// Reads its secrets and files.
    pub(super) fn resolve(&self, register: &Register) -> Result<Inbox, ResolveError> {
        let Self { url, headers, key, messages, text, received, to, whole, patterns, polling, ca } = self.clone();
        let read = |(name, value): (HeaderName, Spanned<SecretSource>)| {
            Ok((name, value.resolve("inbox-credential", register)?.secret))
        };
        let mut headers = headers.into_iter().map(read).collect::<Result<Vec<_>, SecretError>>()?;
        if let Some((field, source)) = key {
            let secret = source.resolve("inbox-credential", register)?.secret;
            headers.push(field.field(&secret));
        }
        let roots = roots(ca)?;
        Ok(Inbox { url, headers, messages, text, received, to, whole, patterns, polling, roots })
    }
}

impl From<Key> for KeyField {
    fn from(key: Key) -> Self {
        match key {
            Key::Basic(user) => Self::Basic(user),
            Key::Field(name) => Self::Field(HeaderName::from_static(name)),
        }
    }
}

impl KeyField {
    /// The header field with the key in it.
    fn field(self, key: &SecretString) -> (HeaderName, SecretString) {
        match self {
            Self::Field(name) => (name, key.clone()),
            Self::Basic(user) => {
                let pair = STANDARD.encode(format!("{user}:{}", key.expose_secret()));
                (AUTHORIZATION, SecretString::from(format!("Basic {pair}")))
            }
        }
    }
}

/// Where to ask, as the table or the preset says.
fn url(table: &TomlTable<'_>, preset: Option<String>) -> Option<String> {
    let given = if preset.is_none() { table.required_text("url") } else { table.text("url") };
    let span = given.as_ref().map_or_else(|| table.span_of("server"), |given| given.span.clone());
    let url = given.map(|given| given.value).or(preset)?;
    checked_url(table, Spanned::new(url, span))
}

fn text(table: &TomlTable<'_>, preset: Option<&'static str>) -> Option<String> {
    if preset.is_none() {
        table.require("text");
    }
    pointer(table, "text").or_else(|| preset.map(str::to_owned))
}

/// Where one message is, which is checked like the address of the list.
fn whole_message(table: &TomlTable<'_>) -> Option<String> {
    let given = table.text("message")?;
    let without = Spanned::new(given.value.replace("{message}", "x"), given.span.clone());
    checked_url(table, without).map(|_| given.value)
}

/// Codes that are no digits have a pattern, too, where an inbox is known.
fn with_preset(patterns: &mut Patterns) {
    let codes = || Pattern::new(Preset::CODES).ok();
    if patterns.any.is_none() {
        patterns.verification_code = patterns.verification_code.take().or_else(codes);
        patterns.recovery_code = patterns.recovery_code.take().or_else(codes);
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
