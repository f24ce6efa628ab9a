//! Targets as people meet them at the command line: what is refused before anything is sent, and what is said about it.
//!
//! Nothing here reaches a tenant; runs against one are in `real_tenant`.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::support::{program, root, said};

const ID: &str = "00000000-0000-4000-8000-000000000001";

/// A folder with a configuration in it.
struct Folder(tempfile::TempDir);

impl Folder {
    fn with(configuration: &str) -> Self {
        let folder = Self(tempfile::tempdir().expect("a folder"));
        std::fs::write(folder.path("flowproof.toml"), configuration).expect("written");
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program();
        command.args(["--color", "never"]).args(arguments).current_dir(self.0.path());
        command
    }

    /// The exit code, and all that was said.
    fn says(&self, arguments: &[&str]) -> (Option<i32>, String) {
        ended(&mut self.command(arguments))
    }

    /// A run of the suite against `staging`.
    fn runs(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let cases = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");
        self.says(&[&["run", cases, "--target", "staging"], arguments].concat())
    }
}

fn ended(command: &mut Command) -> (Option<i32>, String) {
    let output = command.output().expect("it runs");
    (output.status.code(), said(&output))
}

/// A target on a port of this machine where nobody is.
fn staging(more: &str) -> String {
    let worker = "[targets.staging.worker]\nclient-id = \"w\"\nclient-secret = { env = \"FLOWPROOF_TEST_A\" }\n";
    format!(
        "[targets.staging]\nauth-path = \"https://127.0.0.1:9\"\nenvironment = \"{ID}\"\n{more}\n{worker}\
         [[targets.staging.users.email]]\nid = \"{ID}\"\npassword = {{ env = \"FLOWPROOF_TEST_B\" }}\n\
         [targets.staging.apps.sign-on]\nclient-id = \"c\"\n"
    )
}

#[test]
fn init_writes_a_configuration_once_and_again_only_by_force() {
    let folder = Folder(tempfile::tempdir().expect("a folder"));
    assert_eq!(folder.says(&["init"]).0, Some(0));
    let (code, said) = folder.says(&["init"]);
    assert!(
        code == Some(2) && said.contains("already describes a target") && said.contains("nothing was changed"),
        "{said}"
    );
    std::fs::write(folder.path("flowproof.toml"), "not = [ toml").expect("written");
    assert_eq!(folder.says(&["init", "--force"]).0, Some(0));
    assert_eq!(std::fs::read_to_string(folder.path("flowproof.toml.bak")).expect("kept"), "not = [ toml");
    assert_eq!(folder.says(&["targets"]).0, Some(0));
}

#[test]
fn targets_are_printed_with_where_secrets_come_from() {
    let folder = Folder::with(&staging("rate = 10"));
    let (code, said) = folder.says(&["targets", "--format", "json"]);
    let targets: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(code, Some(0));
    assert_eq!(targets[0]["worker"]["clientSecret"]["from"], "the environment variable FLOWPROOF_TEST_A");
    assert_eq!((&targets[0]["users"]["email"], &targets[0]["rate"]), (&Value::from(1), &Value::from(10.0)));
    let (_, text) = folder.says(&["targets"]);
    assert!(text.contains("https://127.0.0.1:9/") && text.contains("email × 1"), "{text}");
}

#[test]
fn c01_all_missing_secrets_are_named_in_one_message_before_anything_is_sent() {
    let folder = Folder::with(&staging(""));
    let (code, said) = folder.runs(&[]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("FLOWPROOF_TEST_A is not set") && said.contains("FLOWPROOF_TEST_B is not set"), "{said}");
    assert!(!folder.path("reports/latest/report.json").exists(), "{said}");
}

#[test]
fn c02_c04_blank_secrets_and_placeholders_are_refused() {
    let folder = Folder::with(&staging(""));
    let cases = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");
    let mut command = folder.command(&["run", cases, "--target", "staging"]);
    let (code, said) = ended(command.env("FLOWPROOF_TEST_A", " \n").env("FLOWPROOF_TEST_B", "<password>"));
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("FLOWPROOF_TEST_A is empty or blank"), "{said}");
    assert!(said.contains("FLOWPROOF_TEST_B holds a placeholder") && !said.contains("<password>"), "{said}");
}

#[test]
fn c07_an_option_outweighs_a_variable_and_a_variable_the_default() {
    let folder = Folder::with(&staging(""));
    let cases = concat!(env!("CARGO_MANIFEST_DIR"), "/cases/oauth");
    let (_, said) = ended(folder.command(&["run", cases]).env("FLOWPROOF_TARGET", "nowhere"));
    assert!(said.contains("there is no target `nowhere`; there are staging"), "{said}");
    let mut command = folder.command(&["run", cases, "--target", "embedded", "--rate", "4000"]);
    let (code, said) = ended(command.env("FLOWPROOF_TARGET", "nowhere").env("FLOWPROOF_RATE", "5000"));
    assert_eq!(code, Some(0), "{said}");
    let text = std::fs::read_to_string(folder.path("reports/latest/journal.jsonl")).expect("a journal");
    let header: Value = serde_json::from_str(text.lines().next().unwrap_or_default()).expect("a header");
    assert_eq!(header.pointer("/header/configuration/rate"), Some(&Value::from(4000.0)), "{header}");
}

#[test]
fn c09_http_and_what_is_no_target_are_refused_with_what_to_try() {
    let folder =
        Folder::with(&format!("[targets.a]\nauth-path = \"http://auth.example.com\"\nenvironment = \"{ID}\"\n"));
    let (code, said) = folder.says(&["targets"]);
    assert!(code == Some(2) && said.contains("credentials are never sent without TLS"), "{said}");
    let folder = Folder::with(&staging(""));
    let (code, said) =
        folder.says(&["run", concat!(env!("CARGO_MANIFEST_DIR"), "/cases"), "--target", "http://auth.example.com"]);
    assert!(code == Some(2) && said.contains("is not on this machine"), "{said}");
}

#[cfg(unix)]
#[test]
fn c11_arguments_and_variables_that_are_no_text_are_refused_without_a_panic() {
    let folder = Folder::with(&staging(""));
    let broken: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(b"stag\xffing");
    let (code, said) = ended(folder.command(&["run", "--target"]).arg(broken));
    assert!(code == Some(2) && !said.contains("panicked"), "{said}");
    let (code, said) = ended(folder.command(&["run"]).env("FLOWPROOF_TARGET", broken));
    assert!(code == Some(2) && !said.contains("panicked"), "{said}");
    let cases = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");
    let mut command = folder.command(&["run", cases, "--target", "staging"]);
    let (code, said) = ended(command.env("FLOWPROOF_TEST_A", broken));
    assert!(code == Some(2) && said.contains("FLOWPROOF_TEST_A is not UTF-8"), "{said}");
}

#[test]
fn c12_a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let folder = Folder::with("");
    let (code, said) = folder.says(&["tenant", "--port", &port]);
    assert!(code == Some(2) && said.contains(&port), "{code:?} {said}");
}

#[test]
fn l10_a_root_certificate_that_cannot_be_one_is_refused_and_no_key_is_shown() {
    let key = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n";
    for (content, problem) in [
        (None, "it cannot be read"),
        (Some(""), "it contains no certificate"),
        (Some(key), "there is a private key in it"),
    ] {
        let folder = Folder::with(&staging("ca = \"ca.pem\""));
        if let Some(text) = content {
            std::fs::write(folder.path("ca.pem"), text).expect("written")
        }
        let (code, said) = folder.runs(&[]);
        assert!(code == Some(2) && said.contains(problem) && said.contains("flowproof.toml:4:6"), "{said}");
        assert!(!said.contains("MC4CAQ"), "{said}");
    }
}

#[test]
fn l05_tls_goes_unverified_only_where_two_switches_say_so_and_never_in_production() {
    let (code, said) = Folder::with(&staging("")).runs(&["--insecure"]);
    assert!(code == Some(2) && said.contains("the target must say `insecure = true` as well"), "{said}");
    let (code, said) = Folder::with(&staging("insecure = true")).runs(&[]);
    assert!(code == Some(2) && said.contains("say --insecure as well"), "{said}");
    let (code, said) = Folder::with(&staging("insecure = true\nproduction = true")).runs(&["--insecure"]);
    assert!(code == Some(2) && said.contains("TLS is always verified"), "{said}");
}

#[test]
fn q16_a_tenant_in_production_is_spared_what_locks_and_deletes() {
    let scenario = "scenario: Too many wrong passwords\ncovers: [HOST-1]\nneeds: [user.id]\nsteps:\n\
                    \x20 - call: validateOtp\n    path: { deviceAuthID: \"{{user.id}}\" }\n    body: { otp: \"000000\" }\n    expect: { status: 400 }\n\
                    \x20 - call: validateOtp\n    path: { deviceAuthID: \"{{user.id}}\" }\n    body: { otp: \"000001\" }\n    expect: { status: 400 }\n";
    let runs = |more: &str, arguments: &[&str]| {
        let configuration = staging(&format!("production = true\n{more}"));
        let folder = Folder::with(&configuration.replace("password =", "expendable = true\npassword ="));
        std::fs::write(folder.path("wrong.yaml"), scenario).expect("written");
        let mut command = folder.command(&["run", "wrong.yaml", "--target", "staging"]);
        ended(command.args(arguments).env("FLOWPROOF_TEST_A", "s3cr3t-a").env("FLOWPROOF_TEST_B", "s3cr3t-b"))
    };
    for (more, arguments) in [("", &[][..]), ("", &["--allow-destructive"]), ("allow-destructive = true", &[])] {
        let (code, said) = runs(more, arguments);
        assert!(code == Some(2) && said.contains("wrong: 2 wrong tries may lock"), "{code:?} {said}");
        assert!(said.contains("--allow-destructive"), "{said}");
    }
    // Both switches: it is tried, and fails because nobody is there.
    let (code, said) = runs("allow-destructive = true", &["--allow-destructive"]);
    assert_eq!(code, Some(3), "{said}");
}

#[test]
fn the_schema_accepts_what_the_reader_accepts_and_refuses_what_it_refuses() {
    let schema = std::fs::read_to_string(root().join("docs/flowproof.schema.json")).expect("the schema");
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema).expect("JSON")).expect("a schema");
    let json = |text: &str| serde_json::to_value(toml::from_str::<toml::Table>(text).expect("TOML")).expect("JSON");
    let template = std::fs::read_to_string(root().join("src/cli/init.toml")).expect("the template");
    let all: String = template.lines().map(|line| line.strip_prefix("# ").unwrap_or(line).to_owned() + "\n").collect();
    assert!(schema.is_valid(&json(&all)), "{:?}", schema.validate(&json(&all)).err().map(|error| error.to_string()));
    assert!(schema.is_valid(&json(&staging("production = true"))));
    let run = "[run]\njobs = 4\nrate = 2.5\nretries = 1\nflaky = \"fail\"\ndeadline = \"10m\"\n";
    let user = "expendable = true\npush = { command = [\"./answer\"], deadline = 5 }\n[targets.staging.apps.sign-on]";
    let all = format!("{run}{}", staging("").replace("[targets.staging.apps.sign-on]", user));
    assert!(schema.is_valid(&json(&all)), "{:?}", schema.validate(&json(&all)).err().map(|error| error.to_string()));
    assert_eq!(Folder::with(&all).says(&["targets"]).0, Some(0));
    for wrong in ["jobs = 0", "retries = 1.5", "flaky = \"no\"", "deadline = \"soon\"", "retry = 1"] {
        let wrong = format!("[run]\n{wrong}\n");
        assert!(!schema.is_valid(&json(&wrong)), "{wrong}");
        assert_eq!(Folder::with(&wrong).says(&["targets"]).0, Some(2), "{wrong}");
    }
    for wrong in ["productoin = true", "rate = 0", "region = \"eu\""] {
        assert!(!schema.is_valid(&json(&staging(wrong))), "{wrong}");
        assert_eq!(Folder::with(&staging(wrong)).says(&["targets"]).0, Some(2), "{wrong}");
    }
}
