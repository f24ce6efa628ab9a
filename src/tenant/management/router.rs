//! From a path below an environment to what answers it, and what the control channel makes of the answer.

use axum::body::Body;
use http::Response;

use super::interference::{Effect, Meddling};
use super::{access, configuration, devices, interference, pairing, users};
use crate::tenant::{
    call::{Call, canonical},
    environment::Environment,
    errors::Problem,
    faults::Faults,
    reply::{Frame, Outcome},
};

/// What is about to be answered below an environment, given the path without it.
pub(in crate::tenant) fn respond(
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
            let user = canonical(id).filter(|id| env.user(*id).is_some()).ok_or_else(Problem::not_found)?;
            match rest {
                ["devices", rest @ ..] => devices::respond(env, call, user, rest),
                ["pairingKeys"] => pairing::respond(env, call, user),
                rest => users::one(env, call, user, rest),
            }
        }
        _ => configuration::respond(env, call, path),
    }
}

/// An environment that nobody knows is answered as one that may not be seen.
pub(in crate::tenant) fn unknown_environment(frame: &Frame) -> Response<Body> {
    frame.respond(Err(Problem::forbidden().into()))
}
