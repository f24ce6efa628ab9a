//! How Flowproof authenticates to a real tenant, and how it reads the codes that are sent to real users.
//!
//! * [`token`]: the access token of the worker
//! * [`login`]: a user of an API who signs in there
//! * [`passcode`]: one-time passcodes and other codes that a person would type in
//! * [`push`]: who answers a push
//!
//! Deliberately not here: where secrets are configured (that is `crate::config`), and what is done with a code (that is
//! `crate::engine`).

pub(crate) mod login;
pub mod passcode;
pub(crate) mod passkey;
pub(crate) mod push;
pub(crate) mod token;
