//! The only place where things happen: requests are sent, answers are kept, verdicts are reached.
//!
//! A scenario becomes a [`Plan`], in which every name is resolved; running it gives a [`Run`]: the exchanges, what the
//! checks said, and a verdict. [`record`] turns that into the redacted record that is written.
//!
//! Deliberately not here: what is promised (`contract`), how it is judged (`checks`), how it is shown (`reports`).

mod call;
mod cleanup;
mod cookies;
pub mod destructive;
mod execution;
mod expected;
mod judging;
mod leases;
mod leftover;
mod names;
mod pace;
mod plan;
pub mod real_tenant;
pub mod record;
mod request;
mod retry;
mod retry_after;
mod run;
mod runner;
mod sender;
mod session;
mod stand_in;
mod stop;
pub mod target;
mod values;
mod wants;

pub use names::Names;
pub use pace::Pace;
pub use plan::{Plan, Planned, plan};
pub use real_tenant::RealTenant;
pub use run::{Run, StepRun};
pub use runner::Runner;
pub use session::Session;
pub use stop::{StopRun, Stopped};
pub use target::Target;
pub use wants::Wants;
