//! Flowproof proves that an identity tenant keeps its HTTP contract.
//!
//! The data goes one way:
//!
//! ```text
//! YAML ─parse─▶ Scenario ─lint─▶ ─plan─▶ Plan ─run─▶ Exchange* ─judge─▶ Verdict ─append─▶ Journal ─render─▶ reports
//! ```
//!
//! * [`base`]: what every other module stands on: source texts, pointers, strict JSON, private files
//! * [`contract`]: what was promised
//! * [`record`]: what happened: exchanges, findings, verdicts, the journal; redaction
//! * [`scenario`]: what is asked
//! * [`checks`]: one promise per file
//! * [`judge`]: what exchanges come to, live, replayed or changed on purpose; coverage, drift
//! * [`infer`]: what recordings teach: scenarios and lifecycles, drafted for review
//! * [`tenant`]: the embedded stand-in tenant
//! * [`client`]: the client generated from the contract
//! * [`auth`]: how a real tenant is spoken to: tokens and passcodes
//! * [`config`]: what a team has agreed on
//! * [`engine`]: the only place where things happen
//! * [`run`]: trials, workers, signals, and the one way out of what is printed
//! * [`proxy`]: traffic of another tool, judged as it passes
//! * [`reports`]: journal → bytes
//! * [`gate`]: two runs compared, known failures by name
//! * [`requirements`]: requirement × what proves it × the last verdict
//! * [`explain`]: what an id stands for
//! * [`doctor`]: what is wrong between this machine and a tenant
//! * [`cli`]: arguments, and what each command does

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
pub mod explore;
pub(crate) mod gate;
pub(crate) mod infer;
pub mod judge;
pub(crate) mod provision;
pub(crate) mod proxy;
pub mod record;
pub mod reports;
pub mod requirements;
pub mod run;
pub mod scenario;
pub mod tenant;
