//! What the tenant says when it refuses: PingOne's error model, and OAuth's for the endpoints under `/as`.
//!
//! Whether to refuse is decided elsewhere; this is only the wording.

use std::borrow::Cow;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use http::{HeaderName, StatusCode, header};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

/// The rate that a refusal speaks of, in requests a second.
const QUOTA: u32 = 100;
const INVALID_DATA: &str = "The request could not be completed. One or more validation errors were in the request.";
const NO_ACCESS: &str = "The request could not be completed. You do not have access to this resource.";
const BAD_TOKEN: &str = "The authorization token is either missing or invalid, or it has expired.";

/// A refusal, in either of the two forms.
pub(super) enum Refusal {
    Problem(Box<Problem>),
    OAuth(OAuthError),
}

/// A refusal in PingOne's error model.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    code: &'static str,
    message: Cow<'static, str>,
    details: Vec<Detail>,
    /// A header field that goes with it.
    pub(super) header: Option<(HeaderName, &'static str)>,
}

/// One entry of `details`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Detail {
    code: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    target: Cow<'static, str>,
    message: Cow<'static, str>,
    #[serde(skip_serializing_if = "Value::is_null")]
    inner_error: Value,
}

/// A refusal as OAuth words it.
pub(super) struct OAuthError {
    pub(super) status: StatusCode,
    error: &'static str,
    description: &'static str,
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Refusal::Problem(Box::new(problem))
    }
}

impl From<OAuthError> for Refusal {
    fn from(error: OAuthError) -> Self {
        Refusal::OAuth(error)
    }
}

impl From<Detail> for Problem {
    fn from(detail: Detail) -> Self {
        Problem::invalid_data(vec![detail])
    }
}

impl From<Detail> for Refusal {
    fn from(detail: Detail) -> Self {
        Problem::from(detail).into()
    }
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, message: &'static str) -> Self {
        Self { status, code, message: message.into(), details: Vec::new(), header: None }
    }

    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", "The requested resource was not found.")
    }

    pub(super) fn method_not_allowed(allow: &'static str) -> Self {
        let message = "The request could not be completed. The method is not allowed here.";
        let problem = Self::new(StatusCode::METHOD_NOT_ALLOWED, "INVALID_REQUEST", message);
        Self { header: Some((header::ALLOW, allow)), ..problem }
    }

    pub(super) fn invalid_token() -> Self {
        let mut problem = Self::new(StatusCode::UNAUTHORIZED, "ACCESS_FAILED", NO_ACCESS);
        problem.details.push(Detail::new("INVALID_TOKEN", "Authentication Credentials", BAD_TOKEN));
        problem
    }

    /// What is answered to somebody who may not, and where nobody is to learn whether there is such a thing.
    pub(super) fn forbidden() -> Self {
        let mut problem = Self::new(StatusCode::FORBIDDEN, "ACCESS_FAILED", NO_ACCESS);
        let message = "The actor attempting to perform the request is not authorized.";
        problem.details.push(Detail::new("INSUFFICIENT_PERMISSIONS", "", message));
        problem
    }

    /// An answer of a status, as little as it says.
    pub(super) fn of_status(status: StatusCode) -> Self {
        let message = "The request could not be completed.";
        match status {
            StatusCode::FORBIDDEN => Self::forbidden(),
            StatusCode::TOO_MANY_REQUESTS => Self::new(status, "REQUEST_LIMITED", message),
            status if status.is_client_error() => Self::new(status, "INVALID_REQUEST", message),
            status => Self::new(status, "UNEXPECTED_ERROR", message),
        }
    }

    pub(super) fn not_acceptable() -> Self {
        let message = "The request could not be completed. None of the accepted media types is available.";
        Self::new(StatusCode::NOT_ACCEPTABLE, "INVALID_REQUEST", message)
    }

    pub(super) fn unsupported_media_type() -> Self {
        let message = "The request could not be completed. The media type is not supported.";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "INVALID_REQUEST", message)
    }

    pub(super) fn malformed() -> Self {
        let message = "The request could not be completed. The request was malformed.";
        Self::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", message)
    }

    pub(super) fn unknown_policy() -> Self {
        let message = "The request could not be completed. There is no policy of that name.";
        Self::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", message)
    }

    pub(super) fn not_permitted_now() -> Self {
        let message = "The request could not be completed. The action is not permitted in the present status.";
        Self::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", message)
    }

    pub(super) fn invalid_data(details: Vec<Detail>) -> Self {
        Self { details, ..Self::new(StatusCode::BAD_REQUEST, "INVALID_DATA", INVALID_DATA) }
    }

    pub(super) fn limited(now: DateTime<Utc>) -> Self {
        let message = "The request could not be completed. There have been too many requests.";
        let detail = Detail::new("LIMIT_EXCEEDED", "", "The limit of requests has been exceeded.");
        let later = (now + TimeDelta::seconds(1)).to_rfc3339_opts(SecondsFormat::Millis, true);
        let inner = json!({ "quotaLimit": QUOTA, "quotaResetTime": later, "retryAfter": later });
        let detail = detail.because(inner);
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "REQUEST_LIMITED", message);
        Self { details: vec![detail], header: Some((header::RETRY_AFTER, "1")), ..problem }
    }

    /// Replaces the top message, which differs for some violations.
    pub(super) fn saying(self, message: &'static str) -> Self {
        Self { message: message.into(), ..self }
    }

    pub(super) fn body(&self, correlation: Uuid) -> Vec<u8> {
        #[derive(Serialize)]
        struct Body<'a> {
            id: Uuid,
            code: &'a str,
            message: &'a str,
            #[serde(skip_serializing_if = "<[Detail]>::is_empty")]
            details: &'a [Detail],
        }
        let Self { code, message, details, .. } = self;
        json_bytes(&Body { id: correlation, code, message, details })
    }
}

impl Detail {
    pub(super) fn new(
        code: &'static str,
        target: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { code, target: target.into(), message: message.into(), inner_error: Value::Null }
    }

    pub(super) fn is_about(&self, target: &str) -> bool {
        self.target == target
    }

    pub(super) fn invalid_value(target: &'static str, message: &'static str) -> Self {
        Self::new("INVALID_VALUE", target, message)
    }

    pub(super) fn because(self, inner_error: Value) -> Self {
        Self { inner_error, ..self }
    }

    /// The refusal of a passcode that was given at the beginning.
    pub(super) fn wrong_first_otp() -> Self {
        Self::new("INVALID_OTP", "selectedDevice.otp", "The passcode is not the right one.")
    }

    pub(super) fn wrong_otp(code: &'static str, message: Cow<'static, str>, attempts_remaining: u8) -> Self {
        Self::new(code, "otp", message).because(json!({ "attemptsRemaining": attempts_remaining }))
    }
}

impl OAuthError {
    pub(super) fn new(error: &'static str, description: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error, description }
    }

    pub(super) fn invalid_client() -> Self {
        let error = Self::new("invalid_client", "Request denied: Unsupported authentication method");
        Self { status: StatusCode::UNAUTHORIZED, ..error }
    }

    pub(super) fn unsupported_media_type() -> Self {
        let error = Self::new("invalid_request", "The content type must be application/x-www-form-urlencoded");
        Self { status: StatusCode::UNSUPPORTED_MEDIA_TYPE, ..error }
    }

    pub(super) fn body(&self, correlation: Uuid) -> Vec<u8> {
        let description = format!("{} (Correlation ID: {correlation})", self.description);
        json_bytes(&json!({ "error": self.error, "error_description": description }))
    }
}

/// Serialises what cannot fail to serialise: string keys and plain values only.
pub(super) fn json_bytes(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("the tenant's own values serialise")
}
