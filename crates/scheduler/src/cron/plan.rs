//! What is done about owed slots: which are run, which are passed over, and what is written down of it.

use super::schedule::{CatchUp, Schedule};
use super::slots::Owed;
use parcelward_casework::instant::{Instant, Length};
use parcelward_store::SlotRun;

/// A slot that is swept within this length is in time, and run whatever `catch_up` says.
pub const LATE: Length = Length::minutes(1);

/// What is to be written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Planned {
    /// The rows, the earliest first.
    pub rows: Vec<SlotRun>,
    /// How many slots are passed over altogether.
    pub skipped: u64,
}

/// Decides about owed slots at an instant. `busy` says why a run cannot start now, where it may not wait for its turn.
#[must_use]
pub fn plan(schedule: &Schedule, owed: &Owed, now: Instant, busy: Option<&str>) -> Planned {
    let first_in_time = owed.slots.partition_point(|slot| *slot + LATE < now);
    let in_time = owed.slots.len() - first_in_time;
    let caught_up = match schedule.spec().catch_up {
        CatchUp::None => 0,
        // What is in time does for what is late.
        CatchUp::Once => usize::from(in_time == 0).min(first_in_time),
        CatchUp::All(most) => (most as usize).min(first_in_time),
    };
    let first_run = first_in_time - caught_up;
    let mut planned = Planned::default();
    let mut waiting = 0;
    for (n, slot) in owed.slots.iter().enumerate() {
        let late = n < first_run;
        if late && n + 1 < owed.slots.len() {
            waiting += 1;
            continue;
        }
        let why = if late { Some(reason(schedule, *slot, now)) } else { busy.map(str::to_owned) };
        planned.skipped += waiting + u64::from(why.is_some());
        planned.rows.push(SlotRun { slot: *slot, skipped: std::mem::take(&mut waiting), passed_over: why });
    }
    planned
}

fn reason(schedule: &Schedule, slot: Instant, now: Instant) -> String {
    let late = now.since(slot);
    let policy = match schedule.spec().catch_up {
        CatchUp::None => "catch_up is none".to_owned(),
        CatchUp::Once => "another was run for it".to_owned(),
        CatchUp::All(most) => format!("catch_up runs {most} at most"),
    };
    format!("nobody swept it for {} min; {policy}", late.as_millis() / 60_000)
}
