//! Which class of negative a pair of state and action meets: as in a Latin square each action meets as many classes as it can,
//! and so does each state, in no more requests than there are pairs.
//!
//! Not every operation can be sent every class, so that the square is filled cell by cell, each with the class that is due.
//! Deliberately not here: what the classes break (`negatives`).

use std::collections::BTreeMap;

use super::input::{Cast, Input};
use super::inputs::Inputs;
use super::machine::{Item, Machine};
use super::negatives::{Known, Negative};
use crate::contract::{Contract, Operation};

/// One negative for each state and each action that is permitted there; looking is always permitted.
pub(super) fn negatives<'c>(machine: Machine<'c>, inputs: &Inputs, contract: &Contract) -> BTreeMap<Item<'c>, Input> {
    let read = machine.lifecycle.read.as_str();
    let actions: Vec<&str> = machine.actions().into_iter().chain([read]).collect();
    let looks = Input { operation: read.to_owned(), ..Input::default() };
    let mut square = Square { known: Known { contract, strangers: inputs.has_strangers }, read, met: BTreeMap::new() };
    let mut negatives = BTreeMap::new();
    for state in machine.lifecycle.states.keys() {
        let permitted = actions.iter().copied().filter(|action| *action == read || machine.permits(state, action));
        for action in permitted {
            let right = if action == read { Some(looks.clone()) } else { inputs.to_break(action) };
            let Some((right, operation)) = right.zip(contract.operation(action)) else { continue };
            let of_values = action != read && inputs.refused(action, &Cast::default()).is_none();
            if let Some((class, broken)) = square.fill((state, action), of_values, &right, operation) {
                negatives.insert(Item::Negative(state, action, class), broken);
            }
        }
    }
    negatives
}

/// A square that is being filled.
struct Square<'c> {
    known: Known<'c>,
    read: &'c str,
    /// How often a class was met: by an action, in a state, by all that look or by all that act.
    met: BTreeMap<(Negative, String), usize>,
}

impl Square<'_> {
    /// The class that is due in a cell: where no wrong value of an action is known, one that breaks a value.
    fn fill(
        &mut self,
        (state, action): (&str, &str),
        of_values: bool,
        right: &Input,
        operation: &Operation,
    ) -> Option<(Negative, Input)> {
        let all = if action == self.read { "look" } else { "act" };
        let lists = [action, all, state];
        let met =
            |class: Negative| lists.map(|list| self.met.get(&(class, list.to_owned())).copied().unwrap_or_default());
        let mut classes = Negative::ALL.to_vec();
        classes.sort_by_key(|class| (class.is_of_values() != of_values, met(*class)));
        let found = classes.into_iter().find_map(|class| Some((class, class.applied(right, operation, &self.known)?)));
        let (class, broken) = found?;
        lists.iter().for_each(|list| *self.met.entry((class, (*list).to_owned())).or_default() += 1);
        Some((class, broken))
    }
}
