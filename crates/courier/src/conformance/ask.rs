//! Asking an ability what a fixture says.

use super::fixture::Ask;
use super::rendering::value;
use crate::ability::Ability;
use crate::adapter::CourierAdapter;
use crate::call::Call;
use crate::error::CourierError;
use crate::request::{
    AddressChangeRequest, ClaimCause, ClaimRequest, ClientReference, InterceptRequest, LookUpQuery, Payer, PhoneChangeRequest, PhoneTail,
    ProofKind, ProofQuery, SubscribeQuery, Ticket, UrgeRequest, WorkOrderKind, WorkOrderRequest,
};
use crate::tracking::TrackingQuery;
use parcelward_casework::fact::Waybill;
use parcelward_casework::money::Money;
use parcelward_casework::words::{Courier, OperationKind};
use serde_json::{Value, json};

/// The adapter's answer; or, outside, what is wrong with the fixture.
pub(super) async fn ask(
    adapter: &dyn CourierAdapter,
    call: &Call,
    ability: Ability,
    ask: &Ask,
) -> Result<Result<Value, CourierError>, String> {
    let lacks = || format!("the adapter has no {}", ability.word());
    let courier = adapter.identity().courier;
    let waybill = || Waybill { courier, number: ask.number.clone() };
    let ticket = || ask.ticket(courier);
    let tail = ask.phone_tail.as_deref().and_then(PhoneTail::of);
    let intercept = || -> Result<InterceptRequest, String> {
        Ok(InterceptRequest { ticket: ticket()?, destination: ask.address.clone().unwrap_or_default() })
    };
    let reference = || ask.courier_reference.clone().ok_or("ask.courier_reference is missing");
    Ok(match ability {
        Ability::Tracking => {
            let queries: Vec<TrackingQuery> =
                ask.numbers.iter().map(|n| TrackingQuery { number: n.clone(), phone_tail: tail.clone() }).collect();
            adapter.track(call, &queries).await.map(value)
        }
        Ability::InterceptToSender => adapter.intercept_to_sender().ok_or_else(lacks)?.turn_to_sender(call, &intercept()?).await.map(value),
        Ability::InterceptToOutlet => adapter.intercept_to_outlet().ok_or_else(lacks)?.turn_to_outlet(call, &intercept()?).await.map(value),
        Ability::InterceptToAddress => {
            adapter.intercept_to_address().ok_or_else(lacks)?.turn_to_address(call, &intercept()?).await.map(value)
        }
        Ability::InterceptCancel => {
            let earlier = ask.earlier.as_deref().and_then(ClientReference::new);
            let able = adapter.intercept_cancel().ok_or_else(lacks)?;
            able.cancel_intercept(call, &ticket()?, earlier.as_ref(), ask.courier_reference.as_deref()).await.map(value)
        }
        Ability::InterceptState => {
            let able = adapter.intercept_state().ok_or_else(lacks)?;
            able.state_of_intercept(call, &waybill(), ask.courier_reference.as_deref()).await.map(value)
        }
        Ability::AddressChange => {
            let request = AddressChangeRequest {
                ticket: ticket()?,
                address: ask.address.clone().unwrap_or_default(),
                payer: ask.payer.as_deref().map(|p| if p == "buyer" { Payer::Buyer } else { Payer::Merchant }),
                fee: ask.fee.as_deref().and_then(|fee| Money::parse(fee).ok()),
            };
            adapter.address_change().ok_or_else(lacks)?.change_address(call, &request).await.map(value)
        }
        Ability::PhoneChange => {
            let request = PhoneChangeRequest { ticket: ticket()?, phone: ask.phone.clone().unwrap_or_default() };
            adapter.phone_change().ok_or_else(lacks)?.change_phone(call, &request).await.map(value)
        }
        Ability::Urge => {
            let request = UrgeRequest { ticket: ticket()?, text: ask.text.clone().unwrap_or_default() };
            adapter.urge().ok_or_else(lacks)?.hurry(call, &request).await.map(value)
        }
        Ability::Claim => {
            let able = adapter.claims().ok_or_else(lacks)?;
            if ask.state {
                able.claim_state(call, &waybill(), &reference()?).await.map(value)
            } else {
                able.file_claim(call, &ask.claim(ticket()?)?).await.map(value)
            }
        }
        Ability::WorkOrder | Ability::Complaint => {
            let able = adapter.work_orders().ok_or_else(lacks)?;
            if ask.state {
                able.work_order_state(call, &waybill(), &reference()?).await.map(value)
            } else {
                let request = WorkOrderRequest { ticket: ticket()?, kind: ask.work_order()?, text: ask.text.clone().unwrap_or_default() };
                able.open_work_order(call, &request).await.map(value)
            }
        }
        Ability::Proof => {
            let query = ProofQuery { waybill: waybill(), kind: ask.proof()?, phone_tail: tail };
            adapter.proof().ok_or_else(lacks)?.pictures(call, &query).await.map(value)
        }
        Ability::Subscription => {
            let queries: Vec<SubscribeQuery> =
                ask.numbers.iter().map(|n| SubscribeQuery { number: n.clone(), phone_tail: tail.clone() }).collect();
            let each = adapter.subscription().ok_or_else(lacks)?.subscribe(call, &queries).await;
            each.map(|each| each.iter().map(|one| one.as_ref().map_or_else(super::rendering::error, |()| json!("subscribed"))).collect())
        }
        Ability::LookUp => {
            let kind = ask.kind.as_deref().and_then(OperationKind::from_word).ok_or("ask.kind is no operation")?;
            let reference = ClientReference::new(ask.reference_text()).ok_or("ask.reference is none")?;
            let query = LookUpQuery { waybill: waybill(), kind, reference, courier_reference: ask.courier_reference.clone() };
            adapter.look_up().ok_or_else(lacks)?.find(call, &query).await.map(value)
        }
        Ability::PushIn => return Err("a push is not asked".to_owned()),
    })
}

impl Ask {
    fn reference_text(&self) -> &str {
        self.reference.as_deref().unwrap_or("intercept-0123456789ab")
    }

    fn ticket(&self, courier: Courier) -> Result<Ticket, String> {
        Ok(Ticket {
            waybill: Waybill { courier, number: self.number.clone() },
            reference: ClientReference::new(self.reference_text()).ok_or("ask.reference is none")?,
            reason: self.reason.clone(),
            phone_tail: self.phone_tail.as_deref().and_then(PhoneTail::of),
        })
    }

    fn claim(&self, ticket: Ticket) -> Result<ClaimRequest, String> {
        Ok(ClaimRequest {
            ticket,
            cause: self.reason.as_deref().and_then(ClaimCause::from_word).ok_or("ask.reason is no cause of a claim")?,
            amount: self.amount.as_deref().and_then(|a| Money::parse(a).ok()).ok_or("ask.amount is none")?,
            statement: self.text.clone().unwrap_or_default(),
        })
    }

    fn work_order(&self) -> Result<WorkOrderKind, String> {
        match self.kind.as_deref() {
            Some("complaint") => Ok(WorkOrderKind::Complaint),
            Some("signed_not_received") => Ok(WorkOrderKind::SignedNotReceived),
            Some("weight_dispute") => Ok(WorkOrderKind::WeightDispute),
            _ => Err("ask.kind is complaint, signed_not_received or weight_dispute".to_owned()),
        }
    }

    fn proof(&self) -> Result<ProofKind, String> {
        match self.kind.as_deref() {
            Some("signature") => Ok(ProofKind::Signature),
            Some("delivery") => Ok(ProofKind::Delivery),
            Some("exception") => Ok(ProofKind::Exception),
            Some("weight") => Ok(ProofKind::Weight),
            _ => Err("ask.kind is signature, delivery, exception or weight".to_owned()),
        }
    }

    /// What of it must not show anywhere.
    pub(super) fn personal(&self) -> Vec<&str> {
        let address = self.address.as_ref();
        let parts = [
            self.phone.as_deref(),
            address.and_then(|a| a.name.as_deref()),
            address.and_then(|a| a.phone.as_deref()),
            address.and_then(|a| a.detail.as_deref()),
        ];
        parts.into_iter().flatten().filter(|part| part.chars().count() > 1).collect()
    }
}
