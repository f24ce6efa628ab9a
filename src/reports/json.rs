//! `report.json`: for programs, in the form that `docs/report.schema.json` fixes.
//!
//! Scenarios are written as the journal has them, one at a time; [`FORMAT`] rises when anything that a program may rely
//! on changes. Deliberately not here: anything that only people need, such as curl lines.

use std::io::Write;

use serde::Serialize;
use serde_json::{Value, json};

use super::reading::RunIndex;
use super::{Reading, RenderError, Renderer};
use crate::record::{ContractRecord, Counts, TargetRecord};

/// The JSON report.
pub(crate) const RENDERER: Renderer =
    Renderer { name: "json", file: "report.json", purpose: "everything, for programs", write };

/// The version of the report's format.
pub(crate) const FORMAT: u32 = 2;

fn write(reading: Reading<'_>, out: &mut dyn Write) -> Result<(), RenderError> {
    let head = serde_json::to_string(&head(reading.run))?;
    let open = head.strip_suffix('}').unwrap_or(&head);
    write!(out, "{open},\"scenarios\":[")?;
    for (index, record) in reading.records.enumerate() {
        let record = record?;
        out.write_all(if index == 0 { b"\n" } else { b",\n" })?;
        match reading.run.written(index) {
            Some(written) => out.write_all(&written)?,
            None => serde_json::to_writer(&mut *out, &*record)?,
        }
    }
    out.write_all(b"\n]}\n")?;
    Ok(())
}

/// Everything but the scenarios.
#[derive(Serialize)]
struct Head<'a> {
    format: u32,
    tool: &'a str,
    run: Value,
    target: &'a TargetRecord,
    contract: &'a ContractRecord,
    counts: Counts,
    exit_code: Option<u8>,
}

fn head(run: RunIndex<'_>) -> Head<'_> {
    let (header, outcome) = (run.header(), run.outcome());
    let mut run_record = json!({
        "id": header.run_id,
        "seed": header.seed,
        "planned": outcome.planned,
        "finished": outcome.finished(),
        "started_at": header.started_at,
        "finished_at": run.footer().map(|footer| footer.finished_at),
        "duration_us": outcome.duration_us,
        "ended_early": outcome.ended_early,
    });
    if let Some(whole) = &header.whole_run {
        run_record["whole"] = whole.clone().into();
    }
    for (name, list) in [("faults", &outcome.faults), ("uncovered", &outcome.uncovered)] {
        if !list.is_empty() {
            run_record[name] = json!(list);
        }
    }
    Head {
        format: FORMAT,
        tool: &header.tool,
        run: run_record,
        target: &header.target,
        contract: &header.contract,
        counts: outcome.counts,
        exit_code: outcome.exit_code,
    }
}
