//! Exchanges skipped, repeated, reordered, and moved after a final state.

use super::{Family, Kind};
use crate::checks::{Observation, at};
use crate::contract::{Contract, Lifecycle};
use crate::judge::audit::act::{Change, Mutant};
use crate::judge::audit::scene::View;
use crate::judge::audit::trace::{Step, is_lawful, steps};
use crate::judge::audit::worth::{LAWFUL, NO_LIFECYCLE, Worth};

/// The family.
pub const FAMILY: Family = Family {
    id: "sequence",
    kinds: &[
        Kind("exchange-skipped", "an exchange is missing, so that a state is skipped"),
        Kind("exchange-repeated", "an exchange occurs twice in a row"),
        Kind("exchange-swapped", "two neighbouring exchanges change places"),
        Kind("exchange-late", "an exchange occurs again at the end, also after a final state"),
    ],
    breed,
};

fn breed(view: &View<'_>, tell: &mut dyn FnMut(Mutant)) {
    let last = view.history.len() - 1;
    let mut changes = vec![("exchange-repeated", Change::Repeated)];
    if view.at < last {
        changes.push(("exchange-skipped", Change::Skipped));
        changes.push(("exchange-swapped", Change::Swapped(view.at + 1)));
        changes.push(("exchange-late", Change::Again));
    }
    for (kind, change) in changes {
        let worth = worth(view, &change);
        tell(Mutant { kind, place: "sequence".into(), change, worth, onwards: true });
    }
}

/// The order of the exchanges after a change.
pub fn order(count: usize, at: usize, change: &Change) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    match change {
        Change::Skipped => _ = order.remove(at),
        Change::Repeated => order.insert(at, at),
        Change::Swapped(other) => order.swap(at, *other),
        Change::Again => order.push(at),
        _ => {}
    }
    order
}

/// The changed sequence is held against the lifecycle of every resource that a moved exchange is about.
fn worth(view: &View<'_>, change: &Change) -> Worth {
    let moved = match change {
        Change::Swapped(other) => vec![view.at, *other],
        _ => vec![view.at],
    };
    let order = order(view.history.len(), view.at, change);
    let about = moved.iter().filter_map(|at| view.history[*at].subject(view.contract));
    let mut resources: Vec<(&Lifecycle, String)> = about.collect();
    resources.dedup();
    if resources.is_empty() {
        return Worth::Equivalent(NO_LIFECYCLE);
    }
    let breach = resources.iter().any(|(lifecycle, id)| !stays_lawful(view, lifecycle, id, &order));
    Worth::breach_if(breach, LAWFUL)
}

fn stays_lawful(view: &View<'_>, lifecycle: &Lifecycle, id: &str, order: &[usize]) -> bool {
    let known = steps(view.contract, view.history, lifecycle, id);
    let moved: Vec<Step<'_>> =
        order.iter().filter_map(|at| known.iter().find(|step| step.at == *at).copied()).collect();
    is_lawful(lifecycle, &moved) && times_go_forwards(view.contract, lifecycle, view.history, &moved)
}

/// Whether the times that never go back still do not.
fn times_go_forwards(contract: &Contract, lifecycle: &Lifecycle, history: &[Observation], steps: &[Step<'_>]) -> bool {
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
