//! Paths that scenarios write themselves: they go out as they are written, or not at all.

use crate::support::{flowproof_in, folder, journal, records, root};

/// reported/17: another request was sent and judged in the place of the one that was written.
#[test]
fn a_raw_path_is_sent_as_it_is_written_or_the_character_that_cannot_be_is_named() {
    let folder = folder("running/raw-paths");
    let cases = root().join("tests/handed/reported/17-dot-segments/cases").display().to_string();
    flowproof_in(&folder, &["run", &cases, "--report", "report"]);
    let records = records(&journal(&folder.join("report")));
    assert_eq!(records.len(), 8);
    for (name, written) in [
        ("encoded-dots", Ok("/deviceAuthentications/%2e%2e/x")),
        ("dots", Ok("/flows/../deviceAuthentications/x")),
        ("one-dot", Ok("/deviceAuthentications/./x")),
        ("backslash", Ok("/deviceAuthentications/a\\b")),
        ("empty-segment", Ok("//deviceAuthentications/x")),
        ("broken-escape", Ok("/deviceAuthentications/%zz")),
        ("odd-characters", Err("'<'")),
        ("blank", Err("' '")),
    ] {
        let record = records.iter().find(|record| record.name.ends_with(name)).expect("it ran");
        let sent: Vec<&str> = record.exchanges.iter().map(|exchange| exchange.request.url.as_str()).collect();
        match written {
            Ok(path) => {
                let [url] = sent.as_slice() else { panic!("{name}: {sent:?}") };
                // Behind scheme, authority and environment.
                let rest = url.splitn(4, '/').nth(3).and_then(|path| path.find('/').map(|at| &path[at..]));
                assert_eq!(rest, Some(path), "{name}");
            }
            Err(character) => {
                assert!(sent.is_empty(), "{name}: {sent:?}");
                assert!(
                    record.reason.as_deref().is_some_and(|reason| reason.contains(character)),
                    "{name}: {:?}",
                    record.reason
                );
            }
        }
    }
}
