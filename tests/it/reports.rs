//! The reports, rendered from one fixed journal that holds every verdict and hostile values in every place.
//!
//! `tests/reports/journal.jsonl` is written by `reports/sample.rs`; a test keeps the two the same.

use std::io::Cursor;

use flowproof::record::journal::Journal;

use flowproof::reports::{self, Renderer};

use crate::support::{records, root};

mod sample;

mod allure;
mod console;
mod ctrf;
mod formats;
mod html;
mod json;
mod junit;
#[cfg(target_os = "linux")]
mod opened;
mod otlp;
mod program;
mod reading;
mod write;

/// The committed journal.
fn journal() -> Journal {
    read(include_bytes!("../reports/journal.jsonl"))
}

/// The committed journal as a killed run leaves it: no footer, the last scenario cut.
fn unfinished_journal() -> Journal {
    let text = include_str!("../reports/journal.jsonl").trim_end();
    let without_footer = &text[..text.rfind('\n').expect("the journal has several lines")];
    read(&without_footer.as_bytes()[..without_footer.len() - 40])
}

fn read(bytes: &[u8]) -> Journal {
    Journal::read(Cursor::new(bytes.to_vec())).expect("the sample is a journal")
}

fn rendered(journal: &Journal, name: &str) -> String {
    let renderer: &Renderer = reports::renderer(name).expect("the renderer is registered");
    let mut out = Vec::new();
    renderer.render(journal, &mut out).expect("the sample renders");
    String::from_utf8(out).expect("reports are UTF-8")
}

#[test]
fn the_committed_journal_is_what_the_sample_makes() {
    let made = sample::journal();
    let path = root().join("tests/reports/journal.jsonl");
    if std::env::var_os("UPDATE_SAMPLE").is_some() {
        std::fs::write(&path, &made).expect("the sample can be written");
    }
    let kept = std::fs::read(path).expect("the sample is there");
    assert!(kept == made, "run again with UPDATE_SAMPLE=1");
}

#[test]
fn r25_the_same_journal_gives_the_same_bytes() {
    for renderer in reports::RENDERERS {
        assert_eq!(rendered(&journal(), renderer.name), rendered(&journal(), renderer.name));
    }
}

#[test]
fn the_committed_sample_is_what_its_journal_gives() {
    let folder = root().join("reports/sample");
    let journal = Journal::open(&folder.join("journal.jsonl")).expect("the sample has a journal");
    journal.verify().expect("the journal is as it was written");
    for name in ["html", "junit"] {
        let path = folder.join(reports::renderer(name).expect("it is registered").file);
        let made = rendered(&journal, name);
        if std::env::var_os("UPDATE_SAMPLE").is_some() {
            std::fs::write(&path, &made).expect("the sample can be written");
        }
        let kept = std::fs::read_to_string(&path).expect("the sample is there");
        assert!(kept == made, "{} is stale: run again with UPDATE_SAMPLE=1", path.display());
    }
}
