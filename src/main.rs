//! The `flowproof` program: parse, dispatch, exit code.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::Parser;
use flowproof::cli::Cli;
use flowproof::record;
use flowproof::run::printer::Printer;
use mimalloc::MiMalloc;

/// A run makes and drops hundreds of small values for every request, on several threads (decision 19).
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let printer = Printer::of_process();
    printer.hide_panics();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            printer.print_usage(&error);
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    catch_unwind(AssertUnwindSafe(|| cli.run(printer))).unwrap_or(record::ExitCode::Internal).into()
}
