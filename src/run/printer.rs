//! The one place through which everything passes that is printed, so that it leaves without secrets.
//!
//! Texts come whole (a record, a problem, a summary), never in pieces, so that no secret escapes between two of them (X10).
//!
//! Deliberately not here: what is printed, and reports, which are made from records that were redacted when they were made.

use std::io::Write;

use crate::record::redaction::Register;

/// Prints without the secrets of a register. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Printer {
    register: Register,
}

impl Printer {
    /// Makes the printer of this process.
    ///
    /// In GitHub Actions the service is asked to hide every secret that the process is issued. Nowhere else is such a line
    /// printed: it would show what it is to hide (X18).
    pub fn of_process() -> Self {
        let in_github = std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true");
        Self { register: if in_github { Register::announcing(mask_in_github) } else { Register::default() } }
    }

    /// The secrets that are never printed.
    pub fn register(&self) -> &Register {
        &self.register
    }

    /// Writes to standard output. Somebody may have closed it (`| head`): then nobody listens, and the run goes on (R26).
    pub fn print(&self, text: &str) {
        let mut out = anstream::stdout().lock();
        let _ = out.write_all(self.register.clean(text).as_bytes()).and_then(|()| out.flush());
    }

    /// Writes to standard output what somebody who starts a stand-in is to be handed: its credentials guard nothing.
    pub fn hand_over(&self, text: &str) {
        let mut out = anstream::stdout().lock();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    /// Writes to standard error.
    pub fn eprint(&self, text: &str) {
        let _ = anstream::stderr().lock().write_all(self.register.clean(text).as_bytes());
    }

    /// Writes what the argument parser has to say: help to standard output, problems to standard error.
    pub fn print_usage(&self, error: &clap::Error) {
        let text = error.render().ansi().to_string();
        if error.use_stderr() { self.eprint(&text) } else { self.print(&text) }
    }

    /// Has a panic of this process say where it happened and nothing else: its text could hold anything.
    pub fn hide_panics(&self) {
        let printer = self.clone();
        std::panic::set_hook(Box::new(move |info| {
            let place = info.location().map(ToString::to_string).unwrap_or_default();
            printer.eprint(&format!("internal error at {place}, which is a fault of Flowproof; please report it\n"));
        }));
    }
}

fn mask_in_github(secret: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(masks(secret).as_bytes()).and_then(|()| out.flush());
}

/// One command for each line of a secret: the service hides line by line.
fn masks(secret: &str) -> String {
    let lines = secret.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| format!("::add-mask::{}\n", line.replace('%', "%25"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x18_a_secret_is_masked_line_by_line_as_the_service_reads_it() {
        assert_eq!(masks("50%-secret\r\n\nsecond"), "::add-mask::50%25-secret\n::add-mask::second\n");
    }
}
