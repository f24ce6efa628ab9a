//! The ground floor: what every other module may stand on, and which names none of them.
//!
//! Deliberately not here: anything that knows what a contract, a scenario or a record is.

pub(crate) mod base64;
pub(crate) mod built_in;
pub(crate) mod coding;
pub(crate) mod content;
pub mod digest;
pub(crate) mod duration;
pub(crate) mod facts;
pub(crate) mod field_list;
pub mod format;
pub(crate) mod glob;
pub(crate) mod groups;
pub mod json;
pub(crate) mod loopback;
pub(crate) mod media_range;
pub mod media_type;
pub(crate) mod passkey;
pub(crate) mod path_template;
pub(crate) mod percent;
pub mod pointer;
pub(crate) mod private;
pub(crate) mod requires;
pub mod source;
pub(crate) mod spelling;
pub(crate) mod stretch;
pub mod sync;
pub(crate) mod text;
pub mod trace_context;
pub(crate) mod workflow_command;
pub mod yaml;
