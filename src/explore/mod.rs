//! Every state × action of the lifecycles that a contract declares: planned, walked, judged as always.
//!
//! [`machine`] says what there is to try, [`inputs`] with which requests ([`miner`] has them from scenarios), [`survey`] what is left of it,
//! [`tour`] in which order it is tried, and [`bound`] in how few requests that could be done;
//! [`text`] writes a walk as a scenario, and that is what is run. All of these are pure; only [`expedition`] has walks sent.

mod account;
mod bound;
mod dials;
mod expedition;
mod input;
mod inputs;
mod machine;
mod miner;
mod negatives;
mod races;
mod samples;
mod shrink;
mod square;
mod succession;
mod survey;
mod text;
mod tour;
mod walk;

pub use self::account::{Account, Covered, Extent, Found, LifecycleAccount, OutOfReach, Outcomes, Pairs, Sent};
pub use self::dials::Dials;
pub use self::expedition::{PlannedWalk, explore, outlook};
pub use self::negatives::Negative;

/// The file in the report folder that says what came of an exploration.
pub const FILE: &str = "explore.json";
