//! `http`: codes that arrive in a test inbox with a JSON API.
//!
//! One GET request is repeated until the code is there; where it only lists messages, one more reads each new one. Where the API
//! gives the time of a message, older ones are passed over; a message that has given its code is not read again.
//!
//! Deliberately not here: APIs that need more than that. Those are for the source `command`.

use chrono::{DateTime, SecondsFormat, Utc};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use reqwest::header::{ACCEPT, HeaderMap, HeaderName, HeaderValue};
use rustls::pki_types::CertificateDer;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::pattern::{Pattern, Patterns};
use super::poll::{Polled, Polling, poll};
use super::search::{CodeSearch, PasscodeError};
use crate::client::{Limits, RawRequest, Transport, TransportOptions};
use crate::record::Exchange;

/// The longest answer that is read, in bytes.
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
    /// The JSON pointer to whom a message is for, within the message; messages for others are passed over.
    pub to: Option<String>,
    /// Where the whole of a message is, and the JSON pointer to its id within the list: `{message}` stands for the id.
    pub whole: Option<(String, String)>,
    /// What a code looks like.
    pub patterns: Patterns,
    /// How often to look, and for how long.
    pub polling: Polling,
    /// Root certificates to be trusted beside the machine's own.
    pub roots: Vec<CertificateDer<'static>>,
}

impl Inbox {
    pub(super) async fn code(&self, search: &CodeSearch<'_>) -> Result<SecretString, PasscodeError> {
        let place = self.place();
        let url = self.filled(search)?;
        let pattern = self.patterns.required(search, &place)?;
        let headers = self.headers(search)?;
        let transport = self.transport(&url);
        let request = RawRequest { method: Method::GET, url, target: None, headers, body: None };
        let advice = format!(
            "see whether the message arrives there, and whether `{}` and `{}` find the code in it",
            self.text,
            pattern.as_str()
        );
        let look = async || self.look(&transport, request.clone(), &pattern, search).await;
        poll(self.polling, search, &place, &advice, look).await
    }

    pub(super) fn place(&self) -> String {
        // The query may hold a key.
        format!("the inbox at {}", self.url.split('?').next().unwrap_or_default())
    }

    fn headers(&self, search: &CodeSearch<'_>) -> Result<HeaderMap, PasscodeError> {
        let mut headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
        for (name, value) in &self.headers {
            let problem = || format!("the value of `{name}` cannot be sent in a header");
            let value = HeaderValue::from_str(value.expose_secret());
            let mut value = value.map_err(|_| search.failed(self.place(), problem(), "check `headers`"))?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        Ok(headers)
    }

    fn transport(&self, url: &Url) -> Transport {
        let limits = Limits { body: ANSWER, ..Limits::default() };
        let options = TransportOptions { limits, extra_roots: self.roots.clone(), ..TransportOptions::default() };
        Transport::new(url.clone(), options)
    }

    fn filled(&self, search: &CodeSearch<'_>) -> Result<Url, PasscodeError> {
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
            let missing = || {
                let problem = format!("`{name}` of the recipient is not known");
                search.failed(self.place(), problem, "add it to the user in the target")
            };
            let value = utf8_percent_encode(value.ok_or_else(missing)?, NON_ALPHANUMERIC).to_string();
            url = url.replace(name, &value);
        }
        Url::parse(&url).map_err(|error| {
            search.failed(self.place(), format!("`url` is not a URL: {error}"), "write it with https:// and a host")
        })
    }

    async fn look(
        &self,
        transport: &Transport,
        request: RawRequest,
        pattern: &Pattern,
        search: &CodeSearch<'_>,
    ) -> Polled {
        let exchange = match transport.send_raw(request.clone()).await {
            Ok(exchange) => exchange,
            Err(error) => return Polled::Hopeless(error.to_string(), "check `url` and `ca`".into()),
        };
        match answer_of(exchange) {
            Ok(answer) => self.found(answer, pattern, search, transport, &request).await,
            Err(polled) => polled,
        }
    }

    /// The whole of a message that the list only mentions.
    async fn whole(
        &self,
        message: &Value,
        transport: &Transport,
        request: &RawRequest,
    ) -> Result<Option<Value>, Polled> {
        let Some((url, pointer)) = &self.whole else { return Ok(None) };
        let id = message.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let url = url.replace("{message}", &utf8_percent_encode(id, NON_ALPHANUMERIC).to_string());
        let bad = |why: String| Polled::Hopeless(why, "check `message`".into());
        let url = Url::parse(&url).map_err(|error| bad(format!("`message` is not a URL: {error}")))?;
        let sent = transport.send_raw(RawRequest { url, ..request.clone() }).await;
        answer_of(sent.map_err(|error| bad(error.to_string()))?).map(Some)
    }

    /// The newest message's code.
    async fn found(
        &self,
        answer: Value,
        pattern: &Pattern,
        search: &CodeSearch<'_>,
        transport: &Transport,
        request: &RawRequest,
    ) -> Polled {
        let messages: Vec<&Value> = match self.messages.as_deref().map(|pointer| answer.pointer(pointer)) {
            None => vec![&answer],
            Some(Some(Value::Array(messages))) => messages.iter().collect(),
            Some(_) => return Polled::NotYet("there is no list of messages".into()),
        };
        let (mut older, mut silent) = (0, 0);
        for message in self.newest_first(messages) {
            let key = (&self.url, message.to_string());
            let is_older = self.received(message).is_some_and(|received| is_before(received, search.since));
            if !self.is_for(message, search) {
                continue;
            }
            if is_older || search.used.is_taken(&key) {
                older += 1;
                continue;
            }
            let whole = match self.whole(message, transport, request).await {
                Ok(whole) => whole,
                Err(polled) => return polled,
            };
            let text = whole.as_ref().unwrap_or(message).pointer(&self.text).and_then(Value::as_str);
            match text.and_then(|text| pattern.find([text])) {
                None => silent += 1,
                Some(code) if search.used.take(&key) => return Polled::Found(code),
                Some(_) => older += 1,
            }
        }
        Polled::NotYet(format!("{silent} new messages without a code, {older} older ones passed over"))
    }

    /// Whether a message is for whoever is looked for; where nothing says for whom it is, it is.
    fn is_for(&self, message: &Value, search: &CodeSearch<'_>) -> bool {
        let Some(pointer) = &self.to else { return true };
        let recipient = search.recipient;
        let to = message.pointer(pointer).and_then(Value::as_str);
        [&recipient.email, &recipient.phone]
            .into_iter()
            .flatten()
            .any(|own| to.is_some_and(|to| to.eq_ignore_ascii_case(own)))
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
}

/// The JSON that an inbox answers, or what that means for the search.
fn answer_of(exchange: Exchange) -> Result<Value, Polled> {
    let response = exchange.outcome.map_err(|error| Polled::NotYet(error.message))?;
    let hopeless = |status, advice: &str| Polled::Hopeless(format!("it answers {status}"), advice.to_owned());
    match response.status {
        200..300 => serde_json::from_slice(&response.body)
            .map_err(|error| Polled::NotYet(format!("the response is not JSON: {error}"))),
        status @ (401 | 403) => Err(hopeless(status, "check the key in `headers`")),
        status @ (300..400 | 400 | 405 | 406 | 410 | 414) => {
            Err(hopeless(status, "check `url`; redirects are not followed"))
        }
        status => Err(Polled::NotYet(format!("it answers {status}"))),
    }
}

/// Whether a message came before a time; inboxes may give whole seconds.
fn is_before(received: DateTime<Utc>, since: DateTime<Utc>) -> bool {
    received.timestamp() < since.timestamp()
}
