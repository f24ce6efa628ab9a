//! The only place where things happen: requests are sent, answers are kept, verdicts are reached.
//!
//! A scenario becomes a [`Plan`], in which every name is resolved; running it gives a [`Run`]: the exchanges, what the
//! checks said, and a verdict. [`recording`] turns that into the redacted record that is written.
//!
//! Deliberately not here: what is promised (`contract`), how it is judged (`checks`), how it is shown (`reports`).

mod cookies;
mod plan;
mod promised;
pub mod recorder;
pub mod recording;
mod request;
mod run;
mod secrets;
pub mod target;
mod values;

pub use plan::{Plan, Planned, plan};
pub use promised::promised;
pub use recorder::Recorder;
pub use run::{Run, Runner, StepRun};
pub use target::{Session, Target};
