//! What became of everything that couriers were asked for, by the journal.

use crate::orders::Order;
use parcelward_casework::words::OperationKind;
use parcelward_store::{EntryKind, Store};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A line of a journal: kind, type and data.
type Line = (EntryKind, String, Value);

/// How operations ended. Each that was requested is counted once.
#[derive(Debug, Default)]
pub struct Ends {
    /// Taken, and known how it ended.
    pub settled: usize,
    /// Answered with no, or never sent.
    pub refused: usize,
    /// Somebody has a task about it.
    pub with_a_person: usize,
    /// None of these: the orders, and what was asked for.
    pub silent: Vec<(u64, String)>,
    /// Orders whose courier was to be asked, and nothing was requested.
    pub never_requested: Vec<u64>,
    /// Requested beside what the orders were told for: hurrying a parcel that stands still.
    pub beside: usize,
    /// What was refused: waybill and kind.
    pub refusals: BTreeSet<(String, String)>,
    /// By kind and end.
    pub by_kind: BTreeMap<String, usize>,
    /// Of the refused and unclear ones, why.
    pub reasons: BTreeMap<String, usize>,
}

/// The tasks by which somebody has an operation of this kind in hand.
const fn tasks_about(wish: OperationKind) -> &'static [&'static str] {
    match wish {
        OperationKind::Intercept => &["intercept_by_phone", "chase_intercept", "ask_buyer_to_refuse", "review_case"],
        OperationKind::AddressChange => &["change_address_by_phone", "chase_address_change", "explain_too_late", "review_case"],
        OperationKind::PhoneChange => &["change_phone_by_phone", "review_case"],
        OperationKind::Claim => {
            &["file_claim_by_hand", "chase_claim", "confirm_claim_payment", "complain_to_headquarters", "withdraw_claim", "review_case"]
        }
        _ => &["chase_courier", "review_case"],
    }
}

fn text(data: &Value, name: &str) -> String {
    data[name].as_str().unwrap_or_default().to_owned()
}

fn decided<'a>(lines: &'a [Line], name: &'static str) -> impl DoubleEndedIterator<Item = &'a Value> {
    lines.iter().filter(move |(kind, type_, _)| *kind == EntryKind::Decision && type_ == name).map(|(.., data)| data)
}

impl Ends {
    /// All.
    pub fn sum(&self) -> usize {
        self.settled + self.refused + self.with_a_person + self.silent.len()
    }

    /// What became of these orders' operations.
    pub async fn of(store: &dyn Store, orders: &[Order]) -> Ends {
        let mut ends = Ends::default();
        for order in orders {
            ends.count(order, &lines_of(store, order).await);
        }
        ends
    }

    fn count(&mut self, order: &Order, lines: &[Line]) {
        let closed: BTreeSet<String> = decided(lines, "parcelward.task.closed").map(|data| text(data, "task_id")).collect();
        let open: Vec<&Value> = decided(lines, "parcelward.task.opened").filter(|data| !closed.contains(&text(data, "task_id"))).collect();
        let updates = || lines.iter().filter(|(kind, type_, _)| *kind == EntryKind::Fact && type_ == "parcelward.operation_update");
        let mut asked_for = 0;
        for operation in decided(lines, "parcelward.operation.requested") {
            let (id, kind) = (text(operation, "operation_id"), text(operation, "kind"));
            asked_for += usize::from(kind == order.wish.word());
            self.beside += usize::from(kind != order.wish.word());
            let wish = OperationKind::from_word(&kind).unwrap();
            // In the operation's own case, of a kind that is about it.
            let in_hand =
                |task: &&Value| task["case_id"] == operation["case_id"] && tasks_about(wish).contains(&text(task, "kind").as_str());
            let end = decided(lines, "parcelward.operation.settled").rfind(|data| data["operation_id"] == id.as_str());
            let status = end.map(|data| text(data, "status")).unwrap_or_default();
            if let Some((.., data)) = updates().rfind(|(.., data)| data["operation_id"] == id.as_str() && data["reason"].is_string()) {
                *self.reasons.entry(format!("{}: {}", text(data, "status"), text(data, "reason"))).or_default() += 1;
            }
            let person = open.iter().find(|task| in_hand(task));
            let word = match (status.as_str(), person) {
                ("succeeded" | "failed", _) => {
                    self.settled += 1;
                    status
                }
                ("rejected", _) => {
                    self.refused += 1;
                    self.refusals.insert((operation["waybill"]["number"].as_str().unwrap_or_default().to_owned(), kind.clone()));
                    status
                }
                (_, Some(task)) => {
                    self.with_a_person += 1;
                    text(task, "kind")
                }
                (status, None) => {
                    self.silent.push((order.n, format!("{} {kind} {status:?}, open: {:?}", order.courier, open_kinds(&open))));
                    "silent".to_owned()
                }
            };
            *self.by_kind.entry(format!("{kind}: {word}")).or_default() += 1;
        }
        if asked_for == 0 {
            self.never_requested.push(order.n);
        }
    }
}

fn open_kinds(open: &[&Value]) -> Vec<String> {
    open.iter().map(|task| text(task, "kind")).collect()
}

async fn lines_of(store: &dyn Store, order: &Order) -> Vec<Line> {
    let rows = store.timeline(&order.key(), 0, 1_000).await.unwrap().rows;
    let read = |json: &str| serde_json::from_str::<Value>(json).unwrap()["data"].clone();
    rows.into_iter().map(|row| (row.kind, row.type_.clone(), read(&row.json))).collect()
}

impl std::fmt::Display for Ends {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Ends { settled, refused, with_a_person, silent, beside, by_kind, reasons, .. } = self;
        write!(
            f,
            "{settled} settled, {refused} refused, {with_a_person} with a person, {} silent ({beside} of them beside what was asked for)\n  \
             {by_kind:?}\n  answered: {reasons:?}",
            silent.len()
        )
    }
}
