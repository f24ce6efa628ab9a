//! The keys that several sources of passcodes have in common.
//!
//! Deliberately not here: which source has which.

use std::path::PathBuf;
use std::time::Duration;

use crate::auth::passcode::{Pace, Pattern, Patterns};
use crate::base::source::{Diagnostic, Spanned};
use crate::config::secret_source::SecretSource;
use crate::config::table::TomlTable;

/// How long is waited at the most unless a table says otherwise, in seconds.
pub(super) const DEADLINE: f64 = 60.0;
/// The same where a person has to do something.
pub(super) const DEADLINE_OF_PEOPLE: f64 = 120.0;
/// The longest deadline, in seconds: an hour.
const LONGEST: f64 = 3600.0;

pub(super) fn secret(table: &TomlTable<'_>, key: &'static str) -> Option<Spanned<SecretSource>> {
    if !table.has(key) {
        table.missing(key);
    }
    SecretSource::decode(table, key)
}

pub(super) fn ca(table: &TomlTable<'_>) -> Option<PathBuf> {
    table.path("ca").map(|path| path.value)
}

pub(super) fn pointer(table: &TomlTable<'_>, key: &'static str) -> Option<String> {
    let text = table.text(key)?;
    if !text.value.is_empty() && !text.value.starts_with('/') {
        let problem = Diagnostic::at(&text.span, format!("`{}` is no JSON pointer", text.value));
        table.report(problem.help("it begins with a slash, such as \"/body/text\""));
        return None;
    }
    Some(text.value)
}

pub(super) fn pace(table: &TomlTable<'_>) -> Pace {
    let every = table.number("every", 0.1..=60.0).map_or(2.0, |every| every.value);
    Pace { every: Duration::from_secs_f64(every), deadline: deadline(table, DEADLINE) }
}

pub(super) fn deadline(table: &TomlTable<'_>, usual: f64) -> Duration {
    Duration::from_secs_f64(table.number("deadline", 0.1..=LONGEST).map_or(usual, |deadline| deadline.value))
}

/// One pattern for every kind of code, or a table with one for each.
pub(super) fn patterns(table: &TomlTable<'_>) -> Patterns {
    let Some(kinds) = table.table_if_any("pattern") else {
        return Patterns { any: pattern(table, "pattern"), ..Patterns::default() };
    };
    let patterns = Patterns {
        any: None,
        otp: pattern(&kinds, "otp"),
        verification_code: pattern(&kinds, "verification-code"),
        recovery_code: pattern(&kinds, "recovery-code"),
    };
    kinds.end();
    patterns
}

fn pattern(table: &TomlTable<'_>, key: &'static str) -> Option<Pattern> {
    let text = table.text(key)?;
    let pattern = Pattern::new(&text.value);
    if let Err(error) = &pattern {
        table.report(Diagnostic::at(&text.span, error.to_string()).help("such as 'your code is ([0-9]{6})'"));
    }
    pattern.ok()
}
