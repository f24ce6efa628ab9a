//! The one way out: everything that is printed passes here and leaves without secrets.
//!
//! Texts come whole (a record, a problem, a summary), never in pieces, so that no secret escapes between two of them (X10).
//!
//! Deliberately not here: what is said, and reports, which are made from records that were redacted when they were born.

use std::io::Write;

use crate::record::redaction::register;

/// Writes to standard output. Somebody may have closed it (`| head`): then nobody listens, and the run goes on (R26).
pub fn say(text: &str) {
    let mut out = anstream::stdout().lock();
    let _ = out.write_all(register::clean(text).as_bytes()).and_then(|()| out.flush());
}

/// Writes to standard error.
pub fn complain(text: &str) {
    let _ = anstream::stderr().lock().write_all(register::clean(text).as_bytes());
}

/// Writes what the argument parser has to say: help to standard output, problems to standard error.
pub fn usage(error: &clap::Error) {
    let text = error.render().ansi().to_string();
    if error.use_stderr() { complain(&text) } else { say(&text) }
}

/// Has a panic say where it happened and nothing else: its text could hold anything.
pub fn hide_panics() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        complain(&format!("internal error at {place}, which is a fault of Flowproof; please report it\n"));
    }));
}

/// In GitHub Actions, has the service hide every secret that this process is issued. Nowhere else is anything printed: the
/// line would show what it is to hide (X18).
pub fn mask_in_github() {
    if std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true") {
        register::on_issued(|secret| {
            let mut out = std::io::stdout().lock();
            let _ = out.write_all(masks(secret).as_bytes()).and_then(|()| out.flush());
        });
    }
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
