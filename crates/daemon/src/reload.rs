//! Reading the configuration again while the daemon runs: all of it is read and checked, then it is swapped in whole, or the old one stays.
//!
//! A clock that runs keeps the due time that it was set with; a clock that starts later is set by the new rules. Deliberately absent: what is
//! read (`config`), and what asks for it (a signal, the API, a change of the folder).

use crate::adopt::{self, Adopted, Occasion};
use crate::config::{Loaded, Problems, Settings, load};
use crate::database;
use crate::http::App;
use parcelward_casework::words::OpenDeadlines;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::Mutex;

/// Stands behind the revision of a daemon that could not read its configuration again.
pub const REFUSED: char = '!';

/// Reads the configuration of one folder again.
#[derive(Debug)]
pub struct Reload {
    dir: Option<PathBuf>,
    /// One at a time: two that overlap could leave the older one in force.
    turn: Mutex<()>,
}

/// What a reload did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reloaded {
    /// The revision in force now.
    pub revision: String,
    /// Whether it is another than before.
    pub changed: bool,
    /// Keys that were changed but are read at a start only (`server.listen`).
    pub at_next_start: Vec<&'static str>,
}

impl Reload {
    /// Of the folder that the daemon was started with.
    #[must_use]
    pub fn new(dir: Option<&Path>) -> Self {
        Reload { dir: dir.map(Path::to_owned), turn: Mutex::new(()) }
    }

    /// Reads, checks, swaps. Says in the log and in the metrics what came of it. Clocks that run keep their due times.
    ///
    /// # Errors
    /// Everything that is wrong; the old configuration is in force as before.
    pub async fn run(&self, app: &App) -> Result<Reloaded, Problems> {
        let occasion = Occasion {
            open_deadlines: OpenDeadlines::Keep,
            by: Some(format!("daemon {}", app.desk.name())),
            reason: Some("its folder was read again".to_owned()),
            asked: false,
        };
        self.apply(app, &occasion, None).await
    }

    /// The same on an occasion of one's own. With a revision, a folder that says another is refused.
    ///
    /// # Errors
    /// As [`Reload::run`].
    pub async fn apply(&self, app: &App, occasion: &Occasion, expected: Option<&str>) -> Result<Reloaded, Problems> {
        let _turn = self.turn.lock().await;
        let dir = self.dir.clone();
        let read = tokio::task::spawn_blocking(move || load(dir.as_deref()).map_err(|found| found.below(dir.as_deref())));
        let result = match read.await {
            Ok(Ok(config)) => match expected.filter(|expected| *expected != config.revision) {
                None => swap(app, config, occasion).await,
                Some(expected) => Err(Problems::of_fault(format!(
                    "the folder says revision {}, not {expected} as planned: plan once more",
                    config.revision
                ))),
            },
            Ok(Err(problems)) => Err(problems),
            Err(error) => Err(Problems::of_fault(format!("the configuration could not be read: {error}"))),
        };
        match &result {
            Ok(reloaded) => {
                if reloaded.changed {
                    let config = app.config();
                    config.warnings.iter().for_each(|warning| tracing::warn!("configuration: {warning}"));
                    if let Err(error) = crate::announce::disruptions(&app.store, &app.desk, &config.disruptions, app.now()).await {
                        tracing::error!(
                            "the disruptions of the new configuration could not be announced; the next start tries again: {error:#}"
                        );
                    }
                }
                if reloaded.changed
                    && let Some(timetable) = app.timetable()
                {
                    timetable.set(app.config().schedules.clone(), reloaded.revision.clone()).await;
                }
                metrics::gauge!(parcelward_scheduler::metric::RELOAD_FAILED).set(0.0);
                app.desk.set_refused(None);
                app.desk.set_revision(reloaded.revision.clone());
                let how = if reloaded.changed { "is in force" } else { "was in force already" };
                tracing::info!(revision = %reloaded.revision, "configuration read again; it {how}");
                for key in &reloaded.at_next_start {
                    tracing::warn!("`{key}` was changed; the new value holds from the next start on");
                }
            }
            Err(problems) => {
                metrics::gauge!(parcelward_scheduler::metric::RELOAD_FAILED).set(1.0);
                // Shown by `parcelward status`, beside the revision that is in force.
                app.desk.set_refused(Some(problems.in_short()));
                app.desk.set_revision(format!("{}{REFUSED}", app.config().revision));
                tracing::error!("the old configuration stays in force: {problems}");
            }
        }
        result
    }
}

async fn swap(app: &App, mut config: Loaded, occasion: &Occasion) -> Result<Reloaded, Problems> {
    let before = app.config();
    // A secret that was replaced changes no revision. Accounts that did not change stay: what they have spent of their limits is known there.
    let accounts_changed = config.couriers.digest != before.couriers.digest;
    if !accounts_changed {
        config.couriers = before.couriers.clone();
    }
    let at_next_start = starts_only(&before.settings, &config.settings);
    let (revision, changed) = (config.revision.clone(), config.revision != before.revision || accounts_changed);
    // An edit of the folder's rules is asked for by whoever made it, also where it goes back to what was before. An edit of anything else is not:
    // in a folder that was left behind it would take back what another daemon was given.
    let asked = occasion.asked || config.kept.rules() != before.kept.rules();
    if changed || asked {
        let who = occasion.by.clone().unwrap_or_else(|| format!("daemon {}", app.desk.name()));
        // Where it cannot be kept, nobody could say later by what was decided.
        let fault = |error: anyhow::Error| Problems::of_fault(format!("it could not be noted in the database: {error:#}"));
        let held = adopt::held(&app.store, &config).await.map_err(fault)?;
        let no = database::note_revision(&*app.store, &config, &who, app.now()).await.map_err(|error| fault(error.into()))?;
        let occasion = Occasion { asked, ..occasion.clone() };
        if adopt::rules(&app.desk, &held, &config, &occasion, app.now()).await.map_err(fault)? == Adopted::LeftBehind {
            adopt::warn_left_behind(&config, &held);
        }
        app.set_config(Arc::new(config), no);
        crate::shadow::begin(app).await;
    }
    if accounts_changed {
        app.run_lanes().await;
    }
    Ok(Reloaded { revision, changed, at_next_start })
}

/// What differs and is read at a start only.
pub(crate) fn starts_only(old: &Settings, new: &Settings) -> Vec<&'static str> {
    let keys = [
        ("server.listen", old.server.listen != new.server.listen),
        ("server.token_file", old.server.token_file != new.server.token_file),
        ("server.request_time", old.server.request_time != new.server.request_time),
        ("server.upload_time", old.server.upload_time != new.server.upload_time),
        ("server.stop_time", old.server.stop_time != new.server.stop_time),
        ("server.name", old.server.name != new.server.name),
        ("database.password_file", old.connect.password_file != new.connect.password_file),
        ("database.connections", old.connect.connections != new.connect.connections),
        ("log.format", old.log.format != new.log.format),
        ("log.level", old.log.level != new.log.level),
        ("traces.endpoint", old.traces != new.traces),
        ("database.url", old.database != new.database),
    ];
    keys.into_iter().filter(|(_, differs)| *differs).map(|(key, _)| key).collect()
}
