//! Sources of passcodes against the programs that people would use: oathtool, Dovecot, a terminal, an HTTP server.
//!
//! A program that is not installed is left out loudly; `FLOWPROOF_TEST_PEERS=required` makes that an error.

#![cfg(unix)]

#[path = "passcodes/authenticator.rs"]
mod authenticator;
#[path = "passcodes/dovecot.rs"]
mod dovecot;
#[path = "passcodes/inbox.rs"]
mod inbox;
#[path = "passcodes/mailbox.rs"]
mod mailbox;
#[expect(dead_code, reason = "the doctor needs more of it")]
#[path = "passcodes/peers.rs"]
mod peers;
#[path = "passcodes/program.rs"]
mod program;
#[path = "passcodes/terminal.rs"]
mod terminal;
