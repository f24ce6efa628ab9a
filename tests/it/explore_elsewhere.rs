//! `flowproof explore` on an API that has nothing to do with PingOne: no personas, no scenarios, only a document with a lifecycle.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::{LazyLock, Mutex};

use axum::body::{Body, to_bytes};
use axum::http::{Request, Response};
use serde_json::{Value, json};

use crate::support::{code, folder, program, said, serve};

const CONTRACT: &str = include_str!("explore_elsewhere/contract.yaml");

static PORT: LazyLock<u16> = LazyLock::new(|| serve(axum::Router::new().fallback(answer)));

/// The doors by their ids: state and pin.
static DOORS: LazyLock<Mutex<HashMap<String, (&'static str, String)>>> = LazyLock::new(Mutex::default);

async fn answer(request: Request<Body>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a body");
    let segments: Vec<&str> = head.uri.path().split('/').skip(1).collect();
    let (status, body) = match segments.as_slice() {
        [_, "doors"] => created(),
        [kind, "doors", id, rest @ ..] => asked(*kind == "broken", id, rest.first().copied(), &body),
        _ => (404, json!({ "problem": "there is nothing here" })),
    };
    let response = Response::builder().status(status).header("Content-Type", "application/json");
    response.body(body.to_string().into()).expect("a response")
}

fn created() -> (u16, Value) {
    let mut doors = DOORS.lock().expect("nobody panicked");
    let id = format!("d{}", doors.len() + 1);
    doors.insert(id.clone(), ("CLOSED", String::new()));
    (201, json!({ "id": id, "state": "CLOSED" }))
}

/// A broken server opens doors that are locked.
fn asked(is_broken: bool, id: &str, action: Option<&str>, body: &[u8]) -> (u16, Value) {
    let mut doors = DOORS.lock().expect("nobody panicked");
    let Some((state, pin)) = doors.get_mut(id) else { return (404, json!({ "problem": "there is no such door" })) };
    let given = || {
        let body: Value = serde_json::from_slice(body).ok()?;
        body["pin"].as_str().filter(|pin| (4..=8).contains(&pin.len())).map(str::to_owned)
    };
    match (action, *state) {
        (None, _) => {}
        (Some("open"), "CLOSED") => *state = "OPEN",
        (Some("open"), "LOCKED") if is_broken => *state = "OPEN",
        (Some("close"), "OPEN") => *state = "CLOSED",
        (Some("lock"), "CLOSED") => match given() {
            Some(given) => (*state, *pin) = ("LOCKED", given),
            None => return (400, json!({ "problem": "a pin has four to eight characters" })),
        },
        (Some("unlock"), "LOCKED") => match given() {
            Some(given) if given == *pin => *state = "CLOSED",
            _ => return (400, json!({ "problem": "that is not the pin" })),
        },
        _ => return (409, json!({ "problem": format!("the door is {state}") })),
    }
    (200, json!({ "id": id, "state": state }))
}

/// Explores the doors of a server that is `sound` or `broken`.
fn explores(name: &str, kind: &str, arguments: &[&str]) -> (Output, PathBuf) {
    let folder = folder(&format!("explore-elsewhere-{name}"));
    std::fs::write(folder.join("doors.yaml"), CONTRACT).expect("written");
    let url = format!("http://127.0.0.1:{}/{kind}", *PORT);
    let mut command = program();
    command.current_dir(&folder).args(["--color", "never", "explore", "--contract", "doors.yaml", "--target", &url]);
    (command.args(arguments).output().expect("the program runs"), folder)
}

fn account(folder: &Path) -> Value {
    let text = std::fs::read_to_string(folder.join("reports/explore/explore.json")).expect("the account");
    serde_json::from_str(&text).expect("it is JSON")
}

#[test]
fn a_document_with_a_lifecycle_is_all_that_it_takes() {
    let (output, folder) = explores("sound", "sound", &[]);
    assert_eq!(code(&output), 0, "{}", said(&output));
    let account = account(&folder);
    for share in ["/pairs/permitted", "/pairs/forbidden"] {
        let share = account.pointer(share).expect("a share");
        assert_eq!(share["covered"], share["total"], "{account}");
    }
    assert_eq!(account["outcomes"]["taken"], 5, "{account}");
}

#[test]
fn what_is_broken_there_is_found_and_written_as_a_scenario_that_fails_again() {
    let (output, folder) = explores("broken", "broken", &[]);
    assert_eq!(code(&output), 1, "{}", said(&output));
    let written = account(&folder)["scenarios_written"][0].as_str().expect("a file").to_owned();
    let again = |kind: &str| {
        let url = format!("http://127.0.0.1:{}/{kind}", *PORT);
        let mut command = program();
        command.current_dir(&folder).args(["run", &written, "--contract", "doors.yaml", "--target", &url]);
        let output = command.output().expect("the program runs");
        (code(&output), said(&output))
    };
    assert_eq!((again("broken").0, again("sound").0), (1, 0), "{written}: {}", again("sound").1);
}

#[test]
fn what_recordings_sent_is_sent_again() {
    let (_, first) = explores("recorded", "sound", &[]);
    let journal = first.join("reports/explore/journal.jsonl").display().to_string();
    let (output, folder) = explores("learned", "sound", &["--from", &journal]);
    assert_eq!(code(&output), 0, "{}", said(&output));
    assert_eq!(account(&folder)["outcomes"]["taken"], 5);
}

#[test]
fn what_would_be_sent_is_shown_before_anything_is() {
    let (output, folder) = explores("dry", "sound", &["--dry-run"]);
    assert_eq!(code(&output), 0, "{}", said(&output));
    assert!(said(&output).contains("call: createDoor") && said(&output).contains("in all"), "{}", said(&output));
    assert!(!folder.join("reports").exists());
}
