//! `shadow = "DIR"`: rules that run beside those in force. What is wrong with them is logged, and stands in nobody's way.
//!
//! Deliberately absent: looking (the desk's thread does).

use crate::config::{Loaded, load};
use crate::http::App;
use parcelward_scheduler::Shadow;
use std::path::PathBuf;
use std::sync::Arc;

/// Starts the rules that a configuration names, or ends those that ran.
pub async fn begin(app: &App) {
    let config = app.config();
    let Some(dir) = folder(&config) else {
        app.desk.set_shadow(None);
        return;
    };
    let shown = dir.display().to_string();
    let read = tokio::task::spawn_blocking(move || load(Some(&dir)).map_err(|found| found.below(Some(&dir)))).await;
    let shadow = match read {
        Ok(Ok(loaded)) => {
            let revision = loaded.revision.clone();
            Shadow::start(Arc::new(loaded.rules), &revision).map_err(|error| error.to_string())
        }
        Ok(Err(problems)) => Err(problems.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match shadow {
        Ok(shadow) => {
            tracing::info!(folder = shown, revision = shadow.revision(), "the shadow rules run beside those in force");
            app.desk.set_shadow(Some(shadow));
        }
        Err(error) => {
            tracing::error!(folder = shown, "the shadow rules cannot be used, and none run: {error}");
            app.desk.set_shadow(None);
        }
    }
}

/// A relative folder lies in the configuration's own.
fn folder(config: &Loaded) -> Option<PathBuf> {
    let shadow = config.settings.shadow.as_ref()?;
    Some(config.dir.as_ref().map_or_else(|| shadow.clone(), |dir| dir.join(shadow)))
}
