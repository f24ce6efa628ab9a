//! Memory does not grow with the recording: a file eight times as big costs hardly more than its index.
//!
//! The peak is read from the kernel while the program runs, so this is asked on Linux only. Deliberately not here: time, which
//! `docs/performance.md` tells how to measure.
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use flowproof::record::ShardRecord;
use flowproof::record::journal::Journal;

use crate::support::{journal, program, root};

#[path = "../../examples/grow.rs"]
#[allow(dead_code)]
mod grow;

/// What the bigger of two files may cost more, in KiB.
const SLACK: usize = 12 * 1024;

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| crate::support::folder("memory"));

/// The journal of a part of the suite, run once.
static JOURNAL: LazyLock<Journal> = LazyLock::new(|| {
    let (cases, report) = (root().join("cases/mfa/otp"), FOLDER.join("run"));
    let ended = flowproof().arg("run").arg("--quiet").arg("--report").args([&report, &cases]).status();
    assert!(ended.expect("it runs").success());
    journal(&report)
});

fn flowproof() -> Command {
    let mut command = program();
    command.current_dir(&*FOLDER).stdout(Stdio::null());
    command
}

/// Runs the program to its end and gives the most memory that it ever had, in KiB.
fn peak(arguments: &[&str]) -> usize {
    let mut child = flowproof().args(arguments).stderr(Stdio::null()).spawn().expect("it runs");
    let mut peak = 0;
    loop {
        peak = peak.max(high_water(&child));
        if let Some(status) = child.try_wait().expect("it can be waited for") {
            assert!(status.code().is_some_and(|code| code < 2), "{arguments:?}: {status}");
            assert!(peak > 0, "the kernel says how much");
            return peak;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn high_water(child: &Child) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|size| size.parse().ok()).unwrap_or_default()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path")
}

#[test]
fn the_peak_of_a_replay_does_not_grow_with_the_har() {
    let peaks = [1, 8].map(|megabytes| {
        let path = FOLDER.join(format!("{megabytes}.har"));
        grow::har(&JOURNAL, &path, megabytes * 1024 * 1024).expect("it can be written");
        peak(&["replay", text(&path)])
    });
    assert!(peaks[1] < peaks[0] + SLACK, "{peaks:?} KiB");
}

#[test]
fn the_peak_of_gate_merge_and_report_does_not_grow_with_the_journal() {
    let sizes = [200, 1_600];
    let made = sizes.map(|scenarios| {
        let shard = |index| {
            let path = FOLDER.join(format!("{scenarios}-{index}.jsonl"));
            grow::copies(&JOURNAL, &path, scenarios, Some(ShardRecord { index, of: 2 })).expect("it can be written");
            path
        };
        [shard(1), shard(2)]
    });
    let merged = |at: usize| {
        let out = FOLDER.join(format!("merged-{}", sizes[at]));
        peak(&["merge", "--report", text(&out), text(&made[at][0]), text(&made[at][1])])
    };
    let gated = |at: usize| {
        let (run, baseline) = (FOLDER.join(format!("merged-{}", sizes[at])), FOLDER.join(format!("{at}.toml")));
        let compared = ["gate", text(&run), "--baseline", text(&baseline)];
        peak(&[&compared[..], &["--update"]].concat());
        peak(&compared)
    };
    for (what, peaks) in [("merge", [merged(0), merged(1)]), ("gate", [gated(0), gated(1)])] {
        assert!(peaks[1] < peaks[0] + SLACK, "{what}: {peaks:?} KiB");
    }
}
