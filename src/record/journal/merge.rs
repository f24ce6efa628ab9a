//! Unites the journals of a suite that was split: one journal, as if the suite had been run in one piece.
//!
//! Refused is whatever would make the united verdict a lie: a part that is missing, there twice, unfinished, or made from
//! another suite, contract or tool. Deliberately not here: choosing what a part runs, and where the journal is written.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::error::JournalError;
use super::index::ScenarioEntry;
use super::line::{JournalLine, append};
use super::reader::Journal;
use crate::base::digest::Digesting;
use crate::record::{Counts, ExitCode, Footer, Header};

/// A journal to unite, and what people call it.
pub(crate) struct JournalPart {
    /// The file, as it was given.
    pub name: String,
    /// Its content.
    pub journal: Journal,
}

/// Why journals cannot be united.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MergeError {
    /// They do not belong together; every reason by itself.
    #[error("{}", .0.join("\n"))]
    Apart(Vec<String>),
    /// One of them cannot be read.
    #[error("{0}: {1}")]
    Unread(String, JournalError),
    /// The united journal cannot be written.
    #[error(transparent)]
    Write(#[from] io::Error),
}

/// Writes the journal of all parts together, and gives its footer. What the whole does not reach of what it must reach
/// is for others to find out.
///
/// # Errors
/// When they do not belong together, one cannot be read, or the journal cannot be written.
pub(crate) fn merge(parts: &[JournalPart], uncovered: Vec<String>, out: &mut impl Write) -> Result<Footer, MergeError> {
    let problems = apart(parts);
    let [first, ..] = parts else { return Err(MergeError::Apart(vec!["there is nothing to unite".into()])) };
    if !problems.is_empty() {
        return Err(MergeError::Apart(problems));
    }
    let out = &mut Digesting::new(out);
    append(out, &JournalLine::Header(Box::new(header(first, parts))))?;
    let mut entries: Vec<(&ScenarioEntry, &JournalPart)> =
        parts.iter().flat_map(|part| part.journal.entries().iter().map(move |entry| (entry, part))).collect();
    entries.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
    for (index, (entry, part)) in entries.into_iter().enumerate() {
        let unread = |error| MergeError::Unread(part.name.clone(), error);
        let mut record = part.journal.record(entry).map_err(unread)?;
        record.index = index;
        append(out, &JournalLine::Scenario(Box::new(record)))?;
    }
    let footer = Footer { digest: out.digest(), ..footer(parts, uncovered) };
    append(out, &JournalLine::Footer(footer.clone()))?;
    Ok(footer)
}

fn apart(parts: &[JournalPart]) -> Vec<String> {
    let mut problems: Vec<String> = parts.iter().filter_map(unfinished).collect();
    problems.extend(gaps(parts));
    let differ = |what: &str, of: &dyn Fn(&Header) -> String| {
        let kinds: BTreeSet<String> = parts.iter().map(|part| of(part.journal.header())).collect();
        (kinds.len() > 1).then(|| format!("the journals have {what} that differ: {}", list(kinds)))
    };
    problems.extend(differ("tools", &|header| header.tool.clone()));
    problems.extend(differ("contracts", &|header| header.contract.digest.clone()));
    problems.extend(differ("suites", &|header| header.suite.clone()));
    problems.extend(differ("targets", &|header| header.target.name.clone()));
    problems.extend(levels(parts));
    problems.extend(differ("planted faults", &|header| list(header.faults.iter().cloned())));
    problems.extend(differ("choices of scenarios", &|header| list(header.chosen_by.iter().cloned())));
    problems.extend(doubled(parts));
    problems
}

/// The checks whose levels differ, each with its levels.
fn levels(parts: &[JournalPart]) -> Option<String> {
    let mut of: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for part in parts {
        let levels = part.journal.header().configuration.get("levels").and_then(Value::as_object);
        for (check, level) in levels.into_iter().flatten() {
            of.entry(check).or_default().insert(level.as_str().unwrap_or_default().to_owned());
        }
    }
    let differing = of.into_iter().filter(|(_, levels)| levels.len() > 1);
    let described: Vec<String> = differing.map(|(check, levels)| format!("{check} ({})", list(levels))).collect();
    (!described.is_empty()).then(|| format!("the journals have levels of checks that differ: {}", list(described)))
}

fn unfinished(part: &JournalPart) -> Option<String> {
    match part.journal.footer() {
        None => Some(format!("{}: the run did not finish", part.name)),
        Some(Footer { ended_early: Some(why), .. }) => Some(format!("{}: the run ended early: {why}", part.name)),
        Some(_) => None,
    }
}

/// Parts that are missing, there twice, or no parts at all.
fn gaps(parts: &[JournalPart]) -> Vec<String> {
    let mut problems = Vec::new();
    let mut seen: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    let mut sizes = BTreeSet::new();
    for part in parts {
        match part.journal.header().shard {
            None => {
                problems.push(format!("{}: it is not a shard; only runs with --shard K/N can be merged", part.name))
            }
            Some(shard) => {
                sizes.insert(shard.of);
                seen.entry(shard.index).or_default().push(&part.name);
            }
        }
    }
    if sizes.len() > 1 {
        problems.push(format!("the suite was split into {} parts", list(sizes.iter().map(ToString::to_string))));
    }
    for (index, names) in seen.iter().filter(|(_, names)| names.len() > 1) {
        let different: BTreeSet<String> = names.iter().map(ToString::to_string).collect();
        let named = if different.len() == 1 { "the same journal was given twice" } else { "several journals have it" };
        problems.push(format!("shard {index} occurs {} times; {named}: {}", names.len(), list(different)));
    }
    let of = sizes.last().copied().unwrap_or_default();
    let missing: Vec<String> =
        (1..=of).filter(|index| !seen.contains_key(index)).map(|index| index.to_string()).collect();
    if !missing.is_empty() {
        problems.push(format!("shard {} of {of} is missing", list(missing)));
    }
    problems
}

/// Scenarios that more than one part ran.
fn doubled(parts: &[JournalPart]) -> Vec<String> {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    let mut problems = Vec::new();
    for (entry, part) in parts.iter().flat_map(|part| part.journal.entries().iter().map(move |entry| (entry, part))) {
        if let Some(other) = seen.insert(&entry.name, &part.name).filter(|other| *other != part.name) {
            problems.push(format!("`{}` is in {other} and in {}", entry.name, part.name));
        }
    }
    problems.truncate(10);
    problems
}

fn list(texts: impl IntoIterator<Item = String>) -> String {
    texts.into_iter().collect::<Vec<_>>().join(", ")
}

fn header(first: &JournalPart, parts: &[JournalPart]) -> Header {
    let headers = || parts.iter().map(|part| part.journal.header());
    let mut ids: Vec<&str> = headers().map(|header| header.run_id.as_str()).collect();
    ids.sort_unstable();
    let notes: BTreeSet<String> = headers().flat_map(|header| header.notes.iter().cloned()).collect();
    let whole: BTreeSet<Option<&String>> = headers().map(|header| header.whole_run.as_ref()).collect();
    let first = first.journal.header();
    Header {
        run_id: Uuid::new_v5(&Uuid::NAMESPACE_URL, ids.join(" ").as_bytes()).to_string(),
        started_at: headers().map(|header| header.started_at).min().unwrap_or(first.started_at),
        scenarios: headers().map(|header| header.scenarios).sum(),
        shard: None,
        whole_run: first.whole_run.clone().filter(|_| whole.len() == 1),
        notes: notes.into_iter().chain([format!("united from {} shards", parts.len())]).collect(),
        ..first.clone()
    }
}

fn footer(parts: &[JournalPart], uncovered: Vec<String>) -> Footer {
    let counts: Counts = parts.iter().map(|part| part.journal.counts()).sum();
    let footers: Vec<&Footer> = parts.iter().filter_map(|part| part.journal.footer()).collect();
    let started = parts.iter().map(|part| part.journal.header().started_at).min().unwrap_or_default();
    let finished: DateTime<Utc> = footers.iter().map(|footer| footer.finished_at).max().unwrap_or_default();
    let took = finished.signed_duration_since(started).num_microseconds().unwrap_or_default();
    let notes: BTreeSet<String> = footers.iter().flat_map(|footer| footer.notes.iter().cloned()).collect();
    // A shard may have had nothing to run; the whole had.
    let codes = footers.iter().filter_map(|footer| ExitCode::from_code(footer.exit_code));
    let codes = codes.filter(|code| *code != ExitCode::NothingChecked);
    let covered = if uncovered.is_empty() { ExitCode::Held } else { ExitCode::Violated };
    Footer {
        finished_at: finished,
        duration_us: u64::try_from(took).unwrap_or_default(),
        counts,
        exit_code: codes.fold(counts.exit_code(), ExitCode::max).max(covered).code(),
        ended_early: None,
        digest: String::new(),
        changes: None,
        uncovered,
        notes: notes.into_iter().collect(),
    }
}
