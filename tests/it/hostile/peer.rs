//! A raw server: it hands every connection to a function, which reads what it likes and writes any bytes it likes.
//!
//! What an honest answer would be it can ask a real stand-in, so that a test changes one thing only.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// Where a raw server listens, and what it has seen.
pub(super) struct Server {
    pub port: u16,
    pub connections: Arc<AtomicUsize>,
    pub requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Serves every connection with `serve`, on a thread of its own.
    pub(super) fn start(serve: impl Fn(&mut Peer) -> io::Result<()> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let (connections, requests) = (Arc::<AtomicUsize>::default(), Arc::<Mutex<Vec<String>>>::default());
        let (counted, noted, serve) = (Arc::clone(&connections), Arc::clone(&requests), Arc::new(serve));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                counted.fetch_add(1, Ordering::SeqCst);
                let (serve, requests) = (Arc::clone(&serve), Arc::clone(&noted));
                thread::spawn(move || {
                    // A peer that is hung up on has nothing more to say.
                    let _ = serve(&mut Peer { stream, requests });
                });
            }
        });
        Self { port, connections, requests }
    }

    /// How many connections were made.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// The first lines of all requests.
    pub(super) fn request_lines(&self) -> Vec<String> {
        let requests = self.requests.lock().expect("nobody panicked");
        requests.iter().map(|request| request.lines().next().unwrap_or_default().to_owned()).collect()
    }
}

/// One connection, from the server's side.
pub(super) struct Peer {
    pub stream: TcpStream,
    requests: Arc<Mutex<Vec<String>>>,
}

/// A request as it came.
#[derive(Clone)]
pub(super) struct Request(pub Vec<u8>);

impl Request {
    pub(super) fn is(&self, method: &str) -> bool {
        self.0.starts_with(method.as_bytes())
    }
}

/// An honest answer, taken to pieces.
#[derive(Clone)]
pub(super) struct Honest {
    pub status: u16,
    pub fields: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Peer {
    /// Reads one request, head and body.
    pub(super) fn request(&mut self) -> io::Result<Request> {
        let message = read_message(&mut self.stream)?;
        self.requests.lock().expect("nobody panicked").push(String::from_utf8_lossy(&message).into_owned());
        Ok(Request(message))
    }

    /// Writes bytes at once.
    pub(super) fn write(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.write_all(bytes.as_ref())?;
        self.stream.flush()
    }

    /// Says nothing more, but for the other side to hang up.
    pub(super) fn say_no_more(&mut self) -> io::Result<()> {
        io::copy(&mut self.stream, &mut io::sink()).map(drop)
    }

    /// Waits for something to be sent, reads none of it, and hangs up: the other side sees a reset.
    pub(super) fn reset(&mut self) -> io::Result<()> {
        self.stream.peek(&mut [0])?;
        thread::sleep(Duration::from_millis(20));
        Ok(())
    }
}

/// Asks a real stand-in what the honest answer is.
pub(super) fn honest(tenant: SocketAddr, request: &Request) -> io::Result<Honest> {
    let mut stream = TcpStream::connect(tenant)?;
    stream.write_all(&request.0)?;
    let message = read_message(&mut stream)?;
    let end = head_end(&message).expect("a whole head");
    let head = String::from_utf8_lossy(&message[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let fields = head.lines().skip(1).filter_map(|line| line.split_once(": "));
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Ok(Honest { status, fields, body: message[end..].to_vec() })
}

impl Honest {
    /// Takes a field away.
    pub(super) fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    /// Adds a field.
    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.fields.push((name.to_owned(), value.into()));
        self
    }

    /// Puts a field in the place of another.
    pub(super) fn instead(self, name: &str, value: impl Into<String>) -> Self {
        self.without(name).with(name, value)
    }

    /// Takes another body, and says how long it is.
    pub(super) fn saying(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        let length = self.body.len().to_string();
        self.instead("content-length", length)
    }

    /// Takes another status.
    pub(super) fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// Status line and fields.
    pub(super) fn head(&self) -> Vec<u8> {
        let fields: String = self.fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        format!("HTTP/1.1 {} Whatever\r\n{fields}\r\n", self.status).into_bytes()
    }

    /// All of it.
    pub(super) fn bytes(&self) -> Vec<u8> {
        [self.head(), self.body.clone()].concat()
    }
}

fn head_end(message: &[u8]) -> Option<usize> {
    message.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}

/// Reads a message whose head says how long it is.
pub(super) fn read_message(stream: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut message = Vec::new();
    let mut buffer = [0; 8192];
    loop {
        if let Some(end) = head_end(&message) {
            let head = String::from_utf8_lossy(&message[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok());
            if message.len() >= end + length.unwrap_or(0) {
                return Ok(message);
            }
        }
        match stream.read(&mut buffer)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => message.extend_from_slice(&buffer[..count]),
        }
    }
}
