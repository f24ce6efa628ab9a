//! Files and folders for their owner only, and files that are whole or not there.
//!
//! A file is written under a temporary name beside its final one, brought to the disk, and renamed: the final name always
//! holds a whole file, the earlier one or the new one. A rename replaces a link instead of following it.
//!
//! Deliberately not here: what is in the files, and on systems other than Unix whose they are.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Makes a folder for its owner only; one that is there stays as it is.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Options that open a file for writing by its owner only.
pub(crate) fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Whether something could not be written for want of space: on the disk, in a quota, or below a limit of file sizes.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge)
}

/// The same error once more: the system's own can be had only once.
pub(crate) fn again(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}

/// Removes a file if it is there.
///
/// # Errors
/// When it is there and cannot be removed.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    fs::remove_file(path).or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

/// Writes a file: whole, or not at all.
///
/// # Errors
/// When it cannot be written; whatever was there before stays.
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    write_by(path, |out| out.write_all(content))
}

/// Writes a file piece by piece; it gets its name when it is whole.
///
/// # Errors
/// When it cannot be filled or written; whatever was there before stays.
pub(crate) fn write_by<T, E: From<io::Error>>(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<&mut File>) -> Result<T, E>,
) -> Result<T, E> {
    let filled = replace(path, fill)?;
    sync_folder(folder_of(path))?;
    Ok(filled)
}

/// As [`write_by`], without bringing the rename to the disk: where several files are written, once at the end is enough.
///
/// # Errors
/// As [`write_by`].
pub(crate) fn replace<T, E: From<io::Error>>(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<&mut File>) -> Result<T, E>,
) -> Result<T, E> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("file");
    let mut temporary = Temporary::new(folder_of(path), name)?;
    let mut out = BufWriter::with_capacity(64 * 1024, &mut temporary.file);
    let filled = fill(&mut out)?;
    out.flush()?;
    drop(out);
    temporary.persist(path)?;
    Ok(filled)
}

/// Brings renames in a folder to the disk, where folders can be opened.
///
/// # Errors
/// When the system cannot.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// The folder that a file is in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A file that disappears unless it is given its final name.
pub(crate) struct Temporary {
    /// The file, open for reading and writing.
    pub file: File,
    path: PathBuf,
    kept: bool,
}

impl Temporary {
    /// Makes a file beside those of a folder, under a name that is taken by none.
    ///
    /// # Errors
    /// When none can be made in the folder.
    pub(crate) fn new(folder: &Path, name: &str) -> io::Result<Self> {
        let mut number = 0;
        loop {
            let path = folder.join(format!(".{name}.{}-{number}.tmp", std::process::id()));
            match options().read(true).create_new(true).open(&path) {
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
