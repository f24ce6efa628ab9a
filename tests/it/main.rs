//! All integration tests, one module a part: they are linked once and run side by side in one process.
//!
//! `cargo test --test it gate::` runs one part. Every test has folders, ports and environment variables of its own and changes
//! nothing of the process that others can see. Deliberately not here: the suite of `cases/`, the report in a browser and the
//! faults of the stand-in, which are targets of their own.

// Some helpers serve only what runs on Unix.
#![cfg_attr(not(unix), allow(dead_code, unused_imports))]

mod answers;
mod architecture;
mod audit;
mod canary;
mod codegen;
mod contract;
mod contract_files;
mod coverage;
mod docs;
mod doctor;
mod drift;
mod explain;
mod explore;
mod explore_elsewhere;
mod fault_register;
mod first_steps;
mod gate;
mod handed;
mod hostile;
mod infer;
mod judging;
mod management;
mod memory;
mod openapi_31;
mod over_time;
mod own_api;
mod passcodes;
mod provisioning;
mod proxy;
mod published;
mod real_tenant;
mod rejudge;
mod replay;
mod reports;
mod requirements;
mod running;
mod scenario;
mod secrets;
mod support;
mod targets;
mod write_faults;

// The generator, which `codegen` includes by path, looks for it here as in the library.
use flowproof::base;
