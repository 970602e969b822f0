//! Sees that a file of the configuration's folder was changed, and asks for a reload once nothing moves any more.
//!
//! It looks at names, lengths and times every second: that sees an editor's new file renamed over the old one, a folder that is replaced
//! as a whole, and network file systems, each of which a kernel's notice of changes can miss. Deliberately absent: reading (`reload`).

use crate::config::Fingerprint;
use crate::http::App;
use std::path::Path;
use std::time::Duration;

/// How often it looks.
const PAUSE: Duration = Duration::from_secs(1);
/// How long nothing may move before it is read.
const QUIET: Duration = Duration::from_millis(300);

/// Watches for as long as it is polled; does nothing while `watch = false`, which a reload may change.
pub async fn folder<F: Future<Output = ()>>(app: &App, reload: impl Fn() -> F) {
    let Some(dir) = app.config().dir.clone() else { return };
    let mut known = app.config().seen.clone();
    loop {
        tokio::time::sleep(PAUSE).await;
        let mut seen = look(&dir).await;
        if seen == known {
            continue;
        }
        loop {
            tokio::time::sleep(QUIET).await;
            let again = look(&dir).await;
            if again == seen {
                break;
            }
            seen = again;
        }
        known = seen;
        if app.config().settings.watch {
            tracing::info!("a file of the configuration was changed");
            reload().await;
        }
    }
}

async fn look(dir: &Path) -> Fingerprint {
    let dir = dir.to_owned();
    tokio::task::spawn_blocking(move || Fingerprint::of(Some(&dir))).await.unwrap_or_default()
}
