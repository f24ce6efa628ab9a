//! Tables of wrong steps over the stand-in's machines, one at a time: exploring finds them.
//!
//! The tables are made from the contract: wrong targets, forbidden actions that are accepted, refusals that are counted wrong,
//! and steps that go wrong only after another. A sample runs always, all of them with `--ignored`.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use flowproof::contract::{Contract, Lifecycle};
use flowproof::explore::{self, Account, Dials};
use flowproof::record::ExitCode;
use flowproof::run::{Prepared, RunOptions, Silent, TargetChoice};
use flowproof::tenant::{self, Misstep, MisstepKind};

use crate::SUITE;

/// One in so many runs always.
const SAMPLE: usize = 97;

/// The kinds of tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Table {
    Targets,
    Forbidden,
    Counters,
    History,
}

/// A number that looks random and is the same for the same texts.
fn chosen(parts: &[&str]) -> usize {
    let mixed = parts
        .iter()
        .flat_map(|part| part.bytes())
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    usize::try_from(mixed >> 16).unwrap_or_default()
}

/// The name of an action as its media type has it.
fn action(contract: &Contract, operation: &str) -> Option<String> {
    let media_type = &contract.operation(operation)?.request.as_ref()?.media_type;
    let name = media_type.strip_prefix("application/vnd.pingidentity.")?;
    Some(name.trim_end_matches("+json").to_owned())
}

/// The accepted steps of a lifecycle: state, action, next state.
fn accepted(contract: &Contract, lifecycle: &Lifecycle) -> Vec<(String, String, String)> {
    let mut steps = Vec::new();
    for (state, known) in &lifecycle.states {
        for (operation, next) in &known.permits {
            let Some(action) = action(contract, operation) else { continue };
            steps.extend(next.success.iter().map(|to| (state.clone(), action.clone(), to.clone())));
        }
    }
    steps
}

/// A state other than those of a list.
fn other(lifecycle: &Lifecycle, not: &[&str], seed: &[&str]) -> String {
    let others: Vec<&String> = lifecycle.states.keys().filter(|state| !not.contains(&state.as_str())).collect();
    others[chosen(seed) % others.len()].clone()
}

fn missteps(contract: &Contract, table: Table) -> Vec<Misstep> {
    contract.lifecycles().iter().flat_map(|lifecycle| of_lifecycle(contract, lifecycle, table)).collect()
}

fn of_lifecycle(contract: &Contract, lifecycle: &Lifecycle, table: Table) -> Vec<Misstep> {
    let resource = lifecycle.name.clone();
    let misstep = |(state, action): (&str, &str), to: String, kind| Misstep {
        resource: resource.clone(),
        state: state.to_owned(),
        action: action.to_owned(),
        to,
        kind,
    };
    let mut steps = accepted(contract, lifecycle);
    match table {
        Table::Targets => {
            let wrong = steps.iter().map(|(state, action, to)| {
                let to = other(lifecycle, &[state, to], &[state, action, to]);
                misstep((state, action), to, MisstepKind::Misleads)
            });
            wrong.collect()
        }
        Table::Forbidden => {
            steps.sort();
            let mut actions: Vec<&str> = steps.iter().map(|(_, action, _)| action.as_str()).collect();
            actions.sort_unstable();
            actions.dedup();
            let pairs = lifecycle.states.keys().flat_map(|state| actions.iter().map(move |action| (state, *action)));
            let forbidden =
                pairs.filter(|(state, action)| !steps.iter().any(|(known, does, _)| known == *state && does == action));
            forbidden
                .map(|(state, action)| {
                    misstep((state, action), other(lifecycle, &[state], &[state, action]), MisstepKind::Accepts)
                })
                .collect()
        }
        Table::Counters => {
            let mut pairs: Vec<(String, String)> =
                steps.into_iter().map(|(state, action, _)| (state, action)).collect();
            pairs.dedup();
            let wrong = pairs.iter().flat_map(|(state, action)| {
                let to = other(lifecycle, &[state], &[state, action]);
                [misstep((state, action), to, MisstepKind::Miscounts(1))]
            });
            wrong.collect()
        }
        Table::History => {
            let pick = |at: usize| &steps[at % steps.len()];
            let wrong = steps.iter().enumerate().map(|(at, (state, action, to))| {
                let (earlier, done, _) = pick(chosen(&[state, action, to, "earlier"]) + at);
                let to = other(lifecycle, &[state, to], &[state, action, to, "after"]);
                let kind = MisstepKind::MisleadsAfter { state: earlier.clone(), action: done.clone() };
                misstep((state, action), to, kind)
            });
            wrong.collect()
        }
    }
}

static NUMBER: AtomicUsize = AtomicUsize::new(0);

/// Explores a stand-in with one wrong step.
pub(crate) fn explored(target: TargetChoice, dials: &Dials) -> (Account, ExitCode) {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("missteps").join(number.to_string());
    let options = RunOptions { target, seed: dials.seed, formats: Vec::new(), ..RunOptions::new(&folder) };
    let prepared = Prepared::new(Arc::clone(&SUITE.0), Vec::new(), options, Box::new(Silent));
    let persona = tenant::default_facts()["persona"].take();
    let account = explore::explore(&prepared, &SUITE.0, &SUITE.1, Some(&persona), dials).expect("the run can begin");
    let exit = prepared.finish().expect("the journal can be kept").exit;
    let _ = std::fs::remove_dir_all(folder);
    (account, exit)
}

/// What of a table is found: how many, of how many, and what is not.
fn found(table: Table, every: usize, dials: &Dials) -> (usize, usize, String) {
    let all = missteps(&SUITE.0, table);
    let (mut found, mut tried, mut missed) = (0, 0, String::new());
    for misstep in all.iter().skip(every / 2).step_by(every) {
        let dials = Dials { lifecycle: Some(misstep.resource.clone()), ..dials.clone() };
        let (account, _) = explored(TargetChoice::Misstepping(Box::new(misstep.clone())), &dials);
        tried += 1;
        match account.findings {
            0 => _ = writeln!(missed, "{misstep:?}"),
            _ => found += 1,
        }
    }
    println!("{table:?}: {found} of {tried} found, of {} in the table\n{missed}", all.len());
    (found, tried, missed)
}

pub(crate) fn quick() -> Dials {
    Dials { personas: true, unshrunk: true, first_only: true, ..Dials::default() }
}

#[test]
fn wrong_steps_are_found_wherever_they_are_planted() {
    for table in [Table::Targets, Table::Forbidden, Table::Counters] {
        let (found, tried, missed) = found(table, SAMPLE, &quick());
        assert_eq!(found, tried, "{table:?}: {missed}");
    }
}

#[test]
#[ignore = "takes minutes: every wrong step is planted"]
fn every_wrong_step_is_found() {
    for (table, least) in
        [(Table::Targets, 0.99), (Table::Forbidden, 0.99), (Table::Counters, 1.0), (Table::History, 0.55)]
    {
        let (found, tried, missed) = found(table, 1, &quick());
        assert!(found as f64 >= least * tried as f64, "{table:?}: {found} of {tried}\n{missed}");
    }
    let (found, tried, _) = found(Table::History, 1, &Dials { depth: 1, endurance: true, ..quick() });
    assert!(found as f64 >= 0.9 * tried as f64, "with endurance: {found} of {tried}");
}

#[test]
#[ignore = "takes minutes: a hundred explorations"]
fn nothing_is_found_where_nothing_is_wrong_whatever_the_seed() {
    for seed in 0..100 {
        let (account, exit) = explored(TargetChoice::Embedded, &Dials { personas: true, seed, ..Dials::default() });
        assert_eq!((account.findings, exit), (0, ExitCode::Held), "seed {seed}");
    }
}

#[test]
#[ignore = "takes minutes: a sample of wrong steps is made small"]
fn what_is_found_is_made_small() {
    let (mut steps, mut requests, mut reliable, mut all) = (Vec::new(), Vec::new(), 0, 0);
    for table in [Table::Targets, Table::Forbidden, Table::History] {
        for misstep in missteps(&SUITE.0, table).iter().step_by(23) {
            let dials = Dials { lifecycle: Some(misstep.resource.clone()), unshrunk: false, ..quick() };
            let (account, _) = explored(TargetChoice::Misstepping(Box::new(misstep.clone())), &dials);
            for found in account.lifecycles.iter().flat_map(|one| &one.found) {
                steps.push(found.steps);
                requests.push(found.requests);
                (reliable, all) = (reliable + usize::from(found.failed == 3), all + 1);
            }
        }
    }
    steps.sort_unstable();
    requests.sort_unstable();
    let at = |list: &[usize], share: usize| list.get(list.len() * share / 100).copied().unwrap_or_default();
    println!(
        "{all} made small: steps {} (p95 {}), requests {} (p95 {}), reliable {reliable}",
        at(&steps, 50),
        at(&steps, 95),
        at(&requests, 50),
        at(&requests, 95)
    );
    assert!(at(&steps, 50) <= 4 && reliable * 100 >= all * 99, "{steps:?}");
}
