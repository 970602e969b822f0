//! From an operation that was decided to the ability that does it.

use crate::ability::Ability;
use crate::adapter::CourierAdapter;
use crate::answer::Accepted;
use crate::call::Call;
use crate::error::{CourierError, NotSentReason};
use crate::request::{
    AddressChangeRequest, ClaimCause, ClaimRequest, ClientReference, InterceptRequest, Payer, PhoneChangeRequest, Ticket, UrgeRequest,
    WorkOrderKind, WorkOrderRequest,
};
use parcelward_casework::decision::OperationDetails;
use parcelward_casework::words::OperationKind;

/// Whether an adapter can do an operation: what casework's `Courier::offers` says of the direct ones.
#[must_use]
pub fn offers(adapter: &dyn CourierAdapter, kind: OperationKind) -> bool {
    Ability::of(kind).is_of(adapter)
}

/// Asks the courier for an operation, once. `earlier` names the intercept that an `intercept_cancel` withdraws: our name for it, and the
/// courier's.
///
/// # Errors
/// See [`CourierError`]; not sent where the adapter cannot do it or something that it needs is missing.
pub async fn perform(
    adapter: &dyn CourierAdapter,
    call: &Call,
    kind: OperationKind,
    ticket: Ticket,
    details: &OperationDetails,
    earlier: (Option<&ClientReference>, Option<&str>),
) -> Result<Accepted, CourierError> {
    let text = details.statement.clone().or_else(|| ticket.reason.clone()).unwrap_or_default();
    match kind {
        OperationKind::Intercept => {
            let request = InterceptRequest { ticket, destination: details.address.clone().unwrap_or_default() };
            able(adapter.intercept_to_sender(), kind)?.turn_to_sender(call, &request).await
        }
        OperationKind::InterceptCancel => {
            able(adapter.intercept_cancel(), kind)?.cancel_intercept(call, &ticket, earlier.0, earlier.1).await
        }
        OperationKind::AddressChange => {
            let address = details.address.clone().ok_or_else(|| CourierError::missing("address"))?;
            let payer = details.payer.as_deref().and_then(|payer| match payer {
                "buyer" => Some(Payer::Buyer),
                "merchant" => Some(Payer::Merchant),
                _ => None,
            });
            let request = AddressChangeRequest { ticket, address, payer, fee: details.fee };
            able(adapter.address_change(), kind)?.change_address(call, &request).await
        }
        OperationKind::PhoneChange => {
            let phone = details.phone.clone().ok_or_else(|| CourierError::missing("phone"))?;
            able(adapter.phone_change(), kind)?.change_phone(call, &PhoneChangeRequest { ticket, phone }).await
        }
        OperationKind::Urge => able(adapter.urge(), kind)?.hurry(call, &UrgeRequest { ticket, text }).await,
        OperationKind::Claim => {
            let cause =
                ticket.reason.as_deref().and_then(ClaimCause::from_word).ok_or_else(|| CourierError::missing("reason of the claim"))?;
            let amount = details.amount.ok_or_else(|| CourierError::missing("amount"))?;
            able(adapter.claims(), kind)?.file_claim(call, &ClaimRequest { ticket, cause, amount, statement: text }).await
        }
        OperationKind::Complaint => {
            let orders = adapter.work_orders().filter(|orders| orders.kinds().contains(&WorkOrderKind::Complaint));
            let request = WorkOrderRequest { ticket, kind: WorkOrderKind::Complaint, text };
            able(orders, kind)?.open_work_order(call, &request).await
        }
    }
}

fn able<T>(ability: Option<T>, kind: OperationKind) -> Result<T, CourierError> {
    ability.ok_or_else(|| CourierError::not_sent(NotSentReason::Unsupported, format!("this adapter has no {}", Ability::of(kind).word())))
}
