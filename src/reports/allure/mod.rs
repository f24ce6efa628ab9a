//! Allure results: a folder of small files that Allure's own tools make a report of.
//!
//! A scenario is a test and an attempt at it a result; those of one scenario have one history id, by which Allure tells retries
//! from tests and one run from the next. A step is an exchange, which is attached. What is about the whole run, a run that did
//! not finish and promises that are not covered, is a global error. All names begin with `flowproof-`, so that results of other
//! tools may be in the same folder.
//!
//! Deliberately not here: the file system, and Allure's report.

mod exchange;
mod names;
mod result;

use std::collections::BTreeMap;
use std::io;

use serde::Serialize;
use serde_json::{Value, json};

use self::exchange::HttpExchange;
pub(super) use self::names::PREFIX;
use self::names::{attachment, id};
use self::result::TestResult;
use super::attempt::Attempt;
use super::reading::RunIndex;
use super::{Reading, RenderError};
use crate::base::text::one_line;
use crate::record::Header;

/// Where files are written that belong together.
pub(super) trait Files {
    /// Writes a file of that name.
    ///
    /// # Errors
    /// When it cannot be written.
    fn file(&mut self, name: &str, content: &[u8]) -> io::Result<()>;
}

/// Writes the results of a run.
pub(super) fn write(reading: Reading<'_>, files: &mut dyn Files) -> Result<(), RenderError> {
    let Reading { run, records, .. } = reading;
    let header = run.header();
    let mut documents = Documents { files, text: Vec::new() };
    for record in records {
        let record = record?;
        for attempt in Attempt::of(&record) {
            let result = TestResult::of(header, &attempt);
            for (at, exchange) in attempt.exchanges.iter().enumerate() {
                documents.write(&attachment(result.uuid, at), &HttpExchange::from(exchange))?;
            }
            documents.write(&format!("{PREFIX}{}-result.json", result.uuid), &result)?;
        }
    }
    if let Some(globals) = globals(run) {
        documents.write(&format!("{PREFIX}{}-globals.json", id(header, "globals")), &globals)?;
    }
    Ok(files.file("environment.properties", environment(header).as_bytes())?)
}

/// Documents of JSON, each in a file of its own.
struct Documents<'f> {
    files: &'f mut dyn Files,
    /// The text of one after the other, in memory that is had once.
    text: Vec<u8>,
}

impl Documents<'_> {
    fn write(&mut self, name: &str, document: &impl Serialize) -> Result<(), RenderError> {
        self.text.clear();
        serde_json::to_writer(&mut self.text, document)?;
        Ok(self.files.file(name, &self.text)?)
    }
}

/// What the run was made with, as Allure shows it on its first page.
fn environment(header: &Header) -> String {
    let contract = format!("{} {}", header.contract.title, header.contract.version);
    let facts = BTreeMap::from([
        ("contract", contract),
        ("run", header.run_id.clone()),
        ("seed", header.seed.to_string()),
        ("target", format!("{} ({})", header.target.name, header.target.base_url)),
        ("tool", header.tool.clone()),
    ]);
    facts.iter().map(|(name, value)| format!("{name} = {}\n", one_line(value).replace('\\', "\\\\"))).collect()
}

/// What went wrong with the run as a whole.
fn globals(run: RunIndex<'_>) -> Option<Value> {
    let outcome = run.outcome();
    let errors: Vec<String> = outcome.shortfall().into_iter().chain(outcome.uncovered).collect();
    let error = |message: &String| json!({ "message": one_line(message) });
    (!errors.is_empty()).then(|| json!({ "attachments": [], "errors": errors.iter().map(error).collect::<Vec<_>>() }))
}
