//! The running daemon: store, desk and HTTP brought together, started in this order and stopped in the other.
//!
//! Deliberately absent: signals and the service manager (`commands::serve`), so that tests and the demo can run one as well.

use crate::adopt;
use crate::config::Loaded;
use crate::database;
use crate::http::{Access, App, router};
use anyhow::Context;
use parcelward_casework::words::OpenDeadlines;
use parcelward_scheduler::lanes::Lanes;
use parcelward_scheduler::{Clock, ClockGuard, Desk, DeskOptions};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A daemon that runs. Dropped without [`Running::stop`] it ends with the process.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    asks_token: bool,
    app: Arc<App>,
    stop: watch::Sender<bool>,
    server: JoinHandle<std::io::Result<()>>,
    stop_time: Duration,
}

/// Starts the daemon by a guarded clock: what cannot be taken back is held while the time is in doubt, and a wall clock that is set back
/// does not silence the wake lane.
///
/// # Errors
/// As [`start`].
pub async fn start_guarded(config: Loaded, guard: Arc<ClockGuard>) -> anyhow::Result<Running> {
    begin(config, Arc::clone(&guard) as Arc<dyn Clock>, Some(guard)).await
}

/// Starts the daemon by a clock that the caller vouches for: a test's, or a demonstration's.
///
/// # Errors
/// Where the token file or the database cannot be used, or the address is taken.
pub async fn start(config: Loaded, clock: Arc<dyn Clock>) -> anyhow::Result<Running> {
    begin(config, clock, None).await
}

async fn begin(config: Loaded, clock: Arc<dyn Clock>, guard: Option<Arc<ClockGuard>>) -> anyhow::Result<Running> {
    let settings = config.settings.clone();
    let access = match &settings.server.token_file {
        Some(path) => Access::read(path)?,
        None => Access::Loopback,
    };
    let asks_token = settings.server.token_file.is_some();
    // The address is taken before the database is opened: a second daemon by mistake ends here.
    let listen = settings.server.listen;
    let listener = TcpListener::bind(listen).await.with_context(|| format!("listening on {listen}"))?;
    let address = listener.local_addr().with_context(|| format!("listening on {listen}"))?;
    let store = database::open(&settings).await?;
    let (stop, mut stopped) = watch::channel(false);
    if let Some(guard) = guard {
        guard.start_from(store.high_water().await.context("reading the stored state")?);
        // It ends with the daemon: told to stop, or with whoever tells.
        tokio::spawn(guard.watch(Arc::clone(&store), stop.subscribe()));
    }
    let rules = Arc::new(config.rules.clone());
    let mut options = DeskOptions { revision: config.revision.clone(), ..DeskOptions::default() };
    if let Some(name) = &settings.server.name {
        options.name.clone_from(name);
    }
    let held = adopt::held(&store, &config).await?;
    let no = database::note_revision(&*store, &config, &format!("daemon {}", options.name), clock.now()).await;
    options.config = Some(no.context("noting the configuration")?);
    let desk = Desk::start(Arc::clone(&store), rules, Arc::clone(&clock), options).await.context("reading the stored state")?;
    let occasion = adopt::Occasion {
        open_deadlines: OpenDeadlines::Keep,
        by: Some(format!("daemon {}", desk.name())),
        reason: Some("started with another configuration".to_owned()),
        asked: false,
    };
    match adopt::rules(&desk, &held, &config, &occasion, clock.now()).await? {
        adopt::Adopted::Held => {}
        adopt::Adopted::Told => {
            tracing::info!(revision = %config.revision, "other rules than before are in force; open deadlines keep theirs")
        }
        adopt::Adopted::LeftBehind => adopt::warn_left_behind(&config, &held),
    }
    crate::announce::disruptions(&store, &desk, &config.disruptions, clock.now()).await?;
    let app = App::new(store, desk, clock, Arc::new(config));
    crate::shadow::begin(&app).await;
    app.set_timetable(crate::jobs::start(&app));
    app.run_lanes().await;
    // With the peer's address: some couriers' pushes are known by it.
    let service = router(Arc::clone(&app), access).into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, service).with_graceful_shutdown(async move {
        // An error means that the sender is gone, which ends the daemon as well.
        let _ = stopped.wait_for(|stop| *stop).await;
    });
    let server = tokio::spawn(server.into_future());
    Ok(Running { address, asks_token, app, stop, server, stop_time: settings.server.stop_time })
}

impl Running {
    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether it asks for a bearer token.
    #[must_use]
    pub const fn asks_token(&self) -> bool {
        self.asks_token
    }

    /// What its requests share.
    #[must_use]
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Its courier lanes, as the accounts in force have them.
    pub async fn lanes(&self) -> Option<Arc<Lanes>> {
        self.app.lanes().await
    }

    /// Ends when it can no longer serve, which it comes to by itself only where it fails: the server ended, or the writer did.
    ///
    /// # Errors
    /// Why it ended.
    pub async fn ended(&mut self) -> anyhow::Result<()> {
        tokio::select! {
            ended = &mut self.server => ended.context("the HTTP server")?.context("the HTTP server"),
            () = self.app.desk.ended() => anyhow::bail!("nothing can be stored any more; the log says why"),
        }
    }

    /// Stops it: no new request, the running ones finished, what waits at the desk committed, the database closed.
    ///
    /// # Errors
    /// Where the server ended badly. Everything is closed all the same.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.app.begin_stop();
        // Nobody listening means that the server has ended already.
        let _ = self.stop.send(true);
        let ended = if self.server.is_finished() {
            (&mut self.server).await.context("the HTTP server").and_then(|r| r.context("the HTTP server"))
        } else {
            match tokio::time::timeout(self.stop_time, &mut self.server).await {
                Ok(ended) => ended.context("the HTTP server").and_then(|r| r.context("the HTTP server")),
                Err(_) => {
                    tracing::warn!(
                        seconds = self.stop_time.as_secs(),
                        "requests were still running when the time for a stop was over; they are cut off"
                    );
                    self.server.abort();
                    Ok(())
                }
            }
        };
        if let Some(timetable) = self.app.timetable() {
            timetable.stop().await;
        }
        // Calls that are under way are heard to their end, while the desk can still be told.
        self.app.stop_lanes().await;
        self.app.desk.stop().await;
        self.app.store.close().await;
        ended
    }
}
