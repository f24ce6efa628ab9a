//! Parts of a suite: together they are the whole, and an empty one is not an error.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Output;

use flowproof::record::ShardRecord;
use flowproof::record::journal::Journal;

use super::support::folder;
use crate::support::{journal, program, stderr, stdout};

fn flowproof(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    program().args(arguments).envs(environment.iter().copied()).output().expect("it runs")
}

fn listed(output: &Output) -> BTreeSet<String> {
    stdout(output).lines().map(str::to_owned).collect()
}

#[test]
fn parts_are_disjoint_and_together_the_whole() {
    let whole = listed(&flowproof(&["run", "--list"], &[]));
    let parts: Vec<_> =
        (1..=3).map(|part| listed(&flowproof(&["run", "--list", "--shard", &format!("{part}/3")], &[]))).collect();
    assert_eq!(parts.iter().map(BTreeSet::len).sum::<usize>(), whole.len());
    assert_eq!(parts.iter().flatten().cloned().collect::<BTreeSet<_>>(), whole);
    let least = whole.len() / 5;
    assert!(parts.iter().all(|part| part.len() > least), "one part has far too little");
    for (given, index) in [("auto/3", "1"), ("2/3", "0")] {
        let part = flowproof(&["run", "--list"], &[("FLOWPROOF_SHARD", given), ("JOB_COMPLETION_INDEX", index)]);
        assert_eq!(listed(&part), parts[1], "{given}");
    }
}

#[test]
fn a_part_says_in_its_journal_which_it_is_and_of_which_suite() {
    let (one, other) = (folder("shard-1"), folder("shard-2"));
    let run = |report: &PathBuf, shard: &str| {
        let report = report.display().to_string();
        flowproof(&["run", "cases/mfa/reading", "-q", "--shard", shard, "--report", &report], &[])
    };
    assert_eq!((run(&one, "1/2").status.code(), run(&other, "2/2").status.code()), (Some(0), Some(0)));
    let (one, other) = (journal(&one), journal(&other));
    assert_eq!(one.header().shard, Some(ShardRecord { index: 1, of: 2 }));
    assert_eq!(one.header().suite, other.header().suite);
    assert!(!one.header().suite.is_empty());
    let names = |journal: &Journal| journal.entries().iter().map(|entry| entry.name.clone()).collect::<BTreeSet<_>>();
    assert!(names(&one).is_disjoint(&names(&other)));
}

#[test]
fn a_part_without_scenarios_is_green_and_says_so_because_the_whole_is_judged_when_it_is_put_together() {
    let report = folder("shard-empty");
    let path = report.display().to_string();
    let cases = "cases/mfa/reading/as-begun.yaml";
    let run = |shard: &str| flowproof(&["run", cases, "-q", "--shard", shard, "--report", &path], &[]);
    let empty = (1..=2).map(|part| run(&format!("{part}/2"))).find(|run| !run.stderr.is_empty()).expect("one is empty");
    assert_eq!(empty.status.code(), Some(0));
    assert!(stderr(&empty).contains("note: none of 1 scenarios"));
}

#[test]
fn e10_nothing_chosen_is_never_green_whatever_chose_it() {
    let report = folder("e10").display().to_string();
    for arguments in
        [&["--filter", "no-such-scenario"][..], &["--tag", "no-such-tag"], &["--filter", "x/y/z", "--shard", "1/2"]]
    {
        let run = flowproof(&[&["run", "-q", "--report", &report], arguments].concat(), &[]);
        assert_eq!(run.status.code(), Some(4), "{arguments:?}");
        assert!(stderr(&run).contains("nothing to run"));
    }
}

#[test]
fn a_part_that_there_cannot_be_is_refused_before_anything_is_sent() {
    for (shard, index) in [("0/2", "0"), ("3/2", "0"), ("auto/2", "2"), ("auto/2", "x"), ("2", "0")] {
        let run = flowproof(&["run", "--list", "--shard", shard], &[("JOB_COMPLETION_INDEX", index)]);
        assert_eq!(run.status.code(), Some(2), "{shard}");
        assert!(run.stdout.is_empty());
    }
}
