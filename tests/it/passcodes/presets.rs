//! The presets of `http`, each against a stand-in of the inbox that answers as its documentation says.
//!
//! Deliberately not here: what an inbox is asked without a preset ([`super::inbox`]).

use std::path::Path;

use axum::Json;
use axum::Router;
use axum::extract::{Path as Segment, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use flowproof::auth::passcode::PasscodeSource;
use flowproof::config::Config;
use flowproof::record::redaction::Register;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::peers::{anna, otp};

const KEY: &str = "key-of-the-inbox";

/// A message that has arrived.
struct Message {
    to: &'static str,
    text: &'static str,
    arrived: DateTime<Utc>,
}

/// What has arrived: something old, something for somebody else, and what is looked for.
fn arrived() -> [Message; 3] {
    let after = |seconds| Utc::now() + TimeDelta::seconds(seconds);
    [
        Message { to: "anna+qa@example.com", text: "Your code is 111111.", arrived: after(-600) },
        Message { to: "anna+qa@example.com", text: "Your code is 222222.", arrived: after(2) },
        Message { to: "bert@example.com", text: "Your code is 333333.", arrived: after(4) },
    ]
}

fn serve(app: Router) -> String {
    format!("http://127.0.0.1:{}", crate::support::serve(app))
}

/// Lets in whoever shows this in this field.
fn guarded(app: Router, field: &'static str, shown: String) -> Router {
    app.layer(middleware::from_fn_with_state((field, shown), guard))
}

async fn guard(State((field, shown)): State<(&'static str, String)>, request: Request, next: Next) -> Response {
    let is_shown = |headers: &HeaderMap| headers.get(field).is_some_and(|value| value == shown.as_str());
    if is_shown(request.headers()) { next.run(request).await } else { StatusCode::UNAUTHORIZED.into_response() }
}

/// Anna's source: this preset, with these keys beside it.
fn source(preset: &str, keys: &str, folder: &Path) -> PasscodeSource {
    let key = folder.join("key");
    std::fs::write(&key, KEY).expect("written");
    let text = format!(
        "[targets.a]\nregion = \"eu\"\nenvironment = \"3b1c6d4e-0f2a-4c58-9d7e-5a6b7c8d9e0f\"\n\
         [[targets.a.users.email]]\nusername = \"anna\"\n[targets.a.users.email.passcode]\nsource = \"http\"\n\
         preset = \"{preset}\"\nevery = 1\ndeadline = 3\n{}",
        keys.replace("KEY", &format!("{{ file = {:?} }}", key.display().to_string()))
    );
    let config = Config::parse(folder.join("flowproof.toml"), text, &[]);
    let config = config.unwrap_or_else(|problems| {
        panic!("{}", problems.iter().map(|problem| problem.render(false)).collect::<String>())
    });
    let passcode = config.targets["a"].users["email"][0].passcode.as_ref().expect("a source");
    passcode.resolve(&Register::default()).expect("it can be used")
}

#[derive(Deserialize)]
struct Search {
    query: String,
}

#[test]
fn mailpit_is_searched_for_the_address_and_asked_for_the_text() {
    let search = |Query(Search { query }): Query<Search>| async move {
        let found = arrived().into_iter().enumerate().filter(|(_, known)| query == format!("to:\"{}\"", known.to));
        let summary = |(id, known): (usize, Message)| {
            json!({ "ID": id.to_string(), "To": [{ "Name": "", "Address": known.to }], "Created": known.arrived.to_rfc3339(),
                    "Subject": "A code", "Snippet": "…" })
        };
        let messages: Vec<Value> = found.map(summary).rev().collect();
        Json(json!({ "total": 3, "messages_count": messages.len(), "start": 0, "messages": messages }))
    };
    let whole =
        |Segment(id): Segment<usize>| async move { Json(json!({ "ID": id.to_string(), "Text": arrived()[id].text })) };
    let app = Router::new().route("/api/v1/search", get(search)).route("/api/v1/message/{id}", get(whole));
    let folder = tempfile::tempdir().expect("a folder");
    let source = source("mailpit", &format!("server = \"{}\"\n", serve(app)), folder.path());
    assert_eq!(otp(&source, &anna()), Ok("222222".into()));
}

#[test]
fn mailosaur_lists_all_messages_of_a_server_to_whoever_has_the_key() {
    let list = || async {
        let summary = |(id, known): (usize, Message)| {
            json!({ "id": format!("m{id}"), "server": "abcd1234", "received": known.arrived.to_rfc3339(),
                    "to": [{ "name": "", "email": known.to }], "subject": "A code" })
        };
        Json(json!({ "items": arrived().into_iter().enumerate().map(summary).rev().collect::<Vec<_>>() }))
    };
    let whole = |Segment(id): Segment<String>| async move {
        let at: usize = id.trim_start_matches('m').parse().expect("one of ours");
        Json(json!({ "id": id, "text": { "body": arrived()[at].text }, "html": { "body": "" } }))
    };
    let app = Router::new().route("/api/messages", get(list)).route("/api/messages/{id}", get(whole));
    let basic = format!("Basic {}", STANDARD.encode(format!("api:{KEY}")));
    let base = serve(guarded(app, header::AUTHORIZATION.as_str(), basic));
    let keys = format!(
        "server = \"abcd1234\"\nkey = KEY\nurl = \"{base}/api/messages?server=abcd1234&receivedAfter={{since}}\"\n\
         message = \"{base}/api/messages/{{message}}\"\n"
    );
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(otp(&source("mailosaur", &keys, folder.path()), &anna()), Ok("222222".into()));
}

#[test]
fn mailslurp_answers_with_the_latest_message_of_an_inbox_to_whoever_has_the_key() {
    let latest = || async {
        let known = &arrived()[1];
        Json(json!({ "id": "e-2", "to": [known.to], "body": known.text, "createdAt": known.arrived.to_rfc3339() }))
    };
    let app = guarded(Router::new().route("/waitForLatestEmail", get(latest)), "x-api-key", KEY.to_owned());
    let keys =
        format!("server = \"1\"\nkey = KEY\nurl = \"{}/waitForLatestEmail?inboxId=1&since={{since}}\"\n", serve(app));
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(otp(&source("mailslurp", &keys, folder.path()), &anna()), Ok("222222".into()));
    let refused = otp(&source("mailslurp", &keys.replace("key = KEY\n", ""), folder.path()), &anna());
    assert!(refused.as_ref().is_err_and(|why| why.contains("401")), "{refused:?}");
}
