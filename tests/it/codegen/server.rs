//! A server that notes what it is sent and answers what it is told.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::request::Parts;
use axum::http::{Request, Response};
use url::Url;

/// One request as the server saw it.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    /// Request line and headers.
    pub head: Parts,
    /// The body.
    pub body: Bytes,
}

impl Seen {
    /// Lists the headers in the order in which they came.
    pub(super) fn headers(&self) -> Vec<(String, Vec<u8>)> {
        let headers = self.head.headers.iter();
        headers.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect()
    }

    /// Reads a header that came once.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.head.headers.get_all(name).iter();
        let value = values.next().map(|value| value.to_str().expect("a header is text"));
        assert!(values.next().is_none(), "{name} came twice");
        value
    }
}

/// A running server; it ends with its runtime.
pub(super) struct Server {
    /// Where it listens.
    pub base: Url,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// Starts a server that answers every request in the same way.
    pub(super) async fn start(answer: impl Fn(&Seen) -> Response<Body> + Clone + Send + Sync + 'static) -> Server {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        let app = Router::new().fallback(async move |request: Request<Body>| {
            let (head, body) = request.into_parts();
            let body = axum::body::to_bytes(body, usize::MAX).await.expect("the body comes whole");
            let seen = Seen { head, body };
            let answer = answer(&seen);
            log.lock().expect("no test panics while noting").push(seen);
            answer
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("the listener has an address");
        tokio::spawn(async move { axum::serve(listener, app).await });
        Server { base: base(address.port()), seen }
    }

    /// Takes what was seen so far.
    pub(super) fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut self.seen.lock().expect("no test panics while noting"))
    }
}

/// The base URL of a port on this machine, with a path below which everything is.
pub(super) fn base(port: u16) -> Url {
    Url::parse(&format!("http://127.0.0.1:{port}/base/")).expect("this is a URL")
}

/// An answer with a status, a media type and a body.
pub(super) fn answer(status: u16, media_type: &str, body: impl Into<Body>) -> Response<Body> {
    let response = Response::builder().status(status).header("content-type", media_type);
    response.body(body.into()).expect("this is a response")
}
