//! The only place where reports meet the file system.
//!
//! A final name always holds a whole report ([`private`]); links that lead out of the folder are refused. Deliberately not
//! here: what is in the files.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Cursor};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::ScopedJoinHandle;

use crate::base::private::{self, Temporary};
use crate::record::journal::Journal;

use super::reading::{self, Reading, RecordRead};
use super::spool::Spool;
use super::{Elsewhere, Gathered, RenderError, Renderer};

/// Which reports could not be written, and why.
#[derive(Debug, thiserror::Error)]
#[error("{}", .problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct WriteError {
    /// The reports that are in place all the same.
    pub written: Vec<PathBuf>,
    /// What went wrong, one entry per file or for the folder; never empty.
    pub problems: Vec<WriteProblem>,
}

impl WriteError {
    /// Whether there was no space for any of it.
    pub fn is_for_want_of_space(&self) -> bool {
        self.problems.iter().any(|problem| match &problem.cause {
            WriteCause::Io(error) | WriteCause::Render(RenderError::Io(error)) => private::is_full(error),
            _ => false,
        })
    }
}

/// Why one file or the folder is not as it should be.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {cause}", .path.display())]
pub struct WriteProblem {
    /// The file or folder.
    pub path: PathBuf,
    /// What went wrong.
    pub cause: WriteCause,
}

/// What can go wrong while a report is written.
#[derive(Debug, thiserror::Error)]
pub enum WriteCause {
    /// The file system refused.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The report could not be rendered.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// The final name is a link that leads out of the folder.
    #[error("it is a link to {}, outside the report folder", .0.display())]
    Link(PathBuf),
    /// The final name is taken by something that is no file.
    #[error("there is something of that name that is not a file")]
    NotAFile,
}

/// Makes the folder and checks that all reports can be written to it; meant to be called before a run starts.
///
/// # Errors
/// When the folder cannot be made or written to, or a final name is taken by a folder or by a link that leads out.
pub fn prepare(dir: &Path, renderers: &[Renderer]) -> Result<(), WriteError> {
    let made = private::make_folder(dir).and_then(|()| Temporary::new(dir, "check").map(drop));
    let mut problems = Vec::new();
    match made {
        Err(error) => problems.push(WriteProblem { path: dir.into(), cause: error.into() }),
        Ok(()) => problems.extend(renderers.iter().filter_map(|renderer| {
            let path = dir.join(renderer.file);
            checked(dir, &path).err().map(|cause| WriteProblem { path, cause })
        })),
    }
    if problems.is_empty() { Ok(()) } else { Err(WriteError { written: Vec::new(), problems }) }
}

/// Takes away every report of an earlier run: whoever looks in the folder of a run that was killed must not find another's.
///
/// # Errors
/// When a report is there and cannot be removed.
pub fn take_away(dir: &Path) -> Result<(), WriteError> {
    let known = super::RENDERERS.iter().chain([&super::leftovers::RENDERER]).map(|renderer| dir.join(renderer.file));
    let removed = known.filter(|path| !path.is_dir()).filter_map(|path| {
        let cause = private::remove(&path).err()?;
        Some(WriteProblem { path, cause: cause.into() })
    });
    let problems: Vec<WriteProblem> = removed.collect();
    if problems.is_empty() { Ok(()) } else { Err(WriteError { written: Vec::new(), problems }) }
}

/// As [`prepare`], for reports that go elsewhere.
///
/// # Errors
/// When one of them cannot be written.
pub fn prepare_elsewhere(elsewhere: &[Elsewhere]) -> Result<(), WriteError> {
    each(elsewhere, Elsewhere::prepare)
}

/// As [`take_away`], for reports that go elsewhere; the folders must have been prepared.
///
/// # Errors
/// When a report is there and cannot be removed.
pub fn take_away_elsewhere(elsewhere: &[Elsewhere]) -> Result<(), WriteError> {
    each(elsewhere, Elsewhere::take_away)
}

fn each(elsewhere: &[Elsewhere], act: impl Fn(&Elsewhere) -> io::Result<()>) -> Result<(), WriteError> {
    let problem = |one: &Elsewhere| {
        let cause = act(one).err()?;
        Some(WriteProblem { path: one.path().into(), cause: cause.into() })
    };
    let problems: Vec<WriteProblem> = elsewhere.iter().filter_map(problem).collect();
    if problems.is_empty() { Ok(()) } else { Err(WriteError { written: Vec::new(), problems }) }
}

/// Writes the chosen reports, and the list of what was left behind, if anything was; one of an earlier run goes. What there
/// is to say of the run is gathered on the way.
///
/// # Errors
/// As [`write_all`].
pub fn write_chosen(
    journal: &Journal,
    dir: &Path,
    chosen: &[Renderer],
    gathered: &mut Gathered,
) -> Result<Vec<PathBuf>, WriteError> {
    write_everywhere(journal, dir, (chosen, &[]), gathered)
}

/// As [`write_chosen`], and the reports that go elsewhere.
///
/// # Errors
/// As [`write_all`].
pub fn write_everywhere(
    journal: &Journal,
    dir: &Path,
    (chosen, elsewhere): (&[Renderer], &[Elsewhere]),
    gathered: &mut Gathered,
) -> Result<Vec<PathBuf>, WriteError> {
    // The list of an earlier run would be taken for one of this run.
    let _not_there = fs::remove_file(dir.join(super::leftovers::RENDERER.file));
    let chosen = super::with_leftovers(journal, chosen);
    let jobs = chosen.iter().map(|renderer| Job::in_folder(journal, dir, renderer));
    finished(journal, jobs.chain(elsewhere.iter().map(|one| Job::elsewhere(journal, one))).collect(), gathered)
}

/// Writes every report, all at once; one that fails does not keep the others from being written.
///
/// # Errors
/// When a report could not be written; the error lists those that were.
///
/// # Panics
/// When a renderer does.
pub fn write_all(
    journal: &Journal,
    dir: &Path,
    renderers: &[Renderer],
    gathered: &mut Gathered,
) -> Result<Vec<PathBuf>, WriteError> {
    finished(journal, renderers.iter().map(|renderer| Job::in_folder(journal, dir, renderer)).collect(), gathered)
}

/// A report to be written.
struct Job<'a> {
    path: PathBuf,
    folder: &'a Path,
    write: Box<dyn FnOnce(Receiver<RecordRead>) -> Result<(), WriteCause> + Send + 'a>,
}

impl<'a> Job<'a> {
    fn in_folder(journal: &'a Journal, folder: &'a Path, renderer: &'a Renderer) -> Self {
        let path = folder.join(renderer.file);
        Self { path, folder, write: Box::new(move |records| write_one(journal, folder, renderer, records)) }
    }

    /// One that needs no spool.
    fn elsewhere(journal: &'a Journal, one: &'a Elsewhere) -> Self {
        let write = move |records: Receiver<RecordRead>| {
            let mut waiting = Cursor::new(Vec::new());
            Ok(one.write(Reading::new(journal, records.into_iter(), Spool::new(&mut waiting)))?)
        };
        Self { path: one.path().to_owned(), folder: one.folder(), write: Box::new(write) }
    }
}

/// Carries out all jobs, and says what came of them.
fn finished(journal: &Journal, jobs: Vec<Job<'_>>, gathered: &mut Gathered) -> Result<Vec<PathBuf>, WriteError> {
    let (mut written, mut problems, mut folders) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (path, folder, result) in attempts(journal, jobs, gathered) {
        match result {
            Ok(()) => {
                folders.insert(folder);
                written.push(path);
            }
            Err(cause) => problems.push(WriteProblem { path, cause }),
        }
    }
    // The renames are done; that the folders have them for good is all that could be missing.
    let unsynced = |folder: &Path| {
        let cause = private::sync_folder(folder).err()?;
        Some(WriteProblem { path: folder.into(), cause: cause.into() })
    };
    problems.extend(folders.into_iter().filter_map(unsynced));
    if problems.is_empty() { Ok(written) } else { Err(WriteError { written, problems }) }
}

/// So many records wait for the slowest report.
const AHEAD: usize = 2;

/// What came of each report, in the order given; a thread for each, since most of the time goes into waiting for the disk.
fn attempts<'a>(
    journal: &Journal,
    jobs: Vec<Job<'a>>,
    gathered: &mut Gathered,
) -> Vec<(PathBuf, &'a Path, Result<(), WriteCause>)> {
    std::thread::scope(|scope| {
        let start = |job: Job<'a>| {
            let (sender, records) = sync_channel(AHEAD);
            let Job { path, folder, write } = job;
            (sender, (path, folder, scope.spawn(move || write(records))))
        };
        let (senders, running): (Vec<_>, Vec<_>) = jobs.into_iter().map(start).unzip();
        hand_out(journal, senders, gathered);
        let result = |thread: ScopedJoinHandle<'_, _>| thread.join().unwrap_or_else(|panic| resume_unwind(panic));
        running.into_iter().map(|(path, folder, thread)| (path, folder, result(thread))).collect()
    })
}

/// Reads every record once, for all reports that are still being written and for what is said besides.
fn hand_out(journal: &Journal, mut reports: Vec<SyncSender<RecordRead>>, gathered: &mut Gathered) {
    for record in reading::records(journal) {
        reports.retain(|report| report.send(record.clone()).is_ok());
        match record {
            Ok(record) => gathered.add(journal.header(), &record),
            Err(_) => break,
        }
    }
}

fn write_one(
    journal: &Journal,
    dir: &Path,
    renderer: &Renderer,
    records: Receiver<RecordRead>,
) -> Result<(), WriteCause> {
    let path = dir.join(renderer.file);
    private::make_folder(dir)?;
    checked(dir, &path)?;
    let mut waiting = Temporary::new(dir, &format!("{}-spool", renderer.name))?;
    let reading = Reading::new(journal, records.into_iter(), Spool::new(&mut waiting.file));
    private::replace(&path, |out| Ok((renderer.write)(reading, out)?))
}

/// Refuses a final name that leads out of the folder or is no file.
fn checked(dir: &Path, path: &Path) -> Result<(), WriteCause> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => inside(dir, path),
        Ok(found) if !found.is_file() => Err(WriteCause::NotAFile),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

fn inside(dir: &Path, link: &Path) -> Result<(), WriteCause> {
    let goal = fs::read_link(link)?;
    // A goal that does not exist cannot be resolved, and is judged as leading out.
    let stays =
        dir.canonicalize().is_ok_and(|dir| dir.join(&goal).canonicalize().is_ok_and(|goal| goal.starts_with(dir)));
    if stays { Ok(()) } else { Err(WriteCause::Link(goal)) }
}
