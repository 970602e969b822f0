//! What other rules would do to what is open, before they do it.
//!
//! It is found by asking: every open case file is decided as if the rules were applied at this very moment with open deadlines set anew, by the
//! same function that decides it then. So what is planned is what happens, unless something is told or falls due in between.
//! Deliberately absent: applying (`reload`), and the past (`backtest`).

mod config;
mod file;

pub use config::{FileChange, Setting, files_changed, settings_changed, write_files};

use crate::adopt;
use crate::config::Loaded;
use crate::http::App;
use anyhow::Context;
use file::Look;
use parcelward_casework::fact::ConfigurationFact;
use parcelward_casework::instant::Instant;
use parcelward_casework::words::OpenDeadlines;
use parcelward_casework::world::World;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Case files that are read at a time.
const PAGE: u32 = 200;
/// Rows of one kind that a plan lists; what is beyond is counted.
pub const MOST: usize = 10_000;

/// What becomes of a running deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Shift {
    /// By the new rules it was due already: it would be breached at once.
    AlreadyPast,
    /// Due earlier.
    Earlier,
    /// Due later.
    Later,
    /// Due when it was; its rungs act at other times.
    Rungs,
}

/// A running deadline that would move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MovedDeadline {
    /// Its id.
    pub deadline_id: String,
    /// Its rule.
    pub rule: String,
    /// Its order: platform/shop/number.
    pub order: String,
    /// How it moves.
    pub shift: Shift,
    /// When it is due.
    pub due_at: String,
    /// When it would be.
    pub new_due_at: String,
    /// When its rungs act that are still to come.
    pub rungs: Vec<String>,
    /// When they would.
    pub new_rungs: Vec<String>,
}

/// A task that would open at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OpenedTask {
    /// Its kind.
    pub kind: String,
    /// Its title.
    pub title: String,
    /// Who works it.
    pub queue: String,
    /// How pressing it would be.
    pub urgency: String,
    /// Until when.
    pub due_at: String,
    /// Its order: platform/shop/number.
    pub order: String,
}

/// A courier operation that would be asked for at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AskedOperation {
    /// Its kind.
    pub kind: String,
    /// The parcel's courier and number.
    pub waybill: String,
    /// Its order: platform/shop/number.
    pub order: String,
}

/// How much of what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlanCounts {
    /// Case files in which something is open.
    pub case_files: u64,
    /// Deadlines that run.
    pub running: u64,
    /// Of those, due by the new rules already.
    pub already_past: u64,
    /// Due earlier.
    pub earlier: u64,
    /// Due later.
    pub later: u64,
    /// With rungs at other times only.
    pub rungs: u64,
    /// Tasks that would open at once.
    pub tasks_open: u64,
    /// Open tasks that would close at once.
    pub tasks_close: u64,
    /// Open tasks that would get another due time or urgency.
    pub tasks_change: u64,
    /// Courier operations that would be asked for at once.
    pub operations: u64,
}

/// What a configuration would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Plan {
    /// The revision in force.
    pub revision: String,
    /// The revision of the configuration that is planned.
    pub new_revision: String,
    /// As of when.
    pub at: String,
    /// The folder that the daemon was started with; absent where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// Files of that folder that differ from what is in force.
    pub files: Vec<FileChange>,
    /// Values that differ, file by file of the layout.
    pub settings: Vec<Setting>,
    /// Keys among them that are read at a start only.
    pub at_next_start: Vec<String>,
    /// What is probably not meant so, one line each.
    pub warnings: Vec<String>,
    /// How much of what happens with `move`; with `keep`, nothing of it does.
    pub counts: PlanCounts,
    /// Running deadlines that move, the one that would be due first first.
    pub deadlines: Vec<MovedDeadline>,
    /// Tasks that open at once.
    pub tasks: Vec<OpenedTask>,
    /// Courier operations that are asked for at once.
    pub operations: Vec<AskedOperation>,
    /// Rows that are counted and not listed: a plan lists at most 10,000 of a kind.
    pub left_out: LeftOut,
}

/// How many rows are counted and not listed, by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LeftOut {
    /// Deadlines that move: those that would be due last.
    pub deadlines: u64,
    /// Tasks that open at once: those that are due last.
    pub tasks: u64,
    /// Courier operations that are asked for at once.
    pub operations: u64,
}

/// Plans a configuration against what is open; lists at most `most` rows of a kind, and says how many more there are.
///
/// # Errors
/// Where the database cannot be read.
pub async fn plan(app: &App, new: &Loaded, now: Instant, most: usize) -> anyhow::Result<Plan> {
    // No later decision can have an earlier instant than those that were made.
    let now = now.max(app.store.high_water().await.context("reading the newest instant")?);
    let held = app.config();
    let mut out = Plan {
        revision: held.revision.clone(),
        new_revision: new.revision.clone(),
        at: now.to_string(),
        folder: held.dir.as_ref().map(|dir| std::path::absolute(dir).unwrap_or_else(|_| dir.clone()).display().to_string()),
        files: files_changed(held.kept.own(), new.kept.own()),
        settings: settings_changed(&held, new)?,
        at_next_start: crate::reload::starts_only(&held.settings, &new.settings).into_iter().map(str::to_owned).collect(),
        warnings: new.warnings.iter().map(ToString::to_string).collect(),
        counts: PlanCounts::default(),
        deadlines: Vec::new(),
        tasks: Vec::new(),
        operations: Vec::new(),
        left_out: LeftOut::default(),
    };
    // What the environment sets over both files does not change.
    out.at_next_start.retain(|key| out.settings.iter().any(|setting| setting.key == *key));
    let world = adopt::world(&app.store).await?;
    let planned = with(&world, new, now);
    let look = Look { rules: &app.desk.rules(), world: &world, planned: &planned, now };
    let mut after = Some(0);
    while let Some(place) = after {
        let page = app.store.open_files(place, PAGE).await.context("reading the open case files")?;
        for stored in page.rows {
            look.at(&stored.file, &mut out);
        }
        // What is listed is what is pressing, not what was read first; and what is read does not pile up.
        if out.deadlines.len().max(out.tasks.len()).max(out.operations.len()) >= most.saturating_mul(2) {
            out.cut(most);
        }
        after = page.next;
        // The desk and others want the processor too.
        tokio::task::yield_now().await;
    }
    out.cut(most);
    Ok(out)
}

impl Plan {
    /// Sorts what is listed by what presses, and keeps so many rows of a kind.
    fn cut(&mut self, most: usize) {
        self.deadlines.sort_by(|a, b| (a.shift, &a.new_due_at, &a.deadline_id).cmp(&(b.shift, &b.new_due_at, &b.deadline_id)));
        self.tasks.sort_by(|a, b| (&a.due_at, &a.order, &a.kind).cmp(&(&b.due_at, &b.order, &b.kind)));
        self.operations.sort_by(|a, b| (&a.order, &a.waybill).cmp(&(&b.order, &b.waybill)));
        self.deadlines.truncate(most);
        self.tasks.truncate(most);
        self.operations.truncate(most);
        let c = &self.counts;
        let more = |all: u64, listed: usize| all.saturating_sub(listed as u64);
        self.left_out = LeftOut {
            deadlines: more(c.already_past + c.earlier + c.later + c.rungs, self.deadlines.len()),
            tasks: more(c.tasks_open, self.tasks.len()),
            operations: more(c.operations, self.operations.len()),
        };
    }
}

/// The world in which the rules were applied now.
fn with(world: &World, new: &Loaded, now: Instant) -> World {
    let fact = ConfigurationFact {
        revision: new.revision.clone(),
        rules: Box::new(new.kept.source.clone()),
        before: None,
        open_deadlines: Some(OpenDeadlines::Move),
        by: None,
        reason: None,
    };
    let mut planned = world.clone();
    planned.push(adopt::change(fact, now));
    planned
}
