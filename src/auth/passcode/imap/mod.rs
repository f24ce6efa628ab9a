//! `imap`: codes that a tenant sends by e-mail, read from a mailbox over TLS.
//!
//! The mailbox is opened for reading only and no mail is marked as seen. A mail counts if it is to the recipient, has arrived since
//! the code was asked for, and has not given a code before.
//!
//! Deliberately not here: the protocol (`session`), and taking mails apart (`mail`).

mod mail;
mod session;

use secrecy::SecretString;

use self::mail::Mail;
pub use self::session::Imap;
use self::session::{Delivery, ImapSession, SessionError};
use super::pattern::Pattern;
use super::poll::{Polled, poll};
use super::search::{CodeSearch, PasscodeError};
use crate::base::text::counted;

/// What one call looks for.
struct MailSearch<'a> {
    address: &'a str,
    pattern: Pattern,
    request: CodeSearch<'a>,
}

impl Imap {
    pub(super) async fn code(&self, search: &CodeSearch<'_>) -> Result<SecretString, PasscodeError> {
        let place = self.place();
        let Some(address) = self.to.as_deref().or(search.recipient.email.as_deref()) else {
            let advice = "give the user an `email`, or the passcode a `to`";
            return Err(search.failed(place, "the recipient has no e-mail address", advice));
        };
        let pattern = self.patterns.required(search, &place)?;
        let search = MailSearch { address, pattern, request: *search };
        let mut session = None;
        let advice = format!(
            "see whether mails to {address} arrive in `{}`, and whether `{}` is how the code is written",
            self.mailbox,
            search.pattern.as_str()
        );
        poll(self.polling, &search.request, &place, &advice, async || self.look(&mut session, &search).await).await
    }

    /// Looks once; a broken session is opened again at the next look.
    async fn look(&self, session: &mut Option<ImapSession>, search: &MailSearch<'_>) -> Polled {
        let result = match session.take() {
            Some(open) => self.search(open, search).await,
            None => match ImapSession::open(self).await {
                Ok(open) => self.search(open, search).await,
                Err(error) => Err(error),
            },
        };
        match result {
            Ok((open, look)) => {
                *session = Some(open);
                look
            }
            Err(SessionError::Refused(problem, advice)) => Polled::Hopeless(problem, advice.to_owned()),
            Err(SessionError::Broken(problem)) => Polled::NotYet(problem),
        }
    }

    async fn search(
        &self,
        mut session: ImapSession,
        search: &MailSearch<'_>,
    ) -> Result<(ImapSession, Polled), SessionError> {
        let deliveries = session.deliveries(search.address, search.request.since).await?;
        let used = search.request.used;
        let (mut older, mut silent) = (0, 0);
        for delivery in deliveries.iter().rev() {
            let mail = Mail::parse(&delivery.message);
            let for_them = mail.as_ref().is_some_and(|mail| mail.is_to(search.address));
            match mail.filter(|_| for_them) {
                None => (),
                Some(_) if !delivery.is_since(search.request.since) || used.is_taken(&self.key(&session, delivery)) => {
                    older += 1;
                }
                Some(mail) => match search.pattern.find(mail.texts().iter().map(String::as_str)) {
                    Some(code) if used.take(&self.key(&session, delivery)) => {
                        return Ok((session, Polled::Found(code)));
                    }
                    Some(_) => older += 1,
                    None => silent += 1,
                },
            }
        }
        let seen = format!("{} to {} since it was asked for", mails(silent, "without a code"), search.address);
        let seen = if older == 0 { seen } else { format!("{seen}, and {} passed over", mails(older, "from before")) };
        Ok((session, Polled::NotYet(seen)))
    }

    /// What identifies a mail: the place, the mailbox's validity and the mail's number there.
    fn key(&self, session: &ImapSession, delivery: &Delivery) -> (String, u32, u32) {
        (self.place(), session.validity(), delivery.uid)
    }
}

fn mails(count: usize, which: &str) -> String {
    match count {
        0 => format!("no mail {which}"),
        count => format!("{} {which}", counted(count, "mail")),
    }
}
