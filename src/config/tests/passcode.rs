//! The table `passcode` of a user.

use super::super::Config;
use super::super::passcode::PasscodeConfig;
use crate::record::redaction::Register;

/// A target with one user, whose passcodes come from this.
fn file(passcode: &str) -> String {
    format!(
        "[targets.a]\nregion = \"eu\"\nenvironment = \"3b1c6d4e-0f2a-4c58-9d7e-5a6b7c8d9e0f\"\n\
         [[targets.a.users.email]]\nusername = \"anna\"\n[targets.a.users.email.passcode]\n{passcode}"
    )
}

fn read(passcode: &str) -> Result<Config, String> {
    let read = Config::parse("flowproof.toml".into(), file(passcode), &[]);
    read.map_err(|problems| problems.iter().map(|problem| problem.render(false)).collect())
}

fn name(passcode: &str) -> &'static str {
    let config = read(passcode).unwrap_or_else(|problems| panic!("{problems}"));
    let user = &config.targets["a"].users["email"][0];
    match user.passcode.as_ref().expect("a source") {
        PasscodeConfig::Totp { .. } => "totp",
        PasscodeConfig::Command(_) => "command",
        PasscodeConfig::Prompt(_) => "prompt",
        PasscodeConfig::Imap(_) => "imap",
        PasscodeConfig::Http(_) => "http",
        PasscodeConfig::Mailbox { .. } => "mailbox",
        PasscodeConfig::Phone => "phone",
    }
}

#[test]
fn every_source_is_read_with_its_keys() {
    let secret = "{ env = \"S\" }";
    assert_eq!(
        name(&format!("source = \"totp\"\nsecret = {secret}\nperiod = 60\ndigits = 8\nalgorithm = \"SHA256\"\n")),
        "totp"
    );
    assert_eq!(name("source = \"command\"\ncommand = [\"x\", \"y\"]\ndeadline = 1.5\n"), "command");
    assert_eq!(name("source = \"prompt\"\n"), "prompt");
    let imap = "host = \"h\"\nport = 10993\nusername = \"u\"\nmailbox = \"Codes\"\nto = \"a@b.example\"\npattern = '([0-9]{6})'\n";
    assert_eq!(name(&format!("source = \"imap\"\n{imap}password = {secret}\nevery = 1\nca = \"ca.pem\"\n")), "imap");
    let http =
        "url = \"https://h.example/{email}?since={since}\"\nmessages = \"/m\"\ntext = \"\"\nreceived = \"/at\"\n";
    let patterns = "pattern = { otp = '([0-9]{6})', recovery-code = '(x)' }\n";
    assert_eq!(name(&format!("source = \"http\"\n{http}{patterns}headers = {{ X-Key = {secret} }}\n")), "http");
}

#[test]
fn c06_every_problem_of_a_source_is_told_at_once_and_at_its_place() {
    let problems = |passcode: &str| read(passcode).expect_err("refused");
    for (passcode, said) in [
        ("source = \"imapp\"\n", vec![":7:10", "`imapp` is not a source of passcodes", "did you mean `imap`?"]),
        ("deadline = 5\n", vec!["`targets.a.users.email.passcode.source` is missing"]),
        (
            "source = \"imap\"\nhots = \"h\"\nport = 70000\npattern = '[0-9]{6}'\n",
            vec![
                "passcode.host` is missing",
                "passcode.username` is missing",
                "passcode.password` is missing",
                "unknown key `targets.a.users.email.passcode.hots`",
                "did you mean `host`?",
                "must be a number from 1 to 65535",
                ":10:11",
                "this has 0",
            ],
        ),
        (
            "source = \"totp\"\nsecret = \"JBSWY3DPEHPK3PXP\"\ndigits = 6.5\nalgorithm = \"MD5\"\n",
            vec!["secrets do not belong in this file", "is a whole number", "algorithms: SHA1, SHA256, SHA512"],
        ),
        (
            "source = \"command\"\ncommand = \"echo 1 | cat\"\ndeadline = 0\n",
            vec!["must be a list of texts", "must be a number from 0.1 to 3600"],
        ),
        (
            "source = \"http\"\nurl = \"https://{email}.example/\"\ntext = \"body\"\n",
            vec!["the host does not depend on the recipient", "`body` is not a valid JSON pointer"],
        ),
    ] {
        let problems = problems(passcode);
        said.iter().for_each(|said| assert!(problems.contains(said), "no `{said}` in {problems}"));
        assert!(!problems.contains("JBSWY3DPEHPK3PXP ") || passcode.contains("totp"), "{problems}");
    }
}

#[test]
fn c09_an_inbox_is_asked_with_tls_but_on_this_machine() {
    let http = |url: &str| read(&format!("source = \"http\"\nurl = \"{url}\"\ntext = \"/t\"\n")).err();
    assert!(http("http://inbox.example/").expect("refused").contains("passcodes are never read without TLS"));
    assert!(http("http://127.0.0.1.example/").is_some());
    assert_eq!(http("http://127.0.0.1:8025/api"), None);
    assert!(http("https://a:b@inbox.example/").expect("refused").contains("a URL must not contain a password"));
    assert!(http("https://inbox.example/{mail}").expect("refused").contains("{email}"));
}

#[test]
fn a_source_that_lacks_something_says_what_before_it_is_used() {
    let unusable = |passcode: &str| {
        let config = read(passcode).unwrap_or_else(|problems| panic!("{problems}"));
        let user = config.targets["a"].users["email"][0].clone();
        user.passcode.expect("a source").resolve(&Register::default()).expect_err("something is missing").to_string()
    };
    let none = "source = \"command\"\ncommand = [\"flowproof-no-such-program\"]\n";
    assert_eq!(unusable(none), "there is no program `flowproof-no-such-program` in PATH");
    let unset = "source = \"totp\"\nsecret = { env = \"FLOWPROOF_NO_SUCH_VARIABLE\" }\n";
    assert_eq!(unusable(unset), "the environment variable FLOWPROOF_NO_SUCH_VARIABLE is not set");
    let no_key = unusable("source = \"totp\"\nsecret = { command = [\"echo\", \"not-a-key-1\"] }\n");
    assert!(no_key.starts_with("the command `echo`: the secret is not base32"), "{no_key}");
    let no_file = "source = \"imap\"\nhost = \"h\"\nusername = \"u\"\npassword = { command = [\"echo\", \"w1\"] }\nca = \"no.pem\"\n";
    assert!(unusable(no_file).starts_with("no.pem: it cannot be read: "), "{}", unusable(no_file));
}
