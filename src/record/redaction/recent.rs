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
#[derive(Debug, Default)]
pub struct Recent {
    base: Secrets,
    /// For those; made when it is asked for.
    below: OnceLock<Arc<Redactor>>,
    new: Secrets,
    /// For everything that is known; made when it is asked for.
    made: OnceLock<Arc<Redactor>>,
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
        self.below = OnceLock::new();
        // Marks go on counting, so that two values never have the same.
        self.new = Secrets { counts: self.base.counts.clone(), ..Secrets::default() };
    }

    /// A redactor for what is known here.
    pub fn redactor(&self) -> Arc<Redactor> {
        let below = || Arc::clone(self.below.get_or_init(|| Arc::new(self.base.redactor())));
        let make = || Arc::new(self.new.redactor_above(&self.base, below()));
        Arc::clone(self.made.get_or_init(make))
    }

    /// A redactor for what is known here, and for what has been forgotten here and a record still knows. Nothing is sorted anew
    /// for it: of traffic with more secrets than are known here that would be done for every record.
    pub fn redactor_with(&self, own: &Secrets) -> Arc<Redactor> {
        let mut forgotten = Secrets { counts: self.new.counts.clone(), ..Secrets::default() };
        for (value, secret) in &own.known {
            if !self.base.knows(value) && !self.new.knows(value) {
                forgotten.take(secret.name(), value, secret.kind);
            }
        }
        if forgotten.known.is_empty() {
            self.redactor()
        } else {
            Arc::new(forgotten.redactor_above(&self.base, self.redactor()))
        }
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
    fn a_record_hides_what_was_forgotten_since_and_nothing_is_sorted_anew_for_it() {
        let mut recent = Recent::default();
        (0..2 * MOST).for_each(|number| recent.learn(&of(number)));
        let before = recent.redactor();
        let (first, last) = (recent.redactor_with(&of(0)), format!("issued-number-{}-to-somebody", 2 * MOST - 1));
        let said = first.text(&format!("issued-number-0-to-somebody {last}"));
        let marks: Vec<&str> = said.split(' ').collect();
        assert!(marks[0] != marks[1] && marks.iter().all(|mark| mark.starts_with("‹token#")), "{said}");
        assert!(Arc::ptr_eq(&before, &recent.redactor()));
        assert!(Arc::ptr_eq(&before, &recent.redactor_with(&of(2 * MOST - 1))));
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
