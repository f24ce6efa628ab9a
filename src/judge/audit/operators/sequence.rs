//! Exchanges skipped, repeated, reordered, and moved after a final state.

use super::family::{Family, Operator};
use crate::checks::{Observation, at};
use crate::contract::{Contract, Lifecycle};
use crate::judge::audit::class::{LAWFUL, MutantClass, NO_LIFECYCLE};
use crate::judge::audit::lifecycle_oracle::{LifecycleStep, is_lawful, steps};
use crate::judge::audit::mutant::{Mutant, Mutation};
use crate::judge::audit::original::Original;

/// The family.
pub(crate) const FAMILY: Family = Family {
    id: "sequence",
    operators: &[
        Operator("exchange-skipped", "an exchange is missing, so that a state is skipped"),
        Operator("exchange-repeated", "an exchange occurs twice in a row"),
        Operator("exchange-swapped", "two neighbouring exchanges change places"),
        Operator("exchange-late", "an exchange occurs again at the end, also after a final state"),
    ],
    mutate,
};

fn mutate(original: &Original<'_>, emit: &mut dyn FnMut(Mutant)) {
    let last = original.history.len() - 1;
    let mut changes = vec![("exchange-repeated", Mutation::Repeated)];
    if original.at < last {
        changes.push(("exchange-skipped", Mutation::Skipped));
        changes.push(("exchange-swapped", Mutation::Swapped(original.at + 1)));
        changes.push(("exchange-late", Mutation::Again));
    }
    for (operator, change) in changes {
        let class = class(original, &change);
        emit(Mutant { operator, place: "sequence".into(), change, class, onwards: true });
    }
}

/// The order of the exchanges after a change.
pub(crate) fn order(count: usize, at: usize, change: &Mutation) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    match change {
        Mutation::Skipped => _ = order.remove(at),
        Mutation::Repeated => order.insert(at, at),
        Mutation::Swapped(other) => order.swap(at, *other),
        Mutation::Again => order.push(at),
        _ => {}
    }
    order
}

/// The changed sequence is held against the lifecycle of every resource that a moved exchange is about.
fn class(original: &Original<'_>, change: &Mutation) -> MutantClass {
    let moved = match change {
        Mutation::Swapped(other) => vec![original.at, *other],
        _ => vec![original.at],
    };
    let order = order(original.history.len(), original.at, change);
    let about = moved.iter().filter_map(|at| original.history[*at].subject(original.contract));
    let mut resources: Vec<(&Lifecycle, String)> = about.collect();
    resources.dedup();
    if resources.is_empty() {
        return MutantClass::Equivalent(NO_LIFECYCLE);
    }
    let breach = resources.iter().any(|(lifecycle, id)| !stays_lawful(original, lifecycle, id, &order));
    MutantClass::breach_if(breach, LAWFUL)
}

fn stays_lawful(original: &Original<'_>, lifecycle: &Lifecycle, id: &str, order: &[usize]) -> bool {
    let known = steps(original.contract, original.history, lifecycle, id);
    let moved: Vec<LifecycleStep<'_>> =
        order.iter().filter_map(|at| known.iter().find(|step| step.at == *at).copied()).collect();
    is_lawful(lifecycle, &moved) && times_go_forwards(original.contract, lifecycle, original.history, &moved)
}

/// Whether the times that never go back still do not.
fn times_go_forwards(
    contract: &Contract,
    lifecycle: &Lifecycle,
    history: &[Observation],
    steps: &[LifecycleStep<'_>],
) -> bool {
    let shown: Vec<&Observation> =
        steps.iter().map(|step| &history[step.at]).filter(|seen| seen.resource(contract).is_some()).collect();
    let times = [&lifecycle.times.updated, &lifecycle.times.expires];
    times.into_iter().flatten().all(|pointer| {
        let mut texts = shown.iter().map(|seen| seen.body.value().and_then(|body| at(body, pointer)?.as_str()));
        let mut before = texts.next().flatten();
        texts.all(|text| {
            let forwards = before.zip(text).is_none_or(|(before, text)| before <= text);
            before = text;
            forwards
        })
    })
}
