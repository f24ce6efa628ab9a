//! The `flowproof` program: parse, dispatch, exit code.

use std::panic::catch_unwind;
use std::process::ExitCode;

use clap::Parser;
use flowproof::cli::Cli;
use flowproof::record;
use flowproof::run::sink;

fn main() -> ExitCode {
    sink::hide_panics();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            sink::usage(&error);
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    sink::mask_in_github();
    catch_unwind(|| cli.carry_out()).unwrap_or(record::ExitCode::Internal).into()
}
