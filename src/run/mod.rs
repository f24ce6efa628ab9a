//! Scenarios become libtest-mimic trials: under `flowproof run`, under `cargo test`, under `cargo nextest`.
//!
//! Every trial runs its scenario on a worker of its own (a current-thread runtime with its connections), appends its record
//! to the journal, and reports to libtest-mimic whether it passed. Zero scenarios are an error, never a pass.

mod errors;
mod header;
mod listener;
mod measuring;
mod options;
mod prepared;
pub mod printer;
mod real_tenant;
mod recorder;
mod server;
pub mod shard;
mod signals;
mod state;
mod suite;
mod test_main;
mod waiting;
mod worker;

pub use self::errors::{RunError, StartError};
pub use self::listener::{Listener, Silent};
pub use self::options::{Flaky, RunOptions, TargetChoice};
pub use self::prepared::{Finished, Prepared};
pub use self::real_tenant::TenantChoice;
pub(crate) use self::real_tenant::uses_up;
pub use self::server::ServerChoice;
pub use self::signals::wait_for_end;
pub use self::suite::{Choice, Chosen, load, load_chosen, wanted};
pub use self::test_main::{TestSuite, test_main};
pub use self::waiting::Waiting;
pub use crate::engine::{StopRun, Stopped};
