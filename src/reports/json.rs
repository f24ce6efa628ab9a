//! `report.json`: for programs, in the form that `docs/report.schema.json` fixes.
//!
//! Scenarios are written as the journal has them, one at a time; [`FORMAT`] rises when anything that a program may rely
//! on changes. Deliberately not here: anything that only people need, such as curl lines.

use std::io::Write;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::record::{ContractRecord, Counts, TargetRecord};

use super::outcome::Outcome;
use super::reading::RunIndex;
use super::{Reading, RenderError, Renderer};

/// The JSON report.
pub(crate) const RENDERER: Renderer =
    Renderer { name: "json", file: "report.json", purpose: "everything, for programs", write };

/// The version of the report's format.
pub(crate) const FORMAT: u32 = 1;

/// Everything but the scenarios.
#[derive(Serialize)]
struct Head<'a> {
    format: u32,
    tool: &'a str,
    run: Run<'a>,
    target: &'a TargetRecord,
    contract: &'a ContractRecord,
    counts: Counts,
    exit_code: Option<u8>,
}

#[derive(Serialize)]
struct Run<'a> {
    id: &'a str,
    seed: u64,
    planned: usize,
    finished: bool,
    started_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
    duration_us: Option<u64>,
    ended_early: Option<&'a str>,
}

fn write(reading: Reading<'_>, out: &mut dyn Write) -> Result<(), RenderError> {
    let head = serde_json::to_string(&head(reading.run, &reading.run.outcome()))?;
    let open = head.strip_suffix('}').unwrap_or(&head);
    write!(out, "{open},\"scenarios\":[")?;
    for (index, record) in reading.records.enumerate() {
        out.write_all(if index == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *out, &*record?)?;
    }
    out.write_all(b"\n]}\n")?;
    Ok(())
}

fn head<'a>(run: RunIndex<'a>, outcome: &'a Outcome) -> Head<'a> {
    let header = run.header();
    Head {
        format: FORMAT,
        tool: &header.tool,
        run: Run {
            id: &header.run_id,
            seed: header.seed,
            planned: outcome.planned,
            finished: outcome.finished(),
            started_at: header.started_at,
            finished_at: run.footer().map(|footer| footer.finished_at),
            duration_us: outcome.duration_us,
            ended_early: outcome.ended_early.as_deref(),
        },
        target: &header.target,
        contract: &header.contract,
        counts: outcome.counts,
        exit_code: outcome.exit_code,
    }
}
