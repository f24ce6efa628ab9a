//! A tenant on loopback behind TLS that answers what a doctor asks, and remembers every request.
//!
//! It is a program of a few lines on sockets, so that each of its answers can be wrong on purpose.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use chrono::{TimeDelta, Utc};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

use crate::support::peers::Certificate;

pub(super) const ENVIRONMENT: &str = "3b1c6d4e-0f2a-4c58-9d7e-5a6b7c8d9e0f";
pub(super) const APP: &str = "9a8b7c6d-5e4f-4a3b-8c2d-1e0f9a8b7c6d";
pub(super) const USER: &str = "3d4e5f60-7182-493a-84b5-c6d7e8f90a1b";
pub(super) const DEVICE: &str = "4e5f6071-8293-4a4b-95c6-d7e8f90a1b2c";
pub(super) const SECRET: &str = "w0rker/s3cret=";

/// An answer that differs from the healthy one: the end of the path, the status, the body.
pub(super) type Sick = (&'static str, u16, Value);

/// A tenant. Its thread ends with the process.
pub(super) struct Tenant {
    pub port: u16,
    pub certificate: Certificate,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Tenant {
    pub(super) fn healthy() -> Self {
        Self::start(Certificate::new(), 0, Vec::new())
    }

    pub(super) fn sick(answers: Vec<Sick>) -> Self {
        Self::start(Certificate::new(), 0, answers)
    }

    /// A tenant whose clock differs by so many seconds.
    pub(super) fn start(certificate: Certificate, clock: i64, sick: Vec<Sick>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (config, notes) = (server_config(&certificate), Arc::clone(&seen));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (config, notes, sick) = (Arc::clone(&config), Arc::clone(&notes), sick.clone());
                std::thread::spawn(move || serve(stream, config, &notes, clock, &sick));
            }
        });
        Self { port, certificate, seen }
    }

    /// Every request: its line, and whether it had a token.
    pub(super) fn seen(&self) -> Vec<String> {
        self.seen.lock().expect("the notes").clone()
    }
}

fn server_config(certificate: &Certificate) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions");
    let key = PrivateKeyDer::Pkcs8(certificate.key_der.clone().into());
    let config = builder.with_no_client_auth().with_single_cert(vec![certificate.der.clone()], key);
    Arc::new(config.expect("a configuration"))
}

/// Answers one connection until the other side has enough.
fn serve(
    stream: TcpStream,
    config: Arc<ServerConfig>,
    notes: &Mutex<Vec<String>>,
    clock: i64,
    sick: &[Sick],
) -> Option<()> {
    let session = ServerConnection::new(config).expect("a session");
    let mut stream = BufReader::new(StreamOwned::new(session, stream));
    loop {
        let (mut line, mut authorization, mut length) = (String::new(), String::new(), 0);
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        loop {
            let mut field = String::new();
            stream.read_line(&mut field).ok()?;
            match field.trim().split_once(':').map(|(name, value)| (name.to_ascii_lowercase(), value.trim())) {
                Some((name, value)) if name == "authorization" => authorization = value.split(' ').next()?.to_owned(),
                Some((name, value)) if name == "content-length" => length = value.parse().ok()?,
                Some(_) => (),
                None => break,
            }
        }
        stream.read_exact(&mut vec![0; length]).ok()?;
        let request = line.trim().trim_end_matches(" HTTP/1.1").to_owned();
        let (status, body) = answer(&request, sick);
        notes.lock().expect("the notes").push(format!("{request} {authorization}").trim().to_owned());
        let date = (Utc::now() + TimeDelta::seconds(clock)).format("%a, %d %b %Y %H:%M:%S GMT");
        let body = body.to_string();
        let head = format!(
            "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nDate: {date}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.get_mut().write_all(format!("{head}{body}").as_bytes()).ok()?;
        stream.get_mut().flush().ok()?;
    }
}

fn answer(request: &str, sick: &[Sick]) -> (u16, Value) {
    let path = request.split([' ', '?']).nth(1).unwrap_or_default();
    if let Some((_, status, body)) = sick.iter().find(|(end, _, _)| path.ends_with(end)) {
        return (*status, body.clone());
    }
    let healthy = [
        (
            "/as/.well-known/openid-configuration",
            json!({ "issuer": format!("https://auth.pingone.eu/{ENVIRONMENT}/as") }),
        ),
        ("/as/token", json!({ "access_token": "t0ken", "token_type": "Bearer", "expires_in": 3600 })),
        (ENVIRONMENT, json!({ "name": "Sandbox", "type": "SANDBOX" })),
        (APP, json!({ "name": "Bookshop", "enabled": true, "redirectUris": ["https://app.example.com/callback"] })),
        (USER, user()),
        ("/users", json!({ "_embedded": { "users": [user()] } })),
        (DEVICE, json!({ "type": "EMAIL", "status": "ACTIVE" })),
    ];
    let found = healthy.into_iter().find(|(end, _)| path.ends_with(end));
    found.map_or((404, json!({ "code": "NOT_FOUND" })), |(_, body)| (200, body))
}

pub(super) fn user() -> Value {
    json!({
        "id": USER, "username": "flowproof-anna", "email": "anna@test.example.com", "enabled": true, "mfaEnabled": true,
        "account": { "status": "OK" },
    })
}
