//! Shows a [`Matrix`]: as text, as JSON, as Markdown.
//!
//! Deliberately not here: deciding anything; every word here is already in the matrix.

use std::collections::HashMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Matrix, Proof, RequirementRow, RequirementStanding, SchemaRow};
use crate::base::text::{counted, listed, wrapped};
use crate::record::Verdict;
use crate::reports::console::Palette;

/// How many scenarios of a requirement the text names; the others are counted.
const NAMED: usize = 4;

/// The matrix as text: a line of sums, then area by area what proves each requirement.
pub fn text(matrix: &Matrix<'_>, only_uncovered: bool, palette: &Palette) -> String {
    let Palette { strong, faint, .. } = palette;
    let mut text = text_of_sums(matrix, palette);
    for (area, rows) in matrix.areas() {
        let shown: Vec<_> =
            rows.iter().filter(|row| !only_uncovered || row.standing() != RequirementStanding::Covered).collect();
        if !shown.is_empty() {
            let _ = write!(text, "\n{strong}{area}{strong:#}  {faint}{}{faint:#}\n", standings(&rows));
            shown.iter().for_each(|row| text.push_str(&requirement(row, palette)));
        }
    }
    if matrix.judged {
        text.push_str(&schemas(&matrix.schemas, only_uncovered, palette));
    }
    text
}

/// What the whole register comes to, as text.
pub fn text_of_sums(matrix: &Matrix<'_>, palette: &Palette) -> String {
    paragraph(&sums(matrix), "", palette)
}

/// One line about the whole register.
fn sums(matrix: &Matrix<'_>) -> String {
    let by_check = matrix.rows.iter().filter(|row| !row.requirement.checks.is_empty()).count();
    let mut text = format!(
        "{}: {} covered ({by_check} of them by checks on every exchange), {} not tested for a reason, {} uncovered; {}",
        counted(matrix.rows.len(), "requirement"),
        matrix.count(RequirementStanding::Covered),
        matrix.count(RequirementStanding::NotTested),
        matrix.count(RequirementStanding::Uncovered),
        counted(matrix.schemas.len(), "schema-derived promise"),
    );
    if matrix.judged {
        let judged = matrix.schemas.iter().filter(|row| row.judged > 0).count();
        let _ = write!(text, ", {judged} of them judged in the last run");
    }
    text.push('.');
    if matrix.outdated {
        text.push_str(" That run judged against another version of the contract.");
    }
    text
}

fn standings(rows: &[&RequirementRow<'_>]) -> String {
    let count = |standing| rows.iter().filter(|row| row.standing() == standing).count();
    let all = [RequirementStanding::Covered, RequirementStanding::NotTested, RequirementStanding::Uncovered];
    let parts = all.into_iter().map(|standing| (count(standing), standing)).filter(|(count, _)| *count > 0);
    listed(parts.map(|(count, standing)| format!("{count} {standing}"))).unwrap_or_default()
}

fn requirement(row: &RequirementRow<'_>, palette: &Palette) -> String {
    let faint = palette.faint;
    let requirement = row.requirement;
    let (style, word) = match row.verdict {
        Some(verdict) => (palette.verdict(verdict), verdict.as_str().to_owned()),
        None if row.standing() == RequirementStanding::Uncovered => {
            (palette.verdict(Verdict::Failed), "uncovered".into())
        }
        None => (palette.faint, row.standing().to_string()),
    };
    let level = requirement.level.as_str();
    let mut text = format!("\n  {}  {faint}{level}{faint:#}  {style}{word}{style:#}\n", requirement.id);
    text.push_str(&paragraph(&requirement.statement, "    ", palette));
    let rows = [
        ("scenarios", scenarios(&row.scenarios)),
        ("checks", listed(requirement.checks.iter().cloned())),
        ("reason", requirement.not_tested.clone()),
    ];
    for (label, value) in rows.into_iter().filter_map(|(label, value)| Some((label, value?))) {
        for (at, line) in wrapped(value.trim(), palette.width - 15).iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            let _ = writeln!(text, "    {faint}{label:9}{faint:#}  {line}");
        }
    }
    text
}

/// Those that did not pass first, each with its verdict; the others by name as far as there is room.
fn scenarios(proofs: &[Proof]) -> Option<String> {
    let (fine, other): (Vec<&Proof>, Vec<&Proof>) =
        proofs.iter().partition(|proof| matches!(proof.verdict, None | Some(Verdict::Passed)));
    let unproven = other.iter().map(|proof| {
        let verdict = proof.verdict.map_or("", Verdict::as_str);
        format!("{} ({verdict})", proof.scenario)
    });
    let named = fine.iter().take(NAMED).map(|proof| proof.scenario.clone());
    let rest = fine.len().saturating_sub(NAMED);
    listed(unproven.chain(named).chain((rest > 0).then(|| format!("and {rest} more"))))
}

/// Operation by operation: how many forms of answers were judged, and which were not.
fn schemas(rows: &[SchemaRow], only_uncovered: bool, palette: &Palette) -> String {
    let Palette { strong, faint, .. } = palette;
    let mut text = format!("\n{strong}schema{strong:#}  {faint}responses judged in the last run{faint:#}\n");
    for rows in rows.chunk_by(|one, next| one.operation == next.operation) {
        let open: Vec<&SchemaRow> = rows.iter().filter(|row| row.verdict != Some(Verdict::Passed)).collect();
        if !(only_uncovered && open.is_empty()) {
            let judged = rows.iter().filter(|row| row.judged > 0).count();
            let _ = writeln!(text, "\n  {}  {faint}{judged} of {}{faint:#}", rows[0].operation, rows.len());
            if let Some(open) = unproven(&open) {
                text.push_str(&paragraph(&open, "    ", palette));
            }
        }
    }
    text
}

fn unproven(rows: &[&SchemaRow]) -> Option<String> {
    let of = |verdict| forms(&rows.iter().copied().filter(|row| row.verdict == verdict).collect::<Vec<_>>());
    let broken = of(Some(Verdict::Failed)).map(|forms| format!("not as promised: {forms}"));
    let unseen = of(None).map(|forms| format!("not judged: {forms}"));
    let parts: Vec<String> = broken.into_iter().chain(unseen).collect();
    (!parts.is_empty()).then(|| parts.join("\n"))
}

/// `400 json, 401 hal+json json`: the media types by status.
fn forms(rows: &[&SchemaRow]) -> Option<String> {
    let parts = |row: &SchemaRow| {
        let mut parts = row.id.splitn(4, ':').skip(2).map(str::to_owned);
        (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
    };
    let statuses = rows.chunk_by(|one, next| parts(one).0 == parts(next).0);
    listed(statuses.map(|rows| {
        let media_types: Vec<String> = rows.iter().map(|row| parts(row).1).collect();
        format!("{} {}", parts(rows[0]).0, media_types.join(" "))
    }))
}

fn paragraph(text: &str, indent: &str, palette: &Palette) -> String {
    wrapped(text.trim(), palette.width - indent.len()).iter().map(|line| format!("{indent}{line}\n")).collect()
}

/// The whole matrix as one JSON document.
pub fn json(matrix: &Matrix<'_>, only_uncovered: bool) -> String {
    let rows = matrix.rows.iter().filter(|row| !only_uncovered || row.standing() != RequirementStanding::Covered);
    let schemas = matrix.schemas.iter().filter(|row| !only_uncovered || row.judged == 0);
    let document = json!({
        "requirements": rows.map(row_json).collect::<Vec<_>>(),
        "schemas": schemas.collect::<Vec<_>>(),
        "judged": matrix.judged,
        "outdated": matrix.outdated,
    });
    format!("{document:#}\n")
}

fn row_json(row: &RequirementRow<'_>) -> Value {
    let requirement = row.requirement;
    json!({
        "id": requirement.id,
        "level": requirement.level.as_str(),
        "statement": requirement.statement.trim(),
        "source": requirement.source,
        "basis": requirement.basis,
        "standing": row.standing().to_string(),
        "scenarios": row.scenarios,
        "checks": requirement.checks,
        "notTested": requirement.not_tested.as_deref().map(str::trim),
        "verdict": row.verdict,
    })
}

/// The matrix as Markdown, one table per area.
pub fn markdown(matrix: &Matrix<'_>, only_uncovered: bool) -> String {
    let mut text = format!("# Requirements\n\n{}\n", sums(matrix));
    let mut sources: HashMap<&str, usize> = HashMap::new();
    for (area, rows) in matrix.areas() {
        let shown: Vec<_> =
            rows.into_iter().filter(|row| !only_uncovered || row.standing() != RequirementStanding::Covered).collect();
        if !shown.is_empty() {
            let _ = write!(text, "\n## {area}\n\n| id | promise | proven by | last verdict |\n|---|---|---|---|\n");
            shown.iter().for_each(|row| text.push_str(&markdown_row(row, &mut sources)));
        }
    }
    let mut listed: Vec<(&str, usize)> = sources.into_iter().collect();
    listed.sort_by_key(|(_, number)| *number);
    let pages: String = listed.iter().map(|(page, number)| format!("{number}. <{page}>\n")).collect();
    if pages.is_empty() { text } else { format!("{text}\n## Sources\n\n{pages}") }
}

fn markdown_row<'a>(row: &RequirementRow<'a>, sources: &mut HashMap<&'a str, usize>) -> String {
    let requirement = row.requirement;
    let source = match &requirement.basis {
        Some(basis) => format!("assumption: {}", basis.trim()),
        None => {
            let next = sources.len() + 1;
            format!("source {}", sources.entry(requirement.source.as_str()).or_insert(next))
        }
    };
    let (id, level, statement) = (&requirement.id, requirement.level.as_str(), requirement.statement.trim());
    let verdict = row.verdict.map_or("none", Verdict::as_str);
    format!("| `{id}` | {} | {} | {verdict} |\n", cell(&format!("{statement} ({level}; {source})")), cell(&proofs(row)))
}

fn proofs(row: &RequirementRow<'_>) -> String {
    let scenarios = row.scenarios.iter().map(|proof| proof.scenario.clone());
    let checks = row.requirement.checks.iter().map(|check| format!("check `{check}`"));
    let reason = row.requirement.not_tested.iter().map(|reason| format!("not tested: {}", reason.trim()));
    listed(scenarios.chain(checks).chain(reason)).unwrap_or_else(|| "nothing".into())
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
