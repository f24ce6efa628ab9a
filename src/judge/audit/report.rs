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
use crate::base::format::TableFormat;
use crate::record::{Finding, Level};

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
    /// Novelties that a check reported.
    #[serde(rename = "told")]
    pub reported: usize,
    /// Novelties that no check reported.
    #[serde(rename = "untold")]
    pub unreported: usize,
    /// Mutants that the contract does not mind.
    pub equivalent: usize,
}

impl MutantCounts {
    /// All that the contract forbids.
    pub fn breaches(&self) -> usize {
        self.denied + self.warned + self.survived
    }

    /// All that the contract is open to.
    pub fn novelties(&self) -> usize {
        self.reported + self.unreported
    }

    /// All mutants.
    pub fn all(&self) -> usize {
        self.breaches() + self.novelties() + self.equivalent
    }

    /// The share of breaches that were killed, in percent.
    pub fn killed(&self) -> f64 {
        percent(self.denied + self.warned, self.breaches())
    }

    /// The same in words; something else where there is no breach.
    fn killed_share(&self, none: &str) -> String {
        if self.breaches() == 0 { none.to_owned() } else { format!("{:.2} %", self.killed()) }
    }

    /// The share of breaches that were denied, in percent.
    pub fn refused(&self) -> f64 {
        percent(self.denied, self.breaches())
    }

    /// The share of breaches and novelties together that were seen at all, in percent: what a strict run fails on.
    pub fn seen(&self) -> f64 {
        percent(self.denied + self.warned + self.reported, self.breaches() + self.novelties())
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

    /// Counts one mutant, with the worst that the checks found in it.
    pub(super) fn count(&mut self, spot: &MutantPlace<'_>, mutant: &Mutant, finding: Option<&Finding>) {
        let row = self.kinds.entry(mutant.operator).or_default();
        let level = finding.map(|finding| finding.level);
        let count = match (mutant.class, level) {
            (MutantClass::Breach, Some(Level::Deny)) => &mut row.denied,
            (MutantClass::Breach, Some(_)) => &mut row.warned,
            (MutantClass::Breach, None) => &mut row.survived,
            (MutantClass::Novelty(_), Some(_)) => &mut row.reported,
            (MutantClass::Novelty(_), None) => &mut row.unreported,
            (MutantClass::Equivalent(_), _) => &mut row.equivalent,
        };
        *count += 1;
        if let (MutantClass::Breach | MutantClass::Novelty(_), Some(finding)) = (mutant.class, finding) {
            *self.checks.entry(finding.check.clone()).or_default() += 1;
        }
        if let MutantClass::Novelty(reason) | MutantClass::Equivalent(reason) = mutant.class {
            let (count, denied) = self.reasons.entry(reason.id).or_default();
            *count += 1;
            *denied += usize::from(level == Some(Level::Deny));
        }
        self.place(spot, mutant, finding);
    }

    /// Notes the place of a mutant that survived, or that should not have been denied.
    fn place(&mut self, spot: &MutantPlace<'_>, mutant: &Mutant, finding: Option<&Finding>) {
        let denied_by = finding.filter(|finding| finding.level == Level::Deny).map(|finding| &finding.check);
        let (places, note) = match (mutant.class, finding, denied_by) {
            (MutantClass::Breach, None, _) => (&mut self.survivors, String::new()),
            (MutantClass::Novelty(reason), None, _) => (&mut self.survivors, reason.id.to_owned()),
            (MutantClass::Novelty(_), ..) if self.strict => return,
            (MutantClass::Novelty(reason) | MutantClass::Equivalent(reason), _, Some(check)) => {
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
        let (first, scenario) = ((spot.sequence, spot.exchange), spot.scenario.to_owned());
        let examples = places.entry(place).or_insert(FateExamples { count: 0, first, scenario: scenario.clone() });
        examples.count += 1;
        if first < examples.first {
            (examples.first, examples.scenario) = (first, scenario);
        }
    }

    /// All kinds together.
    pub fn total(&self) -> MutantCounts {
        let sum = |count: fn(&MutantCounts) -> usize| self.kinds.values().map(count).sum();
        MutantCounts {
            denied: sum(|row| row.denied),
            warned: sum(|row| row.warned),
            survived: sum(|row| row.survived),
            reported: sum(|row| row.reported),
            unreported: sum(|row| row.unreported),
            equivalent: sum(|row| row.equivalent),
        }
    }

    /// The places at which an equivalent mutant was denied, each with how often.
    pub fn alarms(&self) -> Vec<(String, usize)> {
        self.alarms.iter().map(|(place, examples)| (place.to_string(), examples.count)).collect()
    }

    /// Writes the report.
    pub fn render(&self, format: TableFormat) -> String {
        match format {
            TableFormat::Text => self.text(),
            TableFormat::Json => format!("{:#}\n", self.json()),
            TableFormat::Markdown => self.markdown(),
        }
    }

    fn rows(&self) -> impl Iterator<Item = (&'static str, &'static Operator, MutantCounts)> {
        let kinds = FAMILIES.iter().flat_map(|family| family.operators.iter().map(|kind| (family.id, kind)));
        kinds.map(|(family, kind)| (family, kind, self.kinds.get(kind.0).copied().unwrap_or_default()))
    }

    fn count_of(&self, reason: &ClassReason) -> (usize, usize) {
        self.reasons.get(reason.id).copied().unwrap_or_default()
    }

    fn text(&self) -> String {
        let mut text = format!("{:<26}{:>10}{:>10}{:>8}", "kind", "breaches", "denied", "warned");
        let _ = writeln!(text, "{:>10}{:>10}{:>9}{:>10}", "survived", "killed", "open to", "reported");
        for (_, Operator(kind, _), row) in self.rows().filter(|(_, _, row)| row.all() > 0) {
            let MutantCounts { denied, warned, survived, reported, .. } = row;
            let (breaches, killed, novelties) = (row.breaches(), row.killed_share("-"), row.novelties());
            let _ = write!(text, "{kind:<26}{breaches:>10}{denied:>10}{warned:>8}");
            let _ = writeln!(text, "{survived:>10}{killed:>10}{novelties:>9}{reported:>10}");
        }
        let _ = writeln!(text, "\nnot counted, by reason");
        for reason in NOVELTIES.iter().chain(EQUIVALENCES) {
            let (count, alarmed) = self.count_of(reason);
            let denied = if alarmed > 0 { format!("  {alarmed} of them denied") } else { String::new() };
            let _ = writeln!(text, "  {:<24}{count:>10}{denied}", reason.id);
        }
        places(&mut text, "survivors: here contract or checks are weak", &self.survivors);
        places(&mut text, "denied, though the contract does not mind: here rule and check disagree", &self.alarms);
        text + "\n" + &self.summary()
    }

    fn summary(&self) -> String {
        let total = self.total();
        let MutantCounts { denied, warned, reported, equivalent, .. } = total;
        let Self { sequences, exchanges, broken, unanswered, .. } = self;
        let (mutants, breaches, novelties) = (total.all(), total.breaches(), total.novelties());
        let (killed, share, refused, seen) = (denied + warned, total.killed(), total.refused(), total.seen());
        let mut text = format!("audited    {mutants} mutants of {exchanges} exchanges in {sequences} scenarios\n");
        if broken + unanswered > 0 {
            let _ = write!(text, "set aside  {broken} exchanges that break the contract as they are, ");
            let _ = writeln!(text, "{unanswered} without a documented response");
        }
        let _ = write!(text, "killed     {share:.2} % of what the contract forbids ({killed} of {breaches}), ");
        let _ = writeln!(text, "{refused:.2} % denied");
        let _ = write!(text, "strict     {seen:.2} % with the {novelties} novelties that the contract is open to ");
        let _ = writeln!(text, "({reported} reported)\nequivalent {equivalent} mutants, not counted");
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
            "| kind | what is changed | breaches | denied | warned | survived | killed | open to | reported |\n|---|---|--:|--:|--:|--:|--:|--:|--:|\n",
        );
        let kinds = self.rows().map(|(_, Operator(kind, what), row)| (format!("`{kind}`"), *what, row));
        for (kind, what, row) in kinds.chain([("all".into(), "", self.total())]) {
            let MutantCounts { denied, warned, survived, reported, .. } = row;
            let (breaches, killed, novelties) = (row.breaches(), row.killed_share("–"), row.novelties());
            let what = if what.is_empty() { " ".to_owned() } else { format!(" {what} ") };
            let _ = write!(text, "| {kind} |{what}| {breaches} | {denied} | {warned} | {survived} ");
            let _ = writeln!(text, "| {killed} | {novelties} | {reported} |");
        }
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

/// A pointer with `*` in the place of every index: the entries of a list are one place.
fn without_indices(pointer: &str) -> String {
    let is_index = |step: &str| !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit());
    pointer.split('/').map(|step| if is_index(step) { "*" } else { step }).collect::<Vec<_>>().join("/")
}
