//! What is wrong between this machine and a tenant, before any scenario is run: one question after another, each with a plain
//! answer and the next thing to try.
//!
//! It sends one token request, and GET requests; nothing that changes state. Where a question makes no sense because an
//! earlier one had a bad answer, the report says so instead of guessing.
//!
//! Deliberately not here: what the tenant promises (`checks`), and whether codes arrive, which takes a scenario.

mod api;
mod management;
mod network;
mod probe;
mod readiness;
mod render;
mod server;

use std::path::Path;
use std::time::Instant;

use rustls::pki_types::CertificateDer;
use secrecy::SecretString;
use serde::Serialize;

use crate::auth::token::{Tokens, WorkerClient};
use crate::base::text::counted;
use crate::client::{Transport, TransportOptions, roots_in};
use crate::config::TargetConfig;
use crate::config::target::{UserConfig, WorkerConfig};
use crate::record::ExitCode;
use crate::record::redaction::Register;
use network::Host;
use probe::{Answer, Probes, Trouble};
pub(crate) use probe::{Health, ProbeResult};
pub(crate) use render::text;
pub(crate) use server::examine_server;

/// All that was asked of one target.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Examination {
    /// The target's name.
    pub target: String,
    /// Where it is.
    pub address: String,
    /// Its environment, where it is a tenant of PingOne.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// Questions and answers, in the order in which they were asked.
    pub findings: Vec<ProbeResult>,
    /// Whether anything was sent.
    pub sent: bool,
}

impl Examination {
    /// 0 where a run would get verdicts, 2 where the configuration cannot be used, 3 where something else is wrong.
    pub(crate) fn exit_code(&self) -> ExitCode {
        let failed = self.findings.iter().any(|finding| finding.health == Health::Failed);
        match (failed, self.sent) {
            (false, _) => ExitCode::Held,
            (true, false) => ExitCode::Unusable,
            (true, true) => ExitCode::CouldNotTell,
        }
    }
}

/// Asks everything. TLS is left unverified only where the target and `insecure` both say so, as in a run.
/// Secrets that are read or issued are registered.
pub(crate) async fn examine(target: &TargetConfig, insecure: bool, register: &Register) -> Examination {
    let mut probes = Probes(Vec::new());
    let prepared = configuration(target, register, &mut probes);
    let sent = match prepared {
        Some(prepared) => {
            ask(target, insecure && target.insecure, prepared, &mut probes).await;
            true
        }
        None => {
            probes.leave_out("network", target.auth_path.as_str(), "the configuration comes first; nothing was sent");
            false
        }
    };
    Examination {
        target: target.name.value.clone(),
        address: target.auth_path.to_string(),
        environment: Some(target.environment.to_string()),
        findings: probes.0,
        sent,
    }
}

/// What the configuration gives for asking.
struct Prepared {
    roots: Vec<CertificateDer<'static>>,
    tokens: Option<Tokens>,
}

/// Reads every secret and file that the target names. All problems are noted; with any, nothing is sent.
fn configuration(target: &TargetConfig, register: &Register, probes: &mut Probes) -> Option<Prepared> {
    let mut usable = true;
    let mut roots = Vec::new();
    if let Some(path) = &target.ca {
        let asked = Instant::now();
        let read = certificates(path);
        let answer = read.map(|read| {
            let verb = if read.len() == 1 { "is" } else { "are" };
            let found = format!("{} {verb} trusted", counted(read.len(), "more root certificate"));
            roots = read;
            (found, None)
        });
        usable &= probes.note("ca", &path.display().to_string(), asked, answer);
    }
    let mut tokens = None;
    match &target.worker {
        None => probes.leave_out(
            "worker",
            "no worker",
            "the target names none: scenarios that call the MFA service are skipped",
        ),
        Some(worker) => {
            let asked = Instant::now();
            let answer = read_worker(target, worker, register).map(|(read, answer)| {
                tokens = Some(read);
                answer
            });
            usable &= probes.note("worker", &worker.client_id, asked, answer);
        }
    }
    let silent = |pool: &[UserConfig]| pool.iter().all(|user| user.passcode.is_none());
    for (role, pool) in target.users.iter().filter(|(_, pool)| silent(pool)) {
        let why = if pool.len() > 1 { "none of the users has a source" } else { "the user has no source" };
        probes.leave_out("passcode", role, &format!("{why} of passcodes: scenarios that need one are skipped"));
    }
    for (name, user) in management::users(target, |pool| !silent(pool)) {
        usable &= management::passcode(&name, user, register, probes);
    }
    usable.then_some(Prepared { roots, tokens })
}

/// Reads the worker's secret.
fn read_worker(target: &TargetConfig, worker: &WorkerConfig, register: &Register) -> Result<(Tokens, Answer), Trouble> {
    let read = worker.client_secret.resolve("worker-secret", register);
    let read = read.map_err(|error| (error.to_string(), "set it, then try again".to_owned()))?;
    let (id, authentication) = (worker.client_id.clone(), worker.authentication);
    let endpoint = target.environment_url(&["as", "token"]);
    let client = WorkerClient { endpoint, id, secret: read.secret, authentication, scope: None };
    let note = read.note.map(|note| (note, "write the secret without a line break at its end".to_owned()));
    let answer = (format!("its secret is read from {}", worker.client_secret.value), note);
    Ok((Tokens::new(client, register.clone()), answer))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Trouble> {
    let advice = "name a PEM file with the certificate of your authority";
    roots_in(path).map_err(|error| (error.to_string(), advice.to_owned()))
}

async fn ask(target: &TargetConfig, insecure: bool, prepared: Prepared, probes: &mut Probes) {
    let options = TransportOptions {
        extra_roots: prepared.roots.clone(),
        insecure,
        environment_left_out: (!target.environment_in_path).then(|| target.environment.to_string()),
        ..TransportOptions::default()
    };
    let auth = Host::of(&target.auth_path);
    let mut reached = network::reach(&auth, &prepared.roots, insecure, probes).await;
    let transport = Transport::new(target.auth_path.clone(), options.clone());
    if reached {
        reached = network::sign_on_service(target, &transport, probes).await;
    } else {
        probes.leave_out("sign-on", &auth.name, "it cannot be reached");
    }
    let Some(tokens) = prepared.tokens else {
        return probes.leave_out("token", "no worker", "the target names none, so applications and users are not read");
    };
    let token = if reached {
        token(&tokens, &transport, probes).await
    } else {
        probes.leave_out("token", "worker", "the sign-on service does not answer as it should");
        None
    };
    let Some(api) = target.api_path.clone() else {
        return probes.leave_out(
            "environment",
            "management API",
            "behind a custom domain, say where it is: `api-path`",
        );
    };
    let host = Host::of(&api);
    if host != auth {
        reached = network::reach(&host, &prepared.roots, insecure, probes).await;
    }
    match token.filter(|_| reached) {
        Some(token) => {
            let options = TransportOptions { environment_left_out: None, ..options };
            management::examine(target, &Transport::new(api, options), &token, probes).await;
        }
        None => probes.leave_out(
            "environment",
            &host.name,
            "there is no token, or no response: applications, users and devices were not read",
        ),
    }
}

async fn token(tokens: &Tokens, transport: &Transport, probes: &mut Probes) -> Option<SecretString> {
    let asked = Instant::now();
    let token = tokens.current(transport).await;
    let answer = token.as_ref().map(|_| ("the token endpoint issues one".to_owned(), None));
    let advice = "see the worker's client id, its secret and its token endpoint authentication method in the console";
    probes.note("token", "worker", asked, answer.map_err(|error| (error.to_string(), advice.into())));
    token.ok()
}
