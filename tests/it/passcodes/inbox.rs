//! `http` against a small HTTP server.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{TimeDelta, Utc};
use flowproof::auth::passcode::{CodeKind, Inbox, PasscodeSource, Pattern, Patterns, Polling, Recipient, UsedCodes};
use serde_json::{Value, json};

use crate::support::peers::{anna, code, code_unless_used, otp};

/// What the server was asked and what it will say; the last answer stays.
#[derive(Default)]
struct Desk {
    asked: Vec<(String, Option<String>)>,
    answers: VecDeque<(u16, String)>,
}

struct Server {
    desk: Arc<Mutex<Desk>>,
    base: String,
}

async fn answer(State(desk): State<Arc<Mutex<Desk>>>, request: Request) -> Response {
    let mut desk = desk.lock().expect("the desk");
    let key = request.headers().get("x-api-key").map(|key| key.to_str().expect("text").to_owned());
    desk.asked.push((request.uri().to_string(), key));
    let (status, body) = if desk.answers.len() > 1 { desk.answers.pop_front() } else { desk.answers.front().cloned() }
        .unwrap_or((404, String::new()));
    (StatusCode::from_u16(status).expect("a status"), body).into_response()
}

impl Server {
    fn answering(answers: &[(u16, Value)]) -> Self {
        let answers = answers.iter().map(|(status, body)| (*status, body.to_string())).collect();
        let desk = Arc::new(Mutex::new(Desk { asked: Vec::new(), answers }));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("for tokio");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let app = axum::Router::new().fallback(answer).with_state(Arc::clone(&desk));
        std::thread::spawn(move || {
            crate::support::peers::wait(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                axum::serve(listener, app).await
            })
        });
        Self { desk, base }
    }

    fn asked(&self) -> Vec<(String, Option<String>)> {
        self.desk.lock().expect("the desk").asked.clone()
    }

    fn inbox(&self) -> Inbox {
        Inbox {
            url: format!("{}/messages?to={{email}}&kind={{code}}", self.base),
            headers: vec![("x-api-key".parse().expect("a name"), "k-3y/of=the inbox".into())],
            messages: Some("/messages".into()),
            text: "/body/text".into(),
            received: Some("/received".into()),
            to: None,
            whole: None,
            patterns: Patterns::default(),
            polling: Polling { every: Duration::from_millis(50), deadline: Duration::from_secs(60) },
            roots: Vec::new(),
        }
    }
}

fn message(text: &str, seconds: i64) -> Value {
    json!({ "received": (Utc::now() + TimeDelta::seconds(seconds)).to_rfc3339(), "body": { "text": text } })
}

fn messages(messages: &[Value]) -> Value {
    json!({ "messages": messages })
}

fn asking(inbox: Inbox) -> PasscodeSource {
    PasscodeSource::Http(Box::new(inbox))
}

#[test]
fn the_newest_message_since_the_request_gives_the_code() {
    let old = message("code 111111", -60);
    let late = messages(&[message("code 222222", 1), message("code 333333", 5), old.clone()]);
    let server = Server::answering(&[
        (404, json!({})),
        (200, messages(&[])),
        (503, json!({})),
        (200, messages(&[old])),
        (200, late),
    ]);
    assert_eq!(otp(&asking(server.inbox()), &anna()), Ok("333333".into()));
    let asked = server.asked();
    let expected = ("/messages?to=anna%2Bqa%40example%2Ecom&kind=otp".to_owned(), Some("k-3y/of=the inbox".to_owned()));
    assert_eq!(asked, vec![expected; 5]);
}

#[test]
fn a_message_gives_its_code_only_once() {
    let server = Server::answering(&[(200, messages(&[message("code 111111", 1), message("code 222222", 2)]))]);
    let source = asking(server.inbox());
    let (since, used) = (Utc::now(), UsedCodes::default());
    let code = |source: &PasscodeSource| code_unless_used(source, CodeKind::Otp, &anna(), since, &used);
    assert_eq!(code(&source), Ok("222222".into()));
    assert_eq!(code(&source), Ok("111111".into()));
    let polling = Polling { deadline: Duration::from_millis(300), ..server.inbox().polling };
    let spent = code(&asking(Inbox { polling, ..server.inbox() })).expect_err("used up");
    assert!(spent.contains("0 new messages without a code, 2 older ones passed over"), "{spent}");
}

#[test]
fn times_may_be_seconds_milliseconds_or_dates_of_mails() {
    for (now, before) in [
        (json!(Utc::now().timestamp()), json!(Utc::now().timestamp() - 60)),
        (json!(Utc::now().timestamp_millis()), json!(Utc::now().timestamp_millis() - 60_000)),
        (json!(Utc::now().to_rfc2822()), json!((Utc::now() - TimeDelta::seconds(60)).to_rfc2822())),
    ] {
        let answer = json!([{ "at": before, "text": "111111" }, { "at": now, "text": "222222" }]);
        let server = Server::answering(&[(200, answer)]);
        let inbox = Inbox {
            messages: Some(String::new()),
            text: "/text".into(),
            received: Some("/at".into()),
            ..server.inbox()
        };
        let since = Utc::now() - TimeDelta::seconds(5);
        assert_eq!(code(&asking(inbox), CodeKind::Otp, &anna(), since), Ok("222222".into()), "{now}");
    }
}

#[test]
fn an_answer_that_is_one_message_needs_no_list() {
    let server = Server::answering(&[(200, json!({ "html": "<a href='https://a.example/?c=AB12CD34'>" }))]);
    let patterns = Patterns { recovery_code: Pattern::new("c=([A-Z0-9]{8})").ok(), ..Patterns::default() };
    let inbox = Inbox { messages: None, text: "/html".into(), received: None, patterns, ..server.inbox() };
    assert_eq!(code(&asking(inbox), CodeKind::RecoveryCode, &anna(), Utc::now()), Ok("AB12CD34".into()));
}

#[test]
fn a_refusal_is_told_at_once_and_without_the_key() {
    for (status, advice) in [(401, "check the key in `headers`"), (302, "redirects are not followed")] {
        let server = Server::answering(&[(status, json!({}))]);
        let error = otp(&asking(server.inbox()), &anna()).expect_err("refused");
        assert!(error.contains(&format!("it answers {status}")) && error.contains(advice), "{error}");
        assert!(!error.contains("k-3y"), "{error}");
        assert_eq!(server.asked().len(), 1, "it is not asked again");
    }
}

#[test]
fn what_is_no_list_or_no_json_is_said_after_the_deadline() {
    let short = |server: &Server| {
        let polling = Polling { deadline: Duration::from_millis(200), ..server.inbox().polling };
        otp(&asking(Inbox { polling, ..server.inbox() }), &anna()).expect_err("no code")
    };
    assert!(short(&Server::answering(&[(200, json!({ "items": [] }))])).contains("there is no list of messages"));
    let server = Server::answering(&[]);
    server.desk.lock().expect("the desk").answers.push_back((200, "<html>".into()));
    assert!(short(&server).contains("the response is not JSON"));
    let unknown = otp(&asking(server.inbox()), &Recipient::default()).expect_err("nobody");
    assert!(unknown.contains("`{email}` of the recipient is not known"), "{unknown}");
}
