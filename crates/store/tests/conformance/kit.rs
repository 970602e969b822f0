//! Case files, facts and batches for the suite, made by hand.

use parcelward_casework::casefile::*;
use parcelward_casework::decision::{CaseOpened, Decision, DecisionBody};
use parcelward_casework::fact::{Fact, FactId, OrderKey, Waybill};
use parcelward_casework::instant::Instant;
use parcelward_casework::money::Money;
use parcelward_casework::parse::parse_fact;
use parcelward_casework::rule_kind::RuleKind;
use parcelward_casework::words::*;
use parcelward_store::*;
use std::sync::Arc;

/// An instant some seconds into the day.
pub fn at(seconds: i64) -> Instant {
    Instant::from_millis(1_773_000_000_000 + seconds * 1000)
}

pub fn order(n: u32) -> OrderKey {
    OrderKey { platform: Platform::ALL[n as usize % 3], shop: format!("shop-{}", n % 2), order_id: n.to_string() }
}

pub fn file(n: u32) -> CaseFile {
    CaseFile::new(order(n))
}

pub fn waybill(number: &str) -> Waybill {
    Waybill { courier: Courier::Zto, number: number.to_owned() }
}

/// Opens a case in a file.
pub fn add_case(file: &mut CaseFile, kind: CaseKind) {
    file.seq += 1;
    let text = format!(
        r#"{{"id":"{}-{}","kind":"{kind}","subject":"order","opened_at":{}}}"#,
        file.tag,
        file.seq,
        at(i64::from(file.seq)).millis()
    );
    file.cases.push(serde_json::from_str(&text).unwrap());
}

/// Opens a task in a file's newest case.
pub fn add_task(file: &mut CaseFile, kind: TaskKind, queue: Queue, due: Instant, money: Option<i64>) -> String {
    file.seq += 1;
    let id = format!("{}-{}", file.tag, file.seq);
    let case = file.cases.len().checked_sub(1).map(|i| i as u32);
    file.tasks.push(Task {
        id: id.clone(),
        kind,
        case,
        parcel: None,
        operation: None,
        deadline: None,
        queue,
        urgency: Urgency::Normal,
        due_at: due,
        state: TaskState::Open,
        assignee: None,
        opened_at: at(0),
        version: 1,
        advice: None,
        money: money.map(Money::from_fen),
        outcomes: Vec::new(),
        again: false,
    });
    id
}

pub fn add_deadline(file: &mut CaseFile, rule: RuleKind, due: Instant) -> String {
    file.seq += 1;
    let id = format!("{}-{}", file.tag, file.seq);
    let text = format!(
        r#"{{"id":"{id}","rule":"{rule}","subject":"order","starts_at":{},"due_at":{due},"clock":"hours","rungs":[],"acted":0,"acts_at":{due},"state":"running"}}"#,
        at(0).millis(),
        due = due.millis()
    );
    file.deadlines.push(serde_json::from_str(&text).unwrap());
    id
}

pub fn add_parcel(file: &mut CaseFile, waybill: Waybill) {
    file.parcels.push(Parcel::new(waybill, Direction::Outbound, at(0)));
}

/// A fact as it lies in the journal.
pub fn fact(id: &str, type_: &str, data: &str, recorded: Instant) -> (Arc<Fact>, String) {
    let json = format!(
        r#"{{"specversion":"1.0","id":"{id}","source":"test","type":"parcelward.{type_}","time":"{}","data":{data},"recordedtime":"{recorded}"}}"#,
        at(0)
    );
    (Arc::new(parse_fact(&json).unwrap()), json)
}

pub fn note(id: &str, n: u32, recorded: Instant) -> Entry {
    let key = order(n);
    let data = format!(r#"{{"platform":"{}","shop":"{}","order_id":"{}","text":"hello"}}"#, key.platform, key.shop, key.order_id);
    let (fact, json) = fact(id, "note", &data, recorded);
    Entry::Fact(FactEntry { fact, json, order: Some(key), parked: None })
}

pub fn tracking(id: &str, number: &str, recorded: Instant) -> Entry {
    let data = format!(r#"{{"waybill":{{"courier":"zto","number":"{number}"}},"status":"collected"}}"#);
    let (fact, json) = fact(id, "tracking", &data, recorded);
    Entry::Fact(FactEntry { fact, json, order: None, parked: Some(waybill(number)) })
}

pub fn decision(file: &CaseFile, recorded: Instant) -> Entry {
    let case = &file.cases[0];
    let body = DecisionBody::CaseOpened(CaseOpened {
        case_id: case.id.clone(),
        kind: case.kind,
        order: file.key.clone(),
        waybill: None,
        after_sale_id: None,
        dispute_id: None,
        commitment_id: None,
    });
    let decision = Decision { id: format!("{}-d", case.id), time: recorded, body, because: Vec::new() };
    Entry::Decision(DecisionEntry { order: file.key.clone(), decision, recorded })
}

pub fn id(id: &str) -> FactId {
    FactId { source: "test".to_owned(), id: id.to_owned() }
}

pub fn new_file(file: CaseFile, next_wake_at: Option<Instant>) -> FileChange {
    FileChange { stamp: FileStamp::NEW, before: None, after: Arc::new(file), next_wake_at, awaits_coverage: None }
}

/// Changes what is stored.
pub fn changed(stored: &StoredFile, next_wake_at: Option<Instant>, change: impl FnOnce(&mut CaseFile)) -> FileChange {
    let mut after = CaseFile::clone(&stored.file);
    change(&mut after);
    FileChange { stamp: stored.stamp, before: Some(Arc::clone(&stored.file)), after: Arc::new(after), next_wake_at, awaits_coverage: None }
}

pub async fn save(store: &SharedStore, batch: Batch) -> Result<Vec<FileStamp>, StoreError> {
    let mut tx = store.begin().await?;
    match tx.save(&batch).await {
        Ok(stamps) => tx.commit().await.map(|()| stamps),
        Err(error) => {
            tx.rollback().await;
            Err(error)
        }
    }
}

pub async fn save_new(store: &SharedStore, files: &[CaseFile], next_wake_at: Instant) {
    let files = files.iter().map(|f| new_file(f.clone(), Some(next_wake_at))).collect();
    save(store, Batch { files, ..Batch::default() }).await.unwrap();
}

pub async fn stored(store: &SharedStore, n: u32) -> StoredFile {
    store.case_file(&order(n)).await.unwrap().unwrap()
}

pub async fn due(store: &SharedStore, now: Instant) -> Vec<OrderKey> {
    let mut tx = store.begin().await.unwrap();
    let due = tx.due(now, 100).await.unwrap();
    tx.rollback().await;
    due
}
