//! What stands in front of the stand-in so that it looks like a real tenant from outside: TLS by a private authority, a
//! long way there and back, and a limit on requests per second. It counts what passes.
//!
//! It knows nothing of the contract; what it forwards it does not change, unless it plays a custom domain.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use axum::serve::Listener;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::server::TlsStream;

/// How the front behaves.
#[derive(Debug, Clone, Default)]
pub(super) struct Options {
    /// How long every answer takes at least.
    pub latency: Duration,
    /// Requests per second; more are answered 429.
    pub limit: Option<usize>,
    /// The environment that is put into every path, as behind a custom domain.
    pub environment: Option<String>,
    /// The environment that describes itself to anybody; PingOne's do, and the stand-in's do not.
    pub described: String,
    /// How many token requests are refused for no reason, as PingOne does now and then.
    pub spurious: usize,
    /// After how many uses the first token is refused, as one that has expired.
    pub worn_out_after: Option<usize>,
    /// Whether every token is refused where it is used.
    pub refuse_tokens: bool,
}

/// What passed.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub requests: AtomicUsize,
    pub token_requests: AtomicUsize,
    /// Requests that were refused because of their token.
    pub refused: AtomicUsize,
    pub limited: AtomicUsize,
    /// Requests about a flow that came with the cookie of another session.
    pub strangers: AtomicUsize,
    pub at_once: AtomicUsize,
    pub most_at_once: AtomicUsize,
}

/// A TLS server in front of a stand-in; it stops when dropped.
pub(super) struct Front {
    pub url: String,
    /// The authority's certificate, as PEM.
    pub ca: String,
    pub counts: Arc<Counts>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    behind: String,
    options: Options,
    counts: Arc<Counts>,
    http: reqwest::Client,
    second: Mutex<(Instant, usize)>,
    sessions: Mutex<HashMap<String, String>>,
    first_token: Mutex<Option<(HeaderValue, usize)>>,
    url: String,
}

impl Front {
    pub(super) fn start(behind: &str, options: Options) -> Self {
        let (ca, tls) = certificates();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a socket that does not block");
        let url = format!("https://{}", listener.local_addr().expect("an address"));
        let (counts, (stop, stopped)) = (Arc::new(Counts::default()), oneshot::channel());
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let http = http.tls_certs_only([]).build().expect("a client");
        let shared = Shared {
            behind: behind.to_owned(),
            options,
            counts: Arc::clone(&counts),
            http,
            second: Mutex::new((Instant::now(), 0)),
            sessions: Mutex::default(),
            first_token: Mutex::default(),
            url: url.clone(),
        };
        let app = Router::new().fallback(handle).with_state(Arc::new(shared));
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let tcp = TcpListener::from_std(listener).expect("a listener");
                let serve = axum::serve(Tls { tcp, tls }, app);
                tokio::select! { _ = async { serve.await } => (), _ = stopped => () }
            });
        });
        Self { url, ca, counts, stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        drop(self.stop.take());
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// An authority of our own, and a server that it vouches for.
fn certificates() -> (String, TlsAcceptor) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut authority = CertificateParams::new(Vec::new()).expect("parameters");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().expect("a key")).expect("an authority");
    let key = KeyPair::generate().expect("a key");
    let server = CertificateParams::new(vec!["127.0.0.1".into(), "localhost".into()]).expect("parameters");
    let server = server.signed_by(&key, &authority).expect("a certificate");
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let config = ServerConfig::builder().with_no_client_auth();
    let config = config.with_single_cert(vec![CertificateDer::from(server)], key).expect("a configuration");
    (pem(authority.as_ref()), TlsAcceptor::from(Arc::new(config)))
}

fn pem(certificate: &rcgen::Certificate) -> String {
    let text = STANDARD.encode(certificate.der());
    let lines: Vec<&str> = (0..text.len()).step_by(64).map(|at| &text[at..(at + 64).min(text.len())]).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

struct Tls {
    tcp: TcpListener,
    tls: TlsAcceptor,
}

impl Listener for Tls {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let Ok((stream, peer)) = self.tcp.accept().await else { continue };
            let _ = stream.set_nodelay(true);
            if let Ok(stream) = self.tls.accept(stream).await {
                return (stream, peer);
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    let counts = &shared.counts;
    counts.requests.fetch_add(1, Ordering::SeqCst);
    let now = counts.at_once.fetch_add(1, Ordering::SeqCst) + 1;
    counts.most_at_once.fetch_max(now, Ordering::SeqCst);
    tokio::time::sleep(shared.options.latency).await;
    let answer = shared.answer(request).await;
    counts.at_once.fetch_sub(1, Ordering::SeqCst);
    answer
}

impl Shared {
    async fn answer(&self, request: Request) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let is_token = parts.uri.path().ends_with("/as/token");
        if let Some(before) = parts.uri.path().strip_suffix("/as/.well-known/openid-configuration") {
            return self.description(before);
        }
        if self.is_over_limit() {
            self.counts.limited.fetch_add(1, Ordering::SeqCst);
            return limited();
        }
        let body = to_bytes(body, 1 << 20).await.unwrap_or_default();
        if is_token && String::from_utf8_lossy(&body).contains("client_credentials") {
            let asked = self.counts.token_requests.fetch_add(1, Ordering::SeqCst);
            if asked < self.options.spurious {
                return spurious();
            }
        }
        if !is_token && self.refuses(&parts.headers) {
            self.counts.refused.fetch_add(1, Ordering::SeqCst);
            return json(StatusCode::UNAUTHORIZED, r#"{"id":"0","code":"ACCESS_FAILED","message":"no"}"#);
        }
        self.watch(&path, &parts.headers);
        let path =
            self.options.environment.as_ref().map_or(path.clone(), |environment| format!("/{environment}{path}"));
        let sent = self.http.request(parts.method, format!("{}{path}", self.behind)).headers(forwarded(&parts.headers));
        let answer = sent.body(body).send().await.expect("the stand-in answers");
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = answer.bytes().await.expect("a whole answer");
        self.remember(&headers, &body);
        let mut response = Response::new(Body::from(self.seen_from_outside(&body)));
        *response.status_mut() = status;
        *response.headers_mut() = forwarded(&headers);
        response
    }

    fn description(&self, before: &str) -> Response<Body> {
        let known = if self.options.environment.is_some() { "" } else { self.options.described.as_str() };
        let issuer = format!(r#"{{"issuer":"{}{before}/as"}}"#, self.url);
        let is_there = before.trim_start_matches('/') == known;
        if is_there { json(StatusCode::OK, &issuer) } else { json(StatusCode::NOT_FOUND, "{}") }
    }

    /// Whether a token is refused, though the stand-in would take it.
    fn refuses(&self, headers: &HeaderMap) -> bool {
        let Some(shown) = headers.get("authorization") else { return false };
        let mut first = self.first_token.lock().expect("not poisoned");
        let (token, used) = first.get_or_insert_with(|| (shown.clone(), 0));
        let worn_out = self.options.worn_out_after.is_some_and(|uses| {
            *used += usize::from(token == shown);
            token == shown && *used > uses
        });
        worn_out || self.options.refuse_tokens
    }

    /// Behind a custom domain no address holds the environment, and all of them are the domain's.
    fn seen_from_outside(&self, body: &Bytes) -> Bytes {
        let Some(environment) = &self.options.environment else { return body.clone() };
        let inside = format!("{}/{environment}", self.behind);
        String::from_utf8_lossy(body).replace(&inside, &self.url).into_bytes().into()
    }

    fn is_over_limit(&self) -> bool {
        let Some(limit) = self.options.limit else { return false };
        let mut second = self.second.lock().expect("not poisoned");
        if second.0.elapsed() >= Duration::from_secs(1) {
            *second = (Instant::now(), 0);
        }
        second.1 += 1;
        second.1 > limit
    }

    /// Remembers in which session a flow began.
    fn remember(&self, headers: &HeaderMap, body: &Bytes) {
        let Some(session) = session(headers, "set-cookie") else { return };
        let flow = serde_json::from_slice::<serde_json::Value>(body).ok();
        if let Some(id) = flow.as_ref().and_then(|flow| flow.get("id")?.as_str()) {
            self.sessions.lock().expect("not poisoned").insert(id.to_owned(), session);
        }
    }

    /// Counts requests about a flow that come with the cookie of another session.
    fn watch(&self, path: &str, headers: &HeaderMap) {
        let Some((_, flow)) = path.split_once("/flows/") else { return };
        let sessions = self.sessions.lock().expect("not poisoned");
        let began = sessions.get(flow.split(['?', '/']).next().unwrap_or_default());
        let shown = session(headers, "cookie");
        if began.is_some() && shown.is_some() && began != shown.as_ref() {
            self.counts.strangers.fetch_add(1, Ordering::SeqCst);
        }
    }
}

fn session(headers: &HeaderMap, field: &str) -> Option<String> {
    let fields = headers.get_all(field).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = fields.flat_map(|value| value.split(';')).map(str::trim);
    pairs.find_map(|pair| pair.strip_prefix("ST=")).map(str::to_owned)
}

fn forwarded(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    for own in ["host", "content-length", "connection", "transfer-encoding"] {
        headers.remove(own);
    }
    headers
}

fn limited() -> Response<Body> {
    let body = r#"{"code":"REQUEST_LIMITED","message":"too many"}"#;
    let mut response = json(StatusCode::TOO_MANY_REQUESTS, body);
    response.headers_mut().insert("retry-after", "1".parse().expect("a value"));
    response.headers_mut().insert("correlation-id", uuid::Uuid::new_v4().to_string().parse().expect("a value"));
    response
}

fn spurious() -> Response<Body> {
    let description = "Request denied: Unsupported authentication method (Correlation ID: 0)";
    json(StatusCode::UNAUTHORIZED, &format!(r#"{{"error":"invalid_client","error_description":"{description}"}}"#))
}

fn json(status: StatusCode, body: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_owned()));
    *response.status_mut() = status;
    response.headers_mut().insert("content-type", "application/json;charset=UTF-8".parse().expect("a value"));
    response
}
