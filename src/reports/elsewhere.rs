//! Reports that go where the command line says, and not to the folder of the run: a folder of Allure results, a file of spans.
//!
//! Deliberately not here: what is in them.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::allure::{self, Files, PREFIX};
use super::{Reading, RenderError, otlp};
use crate::base::private::{self, Temporary};

/// A report with a place of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Elsewhere {
    /// Results in a folder for Allure's tools.
    Allure(PathBuf),
    /// Spans in a file.
    Otlp(PathBuf),
}

impl Elsewhere {
    /// Where it goes.
    pub fn path(&self) -> &Path {
        match self {
            Self::Allure(folder) => folder,
            Self::Otlp(file) => file,
        }
    }

    /// The folder in which files are made.
    pub(super) fn folder(&self) -> &Path {
        match self {
            Self::Allure(folder) => folder,
            Self::Otlp(file) => private::folder_of(file),
        }
    }

    /// Checks that it can be written, and makes the folder that it needs.
    pub(super) fn prepare(&self) -> io::Result<()> {
        private::make_folder(self.folder())?;
        Temporary::new(self.folder(), "check").map(drop)?;
        match self {
            Self::Otlp(file) if file.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
            Self::Otlp(_) | Self::Allure(_) => Ok(()),
        }
    }

    /// Takes away what an earlier run has left there; results of other tools stay.
    pub(super) fn take_away(&self) -> io::Result<()> {
        match self {
            Self::Otlp(file) => private::remove(file),
            Self::Allure(folder) => {
                let ours = |name: &str| name.starts_with(PREFIX);
                let entries = fs::read_dir(folder)?.filter_map(Result::ok);
                let mut files = entries.filter(|entry| entry.file_name().to_str().is_some_and(ours));
                files.try_for_each(|entry| private::remove(&entry.path()))
            }
        }
    }

    /// Writes the report, in the place of an earlier one.
    pub(super) fn write(&self, reading: Reading<'_>) -> Result<(), RenderError> {
        self.prepare()?;
        match self {
            Self::Otlp(file) => private::replace(file, |out| (otlp::RENDERER.write)(reading, out)),
            Self::Allure(folder) => {
                self.take_away()?;
                allure::write(reading, &mut InFolder(folder))
            }
        }
    }
}

/// Files in a folder. They are many, and made again from the journal where one is lost: none waits for the disk.
struct InFolder<'a>(&'a Path);

impl Files for InFolder<'_> {
    fn file(&mut self, name: &str, content: &[u8]) -> io::Result<()> {
        let path = self.0.join(name);
        let make = || private::options().create_new(true).open(&path);
        let made = make().or_else(|error| match error.kind() {
            // Replaced, so that a link is not followed.
            io::ErrorKind::AlreadyExists => private::remove(&path).and_then(|()| make()),
            _ => Err(error),
        });
        made?.write_all(content)
    }
}
