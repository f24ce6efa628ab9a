//! `flowproof init`: a configuration to start from, in which every setting is explained and none is set yet.
//!
//! Nothing is destroyed: a file that exists gets the target added at its end, and `--force` keeps it under another name.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;

use super::context::Context;
use super::contract::ContractArgs;
use super::errors::CliError;
use super::first_run::{FirstRun, first_run};
use super::server::ServerArgs;
use crate::config::FILE;
use crate::record::ExitCode;

/// What is written.
pub(super) const TEMPLATE: &str = include_str!("init.toml");

/// Where the description of a real tenant begins in the template.
const TARGET: &str = "## --- A real tenant";

#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// The folder to write it in
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// Start over with a new file; the one that exists is kept as flowproof.toml.bak
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    contract: ContractArgs,
    /// The base address of the server, with --contract [default: the contract's first server]
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// An environment variable with the credentials of a security scheme, with --contract; for a password or a client of
    /// OAuth, NAME:VARIABLE
    #[arg(long, value_name = "SCHEME=VARIABLE")]
    from_env: Vec<String>,
    #[command(flatten)]
    server: ServerArgs,
}

/// Examples for the help of `flowproof init`.
pub(super) const EXAMPLES: &str = "\
Examples:
  flowproof init                                   a commented flowproof.toml for a tenant of PingOne
  flowproof init --contract petstore.yaml          a first scenario for an API of your own, run at once
  flowproof init --contract api.yaml --url http://127.0.0.1:8080/v1 --from-env bearerAuth=API_TOKEN";

/// Writes the file, or adds a target to the one that exists.
pub(super) fn run(arguments: &InitArgs, context: &Context) -> Result<ExitCode, CliError> {
    let InitArgs { folder, contract, url, from_env, server, .. } = arguments;
    if contract.is_given() {
        let asked = FirstRun { folder, contract, url: url.as_deref(), server, credentials: from_env };
        return first_run(&asked, arguments.force, context);
    }
    if url.is_some() || !from_env.is_empty() || !server.is_empty() {
        return Err(CliError::InitWithoutContract);
    }
    let path = arguments.folder.join(FILE);
    let failed = |cause| CliError::Write { path: path.clone(), cause };
    let shown = path.display();
    let done = match (path.exists(), arguments.force) {
        (false, _) => {
            write_new(&path).map_err(failed)?;
            format!("wrote {shown}; it explains every setting")
        }
        (true, true) => {
            let kept = keep(&path).map_err(failed)?;
            write_new(&path).map_err(failed)?;
            format!("wrote {shown}; the old file is kept as {}", kept.display())
        }
        (true, false) => {
            add_target(&path)?;
            format!("added a commented target at the end of {shown}; everything else in it is as it was")
        }
    };
    context.print(&format!(
        "{done}\nnext: uncomment and fill in a target, then run `flowproof doctor --target staging` to see what is missing\n"
    ));
    Ok(ExitCode::Held)
}

fn write_new(path: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(TEMPLATE.as_bytes())
}

/// Gives the file another name, which nothing has.
fn keep(path: &Path) -> io::Result<PathBuf> {
    let names =
        (1..).map(|number| format!("{FILE}.bak{}", if number == 1 { String::new() } else { number.to_string() }));
    let kept = names.map(|name| path.with_file_name(name)).find(|kept| !kept.exists());
    let kept = kept.ok_or(io::ErrorKind::AlreadyExists)?;
    fs::rename(path, &kept)?;
    Ok(kept)
}

/// Adds the template's target to a file that has none, not even in its comments.
fn add_target(path: &Path) -> Result<(), CliError> {
    let text = super::context::read(path)?;
    if text.contains("[targets.") || text.contains("[[targets.") {
        return Err(CliError::Exists(path.to_owned()));
    }
    let target = TEMPLATE.find(TARGET).map_or(TEMPLATE, |at| &TEMPLATE[at..]);
    let break_before = if text.ends_with('\n') { "\n" } else { "\n\n" };
    let mut file =
        OpenOptions::new().append(true).open(path).map_err(|cause| CliError::Write { path: path.to_owned(), cause })?;
    file.write_all(format!("{break_before}{target}").as_bytes()).map_err(CliError::not_written)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::judge::coverage::DIMENSIONS;

    /// What an editor makes of the text when everything is selected and uncommented.
    fn uncommented(text: &str) -> String {
        text.lines()
            .map(|line| line.strip_prefix('#').unwrap_or(line).trim_start_matches(' ').to_owned() + "\n")
            .collect()
    }

    #[test]
    fn the_template_is_accepted_as_it_is_and_with_everything_uncommented() {
        Config::parse(FILE.into(), TEMPLATE.into(), &[]).expect("accepted");
        let read = Config::parse(FILE.into(), uncommented(TEMPLATE), DIMENSIONS);
        let read = read.map_err(|problems| problems.iter().map(|problem| problem.render(false)).collect::<String>());
        assert!(read.as_ref().is_ok_and(|config| config.targets.contains_key("staging")), "{}", read.unwrap_err());
    }

    #[test]
    fn the_part_that_is_added_to_a_file_begins_with_the_target() {
        assert_eq!(TEMPLATE.matches(TARGET).count(), 1);
    }
}
