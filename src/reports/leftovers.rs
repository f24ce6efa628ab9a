//! `leftovers.json`: what scenarios may have left on the target, for whoever cleans up after them.
//!
//! Deliberately not here: cleaning up. The file is there only where something is left.

use std::io::Write;

use serde::Serialize;

use crate::record::LeftoverRecord;

use super::{Reading, RenderError, Renderer};

/// The list of what is left.
pub(crate) const RENDERER: Renderer =
    Renderer { name: "leftovers", file: "leftovers.json", purpose: "what may be left on the target", write };

#[derive(Serialize)]
struct Left<'a> {
    scenario: &'a str,
    #[serde(flatten)]
    what: &'a LeftoverRecord,
}

fn write(reading: Reading<'_>, out: &mut dyn Write) -> Result<(), RenderError> {
    let header = reading.run.header();
    let (run, target) = (serde_json::to_string(&header.run_id)?, serde_json::to_string(&header.target.base_url)?);
    write!(out, "{{\"run\":{run},\"target\":{target},\"leftovers\":[")?;
    let mut separator = "\n";
    for record in reading.records {
        let record = record?;
        for what in &record.leftovers {
            out.write_all(separator.as_bytes())?;
            serde_json::to_writer(&mut *out, &Left { scenario: &record.name, what })?;
            separator = ",\n";
        }
    }
    out.write_all(b"\n]}\n")?;
    Ok(())
}
