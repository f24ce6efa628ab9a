//! The few answers that all endpoints of the management API share.

use http::StatusCode;
use serde_json::Value;

use crate::tenant::{
    environment::Environment,
    errors::{Problem, Refusal},
    reply::{Content, Reply},
};

/// The answer to something that was made.
pub(super) fn created(resource: Value) -> Reply {
    Reply::resource(resource).with_status(StatusCode::CREATED)
}

/// The answer to something that is gone.
pub(super) fn no_content() -> Reply {
    Reply { content: Content::Nothing, ..Reply::resource(Value::Null) }.with_status(StatusCode::NO_CONTENT)
}

/// The refusal of a method, with those that are allowed.
pub(super) fn wrong_method(allow: &'static str) -> Refusal {
    Problem::method_not_allowed(allow).into()
}

/// The address of something below an environment.
pub(super) fn href(env: &Environment, path: &str) -> String {
    format!("{}/v1/environments/{}/{path}", env.base_url, env.id)
}
