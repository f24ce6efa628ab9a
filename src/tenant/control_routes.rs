//! The control channel over HTTP, under `/_control`: thin wrappers, for callers in another process.
//!
//! Only for the loopback interface; to everybody else these addresses do not exist.

use std::time::Duration;

use axum::body::Body;
use http::{Method, Response, StatusCode, header};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::{
    call::Call,
    control::{Control, ControlError},
    errors::json_bytes,
    mailbox::MessageKind,
};

/// Answers a request under `/_control`, given without that segment.
pub(super) fn respond(control: &Control, call: &Call, path: &[&str]) -> Response<Body> {
    let method = &call.parts.method;
    match (method, path) {
        (&Method::POST, ["environments"]) => {
            json_reply(StatusCode::CREATED, &control.open_environment())
        }
        (_, ["environments", env, rest @ ..]) => match env.parse() {
            Ok(env) => in_environment(control, call, env, rest),
            Err(_) => refuse(StatusCode::NOT_FOUND, "there is no such environment"),
        },
        _ => nothing_here(),
    }
}

fn in_environment(control: &Control, call: &Call, env: Uuid, path: &[&str]) -> Response<Body> {
    match (&call.parts.method, path) {
        (&Method::GET, []) => match control.environment(env) {
            Some(facts) => json_reply(StatusCode::OK, &facts),
            None => failed(&ControlError::UnknownEnvironment(env)),
        },
        (&Method::DELETE, []) => {
            control.close_environment(env);
            done(Ok(()))
        }
        (&Method::GET, ["messages"]) => message(control, call, env),
        (&Method::POST, ["push"]) => with_body(call, |body: Push| match body.answer.parse() {
            Ok(answer) => done(control.answer_push(env, &body.user, answer)),
            Err(error) => refuse(StatusCode::BAD_REQUEST, &format!("{error}")),
        }),
        (&Method::POST, ["clock"]) => with_body(call, |body: Advance| {
            match Duration::try_from_secs_f64(body.advance_seconds) {
                Ok(by) => done(control.advance(env, by)),
                Err(error) => refuse(StatusCode::BAD_REQUEST, &format!("{error}")),
            }
        }),
        (&Method::POST, ["limit"]) => {
            with_body(call, |body: Limit| done(control.limit(env, body.requests)))
        }
        _ => nothing_here(),
    }
}

#[derive(Deserialize)]
struct Push {
    user: String,
    answer: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Advance {
    advance_seconds: f64,
}

#[derive(Deserialize)]
struct Limit {
    requests: u64,
}

fn message(control: &Control, call: &Call, env: Uuid) -> Response<Body> {
    let (Some(to), Some(kind)) = (call.query("to"), call.query("kind")) else {
        return refuse(
            StatusCode::BAD_REQUEST,
            "say to whom (`to`) and what (`kind`)",
        );
    };
    match kind.parse::<MessageKind>() {
        Ok(kind) => match control.message(env, &to, kind) {
            Some(code) => json_reply(StatusCode::OK, &json!({ "code": code })),
            None => refuse(StatusCode::NOT_FOUND, "no such message was sent"),
        },
        Err(error) => refuse(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}

fn with_body<B: for<'de> Deserialize<'de>>(
    call: &Call,
    work: impl FnOnce(B) -> Response<Body>,
) -> Response<Body> {
    match serde_json::from_slice(call.body) {
        Ok(body) => work(body),
        Err(error) => refuse(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}

fn done(outcome: Result<(), ControlError>) -> Response<Body> {
    match outcome {
        Ok(()) => reply(StatusCode::NO_CONTENT, Vec::new()),
        Err(error) => failed(&error),
    }
}

fn failed(error: &ControlError) -> Response<Body> {
    let status = match error {
        ControlError::NoPendingPush(_) => StatusCode::CONFLICT,
        _ => StatusCode::NOT_FOUND,
    };
    refuse(status, &error.to_string())
}

fn refuse(status: StatusCode, message: &str) -> Response<Body> {
    json_reply(status, &json!({ "error": message }))
}

pub(super) fn nothing_here() -> Response<Body> {
    refuse(StatusCode::NOT_FOUND, "there is nothing here")
}

fn json_reply(status: StatusCode, body: &serde_json::Value) -> Response<Body> {
    reply(status, json_bytes(body))
}

fn reply(status: StatusCode, body: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    if status != StatusCode::NO_CONTENT {
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            http::HeaderValue::from_static("application/json"),
        );
    }
    response
}
