//! Why a run could not begin, or could not be kept; each error knows the code that the process ends with.
//!
//! Deliberately not here: what scenarios come to, which is data.

use std::io;
use std::sync::Arc;

use crate::client::CallError;
use crate::record::journal::{JournalError, JournalWriteError};
use crate::record::{ExitCode, TransportError};
use crate::reports::write::WriteError;

/// Why a run could not begin. Nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The journal cannot be kept.
    #[error(transparent)]
    Journal(#[from] JournalWriteError),
    /// The reports could not be written.
    #[error(transparent)]
    Reports(#[from] WriteError),
    /// The stand-in cannot be started.
    #[error("the embedded stand-in cannot be started: {0}")]
    Tenant(io::Error),
    /// A worker cannot be started.
    #[error("no runtime: {0}")]
    Runtime(io::Error),
    /// Coverage cannot be measured.
    #[error("no thread can be started: {0}")]
    Thread(io::Error),
    /// The real tenant cannot be used as it is configured.
    #[error("the target `{name}` cannot be used; nothing was sent{}", listed(.problems))]
    Unusable {
        /// The target's name.
        name: String,
        /// Everything that is wrong.
        problems: Vec<String>,
    },
}

impl StartError {
    /// Whether there is no space for journal and reports.
    fn is_for_want_of_space(&self) -> bool {
        match self {
            Self::Journal(error) => error.is_for_want_of_space(),
            Self::Reports(error) => error.is_for_want_of_space(),
            Self::Tenant(_) | Self::Runtime(_) | Self::Thread(_) | Self::Unusable { .. } => false,
        }
    }
}

fn listed(problems: &[String]) -> String {
    problems.iter().map(|problem| format!("\n  {problem}")).collect()
}

/// Why a run has no reports.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// It could not begin.
    #[error(transparent)]
    Start(#[from] Arc<StartError>),
    /// Its journal could not be ended.
    #[error(transparent)]
    NotWritten(#[from] JournalWriteError),
    /// Its journal cannot be read.
    #[error(transparent)]
    Unreadable(#[from] JournalError),
    /// What ended could not be recorded.
    #[error("the run could not be recorded, which is a fault of Flowproof; please report it")]
    Unrecorded,
    /// It was finished before.
    #[error("the run has been finished already")]
    Finished,
}

impl RunError {
    /// The code that the process ends with.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Start(error) if error.is_for_want_of_space() => ExitCode::ReportNotWritten,
            Self::Start(_) => ExitCode::Unusable,
            Self::Unrecorded => ExitCode::Internal,
            Self::NotWritten(_) | Self::Unreadable(_) | Self::Finished => ExitCode::ReportNotWritten,
        }
    }
}

/// Why a target cannot be reached.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProbeError {
    #[error(transparent)]
    Runtime(#[from] io::Error),
    #[error(transparent)]
    Request(#[from] CallError),
    #[error(transparent)]
    Transport(#[from] TransportError),
    #[error("it knows no environment {0} (404); compare its id and region with those in the console")]
    UnknownEnvironment(String),
}
