//! The keys of the language: which there are, what they mean, and how each is read.
//!
//! Every object is a table of keys; [`reference`](fn@reference) gives the tables as data. [`scenario`](fn@scenario) and
//! [`fragment`](fn@fragment) read whole files.
//!
//! Deliberately not here: how values are read ([`super::decode`]), finding and joining files ([`super::load`]), and whether what is
//! asked makes sense ([`super::lint`](mod@super::lint)).

mod expectation;
mod fragment;
mod scenario;
mod step;

pub use self::{
    fragment::{Fragment, fragment},
    scenario::{MAX_ROWS, Rows, ScenarioFile, scenario},
    step::ACTIONS,
};
use super::decode::KeyDecoder;
use super::form::KeySpec;

/// The tables of the language with the name of what they describe.
pub fn reference() -> Vec<(&'static str, Vec<KeySpec>)> {
    fn specs<T>(keys: &[KeyDecoder<T>]) -> Vec<KeySpec> {
        keys.iter().map(|key| key.spec).collect()
    }
    vec![
        ("scenario", specs(scenario::SCENARIO)),
        ("step", specs(step::STEP)),
        ("expectation", specs(expectation::EXPECTATION)),
        ("error", specs(expectation::ERROR)),
        ("matcher", specs(expectation::MATCHER)),
        ("save", specs(step::SAVE)),
        ("raw", specs(step::RAW)),
        ("repeat", specs(step::REPEAT)),
        ("together", specs(step::TOGETHER)),
        ("push", specs(step::PUSH)),
        ("fragment", specs(fragment::FRAGMENT)),
    ]
}
