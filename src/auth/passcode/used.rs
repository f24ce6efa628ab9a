//! The codes that were given out in a run, whichever worker asked: a tenant takes each of them only once.
//!
//! It holds no code and no key, only hashes of where they came from. What other processes have used is not known here.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Mutex;

use crate::base::sync::LockAnyway;

/// The codes that were given out in a run. Everybody who asks for codes in that run shares one.
#[derive(Debug, Default)]
pub struct UsedCodes {
    messages: Mutex<HashSet<u64>>,
    /// The last window of each authenticator whose code was given out.
    windows: Mutex<HashMap<u64, u64>>,
}

impl UsedCodes {
    /// Takes a message's code for this caller; false where it was given out before.
    pub(super) fn take(&self, message: &impl Hash) -> bool {
        self.messages.locked().insert(hashed(message))
    }

    /// Whether a message's code was given out before.
    pub(super) fn is_taken(&self, message: &impl Hash) -> bool {
        self.messages.locked().contains(&hashed(message))
    }

    /// Takes the first window of an authenticator, from `now` to `last`, whose code was not given out.
    pub(super) fn take_window(&self, authenticator: &impl Hash, now: u64, last: u64) -> Option<u64> {
        let mut windows = self.windows.locked();
        let taken = windows.entry(hashed(authenticator));
        let free = match &taken {
            Entry::Occupied(taken) => now.max(taken.get() + 1),
            Entry::Vacant(_) => now,
        };
        (free <= last).then(|| *taken.insert_entry(free).get())
    }
}

fn hashed(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
