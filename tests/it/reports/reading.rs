//! How often reports read a journal: every record once, however many reports are written.

use std::collections::HashMap;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex};

use flowproof::record::journal::Journal;
use flowproof::reports::write::write_all;
use flowproof::reports::{Gathered, RENDERERS, github, markdown};

use super::{journal, rendered, sample};

/// A text that counts from which places it is read.
struct Counting {
    text: Cursor<Vec<u8>>,
    places: Arc<Mutex<HashMap<u64, usize>>>,
}

impl Read for Counting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.text.read(buffer)
    }
}

impl Seek for Counting {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = self.text.seek(to)?;
        *self.places.lock().expect("nobody panics").entry(place).or_default() += 1;
        Ok(place)
    }
}

/// How often each record was read meanwhile, the most frequent last.
fn reads(finished: bool, meanwhile: impl FnOnce(&Journal)) -> Vec<usize> {
    let mut text = sample::journal();
    if !finished {
        text.truncate(text.trim_ascii_end().iter().rposition(|byte| *byte == b'\n').expect("there are lines") + 1);
    }
    let places = Arc::new(Mutex::new(HashMap::new()));
    let counting = Counting { text: Cursor::new(text), places: Arc::clone(&places) };
    let journal = Journal::read(counting).expect("the sample is a journal");
    places.lock().expect("nobody panics").clear();
    meanwhile(&journal);
    let mut times: Vec<usize> = places.lock().expect("nobody panics").values().copied().collect();
    times.sort_unstable();
    times
}

#[test]
fn every_report_reads_every_record_once() {
    let scenarios = journal().entries().len();
    for finished in [true, false] {
        for renderer in RENDERERS {
            let times = reads(finished, |journal| drop(rendered(journal, renderer.name)));
            assert_eq!(times, vec![1; scenarios], "{}, finished: {finished}", renderer.name);
        }
    }
}

/// The end of the console, GitHub's annotations and its step summary each read them all once more.
#[test]
fn all_reports_and_what_is_said_besides_read_every_record_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let times = reads(true, |journal| {
        let mut gathered = Gathered::default();
        write_all(journal, folder.path(), RENDERERS, &mut gathered).expect("written");
        assert!(!github::annotations(journal, &gathered).is_empty());
        assert!(!markdown::within(journal, &gathered, 1_000_000).is_empty());
    });
    assert_eq!(times, vec![1; journal().entries().len()]);
}
