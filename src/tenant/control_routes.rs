//! The control channel over HTTP, under `/_control`: thin wrappers, for callers in another process.
//!
//! Only for the loopback interface; to everybody else these addresses do not exist.

use std::time::Duration;

use axum::{Json, body::Body, response::IntoResponse};
use http::{Method, Response, StatusCode};
use serde::{
    Deserialize,
    de::{DeserializeOwned, IntoDeserializer, value},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    call::Call,
    control::{Contents, Control, ControlError, PushAnswer},
    mailbox::MessageKind,
    management::{Interference, Roles},
};

/// Why a request is refused.
struct Refused(StatusCode, String);

impl From<ControlError> for Refused {
    fn from(error: ControlError) -> Self {
        let conflict = matches!(error, ControlError::NoPendingPush(_));
        Self(if conflict { StatusCode::CONFLICT } else { StatusCode::NOT_FOUND }, error.to_string())
    }
}

/// Answers a request under `/_control`, given without that segment.
pub(super) fn respond(control: &Control, call: &Call, path: &[&str]) -> Response<Body> {
    match (&call.parts.method, path) {
        (&Method::GET, ["faults"]) => Json(control.faults()).into_response(),
        (&Method::POST, ["environments"]) => match body_or_none::<New>(call) {
            Ok(new) => (StatusCode::CREATED, Json(open(control, new))).into_response(),
            Err(refused) => refuse(refused),
        },
        (_, ["environments", env, rest @ ..]) => match env.parse() {
            Ok(env) => in_environment(control, call, env, rest).unwrap_or_else(refuse),
            Err(_) => refuse(Refused(StatusCode::NOT_FOUND, "there is no such environment".into())),
        },
        _ => nothing_here(),
    }
}

fn open(control: &Control, new: New) -> Value {
    new.instead_of.into_iter().for_each(|env| control.close_environment(env));
    match new.facts {
        Some(names) => control.open_knowing(new.contents, &names),
        None => control.open_environment(new.contents),
    }
}

fn in_environment(control: &Control, call: &Call, env: Uuid, path: &[&str]) -> Result<Response<Body>, Refused> {
    match (&call.parts.method, path) {
        (&Method::GET, []) => {
            let facts = control.environment(env).ok_or(ControlError::UnknownEnvironment(env))?;
            return Ok(Json(facts).into_response());
        }
        (&Method::DELETE, []) => control.close_environment(env),
        (&Method::GET, ["messages"]) => return message(control, call, env),
        (&Method::POST, ["persona"]) => {
            let persona = control.grant_persona(env, &body::<Path>(call)?.path)?;
            return Ok((StatusCode::CREATED, Json(persona)).into_response());
        }
        (&Method::POST, ["push"]) => {
            let Push { user, answer, id } = body(call)?;
            control.answer_push_of(env, &user, id, answer)?;
        }
        (&Method::POST, ["clock"]) => {
            let Advance { advance_seconds } = body(call)?;
            control.advance(env, Duration::try_from_secs_f64(advance_seconds).map_err(bad_request)?)?;
        }
        (&Method::POST, ["phone"]) => control.pair_phone(env, &body::<Phone>(call)?.pairing_key)?,
        (&Method::POST, ["interference"]) => control.interfere(env, body::<Interference>(call)?)?,
        (&Method::POST, ["roles"]) => control.set_roles(env, body::<Roles>(call)?)?,
        (&Method::POST, ["limit"]) => control.limit(env, body::<Limit>(call)?.requests)?,
        _ => return Ok(nothing_here()),
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct New {
    /// What is in it from the start.
    #[serde(default)]
    contents: Contents,
    /// The names of the facts that are to be told; all, where none are named.
    facts: Option<Vec<String>>,
    /// The environment that is closed instead.
    instead_of: Option<Uuid>,
}

#[derive(Deserialize)]
struct Push {
    user: String,
    answer: PushAnswer,
    /// The device authentication or flow whose push is meant; without one, the newest.
    id: Option<Uuid>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Advance {
    advance_seconds: f64,
}

#[derive(Deserialize)]
struct Path {
    /// The states, in order.
    path: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Phone {
    /// The code of a pairing key.
    pairing_key: String,
}

#[derive(Deserialize)]
struct Limit {
    requests: u64,
}

fn message(control: &Control, call: &Call, env: Uuid) -> Result<Response<Body>, Refused> {
    let (Some(to), Some(kind)) = (call.query("to"), call.query("kind")) else {
        return Err(bad_request("say to whom (`to`) and what (`kind`)"));
    };
    let kind: Result<_, value::Error> = MessageKind::deserialize(kind.into_deserializer());
    let kind = kind.map_err(bad_request)?;
    let once = call.query("once").is_some_and(|once| once == "true");
    let code = if once { control.take_message(env, &to, kind) } else { control.message(env, &to, kind) };
    let code = code.ok_or_else(|| Refused(StatusCode::NOT_FOUND, "no such message was sent".into()))?;
    Ok(Json(json!({ "code": code })).into_response())
}

fn body<B: DeserializeOwned>(call: &Call) -> Result<B, Refused> {
    serde_json::from_slice(call.body).map_err(bad_request)
}

fn body_or_none<B: DeserializeOwned + Default>(call: &Call) -> Result<B, Refused> {
    if call.body.is_empty() { Ok(B::default()) } else { body(call) }
}

fn bad_request(why: impl ToString) -> Refused {
    Refused(StatusCode::BAD_REQUEST, why.to_string())
}

fn refuse(Refused(status, why): Refused) -> Response<Body> {
    (status, Json(json!({ "error": why }))).into_response()
}

pub(super) fn nothing_here() -> Response<Body> {
    refuse(Refused(StatusCode::NOT_FOUND, "there is nothing here".into()))
}
