//! Recordings as sequences: the scenarios of a journal, the sequences of a HAR file.
//!
//! A journal is read sequence by sequence, when its turn comes; of a HAR file all sequences are kept, since its entries belong
//! together by what they are about. Answers are not decoded with the generated types: the audit leaves that check out.
//!
//! A journal hides the secrets that were sent, and of a hidden secret nobody can tell whether it came back. So requests are
//! given made-up ones, each mark its own, and the checks can be asked about their echo.

use std::path::Path;
use std::sync::LazyLock;

use regex::bytes::Regex;

use crate::checks::{Levels, Observation};
use crate::contract::Contract;
use crate::judge::replay::entries::{Judge, JudgedSequence, RecordingError, ReplayListener, is_journal, replay};
use crate::judge::replay::replayed::ReplayedEntry;
use crate::judge::replay::restore::restore;
use crate::record::Request;
use crate::record::journal::Journal;

/// What is audited. Sequences are read when their turn comes, by several threads.
pub enum Recorded {
    /// The journal of a run, of which each scenario is a sequence.
    Journal(Box<Journal>),
    /// Sequences that were read before, such as those of a HAR file.
    Sequences(Vec<RecordedSequence>),
}

/// The exchanges of one scenario, or about one resource, in order.
#[derive(Debug, Clone)]
pub struct RecordedSequence {
    /// The scenario's name.
    pub name: String,
    /// Its exchanges.
    pub history: Vec<Observation>,
}

/// Keeps every sequence of a HAR file.
#[derive(Default)]
struct Sequences(Vec<RecordedSequence>);

impl ReplayListener for Sequences {
    fn sequence(&mut self, sequence: &JudgedSequence<'_>) {
        let (name, history) = (sequence.name.clone(), sequence.observations.to_vec());
        self.0.push(RecordedSequence { name, history });
    }

    fn entry(&mut self, _: &ReplayedEntry<'_>) {}
}

impl Recorded {
    /// Opens a journal or a HAR file.
    ///
    /// # Errors
    /// When it cannot be read to its end: an audit of the half of a recording says little of the whole.
    pub fn open(path: &Path, contract: &Contract) -> Result<Self, RecordingError> {
        if is_journal(path)? {
            return Ok(Self::Journal(Box::new(Journal::open(path)?)));
        }
        let mut sequences = Sequences::default();
        let judge = Judge { contract, levels: &Levels::default(), decoder: None };
        let replayed = replay(path, &judge, &mut sequences)?;
        replayed.broken.map_or(Ok(Self::Sequences(sequences.0)), |error| Err(error.into()))
    }

    /// How many sequences there are.
    pub fn count(&self) -> usize {
        match self {
            Self::Journal(journal) => journal.entries().len(),
            Self::Sequences(sequences) => sequences.len(),
        }
    }

    /// One of the sequences.
    ///
    /// # Errors
    /// When it cannot be read; the audit then says so and has no result.
    pub fn sequence(&self, index: usize) -> Result<RecordedSequence, RecordingError> {
        match self {
            Self::Journal(journal) => {
                let record = journal.record(&journal.entries()[index])?;
                let mut history = restore(&record);
                history.iter_mut().for_each(|observation| give_secrets(&mut observation.exchange.request));
                Ok(RecordedSequence { history, name: record.name })
            }
            Self::Sequences(sequences) => Ok(sequences[index].clone()),
        }
    }
}

/// Puts a made-up secret in the place of every mark in a request.
fn give_secrets(request: &mut Request) {
    static MARK: LazyLock<Regex> = LazyLock::new(|| Regex::new("‹([A-Za-z0-9_-]+)#([0-9]+)›").expect("it is valid"));
    let made_up = |text: &[u8]| MARK.replace_all(text, &b"made-up-$1-0x5ec$2"[..]).into_owned();
    request.url = String::from_utf8(made_up(request.url.as_bytes())).unwrap_or_else(|_| request.url.clone());
    request.headers.0.iter_mut().for_each(|(_, value)| *value = made_up(value));
    request.body = request.body.as_ref().map(|body| made_up(body).into());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Headers;

    #[test]
    fn marks_in_requests_become_secrets_and_equal_ones_stay_equal() {
        let mut request = Request {
            method: "POST".into(),
            url: "http://h/p?code=‹code#2›".into(),
            headers: Headers(vec![("authorization".into(), "Bearer ‹token#1›".into())]),
            body: Some("{\"a\":\"‹token#1›\",\"b\":\"‹3 bytes›\"}".into()),
        };
        give_secrets(&mut request);
        assert_eq!(request.url, "http://h/p?code=made-up-code-0x5ec2");
        assert_eq!(request.headers.get("authorization").as_deref(), Some("Bearer made-up-token-0x5ec1"));
        let body = request.body.expect("there");
        assert_eq!(&body[..], "{\"a\":\"made-up-token-0x5ec1\",\"b\":\"‹3 bytes›\"}".as_bytes());
    }
}
