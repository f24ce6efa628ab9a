//! The names of what targets supply to scenarios.
//!
//! Deliberately not here: what each of them holds.

/// The names under which targets supply facts.
pub const FACTS: [&str; 9] = ["env", "worker", "apps", "policies", "user", "users", "clock", "limit", "facts"];
