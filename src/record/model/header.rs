//! The header of a journal: what was run, against what, what was promised, by which tool.
//!
//! Reports read journals only, so that whatever they say about promises stands here. Deliberately not here: schemas.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::finding::Level;
use crate::base::built_in::CONTRACT_DIGEST;

/// What was run, against what, by which tool.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// The journal's format, [`Header::FORMAT`].
    pub format: u32,
    /// What redaction knew when the journal was written, [`Header::REDACTION`].
    #[serde(skip_serializing_if = "is_zero", default)]
    pub redaction: u32,
    /// The tool's name and version, such as `flowproof 0.1.0`.
    pub tool: String,
    /// The run's id.
    pub run_id: String,
    /// The seed of everything random in the run.
    pub seed: u64,
    /// When the run began.
    pub started_at: DateTime<Utc>,
    /// Where requests went.
    pub target: TargetRecord,
    /// What was promised.
    pub contract: ContractRecord,
    /// How many scenarios the run was about to run.
    pub scenarios: usize,
    /// SHA-256 over the names and digests of all scenarios of the suite, of which a shard runs a part; lower-case hex.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub suite: String,
    /// Which part of the suite this run is, when it is split.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shard: Option<ShardRecord>,
    /// The id of the run of which this is a part, or another name that others know it by; shards share it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub whole_run: Option<String>,
    /// The faults that were planted in the stand-in, by name: what it broke says nothing about a tenant.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub faults: Vec<String>,
    /// How the scenarios were chosen from the suite, as on the command line, such as `--tag smoke`; empty for all of them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub chosen_by: Vec<String>,
    /// What decided the run, by name, redacted: the effective configuration.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub configuration: BTreeMap<String, Value>,
    /// What a reader must know before believing anything, such as `TLS was not verified`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notes: Vec<String>,
    /// What the checks promise, and what to do when they find something.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub checks: Vec<CheckText>,
}

impl Header {
    /// The version of the journal's format that this build writes and reads.
    pub const FORMAT: u32 = 1;

    /// What redaction knows in this build: from 1 on it hides what looks like a credential though nobody knows it.
    pub const REDACTION: u32 = 1;

    /// The name in [`Header::configuration`] of the options that make a run an exploration, as on its command line.
    pub const EXPLORED_BY: &'static str = "explore";

    /// The header of a run that begins now, with a new id and nothing planned yet.
    pub fn new(target: TargetRecord, contract: ContractRecord, checks: Vec<CheckText>) -> Self {
        Self {
            format: Self::FORMAT,
            redaction: Self::REDACTION,
            tool: concat!("flowproof ", env!("CARGO_PKG_VERSION")).into(),
            run_id: Uuid::new_v4().to_string(),
            started_at: Utc::now(),
            target,
            contract,
            checks,
            ..Self::default()
        }
    }
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// A check as reports explain it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckText {
    /// The id in kebab-case, also its anchor in `docs/checks.md`.
    pub id: String,
    /// The level where nobody says otherwise.
    pub level: Level,
    /// What is promised, in one sentence.
    pub promise: String,
    /// What a violation looks like.
    pub example: String,
    /// What to do about one.
    pub advice: String,
}

/// One part of a suite that is split over several runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardRecord {
    /// Which part, from 1.
    pub index: usize,
    /// How many parts there are.
    pub of: usize,
}

/// Where requests went.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TargetRecord {
    /// The name people gave it.
    pub name: String,
    /// `embedded`, `stand-in` or `tenant`.
    pub kind: String,
    /// The origin that requests were sent to.
    pub base_url: String,
}

/// What was promised, as far as reports need it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ContractRecord {
    /// The document's title.
    pub title: String,
    /// The document's version.
    pub version: String,
    /// SHA-256 of the document, lower-case hex.
    pub digest: String,
    /// What is wrong with the document, each with its place: what it touches was not judged.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub faults: Vec<String>,
    /// The register of requirements.
    pub requirements: Vec<RequirementRecord>,
    /// The operations, in the contract's order.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub operations: Vec<OperationRecord>,
    /// The lifecycles of the resources.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub lifecycles: Vec<LifecycleRecord>,
}

impl ContractRecord {
    /// Whether it is of the contract that this build was made from.
    pub(crate) fn is_built_in(&self) -> bool {
        self.digest == CONTRACT_DIGEST
    }
}

/// One operation, as far as reports need it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationRecord {
    /// The name, such as `validateOtp`.
    pub name: String,
    /// The method in upper case.
    pub method: String,
    /// The path template.
    pub path: String,
    /// The media type of the request that selects the operation, if it takes one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub media_type: Option<String>,
    /// What it is for, in a few words.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub summary: String,
    /// The documented replies.
    pub replies: Vec<ReplyRecord>,
}

impl OperationRecord {
    /// The documented reply that a status selects: that of its code, else of its range, else `default`.
    pub fn reply(&self, status: u16) -> Option<&ReplyRecord> {
        let keys = [status.to_string(), format!("{}XX", status / 100), "default".into()];
        keys.iter().find_map(|key| self.replies.iter().find(|reply| reply.status == *key))
    }
}

/// One documented reply.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyRecord {
    /// The status codes it is for: `200`, `4XX` or `default`.
    pub status: String,
    /// The media types of its body; empty means that no body is documented.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub media_types: Vec<String>,
}

/// The state machine of one kind of resource.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LifecycleRecord {
    /// The name people use, such as `deviceAuthentication`.
    pub name: String,
    /// The operation that only looks.
    pub read: String,
    /// The operations that create a resource, with the states that it may start in.
    pub initial: BTreeMap<String, Vec<String>>,
    /// The states, in the contract's order.
    pub states: Vec<StateRecord>,
}

impl LifecycleRecord {
    /// One state by its name.
    pub fn state(&self, name: &str) -> Option<&StateRecord> {
        self.states.iter().find(|state| state.name == name)
    }

    /// The operations that act on such a resource, those of the first state first; names repeat.
    pub fn actions(&self) -> impl Iterator<Item = &str> {
        self.states.iter().flat_map(|state| state.permits.keys()).map(String::as_str)
    }
}

/// One state of a lifecycle.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateRecord {
    /// The name.
    pub name: String,
    /// What it means.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub description: String,
    /// Whether nothing can follow.
    #[serde(rename = "final", skip_serializing_if = "std::ops::Not::not", default)]
    pub is_final: bool,
    /// What may be done there, and what may follow, by operation.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub permits: BTreeMap<String, NextRecord>,
    /// The states that may be found later without any request.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub elapse: Vec<String>,
}

/// The states that may follow an action.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextRecord {
    /// When it was accepted.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub success: Vec<String>,
    /// When its value was refused; empty means the same state.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub rejection: Vec<String>,
}

/// A numbered promise.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RequirementRecord {
    /// The id, such as `MFA-INIT-1`.
    pub id: String,
    /// The promise in one sentence.
    pub statement: String,
    /// The documentation page it comes from, or `assumption`.
    pub source: String,
    /// Ids of the checks that judge it on every exchange.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub checks: Vec<String>,
}
