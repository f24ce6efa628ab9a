//! `/v1/environments/{envID}/…`: the management API, as far as a test environment is made and taken away by it.
//!
//! Written from the documentation. Applications and policies are kept as they were given; what a sign-on makes of them is
//! worked out in [`behaviour`] whenever one changes. Only an environment that was opened bare has it.
//!
//! Deliberately not here: what users and devices do once they are there.

mod access;
mod behaviour;
mod configuration;
mod devices;
mod filter;
mod interference;
mod page;
mod rules;
mod thing;
mod users;

use axum::body::Body;
use http::{Response, StatusCode};
use uuid::Uuid;

pub(super) use self::access::{Roles, outside};
pub(super) use self::behaviour::renew;
use self::interference::{Effect, Meddling};
pub(super) use self::interference::{Interference, Interferences};
pub(super) use self::thing::Things;
use super::{
    call::Call,
    environment::Environment,
    errors::{Problem, Refusal},
    faults::Faults,
    reply::{Content, Frame, Outcome, Reply},
};

/// What only an environment with a management API has.
pub(super) struct Management {
    pub(super) things: Things,
    pub(super) roles: Roles,
    pub(super) interferences: Interferences,
}

impl Management {
    /// What is there before anybody makes anything.
    pub(super) fn new(env: Uuid, ids: &mut impl FnMut() -> Uuid, now: chrono::DateTime<chrono::Utc>) -> Self {
        Self {
            things: Things::of_new_environment(env, ids, now),
            roles: Roles::all(),
            interferences: Interferences::default(),
        }
    }
}

/// What is about to be answered below an environment, given the path without it.
pub(super) fn respond(
    env: &mut Environment,
    frame: Frame,
    call: &Call,
    path: &[&str],
    body_fits: bool,
) -> Response<Body> {
    let (method, whole) = (call.parts.method.as_str(), path.join("/"));
    let effect = env.management.as_mut().and_then(|known| known.interferences.on(method, &whole));
    if let Some(Effect { meddling: Meddling::Instead(status), retry_after, .. }) = effect {
        return interference::answer(&frame, status, retry_after);
    }
    let outcome = match () {
        () if env.over_limit() => Err(Problem::limited(env.now()).into()),
        () if !body_fits => Err(Problem::malformed().into()),
        () => dispatch(env, call, path),
    };
    // What the control channel breaks is broken here; the faults of flows are no faults of this API.
    let frame = Frame { faults: &Faults::default(), ..frame };
    interference::meddle(&frame, outcome, effect)
}

fn dispatch(env: &mut Environment, call: &Call, path: &[&str]) -> Outcome {
    access::authorise(env, call, path)?;
    call.accept()?;
    match path {
        [] | ["billOfMaterials"] | ["applications", _, "roleAssignments"] => access::read(env, call, path),
        ["users"] => users::collection(env, call),
        ["users", id, rest @ ..] => {
            let user =
                super::server::canonical(id).filter(|id| env.user(*id).is_some()).ok_or_else(Problem::not_found)?;
            match rest {
                ["devices", rest @ ..] => devices::respond(env, call, user, rest),
                rest => users::one(env, call, user, rest),
            }
        }
        _ => configuration::respond(env, call, path),
    }
}

/// An environment that nobody knows is answered as one that may not be seen.
pub(super) fn unknown_environment(frame: &Frame) -> Response<Body> {
    frame.respond(Err(Problem::forbidden().into()))
}

fn created(resource: serde_json::Value) -> Reply {
    Reply::resource(resource).with_status(StatusCode::CREATED)
}

fn no_content() -> Reply {
    Reply { content: Content::Nothing, ..Reply::resource(serde_json::Value::Null) }.with_status(StatusCode::NO_CONTENT)
}

fn wrong_method(allow: &'static str) -> Refusal {
    Problem::method_not_allowed(allow).into()
}

/// The address of something below an environment.
fn href(env: &Environment, path: &str) -> String {
    format!("{}/v1/environments/{}/{path}", env.base_url, env.id)
}
