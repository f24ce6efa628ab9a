//! Flowproof proves that an identity tenant keeps its HTTP contract.
//!
//! The data goes one way:
//!
//! ```text
//! YAML ─parse─▶ Scenario ─lint─▶ ─plan─▶ Plan ─run─▶ Exchange* ─judge─▶ Verdict ─append─▶ Journal ─render─▶ reports
//! ```
//!
//! * [`source`]: texts that people wrote, and how a problem in them is shown
//! * [`contract`]: what was promised
//! * [`scenario`]: what is asked
//! * [`client`]: the client generated from the contract
//! * [`auth`]: how a real tenant is spoken to: passcodes
//! * [`doctor`]: what is wrong between this machine and a tenant
//! * [`engine`]: the only place where things happen
//! * [`checks`]: one promise per file
//! * [`audit`]: whether the checks can fail
//! * [`coverage`]: how much of the promise a run touched
//! * [`record`]: what happened: exchanges, findings, verdicts, the journal
//! * [`replay`]: recordings judged without a network
//! * [`gate`]: two runs compared, known failures by name
//! * [`reports`]: journal → bytes
//! * [`requires`]: which version a file needs
//! * [`requirements`]: requirement × what proves it × the last verdict
//! * [`drift`]: what the tenant sends that is not documented
//! * [`explain`]: what an id stands for
//! * [`run::printer`]: the one way out of what is printed
//! * [`tenant`]: the embedded stand-in tenant

// What is printed goes through `run::printer`, which knows the secrets; and nothing panics without a word.
#![warn(clippy::print_stderr, clippy::print_stdout)]
#![cfg_attr(not(test), warn(clippy::unwrap_used))]

pub mod auth;
pub mod base;
pub mod checks;
pub mod cli;
pub mod client;
pub mod config;
pub mod contract;
pub(crate) mod doctor;
pub(crate) mod engine;
pub mod explain;
pub(crate) mod gate;
pub mod judge;
pub mod record;
pub mod reports;
pub mod requirements;
pub mod run;
pub mod scenario;
pub mod tenant;
