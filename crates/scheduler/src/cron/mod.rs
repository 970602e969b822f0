//! Schedules: jobs at fixed times of the clock on the wall, each slot run at most once whatever happens to clocks, daemons and configurations.
//!
//! Whether a firing is owed is decided by the ledger in the database alone (`parcelward_store`): a row with the primary key (schedule, slot). A
//! ticker only says when to look. No daemon leads; all may try. Deliberately absent: deadlines of cases (they are the desk's), and what a job does
//! ([`Jobs`] is implemented by whoever has the parts).

mod ledger;
mod plan;
mod runs;
mod schedule;
mod slots;
mod ticker;

pub use ledger::{Known, Timetable, TimetableError, TimetableOptions};
pub use plan::{LATE, Planned, plan};
pub use runs::{Done, Firing, Jobs};
pub use schedule::{BadSchedule, CatchUp, Overlap, Schedule, ScheduleSpec};
pub use slots::{MOST_SLOTS, Owed};
