//! The audit: can the checks fail?
//!
//! Every recorded answer and sequence is changed in one way at a time, and what came of it is judged by the same checks as
//! any run. A change that breaks the contract and that no check sees is a survivor: a place where contract or checks are
//! weak. Which changes break the contract is read from the contract alone ([`worth`]), before anything is judged.
//!
//! Deliberately not here: how recordings are read, and any check. What a scenario expects beyond the contract is not
//! recorded, so it kills nothing here; nor is the typed decode asked, which is a second opinion beside the schema.

mod act;
mod kill;
pub mod mutants;
mod promise;
mod recorded;
mod report;
mod scene;
mod trace;
pub mod worth;

pub use act::{Change, Edit, Mutant};
pub use kill::{Options, audit};
pub use recorded::Recorded;
pub use report::{Format, Killed, Report};
pub use scene::{Scene, Scenes};
