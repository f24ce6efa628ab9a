//! Scenarios from a recording.
//!
//! * [`recording`]: what is known of a session
//! * [`polls`]: equal requests in a row are one call that is repeated
//! * [`request`]: what was sent, taken apart into the values that a call states
//! * [`sources`]: which of these values earlier answers had brought
//! * [`flows`]: a session is one scenario for each set of calls that depend on each other
//! * [`values`]: each value as it is written: a template, a fact, or itself
//! * [`expect`]: what is expected of an answer
//! * [`draft`]: all of it together
//! * [`files`]: what all sessions came to
//!
//! Deliberately not here: how a scenario looks (see `scenario::write`).

mod draft;
mod expect;
mod facts;
mod files;
mod flows;
mod multipart;
mod polls;
mod recording;
mod request;
mod secrets;
mod sources;
mod values;

pub(crate) use self::files::{DraftedFile, Drafts};
