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
    /// How many bytes are in the store.
    stored: u64,
    /// What comes behind them.
    pending: Vec<u8>,
}

/// So many bytes are put into the store at a time.
const AT_A_TIME: usize = 64 * 1024;

/// Where a part is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spooled {
    start: u64,
    length: usize,
}

impl<'a> Spool<'a> {
    /// Begins with an empty store.
    pub(super) fn new(store: &'a mut dyn SpoolStore) -> Self {
        Self { store, stored: 0, pending: Vec::new() }
    }

    /// Puts a part at the end.
    pub(super) fn push(&mut self, part: &[u8]) -> io::Result<Spooled> {
        let place = Spooled { start: self.stored + self.pending.len() as u64, length: part.len() };
        self.pending.extend_from_slice(part);
        if self.pending.len() >= AT_A_TIME {
            self.store()?;
        }
        Ok(place)
    }

    fn store(&mut self) -> io::Result<()> {
        self.store.seek(SeekFrom::Start(self.stored))?;
        self.store.write_all(&self.pending)?;
        self.stored += self.pending.len() as u64;
        self.pending.clear();
        Ok(())
    }

    /// Reads a part that is text.
    pub(super) fn text(&mut self, place: Spooled) -> io::Result<String> {
        String::from_utf8(self.read(place)?).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    /// Reads a part.
    pub(super) fn read(&mut self, place: Spooled) -> io::Result<Vec<u8>> {
        if place.start + place.length as u64 > self.stored {
            self.store()?;
        }
        let mut part = vec![0; place.length];
        self.store.seek(SeekFrom::Start(place.start))?;
        self.store.read_exact(&mut part)?;
        Ok(part)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn every_part_is_read_as_it_was_put_whether_it_is_stored_or_still_pending() {
        let mut store = Cursor::new(Vec::new());
        let mut spool = Spool::new(&mut store);
        let parts: Vec<String> = (0..200).map(|number| number.to_string().repeat(number * 13 % 700)).collect();
        let mut places = Vec::new();
        for (number, part) in parts.iter().enumerate() {
            places.push(spool.push(part.as_bytes()).expect("memory has room"));
            let earlier = number * 7 % (number + 1);
            assert_eq!(spool.text(places[earlier]).expect("it is there"), parts[earlier]);
        }
        let large = "x".repeat(3 * AT_A_TIME);
        places.push(spool.push(large.as_bytes()).expect("memory has room"));
        for (place, part) in places.iter().zip(parts.iter().chain([&large])) {
            assert_eq!(&spool.text(*place).expect("it is there"), part);
        }
    }
}
