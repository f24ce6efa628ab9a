//! A map that forgets what has run out, now and then, so that a long run does not fill the memory.
//!
//! Never forgets what still counts; whether something still counts is for the caller to say.

use std::{
    collections::HashMap,
    hash::Hash,
    ops::{Deref, DerefMut},
};

/// Entries before anything is looked for.
const FIRST_PURGE: usize = 512;

/// A map whose entries run out.
pub(super) struct Store<K, V> {
    entries: HashMap<K, V>,
    purge_at: usize,
}

impl<K, V> Default for Store<K, V> {
    fn default() -> Self {
        Self { entries: HashMap::new(), purge_at: FIRST_PURGE }
    }
}

impl<K: Eq + Hash, V> Store<K, V> {
    /// Inserts an entry; sometimes drops those that do not count any more.
    pub(super) fn keep(&mut self, key: K, value: V, counts: impl Fn(&V) -> bool) {
        if self.entries.len() >= self.purge_at {
            self.entries.retain(|_, kept| counts(kept));
            // Twice what is left: each entry is looked at a constant number of times on average.
            self.purge_at = FIRST_PURGE.max(self.entries.len() * 2);
        }
        self.entries.insert(key, value);
    }
}

impl<K, V> Deref for Store<K, V> {
    type Target = HashMap<K, V>;

    fn deref(&self) -> &Self::Target {
        &self.entries
    }
}

impl<K, V> DerefMut for Store<K, V> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_run_out_is_forgotten_and_the_rest_is_not() {
        let mut store = Store::default();
        for number in 0..10_000 {
            store.keep(number, number, |kept| *kept % 2 == 0 || *kept > 9_000);
        }
        assert!((0..10_000).step_by(2).all(|number| store.contains_key(&number)));
        assert!(store.len() < 8_000);
    }
}
