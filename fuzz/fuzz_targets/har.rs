//! A HAR: the places of its entries are exact, what is cut or broken is never taken for whole, and whatever stands in an entry
//! is judged by every check.

#![no_main]

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::LazyLock;

use flowproof::checks::Levels;
use flowproof::client::decode;
use flowproof::contract::Contract;
use flowproof::judge::replay::entries::{Judge, JudgedSequence, ReplayListener, ReplayedEntry, is_journal, replay};
use flowproof::judge::replay::har::scan;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tempfile::NamedTempFile;

static CONTRACT: LazyLock<Contract> = LazyLock::new(|| Contract::embedded().expect("the embedded contract holds"));
static LEVELS: LazyLock<Levels> = LazyLock::new(Levels::default);

fuzz_target!(|bytes: &[u8]| {
    let mut entries = 0;
    let ended = scan(bytes, &mut |place, json| {
        let start = usize::try_from(place.start).expect("a small file");
        assert_eq!(&bytes[start..start + place.length], json, "the place is exact");
        assert!(json.starts_with(b"{") && json.ends_with(b"}"));
        entries += 1;
    });
    let plain = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Ok(document) = serde_json::from_slice::<Value>(plain) {
        let listed = document.pointer("/log/entries").and_then(Value::as_array);
        match listed.filter(|listed| listed.iter().all(Value::is_object)) {
            Some(listed) if ended.is_ok() => assert!(entries >= listed.len(), "{entries} of {}", listed.len()),
            // Of repeated keys another may be no list.
            Some(_) => {}
            None => assert!(ended.is_err(), "accepted, although it has no list of entries"),
        }
    }
    if ended.is_ok() || entries > 0 {
        judged(bytes, entries);
    }
});

/// Every entry gets an outcome.
fn judged(bytes: &[u8], entries: usize) {
    let mut file = NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("it can be written");
    if is_journal(file.path()).expect("it can be read") {
        return;
    }
    let judge = Judge { contract: &CONTRACT, levels: &LEVELS, decoder: Some(decode) };
    let mut seen = Seen::default();
    replay(file.path(), &judge, &mut seen).expect("it can be read");
    assert!(seen.0.iter().copied().eq(0..entries), "{:?} of {entries}", seen.0);
}

/// The entries that came to something.
#[derive(Default)]
struct Seen(BTreeSet<usize>);

impl ReplayListener for Seen {
    fn sequence(&mut self, _: &JudgedSequence<'_>) {}

    fn entry(&mut self, entry: &ReplayedEntry<'_>) {
        assert!(self.0.insert(entry.entry), "{} came twice", entry.entry);
    }
}
