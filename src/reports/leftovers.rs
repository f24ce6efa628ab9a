//! `leftovers.json`: what scenarios may have left on the target, for whoever cleans up after them.
//!
//! Deliberately not here: cleaning up. The file is there only where something is left.

use std::io::Write;

use serde::Serialize;

use crate::record::journal::Journal;

use crate::record::LeftoverRecord;

use super::{RenderError, Renderer};

/// The list of what is left.
pub const RENDERER: Renderer =
    Renderer { name: "leftovers", file: "leftovers.json", purpose: "what may be left on the target", render };

#[derive(Serialize)]
struct Left<'a> {
    scenario: &'a str,
    #[serde(flatten)]
    what: &'a LeftoverRecord,
}

fn render(journal: &Journal, out: &mut dyn Write) -> Result<(), RenderError> {
    let header = journal.header();
    let (run, target) = (serde_json::to_string(&header.run_id)?, serde_json::to_string(&header.target.base_url)?);
    write!(out, "{{\"run\":{run},\"target\":{target},\"leftovers\":[")?;
    let mut separator = "\n";
    for entry in journal.entries().iter().filter(|entry| entry.left_something) {
        let record = journal.record(entry)?;
        for what in &record.leftovers {
            out.write_all(separator.as_bytes())?;
            serde_json::to_writer(&mut *out, &Left { scenario: &record.name, what })?;
            separator = ",\n";
        }
    }
    out.write_all(b"\n]}\n")?;
    Ok(())
}
