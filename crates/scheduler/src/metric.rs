//! Every metric by name: what it counts, its unit and its labels. The names are durable; dashboards and alert rules of others stand on them.
//!
//! A name says its unit at its end (`_seconds`), counters end in `_total`. Labels are words of the contract, rule ids, queues, routes, accounts of the configuration: never an order, a
//! waybill, a shop or a person, so that the number of series is bounded by the program and not by the trade.
//!
//! Deliberately absent: where they are shown (`daemon`).

/// What a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// Grows.
    Counter,
    /// Is as it is.
    Gauge,
    /// How many lay where.
    Histogram,
}

/// One metric.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub kind: MetricKind,
    /// Its labels.
    pub labels: &'static [&'static str],
    /// What it says.
    pub help: &'static str,
    /// The upper bounds of a histogram's buckets, in the unit that the name ends in; without one, in pieces.
    pub buckets: &'static [f64],
}

/// How long something took, in seconds.
const TIMES: &[f64] = &[0.0005, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0];
/// How late something came, in seconds: from a millisecond to a day.
const LATENESS: &[f64] = &[0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 60.0, 600.0, 3_600.0, 86_400.0];
/// How much time is left to somebody, in seconds: from nothing to a week.
const NOTICE: &[f64] = &[0.0, 900.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0, 28_800.0, 43_200.0, 86_400.0, 172_800.0, 345_600.0, 604_800.0];
/// How many there were.
const SIZES: &[f64] = &[0.0, 1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1_000.0, 2_000.0, 5_000.0];

macro_rules! metrics_by_name {
    ($($constant:ident = $name:literal $kind:ident [$($label:literal),*] $($buckets:ident)? $help:literal;)*) => {
        $(#[doc = $help] pub const $constant: &str = $name;)*

        /// Every metric.
        pub const ALL: &[Metric] = &[$(Metric {
            name: $name,
            kind: MetricKind::$kind,
            labels: &[$($label),*],
            help: $help,
            buckets: metrics_by_name!(@buckets $($buckets)?),
        }),*];
    };
    (@buckets) => { &[] };
    (@buckets $buckets:ident) => { $buckets };
}

metrics_by_name! {
    BUILD_INFO = "parcelward_build_info" Gauge ["version", "rust"] "Always 1; the labels say which program it is";
    FACTS = "parcelward_facts_total" Counter ["type", "result"]
        "Facts that were handed in and answered: accepted, parked, duplicate, conflict, refused, broken";
    FACTS_UNREAD = "parcelward_facts_unread_total" Counter [] "Facts over HTTP that do not follow the contract and were not handed in";
    FACTS_LATE = "parcelward_facts_late_total" Counter [] "Facts that came for an order after its case file left into an archive";
    UNRECOGNIZED = "parcelward_tracking_unrecognized_total" Counter ["courier"] "Scans whose code the courier's table does not know";
    DECISIONS = "parcelward_decisions_total" Counter ["type"] "Decisions that were journalled";
    CASES_OPENED = "parcelward_cases_opened_total" Counter ["kind"] "Cases that were opened";
    CASES_CLOSED = "parcelward_cases_closed_total" Counter ["kind", "outcome"] "Cases that were closed, by how";
    TASKS_OPENED = "parcelward_tasks_opened_total" Counter ["kind", "queue"] "Tasks that were put before people";
    TASKS_CLOSED = "parcelward_tasks_closed_total" Counter ["kind", "outcome"]
        "Tasks that ended, by how; missed and not_needed are the engine's own";
    DEADLINES_MET = "parcelward_deadlines_met_total" Counter ["rule"] "Deadlines that were met in time";
    DEADLINES_BREACHED = "parcelward_deadlines_breached_total" Counter ["rule"] "Deadlines that passed; those that cost nothing are left out";
    OPERATIONS_REQUESTED = "parcelward_operations_requested_total" Counter ["kind"] "What couriers were to be asked";
    OPERATIONS_SETTLED = "parcelward_operations_settled_total" Counter ["kind", "status"] "What came of it";
    PUSHES = "parcelward_pushes_total" Counter ["courier", "result"]
        "Pushes of couriers that were answered: taken, known, unverified, malformed, too_large, not_stored, address, unknown";
    COURIER_CALLS = "parcelward_courier_calls_total" Counter ["account"] "Calls that couriers were made";
    COURIER_CALLS_FORFEITED = "parcelward_courier_calls_forfeited_total" Counter [] "Calls that a budget allowed and nobody used in time";
    COURIER_ATTEMPTS = "parcelward_courier_attempts_total" Counter ["account", "outcome"] "Attempts of operations, by how they ended";
    COURIER_OUTAGES = "parcelward_courier_outages_total" Counter ["account"] "Times that an account's interface was taken for out of order";
    COURIER_DISAGREEMENTS = "parcelward_courier_disagreements_total" Counter ["courier"] "Parcels of which two sources say different things";
    COURIER_FACTS_CHANGED = "parcelward_courier_facts_changed_total" Counter [] "Events that a courier tells in other words than before; the first telling stands";
    COURIER_FACTS_REFUSED = "parcelward_courier_facts_refused_total" Counter [] "What couriers said that was not taken as a fact";
    WAKES = "parcelward_wakes_total" Counter [] "Case files woken because their moment had come";
    WAKE_LATENESS = "parcelward_wake_lateness_seconds" Histogram [] LATENESS "How long after its moment a case file was woken";
    RULE_LATENESS = "parcelward_rule_lateness_seconds" Histogram ["rule"] LATENESS
        "How long after its moment a rung or a due time was decided";
    TASK_NOTICE = "parcelward_task_notice_seconds" Histogram ["rule"] NOTICE
        "How much time a task that a rung opened leaves until it is due; 0 where it came too late";
    BATCHES = "parcelward_batches_total" Counter [] "Transactions that were committed";
    BATCHES_FAILED = "parcelward_batches_failed_total" Counter [] "Batches of which nothing was taken";
    BATCH_FACTS = "parcelward_batch_facts" Histogram [] SIZES "Facts in a transaction";
    BATCH_WAKES = "parcelward_batch_wakes" Histogram [] SIZES "Case files woken in a transaction";
    TRANSACTION = "parcelward_transaction_seconds" Histogram [] TIMES "A transaction from its first question to its commit";
    DECIDE = "parcelward_decide_seconds" Histogram [] TIMES "What deciding takes of a transaction; the rest is the database's";
    COMMIT = "parcelward_commit_seconds" Histogram [] TIMES "The commit alone: what the disk takes";
    RETRIES = "parcelward_transaction_retries_total" Counter []
        "Transactions that were tried again: another daemon was faster, or the database was away";
    ENGINE_PANICS = "parcelward_engine_panics_total" Counter [] "Faults of this program while it decided";
    SET_ASIDE = "parcelward_set_aside_total" Counter [] "Case files that were set aside because they could not be read, decided or stored";
    WAKES_STUCK = "parcelward_wakes_stuck_total" Counter [] "Case files that wanted to be woken at once again after they were woken";
    REQUESTS_WAITING = "parcelward_requests_waiting" Gauge [] "Requests with facts that wait for the writer";
    CLOCK_SET_BACK = "parcelward_clock_set_back_seconds" Gauge []
        "How far the wall clock lies behind the newest instant of the journal; more than a moment means that it was set back";
    CLOCK_HELD = "parcelward_clock_held" Gauge [] "1 while nothing irreversible is asked of couriers because the clock is in doubt";
    CLOCK_JUMPS = "parcelward_clock_jumps_total" Counter ["direction"] "Jumps of the wall clock: forward, back";
    OPEN_CASES = "parcelward_open_cases" Gauge ["kind"] "Cases that are open";
    OPEN_TASKS = "parcelward_open_tasks" Gauge ["queue"] "Tasks that are open";
    RUNNING_DEADLINES = "parcelward_running_deadlines" Gauge [] "Deadlines that run";
    PARKED_FACTS = "parcelward_parked_facts" Gauge [] "Facts that wait for the order of their waybill";
    FILES_SET_ASIDE = "parcelward_case_files_set_aside" Gauge [] "Case files that are set aside";
    FILES_OVERDUE = "parcelward_case_files_overdue" Gauge [] "Case files whose moment has come and that were not woken yet";
    MOST_OVERDUE = "parcelward_most_overdue_seconds" Gauge [] "How long the longest of them has waited";
    RELOAD_FAILED = "parcelward_config_reload_failed" Gauge [] "1 while a changed configuration could not be taken over";
    SHADOW_DIFFERENCES = "parcelward_shadow_differences_total" Counter ["what"]
        "Clocks and tasks that the shadow rules would set otherwise: deadline, task";
    SHADOW_LEFT_OUT = "parcelward_shadow_left_out_total" Counter [] "Signals that the shadow rules were too slow to look at";
    SCHEDULE_RUNS = "parcelward_schedule_runs_total" Counter ["state"] "Runs of schedules that ended: ok, failed, lost";
    HTTP_REQUESTS = "parcelward_http_requests_total" Counter ["route", "method", "status"] "Requests that were answered";
    HTTP_TIME = "parcelward_http_request_seconds" Histogram ["route"] TIMES "How long they took";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_conventions_and_stand_once() {
        let mut seen = std::collections::BTreeSet::new();
        for metric in ALL {
            let (name, kind) = (metric.name, metric.kind);
            assert!(seen.insert(name), "{name} stands twice");
            assert!(name.starts_with("parcelward_") && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{name}");
            assert_eq!(name.ends_with("_total"), kind == MetricKind::Counter, "{name}");
            assert_eq!(metric.buckets.is_empty(), kind != MetricKind::Histogram, "{name}");
            assert!(metric.buckets.windows(2).all(|w| w[0] < w[1]), "{name}");
            assert!(!metric.help.is_empty() && !metric.help.ends_with('.'), "{name}");
            for label in metric.labels {
                assert!(!["order", "waybill", "shop", "id", "name", "phone"].contains(label), "{name} {label}");
            }
        }
    }
}
