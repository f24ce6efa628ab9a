//! The tenant as a client sees it: over a socket, with a client that knows nothing but HTTP.
//!
//! Every test has an environment of its own and a clock that only moves when told to.

mod client;
mod concurrency;
mod control;
mod device_grant;
mod flows;
mod http;
mod mfa;
