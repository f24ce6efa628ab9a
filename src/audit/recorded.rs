//! Recordings as scenes: the scenarios of a journal, the sequences of a HAR file.
//!
//! A journal is read scene by scene, when its turn comes; of a HAR file all sequences are kept, since its entries belong
//! together by what they are about. Answers are not decoded with the generated types: the audit leaves that check out.

use std::path::Path;

use super::scene::{Scene, Scenes};
use crate::checks::Levels;
use crate::contract::Contract;
use crate::record::journal::Journal;
use crate::replay::entries::{Judge, is_journal, replay};
use crate::replay::restore::{Types, restore};

/// A recording.
pub enum Recorded {
    /// The journal of a run.
    Journal(Box<Journal>),
    /// The sequences of a HAR file.
    Har(Vec<Scene>),
}

impl Recorded {
    /// Opens a journal or a HAR file.
    ///
    /// # Errors
    /// When it cannot be read to its end: an audit of the half of a recording says little of the whole.
    pub fn open(path: &Path, contract: &Contract) -> Result<Self, String> {
        if is_journal(path).map_err(|error| format!("cannot read the file: {error}"))? {
            return Journal::open(path).map(|journal| Self::Journal(Box::new(journal))).map_err(|error| error.to_string());
        }
        let mut scenes = Vec::new();
        let judge = Judge { contract, levels: &Levels::default(), types: Types::Foreign };
        let replayed = replay(path, &judge, &mut |sequence| {
            scenes.push(Scene { name: sequence.name.clone(), history: sequence.observations.to_vec() });
        })?;
        replayed.broken.map_or(Ok(Self::Har(scenes)), Err)
    }
}

impl Scenes for Recorded {
    fn count(&self) -> usize {
        match self {
            Self::Journal(journal) => journal.entries().len(),
            Self::Har(scenes) => scenes.count(),
        }
    }

    fn scene(&self, index: usize) -> Result<Scene, String> {
        match self {
            Self::Journal(journal) => {
                let record = journal.record(&journal.entries()[index]).map_err(|error| error.to_string())?;
                Ok(Scene { history: restore(&record, Types::Foreign), name: record.name })
            }
            Self::Har(scenes) => scenes.scene(index),
        }
    }
}
