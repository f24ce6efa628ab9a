//! Scenarios until they are run: the first as they were read, and of the others the text, which is read again when their turn
//! comes. What was read takes several times the memory of its text.
//!
//! Deliberately not here: reading them for the first time, when all are held against the contract (`suite`).

use std::sync::Arc;

use crate::base::source::Source;
use crate::scenario::Suite;
use crate::scenario::model::Scenario;

/// The first scenarios, with so many bytes of text, wait as they were read.
const AS_READ: usize = 1024 * 1024;

/// A scenario until it is run.
#[derive(Debug)]
pub enum Waiting {
    /// As it was read.
    Read(Scenario),
    /// As it is written, which says all of it.
    Written {
        /// Its name.
        name: String,
        /// Its file.
        source: Arc<Source>,
    },
    /// It was taken.
    Taken,
}

impl From<Scenario> for Waiting {
    fn from(scenario: Scenario) -> Self {
        Self::Read(scenario)
    }
}

impl Waiting {
    /// The name, until the scenario is taken.
    pub fn name(&self) -> &str {
        match self {
            Self::Read(scenario) => &scenario.name,
            Self::Written { name, .. } => name,
            Self::Taken => "",
        }
    }

    /// The file, until the scenario is taken.
    pub(super) fn source(&self) -> Option<&Source> {
        match self {
            Self::Read(scenario) => Some(&scenario.source),
            Self::Written { source, .. } => Some(source),
            Self::Taken => None,
        }
    }

    /// The scenario, until it is taken; it shares what its file asks.
    pub(super) fn scenario(&self) -> Option<Scenario> {
        match self {
            Self::Read(scenario) => Some(scenario.clone()),
            Self::Written { name, source } => Suite::again(name, source),
            Self::Taken => None,
        }
    }

    /// The scenario, which can be had once.
    pub fn take(&mut self) -> Option<Scenario> {
        match std::mem::replace(self, Self::Taken) {
            Self::Read(scenario) => Some(scenario),
            Self::Written { name, source } => Suite::again(&name, &source),
            Self::Taken => None,
        }
    }
}

/// How much of what was read is held.
#[derive(Debug, Default)]
pub(super) struct Room {
    bytes: usize,
}

impl Room {
    /// Lets a scenario wait.
    pub(super) fn hold(&mut self, scenario: Scenario) -> Waiting {
        self.bytes += scenario.source.text.len();
        match scenario.is_self_contained && self.bytes > AS_READ {
            true => Waiting::Written { source: Arc::clone(&scenario.source), name: scenario.name },
            false => Waiting::Read(scenario),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(number: usize, more: &str) -> Scenario {
        let text = format!("scenario: Title {number}\nsteps:\n  - call: readUser\n    save: {{ a: /b }}\n{more}");
        let suite = Suite::from_text(format!("s{number}.yaml"), &text).expect("it is valid");
        suite.scenarios.into_iter().next().expect("there is one")
    }

    fn held(scenarios: impl IntoIterator<Item = Scenario>) -> Vec<Waiting> {
        let mut room = Room::default();
        scenarios.into_iter().map(|scenario| room.hold(scenario)).collect()
    }

    #[test]
    fn beyond_the_first_only_the_text_waits_and_is_read_as_before() {
        let padding = format!("# {}\n", "x".repeat(AS_READ / 2));
        let scenarios: Vec<Scenario> = (0..4).map(|number| scenario(number, &padding)).collect();
        let mut all = held(scenarios.clone());
        assert!(matches!(all[..], [Waiting::Read(_), Waiting::Written { .. }, Waiting::Written { .. }, ..]));
        for (waiting, known) in all.iter_mut().zip(&scenarios) {
            assert_eq!((waiting.name(), waiting.source()), (known.name.as_str(), Some(&*known.source)));
            let seen = waiting.scenario().expect("it is there");
            assert_eq!(format!("{seen:?}"), format!("{known:?}"));
            let taken = waiting.take().expect("it is there");
            assert_eq!(format!("{taken:?}"), format!("{known:?}"));
            assert!(waiting.take().is_none() && waiting.scenario().is_none());
        }
    }

    #[test]
    fn what_a_text_alone_does_not_say_waits_as_it_was_read() {
        let padding = format!("# {}\n", "x".repeat(AS_READ / 2));
        let rows = "for-each: [{ name: a }, { name: b }, { name: c }]\n";
        let text = format!("scenario: T\n{rows}steps:\n  - call: readUser\n{padding}");
        let mut all = held(Suite::from_text("r.yaml", &text).expect("it is valid").scenarios);
        let taken: Vec<String> = all.iter_mut().filter_map(Waiting::take).map(|scenario| scenario.name).collect();
        assert_eq!(taken, ["r#a", "r#b", "r#c"]);
    }
}
