//! `prompt` through a pseudo-terminal.
//!
//! The source reads the standard input of its process, so that each test starts this program again with the terminal as that.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use flowproof::auth::passcode::{PasscodeSource, Prompt};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};

use crate::support::peers::{anna, otp};
use crate::support::{HANGS, alone};

/// Set for the process that asks: how long it waits, in milliseconds.
const ASKING: &str = "FLOWPROOF_TEST_PROMPT";

/// Asks, in the process that another test started; by itself it has nothing to do.
#[test]
fn the_process_that_asks() {
    let Ok(deadline) = std::env::var(ASKING) else { return };
    let deadline = Duration::from_millis(deadline.parse().expect("milliseconds"));
    let answer = otp(&PasscodeSource::Prompt(Prompt::new(deadline)), &anna());
    println!("\nanswer: {answer:?}");
}

struct Terminal {
    screen: File,
    keys: File,
    child: Child,
    /// All that was shown.
    shown: String,
}

impl Terminal {
    fn start(deadline: &str) -> Self {
        let keys = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pseudo-terminal");
        grantpt(&keys).and_then(|()| unlockpt(&keys)).expect("it can be used");
        let path = ptsname(&keys, Vec::new()).expect("its name").into_string().expect("UTF-8");
        let screen = File::options().read(true).write(true).open(path).expect("its other side");
        let end = || Stdio::from(screen.try_clone().expect("a copy"));
        let mut command = asker(deadline);
        let child = command.stdin(end()).stdout(end()).stderr(end()).spawn().expect("it starts");
        Self { screen, keys: File::from(keys), child, shown: String::new() }
    }

    /// Reads until what was shown since the beginning holds a text, and returns all of it.
    fn shows(&mut self, text: &str) -> String {
        let begun = Instant::now();
        let slice = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
        while !self.shown.contains(text) {
            assert!(begun.elapsed() < HANGS, "no `{text}` in {:?}", self.shown);
            let mut waiting = [PollFd::new(&self.keys, PollFlags::IN)];
            if poll(&mut waiting, Some(&slice)).expect("the terminal") > 0 {
                let mut bytes = [0; 1024];
                let read = self.keys.read(&mut bytes).expect("the terminal");
                self.shown.push_str(&String::from_utf8_lossy(&bytes[..read]));
            }
        }
        self.shown.clone()
    }

    fn types(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("the terminal");
    }

    fn is_hidden(&self) -> bool {
        !tcgetattr(&self.screen).expect("its modes").local_modes.contains(LocalModes::ECHO)
    }
}

fn asker(deadline: &str) -> Command {
    let mut command = alone(module_path!(), "the_process_that_asks");
    command.env(ASKING, deadline);
    command
}

const QUESTION: &str = "one-time passcode for anna+qa@example.com: ";

#[test]
fn what_is_typed_is_taken_and_not_shown() {
    let mut terminal = Terminal::start("600000");
    terminal.shows(QUESTION);
    assert!(terminal.is_hidden());
    // A mistake is taken back by backspace, a whole line by Ctrl-U.
    terminal.types("999\u{15}12399\u{7f}\u{7f}456\r");
    let shown = terminal.shows("test result");
    let before = shown.split("answer: ").next().expect("there is a first part");
    assert!(!before.contains("999") && !before.contains("123"), "{shown:?}");
    assert!(shown.contains(r#"answer: Ok("123456")"#), "{shown:?}");
    assert!(terminal.child.wait().expect("it ends").success());
    assert!(!terminal.is_hidden());
}

#[test]
fn nobody_at_the_keys_is_not_waited_for_for_ever() {
    let mut terminal = Terminal::start("300");
    terminal.shows(QUESTION);
    let shown = terminal.shows("test result");
    assert!(shown.contains("from the terminal: no one answered, after 0."), "{shown:?}");
    assert!(shown.contains("raise `deadline`"), "{shown:?}");
    assert!(!terminal.is_hidden());
    terminal.child.wait().expect("it ends");
}

#[test]
fn ctrl_c_ends_the_process_and_leaves_the_terminal_as_it_was() {
    let mut terminal = Terminal::start("600000");
    terminal.shows(QUESTION);
    terminal.types("12\u{3}");
    let status = terminal.child.wait().expect("it ends");
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(2), "{status}");
    assert!(!terminal.is_hidden());
}

#[test]
fn without_a_terminal_it_refuses_at_once() {
    let output = asker("600000").stdin(Stdio::null()).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let expected =
        "no one-time passcode for anna+qa@example.com from the terminal: standard input is not a terminal; run it in";
    assert!(said.contains(expected), "{said}");
}
