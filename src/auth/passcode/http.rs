//! `http`: codes that arrive in a test inbox with a JSON API.
//!
//! One GET request is repeated until the code is there. Where the API tells when a message came, older ones are passed over; a
//! message that has given its code is not read again.
//!
//! Deliberately not here: APIs that need several requests in a row. Those are for the source `command`.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{ACCEPT, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::pattern::{Pattern, Patterns};
use super::poll::{Look, Pace, poll};
use super::trust::Trust;
use super::{PasscodeError, Search};

/// The longest answer that is put up with, in bytes.
const ANSWER: usize = 4 * 1024 * 1024;

/// A test inbox.
#[derive(Debug)]
pub struct Inbox {
    /// Where to ask: `{email}`, `{phone}`, `{username}`, `{id}`, `{code}` and `{since}` stand for what is known, percent-encoded.
    pub url: String,
    /// What to send with it, such as an API key.
    pub headers: Vec<(HeaderName, SecretString)>,
    /// The JSON pointer to the list of messages; where there is none, the whole answer is one message.
    pub messages: Option<String>,
    /// The JSON pointer to a message's text, within the message.
    pub text: String,
    /// The JSON pointer to when a message came, within the message: a date or a number of seconds or milliseconds.
    pub received: Option<String>,
    /// What a code looks like.
    pub patterns: Patterns,
    /// How often to look, and for how long.
    pub pace: Pace,
    /// Which certificates to believe.
    pub trust: Trust,
}

/// Messages that have given their code, by what they say and where.
static USED: Mutex<Option<HashSet<u64>>> = Mutex::new(None);

impl Inbox {
    pub(super) async fn code(&self, search: &Search<'_>) -> Result<SecretString, PasscodeError> {
        let place = self.place();
        let url = self.filled(search).map_err(|(problem, advice)| search.failed(&place, problem, advice))?;
        let Some(pattern) = self.patterns.of(search.kind) else {
            let advice = "write a `pattern` with the code in round brackets";
            return Err(search.failed(place, "nothing says what such a code looks like", advice));
        };
        let client = self.client().map_err(|problem| search.failed(&place, problem, "check `ca` and `headers`"))?;
        let advice = format!(
            "see whether the message arrives there, and whether `{}` and `{}` find the code in it",
            self.text,
            pattern.as_str()
        );
        poll(self.pace, search, &place, &advice, async || self.look(&client, &url, &pattern, search.since).await).await
    }

    pub(super) fn place(&self) -> String {
        // The query may hold a key.
        format!("the inbox at {}", self.url.split('?').next().unwrap_or_default())
    }

    fn client(&self) -> Result<reqwest::Client, String> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        for (name, value) in &self.headers {
            let value = HeaderValue::from_str(value.expose_secret());
            let mut value = value.map_err(|_| format!("the value of `{name}` cannot stand in a header"))?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        let config = self.trust.client_config().map_err(|error| error.to_string())?;
        let builder = reqwest::Client::builder().tls_backend_preconfigured(config).default_headers(headers);
        let builder = builder.redirect(reqwest::redirect::Policy::none()).referer(false);
        let builder = if is_loopback(&self.url) { builder.no_proxy() } else { builder };
        builder.connect_timeout(Duration::from_secs(10)).build().map_err(|error| reason(&error))
    }

    fn filled(&self, search: &Search<'_>) -> Result<String, (String, &'static str)> {
        let recipient = search.recipient;
        let since = search.since.to_rfc3339_opts(SecondsFormat::Millis, true);
        let known = [
            ("{email}", recipient.email.as_deref()),
            ("{phone}", recipient.phone.as_deref()),
            ("{username}", recipient.username.as_deref()),
            ("{id}", recipient.id.as_deref()),
            ("{code}", Some(search.kind.name())),
            ("{since}", Some(since.as_str())),
        ];
        let mut url = self.url.clone();
        for (name, value) in known.into_iter().filter(|(name, _)| self.url.contains(name)) {
            let missing = || (format!("`{name}` of the recipient is not known"), "add it to the user in the target");
            let value = utf8_percent_encode(value.ok_or_else(missing)?, NON_ALPHANUMERIC).to_string();
            url = url.replace(name, &value);
        }
        Ok(url)
    }

    async fn look(&self, client: &reqwest::Client, url: &str, pattern: &Pattern, since: DateTime<Utc>) -> Look {
        let response = match client.get(url).send().await {
            Ok(response) => response,
            Err(error) => return Look::NotYet(reason(&error)),
        };
        match response.status().as_u16() {
            200..300 => (),
            status @ (401 | 403) => {
                return Look::Hopeless(format!("it answers {status}"), "check the key in `headers`".into());
            }
            status @ (300..400 | 400 | 405 | 406 | 410 | 414) => {
                return Look::Hopeless(
                    format!("it answers {status}"),
                    "check `url`; redirects are not followed".into(),
                );
            }
            status => return Look::NotYet(format!("it answers {status}")),
        }
        match body(response).await {
            Ok(answer) => self.found(&answer, pattern, since),
            Err(problem) => Look::NotYet(problem),
        }
    }

    /// The newest message's code.
    fn found(&self, answer: &Value, pattern: &Pattern, since: DateTime<Utc>) -> Look {
        let messages: Vec<&Value> = match self.messages.as_deref().map(|pointer| answer.pointer(pointer)) {
            None => vec![answer],
            Some(Some(Value::Array(messages))) => messages.iter().collect(),
            Some(_) => return Look::NotYet("there is no list of messages".into()),
        };
        let (mut older, mut silent) = (0, 0);
        for message in self.newest_first(messages) {
            let text = message.pointer(&self.text).and_then(Value::as_str);
            match text.and_then(|text| pattern.find([text])) {
                _ if self.received(message).is_some_and(|received| is_before(received, since)) => older += 1,
                None => silent += 1,
                Some(code) if self.use_up(message) => return Look::Found(code),
                Some(_) => older += 1,
            }
        }
        Look::NotYet(format!("{silent} new messages without a code, {older} older ones passed over"))
    }

    fn newest_first<'a>(&self, mut messages: Vec<&'a Value>) -> Vec<&'a Value> {
        messages.sort_by_key(|message| std::cmp::Reverse(self.received(message)));
        messages
    }

    fn received(&self, message: &Value) -> Option<DateTime<Utc>> {
        match message.pointer(self.received.as_deref()?)? {
            Value::String(text) => {
                let time = DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_rfc2822(text));
                time.ok().map(|time| time.to_utc())
            }
            // Seconds until the year 5138, milliseconds from 1973 on.
            Value::Number(number) => match number.as_f64()? {
                seconds if seconds < 1e11 => DateTime::from_timestamp(number.as_i64()?, 0),
                _ => DateTime::from_timestamp_millis(number.as_i64()?),
            },
            _ => None,
        }
    }

    /// Takes a message's code for this caller; false where it was given out before.
    fn use_up(&self, message: &Value) -> bool {
        let mut hasher = DefaultHasher::new();
        (&self.url, message.to_string()).hash(&mut hasher);
        let mut used = USED.lock().unwrap_or_else(PoisonError::into_inner);
        used.get_or_insert_default().insert(hasher.finish())
    }
}

/// Whether a message came before a time; inboxes may tell whole seconds.
fn is_before(received: DateTime<Utc>, since: DateTime<Utc>) -> bool {
    received.timestamp() < since.timestamp()
}

async fn body(mut response: reqwest::Response) -> Result<Value, String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| reason(&error))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > ANSWER {
            return Err(format!("the answer is longer than {ANSWER} bytes"));
        }
    }
    serde_json::from_slice(&bytes).map_err(|error| format!("the answer is no JSON: {error}"))
}

fn is_loopback(url: &str) -> bool {
    let host = url::Url::parse(url).ok();
    match host.as_ref().and_then(url::Url::host) {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// The innermost reason, without the URL, which may hold a key.
fn reason(error: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    if std::ptr::eq(innermost, error) && error.url().is_some() {
        return "the request failed".to_owned();
    }
    format!("it cannot be reached: {innermost}")
}
