//! A walk: the life of one resource, step by step.
//!
//! Deliberately not here: which steps are worth taking ([`super::tour`]), and how they are written ([`super::text`]).

use super::input::{Cast, Input};
use super::inputs::Nudge;
use super::machine::{Item, Machine};
use super::negatives::Negative;
use crate::scenario::model::PushAnswer;

/// A walk: the life of one resource.
#[derive(Debug, Clone)]
pub(crate) struct Walk<'c> {
    pub(crate) machine: Machine<'c>,
    /// Whom it is about, where no persona takes the part.
    pub(crate) cast: Cast,
    /// The states that it goes through.
    pub(crate) path: Vec<&'c str>,
    pub(crate) steps: Vec<WalkStep<'c>>,
}

/// One step of a walk.
#[derive(Debug, Clone)]
pub(crate) struct WalkStep<'c> {
    /// What it tries.
    pub(crate) item: Option<Item<'c>>,
    pub(crate) does: Does,
    /// What must come of it.
    pub(crate) expects: Expects<'c>,
}

/// What a step does.
#[derive(Debug, Clone)]
pub(crate) enum Does {
    /// Sends a request that is not about the resource.
    Prepare(Input),
    /// Begins the resource.
    Begin(Input),
    /// Acts on it.
    Act(Input),
    /// Acts on it so often at once, while somebody may answer a push.
    Together(Input, u32, Option<PushAnswer>),
    /// Sends what is not about it so often at once.
    Rush(Input, u32),
    /// Looks at it.
    Read,
    /// Has something happen beside requests.
    Nudge(Nudge),
}

/// What must come of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expects<'c> {
    /// Nothing beyond the contract.
    Anything,
    /// It is accepted.
    Success,
    /// It is accepted, and this is the state.
    State(&'c str),
    /// It is refused.
    Refusal,
    /// It is refused, for what it breaks.
    RefusalOf(Negative),
}

impl Does {
    /// How many requests that is.
    fn requests(&self) -> usize {
        match self {
            Self::Nudge(_) => 0,
            Self::Together(_, times, _) | Self::Rush(_, times) => usize::try_from(*times).unwrap_or(usize::MAX),
            _ => 1,
        }
    }
}

impl<'c> WalkStep<'c> {
    /// A request that saves something.
    pub(crate) fn preparing(input: &Input) -> Self {
        Self { item: None, does: Does::Prepare(input.clone()), expects: Expects::Anything }
    }

    fn input(&self) -> Option<&Input> {
        match &self.does {
            Does::Prepare(input)
            | Does::Begin(input)
            | Does::Act(input)
            | Does::Together(input, ..)
            | Does::Rush(input, _) => Some(input),
            Does::Read | Does::Nudge(_) => None,
        }
    }

    /// Whether it sends a value that the schema allows and that is wrong.
    fn is_wrong_try(&self) -> bool {
        match (&self.does, self.item) {
            (Does::Act(_), None) => matches!(self.expects, Expects::Anything | Expects::Refusal),
            (Does::Act(input), Some(Item::Refused(..))) => !input.invalid,
            (Does::Together(..), Some(Item::Race(from, _, to))) => from == to,
            _ => false,
        }
    }

    /// The names that it saves.
    pub(crate) fn saves(&self) -> impl Iterator<Item = String> + use<> {
        self.input().map(|input| input.saves.keys().cloned().collect::<Vec<_>>()).unwrap_or_default().into_iter()
    }

    /// The names that it needs to be saved.
    pub(crate) fn all_needs(&self) -> Vec<String> {
        self.input().map(|input| input.needs.iter().cloned().collect()).unwrap_or_default()
    }

    pub(crate) fn needs(&self, name: &String) -> bool {
        self.input().is_some_and(|input| input.needs.contains(name))
    }
}

impl<'c> Walk<'c> {
    pub(super) fn new(machine: Machine<'c>, cast: Cast) -> Self {
        Self { machine, cast, path: Vec::new(), steps: Vec::new() }
    }

    /// The walk that takes these steps.
    pub(crate) fn of(machine: Machine<'c>, cast: Cast, steps: Vec<WalkStep<'c>>) -> Self {
        let path = steps.iter().filter_map(|step| step.item?.moves_to()).collect();
        Self { machine, cast, path, steps }
    }

    /// Leaves out what would be more than so many requests.
    pub(super) fn cut_off(&mut self, most: usize) {
        let mut requests = 0;
        let fits = |step: &WalkStep<'_>| {
            requests += step.does.requests();
            requests <= most
        };
        let kept = self.steps.iter().map(fits).take_while(|fits| *fits).count();
        self.steps.truncate(kept);
    }

    /// How many values it sends that are wrong, so that each may be counted.
    pub(crate) fn wrong_tries(&self) -> usize {
        self.steps.iter().filter(|step| step.is_wrong_try()).map(|step| step.does.requests()).sum()
    }

    /// Whether wrong values may add up, so that somebody is locked.
    pub(crate) fn may_lock(&self) -> bool {
        self.wrong_tries() > 1
    }

    /// How many requests it sends.
    pub(crate) fn requests(&self) -> usize {
        self.steps.iter().map(|step| step.does.requests()).sum()
    }
}
