//! What lists show of a case file: the lines that follow from the difference between what was stored and what is now.
//!
//! Taken from the case file itself and not from the decisions, so that a list can never say anything else than the case file does.
//! Deliberately absent: any database.

use crate::StoreError;
use crate::change::{Batch, Entry, FileChange, FileStamp};
use crate::rows::deadline_word;
use parcelward_casework::casefile::{CaseFile, Deadline, DeadlineState, Index, Operation, OperationState, Subject, Task, TaskState};
use parcelward_casework::decision::DecisionBody;
use parcelward_casework::fact::{OrderKey, Waybill};
use parcelward_casework::instant::Instant;
use parcelward_casework::instant::Length;
use parcelward_casework::watch::{self, Watch};
use std::collections::{BTreeMap, HashMap};

/// The `acts_at` of a parcel about which nothing runs: the year 9999, so that it sorts last.
pub(crate) const NOTHING_RUNS: i64 = 253_370_764_800_000;
/// A parcel that is new is looked at within this time.
const FIRST_LOOK: Length = Length::hours(1);

/// What decisions that opened tasks, set deadlines and asked couriers told, by id.
struct Told<'a> {
    now: HashMap<&'a str, &'a DecisionBody>,
    earlier: Option<&'a HashMap<String, String>>,
}

impl Told<'_> {
    /// Whether something was told of an id.
    fn has(&self, id: &str) -> bool {
        self.now.contains_key(id) || self.earlier.is_some_and(|earlier| earlier.contains_key(id))
    }
}

/// Gathers what a batch's decisions say of new things.
fn told(batch: &Batch) -> Told<'_> {
    let mut told = HashMap::new();
    for entry in &batch.entries {
        let Entry::Decision(line) = entry else { continue };
        let body = &line.decision.body;
        let id = match body {
            DecisionBody::TaskOpened(d) => &d.task_id,
            DecisionBody::DeadlineSet(d) => &d.deadline_id,
            DecisionBody::OperationRequested(d) => &d.operation_id,
            _ => continue,
        };
        told.insert(id.as_str(), body);
    }
    Told { now: told, earlier: Some(&batch.told) }
}

/// The JSON that a decision told of an id, `{}` where none did.
fn told_json(told: &Told<'_>, id: &str) -> String {
    let now = told.now.get(id).and_then(|body| serde_json::to_string(body).ok());
    now.or_else(|| told.earlier?.get(id).cloned()).unwrap_or_else(|| "{}".to_owned())
}

/// A task's line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TaskLine<'a> {
    pub(crate) task_id: &'a str,
    pub(crate) no: i64,
    pub(crate) kind: &'a str,
    pub(crate) platform: &'a str,
    pub(crate) shop: &'a str,
    pub(crate) order_id: &'a str,
    pub(crate) case_id: Option<&'a str>,
    pub(crate) case_kind: Option<&'a str>,
    pub(crate) courier: Option<&'a str>,
    pub(crate) number: Option<&'a str>,
    pub(crate) queue: &'a str,
    pub(crate) urgency: &'a str,
    pub(crate) due_at: i64,
    pub(crate) deadline_id: Option<&'a str>,
    pub(crate) state: &'a str,
    pub(crate) is_open: bool,
    pub(crate) snoozed_until: Option<i64>,
    pub(crate) outcome: Option<&'a str>,
    pub(crate) assignee: Option<&'a str>,
    pub(crate) opened_at: i64,
    pub(crate) version: i64,
    pub(crate) advice: Option<&'a str>,
    pub(crate) money_fen: i64,
    pub(crate) opened: String,
}

/// A deadline's line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeadlineLine<'a> {
    pub(crate) deadline_id: &'a str,
    pub(crate) no: i64,
    pub(crate) rule: String,
    pub(crate) rule_kind: &'a str,
    pub(crate) platform: &'a str,
    pub(crate) shop: &'a str,
    pub(crate) order_id: &'a str,
    pub(crate) courier: Option<&'a str>,
    pub(crate) number: Option<&'a str>,
    pub(crate) starts_at: i64,
    pub(crate) due_at: i64,
    pub(crate) state: &'a str,
    pub(crate) is_running: bool,
    pub(crate) ended_at: Option<i64>,
    pub(crate) provisional: bool,
    pub(crate) waived: bool,
    pub(crate) late_news: bool,
    pub(crate) told: String,
}

/// An operation's line, without what belongs to the courier lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OperationLine<'a> {
    pub(crate) operation_id: &'a str,
    pub(crate) no: i64,
    pub(crate) kind: &'a str,
    pub(crate) courier: &'a str,
    pub(crate) number: &'a str,
    pub(crate) case_id: &'a str,
    pub(crate) state: &'a str,
    pub(crate) asked_at: i64,
    pub(crate) reference: Option<&'a str>,
    pub(crate) intent: String,
}

/// An open case's line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CaseLine<'a> {
    pub(crate) case_id: &'a str,
    pub(crate) no: i64,
    pub(crate) kind: &'a str,
    pub(crate) opened_at: i64,
}

/// A parcel to ask about, without what belongs to the courier lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PollLine<'a> {
    pub(crate) courier: &'a str,
    pub(crate) number: &'a str,
    /// 0 who is trusted most, 1 the other source.
    pub(crate) place: i64,
    pub(crate) no: i64,
    pub(crate) shop: &'a str,
    pub(crate) every_ms: i64,
    pub(crate) acts_at: i64,
    pub(crate) phone_tail: Option<String>,
    /// When it is asked first, if it is new.
    pub(crate) first_at: i64,
    pub(crate) rank_at: i64,
}

/// Whose a waybill is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WaybillLine<'a> {
    pub(crate) number: &'a str,
    pub(crate) courier: &'a str,
    pub(crate) no: i64,
}

macro_rules! texts {
    ($($line:ident: $($told:ident)?;)+) => {
        $(impl<'a> $line<'a> {
            /// The line as a text, without what decisions told.
            pub(crate) fn text(&self) -> String {
                #[allow(unused_mut, reason = "some lines hold nothing that was told")]
                let mut line = self.clone();
                $(line.$told.clear();)?
                format!("{line:?}")
            }
        })+
    };
}
texts! { TaskLine: opened; DeadlineLine: told; OperationLine: intent; CaseLine: ; WaybillLine: ; }

/// The lines that a batch writes.
#[derive(Debug, Default)]
pub(crate) struct Lines<'a> {
    pub(crate) tasks: Vec<TaskLine<'a>>,
    pub(crate) deadlines: Vec<DeadlineLine<'a>>,
    pub(crate) operations: Vec<OperationLine<'a>>,
    /// Cases that opened.
    pub(crate) opened: Vec<CaseLine<'a>>,
    /// Cases that closed: their lines go.
    pub(crate) closed: Vec<&'a str>,
    pub(crate) waybills: Vec<WaybillLine<'a>>,
    /// Parcels to ask about, new or changed.
    pub(crate) polls: Vec<PollLine<'a>>,
    /// Parcels that are not asked about any more: courier, number, place.
    pub(crate) unwatched: Vec<(&'a str, &'a str, i64)>,
    /// Parcels of which both sources are asked from now on, at once: courier, number, now.
    pub(crate) both: Vec<(&'a str, &'a str, i64)>,
}

impl<'a> Lines<'a> {
    /// What a batch changes.
    pub(crate) fn of_batch(batch: &'a Batch, stamps: &[FileStamp]) -> Result<Self, StoreError> {
        let told = told(batch);
        let mut lines = Lines::default();
        for (change, stamp) in batch.files.iter().zip(stamps) {
            let mut changed = difference(change);
            if let Some(before) = change.before.as_deref() {
                changed.leave_out_unseen((before, &change.after), &told)?;
            }
            lines.add(&change.after, stamp.no, &changed, &told)?;
            lines.add_polls(change.before.as_deref(), &change.after, stamp.no);
        }
        let owners: HashMap<(&str, &str), &OrderKey> =
            batch.owners.iter().map(|(w, order)| ((w.number.as_str(), w.courier.word()), order)).collect();
        let numbers: HashMap<&OrderKey, i64> =
            batch.files.iter().zip(stamps).map(|(change, stamp)| (&change.after.key, stamp.no)).collect();
        lines.waybills.retain(|line| owners.get(&(line.number, line.courier)).is_none_or(|owner| numbers.get(owner) == Some(&line.no)));
        Ok(lines)
    }

    /// Everything that lists show of a case file. What decisions told of it is in the journal, not in the case file: `{}`.
    pub(crate) fn of_file(file: &'a CaseFile, no: i64) -> Result<Self, StoreError> {
        let all = Difference {
            tasks: (0..file.tasks.len()).collect(),
            deadlines: (0..file.deadlines.len()).collect(),
            operations: (0..file.operations.len()).collect(),
            opened_cases: (0..file.cases.len()).filter(|&i| file.cases[i].closed.is_none()).collect(),
            closed_cases: Vec::new(),
            waybills: (0..file.parcels.len()).collect(),
        };
        let mut lines = Lines::default();
        lines.add(file, no, &all, &Told { now: HashMap::new(), earlier: None })?;
        lines.add_polls(None, file, no);
        Ok(lines)
    }

    /// A text for each line, by table and id: equal where the lines are. What decisions told is left out.
    pub(crate) fn texts(&self) -> BTreeMap<(&'static str, String), String> {
        let mut all = BTreeMap::new();
        all.extend(self.tasks.iter().map(|t| (("task", t.task_id.to_owned()), t.text())));
        all.extend(self.deadlines.iter().map(|d| (("deadline", d.deadline_id.to_owned()), d.text())));
        all.extend(self.operations.iter().map(|o| (("operation", o.operation_id.to_owned()), o.text())));
        all.extend(self.opened.iter().map(|c| (("open_case", c.case_id.to_owned()), c.text())));
        all.extend(self.waybills.iter().map(|w| (("waybill_index", format!("{}/{}", w.courier, w.number)), w.text())));
        all
    }

    /// Parcels to ask about: what is new or changed, and what is no longer asked about.
    fn add_polls(&mut self, before: Option<&'a CaseFile>, after: &'a CaseFile, no: i64) {
        let mut earlier: HashMap<(&str, &str, i64), Watch<'_>> = HashMap::new();
        if let Some(before) = before {
            earlier.extend(watch::watches(before).into_iter().flat_map(places));
        }
        for ((courier, number, place), watch) in watch::watches(after).into_iter().flat_map(places) {
            let tail = watch::phone_tail(after, watch.waybill);
            let same_tail = before.is_some_and(|before| watch::phone_tail(before, watch.waybill) == tail);
            let same = earlier.remove(&(courier, number, place));
            if place == 1 && same.is_none() {
                self.both.push((courier, number, after.clock.millis()));
            }
            if same_tail && same.is_some_and(|old| old.every == watch.every && old.acts_at == watch.acts_at) {
                continue;
            }
            let spread = FIRST_LOOK.min(watch.every).as_millis().max(1);
            let first = after.clock + Length::millis(i64::from(hash(number)) % spread);
            let first = watch.acts_at.map_or(first, |at| first.min(at - FIRST_LOOK)).max(after.clock);
            self.polls.push(PollLine {
                courier,
                number,
                place,
                no,
                shop: &after.key.shop,
                every_ms: watch.every.as_millis(),
                acts_at: watch.acts_at.map_or(NOTHING_RUNS, Instant::millis),
                phone_tail: tail,
                first_at: first.millis(),
                rank_at: watch::rank(first, Instant::from_millis(0), watch.acts_at).millis(),
            });
        }
        self.unwatched.extend(earlier.into_keys());
    }

    fn add(&mut self, file: &'a CaseFile, no: i64, changed: &Difference, told: &Told<'_>) -> Result<(), StoreError> {
        self.tasks.extend(changed.tasks.iter().map(|&i| task_line(file, no, &file.tasks[i], told)));
        self.deadlines.extend(changed.deadlines.iter().map(|&i| deadline_line(file, no, &file.deadlines[i], told)));
        for &i in &changed.operations {
            self.operations.push(operation_line(file, no, &file.operations[i], told)?);
        }
        let case_line = |i: usize| {
            let case = &file.cases[i];
            CaseLine { case_id: &case.id, no, kind: case.kind.word(), opened_at: case.opened_at.millis() }
        };
        self.opened.extend(changed.opened_cases.iter().map(|&i| case_line(i)));
        self.closed.extend(changed.closed_cases.iter().map(|&i| file.cases[i].id.as_str()));
        let waybills = changed.waybills.iter().map(|&i| &file.parcels[i].waybill);
        self.waybills.extend(waybills.map(|w| WaybillLine { number: &w.number, courier: w.courier.word(), no }));
        Ok(())
    }
}

/// A parcel's places: one for who is trusted most, and one for the other source where both are to be asked.
fn places(watch: Watch<'_>) -> Vec<((&str, &str, i64), Watch<'_>)> {
    let (courier, number) = (watch.waybill.courier.word(), watch.waybill.number.as_str());
    let last = i64::from(watch.both);
    (0..=last).map(|place| ((courier, number, place), watch.clone())).collect()
}

/// Spreads what begins at one moment (32-bit FNV-1a).
fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

fn task_line<'a>(file: &'a CaseFile, no: i64, task: &'a Task, told: &Told<'_>) -> TaskLine<'a> {
    let case = case_at(file, task.case);
    let waybill = waybill_of_task(file, task);
    let deadline = task.deadline.and_then(|i| at(&file.deadlines, i));
    let (snoozed_until, outcome) = match task.state {
        TaskState::Snoozed(until) => (Some(until.millis()), None),
        TaskState::Closed(outcome) => (None, Some(outcome.word())),
        TaskState::Open | TaskState::Claimed => (None, None),
    };
    TaskLine {
        task_id: &task.id,
        no,
        kind: task.kind.word(),
        platform: file.key.platform.word(),
        shop: &file.key.shop,
        order_id: &file.key.order_id,
        case_id: case.map(|c| c.id.as_str()),
        case_kind: case.map(|c| c.kind.word()),
        courier: waybill.map(|w| w.courier.word()),
        number: waybill.map(|w| w.number.as_str()),
        queue: task.queue.word(),
        urgency: task.urgency.word(),
        due_at: task.due_at.millis(),
        deadline_id: deadline.map(|d| d.id.as_str()),
        state: task.state.word(),
        is_open: task.is_open(),
        snoozed_until,
        outcome,
        assignee: task.assignee.as_deref(),
        opened_at: task.opened_at.millis(),
        version: task.version.cast_signed(),
        advice: task.advice.map(|a| a.word()),
        money_fen: task.money.map_or(-1, |m| m.fen()),
        opened: told_json(told, &task.id),
    }
}

fn deadline_line<'a>(file: &'a CaseFile, no: i64, deadline: &'a Deadline, told: &Told<'_>) -> DeadlineLine<'a> {
    let waybill = waybill_of_deadline(file, deadline);
    DeadlineLine {
        deadline_id: &deadline.id,
        no,
        rule: deadline.rule.id(file.key.platform),
        rule_kind: deadline.rule.word(),
        platform: file.key.platform.word(),
        shop: &file.key.shop,
        order_id: &file.key.order_id,
        courier: waybill.map(|w| w.courier.word()),
        number: waybill.map(|w| w.number.as_str()),
        starts_at: deadline.starts_at.millis(),
        due_at: deadline.due_at.millis(),
        state: deadline_word(deadline.state),
        is_running: deadline.state == DeadlineState::Running,
        ended_at: deadline.ended_at.map(Instant::millis),
        provisional: deadline.provisional,
        waived: deadline.waived,
        late_news: deadline.late_news,
        told: told_json(told, &deadline.id),
    }
}

fn operation_line<'a>(file: &'a CaseFile, no: i64, operation: &'a Operation, told: &Told<'_>) -> Result<OperationLine<'a>, StoreError> {
    let parts = at(&file.parcels, operation.parcel).zip(at(&file.cases, operation.case));
    let (parcel, case) = parts.ok_or_else(|| StoreError::Defect(format!("operation {} has no parcel or no case", operation.id)))?;
    Ok(OperationLine {
        operation_id: &operation.id,
        no,
        kind: operation.kind.word(),
        courier: parcel.waybill.courier.word(),
        number: &parcel.waybill.number,
        case_id: &case.id,
        state: match operation.state {
            // A person was asked to do it: the lane sends nothing any more.
            OperationState::Requested if operation.taken_over => "by_hand",
            OperationState::Requested => "requested",
            OperationState::ByHand => "by_hand",
            OperationState::Accepted => "accepted",
            OperationState::Unknown => "unknown",
            OperationState::Settled(_) => "settled",
        },
        asked_at: operation.asked_at.millis(),
        reference: operation.reference.as_deref(),
        intent: told_json(told, &operation.id),
    })
}

/// Positions, in the new case file, of what is new or changed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Difference {
    tasks: Vec<usize>,
    deadlines: Vec<usize>,
    operations: Vec<usize>,
    opened_cases: Vec<usize>,
    closed_cases: Vec<usize>,
    waybills: Vec<usize>,
}

impl Difference {
    /// Leaves out what changed without showing: a deadline whose rung acted has the same line as before, and writing it would touch every
    /// one of its indexes. What a decision told anew is kept, whatever the line.
    fn leave_out_unseen(&mut self, (before, after): (&CaseFile, &CaseFile), told: &Told<'_>) -> Result<(), StoreError> {
        let nothing = Told { now: HashMap::new(), earlier: None };
        self.tasks.retain(|&i| match before.tasks.get(i) {
            Some(old) if !told.has(&after.tasks[i].id) => {
                task_line(before, 0, old, &nothing) != task_line(after, 0, &after.tasks[i], &nothing)
            }
            _ => true,
        });
        self.deadlines.retain(|&i| match before.deadlines.get(i) {
            Some(old) if !told.has(&after.deadlines[i].id) => {
                deadline_line(before, 0, old, &nothing) != deadline_line(after, 0, &after.deadlines[i], &nothing)
            }
            _ => true,
        });
        let mut seen = Vec::with_capacity(self.operations.len());
        for &i in &self.operations {
            let new = &after.operations[i];
            let same = match before.operations.get(i) {
                Some(old) if !told.has(&new.id) => operation_line(before, 0, old, &nothing)? == operation_line(after, 0, new, &nothing)?,
                _ => false,
            };
            if !same {
                seen.push(i);
            }
        }
        self.operations = seen;
        Ok(())
    }
}

/// Compares a case file with what was stored of it. A line also says which parcel and case it is about, and those may change alone.
fn difference(change: &FileChange) -> Difference {
    let (before, after) = (change.before.as_deref(), &*change.after);
    fn changed<T: PartialEq>(
        files: (Option<&CaseFile>, &CaseFile),
        list: impl for<'a> Fn(&'a CaseFile) -> &'a [T],
        about: impl for<'a> Fn(&'a CaseFile, &'a T) -> (Option<&'a Waybill>, Option<&'a str>),
    ) -> Vec<usize> {
        let (before, after) = files;
        let same = |(before, old): (&CaseFile, &T), new: &T| old == new && about(before, old) == about(after, new);
        let is_same = |i: usize, new: &T| before.is_some_and(|file| list(file).get(i).is_some_and(|old| same((file, old), new)));
        list(after).iter().enumerate().filter(|(i, new)| !is_same(*i, new)).map(|(i, _)| i).collect()
    }
    let files = (before, after);
    let was_open = |i: usize| before.and_then(|f| f.cases.get(i)).is_some_and(|c| c.closed.is_none());
    let known = before.map_or(0, |f| f.parcels.len());
    let renamed = |i: usize| before.and_then(|f| f.parcels.get(i)).is_some_and(|p| p.waybill != after.parcels[i].waybill);
    Difference {
        tasks: changed(files, |f| &f.tasks, |f, t| (waybill_of_task(f, t), case_at(f, t.case).map(|c| c.kind.word()))),
        deadlines: changed(files, |f| &f.deadlines, |f, d| (waybill_of_deadline(f, d), None)),
        operations: changed(files, |f| &f.operations, |f, o| (at(&f.parcels, o.parcel).map(|p| &p.waybill), None)),
        opened_cases: (0..after.cases.len()).filter(|&i| after.cases[i].closed.is_none() && !was_open(i)).collect(),
        closed_cases: (0..after.cases.len()).filter(|&i| after.cases[i].closed.is_some() && was_open(i)).collect(),
        waybills: (0..after.parcels.len()).filter(|&i| i >= known || renamed(i)).collect(),
    }
}

fn at<T>(list: &[T], index: Index) -> Option<&T> {
    list.get(usize::try_from(index).ok()?)
}

/// The parcel that a task is about: its own, else its case's.
fn waybill_of_task<'a>(file: &'a CaseFile, task: &Task) -> Option<&'a Waybill> {
    let own = task.parcel.and_then(|i| at(&file.parcels, i)).map(|p| &p.waybill);
    own.or_else(|| task.case.and_then(|i| waybill_of_case(file, i)))
}

fn waybill_of_case(file: &CaseFile, index: Index) -> Option<&Waybill> {
    let case = at(&file.cases, index)?;
    let own = case.parcel.and_then(|i| at(&file.parcels, i)).map(|p| &p.waybill);
    own.or_else(|| match case.subject {
        Subject::Parcel(i) => at(&file.parcels, i).map(|p| &p.waybill),
        Subject::AfterSale(i) => at(&file.after_sales, i)?.return_parcel.and_then(|p| at(&file.parcels, p)).map(|p| &p.waybill),
        _ => None,
    })
}

/// The parcel that a deadline is about, if it is about one.
fn waybill_of_deadline<'a>(file: &'a CaseFile, deadline: &Deadline) -> Option<&'a Waybill> {
    let parcel = |i| at(&file.parcels, i).map(|p| &p.waybill);
    match deadline.subject {
        Subject::Parcel(i) => parcel(i),
        Subject::Operation(i) => parcel(at(&file.operations, i)?.parcel),
        Subject::AfterSale(i) => parcel(at(&file.after_sales, i)?.return_parcel?),
        Subject::Case(i) => waybill_of_case(file, i),
        Subject::Order | Subject::Dispute(_) | Subject::Commitment(_) => None,
    }
}

/// The case of a task or an operation.
fn case_at(file: &CaseFile, index: Option<Index>) -> Option<&parcelward_casework::casefile::Case> {
    at(&file.cases, index?)
}
