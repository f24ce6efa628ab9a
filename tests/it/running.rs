//! How a run goes on and how it ends: its pace, second tries, cleanup, signals, panics, parts of a suite.
//!
//! Scenarios are run for real, against a stand-in behind a server that loses, refuses and delays what a test tells it to.

mod cleanup;
mod header_fields;
mod pacing;
mod polling;
mod raw_paths;
mod retries;
mod sharding;
#[cfg(unix)]
mod signals;
mod stand_in;
mod support;
mod traces;
