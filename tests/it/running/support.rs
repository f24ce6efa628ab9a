//! A stand-in behind a server that a test can tell to misbehave, and runs against it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use flowproof::base::sync::LockAnyway;
use flowproof::record::journal::Journal;
use flowproof::run::{Finished, Listener, Prepared, RunOptions, Silent, TargetChoice};

use flowproof::record::ScenarioRecord;
use flowproof::scenario::Suite;
use flowproof::scenario::model::Scenario;
use flowproof::tenant::{self, Tenant};
use url::Url;

use crate::support::{CONTRACT, finish, journal, records};

/// A scenario that begins a device authentication and reads it.
pub(super) const READS: &str = r#"
scenario: A device authentication is begun and read
steps:
  - call: initializeDeviceAuthentication
    body: { user: { id: "{{user.id}}" } }
    expect: { status: 201 }
    save: { auth: /id }
  - call: readDeviceAuthentication
    path: { deviceAuthID: "{{auth}}" }
    expect: { status: 200 }
"#;

/// What becomes of a request.
#[derive(Clone)]
pub(super) enum Act {
    /// It is answered.
    Pass,
    /// It is answered after a while.
    After(Duration),
    /// It is refused as one too many, with this Retry-After.
    Refuse(&'static str),
    /// It is answered with these bytes.
    Say(String),
    /// It is about another resource, which there is not.
    Miss,
    /// The connection is closed before anything is done.
    Lose,
    /// It is carried out, and the answer is lost.
    LoseTheAnswer,
    /// It is not answered, and the connection stays until the other side ends it.
    Never,
}

/// A request as the server saw it.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub method: String,
    pub path: String,
    /// The line of the request and its header fields.
    pub head: String,
    pub body: String,
    pub at: Instant,
}

/// A stand-in behind a server that decides what becomes of each request.
pub(super) struct Behind {
    pub base: Url,
    pub tenant: Arc<Mutex<Option<Tenant>>>,
    pub control: Url,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Behind {
    /// Starts both; `act` is told the request and how many came before it.
    pub(super) fn new(act: impl Fn(&Seen, usize) -> Act + Send + Sync + 'static) -> Self {
        let tenant = Tenant::start(tenant::TenantOptions::default()).expect("the stand-in starts");
        let control = Url::parse(tenant.base_url()).expect("a URL");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let base = Url::parse(&format!("http://{}", listener.local_addr().expect("an address"))).expect("a URL");
        let (tenant, seen) = (Arc::new(Mutex::new(Some(tenant))), Arc::new(Mutex::new(Vec::new())));
        let (shared, log, inside) = (Arc::clone(&tenant), Arc::clone(&seen), control.clone());
        let act = Arc::new(act);
        std::thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let (tenant, log, inside, act) =
                    (Arc::clone(&shared), Arc::clone(&log), inside.clone(), Arc::clone(&act));
                std::thread::spawn(move || {
                    let _closed = serve(connection, &inside, &tenant, &log, &*act);
                });
            }
        });
        Self { base, tenant, control, seen }
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.locked().clone()
    }

    pub(super) fn count(&self, method: &str) -> usize {
        self.seen().iter().filter(|seen| seen.method == method).count()
    }

    pub(super) fn target(&self) -> TargetChoice {
        TargetChoice::StandIn { base_url: self.base.clone(), control: self.control.clone() }
    }
}

fn serve(
    mut connection: TcpStream,
    inside: &Url,
    tenant: &Mutex<Option<Tenant>>,
    log: &Mutex<Vec<Seen>>,
    act: &dyn Fn(&Seen, usize) -> Act,
) -> std::io::Result<()> {
    let Some((seen, request)) = read(&mut connection)? else { return Ok(()) };
    let before = {
        let mut log = log.locked();
        log.push(seen.clone());
        log.len() - 1
    };
    let answer = match act(&seen, before) {
        Act::Pass => forward(inside, &request)?,
        Act::After(time) => {
            std::thread::sleep(time);
            forward(inside, &request)?
        }
        Act::Refuse(retry_after) => refused(inside, tenant, &seen, &request, retry_after)?,
        Act::Say(text) => text,
        Act::Miss => {
            let id = seen.path.rsplit('/').next().unwrap_or_default();
            forward(inside, &request.replace(id, "6b7a5e0c-8f6e-4b57-9f0e-0d7f6a1c2b3d"))?
        }
        Act::Lose => return Ok(()),
        Act::Never => return std::io::copy(&mut connection, &mut std::io::sink()).map(drop),
        Act::LoseTheAnswer => return forward(inside, &request).map(drop),
    };
    connection.write_all(answer.as_bytes())
}

fn refused(
    inside: &Url,
    tenant: &Mutex<Option<Tenant>>,
    seen: &Seen,
    request: &str,
    retry_after: &str,
) -> std::io::Result<String> {
    let env = seen.path.split('/').nth(1).and_then(|env| env.parse().ok()).expect("an environment");
    if let Some(tenant) = &*tenant.locked() {
        tenant.control().limit(env, 0).expect("it can be limited");
    }
    let answer = forward(inside, request)?;
    let line = answer.lines().find(|line| line.to_ascii_lowercase().starts_with("retry-after:")).expect("a wait");
    Ok(answer.replace(line, &format!("Retry-After: {retry_after}")))
}

/// Reads one request whole; `None` when the connection closes first.
fn read(connection: &mut TcpStream) -> std::io::Result<Option<(Seen, String)>> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
            if body.len() >= length.unwrap_or(0) {
                let mut words = head.split(' ').map(str::to_owned);
                let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
                return Ok(Some((
                    Seen { method, path, head: head.to_owned(), body: body.to_owned(), at: Instant::now() },
                    text,
                )));
            }
        }
        match connection.read(&mut buffer)? {
            0 => return Ok(None),
            count => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}

fn forward(inside: &Url, request: &str) -> std::io::Result<String> {
    let mut connection = TcpStream::connect(inside.socket_addrs(|| None)?.as_slice())?;
    connection.write_all(request.replacen("\r\n", "\r\nConnection: close\r\n", 1).as_bytes())?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    Ok(answer)
}

/// A scenario from its text.
pub(super) fn scenario(name: &str, text: &str) -> Scenario {
    let suite = Suite::from_text(format!("{name}.yaml"), text).unwrap_or_else(|problems| panic!("{problems:?}"));
    suite.scenarios.into_iter().next().expect("a scenario")
}

/// The same scenario under several names.
pub(super) fn several(count: usize, text: &str) -> Vec<Scenario> {
    (0..count).map(|number| scenario(&format!("area/s{number}"), text)).collect()
}

/// The folder of a test's run.
pub(super) fn folder(name: &str) -> PathBuf {
    crate::support::folder(&format!("running/{name}"))
}

/// What a run came to.
pub(super) struct Ran {
    pub finished: Finished,
    pub folder: PathBuf,
    pub records: Vec<ScenarioRecord>,
    pub journal: Journal,
}

impl Ran {
    pub(super) fn notes(&self) -> String {
        self.journal.footer().expect("it finished").notes.join("\n")
    }

    pub(super) fn leftovers(&self) -> Option<serde_json::Value> {
        let text = std::fs::read_to_string(self.folder.join("leftovers.json")).ok()?;
        Some(serde_json::from_str(&text).expect("JSON"))
    }
}

pub(super) fn prepared(scenarios: Vec<Scenario>, options: RunOptions, listener: Box<dyn Listener>) -> Prepared {
    Prepared::new(Arc::clone(&CONTRACT), scenarios, options, listener)
}

pub(super) fn carry_out(prepared: Prepared, folder: PathBuf) -> Ran {
    let finished = finish(prepared, &folder, 1);
    let journal = journal(&folder);
    let records = records(&journal);
    Ran { finished, folder, records, journal }
}

/// Runs scenarios one after the other.
pub(super) fn run(name: &str, scenarios: Vec<Scenario>, options: impl FnOnce(RunOptions) -> RunOptions) -> Ran {
    let folder = folder(name);
    let options = options(RunOptions::new(folder.clone()));
    carry_out(prepared(scenarios, options, Box::new(Silent)), folder)
}

/// Runs one scenario against a misbehaving server.
pub(super) fn run_behind(name: &str, behind: &Behind, text: &str) -> Ran {
    run(name, vec![scenario("area/s", text)], |options| RunOptions { target: behind.target(), ..options })
}
