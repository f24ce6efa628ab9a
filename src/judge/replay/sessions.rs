//! Recordings as sessions: what somebody did, exchange by exchange, in the order in which it was done.
//!
//! A scenario of a journal is a session, and so is a HAR as a whole. Deliberately not here: judging, which needs no more than one
//! resource at a time in memory (see [`super::entries`]).

use std::path::Path;

use super::entries::{RecordingError, is_journal};
use super::har::{self, entry};
use super::resources::in_order;
use super::restore::restore;
use crate::checks::Observation;
use crate::contract::Contract;
use crate::record::Decoded;
use crate::record::journal::Journal;

/// What somebody did.
#[derive(Debug, Default)]
pub(crate) struct Session {
    /// The scenario, or the name of the file.
    pub name: String,
    /// The exchanges of operations of the contract, in the order in which they began.
    pub observations: Vec<Observation>,
    /// How many others there were.
    pub others: usize,
}

/// Shows every session of a recording, which is a HAR or a journal.
///
/// # Errors
/// When the file cannot be read to its end; what was shown before is good.
pub(crate) fn each_session(
    path: &Path,
    contract: &Contract,
    show: &mut dyn FnMut(Session),
) -> Result<(), RecordingError> {
    if !is_journal(path)? {
        show(of_har(path, contract)?);
        return Ok(());
    }
    for record in Journal::open(path)?.records() {
        let record = record?;
        let all = restore(&record);
        let count = all.len();
        let observations: Vec<Observation> = all.into_iter().filter(|one| one.operation(contract).is_some()).collect();
        let others = count - observations.len();
        show(Session { name: record.name, observations, others });
    }
    Ok(())
}

fn of_har(path: &Path, contract: &Contract) -> Result<Session, RecordingError> {
    let (mut text, attached) = har::attached::open(path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (mut session, mut known, mut keeps_cookies) = (Session { name, ..Session::default() }, Vec::new(), false);
    har::scan(&mut *text, &mut |_, json| {
        let Ok(read) = entry::read(json, &attached) else { return session.others += 1 };
        keeps_cookies |= read.sets_cookie();
        match read.operation(contract) {
            Some(operation) => known.push((read, operation)),
            None => session.others += 1,
        }
    })?;
    let order = in_order(known.iter().map(|(read, _)| read.started_at));
    let observed =
        known.into_iter().map(|(read, operation)| read.observe(operation, keeps_cookies, |_| Decoded::NotTried));
    let mut observed: Vec<Option<Observation>> = observed.map(Some).collect();
    session.observations = order.into_iter().filter_map(|at| observed[at].take()).collect();
    Ok(session)
}
