//! The gate: is this run at least as good as the one that a team has agreed on?
//!
//! Two [`Summary`]s are compared, the baseline's and the run's; failures that a team knows of are named in a file of
//! [`Expectations`], with a reason and a day on which they expire. What shuts the gate is a [`Problem`]; what only changed is a
//! [`Change`]. All of it is pure: files are read and written by the command.
//!
//! Deliberately not here: judging exchanges. The gate believes the journal.

pub mod baseline;
mod behaviour;
mod compare;
pub mod expectations;
mod record;
pub mod render;
mod summary;

use crate::record::Finding;

pub use compare::{Change, Comparison, Note, Problem, ProblemKind, compare};
pub use expectations::Expectations;
pub use record::{Earlier, changes};
pub use summary::{Behaviour, Failure, Latency, Standing, Summary, summarise};

/// What shuts the gate beside the ordinary, and how much a latency may grow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Policy {
    /// Whether a baseline of another contract is accepted.
    pub accept_contract_change: bool,
    /// Whether a flaky scenario shuts the gate.
    pub deny_flaky: bool,
    /// Whether every change of observed behaviour shuts the gate.
    pub deny_changes: bool,
    /// A latency beyond this multiple of the baseline's is a change.
    pub latency_factor: f64,
    /// Percentiles of fewer answers than this are not compared.
    pub latency_samples: u64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            accept_contract_change: false,
            deny_flaky: false,
            deny_changes: false,
            latency_factor: 2.0,
            latency_samples: 30,
        }
    }
}

/// A finding without the values that differ from run to run: check, operation and pointer.
pub(crate) fn signature(finding: &Finding) -> String {
    let parts = [Some(finding.check.as_str()), finding.operation.as_deref(), finding.pointer.as_deref()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}
