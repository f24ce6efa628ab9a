//! Recordings judged without a network: journals and HAR files become exchanges, and the checks judge them as they judge a
//! run.
//!
//! * [`restore`]: a journal's exchanges, as far as redaction left them
//! * [`har`]: the exchanges of a HAR file, one at a time
//! * [`resources`]: which exchanges are about one resource
//! * [`judgement`]: the checks, exchange by exchange
//! * [`entries`]: a file, judged entry by entry
//! * [`replayed`]: one entry and what it came to
//! * [`rejudge`]: a journal's scenarios under another contract
//! * [`report`]: what was judged as the records of a journal
//! * [`sessions`]: what somebody did, to learn from it
//!
//! Deliberately not here: any check, and how any of it is shown.

pub mod entries;
pub mod har;
pub(crate) mod judgement;
pub mod rejudge;
pub mod replayed;
pub(crate) mod report;
pub(crate) mod resources;
pub mod restore;
pub(crate) mod sessions;
