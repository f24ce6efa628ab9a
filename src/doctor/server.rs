//! What is wrong between this machine and a server of any API: its secrets, the way to it, and whether it answers.
//!
//! Deliberately not here: whether its answers keep a contract, which takes a scenario.

use std::path::Path;
use std::time::Instant;

use reqwest::Method;
use reqwest::header::HeaderMap;
use rustls::pki_types::CertificateDer;
use url::Url;

use super::network::{Host, TRY_AGAIN, reach};
use super::probe::{Probes, Trouble};
use super::{Examination, certificates};
use crate::base::text::counted;
use crate::client::{RawRequest, Transport, TransportOptions};
use crate::config::ServerConfig;
use crate::config::secret_source::SecretSource;
use crate::config::server::ServerValue;
use crate::record::redaction::Register;

/// Asks everything about a server at this address. Secrets that are read are registered.
pub(crate) async fn examine_server(
    server: &ServerConfig,
    base: &Url,
    insecure: bool,
    register: &Register,
) -> Examination {
    let mut probes = Probes(Vec::new());
    let roots = configuration(server, register, &mut probes);
    let sent = roots.is_some();
    match roots {
        Some(roots) => ask(base, insecure && server.insecure, roots, &mut probes).await,
        None => probes.leave_out("network", base.as_str(), "the configuration comes first; nothing was sent"),
    }
    let (target, address) = (server.name.value.clone(), base.to_string());
    Examination { target, address, environment: None, findings: probes.0, sent }
}

/// Reads every secret and file that the target names; `None` with any problem.
fn configuration(
    server: &ServerConfig,
    register: &Register,
    probes: &mut Probes,
) -> Option<Vec<CertificateDer<'static>>> {
    let credentials = server.credentials.iter().map(|(scheme, one)| ("credentials", scheme, &one.secret().value));
    let headers = server.headers.iter().map(|(name, value)| ("header", name, value));
    let facts = server.facts.iter().map(|(name, value)| ("fact", name, value));
    let values = headers.chain(facts).filter_map(|(probe, name, value)| match value {
        ServerValue::Secret(source) => Some((probe, name, source)),
        ServerValue::Plain(_) => None,
    });
    let mut usable = true;
    for (probe, name, source) in credentials.chain(values) {
        usable &= secret(probe, name, source, register, probes);
    }
    let roots = match &server.ca {
        Some(path) => authority(path, probes),
        None => Some(Vec::new()),
    };
    roots.filter(|_| usable)
}

fn secret(probe: &'static str, name: &str, source: &SecretSource, register: &Register, probes: &mut Probes) -> bool {
    let asked = Instant::now();
    let read = source.resolve(name, register);
    let read = read.map(|read| {
        let note = read.note.map(|note| (note, "write the secret without a line break at its end".to_owned()));
        (format!("its secret is read from {source}"), note)
    });
    probes.note(probe, name, asked, read.map_err(|error| (error.to_string(), "set it, then try again".to_owned())))
}

fn authority(path: &Path, probes: &mut Probes) -> Option<Vec<CertificateDer<'static>>> {
    let (asked, read) = (Instant::now(), certificates(path));
    let found = |roots: &Vec<_>| (format!("{} trusted", counted(roots.len(), "more root certificate")), None);
    probes.note("ca", &path.display().to_string(), asked, read.as_ref().map(found).map_err(Clone::clone));
    read.ok()
}

async fn ask(base: &Url, insecure: bool, roots: Vec<CertificateDer<'static>>, probes: &mut Probes) {
    let host = Host::of(base);
    if !reach(&host, &roots, insecure, probes).await {
        return probes.leave_out("server", &host.name, "it cannot be reached");
    }
    let options = TransportOptions { extra_roots: roots, insecure, ..TransportOptions::default() };
    let transport = Transport::new(base.clone(), options);
    let asked = Instant::now();
    let answer = answered(&transport, base).await;
    probes.note("server", base.path(), asked, answer.map(|found| (found, None)));
}

/// Any answer will do: the base address need not be a resource.
async fn answered(transport: &Transport, base: &Url) -> Result<String, Trouble> {
    let request =
        RawRequest { method: Method::GET, url: base.clone(), target: None, headers: HeaderMap::new(), body: None };
    let trouble = |why: String| (why, TRY_AGAIN.to_owned());
    let sent = transport.send_raw(request).await.map_err(|error| trouble(error.to_string()))?;
    let response = sent.outcome.map_err(|error| trouble(error.to_string()))?;
    Ok(format!("it answers, with status {}", response.status))
}
