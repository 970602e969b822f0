//! `retention`: erases and archives what is old enough, as `[retention]` says.

use crate::http::App;
use crate::retention::{folder, owner, run as keep};
use parcelward_scheduler::cron::Done;
use serde_json::json;

pub(super) async fn run(app: &App) -> Result<Done, String> {
    let retention = app.config().settings.retention.clone();
    let name = owner(app.desk.name());
    let done = keep(&app.store, &retention, &folder(&retention), &name, app.now()).await.map_err(|error| error.to_string())?;
    let message = format!(
        "personal data of {} case files and {} loose facts erased; {} case files left into {} archives",
        done.erased,
        done.loose,
        done.archived,
        done.archives.len()
    );
    let report = json!({ "erased": done.erased, "loose": done.loose, "archived": done.archived, "archives": done.archives, "given_up": done.given_up });
    Ok(Done { message, report: Some(report.to_string()) })
}
