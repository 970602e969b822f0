//! What jobs ask of couriers: looks out of turn, within each account's budget.

use super::Options;
use crate::http::App;
use parcelward_casework::instant::Length;
use parcelward_scheduler::cron::Done;
use parcelward_scheduler::lanes::Lanes;
use serde_json::json;
use std::sync::Arc;

/// Nothing was heard of a parcel for so long, where nobody says otherwise.
const SILENT: Length = Length::hours(12);
/// Both sources were not asked for so long.
const NOT_COMPARED: Length = Length::hours(2);

/// Asks couriers about parcels of which nothing was heard.
///
/// # Errors
/// In a sentence.
pub(super) async fn poll_tracking(app: &App, options: Options<'_>) -> Result<Done, String> {
    let silent = options.length("silent_for", SILENT);
    let count = lanes(app).await?.ask_about_silent(silent).await.map_err(|error| error.to_string())?;
    Ok(done(count, &format!("{count} parcels of which nothing was heard for {silent} are asked about now")))
}

/// Asks the courier and the aggregator anew about parcels that stand still or that money hangs on.
///
/// # Errors
/// In a sentence.
pub(super) async fn recheck_both_sources(app: &App, options: Options<'_>) -> Result<Done, String> {
    let age = options.length("older_than", NOT_COMPARED);
    let count = lanes(app).await?.ask_both_sources(age).await.map_err(|error| error.to_string())?;
    Ok(done(count, &format!("{count} questions to couriers and aggregators are asked anew: their last answers were older than {age}")))
}

async fn lanes(app: &App) -> Result<Arc<Lanes>, String> {
    app.lanes().await.ok_or_else(|| "the daemon is stopping".to_owned())
}

fn done(count: u64, message: &str) -> Done {
    Done { message: message.to_owned(), report: Some(json!({ "text": message, "hastened": count }).to_string()) }
}
