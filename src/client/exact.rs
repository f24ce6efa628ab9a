//! Sending a request with a target that no URL has: `..`, `%2e` and `\\` go out as they are written, where a client that
//! works with URLs resolves them first.
//!
//! Each such request has a connection of its own, straight to the target. Deliberately not here: what comes back.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use reqwest::dns::Resolve;
use reqwest::header::{ACCEPT, HOST, HeaderValue};
use reqwest::{Body, Request, Response};
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use super::peer::{Peer, authority};
use super::reason::{self, before_headers};
use super::trust::client_config;
use crate::record::{Phase, TransportError};

/// How a request goes out.
pub(super) enum Way<'a> {
    /// By the client, which knows the target from the URL.
    Url(&'a reqwest::Client),
    /// With a target of its own.
    Exact(&'a ExactTarget),
}

/// A request's target, and who is believed to be on the other side.
pub(super) struct ExactTarget {
    /// What stands in the request line.
    pub target: String,
    /// Root certificates to be trusted beside the system's.
    pub roots: Vec<CertificateDer<'static>>,
}

impl Way<'_> {
    /// Sends a request, and waits for the header block.
    pub(super) async fn execute(&self, request: Request, peer: &Peer) -> Result<Response, TransportError> {
        match self {
            Self::Url(http) => {
                let url = request.url().clone();
                http.execute(request).await.map_err(|error| before_headers(&error, &url, peer))
            }
            Self::Exact(exact) => exact.execute(request, peer).await,
        }
    }
}

/// The first character that cannot stand in the line of a request.
pub fn unsendable(target: &str) -> Option<char> {
    let is_kept = |text: &str| text.parse::<http::uri::PathAndQuery>().is_ok_and(|parsed| parsed.as_str() == text);
    target.chars().find(|character| !is_kept(&format!("/{character}")) || *character == '#')
}

impl ExactTarget {
    async fn execute(&self, request: Request, peer: &Peer) -> Result<Response, TransportError> {
        let url = request.url().clone();
        let stream = in_time(&url, peer, connect(&url, peer)).await?;
        if url.scheme() == "http" {
            return self.send(request, stream, peer).await;
        }
        let stream = in_time(&url, peer, self.encrypted(&url, stream)).await?;
        self.send(request, stream, peer).await
    }

    async fn encrypted(&self, url: &Url, stream: TcpStream) -> io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
        let name = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let name = ServerName::try_from(name).map_err(io::Error::other)?;
        let config = client_config(&self.roots).map_err(io::Error::other)?;
        TlsConnector::from(Arc::new(config)).connect(name, stream).await
    }

    async fn send<S>(&self, request: Request, stream: S, peer: &Peer) -> Result<Response, TransportError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let url = request.url().clone();
        let lost = |error: hyper::Error| reason::before_headers_of(&error, &url, peer);
        let (mut sender, connection) = http1::Builder::new()
            .max_headers(peer.limits.fields)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(lost)?;
        // It ends with the response, and what went wrong is told there.
        tokio::spawn(async move { drop(connection.await) });
        let request = self.line(request).map_err(|message| reason::of(Phase::Send, message))?;
        let response = sender.send_request(request).await.map_err(lost)?;
        Ok(Response::from(response.map(Body::wrap)))
    }

    /// The request with its own target, and the fields that the client would add.
    fn line(&self, request: Request) -> Result<http::Request<Body>, String> {
        let host = HeaderValue::from_str(&authority(request.url())).map_err(|error| error.to_string())?;
        let mut request = http::Request::<Body>::try_from(request).map_err(|error| error.to_string())?;
        let target: http::uri::PathAndQuery =
            self.target.parse().map_err(|_| format!("cannot send `{}`", self.target))?;
        *request.uri_mut() = http::Uri::from(target);
        request.headers_mut().entry(HOST).or_insert(host);
        request.headers_mut().entry(ACCEPT).or_insert(HeaderValue::from_static("*/*"));
        Ok(request)
    }
}

async fn in_time<T>(url: &Url, peer: &Peer, work: impl Future<Output = io::Result<T>>) -> Result<T, TransportError> {
    match timeout(peer.limits.connect, work).await {
        Ok(done) => done.map_err(|error| reason::not_connected(&error, url)),
        Err(_) => Err(reason::connecting_took_too_long(url, peer)),
    }
}

async fn connect(url: &Url, peer: &Peer) -> io::Result<TcpStream> {
    let port = url.port_or_known_default().unwrap_or(443);
    let addresses: Vec<SocketAddr> = match url.host() {
        Some(Host::Ipv4(address)) => vec![(address, port).into()],
        Some(Host::Ipv6(address)) => vec![(address, port).into()],
        Some(Host::Domain(name)) => {
            let name = name.parse().map_err(io::Error::other)?;
            let found = peer.names.resolve(name).await.map_err(io::Error::other)?;
            found.map(|address| (address.ip(), port).into()).collect()
        }
        None => Vec::new(),
    };
    TcpStream::connect(addresses.as_slice()).await
}

#[cfg(test)]
mod tests {
    use super::unsendable;

    #[test]
    fn what_would_break_the_line_of_a_request_is_named() {
        for path in ["/a/../b", "/a/%2e%2e/b", "/a\\b", "/a//b", "/%zz", "/a|b\"'^{}?x=[y]", "/ö"] {
            assert_eq!(unsendable(path), None, "{path}");
        }
        for (path, character) in
            [("/a b", ' '), ("/a\r\nb", '\r'), ("/a#b", '#'), ("/a<b", '<'), ("/a\tb", '\t'), ("/a\0", '\0')]
        {
            assert_eq!(unsendable(path), Some(character));
        }
    }
}
