//! How often a run opens its own journal, as the system sees it.

use std::fs;
use std::mem::MaybeUninit;
use std::path::Path;

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};

use crate::support::{PROGRAM, code, folder, program, said};

/// A scenario whose expectation is not met, so that there is something to say at the end of the run.
const UNMET: &str = "scenario: Not as expected\ncovers: [MFA-INIT-1]\nsteps:\n  - call: initializeDeviceAuthentication\n    \
                     body: { user: { id: \"{{user.id}}\" } }\n    expect: { status: 403 }\n";

/// How often a file of that name was opened in a folder while something else happened. The system tells equal events in a row
/// as one, so it is asked for what happens in between as well.
fn opened(folder: &Path, name: &str, meanwhile: impl FnOnce()) -> usize {
    let watch = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).expect("the system tells");
    let told = WatchFlags::OPEN | WatchFlags::ACCESS | WatchFlags::MODIFY | WatchFlags::CLOSE;
    inotify::add_watch(&watch, folder, told).expect("the folder is there");
    meanwhile();
    let mut room = [MaybeUninit::uninit(); 4096];
    let mut events = inotify::Reader::new(watch, &mut room);
    let mut times = 0;
    while let Ok(event) = events.next() {
        let same = event.file_name().is_some_and(|opened| opened.to_bytes() == name.as_bytes());
        times += usize::from(same && event.events().contains(ReadFlags::OPEN));
    }
    times
}

/// Coverage, the reports, the end of the console, and GitHub's annotations and summary each want every record.
#[test]
fn a_run_opens_its_journal_once_to_write_and_once_to_read_it() {
    let folder = folder("reports/opened");
    fs::create_dir_all(folder.join("cases")).expect("made");
    fs::create_dir_all(folder.join("out")).expect("made");
    fs::write(folder.join("cases/unmet.yaml"), UNMET).expect("written");
    fs::write(folder.join("flowproof.toml"), "[coverage]\noperations = 0.1\n").expect("written");
    let times = opened(&folder.join("out"), "journal.jsonl", || {
        let run = ["run", "--ci", "github", "--report", "out"];
        let run =
            program().current_dir(&folder).args(run).output().unwrap_or_else(|error| panic!("{PROGRAM}: {error}"));
        assert_eq!(code(&run), 1, "{}", said(&run));
    });
    assert_eq!(times, 2);
}
