//! How the passcodes of a user are read: the table `passcode` of a user in `flowproof.toml`.
//!
//! Deliberately not here: reading them (`auth`).

use super::table::Table;
use crate::source::Diagnostic;

/// How the passcodes of a user are read.
#[derive(Debug, Clone, PartialEq)]
pub enum PasscodeConfig {}

/// Reads the table, and reports whatever is wrong with it.
pub fn decode(table: Table<'_>) -> Option<PasscodeConfig> {
    if let Some(source) = table.required_text("source") {
        let message = format!("`{}` is no source of passcodes", source.value);
        table.complain(Diagnostic::at(&source.span, message));
    }
    None
}

impl PasscodeConfig {
    /// Opens the source.
    pub fn resolve(&self, _: &std::path::Path) -> Result<crate::auth::passcode::PasscodeSource, String> {
        match *self {}
    }
}
