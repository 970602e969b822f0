//! The servers: one port for each interface, and one for the simulator's own page, ledger and switches.
//!
//! Connections are accepted here and not by axum's own server, since some must be broken on purpose: refused, or closed without an answer.

use crate::accounts::Account;
use crate::admin;
use crate::books::Books;
use crate::couriers::{self, Asked, Desk};
use crate::faults::{Drawn, Faults};
use crate::ledger::Ledger;
use crate::pushing::{self, PushMade};
use crate::service::Service;
use crate::settings::{PushTarget, SimulatorSettings};
use crate::world::World;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parcelward_casework::instant::Length;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::ServiceExt;

/// The largest request that is read.
const LARGEST: usize = 1 << 20;

/// Connections that wait to be accepted.
const BACKLOG: u32 = 1024;

/// A simulator that cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It is for this machine only.
    #[error("{0} is not on loopback: the simulated couriers are for this machine only; give 127.0.0.1 or [::1]")]
    NotLoopback(SocketAddr),
    /// A speed that no life can have.
    #[error("a speed of {0} is none from 0.001 to 100000")]
    Speed(f64),
    /// A port cannot be had.
    #[error("listening on {0}: {1}")]
    Listen(SocketAddr, io::Error),
}

/// Everything that the servers share. Clones are the same.
#[derive(Clone)]
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) ledger: Ledger,
    pub(crate) faults: Faults,
    pub(crate) books: Books,
    pub(crate) addresses: Arc<BTreeMap<Service, SocketAddr>>,
    push_to: Arc<Vec<PushTarget>>,
}

impl Stage {
    /// Where an interface pushes to, unless the subscriber said otherwise.
    pub(crate) fn push_url(&self, service: Service) -> Option<String> {
        let own = self.push_to.iter().find(|target| target.service == Some(service));
        let target = own.or_else(|| self.push_to.iter().find(|target| target.service.is_none()))?;
        Some(target.url.replace("{courier}", service.word()))
    }

    pub(crate) fn base(&self, service: Service) -> String {
        self.addresses.get(&service).map(|address| format!("http://{address}")).unwrap_or_default()
    }

    pub(crate) fn accounts(&self) -> BTreeMap<Service, Account> {
        Service::ALL.into_iter().map(|service| (service, couriers::account(service, &self.base(service)))).collect()
    }
}

/// Starts simulators.
#[derive(Debug)]
pub struct Simulator(());

/// A simulator that runs until it is dropped.
#[must_use = "it ends when it is dropped"]
pub struct RunningSimulator {
    addr: SocketAddr,
    stage: Stage,
    /// Ends its tasks when it is dropped.
    _running: JoinSet<()>,
}

impl std::fmt::Debug for RunningSimulator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunningSimulator").field("addr", &self.addr).finish_non_exhaustive()
    }
}

impl Simulator {
    /// Starts one: its ports listen when this returns. Needs a tokio runtime.
    ///
    /// # Errors
    /// Where a port cannot be had, or a setting cannot be.
    pub async fn start(settings: SimulatorSettings) -> Result<RunningSimulator, StartError> {
        if !settings.listen.ip().is_loopback() {
            return Err(StartError::NotLoopback(settings.listen));
        }
        if !(0.001..=100_000.0).contains(&settings.speed) {
            return Err(StartError::Speed(settings.speed));
        }
        #[allow(clippy::cast_possible_truncation, reason = "between 36 and 3 600 000 000")]
        let hour = Length::millis((3_600_000.0 / settings.speed) as i64);
        let (hub, addr) = bind(settings.listen).await?;
        let mut listeners = BTreeMap::new();
        for (n, service) in (1_u16..).zip(Service::ALL) {
            let port = if settings.listen.port() == 0 { 0 } else { settings.listen.port().saturating_add(n) };
            listeners.insert(service, bind(SocketAddr::new(addr.ip(), port)).await?);
        }
        let faults = Faults::new(settings.seed);
        settings.faults.iter().for_each(|spec| faults.set(spec));
        let stage = Stage {
            world: World::new(settings.clock, hour, settings.seed, settings.parcels_appear),
            ledger: Ledger::new(),
            faults,
            books: Books::default(),
            addresses: Arc::new(listeners.iter().map(|(service, (_, address))| (*service, *address)).collect()),
            push_to: Arc::new(settings.push_to),
        };
        let mut running = JoinSet::new();
        for (service, (listener, address)) in listeners {
            let router = Router::new().fallback(serve).with_state((service, stage.clone()));
            if let Some((shut, is_shut)) = stage.faults.door(service) {
                running.spawn(listen(listener, address, router, shut, is_shut));
            }
        }
        let never = watch::Sender::new(false);
        running.spawn(listen(hub, addr, admin::router(stage.clone()), never.subscribe(), never));
        if let Some(every) = settings.push_every {
            let stage = stage.clone();
            running.spawn(async move {
                loop {
                    tokio::time::sleep(every).await;
                    pushing::push_due(&stage).await;
                }
            });
        }
        stage.faults.settled().await;
        Ok(RunningSimulator { addr, stage, _running: running })
    }
}

impl RunningSimulator {
    /// Where its own page, ledger and switches are.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Where an interface listens, `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn base(&self, service: Service) -> String {
        self.stage.base(service)
    }

    /// What was asked and what was taken.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.stage.ledger
    }

    /// The parcels.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.stage.world
    }

    /// The faults.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.stage.faults
    }

    /// What an adapter needs for each interface.
    #[must_use]
    pub fn accounts(&self) -> BTreeMap<Service, Account> {
        self.stage.accounts()
    }

    /// Makes every push that is due now, and tells what came of each.
    pub async fn push_due(&self) -> Vec<PushMade> {
        pushing::push_due(&self.stage).await
    }
}

async fn bind(at: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |e| StartError::Listen(at, e);
    let listener = TcpListener::bind(at).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// Accepts connections, except while the door is shut: then connections are refused, and open ones are closed. The port is held all the
/// while, so that nobody else gets it.
async fn listen(listener: TcpListener, address: SocketAddr, router: Router, mut shut: watch::Receiver<bool>, is_shut: watch::Sender<bool>) {
    let mut listener = Some(listener);
    let mut connections = JoinSet::new();
    loop {
        if *shut.borrow_and_update() {
            drop(listener.take());
            let held = hold(address).await;
            connections.shutdown().await;
            is_shut.send_replace(true);
            if shut.wait_for(|shut| !*shut).await.is_err() {
                return;
            }
            listener = held.listen(BACKLOG).ok();
        }
        let open = match listener.take() {
            Some(open) => open,
            None => match hold(address).await.listen(BACKLOG) {
                Ok(open) => open,
                Err(_) => continue,
            },
        };
        // Only what changes is told: the hub's door tells itself, and would never rest.
        is_shut.send_if_modified(|shut| std::mem::replace(shut, false));
        tokio::select! {
            accepted = open.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(talk(stream, router.clone()));
                }
            }
            changed = shut.changed() => {
                // Nobody can switch it any more; it goes on as it is.
                if changed.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        }
        while connections.try_join_next().is_some() {}
        listener = Some(open);
    }
}

/// The port, had and not listened on: who connects is refused. Somebody may have it for a moment.
async fn hold(address: SocketAddr) -> TcpSocket {
    let had = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        socket.set_reuseaddr(true)?;
        socket.bind(address).map(|()| socket)
    };
    loop {
        match had() {
            Ok(socket) => return socket,
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

/// What a handler leaves in its answer to have the connection closed instead.
#[derive(Debug, Clone, Copy)]
struct HangUp;

#[derive(Debug, thiserror::Error)]
#[error("the connection is closed on purpose")]
struct HungUp;

async fn talk(stream: TcpStream, router: Router) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let router = router.clone();
        async move {
            let answer = router.oneshot(request.map(Body::new)).await.unwrap_or_else(|never| match never {});
            if answer.extensions().get::<HangUp>().is_some() { Err(HungUp) } else { Ok(answer) }
        }
    });
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// One request to an interface, with what befalls it.
async fn serve(State((service, stage)): State<(Service, Stage)>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, LARGEST).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    let nth = stage.ledger.called(service);
    let drawn = stage.faults.draw(service);
    let (answer, accepted) = answered(service, &stage, &parts, &body, (drawn, nth));
    if let Some(wait) = drawn.slow {
        tokio::time::sleep(wait).await;
    }
    match (accepted, drawn) {
        (true, Drawn { dropped: true, .. }) => {
            let mut answer = Response::default();
            answer.extensions_mut().insert(HangUp);
            answer
        }
        (true, Drawn { error: true, .. }) => page(StatusCode::INTERNAL_SERVER_ERROR, "500 Internal Server Error"),
        _ => answer,
    }
}

fn answered(
    service: Service,
    stage: &Stage,
    parts: &axum::http::request::Parts,
    body: &[u8],
    (drawn, nth): (Drawn, usize),
) -> (Response, bool) {
    if drawn.unavailable {
        return (page(StatusCode::SERVICE_UNAVAILABLE, "503 Service Unavailable"), false);
    }
    if let Some(seconds) = drawn.throttled {
        return (written(couriers::throttled(service, seconds)), false);
    }
    if parts.method != axum::http::Method::POST {
        return (page(StatusCode::METHOD_NOT_ALLOWED, "405 Method Not Allowed"), false);
    }
    let headers: Vec<(String, String)> = parts
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let text = String::from_utf8_lossy(body);
    let asked = Asked { path: parts.uri.path(), query: parts.uri.query().unwrap_or_default(), headers: &headers, body: &text };
    let desk = Desk {
        service,
        world: &stage.world,
        ledger: &stage.ledger,
        faults: &stage.faults,
        books: &stage.books,
        base: &stage.base(service),
        as_duplicate: drawn.duplicate,
        other_shape: nth % 2 == 1,
        accepted: Cell::new(false),
    };
    let answer = couriers::answer(&desk, &asked);
    (written(answer), desk.accepted.get())
}

fn written(answer: couriers::Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = (status, [(header::CONTENT_TYPE, answer.content_type)], answer.body).into_response();
    if let Some(seconds) = answer.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds.unsigned_abs()));
    }
    response
}

fn page(status: StatusCode, title: &str) -> Response {
    let html = format!("<html><head><title>{title}</title></head><body><center><h1>{title}</h1></center></body></html>");
    (status, [(header::CONTENT_TYPE, "text/html")], html).into_response()
}
