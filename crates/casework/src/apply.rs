//! Takes a fact into the case file, then lets the playbooks know what came.
//!
//! Deliberately absent: what follows from a fact (`playbook`), task updates (`update`), and facts without an order (`world`).

use crate::casefile::*;
use crate::engine::Refusal;
use crate::fact::*;
use crate::instant::Instant;
use crate::look::index;
use crate::playbook;
use crate::region::same_city;
use crate::run::Run;
use crate::words::*;

impl Run<'_> {
    /// Takes a fact in.
    ///
    /// # Errors
    /// [`Refusal`] where it names what is not there, or does not fit; the case file is then as before.
    pub(crate) fn take(&mut self, fact: &Fact) -> Result<(), Refusal> {
        let (at, _) = fact.effective_time();
        match &fact.body {
            FactBody::Order(f) => self.take_order(f, at),
            FactBody::Shipment(f) => self.take_shipment(f, at),
            FactBody::Tracking(f) => self.take_tracking(f, at, &fact.id),
            FactBody::AfterSale(f) => self.take_after_sale(f, at),
            FactBody::BuyerRequest(f) => self.take_request(f, at),
            FactBody::Dispute(f) => self.take_dispute(f, at),
            FactBody::Commitment(f) => self.take_commitment(f, at),
            FactBody::Claim(f) => self.take_claim(f, at),
            FactBody::Evidence(f) => {
                self.file.evidence.push(Evidence { id: f.evidence_id.clone(), kind: f.kind, waybill: f.waybill.clone() });
                self.moves += 1;
            }
            FactBody::Note(f) => self.take_note(f),
            FactBody::Report(f) => playbook::report(self, f, at),
            FactBody::OperationUpdate(f) => return self.take_operation_update(f, at),
            FactBody::TaskUpdate(f) => return self.take_task_update(f, at),
            // A message moves nothing by itself; coverage and disruptions belong to the world.
            FactBody::Message(_) | FactBody::Coverage(_) | FactBody::Disruption(_) | FactBody::Configuration(_) => {}
        }
        Ok(())
    }

    fn take_order(&mut self, f: &OrderFact, at: Instant) {
        let old = self.file.order.take();
        if old.as_ref().is_some_and(|o| at < o.told_at) {
            // An older telling that comes late changes nothing that a newer one said.
            self.file.order = old;
            return;
        }
        let recipient = f.recipient.clone().or_else(|| old.as_ref().and_then(|o| o.recipient.clone()));
        let changed = old.as_ref().and_then(|o| o.recipient.as_ref()) != recipient.as_ref();
        let recipient_at = old.as_ref().filter(|_| !changed).map_or(at, |o| o.recipient_at);
        let status = f.status.or(old.as_ref().map(|o| o.status)).unwrap_or(OrderStatus::Paid);
        let status_at = old.as_ref().filter(|o| o.status == status).map_or(at, |o| o.status_at);
        let kept = old.as_ref();
        self.file.recipient_area = recipient.as_ref().map(Area::of);
        self.file.order = Some(OrderState {
            paid_at: f.paid_at,
            status,
            status_at,
            ship_by: f.ship_by.or(kept.and_then(|o| o.ship_by)),
            amount: f.amount.or(kept.and_then(|o| o.amount)),
            items: if f.items.is_empty() { kept.map(|o| o.items.clone()).unwrap_or_default() } else { f.items.clone() },
            recipient,
            recipient_at,
            planned_courier: f.planned_courier.or(kept.and_then(|o| o.planned_courier)),
            told_at: at,
        });
        self.moves += 1;
        self.reconcile();
        playbook::bad_address::order_told(self, changed);
        playbook::address_change::order_told(self, changed && kept.is_some());
    }

    /// Registers a waybill: the index of its parcel.
    pub(crate) fn register(&mut self, waybill: &Waybill, direction: Direction, at: Instant) -> Index {
        if let Some(parcel) = self.file.parcel_of(waybill) {
            return parcel;
        }
        self.file.parcels.push(Parcel::new(waybill.clone(), direction, at));
        self.moves += 1;
        index(self.file.parcels.len() - 1)
    }

    fn take_shipment(&mut self, f: &ShipmentFact, _at: Instant) {
        let direction = f.direction.unwrap_or(Direction::Outbound);
        let at = self.register(&f.waybill, direction, f.declared_at);
        let parcel = &mut self.file.parcels[at as usize];
        parcel.direction = direction;
        parcel.declared_at = f.declared_at;
        parcel.declared = true;
        parcel.electronic = f.electronic_waybill.unwrap_or(parcel.electronic);
        parcel.origin = f.origin.as_ref().map(Area::of).or(parcel.origin.take());
        parcel.destination = f.destination.as_ref().map(Area::of).or(parcel.destination.take());
        parcel.same_city = matches!((&parcel.origin, &parcel.destination), (Some(a), Some(b)) if same_city(a, b) == Some(true));
        parcel.eta = f.estimated_delivery_at.or(parcel.eta);
        parcel.insured = f.insured_value.or(parcel.insured);
        self.moves += 1;
        if let Some(old) = f.replaces.as_ref().filter(|old| **old != f.waybill) {
            let old = self.register(old, direction, f.declared_at);
            self.replace(old, at, direction);
        }
    }

    /// A courier's new number carries the old one's cases, tasks and live operations with it.
    fn replace(&mut self, old: Index, new: Index, direction: Direction) {
        if old == new || self.file.parcel(new).replaced_by == Some(old) {
            return;
        }
        let declared_at = self.file.parcel(new).declared_at;
        let replaced = &mut self.file.parcels[old as usize];
        let back = direction == Direction::Return && replaced.direction != Direction::Return;
        replaced.replaced_by = Some(new);
        if back {
            // The number of the way home: the old one turned round.
            replaced.turned_at.get_or_insert(declared_at);
        }
        let (after_sale, destination) = (replaced.after_sale, replaced.destination.clone());
        let parcel = &mut self.file.parcels[new as usize];
        parcel.after_sale = parcel.after_sale.or(after_sale);
        if !back {
            parcel.destination = parcel.destination.take().or(destination);
        }
        for sale in self.file.after_sales.iter_mut().filter(|s| s.return_parcel == Some(old)) {
            sale.return_parcel = Some(new);
        }
        if !back {
            self.carry_operations(old, new);
        }
        self.make_room(old, new, back);
        // What was to be done on the way to the buyer ends with the turn; the way home goes on under the new number.
        let goes_on = |c: &Case| c.closed.is_none() && (!back || c.kind == CaseKind::ReturnParcel);
        let moved: Vec<bool> = self.file.cases.iter().map(goes_on).collect();
        for case in self.file.cases.iter_mut().filter(|c| goes_on(c)) {
            if case.subject == Subject::Parcel(old) {
                case.subject = Subject::Parcel(new);
            }
            if case.parcel == Some(old) {
                case.parcel = Some(new);
            }
        }
        let of_moved = |t: &Task| t.case.map_or(!back, |c| moved[c as usize]);
        for task in self.file.tasks.iter_mut().filter(|t| t.is_open() && t.parcel == Some(old) && of_moved(t)) {
            task.parcel = Some(new);
        }
        self.moves += 1;
    }

    /// Live operations go on under the new number, at most one of a kind.
    fn carry_operations(&mut self, old: Index, new: Index) {
        for at in 0..self.file.operations.len() {
            let operation = &self.file.operations[at];
            if operation.parcel != old || !operation.is_live() {
                continue;
            }
            if self.file.live_operation(new, operation.kind).is_some() {
                self.settle(index(at), OperationStatus::Unknown, Some("replaced"));
            } else {
                self.file.operations[at].parcel = new;
            }
        }
    }

    /// A case that the new number has already gives way to the one of its kind that the old number brings.
    fn make_room(&mut self, old: Index, new: Index, back: bool) {
        for at in 0..self.file.cases.len() {
            let case = &self.file.cases[at];
            let stays = back && case.kind != CaseKind::ReturnParcel;
            let twin = case.closed.is_none() && case.subject == Subject::Parcel(old) && !stays;
            if let Some(other) = self.file.open_case(case.kind, Subject::Parcel(new)).filter(|_| twin) {
                self.close_case(other, CaseOutcome::Recovered);
            }
        }
    }

    fn take_tracking(&mut self, f: &TrackingFact, at: Instant, id: &FactId) {
        let Some(parcel) = self.file.parcel_of(&f.waybill) else { return };
        if f.estimated_delivery_at.is_some() {
            self.file.parcels[parcel as usize].eta = f.estimated_delivery_at;
            self.moves += 1;
        }
        if !f.status.is_scan() {
            return;
        }
        let reason = (f.status == TrackingStatus::Exception).then(|| f.reason.unwrap_or(ExceptionReason::Other));
        let scan =
            Scan { at, status: f.status, reason, place: f.place.clone(), seen_by: f.seen_by.unwrap_or(SeenBy::Courier), repeated: false };
        let state = &mut self.file.parcels[parcel as usize];
        if !state.note_scan(scan.clone()) {
            return;
        }
        if scan.is_exception(ExceptionReason::Damaged) {
            state.damaged_at = Some(state.damaged_at.map_or(at, |known| known.min(at)));
        }
        let is_newest = state.newest().is_some_and(|newest| *newest == scan);
        self.moves += 1;
        self.settle_operations();
        self.reconcile();
        playbook::scanned(self, parcel, &scan, is_newest, id);
    }

    fn take_after_sale(&mut self, f: &AfterSaleFact, at: Instant) {
        let found = self.file.after_sales.iter().position(|s| s.id == f.after_sale_id);
        let sale = found.unwrap_or_else(|| {
            self.file.after_sales.push(AfterSale::new(f.after_sale_id.clone(), f.kind));
            self.file.after_sales.len() - 1
        });
        let state = &mut self.file.after_sales[sale];
        let place = state.steps.partition_point(|s| s.at <= at);
        let newest = place == state.steps.len();
        let again = place.checked_sub(1).and_then(|i| state.steps.get_mut(i)).filter(|s| s.status == f.status);
        match again {
            // The same step told again: what it adds is taken in, its clock is not started twice.
            Some(step) => {
                step.by = f.decided_by.or(step.by);
                step.respond_by = f.respond_by.or(step.respond_by);
            }
            None => state.steps.insert(place, AfterSaleStep { at, status: f.status, by: f.decided_by, respond_by: f.respond_by }),
        }
        if newest {
            state.kind = f.kind;
            state.amount = f.amount.or(state.amount);
            state.reason = f.reason.clone().or(state.reason.take());
        }
        self.moves += 1;
        if let Some(waybill) = &f.return_waybill {
            let parcel = self.register(waybill, Direction::Return, at);
            self.link_return(index(sale), parcel);
        }
        self.reconcile();
        playbook::after_sale::told(self, index(sale));
    }

    /// The goods of an after-sale come back in this parcel.
    pub(crate) fn link_return(&mut self, sale: Index, parcel: Index) {
        self.file.after_sales[sale as usize].return_parcel = Some(parcel);
        self.file.parcels[parcel as usize].after_sale.get_or_insert(sale);
        for case in self.file.cases.iter_mut().filter(|c| c.closed.is_none() && c.kind == CaseKind::ReturnParcel) {
            if case.subject == Subject::AfterSale(sale) {
                case.parcel = Some(parcel);
            }
        }
        self.moves += 1;
    }

    /// The goods of no after-sale come back in this parcel after all.
    pub(crate) fn unlink_return(&mut self, parcel: Index) {
        for sale in self.file.after_sales.iter_mut().filter(|s| s.return_parcel == Some(parcel)) {
            sale.return_parcel = None;
        }
        for case in self.file.cases.iter_mut().filter(|c| c.kind == CaseKind::ReturnParcel && c.parcel == Some(parcel)) {
            if matches!(case.subject, Subject::AfterSale(_)) {
                case.parcel = None;
            }
        }
        self.file.parcels[parcel as usize].after_sale = None;
        self.moves += 1;
    }

    fn take_request(&mut self, f: &BuyerRequestFact, at: Instant) {
        let named = f.waybill.as_ref().and_then(|w| self.file.parcel_of(w)).map(|p| self.file.goes_on_as(p));
        let parcel = named.or_else(|| self.file.main_parcel());
        self.file.requests.push(BuyerRequest {
            at,
            ask: f.request,
            parcel,
            urgent: f.urgent.unwrap_or(false),
            wants: f.wants,
            new_address: f.new_address.clone(),
        });
        self.moves += 1;
        playbook::buyer_asks(self, f, parcel, at);
    }

    fn take_dispute(&mut self, f: &DisputeFact, at: Instant) {
        let found = self.file.disputes.iter().position(|d| d.id == f.dispute_id);
        let dispute = found.unwrap_or_else(|| {
            self.file.disputes.push(Dispute::new(f.dispute_id.clone()));
            self.file.disputes.len() - 1
        });
        let state = &mut self.file.disputes[dispute];
        let place = state.steps.partition_point(|s| s.at <= at);
        let again = place.checked_sub(1).and_then(|i| state.steps.get_mut(i)).filter(|s| s.status == f.status);
        match again {
            Some(step) => {
                step.ruling = f.ruling.or(step.ruling);
                step.evidence_by = f.evidence_by.or(step.evidence_by);
                step.appeal_by = f.appeal_by.or(step.appeal_by);
            }
            None => {
                let step = DisputeStep { at, status: f.status, ruling: f.ruling, evidence_by: f.evidence_by, appeal_by: f.appeal_by };
                state.steps.insert(place, step);
            }
        }
        state.after_sale = f.after_sale_id.clone().or(state.after_sale.take());
        state.reason = f.reason.clone().or(state.reason.take());
        state.amount = f.amount.or(state.amount);
        self.moves += 1;
        playbook::dispute::told(self, index(dispute));
    }

    fn take_commitment(&mut self, f: &CommitmentFact, at: Instant) {
        let found = self.file.commitments.iter().position(|c| c.id == f.commitment_id);
        let i = found.unwrap_or_else(|| {
            self.file.commitments.push(Commitment::new(f.commitment_id.clone(), f.promise));
            self.file.commitments.len() - 1
        });
        let known = &mut self.file.commitments[i];
        known.waybill = f.waybill.clone().or(known.waybill.take());
        if f.status == CommitmentStatus::Made {
            known.due_at = f.due_at.or(known.due_at);
            known.text = f.text.clone().or(known.text.take());
        }
        match (f.status, known.made_at) {
            (CommitmentStatus::Made, None) => {
                known.made_at = Some(at);
                playbook::commitment::made(self, index(i));
            }
            (CommitmentStatus::Made, Some(_)) => {}
            // That it ended may be told before it is told as made: until then there is nothing to keep.
            (status, _) => {
                known.ended.get_or_insert((at, status));
            }
        }
        self.moves += 1;
    }

    fn take_claim(&mut self, f: &ClaimFact, at: Instant) {
        let parcel = self.register(&f.waybill, Direction::Outbound, at);
        playbook::claim::told(self, parcel, f.status, at, Some(f.claim_id.clone()), f.amount);
        let says_lost = f.reason.as_deref().is_some_and(|r| r.eq_ignore_ascii_case("lost") || r.contains("丢失") || r.contains("遗失"));
        if says_lost && self.file.parcel(parcel).lost_since().is_none() {
            self.file.parcels[parcel as usize].lost_at = Some(at);
            self.reconcile();
            playbook::lost::known(self, parcel);
        }
    }

    fn take_note(&mut self, f: &NoteFact) {
        let Some(at) = f.remind_at else { return };
        let case = f.case_id.as_ref().and_then(|id| self.file.cases.iter().position(|c| &c.id == id)).map(index);
        let parcel = case.and_then(|c| self.case(c).parcel);
        let because = self.because.clone();
        self.file.timers.push(Timer { at: at.max(self.now), case, parcel, kind: TimerKind::Remind(f.text.clone()), because });
        self.moves += 1;
    }

    fn take_operation_update(&mut self, f: &OperationUpdateFact, at: Instant) -> Result<(), Refusal> {
        let operation = match (&f.operation_id, &f.waybill, f.kind) {
            (Some(id), _, _) => {
                let found = self.file.operations.iter().position(|o| &o.id == id);
                found.ok_or(Refusal::NoSuchOperation { field: "operation_id" })?
            }
            (None, Some(waybill), Some(kind)) => {
                let parcel = self.file.parcel_of(waybill);
                // A number that was replaced since carries its operations under the new one.
                let is_of = |p: Index| Some(p) == parcel || parcel.is_some_and(|old| self.file.parcel(old).replaced_by == Some(p));
                let found = self.file.operations.iter().rposition(|o| o.requested && o.kind == kind && is_of(o.parcel));
                let found = found.or_else(|| self.file.operations.iter().rposition(|o| o.kind == kind && is_of(o.parcel)));
                found.ok_or(Refusal::NoSuchOperation { field: "waybill" })?
            }
            _ => return Err(Refusal::NoSuchOperation { field: "operation_id" }),
        };
        self.answer(index(operation), f, at);
        Ok(())
    }
}
