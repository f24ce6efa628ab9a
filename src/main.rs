//! The `flowproof` program: parse, dispatch, exit code.

use std::panic::catch_unwind;
use std::process::ExitCode;

use clap::Parser;
use flowproof::cli::Cli;
use flowproof::progress::keep_panics_short;
use flowproof::record;

fn main() -> ExitCode {
    keep_panics_short();
    let cli = Cli::parse();
    catch_unwind(|| cli.carry_out()).unwrap_or(record::ExitCode::Internal).into()
}
