//! The only place where things happen: requests are sent, answers are kept, verdicts are reached.
//!
//! A scenario becomes a [`Plan`], in which every name is resolved; running it gives a [`ScenarioRun`]: the exchanges, what the
//! checks said, and a verdict. [`record`] turns that into the redacted record that is written.
//!
//! Deliberately not here: what is promised (`contract`), how it is judged (`checks`), how it is shown (`reports`).

mod call;
mod cleanup;
mod cookie_date;
mod cookies;
pub(crate) mod destructive;
mod execution;
mod expected;
mod judging;
mod leases;
mod leftover;
mod names;
mod pace;
mod plan;
pub(crate) mod real_tenant;
pub(crate) mod record;
mod request;
mod retry;
mod retry_after;
mod run;
mod runner;
mod sender;
mod server;
mod session;
mod stand_in;
mod stop;
pub(crate) mod target;
mod together;
mod values;
mod wants;

pub(crate) use names::Names;
pub(crate) use pace::Pace;
pub(crate) use plan::{Plan, plan};
pub(crate) use real_tenant::{Ledger, Outlook, RealTenant};
pub(crate) use retry_after::{LimitError, Patience};
pub(crate) use run::ScenarioRun;
pub(crate) use runner::Runner;
pub(crate) use server::{ApiServer, ServerPlace};
pub(crate) use stand_in::StandIn;
pub use stop::{StopRun, Stopped};
pub(crate) use target::Target;
pub(crate) use wants::{Wants, group, person};
