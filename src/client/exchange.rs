//! Sending one request, and keeping what happened on the wire.
//!
//! It reads no more of a body than it may and waits no longer than it may. It knows nothing of operations.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use reqwest::header::{
    ACCEPT, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING,
};
use reqwest::{Method, Request, Response};

use super::exact::Way;
use super::frame::ReplyFrame;
use super::limits::Limits;
use super::peer::{Peer, authority};
use super::reason::{Reached, in_body, limit, out_of_time};
use crate::base::coding::{self, CodingError};
use crate::record::{self, Decoded, Exchange, Headers, TransportError};

/// An exchange, and the reply in its frame where there is something to decode.
pub(super) struct Captured {
    /// What happened.
    pub sent: Exchange,
    /// The framed reply.
    pub framed: Option<Bytes>,
}

/// Sends one request within the limits; `frame` says what stands around the reply's body.
pub(super) async fn exchange(
    way: Way<'_>,
    mut request: Request,
    peer: Peer,
    frame: impl FnOnce(u16, Option<&str>) -> Option<ReplyFrame>,
) -> Captured {
    state_emptiness(&mut request);
    let sent = sent_request(&request);
    let started_at = chrono::Utc::now();
    let clock = Instant::now();
    let reached = Mutex::new(Reached::default());
    let whole = receive(way, request, &peer, frame, &reached, clock);
    let outcome = tokio::time::timeout(peer.limits.total, whole).await;
    let total = clock.elapsed();
    let reached = reached.into_inner().unwrap_or_default();
    let outcome = outcome.unwrap_or_else(|_| Err(out_of_time(&peer, &reached)));
    let (outcome, framed, decoded) = match outcome {
        Ok(Received { response, framed, decoded }) => (Ok(response), framed, decoded),
        Err(error) => (Err(error), None, Decoded::NotTried),
    };
    let first_byte = reached.first_byte.unwrap_or(total);
    Captured {
        sent: Exchange { operation: None, step: 0, request: sent, outcome, decoded, started_at, first_byte, total },
        framed,
    }
}

/// A whole response, and what is left to decode of it.
struct Received {
    response: record::Response,
    framed: Option<Bytes>,
    decoded: Decoded,
}

async fn receive(
    way: Way<'_>,
    request: Request,
    peer: &Peer,
    frame: impl FnOnce(u16, Option<&str>) -> Option<ReplyFrame>,
    reached: &Mutex<Reached>,
    clock: Instant,
) -> Result<Received, TransportError> {
    let first = tokio::time::timeout(peer.limits.first_byte, way.execute(request, peer)).await;
    let response = match first {
        Ok(answered) => answered?,
        Err(_) => return Err(limit_of_first_byte(peer.limits.first_byte)),
    };
    note(reached, |reached| {
        reached.first_byte = Some(clock.elapsed());
        reached.expected = response.content_length();
    });
    within(response.headers(), peer.limits)?;
    let status = response.status().as_u16();
    let fields = response.headers().clone();
    let media_type = fields.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let raw = read(response, frame(status, media_type), peer.limits, reached).await?;
    let headers = Headers(listed(&fields));
    undone(status, headers, fields.get_all(CONTENT_ENCODING).iter().map(HeaderValue::as_bytes), raw, peer.limits)
}

fn limit_of_first_byte(limit: Duration) -> TransportError {
    super::reason::deadline(format!(
        "no response header block within {} ms (limits.first-byte); the target took the connection or the request and said \
         nothing more",
        limit.as_millis()
    ))
}

fn note(reached: &Mutex<Reached>, change: impl FnOnce(&mut Reached)) {
    if let Ok(mut reached) = reached.lock() {
        change(&mut reached);
    }
}

/// Refuses a header block beyond the limits.
fn within(headers: &HeaderMap, limits: Limits) -> Result<(), TransportError> {
    let size: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if size > limits.head {
        return Err(limit(format!("the header block is larger than {} bytes (limits.head)", limits.head)));
    }
    Ok(())
}

/// The body as it came, and the frame that it was read into.
struct RawBody {
    body: Bytes,
    framed: Option<Bytes>,
    frame: Option<ReplyFrame>,
}

async fn read(
    mut response: Response,
    frame: Option<ReplyFrame>,
    limits: Limits,
    reached: &Mutex<Reached>,
) -> Result<RawBody, TransportError> {
    let expected = response.content_length().and_then(|length| usize::try_from(length).ok());
    if let Some(length) = expected.filter(|length| *length > limits.body) {
        return Err(limit(format!(
            "{}; its Content-Length is {length}, and nothing of it was read",
            too_large(limits)
        )));
    }
    let mut buffer = frame.as_ref().map_or_else(BytesMut::new, |frame| frame.open(expected.unwrap_or_default()));
    let most = buffer.len() + limits.body;
    while let Some(chunk) = response.chunk().await.map_err(|error| in_body(&error, reached))? {
        if chunk.len() > most - buffer.len() {
            return Err(limit(too_large(limits)));
        }
        buffer.extend_from_slice(&chunk);
        note(reached, |reached| reached.received += chunk.len());
    }
    Ok(match frame {
        Some(frame) => {
            let (framed, body) = frame.close(buffer);
            RawBody { body, framed: Some(framed), frame: Some(frame) }
        }
        None => RawBody { body: buffer.freeze(), framed: None, frame: None },
    })
}

fn too_large(limits: Limits) -> String {
    format!("the response body is larger than {} bytes (limits.body)", limits.body)
}

/// Undoes the content codings; the frame is put around what comes out.
fn undone<'a>(
    status: u16,
    headers: Headers,
    codings: impl Iterator<Item = &'a [u8]>,
    raw: RawBody,
    limits: Limits,
) -> Result<Received, TransportError> {
    let RawBody { body, framed, frame } = raw;
    let whole = |body: Bytes, framed, decoded| Received {
        response: record::Response { status, headers, body },
        framed,
        decoded,
    };
    match coding::decode(codings, &body, limits.expansion()) {
        Ok(None) if !body.starts_with(BOM) => Ok(whole(body, framed, Decoded::NotTried)),
        Ok(plain) => {
            let plain = plain.unwrap_or(body);
            let framed = frame.map(|frame| frame.around(plain.strip_prefix(BOM).unwrap_or(&plain)));
            Ok(whole(plain, framed, Decoded::NotTried))
        }
        Err(CodingError::Limit(message)) => Err(limit(message)),
        Err(CodingError::Broken { coding, message }) => Ok(whole(body, None, Decoded::Unreadable { coding, message })),
    }
}

/// A byte order mark, which is no part of what is decoded.
const BOM: &[u8] = b"\xef\xbb\xbf";

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
