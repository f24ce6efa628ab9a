//! Judgement: what the checks say of whole recordings, and what follows from it.
//!
//! Pure: it needs the contract and the exchanges, no network, no clock, no files. Deliberately not here: single promises (see
//! `checks`), sending (see `engine`), rendering (see `reports`).

pub mod audit;
mod contract_record;
pub mod coverage;
pub mod drift;
pub(crate) mod places;
pub mod recording;
pub mod replay;
pub mod secrets;
pub mod tally;
pub mod verdict;
pub(crate) mod walk;
