//! `flowproof init --contract`: from a document to a first verdict. It writes a configuration and one scenario, and runs that.
//!
//! What is missing is asked for where a person sits at a terminal, and is an error elsewhere. Deliberately not here: running.

use std::fs;
use std::io::{self, BufRead, IsTerminal};
use std::path::{Path, PathBuf};

use url::Url;

use super::context::Context;
use super::contract::ContractArgs;
use super::errors::{CliError, FirstRunError, OptionsError};
use super::in_use::ContractInUse;
use super::run::{self, RunArgs};
use super::server::ServerArgs;
use crate::config::server::base_url;
use crate::config::{AuthFile, Config, FILE};
use crate::contract::{Contract, Location, NoServer, Operation, SecurityScheme};
use crate::judge::coverage::DIMENSIONS;
use crate::record::ExitCode;

/// The target that is written.
const TARGET: &str = "default";
/// The scenario that is written.
const SCENARIO: &str = "cases/first.yaml";

/// What a first run is asked for.
pub(super) struct FirstRun<'a> {
    /// The folder that everything is written in.
    pub(super) folder: &'a Path,
    /// The contract.
    pub(super) contract: &'a ContractArgs,
    /// The base address.
    pub(super) url: Option<&'a str>,
    /// Header fields and variables.
    pub(super) server: &'a ServerArgs,
    /// Credentials by security scheme: a variable of the environment, of some kinds with a name before it.
    pub(super) credentials: &'a [String],
}

/// Writes configuration and scenario, then runs the scenario and shows the verdict.
pub(super) fn first_run(asked: &FirstRun<'_>, force: bool, context: &Context) -> Result<ExitCode, CliError> {
    let used = asked.contract.load(context)?;
    let contract = &used.contract;
    let scenario = asked.inside(SCENARIO);
    for path in [asked.inside(FILE), scenario.clone()] {
        if path.exists() && !force {
            return Err(FirstRunError::Exists(path).into());
        }
    }
    let url = asked.base(contract, context)?;
    let mut credentials = asked.credentials(contract)?;
    let operation = match chosen(contract, &credentials, asked.server) {
        Ok(operation) => operation,
        Err(FirstRunError::NoCredentials(scheme)) => {
            credentials.push(asked_for(contract, &scheme, context)?);
            chosen(contract, &credentials, asked.server)?
        }
        Err(error) => return Err(error.into()),
    };
    let configuration = asked.configuration(&used, &url, &credentials);
    write(&asked.inside(FILE), &configuration, force)?;
    write(&scenario, &text_of(operation), force)?;
    context.print(&format!(
        "wrote {} and {}: {} {}\n\n",
        asked.inside(FILE).display(),
        scenario.display(),
        operation.method,
        operation.path
    ));
    let exit = asked.run(&scenario, used, context)?;
    if exit == ExitCode::Held {
        context.print(&format!(
            "next: write more scenarios beside {}; `flowproof run` runs them all\n",
            scenario.display()
        ));
    }
    Ok(exit)
}

impl FirstRun<'_> {
    fn inside(&self, name: &str) -> PathBuf {
        if self.folder == Path::new(".") { name.into() } else { self.folder.join(name) }
    }

    fn base(&self, contract: &Contract, context: &Context) -> Result<Url, CliError> {
        let read = |text: &str| base_url(text).map_err(|(message, help)| FirstRunError::Url(message, help).into());
        if let Some(url) = self.url {
            return read(url);
        }
        match self.server.choice(None, false, &Config::default(), contract) {
            Ok(choice) => Ok(choice.base),
            Err(error) => match (ask("The base address of the server", context), error) {
                (Some(url), _) => read(&url),
                (None, OptionsError::NoServer(NoServer::Nowhere)) => Err(FirstRunError::NoServer.into()),
                (None, error) => Err(error.into()),
            },
        }
    }

    fn credentials(&self, contract: &Contract) -> Result<Vec<Credential>, FirstRunError> {
        self.credentials.iter().map(|given| credential(given, contract)).collect()
    }

    fn configuration(&self, used: &ContractInUse, url: &Url, credentials: &[Credential]) -> String {
        let mut text = "# Written by `flowproof init`; docs/own-api.md explains every setting.\n".to_owned();
        text += &used.file.as_ref().map(|file| format!("contract = {}\n", self.path(file))).unwrap_or_default();
        let overlays: Vec<String> = self.contract.overlay_files().iter().map(|file| self.path(file)).collect();
        if !overlays.is_empty() {
            text += &format!("overlays = [{}]\n", overlays.join(", "));
        }
        text += &format!("\n[targets.{TARGET}]\nurl = {}\n", quoted(url.as_str()));
        text += &self.server.auth().map(|auth| self.auth_line(&auth)).unwrap_or_default();
        for credential in credentials {
            text += &format!("\n[targets.{TARGET}.credentials.{}]\n{}", quoted(&credential.scheme), credential.lines);
        }
        text
    }

    fn auth_line(&self, auth: &AuthFile) -> String {
        let user = auth.user.as_ref().map(|user| format!(", user = {}", quoted(user))).unwrap_or_default();
        format!("auth = {{ file = {}{user} }}\n", self.path(&auth.file))
    }

    /// A path as the configuration has it, which begins at its own folder.
    fn path(&self, file: &Path) -> String {
        let here = self.folder == Path::new(".");
        let whole = if here { file.to_owned() } else { file.canonicalize().unwrap_or_else(|_| file.to_owned()) };
        quoted(&whole.display().to_string())
    }

    /// Runs the scenario by the contract that was read already.
    fn run(&self, scenario: &Path, used: ContractInUse, context: &Context) -> Result<ExitCode, CliError> {
        let file = self.inside(FILE);
        let invalid = |problems| CliError::Invalid { place: "the configuration", problems };
        let config = Config::load(Some(&file), DIMENSIONS).map_err(invalid)?;
        let mut inner = Context::new(config, context.palette, context.printer.clone());
        inner.read = Some(used);
        let report = self.inside("reports/latest");
        let mut words = vec![scenario.display().to_string(), "--verbose".to_owned()];
        words.extend(["--target".into(), TARGET.into(), "--report".into(), report.display().to_string()]);
        let arguments = RunArgs::of(&words, self.server.clone().without_variables());
        run::run(&arguments, &inner)
    }
}

/// Credentials for a security scheme, and how the configuration names them.
struct Credential {
    scheme: String,
    lines: String,
}

fn credential(given: &str, contract: &Contract) -> Result<Credential, FirstRunError> {
    let (scheme, value) = given.split_once('=').ok_or_else(|| FirstRunError::Credential(given.to_owned()))?;
    let named = value.split_once(':');
    let lines = match (contract.security_scheme(scheme), named) {
        (Some(SecurityScheme::ApiKey { .. }), None) => format!("value = {{ env = {} }}\n", quoted(value)),
        (Some(SecurityScheme::Bearer | SecurityScheme::OAuth2 { .. }), None) => {
            format!("token = {{ env = {} }}\n", quoted(value))
        }
        (Some(SecurityScheme::Basic), Some((name, variable))) => {
            format!("username = {}\npassword = {{ env = {} }}\n", quoted(name), quoted(variable))
        }
        (Some(SecurityScheme::OAuth2 { .. }), Some((id, variable))) => {
            format!("client-id = {}\nclient-secret = {{ env = {} }}\n", quoted(id), quoted(variable))
        }
        _ => {
            let known = contract.security_schemes().collect::<Vec<_>>().join(", ");
            return Err(FirstRunError::Scheme(scheme.to_owned(), known));
        }
    };
    Ok(Credential { scheme: scheme.to_owned(), lines })
}

/// Asks a person for the credentials that are missing.
fn asked_for(contract: &Contract, scheme: &str, context: &Context) -> Result<Credential, FirstRunError> {
    let missing = || FirstRunError::NoCredentials(scheme.to_owned());
    let question = format!("The environment variable with the credentials for {scheme} (NAME:VARIABLE for a password)");
    let answer = ask(&question, context).ok_or_else(missing)?;
    credential(&format!("{scheme}={answer}"), contract)
}

/// The operation for the first scenario: one that only reads, needs nothing, and lets us in; the shortest path first.
fn chosen<'c>(
    contract: &'c Contract,
    credentials: &[Credential],
    server: &ServerArgs,
) -> Result<&'c Operation, FirstRunError> {
    let reads = contract.operations().iter().filter(|operation| operation.method == "GET" && needs_nothing(operation));
    let mut reads: Vec<&Operation> = reads.collect();
    reads.sort_by_key(|operation| (!has_schema(operation), operation.path.len(), operation.name.as_str()));
    let has = |scheme: &String| {
        let header = contract.security_scheme(scheme).and_then(SecurityScheme::header);
        let by_header = header.is_some_and(|name| server.has_header(name));
        by_header || server.auth().is_some() || credentials.iter().any(|known| known.scheme == *scheme)
    };
    let lets_in = |operation: &&&Operation| {
        operation.security.is_empty() || operation.security.iter().any(|way| way.iter().all(has))
    };
    if let Some(operation) = reads.iter().find(lets_in) {
        return Ok(operation);
    }
    let asked = reads.first().and_then(|operation| operation.security.first()).map(|way| way.join(", "));
    Err(asked.map_or(FirstRunError::NoOperation, FirstRunError::NoCredentials))
}

fn needs_nothing(operation: &Operation) -> bool {
    let asked = operation.parameters.iter().any(|known| known.required || known.location == Location::Path);
    !asked && !operation.body().is_some_and(|body| body.required)
}

fn has_schema(operation: &Operation) -> bool {
    operation.reply(200).is_some_and(|reply| reply.media_types.iter().any(|known| known.schema.is_some()))
}

fn text_of(operation: &Operation) -> String {
    let title = if operation.summary.is_empty() { &operation.name } else { &operation.summary };
    format!(
        "scenario: {}\nwhy: It only reads, so it shows that document and server belong together.\nsteps:\n  - call: {}\n",
        quoted(&format!("{} is answered as documented", title.trim_end_matches('.'))),
        quoted(&operation.name)
    )
}

/// A text in quotes, as JSON, YAML and TOML have it alike.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Writes a file; one that exists is kept under another name.
fn write(path: &Path, text: &str, force: bool) -> Result<(), CliError> {
    let failed = |cause| CliError::Write { path: path.to_owned(), cause };
    if force && path.exists() {
        fs::rename(path, path.with_added_extension("bak")).map_err(failed)?;
    }
    fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).map_err(failed)?;
    fs::write(path, text).map_err(failed)
}

/// Asks a question at a terminal; elsewhere nobody would answer.
fn ask(question: &str, context: &Context) -> Option<String> {
    if !io::stdin().is_terminal() {
        return None;
    }
    context.eprint(&format!("{question}: "));
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).ok()?;
    let answer = answer.trim();
    (!answer.is_empty()).then(|| answer.to_owned())
}
