//! What an audit came to: by kind, by reason, and the survivors by place.
//!
//! Nothing in it depends on the order in which sequences were judged, or on time. No value of a recording is shown, only where
//! it stood.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;
use serde_json::{Value, json};

use super::class::{ClassReason, EQUIVALENCES, MutantClass, NOVELTIES};
use super::mutant::Mutant;
use super::operators::{FAMILIES, Operator};
use crate::record::{Finding, Level};

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum AuditFormat {
    /// For people.
    #[default]
    Text,
    /// For programs: one object.
    Json,
    /// For documentation: tables.
    Markdown,
}

/// What was newly said of a mutant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct MutantFate {
    /// The check that spoke, and how loudly; of several the loudest.
    pub by: Option<(String, Level)>,
}

impl MutantFate {
    /// One more thing was said.
    pub(super) fn by(&mut self, finding: &Finding) {
        if self.by.as_ref().is_none_or(|(_, level)| *level < finding.level) {
            self.by = Some((finding.check.clone(), finding.level));
        }
    }

    fn level(&self) -> Option<Level> {
        self.by.as_ref().map(|(_, level)| *level)
    }
}

/// Where a mutant was made.
#[derive(Debug, Clone, Copy)]
pub(super) struct MutantPlace<'a> {
    /// The operation.
    pub operation: &'a str,
    /// The status as it was.
    pub status: u16,
    /// The scenario.
    pub scenario: &'a str,
    /// Its place among the sequences.
    pub sequence: usize,
    /// The exchange within it, from 0.
    pub exchange: usize,
}

/// The mutants of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct MutantCounts {
    /// Breaches that a check denied.
    pub denied: usize,
    /// Breaches that checks only warned of.
    pub warned: usize,
    /// Breaches that nobody saw.
    pub survived: usize,
    /// Novelties that a check told of.
    pub told: usize,
    /// Novelties that nobody told of.
    pub untold: usize,
    /// Mutants that the contract does not mind.
    pub equivalent: usize,
}

impl MutantCounts {
    fn add(&mut self, other: &Self) {
        self.denied += other.denied;
        self.warned += other.warned;
        self.survived += other.survived;
        self.told += other.told;
        self.untold += other.untold;
        self.equivalent += other.equivalent;
    }

    /// All that the contract forbids.
    pub fn breaches(&self) -> usize {
        self.denied + self.warned + self.survived
    }

    /// All that the contract is open to.
    pub fn novelties(&self) -> usize {
        self.told + self.untold
    }

    /// All mutants.
    pub fn all(&self) -> usize {
        self.breaches() + self.novelties() + self.equivalent
    }

    /// The share of breaches that were killed, in percent.
    pub fn killed(&self) -> f64 {
        percent(self.denied + self.warned, self.breaches())
    }

    /// The share of breaches that were denied, in percent.
    pub fn refused(&self) -> f64 {
        percent(self.denied, self.breaches())
    }

    /// The share of breaches and novelties together that were seen at all, in percent: what a strict run fails on.
    pub fn seen(&self) -> f64 {
        percent(self.denied + self.warned + self.told, self.breaches() + self.novelties())
    }
}

#[allow(clippy::cast_precision_loss)]
fn percent(part: usize, whole: usize) -> f64 {
    if whole == 0 { 100.0 } else { part as f64 * 100.0 / whole as f64 }
}

/// A place at which mutants of one kind had the same fate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct FatePlace {
    operation: String,
    status: u16,
    pointer: String,
    kind: &'static str,
    /// Why no check should have spoken, or which should not have kept silent.
    note: String,
}

/// How many there were, and the first of them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct FateExamples {
    count: usize,
    first: (usize, usize),
    scenario: String,
}

/// What an audit came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditReport {
    /// Sequences that were read.
    pub sequences: usize,
    /// Exchanges of which mutants were made.
    pub exchanges: usize,
    /// Exchanges that break the contract as they are.
    pub broken: usize,
    /// Exchanges without a complete answer of a documented status.
    pub unanswered: usize,
    /// Whether every check denied, so that a novelty that is denied is no disagreement.
    pub strict: bool,
    kinds: BTreeMap<&'static str, MutantCounts>,
    reasons: BTreeMap<&'static str, (usize, usize)>,
    checks: BTreeMap<String, usize>,
    survivors: BTreeMap<FatePlace, FateExamples>,
    alarms: BTreeMap<FatePlace, FateExamples>,
}

impl AuditReport {
    /// Nothing yet.
    pub(super) fn new(strict: bool) -> Self {
        Self { strict, ..Self::default() }
    }

    /// Counts one mutant.
    pub(super) fn count(&mut self, spot: &MutantPlace<'_>, mutant: &Mutant, killed: &MutantFate) {
        let row = self.kinds.entry(mutant.operator).or_default();
        let level = killed.level();
        match (mutant.class, level) {
            (MutantClass::Breach, Some(Level::Deny)) => row.denied += 1,
            (MutantClass::Breach, Some(_)) => row.warned += 1,
            (MutantClass::Breach, None) => row.survived += 1,
            (MutantClass::Novelty(_), Some(_)) => row.told += 1,
            (MutantClass::Novelty(_), None) => row.untold += 1,
            (MutantClass::Equivalent(_), _) => row.equivalent += 1,
        }
        if let (MutantClass::Breach | MutantClass::Novelty(_), Some((check, _))) = (mutant.class, &killed.by) {
            *self.checks.entry(check.clone()).or_default() += 1;
        }
        self.place(spot, mutant, killed);
    }

    fn place(&mut self, spot: &MutantPlace<'_>, mutant: &Mutant, killed: &MutantFate) {
        let denied = killed.level() == Some(Level::Deny);
        if let MutantClass::Novelty(reason) | MutantClass::Equivalent(reason) = mutant.class {
            let (count, alarmed) = self.reasons.entry(reason.id).or_default();
            *count += 1;
            *alarmed += usize::from(denied);
        }
        let (places, note) = match (mutant.class, &killed.by) {
            (MutantClass::Breach, None) => (&mut self.survivors, String::new()),
            (MutantClass::Novelty(reason), None) => (&mut self.survivors, reason.id.to_owned()),
            (MutantClass::Equivalent(reason), Some((check, Level::Deny))) => {
                (&mut self.alarms, format!("{check}, though {}", reason.id))
            }
            (MutantClass::Novelty(reason), Some((check, Level::Deny))) if !self.strict => {
                (&mut self.alarms, format!("{check}, though {}", reason.id))
            }
            _ => return,
        };
        let place = FatePlace {
            operation: spot.operation.to_owned(),
            status: spot.status,
            pointer: without_indices(&mutant.place),
            kind: mutant.operator,
            note,
        };
        let example =
            FateExamples { count: 1, first: (spot.sequence, spot.exchange), scenario: spot.scenario.to_owned() };
        note_one(places, place, example);
    }

    /// Two reports as one.
    pub(super) fn with(mut self, other: Self) -> Self {
        self.sequences += other.sequences;
        self.exchanges += other.exchanges;
        self.broken += other.broken;
        self.unanswered += other.unanswered;
        self.strict |= other.strict;
        other.kinds.iter().for_each(|(kind, row)| self.kinds.entry(kind).or_default().add(row));
        for (reason, (count, alarmed)) in other.reasons {
            let known = self.reasons.entry(reason).or_default();
            *known = (known.0 + count, known.1 + alarmed);
        }
        other.checks.into_iter().for_each(|(check, count)| *self.checks.entry(check).or_default() += count);
        other.survivors.into_iter().for_each(|(place, example)| note_one(&mut self.survivors, place, example));
        other.alarms.into_iter().for_each(|(place, example)| note_one(&mut self.alarms, place, example));
        self
    }

    /// All kinds together.
    pub fn total(&self) -> MutantCounts {
        self.kinds.values().fold(MutantCounts::default(), |mut total, row| {
            total.add(row);
            total
        })
    }

    /// The mutants of one kind.
    pub fn kind(&self, kind: &str) -> MutantCounts {
        self.kinds.get(kind).copied().unwrap_or_default()
    }

    /// How many mutants were denied although the contract does not mind, or is open to them: rule and check disagree.
    pub fn alarmed(&self) -> usize {
        self.alarms.values().map(|examples| examples.count).sum()
    }

    /// The places at which the contract was broken and nobody saw it, each with how often.
    pub fn survivors(&self) -> Vec<(String, usize)> {
        self.survivors.iter().map(|(place, examples)| (place.to_string(), examples.count)).collect()
    }

    /// The places at which an equivalent mutant was denied, each with how often.
    pub fn alarms(&self) -> Vec<(String, usize)> {
        self.alarms.iter().map(|(place, examples)| (place.to_string(), examples.count)).collect()
    }

    /// Writes the report.
    pub fn render(&self, format: AuditFormat) -> String {
        match format {
            AuditFormat::Text => self.text(),
            AuditFormat::Json => format!("{:#}\n", self.json()),
            AuditFormat::Markdown => self.markdown(),
        }
    }

    fn rows(&self) -> impl Iterator<Item = (&'static str, &'static Operator, MutantCounts)> {
        let kinds = FAMILIES.iter().flat_map(|family| family.operators.iter().map(|kind| (family.id, kind)));
        kinds.map(|(family, kind)| (family, kind, self.kind(kind.0)))
    }

    fn count_of(&self, reason: &ClassReason) -> (usize, usize) {
        self.reasons.get(reason.id).copied().unwrap_or_default()
    }

    fn text(&self) -> String {
        let (mut text, total) = (String::new(), self.total());
        let _ = writeln!(
            text,
            "{:<26}{:>10}{:>10}{:>8}{:>10}{:>10}{:>9}{:>8}",
            "kind", "breaches", "denied", "warned", "survived", "killed", "open to", "told"
        );
        for (_, kind, row) in self.rows().filter(|(_, _, row)| row.all() > 0) {
            let MutantCounts { denied, warned, survived, told, .. } = row;
            let share = if row.breaches() == 0 { "-".into() } else { format!("{:.2} %", row.killed()) };
            let _ =
                write!(text, "{:<26}{:>10}{denied:>10}{warned:>8}{survived:>10}{share:>10}", kind.0, row.breaches());
            let _ = writeln!(text, "{:>9}{told:>8}", row.novelties());
        }
        let _ = writeln!(text, "\nnot counted, by reason");
        for reason in NOVELTIES.iter().chain(EQUIVALENCES) {
            let (count, alarmed) = self.count_of(reason);
            let denied = if alarmed > 0 { format!("  {alarmed} of them denied") } else { String::new() };
            let _ = writeln!(text, "  {:<24}{count:>10}{denied}", reason.id);
        }
        places(&mut text, "survivors: here contract or checks are weak", &self.survivors);
        places(&mut text, "denied, though the contract does not mind: here rule and check disagree", &self.alarms);
        let _ = write!(text, "\n{}", self.summary(&total));
        text
    }

    fn summary(&self, total: &MutantCounts) -> String {
        let mut text = String::new();
        let _ = writeln!(
            text,
            "audited    {} mutants of {} exchanges in {} scenarios",
            total.all(),
            self.exchanges,
            self.sequences
        );
        if self.broken + self.unanswered > 0 {
            let _ = writeln!(
                text,
                "set aside  {} exchanges that break the contract as they are, {} without a documented answer",
                self.broken, self.unanswered
            );
        }
        let killed = total.denied + total.warned;
        let _ = writeln!(
            text,
            "killed     {:.2} % of what the contract forbids ({killed} of {}), {:.2} % denied",
            total.killed(),
            total.breaches(),
            total.refused()
        );
        let novelties = total.novelties();
        let _ = writeln!(
            text,
            "strict     {:.2} % with the {novelties} novelties that the contract is open to ({} told of)",
            total.seen(),
            total.told
        );
        let _ = writeln!(text, "equivalent {} mutants, not counted", total.equivalent);
        text
    }

    fn json(&self) -> Value {
        let total = self.total();
        let kinds: Vec<Value> = self
            .rows()
            .map(|(family, kind, row)| json!({"family": family, "kind": kind.0, "what": kind.1, "counts": row, "killed": row.killed()}))
            .collect();
        let reason = |reason: &ClassReason| {
            let (count, denied) = self.count_of(reason);
            json!({"reason": reason.id, "rule": reason.rule, "count": count, "denied": denied})
        };
        json!({
            "scenarios": self.sequences,
            "exchanges": self.exchanges,
            "setAside": {"broken": self.broken, "unanswered": self.unanswered},
            "mutants": total.all(),
            "counts": total,
            "killed": total.killed(),
            "denied": total.refused(),
            "strict": total.seen(),
            "kinds": kinds,
            "novelties": NOVELTIES.iter().map(reason).collect::<Vec<_>>(),
            "equivalent": EQUIVALENCES.iter().map(reason).collect::<Vec<_>>(),
            "killedBy": self.checks,
            "survivors": self.survivors.iter().map(listed).collect::<Vec<_>>(),
            "alarms": self.alarms.iter().map(listed).collect::<Vec<_>>(),
        })
    }

    fn markdown(&self) -> String {
        let mut text = String::from(
            "| kind | what is changed | breaches | denied | warned | survived | killed | open to | told |\n|---|---|--:|--:|--:|--:|--:|--:|--:|\n",
        );
        for (_, kind, row) in self.rows() {
            let MutantCounts { denied, warned, survived, told, .. } = row;
            let share = if row.breaches() == 0 { "–".into() } else { format!("{:.2} %", row.killed()) };
            let _ = write!(
                text,
                "| `{}` | {} | {} | {denied} | {warned} | {survived} | {share} |",
                kind.0,
                kind.1,
                row.breaches()
            );
            let _ = writeln!(text, " {} | {told} |", row.novelties());
        }
        let total = self.total();
        let MutantCounts { denied, warned, survived, told, .. } = total;
        let _ = write!(
            text,
            "| all | | {} | {denied} | {warned} | {survived} | {:.2} % |",
            total.breaches(),
            total.killed()
        );
        let _ = writeln!(text, " {} | {told} |", total.novelties());
        let _ = writeln!(text, "\n| not counted | the rule | mutants | denied |\n|---|---|--:|--:|");
        for reason in NOVELTIES.iter().chain(EQUIVALENCES) {
            let (count, alarmed) = self.count_of(reason);
            let _ = writeln!(text, "| `{}` | {} | {count} | {alarmed} |", reason.id, reason.rule);
        }
        let _ = writeln!(text, "\n| killed by | mutants |\n|---|--:|");
        self.checks.iter().for_each(|(check, count)| _ = writeln!(text, "| `{check}` | {count} |"));
        text
    }
}

fn places(text: &mut String, title: &str, places: &BTreeMap<FatePlace, FateExamples>) {
    if places.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{title}");
    for (place, examples) in places {
        let (count, scenario, exchange) = (examples.count, &examples.scenario, examples.first.1 + 1);
        let _ = writeln!(text, "  {place}  ×{count}, first in {scenario}, exchange {exchange}");
    }
}

fn listed((place, examples): (&FatePlace, &FateExamples)) -> Value {
    json!({
        "operation": place.operation, "status": place.status, "place": place.pointer, "kind": place.kind, "note": place.note,
        "count": examples.count, "example": {"scenario": examples.scenario, "exchange": examples.first.1},
    })
}

impl std::fmt::Display for FatePlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { operation, status, pointer, kind, note } = self;
        write!(f, "{kind}  {operation} {status} {pointer}")?;
        if note.is_empty() { Ok(()) } else { write!(f, " ({note})") }
    }
}

fn note_one(places: &mut BTreeMap<FatePlace, FateExamples>, place: FatePlace, example: FateExamples) {
    match places.entry(place) {
        std::collections::btree_map::Entry::Vacant(vacant) => _ = vacant.insert(example),
        std::collections::btree_map::Entry::Occupied(mut known) => {
            let known = known.get_mut();
            known.count += example.count;
            if example.first < known.first {
                (known.first, known.scenario) = (example.first, example.scenario);
            }
        }
    }
}

/// A pointer with `*` in the place of every index: the entries of a list are one place.
fn without_indices(pointer: &str) -> String {
    let is_index = |step: &str| !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit());
    pointer.split('/').map(|step| if is_index(step) { "*" } else { step }).collect::<Vec<_>>().join("/")
}
