//! Parts of a report that wait for their turn outside of memory.
//!
//! Deliberately not here: which file that is, and when it is removed.

use std::io::{self, Read, Seek, SeekFrom, Write};

/// Anything that can be written and read again.
pub(super) trait SpoolStore: Read + Write + Seek {}
impl<T: Read + Write + Seek> SpoolStore for T {}

/// Parts of a report that come later than they are made.
pub(super) struct Spool<'a> {
    store: &'a mut dyn SpoolStore,
    end: u64,
}

/// Where a part is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spooled {
    start: u64,
    length: usize,
}

impl<'a> Spool<'a> {
    /// Begins with an empty store.
    pub(super) fn new(store: &'a mut dyn SpoolStore) -> Self {
        Self { store, end: 0 }
    }

    /// Puts a part at the end.
    pub(super) fn push(&mut self, part: &[u8]) -> io::Result<Spooled> {
        let place = Spooled { start: self.end, length: part.len() };
        self.store.seek(SeekFrom::Start(place.start))?;
        self.store.write_all(part)?;
        self.end += part.len() as u64;
        Ok(place)
    }

    /// Reads a part that is text.
    pub(super) fn text(&mut self, place: Spooled) -> io::Result<String> {
        String::from_utf8(self.read(place)?).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    /// Reads a part.
    pub(super) fn read(&mut self, place: Spooled) -> io::Result<Vec<u8>> {
        let mut part = vec![0; place.length];
        self.store.seek(SeekFrom::Start(place.start))?;
        self.store.read_exact(&mut part)?;
        Ok(part)
    }
}
