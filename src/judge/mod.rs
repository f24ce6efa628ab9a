//! Judgement: what the checks say of whole recordings, and what follows from it.
//!
//! Pure: it needs the contract and the exchanges, no network, no clock, no files. Deliberately not here: single promises (see
//! `checks`), sending (see `engine`), rendering (see `reports`).

pub mod audit;
pub(crate) mod bodies;
mod contract_record;
pub mod coverage;
pub(crate) mod drift;
pub(crate) mod places;
pub(crate) mod recording;
pub mod replay;
pub(crate) mod secrets;
pub(crate) mod walk;
