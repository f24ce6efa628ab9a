//! Flowproof proves that an identity tenant keeps its HTTP contract.
//!
//! The data goes one way:
//!
//! ```text
//! YAML ─parse─▶ Scenario ─lint─▶ ─plan─▶ Plan ─run─▶ Exchange* ─judge─▶ Verdict ─append─▶ Journal ─render─▶ reports
//! ```
//!
//! * [`source`]: texts that people wrote, and how a problem in them is shown
//! * [`record`]: what happened: exchanges, findings, verdicts, the journal

pub mod record;
pub mod reports;
pub mod source;
