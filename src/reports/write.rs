//! The only place where reports meet the file system.
//!
//! A report is written to a temporary name beside its final one, brought to the disk, and renamed: the final name always
//! holds a whole report, the earlier one or the new one. A rename replaces a link instead of following it, and links that
//! lead out of the folder are refused. Deliberately not here: what is in the files.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::record::journal::Journal;

use super::reading::{self, Reading, RecordRead};
use super::spool::Spool;
use super::{RenderError, Renderer};

/// Which reports could not be written, and why.
#[derive(Debug, thiserror::Error)]
#[error("{}", .problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct WriteError {
    /// The reports that are in place all the same.
    pub written: Vec<PathBuf>,
    /// What went wrong, one entry per file or for the folder; never empty.
    pub problems: Vec<WriteProblem>,
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
    let made = folder(dir).and_then(|()| Temporary::new(dir, "check").map(drop));
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

/// Makes an empty file for somebody else's log, replacing what has its name; a link is replaced and not followed (R04, X16).
///
/// # Errors
/// When the file cannot be made.
pub fn begin_log(path: &Path) -> Result<(), WriteError> {
    let removed = fs::remove_file(path).or_else(|error| match error.kind() {
        io::ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    });
    removed.and_then(|()| create(path)).map(drop).map_err(|error| WriteError {
        written: Vec::new(),
        problems: vec![WriteProblem { path: path.to_owned(), cause: error.into() }],
    })
}

/// Writes the chosen reports, and the list of what was left behind, if anything was; one of an earlier run goes.
///
/// # Errors
/// As [`write_all`].
pub fn write_chosen(journal: &Journal, dir: &Path, chosen: &[Renderer]) -> Result<Vec<PathBuf>, WriteError> {
    // The list of an earlier run would be taken for one of this run.
    let _not_there = fs::remove_file(dir.join(super::leftovers::RENDERER.file));
    write_all(journal, dir, &super::with_leftovers(journal, chosen))
}

/// Writes every report, all at once; one that fails does not keep the others from being written.
///
/// # Errors
/// When a report could not be written; the error lists those that were.
///
/// # Panics
/// When a renderer does.
pub fn write_all(journal: &Journal, dir: &Path, renderers: &[Renderer]) -> Result<Vec<PathBuf>, WriteError> {
    let (mut written, mut problems) = (Vec::new(), Vec::new());
    for (path, result) in attempts(journal, dir, renderers) {
        match result {
            Ok(()) => written.push(path),
            Err(cause) => problems.push(WriteProblem { path, cause }),
        }
    }
    if !written.is_empty() {
        // The renames are done; that the folder has them for good is all that could be missing.
        problems.extend(sync_folder(dir).err().map(|error| WriteProblem { path: dir.into(), cause: error.into() }));
    }
    if problems.is_empty() { Ok(written) } else { Err(WriteError { written, problems }) }
}

/// Writes a file: whole, or not at all.
///
/// # Errors
/// When it cannot be written; whatever was there before stays.
pub fn whole(path: &Path, content: &[u8]) -> io::Result<()> {
    whole_by(path, |out| out.write_all(content))
}

/// Writes a file piece by piece; it gets its name when it is whole.
///
/// # Errors
/// When it cannot be filled or written; whatever was there before stays.
pub fn whole_by<T, E: From<io::Error>>(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<&mut File>) -> Result<T, E>,
) -> Result<T, E> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let filled = fill_and_name(dir, path, fill)?;
    sync_folder(dir)?;
    Ok(filled)
}

/// Fills a file under a name of its own, then gives it the final one.
fn fill_and_name<T, E: From<io::Error>>(
    dir: &Path,
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<&mut File>) -> Result<T, E>,
) -> Result<T, E> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("file");
    let mut temporary = Temporary::new(dir, name)?;
    let mut out = BufWriter::with_capacity(64 * 1024, &mut temporary.file);
    let filled = fill(&mut out)?;
    out.flush()?;
    drop(out);
    temporary.persist(path)?;
    Ok(filled)
}

/// So many records wait for the slowest report.
const AHEAD: usize = 2;

/// What came of each report, in the order given; a thread for each, since most of the time goes into waiting for the disk.
fn attempts(journal: &Journal, dir: &Path, renderers: &[Renderer]) -> Vec<(PathBuf, Result<(), WriteCause>)> {
    std::thread::scope(|scope| {
        let start = |renderer| {
            let (sender, records) = sync_channel(AHEAD);
            (sender, scope.spawn(move || write_one(journal, dir, renderer, records)))
        };
        let (senders, running): (Vec<_>, Vec<_>) = renderers.iter().map(start).unzip();
        hand_out(journal, senders);
        let results = running.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        renderers.iter().map(|renderer| dir.join(renderer.file)).zip(results).collect()
    })
}

/// Reads every record once, for all reports that are still being written.
fn hand_out(journal: &Journal, mut reports: Vec<SyncSender<RecordRead>>) {
    for record in reading::records(journal) {
        reports.retain(|report| report.send(record.clone()).is_ok());
        if reports.is_empty() || record.is_err() {
            break;
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
    folder(dir)?;
    checked(dir, &path)?;
    let mut waiting = Temporary::new(dir, &format!("{}-spool", renderer.name))?;
    let reading = Reading::new(journal, records.into_iter(), Spool::new(&mut waiting.file));
    fill_and_name(dir, &path, |out| Ok((renderer.write)(reading, out)?))
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

/// A file that disappears unless it is given its final name.
struct Temporary {
    file: File,
    path: PathBuf,
    kept: bool,
}

impl Temporary {
    fn new(dir: &Path, name: &str) -> io::Result<Self> {
        let mut number = 0;
        loop {
            let path = dir.join(format!(".{name}.{}-{number}.tmp", std::process::id()));
            match create(&path) {
                Ok(file) => return Ok(Self { file, path, kept: false }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(error),
            }
        }
    }

    fn persist(mut self, path: &Path) -> io::Result<()> {
        self.file.sync_data()?;
        fs::rename(&self.path, path)?;
        self.kept = true;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.kept {
            // Nothing more can be done when even this fails.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Makes a folder for its owner only; one that is there stays as it is.
fn folder(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Brings a rename to the disk, where folders can be opened.
fn sync_folder(dir: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}
