//! A few lines of HTTP/1.1 over a socket, and shorthands for what tests ask.
//!
//! One connection per request: slow, but nothing is shared.

use std::{
    cell::RefCell,
    io::{Read, Write},
    net::TcpStream,
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::tenant::{Clock, Contents, Control, Fault, MessageKind, Tenant, TenantOptions};

/// A clock that stands still until an environment is advanced.
struct Noon;

impl Clock for Noon {
    fn now(&self) -> DateTime<Utc> {
        "2026-04-20T12:00:00Z".parse().unwrap()
    }
}

/// A tenant with one open environment, and whoever talks to it.
pub(super) struct Client {
    pub(super) tenant: Tenant,
    pub(super) facts: Value,
    cookies: RefCell<String>,
}

/// A response.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) text: String,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(super) fn at(&self, pointer: &str) -> Value {
        self.json().pointer(pointer).cloned().unwrap_or_default()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The state, or what stands for it in a refusal: `400 INVALID_DATA INVALID_OTP otp`.
    #[track_caller]
    pub(super) fn says(&self, expected: &str) -> &Self {
        let said = match self.at("/status") {
            Value::String(state) => format!("{} {state}", self.status),
            _ => self.refusal(),
        };
        assert_eq!(said, expected, "{}", self.text);
        self
    }

    fn refusal(&self) -> String {
        let code = [self.at("/code"), self.at("/error")].into_iter().find_map(|code| Some(code.as_str()?.to_owned()));
        let mut said = format!("{} {}", self.status, code.unwrap_or_default());
        for detail in self.at("/details").as_array().into_iter().flatten() {
            for member in ["code", "target"] {
                said += detail[member].as_str().map(|text| format!(" {text}")).unwrap_or_default().as_str();
            }
        }
        said
    }

    pub(super) fn links(&self) -> Vec<String> {
        self.at("/_links").as_object().map(|links| links.keys().cloned().collect()).unwrap_or_default()
    }

    /// The flow that a redirect to the sign-on page names.
    pub(super) fn flow(&self) -> String {
        let location = self.header("Location").unwrap_or_default();
        location.split_once("flowId=").map(|(_, id)| id.to_owned()).unwrap_or_default()
    }
}

impl Client {
    pub(super) fn new() -> Self {
        Self::with_faults(Vec::new())
    }

    pub(super) fn with_faults(faults: Vec<Fault>) -> Self {
        let tenant =
            Tenant::start(TenantOptions { faults, clock: Arc::new(Noon), ..TenantOptions::default() }).unwrap();
        let facts = tenant.control().open_environment(Contents::Seeded);
        Self { tenant, facts, cookies: RefCell::default() }
    }

    pub(super) fn fact(&self, pointer: &str) -> Value {
        self.facts.pointer(pointer).cloned().unwrap_or_else(|| panic!("no fact {pointer}"))
    }

    pub(super) fn text(&self, pointer: &str) -> String {
        self.fact(pointer).as_str().unwrap().to_owned()
    }

    pub(super) fn env(&self) -> Uuid {
        self.text("/env/id").parse().unwrap()
    }

    pub(super) fn control(&self) -> Control {
        self.tenant.control()
    }

    pub(super) fn advance(&self, seconds: u64) {
        self.control().advance(self.env(), Duration::from_secs(seconds)).unwrap();
    }

    pub(super) fn otp(&self, user: &str) -> String {
        self.control().message(self.env(), user, MessageKind::Otp).unwrap()
    }

    /// What several threads may ask with at once.
    pub(super) fn asker(&self) -> Asker {
        Asker { base: self.tenant.base_url().to_owned(), env: self.env(), bearer: self.bearer() }
    }

    pub(super) fn raw(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        raw(self.tenant.base_url(), method, path, headers, body)
    }

    /// A request under the environment.
    pub(super) fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.raw(method, &format!("/{}/{path}", self.env()), headers, body)
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.text("/worker/accessToken"))
    }

    /// Begins a device authentication.
    pub(super) fn initialize(&self, body: Value) -> Answer {
        let headers = [("Authorization", self.bearer()), ("Content-Type", "application/json".to_owned())];
        self.send("POST", "deviceAuthentications", &borrowed(&headers), &body.to_string())
    }

    /// Begins one for a user named by a fact, and returns its id.
    pub(super) fn begin(&self, user: &str, state: &str) -> String {
        let answer = self.initialize(json!({ "user": { "id": self.fact(&format!("{user}/id")) } }));
        answer.says(&format!("201 {state}")).at("/id").as_str().unwrap().to_owned()
    }

    pub(super) fn read(&self, auth: &str) -> Answer {
        self.send("GET", &format!("deviceAuthentications/{auth}"), &[("Authorization", &self.bearer())], "")
    }

    pub(super) fn act(&self, auth: &str, action: &str, body: Value) -> Answer {
        let headers = [("Authorization", self.bearer()), ("Content-Type", vendor(action))];
        self.send("POST", &format!("deviceAuthentications/{auth}"), &borrowed(&headers), &body.to_string())
    }

    /// Begins a flow that the application drives itself.
    pub(super) fn authorize(&self, app: &str) -> Answer {
        let client = self.text(&format!("/apps/{app}/clientId"));
        let query = format!("client_id={client}&response_type=code&state=s1&response_mode=pi.flow");
        self.get(&format!("as/authorize?{query}"))
    }

    pub(super) fn sign_on(&self, app: &str) -> String {
        self.authorize(app).at("/id").as_str().unwrap().to_owned()
    }

    pub(super) fn get(&self, path: &str) -> Answer {
        let cookies = self.cookies.borrow().clone();
        self.keep_cookies(self.send("GET", path, &[("Cookie", &cookies)], ""))
    }

    pub(super) fn read_flow(&self, flow: &str) -> Answer {
        self.get(&format!("flows/{flow}"))
    }

    pub(super) fn act_on_flow(&self, flow: &str, action: &str, body: Value) -> Answer {
        let cookies = self.cookies.borrow().clone();
        let headers = [("Cookie", cookies), ("Content-Type", vendor(action))];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send("POST", &format!("flows/{flow}"), &borrowed(&headers), &body)
    }

    /// Signs on with the password of a user named by a fact.
    pub(super) fn password(&self, flow: &str, user: &str) -> Answer {
        let (username, password) = (self.fact(&format!("{user}/username")), self.fact("/user/password"));
        self.act_on_flow(flow, "usernamePassword.check", json!({ "username": username, "password": password }))
    }

    pub(super) fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send("POST", path, &[("Content-Type", "application/x-www-form-urlencoded")], &body)
    }

    fn keep_cookies(&self, answer: Answer) -> Answer {
        let set = answer.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
        let kept: Vec<&str> = set.filter_map(|(_, value)| value.split(';').next()).collect();
        if !kept.is_empty() {
            *self.cookies.borrow_mut() = kept.join("; ");
        }
        answer
    }
}

/// Acts on device authentications, without a memory of its own.
pub(super) struct Asker {
    base: String,
    env: Uuid,
    bearer: String,
}

impl Asker {
    pub(super) fn act(&self, auth: &str, action: &str, body: &Value) -> Answer {
        let headers = [("Authorization", self.bearer.clone()), ("Content-Type", vendor(action))];
        let path = format!("/{}/deviceAuthentications/{auth}", self.env);
        raw(&self.base, "POST", &path, &borrowed(&headers), &body.to_string())
    }
}

fn raw(base: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let host = base.trim_start_matches("http://");
    let mut socket = TcpStream::connect(host).unwrap();
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    request += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
    socket.write_all(request.as_bytes()).unwrap();
    let mut response = Vec::new();
    socket.read_to_end(&mut response).unwrap();
    parse(&String::from_utf8(response).unwrap())
}

pub(super) fn vendor(action: &str) -> String {
    format!("application/vnd.pingidentity.{action}+json")
}

fn borrowed<'a, const N: usize>(headers: &'a [(&'a str, String); N]) -> [(&'a str, &'a str); N] {
    headers.each_ref().map(|(name, value)| (*name, value.as_str()))
}

fn parse(response: &str) -> Answer {
    let (head, text) = response.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap().parse().unwrap();
    let headers =
        lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_owned(), value.to_owned()));
    Answer { status, headers: headers.collect(), text: text.to_owned() }
}
