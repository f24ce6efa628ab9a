//! The users whom runs have used up: a file beside `flowproof.toml` with a line for each, so that a later run gives them to no
//! scenario again.
//!
//! A line is written before the scenario sends anything, because a run can be killed at any moment. Whoever renews a user
//! under the same id deletes the line; under a new id the user is new.
//!
//! Deliberately not here: which scenarios use users up (`destructive`), and which user each of them gets.

use std::collections::HashSet;
use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write as _};
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The users whom runs have used up.
#[derive(Debug)]
pub(crate) struct Ledger {
    path: PathBuf,
    environment: String,
    used: HashSet<String>,
}

/// One line of the file.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct UsedUser<'a> {
    /// The id, or the name of a user without one.
    pub(super) user: &'a str,
    pub(super) role: &'a str,
    environment: &'a str,
    pub(super) scenario: &'a str,
    pub(super) why: &'a str,
    at: DateTime<Utc>,
}

/// The part of a line that a later run needs.
#[derive(Debug, Deserialize)]
struct Known {
    user: String,
    environment: String,
}

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LedgerError {
    /// It cannot be read.
    #[error("cannot read {}, the list of users that are used up: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: io::Error,
    },
    /// One of its lines is not as a run writes it.
    #[error("{}:{line}: not a user that is used up: {error}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong.
        error: serde_json::Error,
    },
    /// It cannot be written.
    #[error("cannot write {}, the list of users that are used up: {error}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: io::Error,
    },
}

impl Ledger {
    /// Reads the users of one environment that have been used up; without a file there is none.
    pub(crate) fn read(path: PathBuf, environment: String) -> Result<Self, LedgerError> {
        let text = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            read => read.map_err(|error| LedgerError::Read { path: path.clone(), error })?,
        };
        let mut used = HashSet::new();
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let known: Known = serde_json::from_str(line).map_err(|error| LedgerError::Line {
                path: path.clone(),
                line: at + 1,
                error,
            })?;
            used.extend((known.environment == environment).then_some(known.user));
        }
        Ok(Self { path, environment, used })
    }

    /// Whether an earlier run has used a user up.
    pub(crate) fn holds(&self, user: &str) -> bool {
        self.used.contains(user)
    }

    /// Where it is.
    pub(super) fn file(&self) -> String {
        self.path.display().to_string()
    }

    /// Adds users, each by name and role.
    pub(super) fn add<'a>(
        &'a self,
        users: impl Iterator<Item = (&'a str, &'a str)>,
        scenario: &'a str,
        why: &'a str,
    ) -> Result<(), LedgerError> {
        let (environment, at) = (self.environment.as_str(), Utc::now());
        let lines: String = users
            .map(|(user, role)| UsedUser { user, role, environment, scenario, why, at })
            .map(|used| format!("{}\n", serde_json::json!(used)))
            .collect();
        self.append(&lines).map_err(|error| LedgerError::Write { path: self.path.clone(), error })
    }

    /// In one piece, so that runs side by side do not mix their lines.
    fn append(&self, lines: &str) -> io::Result<()> {
        OpenOptions::new().create(true).append(true).open(&self.path)?.write_all(lines.as_bytes())
    }
}
