//! The proxy as a process, servers behind it, and a client that shows every byte.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use flowproof::base::sync::LockAnyway;

use crate::support::program;

/// A port that nobody listens on.
pub(super) fn fresh() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port()
}

/// A proxy that runs.
pub(crate) struct Passing {
    pub(crate) port: u16,
    pub(crate) folder: PathBuf,
    child: Option<Child>,
    said: Arc<Mutex<String>>,
    reading: Option<thread::JoinHandle<()>>,
}

impl Passing {
    /// Starts one in a folder of this name.
    pub(crate) fn start(name: &str, target: &str, more: &[&str]) -> Self {
        let folder = crate::support::folder(&format!("proxy/{name}"));
        let mut command = program();
        command.args(["proxy", "--listen", "127.0.0.1:0", "--target", target, "--report"]).arg(&folder).args(more);
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program can be started");
        let mut errors = BufReader::new(child.stderr.take().expect("it was piped"));
        let mut line = String::new();
        errors.read_line(&mut line).expect("it says where it listens");
        let port = line.split("http://127.0.0.1:").nth(1).and_then(|rest| rest.split(',').next()?.parse().ok());
        let port = port.unwrap_or_else(|| panic!("{line}"));
        let said = Arc::new(Mutex::new(String::new()));
        let (heard, mut out) = (Arc::clone(&said), BufReader::new(child.stdout.take().expect("it was piped")));
        let reading = thread::spawn(move || {
            let mut line = String::new();
            while out.read_line(&mut line).is_ok_and(|count| count > 0) {
                heard.locked().push_str(&std::mem::take(&mut line));
            }
        });
        Self { port, folder, child: Some(child), said, reading: Some(reading) }
    }

    /// What it has printed so far.
    pub(super) fn said(&self) -> String {
        self.said.locked().clone()
    }

    /// Interrupts it, and waits for its end.
    pub(crate) fn interrupt(mut self) -> Output {
        let mut child = self.child.take().expect("it runs");
        let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
        assert!(kill.expect("kill runs").success());
        let status = child.wait().expect("it ends");
        self.reading.take().map(thread::JoinHandle::join);
        Output { status, stdout: self.said().into_bytes(), stderr: Vec::new() }
    }

    /// Kills it where it stands.
    pub(super) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A stand-in as a process.
pub(super) struct StandIn {
    pub(super) url: String,
    child: Child,
}

impl StandIn {
    pub(super) fn start(fault: Option<&str>) -> Self {
        let port = fresh();
        let mut command = program();
        command.args(["tenant", "--port", &port.to_string()]);
        command.args(fault.iter().flat_map(|fault| ["--fault", fault]));
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it can be started");
        crate::support::wait_until("the stand-in listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        Self { url: format!("http://127.0.0.1:{port}"), child }
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A request as a server saw it.
#[derive(Debug, Clone)]
pub(super) struct Received {
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

/// A server that answers each request with bytes.
pub(super) struct Server {
    port: u16,
    seen: Arc<Mutex<Vec<Received>>>,
    most: Arc<AtomicUsize>,
}

impl Server {
    pub(super) fn start(answer: impl Fn(&Received) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (seen, most, now) = (Arc::new(Mutex::new(Vec::new())), Arc::default(), Arc::new(AtomicUsize::new(0)));
        let server = Self { port, seen: Arc::clone(&seen), most: Arc::clone(&most) };
        let answer = Arc::new(answer);
        thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let (answer, seen) = (Arc::clone(&answer), Arc::clone(&seen));
                let (most, now): (Arc<AtomicUsize>, _) = (Arc::clone(&most), Arc::clone(&now));
                thread::spawn(move || {
                    let mut connection = connection;
                    while let Some(request) = read(&mut connection) {
                        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        seen.locked().push(request.clone());
                        let sent = connection.write_all(&answer(&request));
                        now.fetch_sub(1, Ordering::SeqCst);
                        if sent.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        server
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(super) fn seen(&self) -> Vec<Received> {
        self.seen.locked().clone()
    }

    pub(super) fn most_at_once(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }
}

/// Asks once on a connection of its own. Where there is no answer all of it is empty.
pub(super) fn ask(port: u16, method: &str, path: &str, fields: &str, body: &[u8]) -> Received {
    let mut connection = TcpStream::connect(("127.0.0.1", port)).expect("somebody listens");
    let head = format!("{method} {path} HTTP/1.1\r\nHost: proxy.example\r\nConnection: close\r\n{fields}\r\n");
    connection.write_all(head.as_bytes()).and_then(|()| connection.write_all(body)).expect("sent");
    let mut bytes = Vec::new();
    let _ = connection.read_to_end(&mut bytes);
    let mut text = std::io::Cursor::new(bytes);
    message(&mut text).unwrap_or(Received { head: String::new(), body: Vec::new() })
}

fn read(connection: &mut TcpStream) -> Option<Received> {
    message(connection)
}

/// One message, whichever rule ends its body.
fn message(stream: &mut impl Read) -> Option<Received> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let field = |name: &str| {
        let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}: ")))?;
        Some(line.split_once(": ")?.1.to_owned())
    };
    let body = match (field("content-length"), field("transfer-encoding")) {
        (Some(length), _) => {
            let mut body = vec![0; length.trim().parse().ok()?];
            stream.read_exact(&mut body).ok()?;
            body
        }
        (None, Some(_)) => chunks(stream)?,
        (None, None) => Vec::new(),
    };
    Some(Received { head, body })
}

fn chunks(stream: &mut impl Read) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).ok()?;
            line.push(byte[0]);
        }
        let size = usize::from_str_radix(String::from_utf8_lossy(&line).trim(), 16).ok()?;
        let mut chunk = vec![0; size + 2];
        stream.read_exact(&mut chunk).ok()?;
        body.extend_from_slice(&chunk[..size]);
        if size == 0 {
            return Some(body);
        }
    }
}
