//! What of a session must not be written down.
//!
//! Deliberately not here: what is written instead (see [`super::values`]).

use std::collections::HashSet;

use super::polls::RecordedCall;
use crate::checks::sent;
use crate::contract::Contract;
use crate::judge::secrets;
use crate::record::redaction::{Redactor, Secrets, is_masked, names};

/// Whatever is shorter is secret only where its name or the contract says so: elsewhere it is the same by chance.
const LONG: usize = 6;

/// The secrets of a session.
pub(super) struct SessionSecrets {
    redactor: Redactor,
    /// What the contract says to be secret, however short.
    declared: HashSet<String>,
}

impl SessionSecrets {
    /// Learns them.
    pub(super) fn of(contract: &Contract, calls: &[RecordedCall]) -> Self {
        let (mut learned, mut declared) = (Secrets::default(), HashSet::new());
        for RecordedCall { observation, .. } in calls {
            secrets::learn(&mut learned, contract, observation);
            sent::secrets(contract, observation, &mut |_, value| _ = declared.insert(value.to_owned()));
        }
        Self { redactor: learned.of_length(LONG).redactor(), declared }
    }

    /// Whether a value that is sent under a name is secret, or hides something that is, or a mask stands where it stood.
    pub(super) fn hide(&self, name: &str, text: &str) -> bool {
        let by_name = self.declared.contains(text) || names::holds_secret(name, text);
        by_name || is_masked(text) || self.redactor.text(text) != text
    }
}
