//! What a hostile, broken or absent server comes to: a verdict with a reason, within the deadline, and never a green one.
//!
//! Every test runs the whole way, from a scenario to the journal and the reports, against a raw socket on the loopback
//! interface. The ids in the tests' names are those of docs/faults.md.

mod body;
mod media_type;
mod peer;
mod run;
mod tls;
mod transport;
