//! The names of what targets supply to scenarios.
//!
//! Deliberately not here: what each of them holds.

/// The names under which targets supply facts.
pub const FACTS: [&str; 10] =
    ["env", "worker", "apps", "policies", "user", "users", "persona", "clock", "limit", "facts"];
