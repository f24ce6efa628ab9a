//! Group L: certificates and handshakes that must not be taken.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use flowproof::client::{Limits, TransportOptions};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection};

use super::peer::{Peer, Request, Server, honest, read_message};
use super::run::{BEGIN, Met, Setting, patient, says, tenant};
use crate::support::wait_until;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).expect("no names");
    params.distinguished_name.push(rcgen::DnType::CommonName, format!("authority of {:?}", std::time::Instant::now()));
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a certificate")
}

/// A server's certificate and its key.
struct Leaf {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

/// A certificate for these names, changed as wanted.
fn leaf(authority: &Authority, names: &[&str], change: impl Fn(&mut CertificateParams)) -> Leaf {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).expect("names");
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2099, 1, 1);
    change(&mut params);
    let key = KeyPair::generate().expect("a key");
    let certificate = params.signed_by(&key, authority).expect("a certificate");
    Leaf { certificate: certificate.der().clone(), key: PrivateKeyDer::Pkcs8(key.serialize_der().into()) }
}

fn good(authority: &Authority) -> Leaf {
    leaf(authority, &["localhost"], |_| {})
}

fn config(leaf: Leaf) -> ServerConfig {
    ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![leaf.certificate], leaf.key)
        .expect("a certificate and its key")
}

/// How an answer over TLS ends.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Honest,
    /// Without the closing alert, the body as long as it says.
    CutAfterLength,
    /// Without the closing alert, the body until the connection is closed.
    CutBeforeClose,
}

/// Serves one honest answer per connection over TLS.
fn serving(config: ServerConfig, end: End) -> Server {
    let config = Arc::new(config);
    Server::start(move |peer| {
        let mut connection = ServerConnection::new(Arc::clone(&config)).expect("a connection");
        let mut stream = rustls::Stream::new(&mut connection, &mut peer.stream);
        let request = read_message(&mut stream)?;
        let answer = honest(tenant(), &Request(request))?.with("connection", "close");
        let answer = if end == End::CutBeforeClose { answer.without("content-length") } else { answer };
        stream.write_all(&answer.bytes())?;
        stream.flush()?;
        if end == End::Honest {
            connection.send_close_notify();
            connection.write_tls(&mut peer.stream)?;
        }
        // Let the other side read before the connection goes.
        peer.stream.shutdown(std::net::Shutdown::Write)?;
        let _ = peer.stream.read(&mut [0; 64]);
        Ok(())
    })
}

fn met(server: &Server, roots: Vec<CertificateDer<'static>>) -> Met {
    met_at(&format!("https://localhost:{}", server.port), roots, patient())
}

fn met_at(url: &str, extra_roots: Vec<CertificateDer<'static>>, limits: Limits) -> Met {
    let transport = TransportOptions { limits, extra_roots, ..TransportOptions::default() };
    Setting { transport, ..Setting::at(url).scenario(BEGIN) }.run()
}

/// Runs against a certificate for these names, changed as wanted, of an authority that is trusted.
fn presented(names: &[&str], change: impl Fn(&mut CertificateParams)) -> (Met, Server) {
    let authority = authority();
    let server = serving(config(leaf(&authority, names, change)), End::Honest);
    (met(&server, vec![authority.der().clone()]), server)
}

#[test]
fn a_good_certificate_of_an_authority_that_was_named_is_taken() {
    presented(&["localhost"], |_| {}).0.held();
}

#[test]
fn l01_an_expired_certificate_is_refused_with_its_date_and_the_local_clock() {
    let (met, server) = presented(&["localhost"], |params| params.not_after = date_time_ymd(2021, 3, 4));
    says(
        met.no_verdict(),
        &["connect: ", "localhost", "expired on 2021-03-04T00:00:00Z", "this machine's clock says 20"],
    );
    assert!(server.request_lines().is_empty(), "no request went out");
}

#[test]
fn l02_a_certificate_that_is_not_valid_yet_is_refused_with_both_clocks() {
    let (met, _) = presented(&["localhost"], |params| params.not_before = date_time_ymd(2098, 3, 4));
    says(
        met.no_verdict(),
        &["not valid before 2098-03-04T00:00:00Z", "this machine's clock says 20", "one of them is wrong"],
    );
}

#[test]
fn l03_a_certificate_for_another_name_is_refused_with_both_names() {
    let (met, _) = presented(&["auth.example.com", "*.example.org"], |_| {});
    says(met.no_verdict(), &["not for localhost", "auth.example.com", "*.example.org", "Check the host"]);
}

#[test]
fn l04_an_unknown_issuer_is_refused_with_the_way_to_name_it() {
    let stranger = authority();
    let server = serving(config(good(&stranger)), End::Honest);
    let met = met(&server, vec![authority().der().clone()]);
    says(met.no_verdict(), &["nobody whom this machine trusts", "`ca = \"…\"`", "intermediate"]);
}

#[test]
fn l05_only_who_asks_for_it_gets_unverified_tls_and_the_run_says_so() {
    let server = serving(config(leaf(&authority(), &["elsewhere.example"], |_| {})), End::Honest);
    let transport = TransportOptions { insecure: true, limits: patient(), ..TransportOptions::default() };
    let url = format!("https://localhost:{}", server.port);
    let met = Setting { transport, ..Setting::at(url).scenario(BEGIN) }.run();
    met.held();
    says(&met.report("journal.jsonl"), &["TLS NOT VERIFIED"]);
}

/// `openssl s_server`, ended with the test.
struct OpenSsl(Child);

impl OpenSsl {
    /// Serves `key.pem` and `cert.pem` of a folder on a port of its own, and waits until it listens.
    fn serving(folder: &Path, arguments: &[&str]) -> (Self, u16) {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
        let server = Command::new("openssl")
            .args(["s_server", "-accept", &format!("127.0.0.1:{port}"), "-cipher", "ALL:@SECLEVEL=0"])
            .args(["-key", "key.pem", "-cert", "cert.pem", "-quiet"])
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("openssl is installed");
        let server = Self(server);
        wait_until("openssl listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        (server, port)
    }
}

impl Drop for OpenSsl {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn l06_a_server_that_speaks_only_old_tls_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "2"])
        .args(["-keyout", "key.pem", "-out", "cert.pem"])
        .current_dir(folder.path())
        .stderr(Stdio::null())
        .status()
        .expect("openssl is installed");
    assert!(made.success());
    let (_server, port) = OpenSsl::serving(folder.path(), &["-tls1_1"]);
    let met = met_at(&format!("https://localhost:{port}"), Vec::new(), patient());
    says(met.no_verdict(), &["connect: ", "TLS", "version"]);
}

#[test]
fn l06_a_key_that_is_too_short_is_refused_although_its_issuer_is_trusted() {
    let folder = tempfile::tempdir().expect("a folder");
    let openssl = |arguments: &str| {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        let made = Command::new("openssl").args(arguments).current_dir(folder.path()).stderr(Stdio::null()).status();
        assert!(made.expect("openssl is installed").success());
    };
    openssl("req -x509 -newkey rsa:2048 -nodes -subj /CN=ours -days 2 -keyout ca.key -out ca.pem");
    openssl("req -newkey rsa:1024 -nodes -subj /CN=localhost -keyout key.pem -out leaf.csr");
    std::fs::write(folder.path().join("san"), "subjectAltName=DNS:localhost\n").expect("it can be written");
    openssl("x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile san -out cert.pem");
    let trusted = flowproof::client::roots_in(&folder.path().join("ca.pem")).expect("a root");
    let (_server, port) = OpenSsl::serving(folder.path(), &[]);
    let met = met_at(&format!("https://localhost:{port}"), trusted, patient());
    says(met.no_verdict(), &["connect: ", "does not verify", "RSA needs 2048 bits"]);
}

#[test]
fn l07_a_handshake_that_stalls_meets_the_deadline_for_connections() {
    let server = Server::start(Peer::say_no_more);
    let limits = Limits { connect: Duration::from_millis(1200), ..patient() };
    let met = met_at(&format!("https://localhost:{}", server.port), Vec::new(), limits);
    says(met.no_verdict(), &["connect: ", "1200 ms (limits.connect)"]);
}

#[test]
fn l08_a_missing_farewell_matters_only_where_it_is_the_end_of_the_body() {
    let authority = authority();
    let ended = |end| met(&serving(config(good(&authority)), end), vec![authority.der().clone()]);
    ended(End::CutAfterLength).held();
    says(ended(End::CutBeforeClose).no_verdict(), &["body: ", "truncated", "none of it was checked"]);
}

#[test]
fn l09_a_server_that_asks_for_a_client_certificate_is_told_from_others() {
    let authority = authority();
    let leaf = good(&authority);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).expect("a root");
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_client_cert_verifier(clients.build().expect("a verifier"))
        .with_single_cert(vec![leaf.certificate], leaf.key)
        .expect("a certificate and its key");
    let server = serving(config, End::Honest);
    says(
        met(&server, vec![authority.der().clone()]).no_verdict(),
        &["asked for a client certificate, and none is configured"],
    );
}

#[test]
fn t21_tls_to_a_plain_port_and_plain_http_to_a_tls_port_are_told_apart() {
    let plain = super::run::serving(|peer, _, honest| peer.write(honest.bytes()));
    // It answers what it takes for a request, as plain servers do.
    let echo = Server::start(|peer| {
        let _ = peer.stream.read(&mut [0; 64])?;
        peer.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    });
    drop(plain);
    let met = met_at(&format!("https://localhost:{}", echo.port), Vec::new(), patient());
    says(met.no_verdict(), &["does not speak TLS on this port", "http://"]);
    let authority = authority();
    let tls = serving(config(good(&authority)), End::Honest);
    let met = Setting::at(format!("http://localhost:{}", tls.port)).scenario(BEGIN).run();
    says(met.no_verdict(), &["if the port speaks TLS, the URL begins with https://"]);
}
