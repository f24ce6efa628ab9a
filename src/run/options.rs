//! The options of a run: everything that decides it apart from its scenarios.
//!
//! Deliberately not here: where the options come from; the command line makes them from arguments and configuration.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::real_tenant::TenantChoice;
use super::server::ServerChoice;
use crate::checks::Levels;
use crate::client::{GeneratedClient, TransportOptions};
use crate::contract::Contract;
use crate::judge::coverage::Goals;
use crate::record::ShardRecord;
use crate::record::redaction::Register;
use crate::reports::{self, Elsewhere, Renderer};
use crate::tenant;

/// Where requests shall go.
#[derive(Debug, Clone, Default)]
pub enum TargetChoice {
    /// The stand-in tenant inside this process, broken in these ways.
    #[default]
    Embedded,
    /// A stand-in that is broken on purpose, to see which check catches it.
    Broken(Vec<tenant::Fault>),
    /// A stand-in with one wrong step in one lifecycle.
    Misstepping(Box<tenant::Misstep>),
    /// A stand-in that runs elsewhere on this machine.
    StandIn {
        /// Where requests are sent.
        base_url: Url,
        /// Where its control channel is.
        control: Url,
    },
    /// A tenant that somebody else runs.
    Tenant(Box<TenantChoice>),
    /// A server of any API.
    Server(Box<ServerChoice>),
}

/// What decides a run, apart from its scenarios.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// Where requests go.
    pub target: TargetChoice,
    /// The client that was generated from the contract, where it is not the one of this build.
    pub client: Option<&'static GeneratedClient>,
    /// The level of every check.
    pub levels: Levels,
    /// The seed of everything made up.
    pub seed: u64,
    /// How long the whole run may take, from when it is prepared.
    pub deadline: Option<Duration>,
    /// How many scenarios run at a time, where that is known.
    pub jobs: Option<usize>,
    /// Whether the first scenario that does not pass ends the run.
    pub fail_fast: bool,
    /// Where journal and reports are written.
    pub reports: PathBuf,
    /// Whether other processes write to the same journal: the id that they share.
    pub shared_run: Option<String>,
    /// The digest of the suite that the scenarios were chosen from.
    pub suite: String,
    /// How requests get to the target.
    pub transport: TransportOptions,
    /// The most requests per second, over all workers.
    pub rate: Option<f64>,
    /// Whether requests say which trace they belong to (`traceparent`).
    pub traceparent: bool,
    /// The id of the run of which this is a part, or another name that others know it by.
    pub whole_run: Option<String>,
    /// How often a scenario that did not pass is run again.
    pub retries: usize,
    /// What a scenario that passed only when it was run again comes to.
    pub flaky: Flaky,
    /// Which part of the suite this run is.
    pub shard: Option<ShardRecord>,
    /// The reports that are written when it ends.
    pub formats: Vec<Renderer>,
    /// The reports that go elsewhere.
    pub elsewhere: Vec<Elsewhere>,
    /// How the scenarios were chosen from the suite, as on the command line; empty for all of them.
    pub chosen_by: Vec<String>,
    /// What makes it an exploration, as on the command line; `None` where it is not one.
    pub explored_by: Option<Vec<String>>,
    /// The scenario files and folders, where they are not the usual ones.
    pub paths: Vec<PathBuf>,
    /// The configuration file, where the command line names one.
    pub config: Option<PathBuf>,
    /// The contract, where the command line names one.
    pub contract: Option<PathBuf>,
    /// What the command line lays over it.
    pub overlays: Vec<PathBuf>,
    /// What the run must reach; `None` where it is not of the whole suite.
    pub goals: Option<Goals>,
    /// The secrets that are kept out of everything that is written.
    pub register: Register,
}

/// What becomes of a run with scenarios that passed only when they were run again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Flaky {
    /// They are only shown
    #[default]
    Warn,
    /// They count as failures
    Fail,
}

impl RunOptions {
    /// A run against the embedded stand-in that writes its reports here.
    pub fn new(reports: impl Into<PathBuf>) -> Self {
        Self {
            target: TargetChoice::default(),
            client: None,
            levels: Levels::default(),
            seed: 0,
            deadline: None,
            jobs: None,
            fail_fast: false,
            reports: reports.into(),
            shared_run: None,
            suite: String::new(),
            transport: TransportOptions::default(),
            rate: None,
            traceparent: true,
            whole_run: None,
            retries: 0,
            flaky: Flaky::default(),
            shard: None,
            formats: reports::USUAL.to_vec(),
            elsewhere: Vec::new(),
            chosen_by: Vec::new(),
            explored_by: None,
            paths: Vec::new(),
            config: None,
            contract: None,
            overlays: Vec::new(),
            goals: None,
            register: Register::default(),
        }
    }

    /// The client that was generated from a contract, if one was.
    pub(super) fn client(&self, contract: &Contract) -> Option<&'static GeneratedClient> {
        self.client.or_else(|| GeneratedClient::of(contract))
    }
}
