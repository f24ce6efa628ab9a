//! Sources of passcodes against the programs that people would use: oathtool, Dovecot, a terminal, an HTTP server.
//!
//! A program that is not installed is left out loudly; `FLOWPROOF_TEST_PEERS=required` makes that an error.

#![cfg(unix)]

mod authenticator;
mod dovecot;
mod inbox;
mod mailbox;
mod presets;
mod program;
mod terminal;
