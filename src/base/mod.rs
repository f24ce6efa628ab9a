//! The ground floor: what every other module may stand on, and which names none of them.
//!
//! Deliberately not here: anything that knows what a contract, a scenario or a record is.

pub mod coding;
pub mod digest;
pub mod duration;
pub mod glob;
pub mod json;
pub mod loopback;
pub mod media_range;
pub mod media_type;
pub mod pointer;
pub mod private;
pub mod requires;
pub mod source;
pub mod sync;
pub mod text;
pub mod yaml;
