//! The folder of a run: where its journal lies, and who may write there.
//!
//! Deliberately not here: what is written.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::Path;

use super::error::JournalWriteError;
use crate::base::private;

/// The journal's name in the report folder.
pub const JOURNAL: &str = "journal.jsonl";
/// Locked while a run writes to the folder; holds the writer's process id.
const LOCK: &str = ".lock";

/// Makes the folder of a run, for its owner only.
///
/// # Errors
/// When it cannot be made.
pub fn make_folder(folder: &Path) -> Result<(), JournalWriteError> {
    private::make_folder(folder).map_err(JournalWriteError::at(folder))
}

/// What is done when another process has the folder.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum IfLocked {
    /// It is another run's, which is an error.
    Refuse,
    /// It is another process of the same run, which has it for a moment.
    Wait,
}

/// Locks the folder. The system releases the lock when the process ends, so that a killed run leaves none behind (K02).
pub(super) fn lock(folder: &Path, if_locked: IfLocked) -> Result<File, JournalWriteError> {
    let path = folder.join(LOCK);
    // Whoever can write to the folder could otherwise have any file of the user's emptied (R04).
    if path.is_symlink() {
        return Err(JournalWriteError::at(&path)(io::Error::other("it is a link; remove it")));
    }
    let opened = private::options().read(true).write(true).create(true).truncate(false).open(&path);
    let mut file = opened.map_err(JournalWriteError::at(&path))?;
    let locked = match if_locked {
        IfLocked::Refuse => file.try_lock().map_err(io::Error::from),
        IfLocked::Wait => file.lock(),
    };
    match locked {
        Err(cause) if cause.kind() == io::ErrorKind::WouldBlock => return Err(taken(folder, &mut file)),
        locked => locked.and_then(|()| sign(&mut file)).map_err(JournalWriteError::at(&path))?,
    }
    Ok(file)
}

/// The error that names the process which has the folder.
fn taken(folder: &Path, file: &mut File) -> JournalWriteError {
    let mut pid = String::new();
    let _ = file.read_to_string(&mut pid);
    let by = if pid.is_empty() { pid } else { format!(" (process {pid})") };
    JournalWriteError::Taken { folder: folder.to_owned(), by }
}

/// Puts this process's id into the lock.
fn sign(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    write!(file, "{}", std::process::id())
}
