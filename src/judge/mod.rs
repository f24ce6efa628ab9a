//! Judgement: what the checks say of whole recordings, and what follows from it.
//!
//! Pure: it needs the contract and the exchanges, no network, no clock, no files. Deliberately not here: single promises (see
//! `checks`), sending (see `engine`), rendering (see `reports`).

pub mod audit;
pub mod coverage;
pub mod drift;
pub(crate) mod places;
pub mod promised;
pub mod recording;
pub mod replay;
pub mod secrets;
pub(crate) mod walk;
