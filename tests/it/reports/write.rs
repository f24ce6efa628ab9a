//! Writing: whole files or none, private, and never out of the folder.

use std::fs;
use std::io::Write;
use std::path::Path;

use flowproof::reports::write::{WriteCause, prepare, write_all};
use flowproof::reports::{Gathered, RENDERERS, Reading, RenderError, Renderer, USUAL};

use super::journal;

/// Fails after it has written something.
fn broken(_: Reading<'_>, out: &mut dyn Write) -> Result<(), RenderError> {
    out.write_all(&[b'x'; 100_000])?;
    Err(std::io::Error::other("no space left").into())
}

const BROKEN: Renderer = Renderer { name: "broken", file: "broken.txt", purpose: "a test", write: broken };

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).expect("the folder is there");
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("it is readable").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn all_reports_are_written_and_nothing_else_is_left() {
    let dir = tempfile::tempdir().expect("a folder");
    let deep = dir.path().join("reports/latest");
    prepare(&deep, USUAL).expect("it can be made");
    let written = write_all(&journal(), &deep, USUAL, &mut Gathered::default()).expect("they can be written");
    assert_eq!(written.len(), USUAL.len());
    assert_eq!(names(&deep), ["junit.xml", "report.html", "report.json"]);
}

#[test]
fn r01_r02_a_report_that_fails_leaves_the_old_one_and_the_others_are_written() {
    let dir = tempfile::tempdir().expect("a folder");
    fs::write(dir.path().join("broken.txt"), "old").expect("it can be written");
    let renderers = [BROKEN, RENDERERS[1]];
    let error = write_all(&journal(), dir.path(), &renderers, &mut Gathered::default()).expect_err("one fails");
    assert_eq!(fs::read_to_string(dir.path().join("broken.txt")).expect("it is there"), "old");
    assert_eq!(names(dir.path()), ["broken.txt", "junit.xml"]);
    assert_eq!((error.written.len(), error.problems.len()), (1, 1));
    assert!(error.to_string().ends_with("broken.txt: no space left"), "{error}");
}

#[test]
fn r03_a_folder_that_cannot_be_made_is_known_before_the_run() {
    let dir = tempfile::tempdir().expect("a folder");
    fs::write(dir.path().join("file"), "").expect("it can be written");
    for bad in ["file", "file/below", "nul\0"] {
        assert!(prepare(&dir.path().join(bad), RENDERERS).is_err(), "{bad}");
    }
    fs::create_dir(dir.path().join("junit.xml")).expect("it can be made");
    let error = prepare(dir.path(), RENDERERS).expect_err("a folder has a report's name");
    assert!(matches!(error.problems[0].cause, WriteCause::NotAFile));
}

#[cfg(unix)]
#[test]
fn r04_a_link_that_leads_out_is_refused_and_its_goal_untouched() {
    let dir = tempfile::tempdir().expect("a folder");
    let (inside, outside) = (dir.path().join("reports"), dir.path().join("precious"));
    fs::create_dir(&inside).expect("it can be made");
    fs::write(&outside, "precious").expect("it can be written");
    for goal in ["../precious", "../nowhere"] {
        let link = inside.join("junit.xml");
        std::os::unix::fs::symlink(goal, &link).expect("it can be linked");
        assert!(matches!(prepare(&inside, RENDERERS).expect_err("refused").problems[0].cause, WriteCause::Link(_)));
        assert!(write_all(&journal(), &inside, RENDERERS, &mut Gathered::default()).is_err());
        fs::remove_file(link).expect("it is there");
    }
    assert_eq!(fs::read_to_string(&outside).expect("it is there"), "precious");
    assert!(!dir.path().join("nowhere").exists());
}

#[cfg(unix)]
#[test]
fn r04_a_link_that_stays_is_replaced_and_not_followed() {
    let dir = tempfile::tempdir().expect("a folder");
    fs::write(dir.path().join("kept"), "kept").expect("it can be written");
    std::os::unix::fs::symlink("kept", dir.path().join("junit.xml")).expect("it can be linked");
    write_all(&journal(), dir.path(), RENDERERS, &mut Gathered::default()).expect("they can be written");
    assert_eq!(fs::read_to_string(dir.path().join("kept")).expect("it is there"), "kept");
    assert!(!dir.path().join("junit.xml").is_symlink());
}

#[cfg(unix)]
#[test]
fn reports_are_readable_by_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().expect("a folder");
    for path in write_all(&journal(), dir.path(), RENDERERS, &mut Gathered::default()).expect("they can be written") {
        assert_eq!(fs::metadata(path).expect("it is there").permissions().mode() & 0o777, 0o600);
    }
}
