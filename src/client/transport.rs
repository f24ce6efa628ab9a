//! Sending one request and keeping what happened.
//!
//! One transport belongs to one runtime, because connections do. It reads no more of a body than it may, waits no longer
//! than it may, and never follows a redirect.

use std::error::Error as _;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, Once, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use bytes::{Bytes, BytesMut};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use reqwest::header::{
    ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING,
};
use reqwest::{Method, Request, Response};
use serde_json::Value;
use url::{Host, Url};

use super::arguments::{Arguments, Call, CallError, text};
use super::operation::{Body, Content, Location, Operation};
use super::sent::{Decoded, Phase, Received, Sent, SentRequest, TransportError};
use super::{Settled, generated};

/// What is escaped in a path segment, beside control characters: the set that the generated client escapes.
const SEGMENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}')
    .add(b'/')
    .add(b'%');

/// How long and how much a transport puts up with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For a connection to come about.
    pub connect: Duration,
    /// For a whole exchange.
    pub total: Duration,
    /// The largest response body, in bytes.
    pub body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { connect: Duration::from_secs(10), total: Duration::from_secs(30), body: 10 * 1024 * 1024 }
    }
}

/// The way to one target. Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct Transport(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    base: Url,
    // As the generated client wants it: without a slash at the end.
    prefix: String,
    limits: Limits,
    http: OnceLock<Result<reqwest::Client, String>>,
}

/// A request that need not be one the contract knows.
#[derive(Debug, Clone)]
pub struct RawRequest {
    /// The HTTP method.
    pub method: Method,
    /// The whole URL.
    pub url: Url,
    /// The headers; what the connection itself needs is added.
    pub headers: HeaderMap,
    /// The body, byte for byte.
    pub body: Option<Bytes>,
}

impl Transport {
    /// Makes a transport for the target at `base`. Nothing is opened before the first request.
    pub fn new(base: Url, limits: Limits) -> Self {
        let prefix = base.as_str().trim_end_matches('/').to_owned();
        Transport(Arc::new(Shared { base, prefix, limits, http: OnceLock::new() }))
    }

    /// The URL that all paths of the contract are below.
    pub fn base(&self) -> &Url {
        &self.0.base
    }

    /// Sends a call through the generated client.
    ///
    /// # Errors
    /// An argument does not fit the contract, or the request cannot be made. Whatever goes wrong after that is the
    /// [`Sent`]'s outcome.
    pub async fn send_typed(&self, call: &Call) -> Result<Sent, CallError> {
        let arguments = Arguments::of(call)?;
        if arguments.lacks_body() {
            return self.send_without_body(call).await;
        }
        let capture = Capture::new(call, self.0.limits);
        let client =
            generated::Client { baseurl: self.0.prefix.clone(), client: self.http()?.clone(), inner: capture.clone() };
        let settled = (call.operation.call)(&client, &arguments).await?;
        let Some(captured) = capture.take() else {
            return Err(CallError::Request(settled.reason()));
        };
        Ok(captured.settle(call.operation, &settled))
    }

    /// Sends anything. The reply is not decoded; [`Operation::decode`] can do it.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub async fn send_raw(&self, request: RawRequest) -> Result<Sent, CallError> {
        let http = self.http()?;
        let mut wire = Request::new(request.method, request.url);
        wire.url_mut().set_fragment(None);
        *wire.headers_mut() = request.headers;
        *wire.body_mut() = request.body.map(reqwest::Body::from);
        Ok(exchange(http, wire, self.0.limits, |_, _| None).await.sent)
    }

    /// Writes a call as a raw request, without asking whether its arguments fit: the start for one that is wrong on
    /// purpose. Unknown parameters go into the query.
    ///
    /// # Errors
    /// A path parameter is missing, or the URL cannot be made.
    pub fn prepare(&self, call: &Call) -> Result<RawRequest, CallError> {
        let method = Method::from_bytes(call.operation.method.as_bytes());
        let method = method.map_err(|error| CallError::Request(error.to_string()))?;
        let mut headers = HeaderMap::new();
        dress(&mut headers, call);
        Ok(RawRequest { method, url: self.url(call)?, headers, body: body_bytes(call) })
    }

    async fn send_without_body(&self, call: &Call) -> Result<Sent, CallError> {
        let mut sent = self.send_raw(self.prepare(call)?).await?;
        if let Ok(received) = &sent.outcome {
            sent.decoded = call.operation.decode(received.status, received.media_type(), &received.body);
        }
        Ok(sent)
    }

    fn url(&self, call: &Call) -> Result<Url, CallError> {
        let whole = format!("{}{}", self.0.prefix, path(call)?);
        let mut url = Url::parse(&whole).map_err(|error| CallError::Request(format!("{whole}: {error}")))?;
        let in_path =
            |name: &str| call.operation.named_parameter(name).is_some_and(|known| known.location == Location::Path);
        let query = call.parameters.iter().filter(|(name, _)| !in_path(name));
        for (name, value) in query.flat_map(|(name, value)| each(value).map(move |value| (name, value))) {
            url.query_pairs_mut().append_pair(name, &text(value));
        }
        Ok(url)
    }

    fn http(&self) -> Result<&reqwest::Client, CallError> {
        let made = self.0.http.get_or_init(|| http_client(&self.0.base, self.0.limits).map_err(|error| reason(&error)));
        made.as_ref().map_err(|reason| CallError::Client(reason.clone()))
    }
}

fn http_client(base: &Url, limits: Limits) -> reqwest::Result<reqwest::Client> {
    static PROVIDER: Once = Once::new();
    // Already installed by somebody else is as good.
    PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
    let builder = reqwest::Client::builder()
        .connect_timeout(limits.connect)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false);
    let builder = if is_loopback(base) { builder.no_proxy() } else { builder };
    // Reading the system's certificates takes milliseconds, and nobody asks for them here.
    let builder = if base.scheme() == "http" { builder.tls_certs_only([]) } else { builder };
    builder.build()
}

fn is_loopback(base: &Url) -> bool {
    match base.host() {
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// What one generated call carries along: its headers on the way out, what happened on the way back.
///
/// One for each call: calls that run at the same time must not find each other's exchanges.
#[derive(Clone)]
pub(crate) struct Capture(Arc<Slot>);

struct Slot {
    call: Call,
    limits: Limits,
    captured: Mutex<Option<Captured>>,
}

impl fmt::Debug for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Capture({})", self.0.call.operation.name)
    }
}

impl Capture {
    fn new(call: &Call, limits: Limits) -> Self {
        let call = Call { headers: call.headers.clone(), without: call.without.clone(), ..Call::new(call.operation) };
        Capture(Arc::new(Slot { call, limits, captured: Mutex::new(None) }))
    }

    pub(super) fn operation(&self) -> &'static Operation {
        self.0.call.operation
    }

    /// Puts back what the lowered document could not say.
    pub(super) fn correct(&self, request: &mut Request) {
        request.url_mut().set_fragment(None);
        dress(request.headers_mut(), &self.0.call);
    }

    /// Sends a request, keeps what happened, and hands the reply on as the generated code expects it.
    pub(super) async fn exchange(&self, http: &reqwest::Client, request: Request) -> Response {
        let operation = self.operation();
        let captured =
            exchange(http, request, self.0.limits, |status, media_type| Frame::of(operation, status, media_type)).await;
        let reply = captured.framed.clone().unwrap_or_default();
        *self.0.captured.lock().unwrap_or_else(PoisonError::into_inner) = Some(captured);
        http::Response::new(reply).into()
    }

    fn take(&self) -> Option<Captured> {
        self.0.captured.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// An exchange, and the reply in its frame where there is something to decode.
struct Captured {
    sent: Sent,
    framed: Option<Bytes>,
}

impl Captured {
    fn settle(self, operation: &Operation, settled: &Settled) -> Sent {
        let decoded = match (self.framed, settled) {
            (None, _) | (Some(_), Settled::NotMade(_)) => Decoded::NotTried,
            (Some(_), Settled::Typed) => Decoded::Yes,
            (Some(_), Settled::Untyped(reply)) => (operation.decode)(reply),
        };
        Sent { decoded, ..self.sent }
    }
}

impl Settled {
    fn reason(&self) -> String {
        match self {
            Settled::NotMade(reason) => reason.clone(),
            Settled::Typed | Settled::Untyped(_) => "nothing was sent".to_owned(),
        }
    }
}

/// What stands around a body so that the generated code knows which reply it is: `{"Status200":` and `}`.
pub(super) struct Frame {
    tag: &'static str,
    content: Content,
}

impl Frame {
    /// Chooses the frame for a reply; none if its status is not documented, or it is no JSON where JSON is.
    pub(super) fn of(operation: &Operation, status: u16, media_type: Option<&str>) -> Option<Frame> {
        let reply = operation.reply(status)?;
        let fits = reply.content != Content::Json || media_type.is_some_and(is_json);
        fits.then_some(Frame { tag: reply.tag, content: reply.content })
    }

    /// Puts the frame around a body.
    pub(super) fn around(&self, body: &[u8]) -> Bytes {
        let mut framed = self.open(body.len());
        framed.extend_from_slice(body);
        self.close(framed).0
    }

    fn open(&self, expected: usize) -> BytesMut {
        let mut buffer = BytesMut::with_capacity(expected + self.tag.len() + 5);
        if self.content == Content::Json {
            buffer.extend_from_slice(b"{\"");
            buffer.extend_from_slice(self.tag.as_bytes());
            buffer.extend_from_slice(b"\":");
        }
        buffer
    }

    // The framed reply and the body alone; for JSON both are the same memory.
    fn close(&self, mut buffer: BytesMut) -> (Bytes, Bytes) {
        match self.content {
            Content::Json => {
                let start = self.tag.len() + 4;
                buffer.extend_from_slice(b"}");
                let framed = buffer.freeze();
                let body = framed.slice(start..framed.len() - 1);
                (framed, body)
            }
            Content::Text => {
                let body = buffer.freeze();
                let text = Value::from(String::from_utf8_lossy(&body));
                (format!("{{\"{}\":{text}}}", self.tag).into(), body)
            }
            Content::Nothing => (format!("\"{}\"", self.tag).into(), buffer.freeze()),
        }
    }
}

impl Received {
    /// The media type that the response states, without parameters.
    pub fn media_type(&self) -> Option<&str> {
        let header = self.headers.iter().find(|(name, _)| name == CONTENT_TYPE.as_str());
        header.and_then(|(_, value)| std::str::from_utf8(value).ok()).map(essence)
    }
}

fn essence(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}

fn is_json(media_type: &str) -> bool {
    let essence = essence(media_type).to_ascii_lowercase();
    essence == "application/json" || essence.ends_with("+json")
}

async fn exchange(
    http: &reqwest::Client,
    mut request: Request,
    limits: Limits,
    frame: impl FnOnce(u16, Option<&str>) -> Option<Frame>,
) -> Captured {
    state_emptiness(&mut request);
    let sent = sent_request(&request);
    let started_at = SystemTime::now();
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
        sent: Sent { request: sent, outcome, started_at, first_byte, total, decoded: Decoded::NotTried },
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
) -> Result<(Received, Option<Bytes>), TransportError> {
    let response = http.execute(request).await.map_err(|error| before_headers(&error))?;
    headers_are_here();
    let status = response.status().as_u16();
    let version = format!("{:?}", response.version());
    let headers = listed(response.headers());
    let media_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let (body, framed) = read(frame(status, media_type), response, limit).await?;
    Ok((Received { status, version, headers, body }, framed))
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

// The URL may hold what must not be shown, and the request has it anyway: only the causes are told.
fn reason(error: &reqwest::Error) -> String {
    let causes: Vec<String> = causes(error).map(ToString::to_string).collect();
    if causes.is_empty() { error.to_string() } else { causes.join(": ") }
}

fn causes<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(error.source(), |&cause| cause.source())
}

fn sent_request(request: &Request) -> SentRequest {
    let body = request.body().and_then(reqwest::Body::as_bytes).map(Bytes::copy_from_slice);
    SentRequest {
        method: request.method().to_string(),
        url: request.url().to_string(),
        headers: sent_headers(request),
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

/// Gives a request the headers of its operation, then those of the call.
fn dress(headers: &mut HeaderMap, call: &Call) {
    headers.remove("api-version");
    headers.insert(ACCEPT, HeaderValue::from_static(call.operation.accept));
    if let Some(media_type) = call.operation.media_type {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    }
    for name in call.headers.keys().chain(&call.without) {
        headers.remove(name);
    }
    for (name, value) in call.headers.iter().filter(|(name, _)| !call.without.contains(name)) {
        headers.append(name.clone(), value.clone());
    }
}

fn path(call: &Call) -> Result<String, CallError> {
    let mut path = String::new();
    let mut rest = call.operation.path;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        let value = call.parameters.get(name).ok_or_else(|| CallError::parameter(name, "is missing"))?;
        path.push_str(before);
        path.extend(utf8_percent_encode(&text(value), SEGMENT));
        rest = after;
    }
    path.push_str(rest);
    Ok(path)
}

fn body_bytes(call: &Call) -> Option<Bytes> {
    let body = call.body.as_ref()?;
    match (call.operation.body, body.as_object()) {
        (Body::Form, Some(fields)) => {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            form.extend_pairs(fields.iter().map(|(name, value)| (name, text(value))));
            Some(form.finish().into())
        }
        _ => Some(body.to_string().into()),
    }
}

fn each(value: &Value) -> impl Iterator<Item = &Value> {
    let items = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
    items.iter()
}
