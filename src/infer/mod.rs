//! What recordings teach: the scenarios that would do the same again, and the lifecycle that their resources went through.
//!
//! Both are drafts for a person to review. Pure: from the contract and the exchanges, as judgement is. Deliberately not here: reading
//! recordings (see `judge::replay::sessions`), and judging them.

pub(crate) mod lifecycle;
pub(crate) mod scenarios;
