//! From arguments to one fact of the contract.

use super::args::*;
use super::values::when;
use crate::identity::envelope;
use crate::report::FactLine;
use parcelward_casework::fact::{OrderKey, Waybill};
use parcelward_casework::instant::Instant;
use parcelward_casework::parse::parse_fact;
use parcelward_casework::words::{CommitmentStatus, FactType};
use serde_json::{Map, Value as Json, json};

/// What a person has told, ready to be posted.
#[derive(Debug, Clone)]
pub struct Told {
    /// The fact.
    pub line: FactLine,
    /// The id that was made for a promise, a piece of evidence, a disruption or a claim: to be shown, because later news names it.
    pub made_id: Option<String>,
}

/// Arguments that make no fact. Names the argument.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// An argument is no time.
    #[error("{argument}: `{text}` is no time (write 2026-03-10 08:00, 08:30 for today, +2h, -30m, or 2026-03-10T08:00:00+08:00)")]
    Time {
        /// `--due`.
        argument: &'static str,
        /// What was written.
        text: String,
    },
    /// The fact would not hold.
    #[error("{argument}: {reason}")]
    Argument {
        /// The argument, or the fact's field.
        argument: String,
        /// Why.
        reason: String,
    },
}

/// What all facts need.
struct Telling<'a> {
    now: Instant,
    id: &'a str,
    by: &'a str,
    data: Map<String, Json>,
    made_id: Option<String>,
}

impl Telling<'_> {
    fn put(&mut self, field: &str, value: impl Into<Json>) {
        self.data.insert(field.to_owned(), value.into());
    }

    fn text(&mut self, field: &str, text: Option<&String>) {
        if let Some(text) = text.map(|t| t.trim()).filter(|t| !t.is_empty()) {
            self.put(field, text);
        }
    }

    fn word(&mut self, field: &str, word: Option<&'static str>) {
        if let Some(word) = word {
            self.put(field, word);
        }
    }

    fn time(&mut self, field: &str, argument: &'static str, text: Option<&String>) -> Result<(), RecordError> {
        if let Some(text) = text {
            let at = when(text, self.now).ok_or_else(|| RecordError::Time { argument, text: text.clone() })?;
            self.put(field, at.to_string());
        }
        Ok(())
    }

    fn money(&mut self, text: Option<&String>) -> Result<(), RecordError> {
        if let Some(text) = text {
            let amount = crate::convert::money(crate::cell::CellKind::Text, text)
                .map_err(|reason| RecordError::Argument { argument: "--amount".to_owned(), reason })?;
            self.put("amount", amount.to_string());
        }
        Ok(())
    }

    fn order(&mut self, OrderKey { platform, shop, order_id }: &OrderKey) {
        self.put("platform", platform.word());
        self.put("shop", shop.as_str());
        self.put("order_id", order_id.as_str());
    }

    fn waybill(&mut self, waybill: Option<&Waybill>) {
        if let Some(Waybill { courier, number }) = waybill {
            self.put("waybill", json!({"courier": courier.word(), "number": number}));
        }
    }

    /// The id that was given, else a new one that the person should see.
    fn own_id(&mut self, field: &str, given: Option<&String>) {
        let id = given.cloned().unwrap_or_else(|| {
            self.made_id = Some(self.id.to_owned());
            self.id.to_owned()
        });
        self.put(field, id);
    }

    fn list(&mut self, field: &str, items: Vec<String>) {
        if !items.is_empty() {
            self.put(field, items);
        }
    }
}

impl RecordArgs {
    /// The fact. `user` is who tells it where `--by` does not say, `id` a fresh id, `now` the present.
    ///
    /// # Errors
    /// [`RecordError`] naming the argument.
    pub fn fact(&self, user: &str, id: &str, now: Instant) -> Result<Told, RecordError> {
        let by = self.by.as_deref().unwrap_or(user).trim();
        let at = match &self.at {
            None => now,
            Some(text) => when(text, now).ok_or_else(|| RecordError::Time { argument: "--at", text: text.clone() })?,
        };
        let mut telling = Telling { now, id, by, data: Map::new(), made_id: None };
        let fact_type = self.what.fill(&mut telling)?;
        let source = format!("record:{by}");
        let (data, made_id) = (Json::Object(telling.data), telling.made_id);
        let json = envelope(fact_type, &source, id, &at.to_string(), &data);
        // The contract's own reader has the last word.
        parse_fact(&json).map_err(|bad| RecordError::Argument { argument: bad.field, reason: bad.message })?;
        Ok(Told { line: FactLine { json, fact_type, source, id: id.to_owned(), row: 1 }, made_id })
    }
}

impl Record {
    fn fill(&self, t: &mut Telling<'_>) -> Result<FactType, RecordError> {
        Ok(match self {
            Record::BuyerRequest(args) => args.fill(t),
            Record::Promise(args) => args.fill(t)?,
            Record::Evidence(args) => args.fill(t),
            Record::Dispute(args) => args.fill(t)?,
            Record::Scan(args) => args.fill(t)?,
            Record::Claim(args) => args.fill(t)?,
            Record::Note(args) => args.fill(t)?,
            Record::Report(args) => args.fill(t),
            Record::Disruption(args) => args.fill(t)?,
            Record::Coverage(args) => args.fill(t)?,
        })
    }
}

impl BuyerRequestArgs {
    fn fill(&self, t: &mut Telling<'_>) -> FactType {
        t.order(&self.order.order.0);
        t.put("request", self.request.word());
        t.waybill(self.waybill.as_ref().map(|w| &w.0));
        t.text("text", self.text.as_ref());
        t.word("wants", self.wants.map(|w| w.word()));
        if self.urgent {
            t.put("urgent", true);
        }
        let mut address = Map::new();
        if let Some(text) = &self.new_address {
            address.extend(crate::address::split(text).parts().into_iter().map(|(part, text)| (part.to_owned(), Json::from(text))));
        }
        for (field, value) in [("name", &self.new_name), ("phone", &self.new_phone)] {
            if let Some(value) = value {
                address.insert(field.to_owned(), Json::from(value.trim()));
            }
        }
        if !address.is_empty() {
            t.put("new_address", Json::Object(address));
        }
        FactType::BuyerRequest
    }
}

impl PromiseArgs {
    fn fill(&self, t: &mut Telling<'_>) -> Result<FactType, RecordError> {
        t.order(&self.order.order.0);
        t.own_id("commitment_id", self.id.as_ref());
        t.put("promise", self.promise.word());
        let status = match (self.kept, self.withdrawn) {
            (true, _) => CommitmentStatus::Kept,
            (_, true) => CommitmentStatus::Withdrawn,
            _ => CommitmentStatus::Made,
        };
        t.put("status", status.word());
        t.time("due_at", "--due", self.due.as_ref())?;
        t.text("text", self.text.as_ref());
        t.waybill(self.waybill.as_ref().map(|w| &w.0));
        Ok(FactType::Commitment)
    }
}

impl EvidenceArgs {
    fn fill(&self, t: &mut Telling<'_>) -> FactType {
        t.order(&self.order.order.0);
        t.own_id("evidence_id", self.id.as_ref());
        t.put("kind", self.kind.word());
        t.put("uri", self.uri.trim());
        t.waybill(self.waybill.as_ref().map(|w| &w.0));
        t.text("sha256", self.sha256.as_ref());
        t.text("note", self.note.as_ref());
        FactType::Evidence
    }
}

impl DisputeArgs {
    fn fill(&self, t: &mut Telling<'_>) -> Result<FactType, RecordError> {
        use parcelward_casework::words::DisputeStatus as S;
        let ruled = matches!(self.status, S::Ruled | S::AppealRuled);
        if ruled && self.ruling.is_none() {
            let reason = format!("is needed with {}: for whom was it ruled?", self.status);
            return Err(RecordError::Argument { argument: "--ruling".to_owned(), reason });
        }
        t.order(&self.order.order.0);
        t.put("dispute_id", self.dispute_id.trim());
        t.put("status", self.status.word());
        t.text("after_sale_id", self.after_sale.as_ref());
        t.time("evidence_by", "--evidence-by", self.evidence_by.as_ref())?;
        t.word("ruling", self.ruling.map(|r| r.word()));
        t.time("appeal_by", "--appeal-by", self.appeal_by.as_ref())?;
        t.text("reason", self.reason.as_ref());
        t.money(self.amount.as_ref())?;
        Ok(FactType::Dispute)
    }
}

impl ScanArgs {
    fn fill(&self, t: &mut Telling<'_>) -> Result<FactType, RecordError> {
        t.waybill(Some(&self.waybill.0));
        t.put("status", self.status.word());
        t.word("reason", self.reason.map(|r| r.word()));
        t.text("place", self.place.as_ref());
        t.text("description", self.description.as_ref());
        t.time("estimated_delivery_at", "--arrives", self.arrives.as_ref())?;
        t.word("seen_by", self.seen_by.map(|s| s.word()));
        Ok(FactType::Tracking)
    }
}

impl ClaimArgs {
    fn fill(&self, t: &mut Telling<'_>) -> Result<FactType, RecordError> {
        t.order(&self.order.order.0);
        t.waybill(Some(&self.waybill.0));
        // Once per waybill: all news of one parcel's claim names the same claim.
        let Waybill { courier, number } = &self.waybill.0;
        let id = self.id.clone().unwrap_or_else(|| {
            let id = format!("{courier}:{number}");
            t.made_id = Some(id.clone());
            id
        });
        t.put("claim_id", id);
        t.put("status", self.status.word());
        t.money(self.amount.as_ref())?;
        t.text("reason", self.reason.as_ref());
        let by = t.by.to_owned();
        t.put("by", by);
        Ok(FactType::Claim)
    }
}

impl NoteArgs {
    fn fill(&self, t: &mut Telling<'_>) -> Result<FactType, RecordError> {
        if self.text.trim().is_empty() {
            return Err(RecordError::Argument { argument: "TEXT".to_owned(), reason: "is empty".to_owned() });
        }
        t.order(&self.order.order.0);
        t.text("text", Some(&self.text));
        t.text("case_id", self.case.as_ref());
        t.time("remind_at", "--remind", self.remind.as_ref())?;
        let by = t.by.to_owned();
        t.put("by", by);
        Ok(FactType::Note)
    }
}

impl ReportArgs {
    fn fill(&self, t: &mut Telling<'_>) -> FactType {
        t.order(&self.order.order.0);
        t.put("case", self.case.word());
        t.waybill(self.waybill.as_ref().map(|w| &w.0));
        t.text("text", self.text.as_ref());
        let by = t.by.to_owned();
        t.put("by", by);
        FactType::Report
    }
}

impl DisruptionArgs {
    fn fill(&self, t: &mut Telling<'_>) -> Result<FactType, RecordError> {
        t.own_id("disruption_id", self.id.as_ref());
        t.put("effect", self.effect.word());
        t.time("from", "--from", Some(&self.from))?;
        t.time("until", "--until", Some(&self.until))?;
        t.text("extend_by", self.extend_by.as_ref());
        t.text("reason", self.reason.as_ref());
        t.list("couriers", self.courier.iter().map(ToString::to_string).collect());
        t.list("provinces", self.province.clone());
        t.list("cities", self.city.clone());
        t.list("sites", self.site.clone());
        t.list("platforms", self.platform.iter().map(ToString::to_string).collect());
        t.list("shops", self.shop.clone());
        t.list("rules", self.rule.clone());
        Ok(FactType::Disruption)
    }
}

impl CoverageArgs {
    fn fill(&self, t: &mut Telling<'_>) -> Result<FactType, RecordError> {
        t.put("courier", self.courier.word());
        t.put("province", self.province.trim());
        t.put("serves", self.serves);
        t.text("city", self.city.as_ref());
        t.text("district", self.district.as_ref());
        t.time("until", "--until", self.until.as_ref())?;
        t.text("note", self.note.as_ref());
        Ok(FactType::Coverage)
    }
}
