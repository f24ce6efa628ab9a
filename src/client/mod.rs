//! The client generated from the contract, and the hook that keeps what really went over the wire.
//!
//! [`Transport::send`] calls an operation of the contract through its generated [`GeneratedMethod`], or as another contract
//! says; [`Transport::send_raw`] sends anything else, wrong on purpose, over the same recorded connection. Both give an [`Exchange`](crate::record::Exchange).
//!
//! It never judges: [`Decoded`](crate::record::Decoded) is a second opinion about a reply. It follows no redirect, retries nothing, stores no
//! cookie and finds no credentials.

mod arguments;
mod body;
mod call;
mod capture;
mod exact;
mod exchange;
mod fit;
mod frame;
mod limits;
mod locate;
mod method;
mod names;
mod peer;
mod prepare;
mod reason;
mod style;
pub mod support;
mod tls;
mod transport;
mod trust;

/// What `build.rs` wrote. Its lints are the generator's own affair.
#[allow(warnings, clippy::all, clippy::pedantic, clippy::nursery, rustdoc::all)]
mod generated {
    use super::support;
    include!(concat!(env!("OUT_DIR"), "/client.rs"));
}

pub use arguments::CallError;
pub use call::{Call, CallMethod};
pub use exact::unsendable;
pub use limits::Limits;
pub use method::{GeneratedClient, GeneratedMethod, decode};
pub use prepare::RawRequest;
pub use tls::{RootsError, explain as explain_tls, roots_in};
pub use transport::{Transport, TransportOptions, proxy_of};
pub(crate) use trust::client_config;

pub(crate) use reason::describe;
pub(crate) use style::{in_cookie, in_header};
