//! The files of the scenarios that recordings came to.
//!
//! Deliberately not here: writing them to a disk.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

use crate::contract::Contract;
use crate::judge::replay::sessions::Session;
use crate::scenario::write;

use super::draft::{DraftedFlow, drafts};
use super::recording::Recording;

/// The file of a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DraftedFile {
    /// Its name, without ending.
    pub name: String,
    /// Its text.
    pub text: String,
    /// How many calls the scenario makes.
    pub calls: usize,
}

/// What recordings came to.
#[derive(Debug, Default)]
pub(crate) struct Drafts {
    scenarios: Vec<DraftedFlow>,
    /// The secrets that a target has to supply, by the names of facts.
    pub secrets: BTreeSet<String>,
    /// What is in no scenario, each with the reason.
    pub left_out: Vec<String>,
    /// How many exchanges were of no operation of the contract.
    pub others: usize,
}

impl Drafts {
    /// Drafts the scenarios of a session. `facts` are those of the target, as far as they are known.
    pub(crate) fn add(&mut self, contract: &Contract, session: Session, facts: &Value) {
        self.others += session.others;
        let recording = Recording::new(contract, session, facts);
        for mut draft in drafts(&recording) {
            self.left_out.append(&mut draft.left_out);
            let is_new = self.scenarios.iter().all(|known| !is_same(&known.members, &draft.members));
            if draft.calls > 0 && is_new {
                self.secrets.append(&mut draft.secrets);
                self.scenarios.push(draft);
            }
        }
    }

    /// The files, in the order in which the scenarios began; no two have the same name or title.
    pub(crate) fn files(self) -> Vec<DraftedFile> {
        let (mut names, mut titles) = (HashMap::new(), HashMap::new());
        let file = |draft: DraftedFlow| {
            let DraftedFlow { name, mut members, calls, .. } = draft;
            if let Some(Value::String(title)) = members.get_mut("scenario") {
                let count = numbered(&mut titles, title);
                *title += &if count > 1 { format!(" ({count})") } else { String::new() };
            }
            let count = numbered(&mut names, &name);
            let name = if count > 1 { format!("{name}-{count}") } else { name };
            DraftedFile { name, text: write::file(&members), calls }
        };
        self.scenarios.into_iter().map(file).collect()
    }
}

/// How often a text has been there, with this time.
fn numbered(known: &mut HashMap<String, usize>, text: &str) -> usize {
    let count = known.entry(text.to_owned()).or_default();
    *count += 1;
    *count
}

/// Whether two scenarios do the same, wherever they were recorded.
fn is_same(one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    one.get("steps") == other.get("steps")
}
