//! What happened: exchanges, findings, verdicts, and the journal that keeps them.
//!
//! Everything here is data. An [`Exchange`] is one request and its raw answer as seen on the wire; it lives in memory only.
//! What is written is the redacted [`ScenarioRecord`], born once per scenario: from then on no secret is in clear.
//!
//! Deliberately not here: judging (see `checks`), sending (see `engine`), rendering (see `reports`).

mod account;
mod exchange;
pub mod journal;
pub(crate) mod model;
pub mod redaction;

pub use account::{Account, charged};
pub use exchange::{Decoded, Exchange, Headers, Phase, Request, Response, TransportError};
pub use model::*;
