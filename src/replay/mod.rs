//! Recordings judged without a network: journals and HAR files become exchanges, and the checks judge them as they judge a
//! run.
//!
//! * [`restore`]: a journal's exchanges, as far as redaction left them
//!
//! Deliberately not here: any check, and any knowledge of how a recording is shown.

pub mod restore;
