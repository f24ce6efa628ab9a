//! Sending one request, and keeping what happened on the wire.
//!
//! It reads no more of a body than it may and waits no longer than it may. It knows nothing of operations.

use std::error::Error as _;
use std::io;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use reqwest::header::{
    ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING,
};
use reqwest::{Method, Request, Response};
use url::Url;

use super::frame::Frame;
use super::transport::Limits;
use crate::record::{self, Decoded, Exchange, Headers, Phase, TransportError};

/// An exchange, and the reply in its frame where there is something to decode.
pub(super) struct Captured {
    /// What happened.
    pub sent: Exchange,
    /// The framed reply.
    pub framed: Option<Bytes>,
}

/// Sends one request within the limits; `frame` says what stands around the reply's body.
pub(super) async fn exchange(
    http: &reqwest::Client,
    mut request: Request,
    limits: Limits,
    frame: impl FnOnce(u16, Option<&str>) -> Option<Frame>,
) -> Captured {
    state_emptiness(&mut request);
    let sent = sent_request(&request);
    let started_at = chrono::Utc::now();
    let clock = Instant::now();
    let mut first_byte = None;
    let whole = receive(http, request, limits.body, frame, || first_byte = Some(clock.elapsed()));
    let outcome = tokio::time::timeout(limits.total, whole).await.unwrap_or_else(|_| Err(out_of_time(limits.total)));
    let total = clock.elapsed();
    let (outcome, framed) = match outcome {
        Ok((received, framed)) => (Ok(received), framed),
        Err(error) => (Err(error), None),
    };
    let first_byte = first_byte.unwrap_or(total);
    Captured {
        sent: Exchange {
            operation: None,
            step: 0,
            request: sent,
            outcome,
            decoded: Decoded::NotTried,
            started_at,
            first_byte,
            total,
        },
        framed,
    }
}

fn out_of_time(limit: Duration) -> TransportError {
    TransportError { phase: Phase::Deadline, message: format!("no whole response within {} ms", limit.as_millis()) }
}

async fn receive(
    http: &reqwest::Client,
    request: Request,
    limit: usize,
    frame: impl FnOnce(u16, Option<&str>) -> Option<Frame>,
    headers_are_here: impl FnOnce(),
) -> Result<(record::Response, Option<Bytes>), TransportError> {
    let response = http.execute(request).await.map_err(|error| before_headers(&error))?;
    headers_are_here();
    let status = response.status().as_u16();
    let headers = Headers(listed(response.headers()));
    let media_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let (body, framed) = read(frame(status, media_type), response, limit).await?;
    Ok((record::Response { status, headers, body }, framed))
}

async fn read(
    frame: Option<Frame>,
    mut response: Response,
    limit: usize,
) -> Result<(Bytes, Option<Bytes>), TransportError> {
    let expected = response.content_length().and_then(|length| usize::try_from(length).ok());
    if expected.is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    let mut buffer = frame.as_ref().map_or_else(BytesMut::new, |frame| frame.open(expected.unwrap_or_default()));
    let most = buffer.len() + limit;
    while let Some(chunk) = response.chunk().await.map_err(|error| failed(Phase::Body, &error))? {
        if chunk.len() > most - buffer.len() {
            return Err(too_large(limit));
        }
        buffer.extend_from_slice(&chunk);
    }
    Ok(match frame {
        Some(frame) => {
            let (framed, body) = frame.close(buffer);
            (body, Some(framed))
        }
        None => (buffer.freeze(), None),
    })
}

fn too_large(limit: usize) -> TransportError {
    TransportError { phase: Phase::Limit, message: format!("the response body is larger than {limit} bytes") }
}

fn before_headers(error: &reqwest::Error) -> TransportError {
    let phase = if error.is_connect() {
        Phase::Connect
    } else if is_unwritten(error) {
        Phase::Send
    } else {
        Phase::FirstByte
    };
    failed(phase, error)
}

fn is_unwritten(error: &reqwest::Error) -> bool {
    causes(error)
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|io| matches!(io.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::WriteZero))
}

fn failed(phase: Phase, error: &reqwest::Error) -> TransportError {
    TransportError { phase, message: reason(error) }
}

/// Tells the causes of an error, outermost first.
// The URL may hold what must not be shown, and the request has it anyway: only the causes are told.
pub(super) fn reason(error: &reqwest::Error) -> String {
    let causes: Vec<String> = causes(error).map(ToString::to_string).collect();
    if causes.is_empty() { error.to_string() } else { causes.join(": ") }
}

fn causes<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(error.source(), |&cause| cause.source())
}

fn sent_request(request: &Request) -> record::Request {
    let body = request.body().and_then(reqwest::Body::as_bytes).map(Bytes::copy_from_slice);
    record::Request {
        method: request.method().to_string(),
        url: request.url().to_string(),
        headers: Headers(sent_headers(request)),
        body,
    }
}

/// Lists the headers as they go out: those of the request, then what the layers below add to them.
fn sent_headers(request: &Request) -> Vec<(String, Vec<u8>)> {
    let own = request.headers();
    let mut headers = listed(own);
    let mut add = |name: HeaderName, value: String| {
        if !own.contains_key(&name) {
            headers.push((name.as_str().to_owned(), value.into_bytes()));
        }
    };
    add(ACCEPT, "*/*".to_owned());
    add(HOST, authority(request.url()));
    if let Some(length) = body_length(request).filter(|length| *length > 0) {
        add(CONTENT_LENGTH, length.to_string());
    }
    headers
}

fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn body_length(request: &Request) -> Option<usize> {
    request.body().and_then(reqwest::Body::as_bytes).map(<[u8]>::len)
}

// A POST without a body says so, or servers may answer 411; the layers below would leave the header out.
fn state_emptiness(request: &mut Request) {
    let expects_one = matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH);
    let stated = request.headers().contains_key(CONTENT_LENGTH) || request.headers().contains_key(TRANSFER_ENCODING);
    if expects_one && !stated && body_length(request).unwrap_or_default() == 0 {
        request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
}

fn listed(headers: &HeaderMap) -> Vec<(String, Vec<u8>)> {
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect()
}
