//! The way to one target: the HTTP client, its limits, and the two ways to send.
//!
//! One transport belongs to one runtime, because connections do. It never follows a redirect and never tries again.

use std::fmt;
use std::sync::{Arc, Mutex, Once};

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::Request;
use reqwest::dns::Resolve;
use rustls::pki_types::CertificateDer;
use url::{Position, Url};

use super::arguments::{Arguments, CallError};
use super::call::{Call, CallMethod};
use super::capture::Capture;
use super::exact::{ExactTarget, Way};
use super::exchange::exchange;
use super::fit;
use super::limits::Limits;
use super::method::{Connection, GeneratedMethod};
use super::names::HostNames;
use super::peer::Peer;
use super::prepare::{self, RawRequest};
use super::reason::describe;
use crate::base::loopback::is_loopback;
use crate::base::sync::LockAnyway;
use crate::record::Exchange;

/// What decides how a transport reaches its target.
#[derive(Clone, Default)]
pub struct TransportOptions {
    /// How long and how much it puts up with.
    pub limits: Limits,
    /// Root certificates to be trusted beside the system's; [`super::roots_in`] reads them from a file's text.
    pub extra_roots: Vec<CertificateDer<'static>>,
    /// Takes any certificate for any name. Nothing falls back to this by itself.
    pub insecure: bool,
    /// The environment that is left out of every path: behind a custom domain it goes without saying.
    pub environment_left_out: Option<String>,
    /// Who turns names into addresses; the system, unless a test has it otherwise.
    pub resolver: Option<Arc<dyn Resolve>>,
}

impl fmt::Debug for TransportOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limits, extra_roots, insecure, .. } = self;
        write!(f, "{limits:?}, {} extra roots, insecure: {insecure}", extra_roots.len())
    }
}

impl From<Limits> for TransportOptions {
    fn from(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }
}

/// The way to one target. Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct Transport(Arc<TransportState>);

#[derive(Debug)]
struct TransportState {
    base: Url,
    // As the generated client wants it: without a slash at the end.
    prefix: String,
    options: TransportOptions,
    names: HostNames,
    // Taken away when its connections must not be used again.
    http: Mutex<Option<reqwest::Client>>,
}

impl Transport {
    /// Makes a transport for the target at `base`. Nothing is opened before the first request.
    pub fn new(base: Url, options: impl Into<TransportOptions>) -> Self {
        let prefix = base.as_str().trim_end_matches('/').to_owned();
        let options = options.into();
        let names = HostNames::new(options.resolver.clone());
        Transport(Arc::new(TransportState { base, prefix, options, names, http: Mutex::default() }))
    }

    /// The URL that all paths of the contract are below.
    pub fn base(&self) -> &Url {
        &self.0.base
    }

    /// Sends a call: through the generated client, or as the contract says where none was generated from it.
    ///
    /// # Errors
    /// An argument does not fit the contract, or the request cannot be made. Whatever goes wrong after that is the
    /// [`Exchange`]'s outcome.
    pub async fn send(&self, call: &Call<'_>) -> Result<Exchange, CallError> {
        match call.method {
            CallMethod::Generated(method) => self.send_typed(call, method).await,
            CallMethod::Documented(contract) => {
                fit::check(contract, call)?;
                let exchange = Box::pin(self.send_raw(self.prepare(call)?)).await?;
                Ok(Exchange { operation: Some(call.operation.name.clone()), ..exchange })
            }
        }
    }

    async fn send_typed(&self, call: &Call<'_>, method: &GeneratedMethod) -> Result<Exchange, CallError> {
        let arguments = Arguments::of(call.operation, &call.path, &call.query, call.body.as_ref())?;
        if arguments.lacks_body() {
            return Box::pin(self.send_without_body(call, method)).await;
        }
        let capture = Capture::new(call, self.peer())?;
        let base = call.base.as_ref().map_or(&*self.0.prefix, |base| base.as_str().trim_end_matches('/')).to_owned();
        let connection = Connection { base, http: self.http()?, capture: capture.clone() };
        let settled = (method.call)(connection, &arguments).await?;
        let Some(captured) = capture.take() else {
            return Err(CallError::Request(settled.reason()));
        };
        let exchange = method.settled(captured, &settled);
        self.drop_if_ambiguous(&exchange);
        Ok(exchange)
    }

    /// Sends anything. The reply is not decoded; [`super::decode`] can do it.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub async fn send_raw(&self, request: RawRequest) -> Result<Exchange, CallError> {
        let mut wire = Request::new(request.method, request.url);
        wire.url_mut().set_fragment(None);
        self.peer().shorten(wire.url_mut());
        *wire.headers_mut() = request.headers;
        *wire.body_mut() = request.body.map(reqwest::Body::from);
        let exchange = match request.target {
            Some(target) => self.send_exactly(wire, &target).await?,
            None => exchange(Way::Url(&self.http()?), wire, self.peer(), |_, _| None).await.sent,
        };
        self.drop_if_ambiguous(&exchange);
        Ok(exchange)
    }

    /// Sends a request with a target of its own; by the usual way where that is what the URL says, too.
    async fn send_exactly(&self, wire: Request, target: &str) -> Result<Exchange, CallError> {
        let peer = self.peer();
        let target = peer.without_environment(target).unwrap_or(target).to_owned();
        if wire.url()[Position::BeforePath..] == target {
            return Ok(exchange(Way::Url(&self.http()?), wire, peer, |_, _| None).await.sent);
        }
        let TransportOptions { insecure, extra_roots, .. } = &self.0.options;
        if *insecure || proxy_of(&self.0.base).is_some() {
            let message = "a path that is no URL's is sent straight to the target only, and neither through a proxy nor insecurely";
            return Err(CallError::Request(message.into()));
        }
        install_provider();
        let url = format!("{}{target}", &wire.url()[..Position::BeforePath]);
        let exact = ExactTarget { target, roots: extra_roots.clone() };
        let mut sent = exchange(Way::Exact(&exact), wire, peer, |_, _| None).await.sent;
        sent.request.url = url;
        Ok(sent)
    }

    /// Writes a call as a raw request, without asking whether its arguments fit: the start for one that is wrong on
    /// purpose. Unknown parameters go into the query.
    ///
    /// # Errors
    /// A path parameter is missing, or the URL cannot be made.
    pub fn prepare(&self, call: &Call<'_>) -> Result<RawRequest, CallError> {
        prepare::request(&self.0.prefix, call)
    }

    async fn send_without_body(&self, call: &Call<'_>, method: &GeneratedMethod) -> Result<Exchange, CallError> {
        let exchange = self.send_raw(self.prepare(call)?).await?;
        let decoded = method.decode(call.operation, &exchange);
        Ok(Exchange { operation: Some(call.operation.name.clone()), decoded, ..exchange })
    }

    fn peer(&self) -> Peer {
        let TransportOptions { limits, environment_left_out, .. } = &self.0.options;
        Peer { limits: *limits, names: self.0.names.clone(), left_out: environment_left_out.clone() }
    }

    /// Gives up all connections after an answer of which the end is in doubt: what is left of it must not become the
    /// answer to the next request.
    fn drop_if_ambiguous(&self, exchange: &Exchange) {
        if exchange.response().is_some_and(|response| response.headers.is_ambiguously_framed(response.status)) {
            *self.0.http.locked() = None;
        }
    }

    /// The client that keeps the connections.
    pub(crate) fn http(&self) -> Result<reqwest::Client, CallError> {
        let mut http = self.0.http.locked();
        if let Some(made) = &*http {
            return Ok(made.clone());
        }
        let made = http_client(&self.0).map_err(|error| CallError::Client(describe(&error)))?;
        Ok(http.insert(made).clone())
    }
}

fn install_provider() {
    static PROVIDER: Once = Once::new();
    // Already installed by somebody else is as good.
    PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
}

fn http_client(shared: &TransportState) -> reqwest::Result<reqwest::Client> {
    install_provider();
    let TransportState { base, options, names, .. } = shared;
    let builder = reqwest::Client::builder()
        .connect_timeout(options.limits.connect)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .http1_max_headers(options.limits.fields)
        .dns_resolver(Arc::new(names.clone()));
    let builder = if is_loopback(base) { builder.no_proxy() } else { builder };
    with_trust(builder, base, options)?.build()
}

fn with_trust(
    builder: reqwest::ClientBuilder,
    base: &Url,
    options: &TransportOptions,
) -> reqwest::Result<reqwest::ClientBuilder> {
    // Reading the system's certificates takes milliseconds, and nobody asks for them here.
    if base.scheme() == "http" {
        return Ok(builder.tls_certs_only([]));
    }
    let extra = options.extra_roots.iter().map(|root| reqwest::Certificate::from_der(root));
    let extra = extra.collect::<reqwest::Result<Vec<_>>>()?;
    Ok(builder.tls_certs_merge(extra).tls_danger_accept_invalid_certs(options.insecure))
}

/// The proxy that the environment puts between us and a target, if any; what the proxy is told of us is left out.
pub fn proxy_of(base: &Url) -> Option<String> {
    let target = base.as_str().parse().ok().filter(|_| !is_loopback(base))?;
    let found = Matcher::from_env().intercept(&target)?;
    let proxy = found.uri();
    let port = proxy.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{}://{}{port}", proxy.scheme_str().unwrap_or("http"), proxy.host()?))
}
