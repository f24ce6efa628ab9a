//! The embedded stand-in tenant: a stateful server on the loopback interface that behaves as PingOne documents.
//!
//! It holds many environments, each a sandbox with its own users, clock and mailbox; a control channel that is no part
//! of the contract opens them, reads what they "sent" and moves their clocks. It imports nothing of the contract or the
//! checks, so that a mistake in one cannot hide in the other. It is no identity provider: nothing in it is secret.

mod applications;
mod call;
mod challenge;
mod clock;
mod control;
mod control_routes;
mod device_authentications;
mod devices;
mod environment;
mod errors;
mod facts;
mod faults;
mod fields;
mod flows;
mod inbox;
mod mailbox;
mod management;
mod missteps;
mod negotiation;
mod oauth;
mod passkeys;
mod persona_grants;
mod personas;
mod races;
mod random;
mod reply;
mod representation;
mod seed;
mod server;
mod store;
mod strangers;
#[cfg(test)]
mod tests;
mod users;

use std::sync::Arc;

pub use self::{
    clock::{Clock, SystemClock},
    control::{Contents, Control, ControlError, PushAnswer, default_facts},
    faults::{Fault, UnknownFault},
    mailbox::MessageKind,
    missteps::{Misstep, MisstepKind},
    server::Tenant,
};

/// How to start a tenant.
pub struct TenantOptions {
    /// The port on 127.0.0.1; 0 takes any that is free.
    pub port: u16,
    /// What ids, passcodes and codes are generated from; the keys of passkeys are not.
    pub seed: u64,
    /// What is to be broken.
    pub faults: Vec<Fault>,
    /// What a resource does wrong in one state, if anything.
    pub misstep: Option<Misstep>,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Whether the default environment begins with nothing but a worker, to be filled over the management API.
    pub bare: bool,
}

impl Default for TenantOptions {
    fn default() -> Self {
        Self { port: 0, seed: 0, faults: Vec::new(), misstep: None, clock: Arc::new(SystemClock), bare: false }
    }
}
