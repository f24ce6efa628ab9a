//! What a team wants the gate to be shut by.
//!
//! Deliberately not here: whether it is.

/// What shuts the gate beside the ordinary, and how much a latency may grow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Policy {
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
