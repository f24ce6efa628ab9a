//! HTTP: from the socket to an endpoint and back. The checks that come before any endpoint are here, in their order.
//!
//! One thread, one runtime; endpoints never wait, so an environment's lock is never held across an await.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{ConnectInfo, Request, State},
    serve::ListenerExt,
};
use http::{Method, Response, request::Parts};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::{
    TenantOptions,
    call::{Call, canonical},
    control::{Control, TenantState},
    control_routes, device_authentications,
    environment::Environment,
    errors::Problem,
    faults::Fault,
    flows, inbox, management,
    negotiation::{Representation, negotiate},
    oauth,
    races::{GATHERING, gathers},
    reply::{Delay, Frame, Outcome},
};
use crate::base::sync::LockAnyway;

/// Bodies beyond this are refused.
const BODY_LIMIT: usize = 1 << 20;
/// How long a connection may hold up the end of the tenant.
const FAREWELL: Duration = Duration::from_millis(250);

/// A stand-in tenant on the loopback interface; it stops when dropped.
pub struct Tenant {
    shared: Arc<TenantState>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Tenant {
    /// Starts a tenant on a thread of its own.
    ///
    /// # Errors
    ///
    /// Fails, naming the port, if it cannot be listened on.
    pub fn start(options: TenantOptions) -> io::Result<Tenant> {
        let listener = listen(options.port)?;
        let base_url = format!("http://{}", listener.local_addr()?).into();
        let shared = Arc::new(TenantState::new(&options, base_url));
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let app = Router::new().fallback(handle).with_state(shared.clone());
        let thread = thread::Builder::new()
            .name("tenant".to_owned())
            .spawn(move || runtime.block_on(serve(listener, app, stopped)))?;
        Ok(Tenant { shared, stop: Some(stop), thread: Some(thread) })
    }

    /// Returns where it listens: scheme, host and port.
    pub fn base_url(&self) -> &str {
        &self.shared.base_url
    }

    /// Returns its control channel.
    pub fn control(&self) -> Control {
        Control { shared: self.shared.clone() }
    }
}

impl Drop for Tenant {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic there has been printed; there is nothing to add.
            let _ = thread.join();
        }
    }
}

fn listen(port: u16) -> io::Result<TcpListener> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    let listener = listener
        .map_err(|error| io::Error::new(error.kind(), format!("cannot listen on 127.0.0.1:{port}: {error}")))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

async fn serve(listener: TcpListener, app: Router, stopped: oneshot::Receiver<()>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
        return;
    };
    let listener = listener.tap_io(|connection| {
        // Without it a small answer may wait for the client's acknowledgement; a failure only costs time.
        let _ = connection.set_nodelay(true);
    });
    let (tell, told) = oneshot::channel::<()>();
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, service).with_graceful_shutdown(async move {
        let _ = stopped.await;
        drop(tell);
    });
    let impatience = async {
        let _ = told.await;
        tokio::time::sleep(FAREWELL).await;
    };
    tokio::select! {
        _ = server => (),
        () = impatience => (),
    }
}

async fn handle(
    State(shared): State<Arc<TenantState>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_LIMIT).await.ok();
    let arrived = Instant::now();
    shared.arrivals.notify_waiters();
    if gathers(&shared.faults, &parts) {
        tokio::time::sleep(GATHERING).await;
    }
    let response = respond(&shared, (peer, arrived), &parts, body.as_deref());
    if let Some(Delay(delay)) = response.extensions().get().copied() {
        tokio::time::sleep(delay).await;
    }
    response
}

/// Answers a request; without a body if that was too large.
fn respond(
    shared: &Arc<TenantState>,
    (peer, arrived): (SocketAddr, Instant),
    parts: &Parts,
    body: Option<&[u8]>,
) -> Response<Body> {
    let format = negotiate(&parts.headers);
    let call = Call { parts, body: body.unwrap_or_default(), acceptable: format.is_some() };
    let frame = Frame {
        correlation: shared.correlation(),
        format: format.unwrap_or(Representation::Hal),
        now: shared.clock.now(),
        faults: &shared.faults,
    };
    let mut segments = parts.uri.path().split('/').skip(1);
    let mut path = [""; 10];
    let length = path.iter_mut().zip(&mut segments).map(|(place, segment)| *place = segment).count();
    match (&path[..length], segments.next()) {
        (["_control", rest @ ..], None) if peer.ip().is_loopback() => {
            control_routes::respond(&Control { shared: shared.clone() }, &call, rest)
        }
        (["_control", ..], _) => control_routes::nothing_here(),
        (["api", "v1", rest @ ..], None) if shared.bare => match shared.first() {
            Some(environment) => inbox::respond(&environment.locked(), &call, rest),
            None => control_routes::nothing_here(),
        },
        (["v1", "environments", env, rest @ ..], None) => match canonical(env).and_then(|id| shared.environment(id)) {
            Some(environment) => management::respond(&mut environment.locked(), frame, &call, rest, body.is_some()),
            None => management::unknown_environment(&frame),
        },
        (["v1", rest @ ..], None) if shared.bare && matches!(rest, ["roles"] | ["organizations", ..]) => {
            match shared.first() {
                Some(environment) => frame.respond(management::outside(&environment.locked(), &call, rest)),
                None => frame.respond(Err(Problem::not_found().into())),
            }
        }
        ([env, rest @ ..], None) => match addressed(shared, env, rest) {
            Some(environment) => {
                let mut environment = environment.locked();
                environment.arrived = Some(arrived);
                in_environment(&mut environment, frame, &call, rest, body.is_some())
            }
            None => frame.respond(Err(Problem::not_found().into())),
        },
        _ => frame.respond(Err(Problem::not_found().into())),
    }
}

/// The environment that a path begins with.
fn addressed(shared: &TenantState, env: &str, rest: &[&str]) -> Option<Arc<Mutex<Environment>>> {
    let named = canonical(env).and_then(|id| shared.environment(id));
    let resource = rest.last().filter(|_| shared.faults.has(Fault::OtherEnvironmentAccepted));
    resource.and_then(|id| shared.holder(canonical(id)?)).or(named)
}

fn in_environment(
    env: &mut Environment,
    mut frame: Frame,
    call: &Call,
    path: &[&str],
    body_fits: bool,
) -> Response<Body> {
    frame.now = env.now();
    let Some(endpoint) = Endpoint::at(path) else {
        return frame.respond(Err(Problem::not_found().into()));
    };
    if matches!(endpoint, Endpoint::Token | Endpoint::DeviceAuthorization | Endpoint::Ciba) {
        // OAuth knows one media type only.
        frame.format = Representation::Json;
    }
    frame.respond(match () {
        () if env.over_limit() => Err(Problem::limited(env.now()).into()),
        () if !body_fits => Err(Problem::malformed().into()),
        () => dispatch(env, call, endpoint),
    })
}

/// What an address leads to.
enum Endpoint<'p> {
    DeviceAuthentications,
    DeviceAuthentication(Option<Uuid>),
    Flow(Option<Uuid>),
    Authorize,
    Resume,
    DeviceAuthorization,
    Ciba,
    Token,
    Activation(Option<&'p str>),
    Description,
}

impl<'p> Endpoint<'p> {
    fn at(path: &[&'p str]) -> Option<Self> {
        match path {
            ["deviceAuthentications"] => Some(Self::DeviceAuthentications),
            ["deviceAuthentications", id] => Some(Self::DeviceAuthentication(canonical(id))),
            ["flows", id] => Some(Self::Flow(canonical(id))),
            ["as", "authorize"] => Some(Self::Authorize),
            ["as", "resume"] => Some(Self::Resume),
            ["as", "device_authorization"] => Some(Self::DeviceAuthorization),
            ["as", "cibaAuthorization"] => Some(Self::Ciba),
            ["as", "token"] => Some(Self::Token),
            ["as", ".well-known", "openid-configuration"] => Some(Self::Description),
            ["device"] => Some(Self::Activation(None)),
            ["device", path_id] => Some(Self::Activation(Some(path_id))),
            _ => None,
        }
    }

    fn methods(&self) -> &'static str {
        match self {
            Self::DeviceAuthentications | Self::DeviceAuthorization | Self::Ciba | Self::Token => "POST",
            Self::DeviceAuthentication(_) | Self::Flow(_) | Self::Authorize => "GET, POST",
            Self::Resume | Self::Activation(_) | Self::Description => "GET",
        }
    }
}

fn dispatch(env: &mut Environment, call: &Call, endpoint: Endpoint) -> Outcome {
    match (&call.parts.method, endpoint) {
        (&Method::POST, Endpoint::DeviceAuthentications) => device_authentications::create(env, call),
        (&Method::GET, Endpoint::DeviceAuthentication(id)) => device_authentications::read(env, call, id),
        (&Method::POST, Endpoint::DeviceAuthentication(id)) => device_authentications::act(env, call, id),
        (&Method::GET, Endpoint::Flow(id)) => flows::read(env, call, id),
        (&Method::POST, Endpoint::Flow(id)) => flows::act(env, call, id),
        (&Method::GET | &Method::POST, Endpoint::Authorize) => oauth::authorize::authorize(env, call),
        (&Method::GET, Endpoint::Resume) => oauth::authorize::resume(env, call),
        (&Method::POST, Endpoint::DeviceAuthorization) => oauth::device::authorize(env, call),
        (&Method::POST, Endpoint::Ciba) => oauth::ciba::authorize(env, call),
        (&Method::POST, Endpoint::Token) => oauth::token::issue(env, call),
        (&Method::GET, Endpoint::Description) => Ok(oauth::describe(env)),
        (&Method::GET, Endpoint::Activation(path_id)) => oauth::device::activate(env, call, path_id),
        (_, endpoint) => Err(Problem::method_not_allowed(endpoint.methods()).into()),
    }
}
