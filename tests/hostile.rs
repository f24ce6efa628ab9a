//! What a hostile, broken or absent server comes to: a verdict with a reason, within the deadline, and never a green one.
//!
//! Every test runs the whole way, from a scenario to the journal and the reports, against a raw socket on the loopback
//! interface. The ids in the tests' names are those of docs/faults.md.

#[path = "hostile/body.rs"]
mod body;
#[path = "hostile/media_type.rs"]
mod media_type;
#[path = "hostile/peer.rs"]
mod peer;
#[path = "hostile/run.rs"]
mod run;
#[path = "hostile/tls.rs"]
mod tls;
#[path = "hostile/transport.rs"]
mod transport;
