//! The gate: is this run at least as good as the one that a team has agreed on?
//!
//! Two [`Summary`]s are compared, the baseline's and the run's; failures that a team knows of are named in a file of
//! [`Expectations`], with a reason and a day on which they expire. What shuts the gate is a [`comparison::GateProblem`]; what only changed is a
//! [`comparison::BehaviourChange`]. All of it is pure: files are read and written by the command.
//!
//! Deliberately not here: judging exchanges. The gate believes the journal.

pub(crate) mod baseline;
mod behaviour;
mod compare;
mod comparison;
pub(crate) mod expectations;
mod policy;
mod record;
pub(crate) mod render;
mod summary;

pub(crate) use compare::compare;
pub(crate) use expectations::Expectations;
pub(crate) use policy::Policy;
pub(crate) use record::{Earlier, changes};
pub(crate) use summary::{Failure, Summary, summarise};
