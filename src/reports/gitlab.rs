//! `gl-code-quality-report.json`: findings beside the lines of a merge request, for GitLab's code quality widget.
//!
//! One entry for each problem, at its place in the scenario's file. The fingerprint is made of what a problem is and not
//! of what a server happened to say, so that GitLab knows it again in the next run. Deliberately not here: verdicts, which
//! GitLab reads from `junit.xml`.

use std::io::Write;

use serde_json::{Value, json};

use crate::record::Level;

use super::problems::{NO_VERDICT, ReportedProblem, problems};
use super::{Reading, RenderError, Renderer};
use crate::base::text::{one_line, shortened};

/// The code quality report.
pub(crate) const RENDERER: Renderer = Renderer {
    name: "gitlab",
    file: "gl-code-quality-report.json",
    purpose: "findings beside the lines of a merge request in GitLab",
    write,
};

/// The longest description, in characters.
const DESCRIPTION: usize = 1_000;

fn write(reading: Reading<'_>, out: &mut dyn Write) -> Result<(), RenderError> {
    out.write_all(b"[")?;
    let mut separator = "\n";
    for record in reading.records {
        let record = record?;
        for problem in problems(&record) {
            out.write_all(separator.as_bytes())?;
            serde_json::to_writer(&mut *out, &issue(&problem, &record.name))?;
            separator = ",\n";
        }
    }
    out.write_all(b"\n]\n")?;
    Ok(())
}

fn issue(problem: &ReportedProblem<'_>, scenario: &str) -> Value {
    let description = format!("{} ({})", one_line(&problem.message), one_line(scenario));
    json!({
        "description": shortened(&description, DESCRIPTION),
        "check_name": one_line(problem.rule),
        "fingerprint": problem.fingerprint,
        "severity": severity(problem),
        "location": { "path": path(problem.file), "lines": { "begin": problem.line } },
    })
}

fn severity(problem: &ReportedProblem<'_>) -> &'static str {
    match (problem.level, problem.rule) {
        (Level::Deny, NO_VERDICT) => "major",
        (Level::Deny, _) => "critical",
        (Level::Warn | Level::Allow, _) => "minor",
    }
}

/// A path as GitLab has it: from the root of the repository, with slashes.
fn path(file: &str) -> String {
    let file = one_line(file).replace('\\', "/");
    file.strip_prefix("./").unwrap_or(&file).to_owned()
}
