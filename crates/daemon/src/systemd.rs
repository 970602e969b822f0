//! What the service manager is told, where there is one (`$NOTIFY_SOCKET`): that the daemon is ready, reloads, stops, how it is, and that it
//! is alive (sd_notify(3), systemd.service(5)).
//!
//! Alive means that a write was durable and that the wake lane looked: a daemon that answers requests but stores nothing, or whose wake lane
//! hangs, is not fed to the watchdog and is started anew. Deliberately absent: what a reload does (`reload`).

use crate::http::App;
use sd_notify::NotifyState;
use std::sync::Arc;
use std::time::Duration;

/// How often the manager is told how the daemon is where no watchdog asks for more.
const USUAL: Duration = Duration::from_secs(10);
/// The longest time in which a live wake lane looks at least once: it sleeps 2 s at most, and tries a transaction for 15 s.
const LOOKS_WITHIN: Duration = Duration::from_secs(30);

/// The daemon serves.
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// The daemon reads its configuration again; [`ready`] says that it has. The moment goes along, as `Type=notify-reload` wants it.
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(moment) => tell(&[NotifyState::Reloading, moment]),
        Err(error) => {
            tracing::warn!(%error, "the monotonic clock could not be read");
            tell(&[NotifyState::Reloading]);
        }
    }
}

/// The daemon stops.
pub fn stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("stopping; running requests are finished first")]);
}

/// Tells how the daemon is and feeds the watchdog, for as long as it is polled. Returns at once where there is no manager.
pub async fn keep_telling(app: Arc<App>) {
    if std::env::var_os("NOTIFY_SOCKET").is_none() {
        return;
    }
    let watchdog = sd_notify::watchdog_enabled();
    // Three looks within the time that the manager waits: one that is late costs nothing.
    let pause = watchdog.map_or(USUAL, |time| time / 3).clamp(Duration::from_millis(10), USUAL);
    loop {
        let state = match tokio::time::timeout(pause * 2, alive(&app)).await {
            Ok(state) => state,
            Err(_) => Err("the database has not answered a write".to_owned()),
        };
        match state {
            Ok(status) if watchdog.is_some() => tell(&[NotifyState::Watchdog, NotifyState::Status(&status)]),
            Ok(status) => tell(&[NotifyState::Status(&status)]),
            Err(why) => {
                tracing::error!(%why, "not alive; the service manager is not told that it is");
                tell(&[NotifyState::Status(&format!("not alive: {why}"))]);
            }
        }
        tokio::time::sleep(pause).await;
    }
}

/// How the daemon is, in a line; or why it is not alive.
async fn alive(app: &App) -> Result<String, String> {
    let quiet = app.desk.quiet_for();
    if quiet > LOOKS_WITHIN {
        return Err(format!("the wake lane has not looked for {} s", quiet.as_secs()));
    }
    app.store.probe(app.now()).await.map_err(|error| error.to_string())?;
    let pulse = app.desk.pulse().borrow().clone();
    Ok(match (pulse.failing, pulse.next_wake_at) {
        (Some(why), _) => format!("serving; the last batch failed: {why}"),
        (None, Some(at)) if at > app.now() => format!("serving; {} batches stored, next wake {at}", pulse.batches),
        (None, _) => format!("serving; {} batches stored", pulse.batches),
    })
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the service manager could not be told");
    }
}
