//! Reaching a host: its name, a connection, TLS, its clock, and whether the environment's sign-on service answers there.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use reqwest::Method;
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::Value;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::Url;

use super::probe::{Answer, Probes, Trouble};
use crate::client::{RawRequest, Transport, client_config, explain_tls};
use crate::config::TargetConfig;
use crate::record::Response;
use crate::record::model::skew::SKEW;

/// How long each of name, connection and TLS may take.
const LIMIT: Duration = Duration::from_secs(10);

/// What to do where a request got no usable answer.
pub(super) const TRY_AGAIN: &str =
    "run the doctor again; if the problem persists, check the network between this machine and the tenant";

/// A host and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Host {
    pub(super) name: String,
    address: (String, u16),
    encrypted: bool,
}

impl Host {
    pub(super) fn of(url: &Url) -> Self {
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let port = url.port_or_known_default().unwrap_or(443);
        Self { name: format!("{host}:{port}"), address: (host, port), encrypted: url.scheme() == "https" }
    }
}

/// A URL with more segments at its end.
pub(super) fn below(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

/// Asks for the name, a connection and TLS. Says whether all three came about.
pub(super) async fn reach(host: &Host, roots: &[CertificateDer<'static>], insecure: bool, probes: &mut Probes) -> bool {
    let asked = Instant::now();
    let addresses = look_up(host).await;
    let answer = addresses.as_ref().map(|found| (format!("the name has {}", listed(found)), None));
    if !probes.note("dns", &host.address.0, asked, answer.map_err(Clone::clone)) {
        probes.leave_out("connection", &host.name, "the name does not resolve");
        probes.leave_out("tls", &host.name, "there is no connection");
        return false;
    }
    let asked = Instant::now();
    let connection = connect(host, &addresses.unwrap_or_default()).await;
    let answer = connection.as_ref().map(|(_, address)| (format!("{address} accepts connections"), None));
    probes.note("connection", &host.name, asked, answer.map_err(Clone::clone));
    let Ok((stream, _)) = connection else {
        probes.leave_out("tls", &host.name, "there is no connection");
        return false;
    };
    let asked = Instant::now();
    if !host.encrypted {
        probes.leave_out("tls", &host.name, "the target is on this machine and uses plain HTTP");
        return true;
    }
    let answer = tls(host, stream, roots).await;
    let answer = if insecure { Ok(unverified(answer)) } else { answer };
    probes.note("tls", &host.name, asked, answer)
}

async fn look_up(host: &Host) -> Result<Vec<SocketAddr>, Trouble> {
    let advice = "check the region or host of the target, and this machine's resolver and VPN";
    let failed = |problem: String| (format!("DNS lookup failed: {problem}"), advice.to_owned());
    match timeout(LIMIT, lookup_host((host.address.0.as_str(), host.address.1))).await {
        Ok(Ok(found)) => Ok(found.collect()),
        Ok(Err(error)) => Err(failed(error.to_string())),
        Err(_) => Err(failed(format!("no response within {} s", LIMIT.as_secs()))),
    }
}

fn listed(addresses: &[SocketAddr]) -> String {
    let texts: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
    let plural = if texts.len() == 1 { "address" } else { "addresses" };
    format!("{} {plural}: {}", texts.len(), texts.join(", "))
}

async fn connect(host: &Host, addresses: &[SocketAddr]) -> Result<(TcpStream, SocketAddr), Trouble> {
    let advice = "see whether a firewall or a proxy is in the way, and whether the port is right";
    let attempt = async {
        let mut last = format!("{} has no address", host.name);
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok((stream, *address)),
                Err(error) => last = format!("{address}: {error}"),
            }
        }
        Err(last)
    };
    match timeout(LIMIT, attempt).await {
        Ok(result) => result.map_err(|problem| (problem, advice.to_owned())),
        Err(_) => Err((format!("no connection within {} s", LIMIT.as_secs()), advice.to_owned())),
    }
}

async fn tls(host: &Host, stream: TcpStream, roots: &[CertificateDer<'static>]) -> Result<Answer, Trouble> {
    let advice = "a proxy that opens TLS has an authority of its own: name its certificate with `ca`";
    let failed = |problem: String| (problem, advice.to_owned());
    let name = ServerName::try_from(host.address.0.clone()).map_err(|error| failed(error.to_string()))?;
    let config = client_config(roots).map_err(|error| failed(error.to_string()))?;
    let connector = TlsConnector::from(Arc::new(config));
    match timeout(LIMIT, connector.connect(name, stream)).await {
        Ok(Ok(stream)) => {
            let (_, session) = stream.get_ref();
            let version = session.protocol_version().map_or_else(String::new, |version| format!("{version:?}, "));
            Ok((format!("{version}the certificate is valid and is for {}", host.address.0), None))
        }
        Ok(Err(error)) => {
            let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
            Err(failed(tls.map_or_else(|| error.to_string(), |tls| explain_tls(tls, &host.name))))
        }
        Err(_) => Err(failed(format!("no TLS session within {} s", LIMIT.as_secs()))),
    }
}

/// With `insecure` nothing is refused, so that a good answer is not good and a bad one not bad enough.
fn unverified(answer: Result<Answer, Trouble>) -> Answer {
    let found = match answer {
        Ok(_) => "the certificate is valid, but TLS is not verified: `--insecure`".to_owned(),
        Err((problem, _)) => format!("TLS is not verified: `--insecure`; {problem}"),
    };
    (String::new(), Some((found, "drop `--insecure`, and name the certificate with `ca`".into())))
}

/// Reads the public description of the environment's sign-on service, and the tenant's clock with it.
pub(super) async fn sign_on_service(target: &TargetConfig, transport: &Transport, probes: &mut Probes) -> bool {
    let environment = target.environment.to_string();
    let url = target.environment_url(&["as", ".well-known", "openid-configuration"]);
    let asked = Instant::now();
    let sent = get(transport, url, HeaderMap::new()).await;
    let answer = sent.as_ref().map_err(Clone::clone);
    let well = probes.note("sign-on", &environment, asked, answer.and_then(|(sent, _)| described(sent, &environment)));
    if let Ok((_, skew)) = &sent {
        probes.note("clock", &Host::of(&target.auth_path).address.0, asked, Ok(clock(*skew)));
    }
    well
}

fn described(response: &Response, environment: &str) -> Result<Answer, Trouble> {
    let document: Option<Value> = serde_json::from_slice(&response.body).ok();
    let issuer = document.as_ref().and_then(|document| document.get("issuer")).and_then(Value::as_str);
    match (response.status, issuer) {
        (200, Some(issuer)) => Ok((format!("the environment exists; its issuer is {issuer}"), None)),
        (200, None) => {
            let advice = "check that the address is that of PingOne and not of a page in between";
            Err(("the response does not describe a sign-on service".into(), advice.into()))
        }
        (status, _) => {
            let advice =
                "compare the environment's id and region with those in the console, under Environment, Properties";
            Err((format!("the sign-on service of {environment} answers {status}"), advice.into()))
        }
    }
}

fn clock(skew: Option<TimeDelta>) -> Answer {
    let Some(skew) = skew else {
        let advice = "compare this machine's clock with a time server";
        return (String::new(), Some(("the response has no Date field".into(), advice.into())));
    };
    let seconds = skew.num_seconds();
    let (apart, side) = (seconds.abs(), if seconds < 0 { "behind" } else { "ahead of" });
    if skew.abs() <= SKEW {
        return (format!("this machine's clock is within {} s of the tenant's", SKEW.num_seconds()), None);
    }
    let found = format!("this machine's clock is {apart} s {side} the tenant's");
    (
        found.clone(),
        Some((found, "set it by a time server: passcodes of authenticators and expiry depend on it".into())),
    )
}

/// Sends a GET request; gives the response, and by how much this machine's clock is ahead of the one that answered.
pub(super) async fn get(
    transport: &Transport,
    url: Url,
    mut headers: HeaderMap,
) -> Result<(Response, Option<TimeDelta>), Trouble> {
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    let request = RawRequest { method: Method::GET, url, target: None, headers, body: None };
    let exchange = transport.send_raw(request).await.map_err(|error| unanswered(error.to_string()))?;
    let skew = exchange.skew();
    exchange.outcome.map(|response| (response, skew)).map_err(|error| unanswered(error.message))
}

fn unanswered(problem: String) -> Trouble {
    (problem, TRY_AGAIN.to_owned())
}
