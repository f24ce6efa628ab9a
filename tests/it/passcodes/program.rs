//! `command` with real programs.

use std::time::Duration;

use chrono::{DateTime, Utc};
use flowproof::auth::passcode::{CodeKind, Command, PasscodeSource, Recipient};

use crate::support::peers::{anna, code, otp};
use crate::support::wait_until;

fn program(words: &[&str], deadline: Duration) -> PasscodeSource {
    let arguments = words[1..].iter().map(|word| (*word).to_owned()).collect();
    PasscodeSource::Command(Command::new(words[0], arguments, deadline))
}

fn failure(words: &[&str]) -> String {
    otp(&program(words, Duration::from_secs(60)), &anna()).expect_err("no code")
}

#[test]
fn a_program_prints_the_code_and_no_shell_reads_its_arguments() {
    let words = ["printf", "  %s\\n", "$HOME;`id`"];
    assert_eq!(otp(&program(&words, Duration::from_secs(60)), &anna()), Ok("$HOME;`id`".into()));
}

#[test]
fn the_environment_tells_for_whom_for_what_and_since_when() {
    let told =
        "$FLOWPROOF_USER_ID/$FLOWPROOF_USERNAME/$FLOWPROOF_EMAIL/$FLOWPROOF_PHONE/$FLOWPROOF_CODE/$FLOWPROOF_SINCE";
    let source = program(&["sh", "-c", &format!("echo \"{told}\"")], Duration::from_secs(60));
    let since: DateTime<Utc> = "2026-01-02T03:04:05.678Z".parse().expect("a time");
    let expected = "9c8bf5e0-0000-4000-8000-000000000001/anna/anna+qa@example.com/+1.5125550101/verificationCode/2026-01-02T03:04:05.678Z";
    assert_eq!(code(&source, CodeKind::VerificationCode, &anna(), since), Ok(expected.into()));
    let nobody = code(&source, CodeKind::Otp, &Recipient::default(), since);
    assert_eq!(nobody, Ok("////otp/2026-01-02T03:04:05.678Z".into()));
}

#[test]
fn a_program_that_does_not_end_is_ended_at_the_deadline() {
    let folder = tempfile::tempdir().expect("a folder");
    let trace = folder.path().join("pid");
    let script = format!("echo $$ > {}; exec sleep infinity", trace.display());
    let error = otp(&program(&["sh", "-c", &script], Duration::from_secs(2)), &anna()).expect_err("too slow");
    let expected = "no one-time passcode for anna+qa@example.com from the command `sh`: it did not end within 2";
    assert!(error.starts_with(expected), "{error}");
    let pid = std::fs::read_to_string(trace).expect("its id");
    let status = || std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    let gone = |status: String| status.is_empty() || status.contains(") Z ");
    wait_until("it is gone", || gone(status()));
}

#[test]
fn a_program_that_fails_is_quoted_in_one_harmless_line() {
    let error = failure(&["sh", "-c", "printf 'the vault is \\033[31mlocked\\nreally' >&2; exit 3"]);
    assert!(error.contains("exit status: 3: the vault is "), "{error}");
    assert!(
        error.contains("run it by hand with the same variables")
            && !error.contains('\u{1b}')
            && !error.contains("really"),
        "{error}"
    );
}

#[test]
fn what_is_not_one_code_is_refused_and_not_shown() {
    assert!(failure(&["true"]).contains("it printed nothing"));
    assert!(failure(&["printf", "123456\n234567"]).contains("it printed 2 lines"));
    assert!(failure(&["head", "-c", "1000000", "/dev/zero"]).contains("it printed more than 256 bytes"));
    assert!(failure(&["printf", "\\377"]).contains("not UTF-8"));
    assert!(!failure(&["printf", "123456\n234567"]).contains("123456"));
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let error = failure(&["flowproof-no-such-program"]);
    assert!(error.contains("the command `flowproof-no-such-program`: it cannot be run: No such file"), "{error}");
}
