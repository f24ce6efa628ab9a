//! The way to one target: the HTTP client, its limits, and the two ways to send.
//!
//! One transport belongs to one runtime, because connections do. It never follows a redirect and never tries again.

use std::net::IpAddr;
use std::sync::{Arc, Once, OnceLock};
use std::time::Duration;

use reqwest::Request;
use url::{Host, Url};

use super::arguments::{Arguments, Call, CallError};
use super::capture::Capture;
use super::exchange::{exchange, reason};
use super::generated;
use super::prepare::{self, RawRequest};
use crate::record::{Exchange, Response};

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
    /// [`Exchange`]'s outcome.
    pub async fn send_typed(&self, call: &Call) -> Result<Exchange, CallError> {
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

    /// Sends anything. The reply is not decoded; [`super::Operation::decode`] can do it.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub async fn send_raw(&self, request: RawRequest) -> Result<Exchange, CallError> {
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
        prepare::request(&self.0.prefix, call)
    }

    async fn send_without_body(&self, call: &Call) -> Result<Exchange, CallError> {
        let exchange = self.send_raw(self.prepare(call)?).await?;
        let decode =
            |response: &Response| call.operation.decode(response.status, response.headers.media_type(), &response.body);
        Ok(Exchange {
            operation: Some(call.operation.name.to_owned()),
            decoded: exchange.response().map(decode).unwrap_or_default(),
            ..exchange
        })
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
