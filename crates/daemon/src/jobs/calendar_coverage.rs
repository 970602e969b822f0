//! `calendar-coverage`: whether the calendars reach as far as the longest working-day rule will, in time to add the next year's.

use super::Options;
use crate::config::longest_working_days;
use crate::http::App;
use parcelward_casework::instant::Length;
use parcelward_scheduler::cron::Done;
use serde_json::json;

/// So far ahead it looks.
const AHEAD: Length = Length::days(30);

/// Fails where they do not: it is then seen in every list until the calendar is there.
pub(super) fn run(app: &App, options: Options<'_>) -> Result<Done, String> {
    let config = app.config();
    let start = app.now() + options.length("ahead", AHEAD);
    let Some((n, rule)) = longest_working_days(&config.raw_rules) else {
        return Ok(Done { message: "no rule counts working days".to_owned(), report: None });
    };
    let days = config.rules.working_days();
    let (due, provisional) = days.add(start, n);
    let (from, to) = (start.local().date(), due.local().date());
    let until = days.covers_until().map_or_else(|| "nothing".to_owned(), |day| day.to_string());
    if provisional {
        return Err(format!(
            "the calendars cover {until}; `{rule}` ({n} working days) that starts on {from} reaches {to}: add the calendar of {}",
            to.year()
        ));
    }
    let message = format!("the calendars reach: `{rule}` ({n} working days) that starts on {from} ends on {to}, and they cover {until}");
    let report = json!({ "covers_until": until, "rule": rule, "working_days": n, "starts": from.to_string(), "due": to.to_string() });
    Ok(Done { message, report: Some(report.to_string()) })
}
