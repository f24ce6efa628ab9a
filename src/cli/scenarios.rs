//! `flowproof scenarios`: scenarios that do again what somebody recorded.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value;

use super::context::{Context, journal_at, read};
use super::contract::ContractArgs;
use super::errors::CliError;
use super::in_use::ContractInUse;
use crate::base::source::Diagnostic;
use crate::base::text::{counted, first_of};
use crate::contract::Contract;
use crate::infer::scenarios::{DraftedFile, Drafts};
use crate::judge::replay::sessions::each_session;
use crate::record::ExitCode;
use crate::scenario::{LintContext, Suite, lint};
use crate::tenant::default_facts;

pub(super) const ABOUT: &str = "\
Write scenarios from recorded traffic.

Each set of requests that depend on each other becomes one scenario. What an answer brought and a later request needs is saved, what \
the target supplies is named, and secrets are left out. Review what comes of it: a recording says what happened, not what should.";

#[derive(Debug, Args)]
pub(super) struct ScenariosArgs {
    /// HAR files, journals, or folders of runs; repeat it for several
    #[arg(long, value_name = "FILE", required = true)]
    from: Vec<PathBuf>,
    /// Write each scenario to a file in this folder, instead of printing all of them
    #[arg(long, value_name = "DIR")]
    write: Option<PathBuf>,
    /// The facts of the target that was recorded, as JSON: what has their values is named [default: those that flowproof.toml writes
    /// out; for PingOne, those of the stand-in's default environment]
    #[arg(long, value_name = "FILE")]
    facts: Option<PathBuf>,
    #[command(flatten)]
    contract: ContractArgs,
}

/// Drafts, then prints or writes.
pub(super) fn run(arguments: &ScenariosArgs, context: &Context) -> Result<ExitCode, CliError> {
    let ContractInUse { contract, .. } = arguments.contract.load(context)?;
    let facts = if contract.has_environments() { default_facts() } else { context.config.server_facts() };
    let recorded = match &arguments.facts {
        Some(path) => serde_json::from_str(&read(path)?).map_err(|cause| CliError::recording(path, cause))?,
        None => facts.clone(),
    };
    let mut drafts = Drafts::default();
    for path in arguments.from.iter().map(|path| journal_at(path)) {
        let shown = each_session(&path, &contract, &mut |session| drafts.add(&contract, session, &recorded));
        shown.map_err(|cause| CliError::recording(&path, cause))?;
    }
    let notes = notes(&drafts);
    let files = drafts.files();
    if files.is_empty() {
        context.eprint(&notes);
        return Err(CliError::NothingToLearn);
    }
    match &arguments.write {
        Some(folder) => write(&files, folder, context)?,
        None => files.iter().for_each(|file| context.print(&format!("# {}.yaml\n{}\n", file.name, file.text))),
    }
    context.eprint(&notes);
    context.eprint_all(&problems(&files, &contract, &facts, context));
    Ok(ExitCode::Held)
}

/// What of the recordings is in no scenario, and what the target has to supply.
fn notes(drafts: &Drafts) -> String {
    let mut text: String = drafts.left_out.iter().map(|what| format!("note: left out: {what}\n")).collect();
    if drafts.others > 0 {
        text += &format!("note: left out: {} of no operation of the contract\n", counted(drafts.others, "exchange"));
    }
    if !drafts.secrets.is_empty() {
        let names: Vec<&str> = drafts.secrets.iter().map(|path| path.trim_start_matches("facts.")).collect();
        let lines: Vec<String> =
            names.iter().map(|name| format!("  {name} = {{ env = \"{}\" }}", variable(name))).collect();
        text += &format!("note: the target has to supply {}; in flowproof.toml:\n", first_of(&names, 10));
        text += &format!("  [targets.NAME.facts]\n{}\n", lines.join("\n"));
    }
    text
}

/// A name as environment variables have it.
fn variable(name: &str) -> String {
    crate::base::spelling::kebab(name).replace('-', "_").to_ascii_uppercase()
}

fn write(files: &[DraftedFile], folder: &Path, context: &Context) -> Result<(), CliError> {
    let path_of = |file: &DraftedFile| folder.join(format!("{}.yaml", file.name));
    if let Some(there) = files.iter().map(path_of).find(|path| path.exists()) {
        return Err(CliError::ScenarioExists(there));
    }
    fs::create_dir_all(folder).map_err(|cause| CliError::Write { path: folder.to_owned(), cause })?;
    for file in files {
        let path = path_of(file);
        fs::write(&path, &file.text).map_err(|cause| CliError::Write { path: path.clone(), cause })?;
        context.print(&format!("wrote {}: {}\n", path.display(), counted(file.calls, "call")));
    }
    Ok(())
}

/// What the lint says of them: a recording may show what the contract does not allow.
fn problems(files: &[DraftedFile], contract: &Contract, facts: &Value, context: &Context) -> Vec<Diagnostic> {
    let elsewhere = context.config.fact_paths();
    let lint_with = LintContext { contract, checks: &crate::checks::ids(), facts: Some(facts), elsewhere: &elsewhere };
    let each = files.iter().flat_map(|file| match Suite::from_text(format!("{}.yaml", file.name), &file.text) {
        Ok(suite) => lint(&suite, &lint_with),
        Err(problems) => problems,
    });
    // What the target has yet to supply has been said.
    each.filter(|problem| problem.rule != Some("doubtful-need")).collect()
}
