//! The secrets of traffic that never ends: the newest are known, whoever showed them, and the oldest are forgotten, so that
//! memory does not grow.
//!
//! What is new is few at a time and stands above the rest, which is sorted anew now and then: thousands of needles take longer to
//! sort than an exchange takes. Deliberately not here: the secrets of the process ([`super::Register`]).

use std::sync::{Arc, OnceLock};

use super::{Redactor, Secrets};

/// So many values are known.
const MOST: usize = 1_024;
/// So many new ones are sorted in with the others at once.
const BATCH: usize = 64;

/// The secrets that were shown last.
#[derive(Debug)]
pub struct Recent {
    base: Secrets,
    below: Arc<Redactor>,
    new: Secrets,
    /// For everything that is known; made when it is asked for.
    made: OnceLock<Arc<Redactor>>,
}

impl Default for Recent {
    fn default() -> Self {
        let base = Secrets::default();
        Self { below: Arc::new(base.redactor()), base, new: Secrets::default(), made: OnceLock::new() }
    }
}

impl Recent {
    /// Adds what somebody has learned.
    pub fn learn(&mut self, shown: &Secrets) {
        for (value, secret) in &shown.known {
            if !self.base.knows(value) && !self.new.knows(value) {
                self.new.take(secret.name(), value, secret.kind);
                self.made = OnceLock::new();
            }
        }
        if self.new.known.len() >= BATCH {
            self.sort();
        }
    }

    fn sort(&mut self) {
        self.base.extend(&self.new);
        let excess = self.base.known.len().saturating_sub(MOST);
        self.base.known.drain(..excess);
        self.below = Arc::new(self.base.redactor());
        // Marks go on counting, so that two values never have the same.
        self.new = Secrets { counts: self.base.counts.clone(), ..Secrets::default() };
    }

    /// A redactor for what is known here.
    pub fn redactor(&self) -> Arc<Redactor> {
        let make = || Arc::new(self.new.redactor_above(&self.base, Arc::clone(&self.below)));
        Arc::clone(self.made.get_or_init(make))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(number: usize) -> Secrets {
        let mut secrets = Secrets::default();
        secrets.learn("token", &format!("issued-number-{number}-to-somebody"));
        secrets
    }

    #[test]
    fn what_one_showed_is_hidden_from_what_is_said_of_another_and_the_oldest_is_forgotten() {
        let mut recent = Recent::default();
        (0..MOST + 3 * BATCH).for_each(|number| recent.learn(&of(number)));
        let said = |number: usize| recent.redactor().text(&format!("issued-number-{number}-to-somebody"));
        for number in [MOST, MOST + BATCH + 1, MOST + 3 * BATCH - 1] {
            assert!(said(number).starts_with("‹token#"), "{}", said(number));
        }
        assert!(said(0).starts_with("issued"), "{}", said(0));
        assert!(recent.base.known.len() <= MOST && recent.new.known.len() < BATCH);
    }

    #[test]
    fn two_values_have_different_marks_in_one_record() {
        let mut recent = Recent::default();
        (0..BATCH).for_each(|number| recent.learn(&of(number)));
        recent.learn(&of(1_000));
        let redactor = recent.redactor();
        let marks = [3, 1_000].map(|number| redactor.text(&format!("issued-number-{number}-to-somebody")));
        assert!(marks[0] != marks[1] && marks.iter().all(|mark| mark.starts_with('‹')), "{marks:?}");
    }
}
