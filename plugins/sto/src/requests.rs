//! From what the port asks to what STO is sent: the interface's name, whom it is for, and the content, written once. Pure.

use crate::config::Intercepts;
use crate::wire::{Intercept, Receiver, Subscribe, TraceQuery, Waybill};
use parcelward_courier::{AddressChangeRequest, CourierError, SubscribeQuery, TrackingQuery, json, needed};

/// A request that is whole.
pub(crate) struct Request<'a> {
    pub(crate) api: &'a str,
    /// Stands in `to_appkey` and `to_code`.
    pub(crate) to: &'a str,
    pub(crate) content: String,
}

pub(crate) fn track(queries: &[TrackingQuery]) -> Result<Request<'static>, CourierError> {
    let waybill_no_list = queries.iter().map(|query| query.number.as_str()).collect();
    let content = json::write(&TraceQuery { order: "asc", waybill_no_list })?;
    Ok(Request { api: "STO_TRACE_QUERY_COMMON", to: "sto_trace_query", content })
}

pub(crate) fn subscribe(queries: &[SubscribeQuery]) -> Result<Request<'static>, CourierError> {
    let subscribe_info_list = queries.iter().map(|query| Waybill { waybill_no: &query.number }).collect();
    let content = json::write(&Subscribe { subscribe_info_list })?;
    Ok(Request { api: "STO_TRACE_PLATFORM_SUBSCRIBE", to: "sto_trace_platform", content })
}

pub(crate) fn intercept<'a>(number: &str, names: &'a Intercepts) -> Result<Request<'a>, CourierError> {
    let content = json::write(&Intercept { waybill_no: number, intercept_for_act: &names.act, receiver: None })?;
    Ok(Request { api: &names.api, to: &names.to_code, content })
}

pub(crate) fn change_address<'a>(request: &AddressChangeRequest, names: &'a Intercepts) -> Result<Request<'a>, CourierError> {
    let address = &request.address;
    let receiver = Receiver {
        receiver_name: needed(address.name.as_ref(), "address.name")?,
        receiver_tel: needed(address.phone.as_ref(), "address.phone")?,
        receiver_province: needed(address.province.as_ref(), "address.province")?,
        receiver_city: needed(address.city.as_ref(), "address.city")?,
        receiver_area: needed(address.district.as_ref(), "address.district")?,
        receiver_address: needed(address.detail.as_ref(), "address.detail")?,
    };
    let number = &request.ticket.waybill.number;
    let content = json::write(&Intercept { waybill_no: number, intercept_for_act: &names.change_act, receiver: Some(receiver) })?;
    Ok(Request { api: &names.api, to: &names.to_code, content })
}

pub(crate) fn cancel_intercept<'a>(number: &str, names: &'a Intercepts) -> Result<Request<'a>, CourierError> {
    Ok(Request { api: &names.cancel_api, to: &names.to_code, content: json::write(&Waybill { waybill_no: number })? })
}
