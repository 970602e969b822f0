//! The list of tasks on a terminal: time left, money, what happens if missed, and what to do.
//!
//! Deliberately absent: answering. That is done over HTTP, where it can be seen who did it.

use crate::http::TaskItem;
use console::{measure_text_width, style, truncate_str};
use std::fmt::Write as _;

/// What there is to draw on.
#[derive(Debug, Clone, Copy)]
pub struct Screen {
    /// Lines.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Whether colours are shown.
    pub colours: bool,
}

/// The columns before a task's title.
const INDENT: usize = 34;

/// What is past its time for longer than this is counted and not shown: the list is for what can still be done in time.
const LONG_PAST: i64 = -86_400;

/// The list as it stands now: `tasks` are the open ones with the least time left, `open` is how many there are in all.
#[must_use]
pub fn page(tasks: &[TaskItem], open: u64, screen: Screen, foot: &str) -> String {
    let mut out = String::new();
    let past = tasks.iter().take_while(|task| task.seconds_left < LONG_PAST).count();
    let long_past = if past > 0 { format!(", {past} of them for more than a day past their time") } else { String::new() };
    let head = format!("{open} open tasks{long_past}; the least time left first");
    let head = fit(&head, screen.width);
    let _ = writeln!(out, "{}", if screen.colours { style(head).bold().to_string() } else { head });
    // A line above the list, how many more there are, the foot, and the cursor's; three lines a task.
    let room = screen.height.saturating_sub(3 + foot.lines().count()) / 3;
    let shown = &tasks[past..tasks.len().min(past.saturating_add(room))];
    for task in shown {
        entry(&mut out, task, screen);
    }
    let more = open.saturating_sub((past + shown.len()) as u64);
    if more > 0 {
        let _ = writeln!(out, "… and {more} more");
    }
    let _ = write!(out, "{foot}");
    out
}

fn entry(out: &mut String, task: &TaskItem, screen: Screen) {
    let money = task.money_at_stake.as_ref().map(|m| format!("¥{m}")).unwrap_or_default();
    let left = pad(&time_left(task.seconds_left), 10);
    let left = match (screen.colours, task.urgency) {
        (true, "critical") => style(left).red().bold().to_string(),
        (true, "high") => style(left).yellow().to_string(),
        _ => left,
    };
    let line = format!("{left} {} {} {}", pad(&money, 10), pad(task.queue, 10), task.title);
    let _ = writeln!(out, "{}", fit(&line, screen.width));
    let indent = " ".repeat(INDENT);
    let todo = task.steps.first().map_or(task.why.as_str(), String::as_str);
    for (mark, text) in [("→", todo), ("✗", task.missed.as_str())] {
        let line = format!("{indent}{mark} {text}");
        let line = fit(&line, screen.width);
        let _ = writeln!(out, "{}", if screen.colours { style(line).dim().to_string() } else { line });
    }
}

fn fit(line: &str, width: usize) -> String {
    truncate_str(line, width.max(20), "…").into_owned()
}

/// Chinese letters take two columns.
fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(measure_text_width(text))))
}

/// `3h12m`, `2d4h`, `-25m`.
fn time_left(seconds: i64) -> String {
    let sign = if seconds < 0 { "-" } else { "" };
    let minutes = seconds.unsigned_abs() / 60;
    match (minutes / 1440, minutes / 60 % 24, minutes % 60) {
        (0, 0, m) => format!("{sign}{m}m"),
        (0, h, m) => format!("{sign}{h}h{m:02}m"),
        (d, h, _) => format!("{sign}{d}d{h}h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_is_said_in_two_parts() {
        for (seconds, text) in [(59, "0m"), (-3_661, "-1h01m"), (43_199, "11h59m"), (187_200, "2d4h"), (-90, "-1m")] {
            assert_eq!(time_left(seconds), text);
        }
    }

    fn task(title: &str, seconds_left: i64) -> TaskItem {
        let order = crate::http::OrderName { platform: "pinduoduo", shop: "s".to_owned(), order_id: "1".to_owned() };
        TaskItem {
            task_id: title.to_owned(),
            kind: "ship_now",
            order: Some(order),
            account: None,
            couriers: Vec::new(),
            endangered: Vec::new(),
            sources: Vec::new(),
            disagreement: None,
            case_id: None,
            case_kind: None,
            waybill: None,
            queue: "warehouse",
            urgency: "high",
            due_at: String::new(),
            seconds_left,
            deadline_id: None,
            state: "open",
            snoozed_until: None,
            outcome: None,
            assignee: None,
            opened_at: String::new(),
            version: 1,
            money_at_stake: Some("59.90".to_owned()),
            title: title.to_owned(),
            why: "why".to_owned(),
            missed: "missed".to_owned(),
            advice: None,
            advice_text: None,
            steps: vec!["step".to_owned()],
            links: Vec::new(),
            evidence_wanted: Vec::new(),
            outcomes: Vec::new(),
            reply_template: None,
        }
    }

    #[test]
    fn what_is_long_past_is_counted_and_the_rest_fits_the_screen() {
        let tasks = [task("old", -200_000), task("late", -60), task("soon", 3_600), task("later", 7_200)];
        let page = page(&tasks, 9, Screen { height: 10, width: 100, colours: false }, "foot");
        assert!(page.starts_with("9 open tasks, 1 of them for more than a day past their time;"), "{page}");
        assert!(page.contains("-1m        ¥59.90     warehouse  late") && page.contains("soon"), "{page}");
        assert!(!page.contains("old") && !page.contains("later\n") && page.contains("… and 6 more\nfoot"), "{page}");
        assert!(page.lines().count() <= 10 && page.lines().all(|line| measure_text_width(line) <= 100), "{page}");
    }

    #[test]
    fn padding_counts_columns() {
        assert_eq!(measure_text_width(&pad("客服", 10)), 10);
        assert_eq!(pad("a longer text", 4), "a longer text");
    }
}
