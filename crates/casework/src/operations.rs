//! Courier operations: requested or asked for by hand, answered, settled (playbook laws 5 and 6).
//!
//! Deliberately absent: the calls themselves. The engine states an intent once; how it is sent belongs to the lanes.

use crate::casefile::*;
use crate::decision::*;
use crate::fact::OperationUpdateFact;
use crate::instant::Instant;
use crate::look::index;
use crate::money::Money;
use crate::parcel::Phase;
use crate::playbook;
use crate::rule_kind::RuleKind;
use crate::run::{Ask, Run};
use crate::watch::tail_of;
use crate::words::*;

/// The task by which a person does what no interface does.
pub(crate) const fn bracket(kind: OperationKind) -> TaskKind {
    match kind {
        OperationKind::Intercept => TaskKind::InterceptByPhone,
        OperationKind::InterceptCancel => TaskKind::CancelInterceptByPhone,
        OperationKind::AddressChange => TaskKind::ChangeAddressByPhone,
        OperationKind::PhoneChange => TaskKind::ChangePhoneByPhone,
        OperationKind::Urge => TaskKind::ChaseCourier,
        OperationKind::Claim => TaskKind::FileClaimByHand,
        OperationKind::Complaint => TaskKind::ComplainToHeadquarters,
    }
}

impl Run<'_> {
    /// Asks the courier, or, where its adapter cannot, a person at once. Nothing where one of the kind is live on the waybill.
    pub(crate) fn request(&mut self, kind: OperationKind, parcel: Index, case: Index, details: OperationDetails) -> Option<Index> {
        if self.file.live_operation(parcel, kind).is_some() {
            return None;
        }
        let waybill = self.file.parcel(parcel).waybill.clone();
        if waybill.courier.offers(kind) {
            return Some(self.request_by_interface(kind, parcel, case, details));
        }
        let at = self.new_operation(kind, parcel, case, false);
        let task = self.ask_by_hand(kind, parcel, case, at);
        self.file.operations[at as usize].bracket = Some(task);
        Some(at)
    }

    fn request_by_interface(&mut self, kind: OperationKind, parcel: Index, case: Index, details: OperationDetails) -> Index {
        let waybill = self.file.parcel(parcel).waybill.clone();
        // Over the whole order: an operation that was carried to a new number took its key with it.
        let round = self.file.operations.iter().filter(|o| o.kind == kind && o.requested).count() + 1;
        let at = self.new_operation(kind, parcel, case, true);
        let phone = match kind {
            OperationKind::AddressChange | OperationKind::PhoneChange => {
                details.phone.as_ref().or_else(|| details.address.as_ref()?.phone.as_ref())
            }
            _ => None,
        };
        self.file.operations[at as usize].phone_tail = phone.and_then(|phone| tail_of(phone));
        let key = short_hash(&[kind.word(), waybill.courier.word(), &waybill.number, &self.file.tag, &round.to_string()]);
        let body = OperationRequested {
            operation_id: self.file.operations[at as usize].id.clone(),
            kind,
            order: self.file.key.clone(),
            waybill,
            case_id: self.case(case).id.clone(),
            idempotency_key: format!("{}-{key}", kind.word()),
            details,
        };
        self.emit(DecisionBody::OperationRequested(Box::new(body)));
        at
    }

    fn ask_by_hand(&mut self, kind: OperationKind, parcel: Index, case: Index, operation: Index) -> Index {
        let ask = Ask::of(bracket(kind), case).on(Some(parcel)).by_hand(operation);
        // A claim is filed within its own deadline, whoever files it.
        let ask = match kind {
            OperationKind::Claim => {
                let filing = self.file.running(RuleKind::ClaimFiling, Subject::Parcel(parcel));
                if filing.is_some() { ask.due_with(filing).worth(self.claim_value(parcel)) } else { ask.worth(self.claim_value(parcel)) }
            }
            _ => ask,
        };
        self.ask(ask)
    }

    fn new_operation(&mut self, kind: OperationKind, parcel: Index, case: Index, requested: bool) -> Index {
        self.file.seq += 1;
        let id = format!("{}-o{}", self.file.tag, self.file.seq);
        self.moves += 1;
        self.file.operations.push(Operation {
            id,
            kind,
            parcel,
            case,
            state: if requested { OperationState::Requested } else { OperationState::ByHand },
            requested,
            asked_at: self.now,
            answered_at: None,
            result_from: None,
            settled_at: None,
            bracket: None,
            taken_over: false,
            reference: None,
            phone_tail: None,
        });
        index(self.file.operations.len() - 1)
    }

    /// What a claim on a parcel is worth: its insured value, else the order's amount.
    pub(crate) fn claim_value(&self, parcel: Index) -> Option<Money> {
        self.file.parcel(parcel).insured.or_else(|| self.file.amount())
    }

    /// The bracket task takes an unanswered (or refused) operation over.
    pub(crate) fn take_over(&mut self, operation: Index) {
        let state = &self.file.operations[operation as usize];
        let (kind, parcel, case) = (state.kind, state.parcel, state.case);
        // In a case that is closed nobody takes it up, and nothing more is sent.
        let task = self.file.is_case_open(case).then(|| self.ask_by_hand(kind, parcel, case, operation));
        let state = &mut self.file.operations[operation as usize];
        state.bracket = task;
        state.taken_over = true;
        self.moves += 1;
    }

    /// A bracket task is open again: its operation is asked by hand as before, whatever had been answered.
    pub(crate) fn ask_by_hand_again(&mut self, operation: Index, task: Index) {
        let state = &mut self.file.operations[operation as usize];
        if bracket(state.kind) != self.file.tasks[task as usize].kind {
            return;
        }
        state.state = if state.requested { OperationState::Requested } else { OperationState::ByHand };
        (state.answered_at, state.result_from, state.settled_at) = (None, None, None);
        state.bracket = Some(task);
        let (kind, case) = (state.kind, state.case);
        if kind == OperationKind::Intercept {
            self.drop_task(case, TaskKind::AskBuyerToRefuse);
        }
        self.stands_alone(operation);
    }

    /// An operation ends. Says so where the courier's interface was asked.
    pub(crate) fn settle(&mut self, operation: Index, status: OperationStatus, reason: Option<&str>) {
        let now = self.now;
        let state = &mut self.file.operations[operation as usize];
        if !state.is_live() {
            return;
        }
        state.state = OperationState::Settled(status);
        state.settled_at = Some(now);
        let body = OperationSettled { operation_id: state.id.clone(), kind: state.kind, status, reason: reason.map(str::to_owned) };
        let (requested, bracket) = (state.requested, state.bracket);
        self.moves += 1;
        if requested {
            self.emit(DecisionBody::OperationSettled(body));
        }
        if let Some(task) = bracket {
            self.close_task(task, TaskOutcome::NotNeeded);
        }
    }

    /// The courier's answer to an operation.
    pub(crate) fn answer(&mut self, operation: Index, fact: &OperationUpdateFact, at: Instant) {
        if self.is_beyond_answers(operation) {
            // Recorded in the journal; nothing moves.
            return;
        }
        let state = &self.file.operations[operation as usize];
        let (kind, case) = (state.kind, state.case);
        let late = state.taken_over.then_some(state.bracket).flatten().filter(|&t| self.file.tasks[t as usize].is_open());
        let accepted = match fact.status {
            OperationStatus::Accepted | OperationStatus::Succeeded => true,
            OperationStatus::Rejected | OperationStatus::Failed => false,
            OperationStatus::Unknown => return self.unclear(operation, at),
        };
        if let Some(task) = late {
            // The answer itself is the outcome, whatever the task's own words are.
            self.close_task(task, if accepted { TaskOutcome::Accepted } else { TaskOutcome::Refused });
        }
        match (fact.status, kind) {
            (OperationStatus::Succeeded, OperationKind::Complaint) => {
                playbook::complaint::answered(self, case, at);
                self.settle(operation, OperationStatus::Succeeded, fact.reason.as_deref());
            }
            (OperationStatus::Succeeded, OperationKind::Urge) => {
                self.settle(operation, OperationStatus::Succeeded, fact.reason.as_deref());
            }
            _ if accepted => self.accept(operation, at, fact.courier_reference.clone(), fact.amount),
            _ => self.refuse(operation, fact.status, fact.reason.as_deref(), late.is_none()),
        }
    }

    /// Whether scans or the claim's own end have decided already: only a refusal can be overruled by a later answer.
    fn is_beyond_answers(&self, operation: Index) -> bool {
        let state = &self.file.operations[operation as usize];
        let parcel_is_final = self.file.parcel(state.parcel).phase().is_final();
        match (state.kind, state.state) {
            (OperationKind::Claim, _) => self.file.claim_on(state.parcel).is_some_and(|c| self.file.claims[c as usize].ended.is_some()),
            (_, OperationState::Settled(OperationStatus::Succeeded | OperationStatus::Unknown)) => true,
            (OperationKind::Complaint, _) => false,
            (_, OperationState::Settled(_)) => parcel_is_final,
            _ => false,
        }
    }

    /// The courier took it (or a person heard so). Accepted is not done.
    pub(crate) fn accept(&mut self, operation: Index, at: Instant, reference: Option<String>, amount: Option<Money>) {
        let state = &mut self.file.operations[operation as usize];
        state.state = OperationState::Accepted;
        state.settled_at = None;
        state.answered_at.get_or_insert(at);
        state.reference = reference.or(state.reference.take());
        self.moves += 1;
        let (kind, parcel, bracket, reference) = (state.kind, state.parcel, state.bracket, state.reference.clone());
        if matches!(kind, OperationKind::Intercept | OperationKind::AddressChange) {
            state.result_from.get_or_insert(at);
        }
        self.take_back_refusal(operation, bracket);
        match kind {
            OperationKind::Claim => playbook::claim::told(self, parcel, ClaimStatus::Filed, at, reference, amount),
            OperationKind::Complaint => {
                let case = self.file.operations[operation as usize].case;
                playbook::complaint::filed(self, case, at, false);
            }
            _ => {}
        }
    }

    /// Of two answers the last holds: what an earlier refusal of this operation had asked for ends with it.
    fn take_back_refusal(&mut self, operation: Index, bracket: Option<Index>) {
        if let Some(task) = bracket {
            self.close_task(task, TaskOutcome::Accepted);
            if let Some(by_hand) = self.file.tasks[task as usize].operation.filter(|by_hand| *by_hand != operation) {
                self.settle(by_hand, OperationStatus::Failed, None);
            }
        }
        let state = &self.file.operations[operation as usize];
        let (kind, parcel, case) = (state.kind, state.parcel, state.case);
        if kind == OperationKind::Intercept && self.file.parcel(parcel).phase() != Phase::OutForDelivery {
            self.drop_task(case, TaskKind::AskBuyerToRefuse);
        }
        self.stands_alone(operation);
    }

    /// At most one operation of a kind is live on a waybill: another one, by which a person was to ask again, ends with this one's answer.
    fn stands_alone(&mut self, operation: Index) {
        let (kind, parcel) = (self.file.operations[operation as usize].kind, self.file.operations[operation as usize].parcel);
        for other in (0..self.file.operations.len()).map(index).filter(|o| *o != operation) {
            let state = &self.file.operations[other as usize];
            if state.kind == kind && state.parcel == parcel && state.is_live() {
                self.settle(other, OperationStatus::Unknown, Some("asked_twice"));
            }
        }
    }

    /// Sent, no clear answer: watched where a result's clock follows.
    fn unclear(&mut self, operation: Index, at: Instant) {
        let state = &mut self.file.operations[operation as usize];
        if state.state != OperationState::Requested {
            return;
        }
        state.state = OperationState::Unknown;
        if matches!(state.kind, OperationKind::Intercept | OperationKind::AddressChange) {
            state.answered_at.get_or_insert(at);
            state.result_from.get_or_insert(at);
        }
        self.moves += 1;
    }

    /// The courier (or a person who called) says no.
    pub(crate) fn refuse(&mut self, operation: Index, status: OperationStatus, reason: Option<&str>, ask_by_hand: bool) {
        let state = &self.file.operations[operation as usize];
        let (kind, parcel, case) = (state.kind, state.parcel, state.case);
        if state.state == OperationState::Settled(status) {
            return;
        }
        // A second no changes the word, not what was done about the first.
        let again = matches!(state.state, OperationState::Settled(OperationStatus::Failed | OperationStatus::Rejected));
        if !state.is_live() {
            // Of two answers the last holds.
            self.file.operations[operation as usize].state = OperationState::Accepted;
        }
        self.file.operations[operation as usize].bracket = None;
        self.settle(operation, status, reason);
        if again || !self.file.is_case_open(case) {
            return;
        }
        match kind {
            OperationKind::Intercept => playbook::intercept::refused(self, case, parcel),
            OperationKind::Claim if !ask_by_hand => {
                playbook::claim::told(self, parcel, ClaimStatus::Refused, self.now, None, None);
            }
            _ if ask_by_hand && self.file.live_operation(parcel, kind).is_none() => {
                let by_hand = self.new_operation(kind, parcel, case, false);
                let task = self.ask_by_hand(kind, parcel, case, by_hand);
                // The courier may still change its mind: then nobody need ask.
                for at in [by_hand, operation] {
                    self.file.operations[at as usize].bracket = Some(task);
                }
            }
            _ => {}
        }
    }

    /// Settles what the scans and the claims settle.
    pub(crate) fn settle_operations(&mut self) {
        // Newest first: a cancelling is settled before the intercept that it cancels.
        for at in (0..self.file.operations.len()).rev() {
            if !self.file.operations[at].is_live() {
                continue;
            }
            if self.file.is_given_up(&self.file.operations[at]) {
                self.settle(index(at), OperationStatus::Unknown, None);
                continue;
            }
            match self.file.operations[at].kind {
                OperationKind::Claim => self.settle_claim(index(at)),
                OperationKind::Complaint => {}
                _ => self.settle_by_scans(index(at)),
            }
        }
    }

    fn settle_claim(&mut self, at: Index) {
        let parcel = self.file.operations[at as usize].parcel;
        let Some(claim) = self.file.claim_on(parcel) else { return };
        match self.file.claims[claim as usize].ended {
            Some((_, ClaimStatus::Paid)) => self.settle(at, OperationStatus::Succeeded, None),
            Some((_, status)) => self.settle(at, OperationStatus::Failed, Some(status.word())),
            None => {}
        }
    }

    fn settle_by_scans(&mut self, at: Index) {
        let operation = &self.file.operations[at as usize];
        let parcel = self.file.parcel(operation.parcel);
        let phase = parcel.phase();
        let newest = parcel.newest().map(|s| s.at);
        let accepted = matches!(operation.state, OperationState::Accepted | OperationState::Unknown);
        let called_off = phase == Phase::Unscanned && self.file.is_called_off();
        match operation.kind {
            OperationKind::Intercept if matches!(phase, Phase::Back | Phase::Home) => self.settle(at, OperationStatus::Succeeded, None),
            OperationKind::Intercept if phase == Phase::Delivered => self.settle(at, OperationStatus::Failed, Some("delivered")),
            OperationKind::InterceptCancel if accepted && !phase.is_back() => {
                let answered = operation.answered_at.unwrap_or(operation.asked_at);
                if newest.is_some_and(|scan| scan > answered) {
                    let parcel = operation.parcel;
                    self.settle(at, OperationStatus::Succeeded, None);
                    if let Some(intercept) = self.file.live_operation(parcel, OperationKind::Intercept) {
                        self.settle(intercept, OperationStatus::Failed, Some("cancelled"));
                    }
                }
            }
            OperationKind::AddressChange | OperationKind::PhoneChange if phase == Phase::Delivered && accepted => {
                self.settle(at, OperationStatus::Succeeded, None);
            }
            OperationKind::Urge if newest.is_some_and(|scan| scan > operation.asked_at) => {
                self.settle(at, OperationStatus::Succeeded, None)
            }
            _ if phase.is_final() || called_off || !parcel.is_current() => self.settle(at, OperationStatus::Unknown, None),
            _ => {}
        }
    }
}
