//! Ids of what an environment is born with: random, but fixed and easy to type in the default environment.
//!
//! Not for what comes later: flows and the like take theirs from the environment's generator.

use uuid::Uuid;

use super::random::Random;

/// Hands out ids in order.
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
