//! Credentials that nobody gave the program and that it knows by their looks alone, in every place and notation that there is:
//! in a run, in a recording, and in a journal that an earlier build wrote (reported/21).
//!
//! Each marker occurs in one place only, so that nothing is hidden because it was learned elsewhere.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::search::Artefacts;
use crate::support::{flowproof_in, folder, root};

/// Every format that a report may have; the console and the annotations are printed.
const FORMATS: [&str; 7] = ["--html", "--junit", "--json", "--markdown", "--sarif", "--gitlab", "--tap"];

/// How every marker begins, and how it ends: nothing else is searched for.
const BEGINS: &str = "Kanari";
const ENDS: &str = "q7Zk4Wm";

/// The markers so far: each is asked for by what it stands for.
#[derive(Default)]
pub(super) struct Markers(Vec<(String, String)>);

impl Markers {
    /// A marker that occurs once.
    pub(super) fn plant(&mut self, what: &str) -> String {
        let value = format!("{BEGINS}{:03}{ENDS}", self.0.len());
        self.0.push((what.to_owned(), value.clone()));
        value
    }

    /// Where beginning or end of a marker came out, and what it stood for.
    pub(super) fn leaks(&self, artefacts: &Artefacts) -> Vec<String> {
        let what = |leak: &String| self.0.iter().find(|(_, value)| leak.contains(value)).map_or("?", |(what, _)| what);
        let leaks = artefacts.leaks(&[("its beginning", BEGINS), ("its end", ENDS)], &[]);
        leaks.iter().map(|leak| format!("{}: {leak}", what(leak))).collect()
    }
}

/// Texts with a credential in each, as they stand in a body or a header field.
pub(super) fn texts(place: &str, markers: &mut Markers) -> Vec<String> {
    let mut at = |what: &str| markers.plant(&format!("{what} in {place}"));
    let escaped = |text: String| text.replace(':', "%3A").replace('/', "%2F").replace('@', "%40");
    vec![
        format!("https://anna:{}@db.example/x", at("the password of a URL")),
        format!("https://{}@db.example/x", at("the user of a URL")),
        format!("postgres://u:{}@h/db", at("the password of another scheme")),
        format!("amqp://u:{}/x@h:5672", at("a password with a slash")),
        format!("//u:{}@h/x", at("the password of a URL without scheme")),
        escaped(format!("https://u:{}@h/x", at("the password of an encoded URL"))),
        escaped(escaped(format!("https://u:{}@h/x", at("the password of a twice encoded URL")))).replace('%', "%25"),
        format!("Basic {}", BASE64_STANDARD.encode(format!("u:{}", at("Basic")))),
        format!("bearer {}", at("bearer")),
        format!("/cb?code={}&x=1", at("a code")),
        format!("/login?next=%2Fa%3Fpassword%3D{}%26b%3D1", at("a URL in a query")),
        format!("https://h/?sig={}", at("a signature")),
        format!("Server=h;Password={};X=1", at("a connection string")),
        format!("the token {} expired", at("a sentence")),
        format!("<config><apiKey>{}</apiKey></config>", at("an element")),
    ]
}

/// A body that holds all of them, and members whose names say that they are secret.
pub(super) fn body(place: &str, markers: &mut Markers) -> Value {
    let names = ["X-API-Key", "x_api_key", "Ocp-Apim-Subscription-Key", "X-Auth-Token", "db_password", "webhookSecret"];
    let mut headers = serde_json::Map::new();
    for name in names {
        headers.insert(name.to_owned(), markers.plant(&format!("{name} in {place}")).into());
    }
    let texts = texts(place, markers);
    let nested = json!({ "apiKey": markers.plant(&format!("JSON in JSON in {place}")) }).to_string();
    let listed = json!([{ "name": "X-API-Key", "value": markers.plant(&format!("a listed field in {place}")) }]);
    json!({ "texts": texts, "headers": headers, "nested": nested, "listed": listed })
}

/// Header fields that hold one each, some of them several times.
pub(super) fn fields(place: &str, markers: &mut Markers) -> Vec<(String, String)> {
    let names = ["Location", "Content-Location", "Link", "Refresh", "Via", "Server", "WWW-Authenticate"];
    let texts = texts(&format!("the fields of {place}"), markers);
    names.into_iter().cycle().map(str::to_owned).zip(texts).collect()
}

fn har_fields(fields: &[(String, String)]) -> Value {
    fields.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

/// A recording in which every place holds every credential; its second entry is of no operation, its third has no answer.
fn recording(markers: &mut Markers) -> Value {
    let text = fs::read_to_string(root().join("tests/replay/firefox.har")).expect("the fixture");
    let mut har: Value = serde_json::from_str(&text).expect("JSON");
    let entries = har["log"]["entries"].as_array_mut().expect("entries");
    let first = entries[0].clone();
    entries.push(first.clone());
    entries.push(first);
    let count = entries.len();
    for (number, entry) in entries.iter_mut().enumerate() {
        let place = format!("entry {number}");
        let url = entry["request"]["url"].as_str().expect("a URL").to_owned();
        let user = format!("://u:{}@", markers.plant(&format!("the URL of {place}")));
        let path = if number == count - 2 { "/nowhere/at/all" } else { "" };
        entry["request"]["url"] = format!("{}{path}", url.replacen("://", &user, 1)).into();
        let asked = entry["request"]["headers"].as_array_mut().expect("fields");
        asked.push(json!({ "name": "Referer", "value": texts(&format!("Referer of {place}"), markers).join(" ") }));
        asked.push(json!({ "name": "X-Api-Key", "value": markers.plant(&format!("X-Api-Key of {place}")) }));
        let said = har_fields(&fields(&place, markers));
        let answered = entry["response"]["headers"].as_array_mut().expect("fields");
        answered.extend(said.as_array().expect("fields").clone());
        let mut body: Value = entry["response"]["content"]["text"]
            .as_str()
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_else(|| json!({}));
        body["more"] = self::body(&place, markers);
        entry["response"]["content"]["text"] = body.to_string().into();
        if number == count - 1 {
            entry["response"]["status"] = 0.into();
            entry["response"]["_error"] = texts(&format!("the error of {place}"), markers).join(" ").into();
        }
    }
    har
}

/// Renders a journal in every format, and for each CI system.
fn rendered(folder: &Path, journal: &str, artefacts: &mut Artefacts) {
    let all = [&["report", journal, "--report", "again"], &FORMATS[..]].concat();
    for arguments in [all, vec!["report", journal, "--report", "again-github", "--ci", "github"]] {
        let output = flowproof_in(folder, &arguments);
        artefacts.add(&format!("output of {arguments:?}"), &[output.stdout, output.stderr].concat());
    }
    for written in ["again", "again-github"] {
        artefacts.add_below(&folder.join(written));
    }
}

fn judge(folder: &Path, file: &str, artefacts: &mut Artefacts) {
    for arguments in [
        vec!["replay", file, "--verbose", "-W", "all", "--report", "reports"],
        vec!["replay", file, "--verbose", "--format", "json"],
        vec!["coverage", file],
        vec!["drift", file],
        vec!["drift", file, "--patch"],
        vec!["audit", file],
    ] {
        let output = flowproof_in(folder, &arguments);
        artefacts.add(&format!("output of {arguments:?}"), &[output.stdout, output.stderr].concat());
    }
    artefacts.add_below(&folder.join("reports"));
    rendered(folder, "reports", artefacts);
}

fn empty_folder(name: &str) -> PathBuf {
    folder(&format!("canary/looks-{name}"))
}

#[test]
fn x17_credentials_that_a_recording_shows_by_their_looks_are_in_no_format_of_any_command() {
    let (folder, mut markers, mut artefacts) = (empty_folder("replay"), Markers::default(), Artefacts::default());
    fs::write(folder.join("session.har"), recording(&mut markers).to_string()).expect("written");
    judge(&folder, "session.har", &mut artefacts);
    assert!(artefacts.len() > 20 && artefacts.mention("‹credentials›"), "{artefacts:?}");
    let leaks = markers.leaks(&artefacts);
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
}

/// A journal as an earlier build wrote it: what is in a body of this one was not hidden.
#[test]
fn x17_credentials_in_a_journal_of_an_earlier_build_are_in_nothing_that_is_made_of_it() {
    let (folder, mut markers, mut artefacts) = (empty_folder("older"), Markers::default(), Artefacts::default());
    fs::copy(root().join("tests/replay/firefox.har"), folder.join("session.har")).expect("copied");
    flowproof_in(&folder, &["replay", "session.har", "--report", "older"]);
    let path = folder.join("older/journal.jsonl");
    let text = fs::read_to_string(&path).expect("a journal");
    let older: String = text.lines().map(|line| older(line, &mut markers) + "\n").collect();
    fs::write(&path, older).expect("written");
    judge(&folder, "older", &mut artefacts);
    rendered(&folder, "older", &mut artefacts);
    for arguments in [vec!["rejudge", "older"], vec!["gate", "older", "--baseline", "baseline.json", "--update"]] {
        let output = flowproof_in(&folder, &arguments);
        artefacts.add(&format!("output of {arguments:?}"), &[output.stdout, output.stderr].concat());
    }
    assert!(artefacts.len() > 20 && artefacts.mention("‹credentials›"), "{artefacts:?}");
    let leaks = markers.leaks(&artefacts);
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
}

fn older(line: &str, markers: &mut Markers) -> String {
    let mut line: Value = serde_json::from_str(line).expect("JSON");
    if let Some(header) = line.get_mut("header") {
        header.as_object_mut().expect("a header").remove("redaction");
        header["notes"] = texts("a note", markers).into();
    }
    if let Some(scenario) = line.get_mut("scenario") {
        scenario["reason"] = texts("a reason", markers).join(" ").into();
        for exchange in scenario["exchanges"].as_array_mut().expect("exchanges") {
            exchange["request"]["url"] = format!("https://u:{}@h/", markers.plant("a URL")).into();
            let answered = &mut exchange["response"]["body"]["text"];
            *answered = json!({ "more": body("a body", markers) }).to_string().into();
        }
    }
    line.to_string()
}
