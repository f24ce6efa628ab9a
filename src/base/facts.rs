//! The names of what targets supply to scenarios.
//!
//! Deliberately not here: what each of them holds.

/// The names under which targets supply facts.
pub const FACTS: [&str; 10] =
    ["env", "worker", "apps", "policies", "user", "users", "persona", "clock", "limit", "facts"];

/// The names of those that are secret, wherever they stand below the others.
pub(crate) const SECRET_FACTS: [&str; 9] =
    ["clientSecret", "accessToken", "password", "secret", "payload", "cookie", "ticket", "inviteCode", "passkey"];
