//! A proxy that judges: traffic of another tool passes through it to the target, unchanged, and is held against the contract
//! while it passes.
//!
//! What passes is forwarded by one thread ([`forward`]) and judged by another ([`judging`]), so that nobody waits for a verdict.
//! It answers nothing by itself: where the target gives no answer, the connection is closed.
//!
//! Deliberately not here: any check, what is printed, and which target is meant.

mod forward;
mod hop;
mod judging;
mod kept;
mod listen;
mod sequence;

pub(crate) use judging::{JudgedTraffic, Judging, Seen};
pub(crate) use listen::{Proxy, ProxyTarget};
