//! `flowproof doctor` against tenants on loopback, healthy and otherwise: what it says, what it sends, how it ends.

mod tenant;

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tenant::{APP, DEVICE, ENVIRONMENT, SECRET, Tenant, USER, user};

use crate::support::peers::{Certificate, params, write};
use crate::support::{program, stdout};

/// The configuration of a target at a port of this machine.
fn configuration(address: &str) -> String {
    format!(
        "[targets.staging]\nauth-path = \"{address}\"\napi-path = \"{address}/v1\"\nenvironment-in-path = true\n\
         environment = \"{ENVIRONMENT}\"\nca = \"ca.pem\"\n\
         [targets.staging.worker]\nclient-id = \"w0\"\nclient-secret = {{ env = \"FLOWPROOF_TEST_SECRET\" }}\n\
         [targets.staging.apps.sign-on]\nclient-id = \"{APP}\"\nredirect-uri = \"https://app.example.com/callback\"\n\
         [[targets.staging.users.email]]\nid = \"{USER}\"\nusername = \"flowproof-anna\"\nemail = \"anna@test.example.com\"\n\
         device = {{ id = \"{DEVICE}\", type = \"EMAIL\" }}\n\
         [targets.staging.users.email.passcode]\nsource = \"command\"\ncommand = [\"true\"]\n\
         [[targets.staging.users.sms]]\nusername = \"flowproof-anna\"\n"
    )
}

struct Doctor {
    folder: tempfile::TempDir,
}

impl Doctor {
    fn new(configuration: &str, certificate: &Certificate) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        write(&folder.path().join("ca.pem"), &certificate.pem);
        write(&folder.path().join("flowproof.toml"), configuration);
        Self { folder }
    }

    fn of(tenant: &Tenant) -> Self {
        Self::new(&configuration(&format!("https://localhost:{}", tenant.port)), &tenant.certificate)
    }

    fn command(&self, more: &[&str]) -> Command {
        let mut command = program();
        command.args(["doctor", "--target", "staging"]).args(more).current_dir(self.folder.path());
        command.env("FLOWPROOF_TEST_SECRET", SECRET);
        command
    }

    /// What it prints, without times, and how it ends.
    fn says(&self) -> (i32, String) {
        said(self.command(&[]).output().expect("it runs"))
    }
}

fn said(output: Output) -> (i32, String) {
    let text = crate::support::said(&output);
    assert!(!text.contains(SECRET) && !text.contains("t0ken"), "a secret is shown: {text}");
    let took = regex::Regex::new(r" +\([0-9]+ ms\)").expect("a pattern");
    (output.status.code().expect("an exit code"), unwrapped(&took.replace_all(&text, "")))
}

/// The text with every line whole again.
fn unwrapped(text: &str) -> String {
    text.lines().fold(String::new(), |whole, line| match line.strip_prefix("             ") {
        Some(rest) if !rest.starts_with("try: ") => format!("{} {rest}\n", whole.trim_end()),
        _ => format!("{whole}{line}\n"),
    })
}

/// The words after a probe's name.
fn line<'a>(text: &'a str, probe: &str) -> &'a str {
    let found = text.lines().find(|line| line.split("  ").map(str::trim).any(|word| word == probe));
    found.unwrap_or_else(|| panic!("no line about {probe} in:\n{text}"))
}

#[test]
fn a_healthy_tenant_is_told_as_that_and_nothing_is_sent_that_changes_it() {
    let tenant = Tenant::healthy();
    let (code, text) = Doctor::of(&tenant).says();
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("a run would get verdicts\n") && text.contains("0 warnings, 0 failed"), "{text}");
    for (probe, found) in [
        ("ca", "1 more root certificate is trusted"),
        ("worker", "its secret is read from the environment variable FLOWPROOF_TEST_SECRET"),
        ("passcode", "command: the command `true`"),
        ("dns", "the name has"),
        ("connection", "accepts connections"),
        ("tls", "TLSv1_3, the certificate is valid and is for localhost"),
        ("sign-on", "the environment exists; its issuer is https://auth.pingone.eu/"),
        ("clock", "within 60 s"),
        ("token", "the token endpoint issues one"),
        ("environment", "it is called Sandbox and is of the type SANDBOX"),
        ("application", "it exists: Bookshop"),
        ("user", "flowproof-anna exists"),
        ("device", "it exists and is active, of the type EMAIL"),
    ] {
        let told = text.lines().any(|line| line.starts_with("ok ") && line.contains(probe) && line.contains(found));
        assert!(told, "no line about {probe} says `{found}` in:\n{text}");
    }
    let env = format!("/v1/environments/{ENVIRONMENT}");
    let expected = [
        format!("GET /{ENVIRONMENT}/as/.well-known/openid-configuration"),
        format!("POST /{ENVIRONMENT}/as/token Basic"),
        format!("GET {env} Bearer"),
        format!("GET {env}/applications/{APP} Bearer"),
        format!("GET {env}/users/{USER} Bearer"),
        format!("GET {env}/users/{USER}/devices/{DEVICE} Bearer"),
        format!("GET {env}/users?filter=username+eq+%22flowproof-anna%22 Bearer"),
    ];
    assert_eq!(tenant.seen(), expected);
}

#[test]
fn t01_a_name_that_does_not_exist_is_said_once_and_what_depends_on_it_is_not_checked() {
    let (code, text) = Doctor::new(&configuration("https://nx.invalid"), &Certificate::new()).says();
    assert_eq!(code, 3, "{text}");
    let dns = line(&text, "dns");
    assert!(dns.starts_with("FAILED") && dns.contains("nx.invalid") && dns.contains("DNS lookup failed"), "{dns}");
    assert!(text.contains("try: check the region or host of the target"), "{text}");
    for probe in ["connection", "tls", "sign-on", "token", "environment"] {
        assert!(line(&text, probe).starts_with("not checked"), "{text}");
    }
    assert!(text.contains("1 failed"), "{text}");
}

#[test]
fn t04_a_refused_connection_names_host_and_port() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let (code, text) = Doctor::new(&configuration(&format!("https://127.0.0.1:{port}")), &Certificate::new()).says();
    let line = line(&text, "connection");
    assert!(code == 3 && line.starts_with("FAILED"), "{text}");
    assert!(line.contains(&format!("127.0.0.1:{port}: Connection refused")), "{line}");
}

#[test]
fn a_certificate_of_an_unknown_authority_for_another_name_or_past_its_time_is_said() {
    let mut expired = params(&["localhost"]);
    expired.not_before = rcgen::date_time_ymd(2019, 1, 1);
    expired.not_after = rcgen::date_time_ymd(2020, 1, 1);
    let (unknown, elsewhere) = (Certificate::new(), Certificate::of(params(&["elsewhere.example"])));
    let mut other = params(&["localhost"]);
    other.distinguished_name.push(rcgen::DnType::CommonName, "Another authority");
    let other = Certificate::of(other);
    let cases = [
        (unknown, false, "unknown issuer"),
        (elsewhere, true, "it is for"),
        (Certificate::of(expired), true, "expired on 2020-01-01"),
    ];
    for (certificate, trusted, found) in cases {
        let tenant = Tenant::start(certificate, 0, Vec::new());
        let ca = if trusted { &tenant.certificate } else { &other };
        let (code, text) = Doctor::new(&configuration(&format!("https://localhost:{}", tenant.port)), ca).says();
        let tls = line(&text, "tls");
        assert!(code == 3 && tls.starts_with("FAILED") && tls.contains(found), "{found}: {text}");
        assert!(text.contains("name its certificate with `ca`"), "{text}");
        assert_eq!(tenant.seen(), Vec::<String>::new());
    }
}

#[test]
fn tls_that_nobody_verifies_is_a_warning_each_time() {
    let tenant = Tenant::healthy();
    let text =
        configuration(&format!("https://localhost:{}", tenant.port)).replace("ca = \"ca.pem\"", "insecure = true");
    let doctor = Doctor::new(&text, &tenant.certificate);
    let (code, text) = said(doctor.command(&["--insecure"]).output().expect("it runs"));
    assert!(code == 0 && line(&text, "tls").starts_with("warning"), "{text}");
    assert!(line(&text, "tls").contains("TLS is not verified: `--insecure`"), "{text}");
    let (code, text) = doctor.says();
    assert!(code == 3 && line(&text, "tls").starts_with("FAILED"), "one switch is not enough: {text}");
}

#[test]
fn q14_a_clock_ten_minutes_off_is_a_warning_and_one_half_a_minute_off_is_none() {
    for (clock, health, found) in
        [(600, "warning", "behind the tenant's"), (-600, "warning", "ahead of the tenant's"), (30, "ok", "within 60 s")]
    {
        let tenant = Tenant::start(Certificate::new(), clock, Vec::new());
        let (code, text) = Doctor::of(&tenant).says();
        let line = line(&text, "clock");
        assert!(code == 0 && line.starts_with(health) && line.contains(found), "{line}");
        assert!(health == "ok" || line.contains(" 60") || line.contains(" 59"), "{line}");
    }
}

#[test]
fn refused_credentials_are_told_without_them_and_the_rest_is_not_checked() {
    let refusal = json!({ "error": "invalid_client", "error_description": format!("bad secret {SECRET}") });
    let tenant = Tenant::sick(vec![("/as/token", 401, refusal)]);
    let (code, text) = Doctor::of(&tenant).says();
    let line_of_token = line(&text, "token");
    assert!(code == 3 && line_of_token.starts_with("FAILED") && line_of_token.contains("invalid_client"), "{text}");
    assert!(text.contains("try: see the worker's client id"), "{text}");
    assert!(line(&text, "environment").starts_with("not checked"), "{text}");
    assert_eq!(tenant.seen().len(), 2);
}

#[test]
fn what_is_missing_in_the_environment_is_named_one_by_one() {
    let tenant = Tenant::sick(vec![(USER, 404, Value::Null), (APP, 403, Value::Null), ("/users", 200, json!({}))]);
    let (code, text) = Doctor::of(&tenant).says();
    assert_eq!(code, 3, "{text}");
    let user = line(&text, "user");
    assert!(user.starts_with("FAILED") && user.contains("it does not exist"), "{user}");
    assert!(text.contains("the worker may not read it (403)") && text.contains("give the worker a role"), "{text}");
    assert!(text.contains("no user has the username flowproof-anna"), "{text}");
    assert!(line(&text, "device").starts_with("not checked"), "{text}");
    assert!(text.contains("3 failed"), "{text}");
}

#[test]
fn an_environment_that_is_not_there_is_told_apart_from_a_page_in_between() {
    for (status, body, found) in [
        (404, Value::Null, "answers 404"),
        (200, json!("please sign in to the wifi"), "does not describe a sign-on service"),
    ] {
        let tenant = Tenant::sick(vec![("openid-configuration", status, body)]);
        let (code, text) = Doctor::of(&tenant).says();
        assert!(code == 3 && line(&text, "sign-on").contains(found), "{text}");
        assert_eq!(tenant.seen().len(), 1, "credentials are not sent there");
    }
}

#[test]
fn users_devices_and_applications_that_differ_from_the_file_are_told() {
    let mut renamed = user();
    renamed["email"] = "other@test.example.com".into();
    let mut locked = user();
    locked["account"]["status"] = "LOCKED".into();
    for (sick, health, found) in [
        ((USER, 200, renamed), "FAILED", "`email` differs: other@test.example.com in the tenant"),
        ((USER, 200, locked), "warning", "flowproof-anna: the account is locked"),
        ((DEVICE, 200, json!({ "type": "SMS" })), "FAILED", "its type is SMS"),
        (
            (DEVICE, 200, json!({ "type": "EMAIL", "status": "ACTIVATION_REQUIRED" })),
            "FAILED",
            "its status is ACTIVATION_REQUIRED",
        ),
        ((DEVICE, 200, json!({ "type": "EMAIL", "lock": { "status": "LOCKED" } })), "warning", "it is locked"),
        ((APP, 200, json!({ "enabled": false })), "FAILED", "it is switched off"),
        ((APP, 200, json!({ "redirectUris": [] })), "FAILED", "is none of its redirect URIs"),
        ((ENVIRONMENT, 200, json!({ "name": "Live", "type": "PRODUCTION" })), "warning", "of the type PRODUCTION"),
    ] {
        let (code, text) = Doctor::of(&Tenant::sick(vec![sick])).says();
        let line = text.lines().find(|line| line.contains(found)).unwrap_or_else(|| panic!("no `{found}` in:\n{text}"));
        assert!(line.starts_with(health), "{line}");
        assert_eq!(code, if health == "FAILED" { 3 } else { 0 }, "{text}");
    }
}

#[test]
fn an_unusable_configuration_is_told_whole_and_nothing_is_sent() {
    let tenant = Tenant::healthy();
    let text = configuration(&format!("https://localhost:{}", tenant.port));
    let text = text
        .replace("command = [\"true\"]", "command = [\"flowproof-no-such-program\"]")
        .replace("\"ca.pem\"", "\"no.pem\"");
    let doctor = Doctor::new(&text, &tenant.certificate);
    let (code, text) = said(doctor.command(&[]).env_remove("FLOWPROOF_TEST_SECRET").output().expect("it runs"));
    assert_eq!(code, 2, "{text}");
    for found in
        ["FLOWPROOF_TEST_SECRET is not set", "there is no program `flowproof-no-such-program`", "it cannot be read"]
    {
        assert!(text.contains(found), "{text}");
    }
    assert_eq!(tenant.seen(), Vec::<String>::new());
    let mut unknown = doctor.command(&[]);
    let (code, text) = said(unknown.args(["--target", "live"]).output().expect("it runs"));
    assert!(code == 2 && !text.is_empty(), "{text}");
}

#[test]
fn c10_zone_language_home_and_terminal_change_nothing() {
    let tenant = Tenant::healthy();
    let doctor = Doctor::of(&tenant);
    let took = regex::Regex::new(r#""milliseconds": [0-9]+"#).expect("a pattern");
    let print = |command: &mut Command| {
        let output = command.output().expect("it runs");
        assert!(output.status.success(), "{}", stdout(&output));
        took.replace_all(&stdout(&output), "").into_owned()
    };
    let plain = print(&mut doctor.command(&["--format", "json"]));
    let parsed: Value = serde_json::from_str(&print_raw(&doctor)).expect("JSON");
    assert_eq!(parsed["target"], "staging");
    assert_eq!(
        parsed["findings"][0],
        json!({ "probe": "ca", "subject": "ca.pem", "health": "well", "found": "1 more root certificate is trusted", "milliseconds": parsed["findings"][0]["milliseconds"] })
    );
    let mut elsewhere = doctor.command(&["--format", "json"]);
    elsewhere.env("TZ", "Asia/Tokyo").env("LANG", "C").env("NO_COLOR", "1").env("TERM", "dumb").env("CI", "true");
    assert_eq!(print(elsewhere.env_remove("HOME")), plain);
    assert_eq!(print(elsewhere.env("HOME", Path::new("/proc"))), plain);
}

fn print_raw(doctor: &Doctor) -> String {
    let output = doctor.command(&["--format", "json"]).output().expect("it runs");
    stdout(&output)
}
