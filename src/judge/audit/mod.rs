//! The audit: can the checks fail?
//!
//! Every recorded answer and sequence is changed in one way at a time, and what came of it is judged by the same checks as
//! any run. A change that breaks the contract and that no check sees is a survivor: a place where contract or checks are
//! weak. Which changes break the contract is read from the contract alone ([`class`]), before anything is judged.
//!
//! Deliberately not here: how recordings are read, and any check. What a scenario expects beyond the contract is not
//! recorded, so it kills nothing here; nor is the typed decode asked, which is a second opinion beside the schema.

mod class;
mod lifecycle_oracle;
mod mutant;
mod operators;
mod original;
mod recorded;
mod report;
mod run;
mod schema_oracle;

pub use recorded::{Recorded, RecordedSequence};
pub use report::AuditReport;
pub use run::{AuditOptions, audit};
