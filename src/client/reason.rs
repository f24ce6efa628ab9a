//! Describes why no complete response was received, so that a person knows what to do: the phase, what went wrong, which
//! limit was hit, and what to try next.
//!
//! It decides nothing. Bytes of the peer never get here: the layers below keep them to themselves.

use std::error::Error as StdError;
use std::io;
use std::sync::Mutex;
use std::time::Duration;

use url::Url;

use super::names::LookupFailed;
use super::peer::Peer;
use super::tls;
use crate::record::{Phase, TransportError};

/// How far a response had come.
#[derive(Debug, Clone, Default)]
pub(super) struct Reached {
    /// When the header block was complete.
    pub first_byte: Option<Duration>,
    /// How many bytes of the body had arrived.
    pub received: usize,
    /// How many there should be, where the response says so.
    pub expected: Option<u64>,
}

impl Reached {
    /// Such as `7 of 500 bytes`.
    fn share(&self) -> String {
        match self.expected {
            Some(expected) => format!("{} of {expected} bytes", self.received),
            None => format!("{} bytes", self.received),
        }
    }
}

/// A limit of ours that was hit.
pub(super) fn limit(message: String) -> TransportError {
    TransportError {
        phase: Phase::Limit,
        message: format!("{message}; raise the limit if such responses are expected"),
    }
}

/// A deadline that passed.
pub(super) fn deadline(message: String) -> TransportError {
    TransportError { phase: Phase::Deadline, message }
}

/// The deadline of the whole exchange passed.
pub(super) fn out_of_time(peer: &Peer, reached: &Reached) -> TransportError {
    let so_far = match reached.first_byte {
        Some(_) => format!("the header block and {} of the body were received", reached.share()),
        None => "no header block was received".to_owned(),
    };
    deadline(format!("no complete response within {} ms (limits.total): {so_far}", peer.limits.total.as_millis()))
}

/// Describes why no header block was received.
pub(super) fn before_headers(error: &reqwest::Error, url: &Url, peer: &Peer) -> TransportError {
    let host = authority(url);
    if let Some(tls) = found::<rustls::Error>(error) {
        return of(Phase::Connect, tls::explain(tls, &host));
    }
    if error.is_connect() {
        return of(Phase::Connect, connecting(error, &host, peer));
    }
    if let Some(hyper) = found::<hyper::Error>(error).filter(|error| error.is_parse()) {
        return unparsable(hyper, url, peer);
    }
    if describe(error).contains(SPOKE_FIRST) {
        return of(Phase::FirstByte, format!("{host} sent data before the request, which is not an HTTP response"));
    }
    if is_unwritten(error) {
        return of(Phase::Send, format!("the request could not be sent completely: {}", describe(error)));
    }
    of(Phase::FirstByte, format!("{}; {FATE}", lost(error)))
}

/// As [`before_headers`], where nothing stands between us and the connection.
pub(super) fn before_headers_of(error: &hyper::Error, url: &Url, peer: &Peer) -> TransportError {
    if error.is_parse() {
        return unparsable(error, url, peer);
    }
    of(Phase::FirstByte, format!("{error}; {FATE}"))
}

/// Describes why there is no connection.
pub(super) fn not_connected(error: &io::Error, url: &Url) -> TransportError {
    let host = authority(url);
    let inner = error.get_ref().map(|inner| inner as &(dyn StdError + 'static));
    let message = match inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(tls) => tls::explain(tls, &host),
        None => format!("no connection to {host}: {error}"),
    };
    of(Phase::Connect, message)
}

/// The deadline for a connection passed.
pub(super) fn connecting_took_too_long(url: &Url, peer: &Peer) -> TransportError {
    let (host, within) = (authority(url), peer.limits.connect.as_millis());
    of(
        Phase::Connect,
        format!("connection to {host} timed out after {within} ms (limits.connect); is it reachable from here?"),
    )
}

/// What went wrong, and when.
pub(super) fn of(phase: Phase, message: String) -> TransportError {
    TransportError { phase, message }
}

fn authority(url: &Url) -> String {
    let port = url.port_or_known_default().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}{port}", url.host_str().unwrap_or_default())
}

fn connecting(error: &reqwest::Error, host: &str, peer: &Peer) -> String {
    if let Some(lookup) = found::<LookupFailed>(error) {
        let LookupFailed { host, cause } = lookup;
        return format!(
            "DNS lookup of {host} failed: {cause}; check the host of the target, and this machine's resolver"
        );
    }
    if error.is_timeout() {
        let what = if peer.names.is_looking_up() { "DNS lookup of" } else { "connection to" };
        let within = peer.limits.connect.as_millis();
        return format!("{what} {host} timed out after {within} ms (limits.connect); is it reachable from here?");
    }
    match found::<io::Error>(error).map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => {
            format!("{host} refused the connection; is the target running, and is the port right?")
        }
        Some(io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset) => {
            format!("{host} closed the connection during the handshake; does it speak TLS on this port?")
        }
        _ if describe(error).contains(PROXY_REFUSED) => format!(
            "no connection to {host}: the proxy asks for credentials (407); put them into the variable that names it, as in \
             HTTPS_PROXY=http://name:password@proxy, or go without it for this host (NO_PROXY)"
        ),
        _ => format!("no connection to {host}: {}", describe(error)),
    }
}

/// What the layer below says when a proxy answers 407.
const PROXY_REFUSED: &str = "proxy authorization required";

fn unparsable(error: &hyper::Error, url: &Url, peer: &Peer) -> TransportError {
    if error.is_parse_too_large() {
        let (head, fields) = (peer.limits.head, peer.limits.fields);
        return limit(format!(
            "the header block is too large: more than {fields} fields (limits.fields) or {head} bytes (limits.head)"
        ));
    }
    let hint = match url.scheme() {
        "http" => "; if the port speaks TLS, the URL begins with https://",
        _ => "",
    };
    let host = authority(url);
    of(
        Phase::FirstByte,
        format!("the data from {host} is not an HTTP response: {error}{hint}; the connection was closed"),
    )
}

/// How hyper says that bytes came before a request went out: a server that greets its clients is no HTTP server.
const SPOKE_FIRST: &str = "received unexpected message";

fn lost(error: &reqwest::Error) -> String {
    match found::<hyper::Error>(error) {
        Some(hyper) if hyper.is_incomplete_message() || hyper.is_closed() => {
            "the connection was closed before the response's header block was complete".to_owned()
        }
        _ => match found::<io::Error>(error).map(io::Error::kind) {
            Some(io::ErrorKind::ConnectionReset) => {
                "the connection was reset before the response's header block was complete".to_owned()
            }
            _ => describe(error),
        },
    }
}

/// The first question that a lost response raises.
const FATE: &str = "it is unknown whether the request was processed";

fn is_unwritten(error: &reqwest::Error) -> bool {
    found::<io::Error>(error)
        .is_some_and(|io| matches!(io.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::WriteZero))
}

/// Describes why a body ended early.
pub(super) fn in_body(error: &reqwest::Error, reached: &Mutex<Reached>) -> TransportError {
    let reached = reached.lock().map(|reached| reached.clone()).unwrap_or_default();
    let share = reached.share();
    let malformed = found::<io::Error>(error)
        .filter(|io| io.kind() == io::ErrorKind::InvalidInput || io.kind() == io::ErrorKind::InvalidData);
    of(
        Phase::Body,
        match malformed {
            Some(io) => format!("the chunked framing is broken after {share} of the body: {io}"),
            None => format!("the body is truncated after {share} ({}); none of it was checked", describe(error)),
        },
    )
}

/// The causes of an error, outermost first.
// The URL may hold secrets, and the request record has it anyway: only the causes are described.
pub(crate) fn describe(error: &reqwest::Error) -> String {
    let causes: Vec<String> = causes(error).map(ToString::to_string).collect();
    if causes.is_empty() { error.to_string() } else { causes.join(": ") }
}

fn found<E: StdError + 'static>(error: &reqwest::Error) -> Option<&E> {
    causes(error).find_map(|cause| cause.downcast_ref::<E>())
}

/// The causes of an error. An input or output error hides the one that it was made of behind that one's own cause.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    std::iter::successors(error.source(), |&cause| {
        let inner = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        inner.map(|inner| inner as &(dyn StdError + 'static)).or_else(|| cause.source())
    })
}
