//! A scenario as a whole.
//!
//! Deliberately not here: how it is found and put together ([`crate::scenario::load`]).

use std::ops::Deref;
use std::sync::Arc;

use super::step::{Call, Step};
use super::value::{Binding, Json};
use crate::base::digest::of_texts;
use crate::base::source::{Source, Spanned};
use crate::record::Level;

/// One behaviour to prove, by its name. It reads as what its file asks, which all rows of data share.
#[derive(Debug, Clone, Default)]
pub struct Scenario {
    /// The unique name: the path below the suite's folder without its ending, and `#row` for a row of data.
    pub name: String,
    /// The row of data, rendered before everything else and then available as `row.…`.
    pub row: Option<Json>,
    /// What is asked.
    pub behaviour: Arc<Behaviour>,
}

impl Deref for Scenario {
    type Target = Behaviour;

    fn deref(&self) -> &Behaviour {
        &self.behaviour
    }
}

/// What a scenario's file asks, step by step.
#[derive(Debug, Clone, Default)]
pub struct Behaviour {
    /// The file.
    pub source: Arc<Source>,
    /// Whether the file alone says all that is asked: nothing is put in from fragments, and there are no rows.
    pub is_self_contained: bool,
    /// The title.
    pub title: Spanned<String>,
    /// Why the scenario exists.
    pub why: Option<Spanned<String>>,
    /// Ids of the requirements it covers.
    pub covers: Vec<Spanned<String>>,
    /// Tags to select by.
    pub tags: Vec<Spanned<String>>,
    /// Facts that the target must supply.
    pub needs: Vec<Spanned<String>>,
    /// The states that the resources of the persona are to go through, where the target can be asked for one.
    pub persona: Vec<Spanned<String>>,
    /// Levels of checks, for this scenario only.
    pub levels: Vec<(Spanned<String>, Spanned<Level>)>,
    /// Variables, rendered once before the first step, in order.
    pub bindings: Vec<Binding>,
    /// The steps, fragments not yet put in their place.
    pub steps: Vec<Step>,
    /// What is done when all is over, however it ended.
    pub cleanup: Vec<Step>,
    /// The states that the resources must have gone through.
    pub sequence: Option<StateSequence>,
    /// The status codes of all calls, in order.
    pub statuses: Option<Spanned<Vec<u16>>>,
}

impl Behaviour {
    /// All steps in order, those of the cleanup last.
    pub fn all_steps(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().chain(&self.cleanup)
    }

    /// The calls in order, without those of the cleanup.
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        self.steps.iter().filter_map(Step::call)
    }

    /// How many things are asked for beyond the contract. A scenario that asks for less than it did has become weaker.
    pub fn demands(&self) -> usize {
        let sequences = match &self.sequence {
            None => 0,
            Some(StateSequence::Only(_)) => 1,
            Some(StateSequence::ByVariable(each)) => each.len(),
        };
        self.calls().map(Call::demands).sum::<usize>() + sequences + usize::from(self.statuses.is_some())
    }
}

impl Scenario {
    /// SHA-256 of what is asked, in lower-case hex: the file, the row of data and the fragments that the steps come from.
    pub fn digest(&self) -> String {
        of_texts([self.name.as_str()].into_iter().chain(self.texts()))
    }

    /// What it is written in, its file and the fragments that it uses: each text once, however many steps are in it.
    pub(crate) fn texts(&self) -> Vec<&str> {
        let mut texts = vec![self.source.text.as_str()];
        for step in self.all_steps() {
            let text = step.span.source.text.as_str();
            if !texts.iter().any(|known| std::ptr::eq(*known, text)) {
                texts.push(text);
            }
        }
        texts
    }
}

/// A list of states, and where it is written.
pub type States = Spanned<Vec<Spanned<String>>>;

/// The states that resources must have gone through.
#[derive(Debug, Clone)]
pub enum StateSequence {
    /// Of the only resource.
    Only(States),
    /// Of several, by the saved variable that holds the id.
    ByVariable(Vec<(Spanned<String>, States)>),
}
