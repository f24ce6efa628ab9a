//! A test environment made ready for the suite over the management API, and taken away again.
//!
//! Scenarios say what they want; [`mod@plan`] works out, purely, what has to be there for it; [`mod@apply`] looks at what there is,
//! makes what is missing and mends what differs, so that doing it twice is doing it once. Everything that is made has a name
//! by which it is known again ([`name`]), and [`teardown`] removes what has such a name and nothing else.
//!
//! Deliberately not here: running scenarios, and what a target's configuration says (`config`).

mod api;
mod application;
mod apply;
mod error;
mod facts;
mod made;
mod means;
mod name;
mod needs;
mod pairing;
mod persona;
mod plan;
mod policy;
mod promises;
mod render;
mod teardown;
mod thing;
mod user;

pub(crate) use api::Api;
pub(crate) use apply::apply;
pub(crate) use error::ProvisionError;
pub(crate) use facts::Files;
pub(crate) use means::Means;
pub(crate) use name::Run;
pub(crate) use needs::Needs;
pub(crate) use plan::plan;
pub(crate) use render::{found_table, made_table, plan_table, removed_table};
pub(crate) use teardown::{Choice, find, remove};
