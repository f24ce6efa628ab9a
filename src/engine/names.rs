//! What decides everything that is made up in a run: its seed, and for a lasting target its id.

use uuid::Uuid;

/// Decides everything that is made up in a run.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    seed: Uuid,
    prefix: String,
}

impl Names {
    /// Names that follow from the seed; for a target that outlasts the run from the run's id as well, so that two runs never
    /// make the same (K03).
    pub(crate) fn new(seed: u64, run: Option<&str>) -> Self {
        let seed = Uuid::from_u64_pair(seed, 0);
        let seed = run.map_or(seed, |run| Uuid::new_v5(&seed, run.as_bytes()));
        let prefix = Uuid::new_v5(&seed, b"prefix").simple().to_string()[..6].to_owned();
        Self { seed, prefix }
    }

    /// What every unique name of the run begins with.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// What decides the names of one attempt at a scenario.
    pub(super) fn of(&self, scenario: &str, attempt: usize) -> Uuid {
        let seed = Uuid::new_v5(&self.seed, scenario.as_bytes());
        if attempt == 0 { seed } else { Uuid::new_v5(&seed, &attempt.to_be_bytes()) }
    }

    /// The id of the trace that one attempt at a scenario is.
    pub(super) fn trace(&self, scenario: &str, attempt: usize) -> u128 {
        Uuid::new_v5(&self.of(scenario, attempt), b"trace").as_u128()
    }
}
