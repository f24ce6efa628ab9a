//! Every state × action of the lifecycles that a contract declares: planned, walked, judged as always.
//!
//! [`machine`] says what there is to try, [`inputs`] with which requests (mined from scenarios), [`tour`] in which order;
//! [`text`] writes a walk as a scenario, and that is what is run. All of these are pure; only [`expedition`] has walks sent.

mod account;
mod expedition;
mod inputs;
mod machine;
mod negatives;
mod shrink;
mod text;
mod tour;

pub use self::account::{Account, Covered, Extent, Found, LifecycleAccount, OutOfReach, Outcomes, Pairs, Sent};
pub use self::expedition::{Dials, explore, outlook};
pub use self::negatives::Negative;

/// The file in the report folder that says what came of an exploration.
pub const FILE: &str = "explore.json";
