//! What is asked: scenarios, the language they are written in, and how a suite of them is loaded.
//!
//! [`load`] finds and reads the files, [`parse`] makes scenarios of them, [`template`] knows the `{{…}}` in them,
//! [`lint`](mod@lint) holds them against the contract. Every problem is a [`crate::base::source::Diagnostic`], and all are
//! reported at once.
//!
//! Deliberately not here: sending anything, and judging answers.

pub mod decode;
pub mod editor_schema;
pub mod form;
pub mod lint;
pub(crate) mod load;
pub mod model;
pub mod parse;
pub mod template;
pub mod write;

pub(crate) use lint::examine_each;
pub use lint::{Examination, LintContext, examine, lint};
pub(crate) use load::digest;
pub use load::{IncompleteFile, Suite};
