//! The plan before, and the tables after, as people read them in 80 columns. There is no secret in any of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use strum::IntoEnumIterator;

use super::made::Made;
use super::needs::Needs;
use super::plan::{Plan, PlannedUser};
use super::teardown::Found;
use super::thing::Kind;
use crate::base::text::{counted, indented, visible};

/// How wide a line becomes.
const WIDTH: usize = 80;
/// Where what belongs to a line begins on those below it.
const INDENT: usize = 8;

/// What would be made, and what would be skipped all the same.
pub(crate) fn plan_table(plan: &Plan, needs: &Needs, target: &str, all: usize) -> String {
    let mut text = format!("{target}, run {}: for {} of {all} scenarios\n\n", plan.run.id(), needs.scenarios);
    for kind in Kind::iter().filter(|kind| plan.count(*kind) > 0) {
        let names = plan.things.iter().filter(|thing| thing.kind == kind).map(|thing| thing.thing.as_str());
        text += &line(&kind.counted(plan.count(kind)), &names.collect::<Vec<_>>().join(", "));
    }
    text += &line(&counted(plan.users.len(), "user"), &roles(&plan.users));
    text += &line(&counted(plan.devices(), "device"), "");
    if !needs.lacks.is_empty() {
        text += "\nskipped, because nothing can be made for them:\n";
        let mut lacks: Vec<(&String, &usize)> = needs.lacks.iter().collect();
        lacks.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        for (lack, count) in lacks {
            let _ = writeln!(text, "{count:>6}  {}", indented(&visible(lack), WIDTH, INDENT));
        }
    }
    text
}

fn line(counted: &str, names: &str) -> String {
    let names = if names.is_empty() { String::new() } else { format!(": {names}") };
    format!("  {}\n", indented(&format!("{counted}{names}"), WIDTH, INDENT))
}

/// The roles with how many users each has, those who may be used up among them.
fn roles(users: &[PlannedUser]) -> String {
    let mut roles: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for user in users {
        let (all, expendable) = roles.entry(user.persona.role).or_default();
        *all += 1;
        *expendable += usize::from(user.expendable);
    }
    let told = roles.into_iter().map(|(role, (all, expendable))| match expendable {
        0 => format!("{role} × {all}"),
        _ => format!("{role} × {all} ({expendable} to be used up)"),
    });
    told.collect::<Vec<_>>().join(", ")
}

/// What is there now, and what it took.
pub(crate) fn made_table(made: &Made, requests: usize, facts: &str) -> String {
    let mut text = String::from("\n");
    for kind in Kind::iter() {
        for ((_, thing), there) in made.things.iter().filter(|((known, _), _)| *known == kind) {
            let id = visible(there["id"].as_str().unwrap_or_default()).into_owned();
            let _ = writeln!(text, "  {:<18} {thing:<20} {id}", kind.noun());
        }
    }
    let users: Vec<PlannedUser> = made.users.iter().map(|user| user.planned.clone()).collect();
    text += &line(&counted(users.len(), "user"), &roles(&users));
    let tally = made.tally;
    let _ = writeln!(
        text,
        "\n{} made, {} kept, {} mended, in {}; the facts are in {facts}",
        tally.made,
        tally.kept,
        tally.mended,
        counted(requests, "request"),
    );
    text
}

/// What there is of ours.
pub(crate) fn found_table(found: &Found) -> String {
    let mut text = String::new();
    for (run, remains) in &found.0 {
        let since = remains.since.map(|since| since.format("%Y-%m-%d %H:%M UTC").to_string());
        let since = since.unwrap_or_else(|| "nobody knows when".into());
        let mut nouns: BTreeMap<&str, usize> = BTreeMap::new();
        remains.things.iter().for_each(|thing| *nouns.entry(thing.noun).or_default() += 1);
        let nouns: Vec<String> = nouns.into_iter().map(|(noun, count)| format!("{noun} × {count}")).collect();
        let _ = writeln!(text, "run {run}, made {since}\n  {}", indented(&nouns.join(", "), WIDTH, 2));
        for thing in remains.things.iter().filter(|thing| thing.noun != "user") {
            let _ = writeln!(text, "    {:<20} {}", thing.noun, visible(&thing.name));
        }
    }
    if text.is_empty() { "nothing that provision made is there\n".into() } else { text }
}

/// What is gone.
pub(crate) fn removed_table(removed: usize, requests: usize) -> String {
    format!("{} removed, in {}\n", counted(removed, "thing"), counted(requests, "request"))
}
