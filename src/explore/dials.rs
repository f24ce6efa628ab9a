//! How to explore.

/// How to explore.
#[derive(Debug, Clone, Default)]
pub struct Dials {
    /// Only this lifecycle.
    pub lifecycle: Option<String>,
    /// The most requests.
    pub most_requests: Option<usize>,
    /// Whether the target can be asked for personas, so that it goes where a walk wants it to go.
    pub personas: bool,
    /// After how many steps that follow each other what is not permitted is tried again: 0, 1 or 2.
    pub depth: u8,
    /// Whether one long life follows.
    pub endurance: bool,
    /// Whether only requests of safe methods are sent.
    pub read_only: bool,
    /// Whether what may happen once is asked for several times at once.
    pub races: bool,
    /// What decides the order where nothing else does.
    pub seed: u64,
    /// Whether findings are left as they are.
    pub unshrunk: bool,
    /// Whether the first finding ends it.
    pub first_only: bool,
}

impl Dials {
    /// How walks are planned.
    pub(super) fn planning(&self) -> Planning {
        match self.depth {
            0 => Planning::Pairs,
            1 => Planning::Ways,
            _ => Planning::PairsOfWays,
        }
    }
}

/// How walks are planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Planning {
    /// Everything once.
    Pairs,
    /// What is not permitted in a state again after each way into it.
    Ways,
    /// The same after each two steps that lead into it.
    PairsOfWays,
    /// Nothing that ends a life.
    Endurance,
}
