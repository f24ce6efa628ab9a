//! `/api/v1/search` and `/api/v1/message/{ID}`: the messages of the environment that was opened bare, for programs that read
//! a test inbox. The two endpoints answer as Mailpit's do, with what such programs need.
//!
//! Deliberately not here: the control channel, which knows messages by what they are for.

use axum::{Json, body::Body, response::IntoResponse};
use http::{Method, Response};
use serde_json::{Value, json};

use super::{
    call::Call, control_routes::nothing_here, environment::Environment, mailbox::Message, representation::timestamp,
};

/// Answers a request for the inbox, given its path below `/api/v1`.
pub(super) fn respond(env: &Environment, call: &Call, path: &[&str]) -> Response<Body> {
    let found = match (&call.parts.method, path) {
        (&Method::GET, ["search"]) => call.query("query").and_then(|query| search(env, &query)),
        (&Method::GET, ["message", id]) => {
            let number = id.parse().ok();
            number.and_then(|number| env.mailbox.message(number)).map(whole)
        }
        _ => None,
    };
    found.map_or_else(nothing_here, |found| Json(found).into_response())
}

/// Knows one condition: to whom, in quotes or not.
fn search(env: &Environment, query: &str) -> Option<Value> {
    let to = query.trim().strip_prefix("to:")?.trim_matches('"');
    let messages: Vec<Value> = env.mailbox.to(to).map(summary).collect();
    Some(json!({ "messages_count": messages.len(), "start": 0, "messages": messages }))
}

fn summary(message: &Message) -> Value {
    json!({
        "ID": message.number.to_string(),
        "To": [{ "Name": "", "Address": message.to }],
        "Subject": "A code for you",
        "Created": timestamp(message.sent_at),
        "Snippet": message.text(),
    })
}

fn whole(message: &Message) -> Value {
    let mut whole = summary(message);
    whole["Text"] = message.text().into();
    whole
}
