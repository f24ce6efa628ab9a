//! Why a command ended without doing what it was asked; each error knows the code that the process ends with.
//!
//! Deliberately not here: what was found by a command that did its work, such as a broken promise.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

use crate::base::private::is_full;
use crate::base::source::Diagnostic;
use crate::base::text::{counted, nearest};
use crate::config::Config;
use crate::contract::{ContractError, NoServer};
use crate::explain::UnknownId;
use crate::provision::ProvisionError;
use crate::record::ExitCode;
use crate::record::journal::merge::MergeError;
use crate::record::journal::{JournalError, JournalWriteError};
use crate::reports::write::WriteError;
use crate::run::RunError;

/// Why a command could not do, or not finish, what it was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    #[error(transparent)]
    Contract(#[from] ContractError),
    /// It is shown at its place, and says everything.
    #[error("{}", .0.message)]
    ForeignContract(Box<Diagnostic>),
    /// Each fault is shown at its place.
    #[error("{}: the contract has {}; nothing was judged (--strict-contract)", .path.display(), counted(*.faults, "fault"))]
    FaultyContract { path: PathBuf, faults: usize },
    #[error("there is no contract to patch here; name its file with --contract")]
    NoContractFile,
    #[error("the proposal would not be a contract: {0}")]
    Proposal(ContractError),
    #[error(transparent)]
    Patch(Box<dyn Error + Send + Sync>),
    #[error("cannot read {}: {cause}", .path.display())]
    Read { path: PathBuf, cause: io::Error },
    #[error("cannot write {}: {cause}", .path.display())]
    Write { path: PathBuf, cause: io::Error },
    #[error(
        "{} already describes a target, or has one in its comments; nothing was changed (--force starts over and keeps the old \
         file)", .0.display()
    )]
    Exists(PathBuf),
    #[error("{} is there already; nothing was written", .0.display())]
    ScenarioExists(PathBuf),
    #[error("{}: {cause}", .path.display())]
    Journal { path: PathBuf, cause: JournalError },
    #[error("coverage cannot be measured: {0}")]
    Coverage(JournalError),
    #[error("{}: {why}, so the gate cannot accept it; run it again", .path.display())]
    Unfinished { path: PathBuf, why: String },
    #[error("a baseline is updated by a person, not in CI; run this on your own machine and review the change")]
    UpdateInCi,
    #[error("this run cannot be a baseline: {0}")]
    NoBaseline(String),
    #[error("{} is one of the parts; choose another --report", .0.display())]
    MergedIntoPart(PathBuf),
    #[error("several journals have no folder in common; say with --report where to write")]
    NoFolder,
    #[error("{0}\nonly the parts of one suite make one report; for others, run `flowproof report` on each")]
    NotOneSuite(MergeError),
    #[error(transparent)]
    Merge(MergeError),
    #[error(transparent)]
    Folder(#[from] JournalWriteError),
    #[error(transparent)]
    Reports(#[from] WriteError),
    /// It was begun, and then the file system refused.
    #[error("{0}")]
    NotWritten(Box<dyn Error + Send + Sync>),
    #[error("{}: {cause}", .path.display())]
    Recording { path: PathBuf, cause: Box<dyn Error + Send + Sync> },
    /// Every problem is shown at its place.
    #[error("{} in {place}; nothing was sent", counted(.problems.len(), "problem"))]
    Invalid { place: &'static str, problems: Vec<Diagnostic> },
    #[error(transparent)]
    Options(#[from] OptionsError),
    #[error(transparent)]
    NoTarget(#[from] NoTarget),
    #[error(transparent)]
    FirstRun(#[from] FirstRunError),
    #[error("--url, --from-env, --header and --server-variable go with --contract")]
    InitWithoutContract,
    #[error("nothing is explored in production: walks change and lock users; --dry-run shows what would be sent")]
    ExploreProduction,
    #[error("the contract has no lifecycle `{name}`{advice}")]
    UnknownLifecycle { name: String, advice: String },
    #[error(transparent)]
    Provision(#[from] ProvisionError),
    #[error("no scenario was found")]
    NoScenario,
    #[error("nothing to run: none of {} is chosen; {advice}", counted(*.all, "scenario"))]
    NothingChosen { all: usize, advice: String },
    #[error("nothing to run again: nothing failed in {}", .0.display())]
    NothingFailed(PathBuf),
    #[error("that run was against `{name}` ({url}); say with --target where to run its scenarios again")]
    TargetOfThen { name: String, url: String },
    #[error("that run was made by another build of Flowproof: {0}")]
    OtherBuild(String),
    #[error("there is nothing to audit: no response is documented and keeps the contract")]
    NothingToAudit,
    #[error("the recording contains no response of an operation of the contract")]
    NothingToLearn,
    #[error("the recording shows no resource with an id and a state that changes")]
    NoLifecycle,
    #[error("{share:.2} % of the mutants were killed; at least {minimum} % are required")]
    TooFewKilled { share: f64, minimum: f64 },
    #[error(transparent)]
    Run(#[from] RunError),
    #[error("signals cannot be caught: {0}")]
    Signals(io::Error),
    #[error("no connection can be made from here: {0}")]
    Runtime(io::Error),
    #[error(transparent)]
    StandIn(io::Error),
    #[error("the proxy listens on this machine only, and {0} can be reached from others")]
    ListenElsewhere(std::net::SocketAddr),
    #[error("TLS goes unverified only where both `insecure = true` in the target and --insecure say so")]
    OneSwitchOnly,
    #[error("{0}")]
    Proxy(String),
    #[error(transparent)]
    UnknownId(#[from] UnknownId),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

impl CliError {
    /// Why something was begun and is not whole.
    pub(super) fn not_written(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::NotWritten(cause.into())
    }

    /// What is wrong with recorded traffic.
    pub(super) fn recording(path: &Path, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Recording { path: path.to_owned(), cause: cause.into() }
    }

    /// The code that the process ends with.
    pub(super) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Run(error) => error.exit_code(),
            Self::Provision(error) => error.exit_code(),
            Self::TooFewKilled { .. } => ExitCode::Violated,
            Self::NotWritten(_) => ExitCode::ReportNotWritten,
            Self::Write { cause, .. } if is_full(cause) => ExitCode::ReportNotWritten,
            Self::Folder(error) if error.is_for_want_of_space() => ExitCode::ReportNotWritten,
            Self::Reports(error) if error.is_for_want_of_space() => ExitCode::ReportNotWritten,
            Self::NothingChosen { .. }
            | Self::NothingFailed(_)
            | Self::NothingToAudit
            | Self::NothingToLearn
            | Self::NoLifecycle => ExitCode::NothingChecked,
            _ => ExitCode::Unusable,
        }
    }
}

/// Why no first scenario can be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum FirstRunError {
    #[error("{} is there already; nothing was changed (--force keeps the old one)", .0.display())]
    Exists(PathBuf),
    #[error("`{0}` is not of the form SCHEME=VARIABLE, or SCHEME=NAME:VARIABLE for a password or a client")]
    Credential(String),
    #[error("the contract has no security scheme `{0}`, or one that takes other credentials; it has {1}")]
    Scheme(String, String),
    #[error(
        "every operation that only reads and needs nothing asks for credentials ({0}); give them as --from-env SCHEME=VARIABLE, \
         with the name of an environment variable, or as --header 'Name: value'"
    )]
    NoCredentials(String),
    #[error(
        "no operation of the contract only reads and needs nothing; write a first scenario yourself, as docs/own-api.md shows"
    )]
    NoOperation,
    #[error("{0}; {1}")]
    Url(String, String),
    #[error("the contract names no server with a host; name it: --url URL")]
    NoServer,
}

/// Why arguments and configuration make no run.
#[derive(Debug, thiserror::Error)]
pub(super) enum OptionsError {
    #[error("--insecure and --allow-destructive are for the targets of flowproof.toml")]
    SwitchWithoutTarget,
    #[error("--control goes with --target URL; the embedded stand-in has its own control channel")]
    ControlOfEmbedded,
    #[error("--control and --fault are for stand-ins; a real tenant has neither")]
    StandInOption,
    #[error("--fault breaks the embedded stand-in; to break another, start it with `flowproof tenant --fault …`")]
    FaultElsewhere,
    #[error("`{text}` is neither `embedded` nor a URL: {cause}")]
    Url { text: String, cause: url::ParseError },
    /// A stand-in is a plain HTTP server, and has no business anywhere but on this machine.
    #[error(
        "`{0}` is not on this machine, as a stand-in must be; describe a real tenant in flowproof.toml and name it here"
    )]
    Remote(String),
    #[error("the URL of a target has no user, password or query")]
    UrlParts,
    #[error("{0}; {1}")]
    BaseUrl(String, String),
    #[error(
        "the embedded stand-in is a tenant of PingOne, and the contract is of another API; name its server: --target URL"
    )]
    EmbeddedElsewhere,
    #[error("flowproof.toml describes several targets; say with --target which: {0}")]
    WhichServer(String),
    #[error("{0}; name it: --target URL, or `url` of a target in flowproof.toml")]
    NoServer(#[from] NoServer),
    #[error("`{0}` is not of the form NAME=VALUE")]
    Variable(String),
    #[error("a --header is written 'Name: value'")]
    Header,
    #[error(
        "--header and --server-variable are for contracts of your own; a tenant of PingOne is described in flowproof.toml"
    )]
    ServerOption,
    #[error(transparent)]
    NoTarget(#[from] NoTarget),
}

/// The configuration describes no target of that name.
#[derive(Debug, thiserror::Error)]
#[error("there is no target `{name}`; {advice}")]
pub(super) struct NoTarget {
    name: String,
    advice: String,
}

impl NoTarget {
    /// The message where a target is needed and none is described.
    pub(super) const NONE: &str = "flowproof.toml describes no target yet; `flowproof init` adds one as comments: uncomment \
                                   it and fill in your own values";

    pub(super) fn new(name: &str, config: &Config) -> Self {
        let names: Vec<&str> = config.targets.keys().chain(config.servers.keys()).map(String::as_str).collect();
        let advice = match nearest(name, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if names.is_empty() => Self::NONE.to_owned(),
            None => format!("there are {}", names.join(", ")),
        };
        Self { name: name.to_owned(), advice }
    }
}
