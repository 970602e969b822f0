//! From what the port asks to what YTO is sent: the business part, written once. Pure.

use crate::config::Words;
use crate::wire::{Cancel, Change, Report, Subscribe, Subscribed};
use parcelward_courier::{AddressChangeRequest, CourierError, json, needed};
use std::collections::BTreeMap;

/// One waybill a call; how the field is spelled depends on the interface's age.
pub(crate) fn track(field: &str, number: &str) -> Result<String, CourierError> {
    json::write(&BTreeMap::from([(field, number)]))
}

pub(crate) fn subscribe(client_id: &str, number: &str) -> Result<String, CourierError> {
    let inner = json::write(&Subscribed { client_id, waybill_no: number })?;
    json::write(&Subscribe { client_id, msg_type: "online", logistics_interface: &inner })
}

pub(crate) fn intercept(number: &str, words: &Words) -> Result<String, CourierError> {
    json::write(&Report { waybill_no: number, wanted_desc: &words.intercept })
}

pub(crate) fn change_address(request: &AddressChangeRequest, words: &Words) -> Result<String, CourierError> {
    let address = &request.address;
    json::write(&Change {
        waybill_no: &request.ticket.waybill.number,
        wanted_desc: &words.address_change,
        receive_prov_name: needed(address.province.as_ref(), "address.province")?,
        receive_city_name: needed(address.city.as_ref(), "address.city")?,
        receive_county_name: needed(address.district.as_ref(), "address.district")?,
        receive_address: needed(address.detail.as_ref(), "address.detail")?,
        receiver_name: needed(address.name.as_ref(), "address.name")?,
        receiver_tel: needed(address.phone.as_ref(), "address.phone")?,
    })
}

pub(crate) fn cancel_intercept(number: &str, words: &Words) -> Result<String, CourierError> {
    json::write(&Cancel { waybill_no: number, deal_remark: &words.cancel })
}
