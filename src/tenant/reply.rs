//! From what an endpoint answers to the bytes of an HTTP response, with the headers that every answer carries.
//!
//! Decides nothing about the answer itself.

use axum::body::Body;
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use serde_json::Value;
use uuid::Uuid;

use super::{
    errors::{Refusal, json_bytes},
    faults::{Fault, Faults},
    negotiation::Representation,
};

/// What an endpoint answers.
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) content: Content,
    pub(super) location: Option<String>,
    pub(super) session: Option<Uuid>,
}

/// A body, and who chooses its media type.
pub(super) enum Content {
    /// A resource, in the representation that the client asked for.
    Resource(Value),
    /// An OAuth response, always `application/json`.
    OAuth(Vec<u8>),
    Nothing,
}

/// How long an answer is held back, as an extension of it.
#[derive(Clone, Copy)]
pub(super) struct Delay(pub(super) std::time::Duration);

/// What an endpoint gives back.
pub(super) type Outcome = Result<Reply, Refusal>;

impl Reply {
    fn new(status: StatusCode, content: Content) -> Self {
        Self { status, content, location: None, session: None }
    }

    pub(super) fn resource(resource: Value) -> Self {
        Self::new(StatusCode::OK, Content::Resource(resource))
    }

    pub(super) fn oauth(body: &impl serde::Serialize) -> Self {
        Self::new(StatusCode::OK, Content::OAuth(json_bytes(body)))
    }

    pub(super) fn redirect(location: String) -> Self {
        Self { location: Some(location), ..Self::new(StatusCode::FOUND, Content::Nothing) }
    }

    /// The same with another body.
    pub(super) fn saying(self, body: Value) -> Self {
        Self { content: Content::Resource(body), ..self }
    }

    pub(super) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// Sets the session cookies.
    pub(super) fn in_session(self, session: Uuid) -> Self {
        Self { session: Some(session), ..self }
    }
}

/// Everything about a request that shapes its response whatever the endpoint says.
pub(super) struct Frame<'a> {
    pub(super) correlation: Uuid,
    pub(super) format: Representation,
    pub(super) now: DateTime<Utc>,
    pub(super) faults: &'a Faults,
}

impl Frame<'_> {
    /// Makes the response.
    pub(super) fn respond(&self, outcome: Outcome) -> Response<Body> {
        match outcome {
            Ok(reply) => self.answer(reply),
            Err(refusal) => self.refuse(refusal),
        }
    }

    fn answer(&self, reply: Reply) -> Response<Body> {
        let (content_type, body) = match reply.content {
            Content::Resource(body) => (Some(self.format), self.faults.spoil(body)),
            Content::OAuth(body) => (Some(Representation::Json), body),
            Content::Nothing => (None, Vec::new()),
        };
        let mut response = self.response(reply.status, content_type, body);
        if let Some(location) = reply.location.and_then(|location| location.try_into().ok()) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        if let Some(session) = reply.session {
            set_cookies(response.headers_mut(), session);
        }
        response
    }

    fn refuse(&self, refusal: Refusal) -> Response<Body> {
        let problem = match refusal {
            Refusal::OAuth(error) => {
                return self.response(error.status, Some(Representation::Json), error.body(self.correlation));
            }
            Refusal::Problem(problem) => problem,
        };
        let mut response = self.response(
            problem.status,
            Some(self.format),
            self.faults.spoil_error(problem.body(self.correlation), problem.status),
        );
        if let Some((name, value)) = problem.header {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }

    fn response(&self, status: StatusCode, content_type: Option<Representation>, body: Vec<u8>) -> Response<Body> {
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.reserve(20);
        if let Some(content_type) = content_type {
            self.set_content_type(headers, content_type);
        }
        self.set_correlation(headers);
        headers.insert(header::DATE, date(self.now));
        headers.extend(STANDING.iter().map(|(name, value)| (name.clone(), value.clone())));
        response
    }

    fn set_content_type(&self, headers: &mut HeaderMap, format: Representation) {
        let content_type = match () {
            () if self.faults.has(Fault::NoContentType) => return,
            () if self.faults.has(Fault::WrongMediaType) => "text/html;charset=UTF-8",
            () if self.faults.has(Fault::ForeignCharset) => match format {
                Representation::Json => "application/json;charset=ISO-8859-1",
                _ => "application/hal+json;charset=ISO-8859-1",
            },
            () => format.content_type(),
        };
        if self.faults.has(Fault::FalseCoding) {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    }

    fn set_correlation(&self, headers: &mut HeaderMap) {
        if self.faults.has(Fault::NoCorrelationId) {
            return;
        }
        let malformed = self.faults.has(Fault::MalformedCorrelationId);
        let value = if malformed { "number nine".to_owned() } else { self.correlation.to_string() };
        let value = HeaderValue::try_from(value).expect("both are ASCII");
        headers.insert(HeaderName::from_static("x-amzn-requestid"), value.clone());
        headers.insert(HeaderName::from_static("correlation-id"), value);
    }
}

/// The headers that never change.
static STANDING: [(HeaderName, HeaderValue); 7] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store, max-age=0, must-revalidate")),
    (header::PRAGMA, HeaderValue::from_static("no-cache")),
    (header::EXPIRES, HeaderValue::from_static("0")),
    (header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000; includeSubDomains")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    (header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true")),
];

/// Both session cookies; not `Secure`, because the tenant speaks plain HTTP.
fn set_cookies(headers: &mut HeaderMap, session: Uuid) {
    for cookie in
        [format!("ST={session}; Path=/; HttpOnly; SameSite=Lax"), format!("ST-NO-SS={session}; Path=/; HttpOnly")]
    {
        headers.append(header::SET_COOKIE, cookie.try_into().expect("a cookie of ASCII"));
    }
}

fn date(now: DateTime<Utc>) -> HeaderValue {
    // HTTP dates end with the year 9999; advancing beyond it must not panic.
    let seconds = now.timestamp().clamp(0, 253_402_300_799) as u64;
    let date = httpdate::fmt_http_date(std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds));
    HeaderValue::from_str(&date).expect("a date is ASCII")
}
