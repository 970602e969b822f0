//! From what the port asks to what ZTO is sent: the interface's name and the body, written once. Pure.

use crate::config::Customer;
use crate::wire::{
    CancelIntercept, Compensation, CreateIncident, CreateIntercept, Incident, IncidentAddress, IncidentCustomer, IncidentQuery,
    InterceptQuery, TrackQuery,
};
use parcelward_courier::{
    Address, AddressChangeRequest, ClaimCause, ClaimRequest, CourierError, InterceptRequest, PhoneChangeRequest, Ticket, json, needed,
};

/// A request that is whole.
pub(crate) struct Request {
    pub(crate) api: &'static str,
    pub(crate) body: String,
}

/// Where an intercepted parcel goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Destination {
    Outlet,
    Sender,
    ChangedAddress,
    GivenAddress,
}

impl Destination {
    const fn code(self) -> u8 {
        match self {
            Destination::Outlet => 1,
            Destination::Sender => 2,
            Destination::ChangedAddress => 3,
            Destination::GivenAddress => 4,
        }
    }
}

pub(crate) fn track(number: &str, phone_tail: Option<&str>) -> Result<Request, CourierError> {
    let body = json::write(&TrackQuery { bill_code: number, mobile_phone: phone_tail })?;
    Ok(Request { api: "zto.merchant.waybill.track.query", body })
}

/// Its name is misspelt at ZTO's.
pub(crate) fn subscribe(number: &str, phone_tail: Option<&str>) -> Result<Request, CourierError> {
    let body = json::write(&TrackQuery { bill_code: number, mobile_phone: phone_tail })?;
    Ok(Request { api: "zto.merchant.waybill.track.subsrcibe", body })
}

pub(crate) fn intercept(request: &InterceptRequest, to: Destination, who: &Customer) -> Result<Request, CourierError> {
    create_intercept(&request.ticket, &request.destination, to, who)
}

pub(crate) fn change_address(request: &AddressChangeRequest, who: &Customer) -> Result<Request, CourierError> {
    create_intercept(&request.ticket, &request.address, Destination::ChangedAddress, who)
}

fn create_intercept(ticket: &Ticket, address: &Address, to: Destination, who: &Customer) -> Result<Request, CourierError> {
    let mut body = CreateIntercept {
        bill_code: &ticket.waybill.number,
        request_id: ticket.reference.as_str(),
        third_biz_no: ticket.reference.as_str(),
        customer_id: &who.customer_id,
        customer_name: &who.customer_name,
        destination_type: to.code(),
        receive_username: "",
        receive_phone: "",
        receive_province: "",
        receive_city: "",
        receive_district: "",
        receive_address: "",
    };
    if matches!(to, Destination::ChangedAddress | Destination::GivenAddress) {
        body.receive_username = needed(address.name.as_ref(), "address.name")?;
        body.receive_phone = needed(address.phone.as_ref(), "address.phone")?;
        body.receive_province = needed(address.province.as_ref(), "address.province")?;
        body.receive_city = needed(address.city.as_ref(), "address.city")?;
        body.receive_district = needed(address.district.as_ref(), "address.district")?;
        body.receive_address = needed(address.detail.as_ref(), "address.detail")?;
    }
    Ok(Request { api: "thirdcenter.createIntercept", body: json::write(&body)? })
}

/// `intercept` is the reference under which it was asked: only who asked may withdraw.
pub(crate) fn cancel_intercept(number: &str, intercept: &str) -> Result<Request, CourierError> {
    let body = json::write(&CancelIntercept { third_biz_no: intercept, bill_code: number })?;
    Ok(Request { api: "thirdcenter.cancelIntercept", body })
}

pub(crate) fn intercept_state(number: &str) -> Result<Request, CourierError> {
    Ok(Request { api: "thirdcenter.queryInterceptAndReturnStatus", body: json::write(&InterceptQuery { bill_code: number })? })
}

/// A work order without more: urging, and those of `codes::work_order`.
pub(crate) fn incident(ticket: &Ticket, kind: &str, text: &str, who: &Customer) -> Result<Request, CourierError> {
    create_incident(ticket, Incident { bill_code: &ticket.waybill.number, kind, desc: text, mobile: "" }, None, None, who)
}

pub(crate) fn change_phone(request: &PhoneChangeRequest, who: &Customer) -> Result<Request, CourierError> {
    let phone = needed(Some(&request.phone), "phone")?;
    let ticket = &request.ticket;
    let kind = "modify_recipient_contact_number";
    let incident = Incident { bill_code: &ticket.waybill.number, kind, desc: "修改收件人电话", mobile: phone };
    create_incident(ticket, incident, Some(IncidentAddress { phone, original_rec: "0" }), None, who)
}

pub(crate) fn claim(request: &ClaimRequest, who: &Customer) -> Result<Request, CourierError> {
    let ticket = &request.ticket;
    let kind = match request.cause {
        ClaimCause::Lost => "lose-claim",
        ClaimCause::Damaged => "damage-compensation",
        ClaimCause::Short => "damage-claim",
    };
    let compensation = Compensation {
        expected_compensation_amount: request.amount.to_string(),
        compensation_channel: &who.compensation_channel,
        collection_customer_mobile: &who.compensation_mobile,
        collection_customer_account_name: &who.compensation_account_name,
        collection_customer_account_code: &who.compensation_account_code,
    };
    let incident = Incident { bill_code: &ticket.waybill.number, kind, desc: &request.statement, mobile: "" };
    create_incident(ticket, incident, None, Some(compensation), who)
}

fn create_incident(
    ticket: &Ticket,
    incident: Incident<'_>,
    incident_address_input: Option<IncidentAddress<'_>>,
    extra_info: Option<Compensation<'_>>,
    who: &Customer,
) -> Result<Request, CourierError> {
    let body = CreateIncident {
        trace_id: ticket.reference.as_str(),
        customer: IncidentCustomer { name: &who.customer_name, role: who.customer_role.code(), id: &who.customer_id },
        incident,
        incident_address_input,
        extra_info,
    };
    Ok(Request { api: "zto.open.merchant.incident.create", body: json::write(&body)? })
}

pub(crate) fn incident_state(number: &str, biz_no: &str) -> Result<Request, CourierError> {
    Ok(Request { api: "zto.open.merchant.incident.query", body: json::write(&IncidentQuery { biz_no, bill_code: number })? })
}
