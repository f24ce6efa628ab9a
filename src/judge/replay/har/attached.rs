//! A HAR with the bodies that it keeps in files of their own: beside it in its folder, or with it in a ZIP archive.
//!
//! A HAR comes from somebody else, so a name that leads out of its folder leads nowhere, and sizes are bounded.
//!
//! Deliberately not here: what the HAR says.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek};
use std::path::{Component, Path, PathBuf};

use bytes::Bytes;

use super::archive::{Archive, bounded};
use super::error::HarError;

/// The greatest size of one entry, and of one body in a file of its own, in bytes.
pub(super) const LARGEST: usize = 128 * 1024 * 1024;

/// The greatest size of a HAR inside an archive, which is kept in memory.
const LARGEST_TEXT: u64 = 512 * 1024 * 1024;

/// The text of a HAR.
pub(crate) trait HarText: Read + Seek {}
impl<T: Read + Seek> HarText for T {}

/// Where the bodies are that a HAR only names.
pub(crate) enum Attached {
    /// In this folder.
    Folder(PathBuf),
    /// In an archive, below this folder of it.
    Archive(Archive, PathBuf),
}

/// Opens a HAR, alone or in an archive.
///
/// # Errors
/// When it cannot be read, or the archive has no HAR.
pub(crate) fn open(path: &Path) -> Result<(Box<dyn HarText>, Attached), HarError> {
    let mut file = File::open(path)?;
    let mut first = Vec::new();
    file.by_ref().take(4).read_to_end(&mut first)?;
    file.rewind()?;
    if first != b"PK\x03\x04" {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        return Ok((Box::new(file), Attached::Folder(folder.to_owned())));
    }
    let archive = Archive::open(file).map_err(HarError::Archive)?;
    let missing = || HarError::Archive("it holds no file whose name ends in .har".into());
    let name = archive.names().filter(|name| is_har(name)).min().ok_or_else(missing)?.to_owned();
    let text = archive.read(&name, LARGEST_TEXT).map_err(HarError::Archive)?.ok_or_else(missing)?;
    let folder = Path::new(&name).parent().unwrap_or(Path::new("")).to_owned();
    Ok((Box::new(Cursor::new(text)), Attached::Archive(archive, folder)))
}

fn is_har(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("har"))
}

impl Attached {
    /// The bytes of a named body; the reason where there are none.
    pub(super) fn read(&self, name: &str) -> Result<Bytes, String> {
        let missing = || format!("the body is in the file `{name}`, which is not beside the HAR");
        if !is_below(name) {
            return Err(format!("the body is in `{name}`, which is not below the HAR's folder, and was not read"));
        }
        let found = match self {
            Self::Folder(folder) => in_folder(folder, name).map_err(|error| format!("{}: {error}", missing()))?,
            Self::Archive(archive, folder) => {
                let path = folder.join(name).display().to_string().replace('\\', "/");
                archive.read(&path, LARGEST as u64).map_err(|error| format!("`{name}`: {error}"))?
            }
        };
        found.map(Bytes::from).ok_or_else(missing)
    }
}

/// Whether a name leads to something below the folder that it is looked for in.
fn is_below(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    !name.contains(['\\', ':', '\0']) && parts.all(|part| matches!(part, Component::Normal(_)))
}

fn in_folder(folder: &Path, name: &str) -> io::Result<Option<Vec<u8>>> {
    // A link may lead out of the folder as well.
    let Ok(path) = folder.join(name).canonicalize() else { return Ok(None) };
    if !path.starts_with(folder.canonicalize()?) || !path.is_file() {
        return Ok(None);
    }
    bounded(&mut File::open(path)?, LARGEST as u64).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_never_leads_out_of_the_folder() {
        for name in ["../a", "/etc/passwd", "a/../../b", "..\\a", "C:\\a", "C:a", ""] {
            let attached = Attached::Folder(std::env::temp_dir());
            assert!(attached.read(name).is_err(), "{name}");
        }
        assert!(is_below("a.json") && is_below("resources/a.json") && !is_below("../a") && !is_below("/a"));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_never_leads_out_of_the_folder_either() {
        let folder = tempfile::tempdir().expect("a folder");
        let below = folder.path().join("below");
        std::fs::create_dir(&below).expect("a folder");
        std::fs::write(folder.path().join("secret"), "x").expect("a file");
        std::os::unix::fs::symlink("../secret", below.join("link")).expect("a link");
        std::fs::write(below.join("body"), "y").expect("a file");
        let attached = Attached::Folder(below);
        assert_eq!(attached.read("body").as_deref(), Ok(&b"y"[..]));
        assert!(attached.read("link").is_err());
    }
}
