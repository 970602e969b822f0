//! A case file as people read it: the contract's names and times instead of the engine's positions and milliseconds.
//!
//! Deliberately absent: what the engine remembers for itself.

use super::deadlines::state_word;
use super::facts::OrderName;
use super::mask;
use super::tasks::WaybillName;
use parcelward_casework::casefile::{self, CaseFile, Index, OperationState, Subject};
use parcelward_casework::fact::Address;
use parcelward_casework::instant::Instant;
use parcelward_casework::money::Money;
use serde::Serialize;
use utoipa::ToSchema;

/// An address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[allow(missing_docs, reason = "the contract's own names")]
pub struct AddressView {
    pub name: Option<String>,
    pub phone: Option<String>,
    pub province: Option<String>,
    pub city: Option<String>,
    pub district: Option<String>,
    pub detail: Option<String>,
}

/// Whether names, phones and streets are shown as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Personal {
    /// `李*`, `139****0001`.
    Masked,
    /// As they are.
    Shown,
}

impl AddressView {
    fn of(address: &Address, personal: Personal) -> Self {
        let address = if personal == Personal::Shown { address.clone() } else { mask::address(address) };
        let Address { name, phone, province, city, district, detail } = address;
        AddressView { name, phone, province, city, district, detail }
    }
}

/// What was bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[allow(missing_docs, reason = "the contract's own names")]
pub struct ItemView {
    pub sku: Option<String>,
    pub title: Option<String>,
    pub quantity: u32,
    pub price: Option<String>,
}

/// The order as the platform tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[allow(missing_docs, reason = "the contract's own names")]
pub struct OrderState {
    pub status: &'static str,
    pub paid_at: String,
    pub ship_by: Option<String>,
    pub amount: Option<String>,
    pub items: Vec<ItemView>,
    pub recipient: Option<AddressView>,
    pub planned_courier: Option<&'static str>,
}

/// A tracking event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[allow(missing_docs, reason = "the contract's own names")]
pub struct ScanView {
    pub time: String,
    pub status: &'static str,
    pub reason: Option<&'static str>,
    pub place: Option<String>,
    pub seen_by: &'static str,
    /// The same event as an earlier one.
    pub repeated: bool,
}

/// A parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[allow(missing_docs, reason = "the contract's own names")]
pub struct ParcelView {
    pub waybill: WaybillName,
    pub direction: &'static str,
    pub declared_at: Option<String>,
    /// What its newest scan says; absent before the first.
    pub status: Option<&'static str>,
    pub electronic_waybill: bool,
    pub estimated_delivery_at: Option<String>,
    /// The parcel that took its place.
    pub replaced_by: Option<WaybillName>,
    pub scans: Vec<ScanView>,
}

/// An after-sale, a dispute, a promise, a claim or a buyer's request, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MatterView {
    /// `after_sale`, `dispute`, `commitment`, `claim` or `buyer_request`.
    pub matter: &'static str,
    /// Its number, where it has one.
    pub id: Option<String>,
    /// What kind of it (`refund_only`, `reship`, `urge`).
    pub kind: Option<&'static str>,
    /// Where it stands.
    pub status: Option<&'static str>,
    /// When it began.
    pub since: Option<String>,
    /// Until when an answer is wanted, as the platform or the promise says.
    pub due_at: Option<String>,
    /// Yuan that it is about.
    pub amount: Option<String>,
    /// The parcel it is about.
    pub waybill: Option<WaybillName>,
}

/// A case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CaseItem {
    /// Its id.
    pub case_id: String,
    /// Its kind.
    pub kind: &'static str,
    /// That in words.
    pub title: String,
    /// The parcel it is about.
    pub waybill: Option<WaybillName>,
    /// The after-sale, dispute or promise it is about.
    pub about: Option<String>,
    /// When it opened.
    pub opened_at: String,
    /// When it closed.
    pub closed_at: Option<String>,
    /// How it closed.
    pub outcome: Option<&'static str>,
}

/// A deadline inside its case file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ClockView {
    /// Its id.
    pub deadline_id: String,
    /// Its rule.
    pub rule: String,
    /// The rule's name in words.
    pub title: String,
    /// What it is about.
    pub waybill: Option<WaybillName>,
    /// When its clock started.
    pub starts_at: String,
    /// When it is due.
    pub due_at: String,
    /// `running`, `met`, `breached` or `cancelled`.
    pub state: &'static str,
    /// When it ended.
    pub ended_at: Option<String>,
    /// Its breach costs nothing.
    pub waived: bool,
}

/// A courier operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OperationView {
    /// Its id.
    pub operation_id: String,
    /// Its kind.
    pub kind: &'static str,
    /// The parcel.
    pub waybill: Option<WaybillName>,
    /// The case that asked.
    pub case_id: Option<String>,
    /// `requested`, `by_hand`, `accepted`, `unknown`, or how it ended.
    pub state: &'static str,
    /// When it was asked for.
    pub asked_at: String,
    /// When it ended.
    pub settled_at: Option<String>,
    /// The courier's number of it.
    pub courier_reference: Option<String>,
}

/// Evidence that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[allow(missing_docs, reason = "the contract's own names")]
pub struct EvidenceView {
    pub evidence_id: String,
    pub kind: &'static str,
    pub waybill: Option<WaybillName>,
}

/// A case file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FileView {
    /// The order.
    #[serde(flatten)]
    pub name: OrderName,
    /// Changes of the case file so far.
    pub version: u64,
    /// The moment at which it will look at itself next.
    pub next_wake_at: Option<String>,
    /// The order, once told.
    pub order: Option<OrderState>,
    /// Its parcels.
    pub parcels: Vec<ParcelView>,
    /// Its after-sales, disputes, promises, claims and the buyer's requests.
    pub matters: Vec<MatterView>,
    /// Its evidence.
    pub evidence: Vec<EvidenceView>,
    /// Its cases, open and closed.
    pub cases: Vec<CaseItem>,
    /// Its deadlines.
    pub deadlines: Vec<ClockView>,
    /// Its courier operations.
    pub operations: Vec<OperationView>,
}

fn text(at: Instant) -> String {
    at.to_string()
}

fn yuan(money: Option<Money>) -> Option<String> {
    money.map(|m| m.to_string())
}

/// Reads a case file.
pub(super) struct Reader<'a> {
    pub file: &'a CaseFile,
    pub texts: &'a parcelward_casework::text::Texts,
    pub personal: Personal,
}

impl Reader<'_> {
    /// The whole case file.
    pub fn file(&self, version: u64, next_wake_at: Option<Instant>) -> FileView {
        let file = self.file;
        FileView {
            name: OrderName::from(&file.key),
            version,
            next_wake_at: next_wake_at.map(text),
            order: file.order.as_ref().map(|order| self.order(order)),
            parcels: file.parcels.iter().map(|parcel| self.parcel(parcel)).collect(),
            matters: self.matters(),
            evidence: file
                .evidence
                .iter()
                .map(|e| EvidenceView {
                    evidence_id: e.id.clone(),
                    kind: e.kind.word(),
                    waybill: e.waybill.as_ref().map(WaybillName::from),
                })
                .collect(),
            cases: file.cases.iter().map(|case| self.case(case)).collect(),
            deadlines: file.deadlines.iter().map(|deadline| self.deadline(deadline)).collect(),
            operations: file.operations.iter().map(|operation| self.operation(operation)).collect(),
        }
    }

    fn waybill(&self, index: Option<Index>) -> Option<WaybillName> {
        index.and_then(|i| self.file.parcels.get(i as usize)).map(|p| WaybillName::from(&p.waybill))
    }

    fn order(&self, order: &casefile::OrderState) -> OrderState {
        OrderState {
            status: order.status.word(),
            paid_at: text(order.paid_at),
            ship_by: order.ship_by.map(text),
            amount: yuan(order.amount),
            items: order
                .items
                .iter()
                .map(|i| ItemView { sku: i.sku.clone(), title: i.title.clone(), quantity: i.quantity, price: yuan(i.price) })
                .collect(),
            recipient: order.recipient.as_ref().map(|address| AddressView::of(address, self.personal)),
            planned_courier: order.planned_courier.map(|c| c.word()),
        }
    }

    fn parcel(&self, parcel: &casefile::Parcel) -> ParcelView {
        let scans = parcel.scans.iter().map(|s| ScanView {
            time: text(s.at),
            status: s.status.word(),
            reason: s.reason.map(|r| r.word()),
            place: s.place.clone(),
            seen_by: s.seen_by.word(),
            repeated: s.repeated,
        });
        ParcelView {
            waybill: WaybillName::from(&parcel.waybill),
            direction: parcel.direction.word(),
            declared_at: parcel.declared.then(|| text(parcel.declared_at)),
            status: parcel.scans.last().map(|s| s.status.word()),
            electronic_waybill: parcel.electronic,
            estimated_delivery_at: parcel.eta.map(text),
            replaced_by: self.waybill(parcel.replaced_by),
            scans: scans.collect(),
        }
    }

    fn matters(&self) -> Vec<MatterView> {
        let file = self.file;
        let none = MatterView { matter: "", id: None, kind: None, status: None, since: None, due_at: None, amount: None, waybill: None };
        let after_sales = file.after_sales.iter().map(|a| MatterView {
            matter: "after_sale",
            id: Some(a.id.clone()),
            kind: Some(a.kind.word()),
            status: a.steps.last().map(|s| s.status.word()),
            since: a.steps.first().map(|s| text(s.at)),
            due_at: a.steps.last().and_then(|s| s.respond_by).map(text),
            amount: yuan(a.amount),
            waybill: self.waybill(a.return_parcel),
        });
        let disputes = file.disputes.iter().map(|d| MatterView {
            matter: "dispute",
            id: Some(d.id.clone()),
            status: d.steps.last().map(|s| s.status.word()),
            since: d.steps.first().map(|s| text(s.at)),
            due_at: d.steps.iter().rev().find_map(|s| s.evidence_by.or(s.appeal_by)).map(text),
            amount: yuan(d.amount),
            ..none.clone()
        });
        let commitments = file.commitments.iter().map(|c| MatterView {
            matter: "commitment",
            id: Some(c.id.clone()),
            kind: Some(c.promise.word()),
            status: Some(c.ended.map_or("made", |(_, status)| status.word())),
            since: c.made_at.map(text),
            due_at: c.due_at.map(text),
            waybill: c.waybill.as_ref().map(WaybillName::from),
            ..none.clone()
        });
        let claims = file.claims.iter().map(|c| {
            let status = match (c.ended, c.decided_at, c.answered_at, c.filed_at) {
                (Some((_, status)), ..) => Some(status.word()),
                (_, Some(_), ..) => Some("decided"),
                (_, _, Some(_), _) => Some("answered"),
                (.., Some(_)) => Some("filed"),
                _ => None,
            };
            let (id, since, amount) = (c.id.clone(), c.filed_at.map(text), yuan(c.amount));
            MatterView { matter: "claim", id, status, since, amount, waybill: self.waybill(Some(c.parcel)), ..none.clone() }
        });
        let requests = file.requests.iter().map(|r| MatterView {
            matter: "buyer_request",
            kind: Some(r.ask.word()),
            since: Some(text(r.at)),
            waybill: self.waybill(r.parcel),
            ..none.clone()
        });
        after_sales.chain(disputes).chain(commitments).chain(claims).chain(requests).collect()
    }

    /// A case of it.
    pub fn case(&self, case: &casefile::Case) -> CaseItem {
        let (parcel, about) = self.subject(case.subject);
        CaseItem {
            case_id: case.id.clone(),
            kind: case.kind.word(),
            title: self.texts.case_title(case.kind).to_owned(),
            waybill: parcel.or_else(|| self.waybill(case.parcel)),
            about,
            opened_at: text(case.opened_at),
            closed_at: case.closed.map(|(at, _)| text(at)),
            outcome: case.closed.map(|(_, outcome)| outcome.word()),
        }
    }

    /// The parcel and the number of what a case or deadline is about.
    fn subject(&self, subject: Subject) -> (Option<WaybillName>, Option<String>) {
        let file = self.file;
        match subject {
            Subject::Order => (None, None),
            Subject::Parcel(i) => (self.waybill(Some(i)), None),
            Subject::AfterSale(i) => (None, file.after_sales.get(i as usize).map(|a| a.id.clone())),
            Subject::Dispute(i) => (None, file.disputes.get(i as usize).map(|d| d.id.clone())),
            Subject::Commitment(i) => (None, file.commitments.get(i as usize).map(|c| c.id.clone())),
            Subject::Operation(i) => (self.waybill(file.operations.get(i as usize).map(|o| o.parcel)), None),
            Subject::Case(i) => (self.waybill(file.cases.get(i as usize).and_then(|c| c.parcel)), None),
        }
    }

    /// A deadline of it.
    pub fn deadline(&self, deadline: &casefile::Deadline) -> ClockView {
        ClockView {
            deadline_id: deadline.id.clone(),
            rule: deadline.rule.id(self.file.key.platform),
            title: self.texts.rule_title(deadline.rule).to_owned(),
            waybill: self.subject(deadline.subject).0,
            starts_at: text(deadline.starts_at),
            due_at: text(deadline.due_at),
            state: state_word(deadline.state),
            ended_at: deadline.ended_at.map(text),
            waived: deadline.waived,
        }
    }

    /// An operation of it.
    pub fn operation(&self, operation: &casefile::Operation) -> OperationView {
        let state = match operation.state {
            OperationState::Requested => "requested",
            OperationState::ByHand => "by_hand",
            OperationState::Accepted => "accepted",
            OperationState::Unknown => "unknown",
            OperationState::Settled(status) => status.word(),
        };
        OperationView {
            operation_id: operation.id.clone(),
            kind: operation.kind.word(),
            waybill: self.waybill(Some(operation.parcel)),
            case_id: self.file.cases.get(operation.case as usize).map(|c| c.id.clone()),
            state,
            asked_at: text(operation.asked_at),
            settled_at: operation.settled_at.map(text),
            courier_reference: operation.reference.clone(),
        }
    }
}
