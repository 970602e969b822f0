//! What lists show of a case file: the rows that follow from the difference between what was stored and what is now.
//!
//! Taken from the case file itself and not from the decisions, so that a list can never say anything else than the case file does.
//! Deliberately absent: any database.

use crate::change::{Entry, FileChange};
use parcelward_casework::casefile::{CaseFile, Deadline, Index, Operation, Subject, Task};
use parcelward_casework::decision::DecisionBody;
use parcelward_casework::fact::Waybill;
use std::collections::HashMap;

/// The JSON of the decisions that opened tasks, set deadlines and asked couriers, by id.
pub(crate) type Told<'a> = HashMap<&'a str, &'a DecisionBody>;

/// Gathers what a batch's decisions say of new things.
pub(crate) fn told(entries: &[Entry]) -> Told<'_> {
    let mut told = Told::new();
    for entry in entries {
        let Entry::Decision(line) = entry else { continue };
        let body = &line.decision.body;
        let id = match body {
            DecisionBody::TaskOpened(d) => &d.task_id,
            DecisionBody::DeadlineSet(d) => &d.deadline_id,
            DecisionBody::OperationRequested(d) => &d.operation_id,
            _ => continue,
        };
        told.insert(id, body);
    }
    told
}

/// The JSON that a decision told of an id, `{}` where none did.
pub(crate) fn told_json(told: &Told<'_>, id: &str) -> String {
    told.get(id).and_then(|body| serde_json::to_string(body).ok()).unwrap_or_else(|| "{}".to_owned())
}

/// Positions, in the new case file, of what is new or changed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Difference {
    pub(crate) tasks: Vec<usize>,
    pub(crate) deadlines: Vec<usize>,
    pub(crate) operations: Vec<usize>,
    pub(crate) opened_cases: Vec<usize>,
    pub(crate) closed_cases: Vec<usize>,
    pub(crate) waybills: Vec<usize>,
}

/// Compares a case file with what was stored of it.
pub(crate) fn difference(change: &FileChange) -> Difference {
    let (before, after) = (change.before.as_deref(), &*change.after);
    fn changed<T: PartialEq>(before: Option<&[T]>, after: &[T]) -> Vec<usize> {
        let before = before.unwrap_or_default();
        (0..after.len()).filter(|&i| before.get(i) != Some(&after[i])).collect()
    }
    let was_open = |i: usize| before.and_then(|f| f.cases.get(i)).is_some_and(|c| c.closed.is_none());
    let known = before.map_or(0, |f| f.parcels.len());
    let renamed = |i: usize| before.and_then(|f| f.parcels.get(i)).is_some_and(|p| p.waybill != after.parcels[i].waybill);
    Difference {
        tasks: changed(before.map(|f| &f.tasks[..]), &after.tasks),
        deadlines: changed(before.map(|f| &f.deadlines[..]), &after.deadlines),
        operations: changed(before.map(|f| &f.operations[..]), &after.operations),
        opened_cases: (0..after.cases.len()).filter(|&i| after.cases[i].closed.is_none() && !was_open(i)).collect(),
        closed_cases: (0..after.cases.len()).filter(|&i| after.cases[i].closed.is_some() && was_open(i)).collect(),
        waybills: (0..after.parcels.len()).filter(|&i| i >= known || renamed(i)).collect(),
    }
}

fn at<T>(list: &[T], index: Index) -> Option<&T> {
    list.get(usize::try_from(index).ok()?)
}

/// The parcel that a task is about: its own, else its case's.
pub(crate) fn waybill_of_task<'a>(file: &'a CaseFile, task: &Task) -> Option<&'a Waybill> {
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
pub(crate) fn waybill_of_deadline<'a>(file: &'a CaseFile, deadline: &Deadline) -> Option<&'a Waybill> {
    let parcel = |i| at(&file.parcels, i).map(|p| &p.waybill);
    match deadline.subject {
        Subject::Parcel(i) => parcel(i),
        Subject::Operation(i) => parcel(at(&file.operations, i)?.parcel),
        Subject::AfterSale(i) => parcel(at(&file.after_sales, i)?.return_parcel?),
        Subject::Case(i) => waybill_of_case(file, i),
        Subject::Order | Subject::Dispute(_) | Subject::Commitment(_) => None,
    }
}

/// The parcel that a courier is asked about.
pub(crate) fn waybill_of_operation<'a>(file: &'a CaseFile, operation: &Operation) -> Option<&'a Waybill> {
    at(&file.parcels, operation.parcel).map(|p| &p.waybill)
}

/// The case of a task or an operation.
pub(crate) fn case_at(file: &CaseFile, index: Option<Index>) -> Option<&parcelward_casework::casefile::Case> {
    at(&file.cases, index?)
}
