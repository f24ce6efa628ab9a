//! Takes connections, and ends them when it is told to.
//!
//! One thread, one runtime: what passes is copied and forwarded, and nothing there waits for the disk or a check.

use std::convert::identity;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use url::Url;

use super::forward::Forwarder;
use super::judging::{JudgedTraffic, Judging};
use crate::client::{CallError, Transport, TransportOptions};

/// How long what is on its way is waited for at the end.
const FAREWELL: Duration = Duration::from_secs(2);

/// Where requests are passed on to.
pub(crate) struct ProxyTarget {
    /// What all paths are below.
    pub base: Url,
    /// How they get there.
    pub transport: TransportOptions,
}

/// A proxy at work.
pub(crate) struct Proxy {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    listening: JoinHandle<()>,
    judging: JoinHandle<JudgedTraffic>,
}

/// Why there is no proxy.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoProxy {
    /// The address is taken, or not to be had.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, io::Error),
    /// The HTTP client cannot be made.
    #[error(transparent)]
    Client(#[from] CallError),
    /// No thread or runtime can be had.
    #[error("no thread can be started: {0}")]
    Thread(io::Error),
}

impl Proxy {
    /// Listens, passes on, and judges.
    ///
    /// # Errors
    /// When the address cannot be listened on, or something cannot be started.
    pub(crate) fn start(listen: SocketAddr, target: ProxyTarget, judging: Judging) -> Result<Self, NoProxy> {
        let refused = |error| NoProxy::Listen(listen, error);
        let listener = TcpListener::bind(listen).map_err(refused)?;
        listener.set_nonblocking(true).map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let (passed, received) = channel();
        let limits = target.transport.limits;
        let http = Transport::new(target.base.clone(), target.transport).http()?;
        let forwarder = Arc::new(Forwarder::new(http, target.base, limits, passed));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(NoProxy::Thread)?;
        let (stop, stopped) = watch::channel(false);
        let named = |name: &str| thread::Builder::new().name(name.to_owned());
        let listening = named("proxy").spawn(move || runtime.block_on(serve(listener, forwarder, stopped)));
        let judging = named("judge").spawn(move || judging.all(&received));
        let (listening, judging) = (listening.map_err(NoProxy::Thread)?, judging.map_err(NoProxy::Thread)?);
        Ok(Self { address, stop, listening, judging })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more connections, lets what is on its way pass, and gives what all came to; `None` where a thread panicked.
    pub(crate) fn stop(self) -> Option<JudgedTraffic> {
        self.stop.send_replace(true);
        let listened = self.listening.join();
        // The forwarder is gone, so the last exchange has been told.
        self.judging.join().ok().filter(|_| listened.is_ok())
    }
}

async fn serve(listener: TcpListener, forwarder: Arc<Forwarder>, stopped: watch::Receiver<bool>) {
    let mut told = stopped.clone();
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => drop(connections.spawn(connection(stream, Arc::clone(&forwarder), stopped.clone()))),
                // As when there are too many open files: others may be closed meanwhile.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            },
            Some(_) = connections.join_next() => (),
            _ = told.wait_for(|stopped| identity(*stopped)) => break,
        }
    }
    drop(listener);
    let ended = async { while connections.join_next().await.is_some() {} };
    let _given_up = tokio::time::timeout(FAREWELL, ended).await;
    connections.shutdown().await;
}

async fn connection(stream: TcpStream, forwarder: Arc<Forwarder>, mut stopped: watch::Receiver<bool>) {
    // Without it a small answer may wait for the client's acknowledgement; a failure only costs time.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let forwarder = Arc::clone(&forwarder);
        async move { forwarder.pass(request).await }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        // The date is the target's to say, and so is everything else.
        .auto_date_header(false)
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        // Why a connection ends is for those to tell who had something on it.
        _ = connection.as_mut() => return,
        _ = stopped.wait_for(|stopped| identity(*stopped)) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
