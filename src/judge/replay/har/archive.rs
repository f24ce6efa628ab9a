//! The files of a ZIP archive, by their names.
//!
//! Nothing is unpacked to a disk, and what becomes larger than it may is refused while it is read.
//!
//! Deliberately not here: what the files are.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};

use flate2::read::DeflateDecoder;
use rawzip::{CompressionMethod, FileReader, RECOMMENDED_BUFFER_SIZE, ZipArchive, ZipArchiveEntryWayfinder};

/// No archive has more files than this.
const FILES: usize = 100_000;

/// An archive.
pub(crate) struct Archive {
    archive: ZipArchive<FileReader>,
    files: HashMap<String, (ZipArchiveEntryWayfinder, CompressionMethod)>,
}

impl Archive {
    /// Reads the list of files. Of several with one name the first counts.
    ///
    /// # Errors
    /// When it is no archive, or has too many files.
    pub(super) fn open(file: File) -> Result<Self, String> {
        let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
        let archive = ZipArchive::from_file(file, &mut buffer).map_err(|error| error.to_string())?;
        let mut files = HashMap::new();
        let mut entries = archive.entries(&mut buffer);
        while let Some(entry) = entries.next_entry().map_err(|error| error.to_string())? {
            let name = String::from_utf8_lossy(entry.file_path().as_bytes()).into_owned();
            files.entry(name).or_insert((entry.wayfinder(), entry.compression_method()));
            if files.len() > FILES {
                return Err(format!("it has more than {FILES} files"));
            }
        }
        Ok(Self { archive, files })
    }

    /// The names of all files.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The bytes of a file; nothing where there is none of the name.
    ///
    /// # Errors
    /// When it cannot be read, or is larger than it may be.
    pub(super) fn read(&self, name: &str, most: u64) -> Result<Option<Vec<u8>>, String> {
        let Some((wayfinder, method)) = self.files.get(name) else { return Ok(None) };
        let entry = self.archive.get_entry(*wayfinder).map_err(|error| error.to_string())?;
        let decoder: Box<dyn Read> = match *method {
            CompressionMethod::STORE => Box::new(entry.reader()),
            CompressionMethod::DEFLATE => Box::new(DeflateDecoder::new(entry.reader())),
            other => return Err(format!("it is compressed in a way that is not known: {other:?}")),
        };
        let read = bounded(&mut entry.verifying_reader(decoder), most);
        read.map(Some).map_err(|error| error.to_string())
    }
}

/// Reads to the end of what may be no longer than this.
///
/// # Errors
/// When it is longer, or cannot be read.
pub(super) fn bounded(file: &mut dyn Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most { Err(io::Error::other(format!("it has more than {most} bytes"))) } else { Ok(bytes) }
}
