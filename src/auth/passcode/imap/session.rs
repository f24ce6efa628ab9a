//! A mailbox, and a session with its IMAP server: sign on, open a mailbox, search it, fetch what was found.
//!
//! Four commands of RFC 3501 are all that is needed; a parser reads the answers. Nothing here writes to a mailbox.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use imap_proto::{AttributeValue, MailboxDatum, Response, ResponseCode, Status};
use rustls::pki_types::{CertificateDer, ServerName};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::auth::passcode::pattern::Patterns;
use crate::auth::passcode::poll::Polling;
use crate::client::client_config;

/// Mails that are looked into, the newest ones.
const MAILS: usize = 20;
/// How much of a mail is read, in bytes.
const MAIL: usize = 256 * 1024;
/// The longest answer that is read, in bytes.
const ANSWER: usize = MAIL * (MAILS + 1);

/// A mailbox.
#[derive(Debug)]
pub struct Imap {
    /// The server's name, which its certificate must have.
    pub host: String,
    /// The port where TLS begins at once, as a rule 993.
    pub port: u16,
    /// Who signs on.
    pub username: String,
    /// With what.
    pub password: SecretString,
    /// The folder, as a rule `INBOX`.
    pub mailbox: String,
    /// Whose mails to take, where that is not the recipient's own address.
    pub to: Option<String>,
    /// What a code looks like.
    pub patterns: Patterns,
    /// How often to look, and for how long.
    pub polling: Polling,
    /// Root certificates to be trusted beside the machine's own.
    pub roots: Vec<CertificateDer<'static>>,
}

impl Imap {
    /// What a person calls the mailbox.
    pub(in crate::auth::passcode) fn place(&self) -> String {
        format!("the mailbox `{}` of {} at {}:{}", self.mailbox, self.username, self.host, self.port)
    }
}

/// Why a session ended.
#[derive(Debug)]
pub(super) enum SessionError {
    /// The server refused, and will again: the problem, and what to try.
    Refused(String, &'static str),
    /// Something that may be otherwise the next time.
    Broken(String),
}

/// A mail as it lies in the mailbox.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) uid: u32,
    pub(super) message: Vec<u8>,
    arrived: Option<DateTime<Utc>>,
}

impl Delivery {
    /// Whether the mail arrived at or after a time. Servers give whole seconds, so the second of the request counts.
    pub(super) fn is_since(&self, since: DateTime<Utc>) -> bool {
        self.arrived.is_some_and(|arrived| arrived.timestamp() >= since.timestamp())
    }
}

/// An open mailbox.
pub(super) struct ImapSession {
    stream: TlsStream<TcpStream>,
    buffer: Vec<u8>,
    commands: u32,
    validity: u32,
}

impl ImapSession {
    /// Connects, signs on, and opens the mailbox for reading.
    pub(super) async fn open(imap: &Imap) -> Result<Self, SessionError> {
        let stream = connect(imap).await?;
        let mut session = Self { stream, buffer: Vec::new(), commands: 0, validity: 0 };
        session.greeting().await?;
        session.sign_on(imap).await?;
        let answers = session.command(&format!("EXAMINE {}", quoted(&imap.mailbox)), "EXAMINE").await;
        let advice = "name a `mailbox` that exists, spelled as the server spells it";
        for answer in refused(answers, &format!("there is no mailbox `{}`", imap.mailbox), advice)? {
            if let Response::Data { outcome, .. } = &answer
                && let Some(ResponseCode::UidValidity(validity)) = outcome.code
            {
                session.validity = validity;
            }
        }
        Ok(session)
    }

    /// Which generation of the mailbox the numbers of mails belong to.
    pub(super) fn validity(&self) -> u32 {
        self.validity
    }

    /// The newest mails to an address, the oldest of them first, from the day before a time on.
    pub(super) async fn deliveries(
        &mut self,
        address: &str,
        since: DateTime<Utc>,
    ) -> Result<Vec<Delivery>, SessionError> {
        self.command("NOOP", "NOOP").await?;
        // The server compares days in its own time zone; the exact time is compared afterwards.
        let day = (since - TimeDelta::days(1)).format("%-d-%b-%Y");
        let to = quoted(address);
        let search = format!("UID SEARCH SINCE {day} OR OR TO {to} CC {to} HEADER Delivered-To {to}");
        let answers = self.command(&search, "SEARCH").await?;
        let mut uids: Vec<u32> = answers.iter().flat_map(found).copied().collect();
        uids.sort_unstable();
        let newest = &uids[uids.len().saturating_sub(MAILS)..];
        if newest.is_empty() {
            return Ok(Vec::new());
        }
        let list: Vec<String> = newest.iter().map(u32::to_string).collect();
        let fetch = format!("UID FETCH {} (UID INTERNALDATE BODY.PEEK[]<0.{MAIL}>)", list.join(","));
        let answers = self.command(&fetch, "FETCH").await?;
        let mut deliveries: Vec<Delivery> = answers.into_iter().filter_map(delivery).collect();
        deliveries.sort_unstable_by_key(|delivery| delivery.uid);
        Ok(deliveries)
    }

    async fn greeting(&mut self) -> Result<(), SessionError> {
        match self.answer().await? {
            Response::Data { status: Status::Ok | Status::PreAuth, .. } => Ok(()),
            other => Err(SessionError::Broken(format!("the server greets with {}", shortened(&other)))),
        }
    }

    async fn sign_on(&mut self, imap: &Imap) -> Result<(), SessionError> {
        let (username, password) = (&imap.username, imap.password.expose_secret());
        let plain = [username.as_str(), password].iter().all(|text| text.bytes().all(|byte| matches!(byte, 32..=126)));
        let answers = if plain {
            let login = Zeroizing::new(format!("LOGIN {} {}", quoted(username), quoted(password)));
            self.command(&login, "LOGIN").await
        } else {
            let words = Zeroizing::new(format!("\0{username}\0{password}"));
            let words = Zeroizing::new(STANDARD.encode(words.as_bytes()));
            self.command_then("AUTHENTICATE PLAIN", "AUTHENTICATE", Some(&words)).await
        };
        let advice = "check `username` and `password`; many providers want a password for applications here";
        refused(answers, &format!("{username} was refused"), advice).map(drop)
    }

    async fn command(&mut self, line: &str, name: &'static str) -> Result<Vec<Response<'static>>, SessionError> {
        self.command_then(line, name, None).await
    }

    /// Sends a command, and what follows when the server asks for it, and reads all that it answers.
    async fn command_then(
        &mut self,
        line: &str,
        name: &'static str,
        then: Option<&str>,
    ) -> Result<Vec<Response<'static>>, SessionError> {
        self.commands += 1;
        let tag = format!("F{}", self.commands);
        self.send(&format!("{tag} {line}\r\n")).await?;
        let mut answers = Vec::new();
        loop {
            match self.answer().await? {
                Response::Done { tag: done, status: Status::Ok, .. } if done.0 == tag => return Ok(answers),
                Response::Done { tag: done, outcome, .. } if done.0 == tag => {
                    let reason = outcome.information.unwrap_or_default();
                    return Err(SessionError::Refused(format!("the server refuses {name}: {reason}"), ""));
                }
                Response::Continue(_) => {
                    let Some(words) = then else { return Err(broken(&format!("it asks for more after {name}"))) };
                    self.send(&Zeroizing::new(format!("{words}\r\n"))).await?;
                }
                Response::Data { status: Status::Bye, outcome } => {
                    return Err(broken(&format!("the server ends it: {}", outcome.information.unwrap_or_default())));
                }
                other => answers.push(other),
            }
        }
    }

    async fn send(&mut self, text: &str) -> Result<(), SessionError> {
        self.stream.write_all(text.as_bytes()).await.map_err(|error| broken(&error))?;
        self.stream.flush().await.map_err(|error| broken(&error))
    }

    /// Reads one answer; what cannot be read is passed over, line by line, because servers have many extensions.
    async fn answer(&mut self) -> Result<Response<'static>, SessionError> {
        loop {
            match Response::parse(&self.buffer) {
                Ok((rest, response)) => {
                    let (response, used) = (response.into_owned(), self.buffer.len() - rest.len());
                    self.buffer.drain(..used);
                    return Ok(response);
                }
                Err(error) if error.is_incomplete() => self.read().await?,
                Err(_) => match self.buffer.iter().position(|byte| *byte == b'\n') {
                    Some(end) if self.buffer.starts_with(b"* ") => drop(self.buffer.drain(..=end)),
                    Some(_) => return Err(broken(&"the answer is not IMAP; is this the port for IMAP over TLS?")),
                    None => self.read().await?,
                },
            }
        }
    }

    async fn read(&mut self) -> Result<(), SessionError> {
        if self.buffer.len() > ANSWER {
            return Err(broken(&format!("the answer is longer than {ANSWER} bytes")));
        }
        let read = self.stream.read_buf(&mut self.buffer).await.map_err(|error| broken(&error))?;
        if read == 0 { Err(broken(&"the server closed the connection")) } else { Ok(()) }
    }
}

async fn connect(imap: &Imap) -> Result<TlsStream<TcpStream>, SessionError> {
    let refused = |problem: String, advice| SessionError::Refused(problem, advice);
    let name = ServerName::try_from(imap.host.clone());
    let name = name.map_err(|_| refused(format!("`{}` is not a host name", imap.host), "write its name alone"))?;
    let config = client_config(&imap.roots).map_err(|error| refused(error.to_string(), "check `ca`"))?;
    let stream = TcpStream::connect((imap.host.as_str(), imap.port)).await;
    let stream = stream.map_err(|error| broken(&format!("it cannot be reached: {error}")))?;
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    stream.map_err(|error| {
        let problem = format!("TLS failed: {error}");
        refused(problem, "check `host` and `port`; for a private authority, name its certificate: `ca`")
    })
}

/// Adds to a refusal what was attempted.
fn refused<T>(result: Result<T, SessionError>, problem: &str, advice: &'static str) -> Result<T, SessionError> {
    result.map_err(|error| match error {
        SessionError::Refused(reason, _) => SessionError::Refused(format!("{problem} ({reason})"), advice),
        broken @ SessionError::Broken(_) => broken,
    })
}

fn broken(problem: &dyn std::fmt::Display) -> SessionError {
    SessionError::Broken(problem.to_string())
}

/// A text in quotes. Control characters cannot stand in one, and in no name or address either.
fn quoted(text: &str) -> String {
    let shown = text.replace(char::is_control, "").replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{shown}\"")
}

fn found<'a>(answer: &'a Response<'_>) -> &'a [u32] {
    match answer {
        Response::MailboxData(MailboxDatum::Search(uids)) => uids,
        _ => &[],
    }
}

fn delivery(answer: Response<'static>) -> Option<Delivery> {
    let Response::Fetch(_, attributes) = answer else { return None };
    let (mut uid, mut arrived, mut message) = (None, None, None);
    for attribute in attributes {
        match attribute {
            AttributeValue::Uid(number) => uid = Some(number),
            AttributeValue::InternalDate(text) => arrived = internal_date(&text),
            AttributeValue::BodySection { data: Some(data), .. } => message = Some(data.into_owned()),
            _ => (),
        }
    }
    Some(Delivery { uid: uid?, arrived, message: message? })
}

fn internal_date(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_str(text.trim(), "%d-%b-%Y %H:%M:%S %z").ok().map(|time| time.to_utc())
}

fn shortened(response: &Response<'_>) -> String {
    format!("{response:?}").chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_can_break_out_of_quotes() {
        assert_eq!(quoted("a\"b\\c\r\nF9 DELETE INBOX"), r#""a\"b\\cF9 DELETE INBOX""#);
    }

    #[test]
    fn a_servers_dates_are_read_in_its_time_zone() {
        let time = internal_date(" 2-Jan-2026 01:02:03 +0200").expect("a time");
        assert_eq!(time.to_rfc3339(), "2026-01-01T23:02:03+00:00");
    }

    #[test]
    fn a_mail_of_the_same_second_counts_and_one_of_the_second_before_does_not() {
        let arrived = internal_date("02-Jan-2026 01:02:03 +0000");
        let delivery = Delivery { uid: 1, message: Vec::new(), arrived };
        let at = |text: &str| text.parse().expect("a time");
        assert!(delivery.is_since(at("2026-01-02T01:02:03.9Z")));
        assert!(!delivery.is_since(at("2026-01-02T01:02:04.0Z")));
    }
}
