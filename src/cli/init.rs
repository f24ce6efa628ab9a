//! `flowproof init`: a configuration to start from, in which everything is explained and nothing is set yet.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;

use super::context::Context;
use super::errors::CliError;
use crate::config::FILE;
use crate::record::ExitCode;

/// What is written.
pub(super) const TEMPLATE: &str = include_str!("init.toml");

#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// The folder to write it in
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// Write over a file that is there already
    #[arg(long)]
    force: bool,
}

/// Writes the file.
pub(super) fn run(arguments: &InitArgs, context: &Context) -> Result<ExitCode, CliError> {
    let path = arguments.folder.join(FILE);
    if let Err(cause) = write(&path, arguments.force) {
        let exists = cause.kind() == std::io::ErrorKind::AlreadyExists;
        return Err(if exists { CliError::Exists(path) } else { CliError::Write { path, cause } });
    }
    context.print(&format!(
        "{} is written; every line is explained in it\nnext: fill in a target, then `flowproof doctor --target staging` says \
         what is missing\n",
        path.display()
    ));
    Ok(ExitCode::Held)
}

fn write(path: &Path, force: bool) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    let options =
        if force { options.write(true).create(true).truncate(true) } else { options.write(true).create_new(true) };
    options.open(path)?.write_all(TEMPLATE.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn what_init_writes_is_accepted_as_it_is_and_with_every_comment_taken_away() {
        Config::parse(FILE.into(), TEMPLATE.into(), &[]).expect("accepted");
        let bare = |line: &str| line.strip_prefix("#: ").unwrap_or(line).to_owned();
        let all: String = TEMPLATE.lines().map(|line| bare(line) + "\n").collect();
        let read = Config::parse(FILE.into(), all, &[]);
        let read = read.map_err(|problems| problems.iter().map(|problem| problem.render(false)).collect::<String>());
        assert!(read.as_ref().is_ok_and(|config| config.targets.contains_key("staging")), "{}", read.unwrap_err());
    }
}
