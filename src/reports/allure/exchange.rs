//! An exchange in the form that Allure has for one: what was sent and what came are one attachment, which its report shows as
//! request and response.

use std::borrow::Cow;

use serde::Serialize;

use crate::base::text::visible;
use crate::record::{BodyRecord, ErrorRecord, ExchangeRecord, RequestRecord, ResponseRecord};
use crate::reports::text::ended;

/// The media type of this form.
pub(super) const MEDIA_TYPE: &str = "application/vnd.allure.http+json";
/// How its files end.
pub(super) const EXTENSION: &str = "httpexchange";

/// An exchange.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HttpExchange<'a> {
    schema_version: u8,
    start: i64,
    stop: i64,
    request: Request<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<Response<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<TransportError<'a>>,
}

#[derive(Serialize)]
struct Request<'a> {
    method: Cow<'a, str>,
    url: Cow<'a, str>,
    headers: Vec<Field<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Body<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Response<'a> {
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_text: Option<&'static str>,
    headers: Vec<Field<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Body<'a>>,
}

#[derive(Serialize)]
struct Field<'a> {
    name: Cow<'a, str>,
    value: Cow<'a, str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<Cow<'a, str>>,
    encoding: &'static str,
    value: Cow<'a, str>,
    size: usize,
    truncated: bool,
}

#[derive(Serialize)]
struct TransportError<'a> {
    name: &'static str,
    message: Cow<'a, str>,
}

impl<'a> From<&'a ExchangeRecord> for HttpExchange<'a> {
    fn from(exchange: &'a ExchangeRecord) -> Self {
        Self {
            schema_version: 1,
            start: exchange.started_at.timestamp_millis(),
            stop: ended(exchange.started_at, exchange.total_us).timestamp_millis(),
            request: (&exchange.request).into(),
            response: exchange.response.as_ref().map(Response::from),
            error: exchange.error.as_ref().map(TransportError::from),
        }
    }
}

impl<'a> From<&'a RequestRecord> for Request<'a> {
    fn from(request: &'a RequestRecord) -> Self {
        let body = request.body.as_ref().map(|body| Body::new(body, request.header("content-type")));
        let (method, url) = (visible(&request.method), visible(&request.url));
        Self { method, url, headers: fields(&request.headers), body }
    }
}

impl<'a> From<&'a ResponseRecord> for Response<'a> {
    fn from(response: &'a ResponseRecord) -> Self {
        let status = http::StatusCode::from_u16(response.status).ok();
        Self {
            status: response.status,
            status_text: status.and_then(|status| status.canonical_reason()),
            headers: fields(&response.headers),
            body: response.body.as_ref().map(|body| Body::new(body, response.header("content-type"))),
        }
    }
}

impl<'a> From<&'a ErrorRecord> for TransportError<'a> {
    fn from(error: &'a ErrorRecord) -> Self {
        Self { name: error.phase.into(), message: visible(&error.message) }
    }
}

impl<'a> Body<'a> {
    fn new(body: &'a BodyRecord, content_type: Option<&'a str>) -> Self {
        Self {
            content_type: content_type.map(visible),
            encoding: "utf8",
            value: visible(&body.text),
            size: body.bytes,
            truncated: body.cut,
        }
    }
}

fn fields(headers: &[(String, String)]) -> Vec<Field<'_>> {
    headers.iter().map(|(name, value)| Field { name: visible(name), value: visible(value) }).collect()
}
