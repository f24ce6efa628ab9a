//! `imap`: codes that a tenant sends by e-mail, read from a mailbox over TLS.
//!
//! The mailbox is opened for reading only and no mail is marked as seen. A mail counts if it is to the recipient, has arrived since
//! the code was asked for, and has not given a code before.
//!
//! Deliberately not here: the protocol (`session`), and taking mails apart (`mail`).

mod mail;
mod session;

use std::collections::HashSet;
use std::sync::Mutex;

use rustls::pki_types::CertificateDer;
use secrecy::SecretString;

use self::mail::Mail;
use self::session::{Delivery, Session, SessionError};
use super::pattern::{Pattern, Patterns};
use super::poll::{Look, Pace, poll};
use super::{PasscodeError, Search};
use crate::base::sync::LockAnyway;

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
    pub pace: Pace,
    /// Root certificates to be trusted beside the machine's own.
    pub roots: Vec<CertificateDer<'static>>,
}

/// Mails that have given their code: the place, the mailbox's validity and the mail's number there.
static USED: Mutex<Option<HashSet<(String, u32, u32)>>> = Mutex::new(None);

/// What one call looks for.
struct Wanted<'a> {
    address: &'a str,
    pattern: Pattern,
    search: Search<'a>,
}

impl Imap {
    pub(super) async fn code(&self, search: &Search<'_>) -> Result<SecretString, PasscodeError> {
        let place = self.place();
        let Some(address) = self.to.as_deref().or(search.recipient.email.as_deref()) else {
            let advice = "give the user an `email`, or the passcode a `to`";
            return Err(search.failed(place, "the recipient has no e-mail address", advice));
        };
        let Some(pattern) = self.patterns.of(search.kind) else {
            let advice = "write a `pattern` with the code in round brackets";
            return Err(search.failed(place, "nothing says what such a code looks like", advice));
        };
        let wanted = Wanted { address, pattern, search: *search };
        let mut session = None;
        let advice = format!(
            "see whether mails to {address} arrive in `{}`, and whether `{}` is how the code is written",
            self.mailbox,
            wanted.pattern.as_str()
        );
        poll(self.pace, search, &place, &advice, async || self.look(&mut session, &wanted).await).await
    }

    pub(super) fn place(&self) -> String {
        format!("the mailbox `{}` of {} at {}:{}", self.mailbox, self.username, self.host, self.port)
    }

    /// Looks once; a session that broke is begun anew at the next look.
    async fn look(&self, session: &mut Option<Session>, wanted: &Wanted<'_>) -> Look {
        let result = match session.take() {
            Some(open) => self.search(open, wanted).await,
            None => match Session::open(self).await {
                Ok(open) => self.search(open, wanted).await,
                Err(error) => Err(error),
            },
        };
        match result {
            Ok((open, look)) => {
                *session = Some(open);
                look
            }
            Err(SessionError::Refused(problem, advice)) => Look::Hopeless(problem, advice.to_owned()),
            Err(SessionError::Broken(problem)) => Look::NotYet(problem),
        }
    }

    async fn search(&self, mut session: Session, wanted: &Wanted<'_>) -> Result<(Session, Look), SessionError> {
        let deliveries = session.deliveries(wanted.address, wanted.search.since).await?;
        let (mut older, mut silent) = (0, 0);
        for delivery in deliveries.iter().rev() {
            let mail = Mail::parse(&delivery.message);
            let for_them = mail.as_ref().is_some_and(|mail| mail.is_to(wanted.address));
            match mail.filter(|_| for_them) {
                None => (),
                Some(_) if !delivery.is_since(wanted.search.since) || self.is_used(&session, delivery) => older += 1,
                Some(mail) => match wanted.pattern.find(mail.texts().iter().map(String::as_str)) {
                    Some(code) if self.use_up(&session, delivery) => return Ok((session, Look::Found(code))),
                    Some(_) => older += 1,
                    None => silent += 1,
                },
            }
        }
        let seen = format!("{} to {} since it was asked for", mails(silent, "without a code"), wanted.address);
        let seen = if older == 0 { seen } else { format!("{seen}, and {} passed over", mails(older, "from before")) };
        Ok((session, Look::NotYet(seen)))
    }

    fn is_used(&self, session: &Session, delivery: &Delivery) -> bool {
        let used = USED.locked();
        used.as_ref().is_some_and(|used| used.contains(&(self.place(), session.validity(), delivery.uid)))
    }

    /// Takes a mail's code for this caller; false where another was faster.
    fn use_up(&self, session: &Session, delivery: &Delivery) -> bool {
        let mut used = USED.locked();
        used.get_or_insert_default().insert((self.place(), session.validity(), delivery.uid))
    }
}

fn mails(count: usize, which: &str) -> String {
    match count {
        0 => format!("no mail {which}"),
        1 => format!("1 mail {which}"),
        count => format!("{count} mails {which}"),
    }
}
