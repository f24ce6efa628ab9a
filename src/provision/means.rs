//! What a team has beside its tenant, and says in the target.
//!
//! Deliberately not here: what scenarios need of it ([`super::needs`]).

use std::time::Duration;

use crate::config::TargetConfig;

/// How long a scenario waits where nobody says it: long enough for the codes that are good for a minute, which policies can have.
const LONGEST_WAIT: Duration = Duration::from_secs(65);

/// What there is beside the tenant: where messages can be read, a phone, and time.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Means {
    /// Whether e-mails can be read.
    pub(crate) emails: bool,
    /// Whether text messages and calls can.
    pub(crate) phones: bool,
    /// Whether an application on a phone can be paired, which answers pushes and shows passcodes.
    pub(crate) application: bool,
    /// How long a scenario may wait.
    pub(crate) longest_wait: Duration,
}

impl Means {
    /// What a target says of it.
    pub(crate) fn of(target: &TargetConfig) -> Self {
        let mailbox = target.mailbox.as_ref();
        Self {
            emails: mailbox.is_some(),
            phones: mailbox.is_some_and(|mailbox| mailbox.phones),
            application: target.phone.is_some(),
            longest_wait: target.longest_wait.unwrap_or(LONGEST_WAIT),
        }
    }

    /// The domain of users' addresses.
    pub(crate) fn domain(target: &TargetConfig) -> &str {
        target.mailbox.as_ref().map_or("example.com", |mailbox| &mailbox.domain)
    }
}
