//! Secrets and the command line: what the program takes, what it refuses, and what it never repeats.
//!
//! Deliberately not here: runs, which `canary` searches, and redaction itself, which has its tests beside it.

use flowproof::record::journal::Journal;
use flowproof::record::redaction::is_marked;
use flowproof::run::TargetChoice;

use crate::support::{flowproof, program, records, run_cases, said};

const SECRET: &str = "hunter2-canary-on-the-command-line";
const TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLTEyMzQ1Ng";

/// The names of all commands, as the program's help lists them.
fn commands() -> Vec<String> {
    let help = said(&flowproof(&["--help"]));
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let named = listed.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    named.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).filter(|name| name != "help").collect()
}

#[test]
fn x15_no_option_of_any_command_takes_a_secret() {
    let commands = commands();
    assert!(commands.iter().any(|name| name == "run") && commands.len() > 5, "{commands:?}");
    for command in commands {
        let help = said(&flowproof(&[&command, "--help"])).to_lowercase();
        for name in ["secret", "password", "token", "passcode", "credential", "api-key"] {
            let option = help.split_whitespace().find(|word| word.starts_with("--") && word.contains(name));
            assert_eq!(option, None, "{command}");
        }
    }
}

#[test]
fn x15_a_secret_that_is_given_as_an_argument_is_refused_and_not_repeated() {
    let url = format!("https://worker:{SECRET}@127.0.0.1:1/");
    let ways: [&[&str]; 5] = [
        &["run", "--client-secret", SECRET],
        &["run", &format!("--client-secret={SECRET}")],
        &["run", "--target", &url],
        &["run", "--control", &url],
        &["run", "--seed", TOKEN],
    ];
    for arguments in ways {
        let output = flowproof(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
        let said = said(&output);
        assert!(said.contains("error"), "{arguments:?}: {said}");
        assert!(!said.contains(SECRET) && !said.contains("c2lnbmF0dXJl"), "{arguments:?}: {said}");
    }
}

#[test]
fn x18_no_mask_is_printed_by_a_run_that_obtains_nothing() {
    let output =
        program().env("GITHUB_ACTIONS", "true").args(["lint", "cases/oauth"]).output().expect("the program runs");
    assert!(!said(&output).contains("::add-mask::"), "{output:?}");
}

/// S2-10 of the trial: a suite value such as `otp: wrong` was taken out of titles and labels, too.
#[test]
fn s2_10_the_words_of_a_suite_are_written_as_they_are() {
    let path = run_cases("suite-words", TargetChoice::Embedded, |name| {
        ["oauth/token/", "flows/mfa/", "device-grant/token/"].iter().any(|part| name.starts_with(part))
    });
    let journal = Journal::open(&path).expect("a journal");
    for record in records(&journal) {
        let labels = record.steps.iter().map(|step| &step.label);
        for words in [&record.title, &record.why].into_iter().chain(&record.tags).chain(labels) {
            assert!(!is_marked(words), "{}: {words}", record.name);
        }
    }
}
