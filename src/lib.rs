//! Flowproof proves that an identity tenant keeps its HTTP contract.
//!
//! The data goes one way:
//!
//! ```text
//! YAML ─parse─▶ Scenario ─lint─▶ ─plan─▶ Plan ─run─▶ Exchange* ─judge─▶ Verdict ─append─▶ Journal ─render─▶ reports
//! ```
//!
//! * [`source`]: texts that people wrote, and how a problem in them is shown
//! * [`contract`]: what was promised
//! * [`record`]: what happened: exchanges, findings, verdicts, the journal

pub mod checks;
pub mod contract;
pub mod json;
pub mod record;
pub mod scenario;
pub mod source;
