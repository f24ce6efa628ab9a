//! One mistake per file, and exactly what is said about it.

use std::path::PathBuf;

#[test]
fn every_mistake_is_shown_at_its_place() {
    let mut cases: Vec<PathBuf> =
        std::fs::read_dir("tests/scenario/broken").unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() > 60, "the mistakes are there");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("goldens");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for case in cases {
            let name = case.file_stem().unwrap().to_string_lossy().into_owned();
            let text = super::problems(std::slice::from_ref(&case));
            assert!(!text.is_empty(), "{name}: nothing was found wrong");
            insta::assert_snapshot!(name, text);
        }
    });
}
