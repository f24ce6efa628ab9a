//! The forms in which a command writes its tables.
//!
//! Deliberately not here: the tables, and the forms of reports and of lint, which are others.

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum TableFormat {
    /// For people
    #[default]
    Text,
    /// For programs: one object
    Json,
    /// For documentation: tables
    Markdown,
}
