//! What a scenario file asks, with the place of every part.
//!
//! Deliberately not here: how YAML becomes this ([`super::parse`]) and whether it makes sense against a contract
//! ([`super::lint`](mod@super::lint)).

mod expectation;
mod scenario;
mod step;
mod value;

pub use expectation::{Expectation, ExpectedError, JsonType, Matcher};
pub use scenario::{Behaviour, Scenario, StateSequence, States};
pub use step::{Call, PushAnswer, RawOverrides, RepeatUntil, Save, SaveFrom, Step, StepAction, Together, Without};
pub use value::{Binding, Json, JsonValue};
