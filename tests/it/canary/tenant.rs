//! A tenant that tells everything to everybody: each answer holds secrets of its own and repeats the request in every
//! encoding, in its body and in header fields that nobody knows.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Output;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::looks::Markers;
use super::search::Artefacts;
use crate::support::HANGS;

const WORKER_SECRET: &str = "wsecr3tcanary01+/=&\"'<é>%41 end7wsecr3t";
const WORKER_TOKEN: &str = "wtok3ncanary02-issuedtotheworker";
const PASSWORD: &str = "passw0rdcanary03 \\+\"&<>'%2B$`tail9passw0rd";
const PASSCODE: &str = "048291";
const RECOVERY: &str = "recoverycanary04";
const ACCESS: &str = "acc3sstokencanary05~/+opaque";
const REFRESH: &str = "refr3shtokencanary06";
const ID_TOKEN: &str =
    "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJqd3RwYXlsb2FkY2FuYXJ5MDciLCJhIjoxfQ.c2lnbmF0dXJlY2FuYXJ5MDgtbG9uZy1lbm91Z2g";
const CODE: &str = "authzcodecanary09";
const COOKIE: &str = "cookiecanary10";
const PAIRING: &str = "pairingkeycanary11";
const API_KEY: &str = "apikeycanary12";
const STRAY: &str = "eyJhbGciOiJub25lIn0.eyJzdHJheSI6InN0cmF5Y2FuYXJ5MTMifQ.c3RyYXlzaWduYXR1cmVjYW5hcnkxNA";

/// Every marker, and what it is.
pub(super) const MARKERS: [(&str, &str); 13] = [
    ("worker-secret", WORKER_SECRET),
    ("worker-token", WORKER_TOKEN),
    ("password", PASSWORD),
    ("passcode", PASSCODE),
    ("recovery-code", RECOVERY),
    ("access-token", ACCESS),
    ("refresh-token", REFRESH),
    ("id-token", ID_TOKEN),
    ("authorization-code", CODE),
    ("cookie", COOKIE),
    ("pairing-key", PAIRING),
    ("api-key", API_KEY),
    ("stray-token", STRAY),
];

/// How the last request is answered; all others are answered as `Talkative` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    /// With everything it knows.
    Talkative,
    /// With a body that ends too early.
    Broken,
    /// With a body that is no JSON, though it says so.
    Unparsable,
    /// Not at all.
    Silent,
}

/// The tenant; its threads end with the process.
pub(super) struct Hostile {
    port: u16,
    told: Arc<Mutex<String>>,
    /// What no other answer holds, and looks like a credential.
    markers: Arc<Mutex<Markers>>,
    silent: Receiver<()>,
}

impl Hostile {
    pub(super) fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let (sender, silent) = channel();
        let told = Arc::new(Mutex::new(String::new()));
        let markers = Arc::new(Mutex::new(Markers::default()));
        let (heard, shown) = (Arc::clone(&told), Arc::clone(&markers));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (sender, heard, shown) = (sender.clone(), Arc::clone(&heard), Arc::clone(&shown));
                thread::spawn(move || serve(stream, mood, &heard, &shown, &sender));
            }
        });
        Self { port, told, markers, silent }
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What was shown by its looks and came out.
    pub(super) fn leaks(&self, artefacts: &Artefacts) -> Vec<String> {
        self.markers.lock().expect("nobody panicked").leaks(artefacts)
    }

    /// Waits until the last request has come, which is not answered.
    pub(super) fn wait_until_silent(&self) {
        self.silent.recv_timeout(HANGS).expect("the last request comes");
    }

    /// The secrets that only the configuration names went over the wire, too.
    pub(super) fn assert_told_what_is_configured(&self, output: &Output) {
        let told = self.told.lock().expect("nobody panicked");
        for secret in [json!(PASSWORD).to_string().as_str(), PASSCODE, ACCESS] {
            assert!(told.contains(secret), "{secret} was not sent: {output:?}");
        }
    }

    /// The secrets that the program was given went over the wire: otherwise there would be nothing to find.
    pub(super) fn assert_told(&self, output: &Output) {
        let told = self.told.lock().expect("nobody panicked");
        let pair = BASE64_STANDARD.encode(format!("worker:{WORKER_SECRET}"));
        let password = json!(PASSWORD).to_string();
        assert!(!told.is_empty(), "the program sent nothing: {output:?}");
        for secret in [pair.as_str(), WORKER_TOKEN, &password, PASSCODE, RECOVERY, COOKIE] {
            assert!(told.contains(secret), "{secret} was not sent: {output:?}");
        }
    }
}

struct Request {
    line: String,
    headers: String,
    body: String,
}

impl Request {
    fn read(stream: &mut BufReader<TcpStream>) -> Option<Self> {
        let (mut line, mut headers, mut length) = (String::new(), String::new(), 0);
        stream.read_line(&mut line).ok().filter(|read| *read > 0)?;
        loop {
            let mut field = String::new();
            stream.read_line(&mut field).ok().filter(|read| *read > 0)?;
            if field.trim().is_empty() {
                break;
            }
            if let Some((_, value)) = field.to_lowercase().split_once("content-length:") {
                length = value.trim().parse().ok()?;
            }
            headers.push_str(&field);
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).ok()?;
        Some(Self { line, headers, body: String::from_utf8_lossy(&body).into_owned() })
    }

    fn field(&self, name: &str) -> &str {
        let fields = self.headers.lines().filter_map(|line| line.split_once(": "));
        fields.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value).next().unwrap_or_default()
    }
}

fn serve(stream: TcpStream, mood: Mood, heard: &Mutex<String>, shown: &Mutex<Markers>, silent: &Sender<()>) {
    let mut out = stream.try_clone().expect("a socket can be shared");
    let mut stream = BufReader::new(stream);
    while let Some(request) = Request::read(&mut stream) {
        let everything = |request: &Request| looks(everything(request), &mut shown.lock().expect("nobody panicked"));
        let fields = |request: &Request| with_looks(request, &mut shown.lock().expect("nobody panicked"));
        let is_last = request.line.starts_with("GET") && request.line.contains("/flows/");
        let text = match (mood, is_last) {
            _ if request.line.contains("/_control/") => control(&request),
            (Mood::Silent, true) => {
                let _ = silent.send(());
                let _hung_up = std::io::copy(&mut stream, &mut std::io::sink());
                return;
            }
            (Mood::Broken, true) => broken(&everything(&request), &fields(&request)),
            (Mood::Unparsable, true) => answer(&format!("{{ oops, {}", everything(&request)), &fields(&request)),
            _ => answer(&everything(&request).to_string(), &fields(&request)),
        };
        writeln!(heard.lock().expect("nobody panicked"), "{}{}{}", request.line, request.headers, request.body)
            .expect("a string takes it");
        // In two pieces, with a secret in both.
        let (first, second) = text.split_at(text.find(ACCESS).map_or(0, |at| at + 5));
        let sent = out.write_all(first.as_bytes()).and_then(|()| {
            thread::sleep(Duration::from_millis(5));
            out.write_all(second.as_bytes())
        });
        if sent.is_err() || (mood == Mood::Broken && is_last) {
            return;
        }
    }
}

fn answer(body: &str, fields: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{fields}Content-Length: {}\r\n\r\n{body}", body.len())
}

fn broken(body: &Value, fields: &str) -> String {
    let whole = answer(&body.to_string(), fields);
    let end = whole.floor_char_boundary(whole.len() - 20);
    whole[..end].to_owned()
}

fn control(request: &Request) -> String {
    let body = if request.line.contains("kind=otp") {
        json!({ "code": PASSCODE })
    } else if request.line.contains("/messages") {
        json!({ "code": RECOVERY })
    } else {
        json!({
            "env": { "id": "0a6d3c52-7f5e-4f0e-9d7a-53d0b4f4a001" },
            "worker": { "clientId": "worker", "clientSecret": WORKER_SECRET, "accessToken": WORKER_TOKEN },
            "user": { "id": "6b7a5e0c-8f6e-4b57-9f0e-0d7f6a1c2b3d", "username": "ada", "password": PASSWORD },
        })
    };
    answer(&body.to_string(), "")
}

/// The body with what shows only by its looks that it is secret, before what is cut.
fn looks(mut body: Value, markers: &mut Markers) -> Value {
    body["description"] = super::looks::body("an answer", markers);
    body
}

fn with_looks(request: &Request, markers: &mut Markers) -> String {
    let more = super::looks::fields("an answer", markers);
    more.into_iter().fold(hostile_fields(request), |fields, (name, value)| format!("{fields}{name}: {value}\r\n"))
}

/// What the server issues, and the request again in every encoding.
fn everything(request: &Request) -> Value {
    let authorization = request.field("authorization");
    let told = format!("{authorization} {} {}", request.body, request.line.trim());
    let repeated = |text: &str| {
        json!({
            "clear": text,
            "json": json!(text).to_string(),
            "upper": percent(text, true),
            "lower": percent(text, false),
            "base64": [BASE64_STANDARD.encode(text), BASE64_STANDARD.encode(format!("a{text}")), BASE64_URL_SAFE_NO_PAD.encode(format!("ab{text}"))],
            "hex": text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>(),
            "entities": text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;").replace('\'', "&#x27;"),
        })
    };
    json!({
        "id": "6b7a5e0c-8f6e-4b57-9f0e-0d7f6a1c2b3d",
        "status": "OTP_REQUIRED",
        "username": format!("once {PASSWORD}"),
        "email": ACCESS,
        "access_token": ACCESS,
        "token_type": "Bearer",
        "refresh_token": REFRESH,
        "id_token": ID_TOKEN,
        "pairingKey": PAIRING,
        "otp": 48291,
        "message": format!("cannot use {told} with {STRAY}"),
        "late": { "access": repeated(ACCESS), "password": repeated(PASSWORD), "secret": repeated(WORKER_SECRET), "otp": PASSCODE },
        "echo": repeated(&told),
        "url": format!("https://ada:{PASSCODE}@app.example.com/?code={CODE}&access_token={}", percent(ACCESS, false)),
        // Ends a little after the place where records cut a body.
        "long": format!("{}{ACCESS}{ACCESS}{ACCESS}", "x".repeat(64 * 1024)),
    })
}

fn hostile_fields(request: &Request) -> String {
    let authorization = request.field("authorization");
    let realm = if authorization.is_empty() { WORKER_TOKEN } else { authorization };
    format!(
        "Set-Cookie: ST={COOKIE}; Path=/; HttpOnly\r\nLocation: https://app.example.com/?code={CODE}&x=1#id_token={ID_TOKEN}\r\n\
         X-Api-Key: {API_KEY}\r\nX-Echo-Authorization: {authorization}\r\nWWW-Authenticate: Bearer realm=\"{realm}\"\r\n\
         Server: echo/{STRAY}\r\nX-{STRAY}: 1\r\n"
    )
    .replace(&format!("X-{STRAY}"), "X-Stray")
}

fn percent(text: &str, upper: bool) -> String {
    let escaped = |byte: u8| if upper { format!("%{byte:02X}") } else { format!("%{byte:02x}") };
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { escaped(byte) })
        .collect()
}
