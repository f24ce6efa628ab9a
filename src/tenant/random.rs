//! Everything that looks random: ids, passcodes, codes, tokens; all of it from one seed.
//!
//! Not for protecting anything: the same seed gives the same passcodes, on purpose.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use uuid::{Builder, Uuid};

/// Letters and digits that nobody mistakes for one another.
const CODE_ALPHABET: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// A seeded generator.
pub(super) struct Random(StdRng);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    pub(super) fn uuid(&mut self) -> Uuid {
        Builder::from_random_bytes(self.0.random()).into_uuid()
    }

    /// Returns what another stream can begin with.
    pub(super) fn seed(&mut self) -> u64 {
        self.0.random()
    }

    /// Returns six digits, leading zeros included.
    pub(super) fn passcode(&mut self) -> String {
        format!("{:06}", self.0.random_range(0..1_000_000u32))
    }

    /// Returns `length` upper-case letters and digits.
    pub(super) fn code(&mut self, length: usize) -> String {
        (0..length).map(|_| CODE_ALPHABET[self.0.random_range(0..CODE_ALPHABET.len())] as char).collect()
    }

    /// Returns the key that a generator of passcodes shares with its server.
    pub(super) fn key(&mut self) -> [u8; 20] {
        self.0.random()
    }

    /// Returns 32 bytes in base64url.
    pub(super) fn token(&mut self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.random::<[u8; 32]>())
    }
}

/// Hands out the ids of what an environment begins with: random, but fixed and easy to type in the default environment.
pub(super) enum Ids {
    /// `00000000-0000-4000-8000-000000000001` and so on.
    Counted(u128),
    Random(Box<Random>),
}

impl Ids {
    pub(super) fn next(&mut self) -> Uuid {
        match self {
            Ids::Counted(count) => {
                *count += 1;
                // The bits of version 4 and of the RFC's variant.
                Uuid::from_u128(0x4000_8000 << 48 | *count)
            }
            Ids::Random(random) => random.uuid(),
        }
    }
}
