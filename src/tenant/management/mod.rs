//! `/v1/environments/{envID}/…`: the management API, as far as a test environment is made and taken away by it.
//!
//! Written from the documentation. Applications and policies are kept as they were given; what a sign-on makes of them is
//! worked out in [`behaviour`] whenever one changes. Only an environment that was opened bare has it.
//!
//! Deliberately not here: what users and devices do once they are there.

mod access;
mod answer;
mod behaviour;
mod configuration;
mod devices;
mod filter;
mod interference;
mod page;
mod pairing;
mod router;
mod rules;
mod state;
mod thing;
mod users;

pub(super) use self::access::{Roles, outside};
pub(super) use self::behaviour::bare;
pub(super) use self::interference::Interference;
pub(super) use self::pairing::pair;
pub(super) use self::router::{respond, unknown_environment};
pub(super) use self::state::Management;
