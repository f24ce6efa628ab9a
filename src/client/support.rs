//! What the code names that was generated from a contract, here and in packages with a contract of their own.
//!
//! People have no use for it: they call operations through [`Transport`](super::Transport), or run scenarios. Deliberately not here:
//! anything that is not generated against.

pub use super::arguments::{Arguments, CallError};
pub use super::capture::Capture;
pub use super::method::{Connection, GeneratedMethod, Settled, decode_tagged, settle};
