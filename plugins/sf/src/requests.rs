//! From what the port asks to what SF is sent: the interface's name and `msgData`, written once. Pure.

use crate::codes;
use crate::config::{PayMode, Terms};
use crate::wire::{Destination, RegisterPicture, RegisterRoute, SearchRoutes, WantedIntercept};
use parcelward_courier::{
    Address, AddressChangeRequest, CourierError, InterceptRequest, Payer, PhoneChangeRequest, PhoneTail, ProofQuery, SubscribeQuery,
    Ticket, TrackingQuery, json, needed,
};
use serde::Serialize;

const REDIRECT: &str = "1";
const RETURN: &str = "2";
const RECIPIENT: &str = "8";
/// We ask as the sender.
const ROLE: &str = "1";
const LANGUAGE: &str = "zh-CN";

/// A request that is whole.
#[derive(Debug, PartialEq)]
pub(crate) struct Request {
    pub(crate) service: &'static str,
    pub(crate) msg_data: String,
}

/// Writes `msgData`. `*` and `~` stand as JSON escapes: encoders differ on these two, and a digest must not depend on whose is used.
/// Neither stands in JSON outside a text, so the meaning stays.
fn request<T: Serialize>(service: &'static str, body: &T) -> Result<Request, CourierError> {
    let msg_data = json::write(body)?.replace('*', "\\u002a").replace('~', "\\u007e");
    Ok(Request { service, msg_data })
}

/// `sender` is asked for with parcels whose recipient's phone is not known.
pub(crate) fn track(queries: &[TrackingQuery], sender: Option<&PhoneTail>) -> Result<Request, CourierError> {
    let tails: Vec<&str> = queries.iter().map(|q| q.phone_tail.as_ref().or(sender).map_or("", PhoneTail::as_str)).collect();
    let body = SearchRoutes {
        language: LANGUAGE,
        tracking_type: "1",
        tracking_number: queries.iter().map(|q| q.number.as_str()).collect(),
        method_type: "1",
        check_phone_no: tails.iter().any(|tail| !tail.is_empty()).then(|| tails.join(",")),
    };
    request("EXP_RECE_SEARCH_ROUTES", &body)
}

pub(crate) fn subscribe(query: &SubscribeQuery, sender: Option<&PhoneTail>) -> Result<Request, CourierError> {
    let body = RegisterRoute {
        kind: "2",
        attribute_no: &query.number,
        check_phone_no: query.phone_tail.as_ref().or(sender).map(PhoneTail::as_str),
        language: LANGUAGE,
        country: "CN",
    };
    request("EXP_RECE_REGISTER_ROUTE", &body)
}

/// Back to the sender: to the account's own address, unless the request names one.
pub(crate) fn turn_to_sender(request: &InterceptRequest, terms: &Terms) -> Result<Request, CourierError> {
    let to = if request.destination == Address::default() { terms.return_address.as_ref() } else { Some(&request.destination) };
    let to = to.ok_or_else(|| CourierError::missing("return_address"))?;
    wanted(&request.ticket, RETURN, Some(whole(to)?), terms.pay_mode, terms)
}

pub(crate) fn turn_to_address(request: &InterceptRequest, terms: &Terms) -> Result<Request, CourierError> {
    wanted(&request.ticket, RETURN, Some(whole(&request.destination)?), terms.pay_mode, terms)
}

pub(crate) fn change_address(request: &AddressChangeRequest, terms: &Terms) -> Result<Request, CourierError> {
    let pay_mode = if request.payer == Some(Payer::Buyer) { PayMode::RecipientCash } else { terms.pay_mode };
    wanted(&request.ticket, REDIRECT, Some(whole(&request.address)?), pay_mode, terms)
}

pub(crate) fn change_phone(request: &PhoneChangeRequest, terms: &Terms) -> Result<Request, CourierError> {
    let to = Destination { phone: needed(Some(&request.phone), "phone")?, ..Destination::default() };
    wanted(&request.ticket, RECIPIENT, Some(to), terms.pay_mode, terms)
}

/// `instruction` is SF's own number of the return that is withdrawn.
pub(crate) fn withdraw(ticket: &Ticket, instruction: Option<&str>, terms: &Terms) -> Result<Request, CourierError> {
    let cus_id = instruction.filter(|id| !id.is_empty()).ok_or_else(|| CourierError::missing("SF's number of the intercept (cusId)"))?;
    let body = WantedIntercept { cancel: true, cus_id, ..plain(ticket, RETURN, terms.pay_mode, terms) };
    request("EXP_RECE_WANTED_INTERCEPT", &body)
}

fn wanted(
    ticket: &Ticket,
    service_code: &'static str,
    to: Option<Destination<'_>>,
    pay_mode: PayMode,
    terms: &Terms,
) -> Result<Request, CourierError> {
    let body = WantedIntercept { new_dest_address: to, ..plain(ticket, service_code, pay_mode, terms) };
    request("EXP_RECE_WANTED_INTERCEPT", &body)
}

fn plain<'a>(ticket: &'a Ticket, service_code: &'static str, pay_mode: PayMode, terms: &'a Terms) -> WantedIntercept<'a> {
    WantedIntercept {
        waybill_no: &ticket.waybill.number,
        service_code,
        role: ROLE,
        pay_mode: pay_mode.code(),
        monthly_card_no: if pay_mode.wants_card() { &terms.monthly_card } else { "" },
        new_dest_address: None,
        cancel: false,
        cus_id: "",
    }
}

fn whole(address: &Address) -> Result<Destination<'_>, CourierError> {
    Ok(Destination {
        province: needed(address.province.as_ref(), "address.province")?,
        city: needed(address.city.as_ref(), "address.city")?,
        county: needed(address.district.as_ref(), "address.district")?,
        address: needed(address.detail.as_ref(), "address.detail")?,
        contact: needed(address.name.as_ref(), "address.name")?,
        phone: needed(address.phone.as_ref(), "address.phone")?,
    })
}

pub(crate) fn picture(query: &ProofQuery, terms: &Terms) -> Result<Request, CourierError> {
    let body = RegisterPicture {
        waybill_no: &query.waybill.number,
        img_type: codes::picture(query.kind),
        customer_acct_code: needed(Some(&terms.monthly_card), "monthly_card")?,
    };
    request("EXP_RECE_REGISTER_WAYBILL_PICTURE", &body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use parcelward_courier::signing::sf_digest;
    use parcelward_courier::{ClientReference, Courier, Waybill};

    const TIMESTAMP: &str = "1700000000000";
    const CHECKWORD: &str = "TESTCHECKWORD0123456789";

    fn ticket() -> Ticket {
        Ticket {
            waybill: Waybill { courier: Courier::Sf, number: "SF1234567890123".into() },
            reference: ClientReference::new("intercept-1").unwrap(),
            reason: None,
            phone_tail: None,
        }
    }

    fn address(detail: &str) -> Address {
        Address {
            name: Some("张三".into()),
            phone: Some("13000000000".into()),
            province: Some("广东省".into()),
            city: Some("深圳市".into()),
            district: Some("南山区".into()),
            detail: Some(detail.into()),
        }
    }

    fn terms() -> Terms {
        Terms { monthly_card: "0000000000".into(), pay_mode: PayMode::MonthlyCard, return_address: None }
    }

    #[test]
    fn the_published_query_is_written_and_signed() {
        let request = track(&[TrackingQuery::number("SF1234567890123")], None).unwrap();
        assert_eq!(request.msg_data, r#"{"language":"zh-CN","trackingType":"1","trackingNumber":["SF1234567890123"],"methodType":"1"}"#);
        assert_eq!(sf_digest(&request.msg_data, TIMESTAMP, CHECKWORD), "NZdVRh9e7ZsMnRJaqmyhMQ==");
    }

    #[test]
    fn the_published_return_is_written_and_signed() {
        let asked = InterceptRequest { ticket: ticket(), destination: address("测试路 1号(A)座!") };
        let request = turn_to_address(&asked, &terms()).unwrap();
        assert_eq!(request.service, "EXP_RECE_WANTED_INTERCEPT");
        assert_eq!(
            request.msg_data,
            r#"{"waybillNo":"SF1234567890123","serviceCode":"2","role":"1","payMode":"4","monthlyCardNo":"0000000000","newDestAddress":{"province":"广东省","city":"深圳市","county":"南山区","address":"测试路 1号(A)座!","contact":"张三","phone":"13000000000"}}"#
        );
        assert_eq!(sf_digest(&request.msg_data, TIMESTAMP, CHECKWORD), "ANaLOL9OJPI+HtF02XzUeA==");
    }

    #[test]
    fn the_two_letters_that_encoders_differ_on_are_never_sent() {
        let asked = InterceptRequest { ticket: ticket(), destination: address("测试路 1号*(A)~座!") };
        let request = turn_to_address(&asked, &terms()).unwrap();
        assert!(!request.msg_data.contains(['*', '~']));
        let read: serde_json::Value = serde_json::from_str(&request.msg_data).unwrap();
        assert_eq!(read["newDestAddress"]["address"], "测试路 1号*(A)~座!");
        // What the published vector signs is the same text without the escapes.
        let plain = request.msg_data.replace("\\u002a", "*").replace("\\u007e", "~");
        assert_eq!(sf_digest(&plain, TIMESTAMP, CHECKWORD), "TpH/2J4fvcbQjQdaf8aGnA==");
    }

    #[test]
    fn phones_stand_in_the_order_of_the_numbers() {
        let known = |n: &str, phone: &str| TrackingQuery { phone_tail: PhoneTail::of(phone), ..TrackingQuery::number(n) };
        let phones = |queries: &[TrackingQuery], sender: Option<&PhoneTail>| {
            let read: serde_json::Value = serde_json::from_str(&track(queries, sender).unwrap().msg_data).unwrap();
            read.get("checkPhoneNo").and_then(|v| v.as_str()).map(str::to_owned)
        };
        let queries = [known("SF1", "13000001111"), TrackingQuery::number("SF2"), known("SF3", "13000003333")];
        assert_eq!(phones(&queries, None).as_deref(), Some("1111,,3333"));
        assert_eq!(phones(&queries, PhoneTail::of("9999").as_ref()).as_deref(), Some("1111,9999,3333"));
        assert_eq!(phones(&queries[1..2], None), None);
    }

    #[test]
    fn what_is_missing_is_named() {
        let terms = terms();
        let nowhere = InterceptRequest { ticket: ticket(), destination: Address::default() };
        let field = |error: CourierError| error.to_string();
        assert!(field(turn_to_sender(&nowhere, &terms).unwrap_err()).contains("return_address"));
        let mut to = address("测试路1号");
        to.district = None;
        let asked = AddressChangeRequest { ticket: ticket(), address: to, payer: None, fee: None };
        assert!(field(change_address(&asked, &terms).unwrap_err()).contains("address.district"));
        assert!(field(withdraw(&ticket(), None, &terms).unwrap_err()).contains("cusId"));
    }

    #[test]
    fn the_buyer_pays_in_cash_and_nobody_sees_the_card() {
        let asked = AddressChangeRequest { ticket: ticket(), address: address("测试路1号"), payer: Some(Payer::Buyer), fee: None };
        let read: serde_json::Value = serde_json::from_str(&change_address(&asked, &terms()).unwrap().msg_data).unwrap();
        assert_eq!((&read["serviceCode"], &read["payMode"]), (&"1".into(), &"2".into()));
        assert_eq!(read.get("monthlyCardNo"), None);
    }

    #[test]
    fn a_withdrawal_and_a_new_phone() {
        let withdrawn = withdraw(&ticket(), Some("CUS1"), &terms()).unwrap().msg_data;
        assert_eq!(
            withdrawn,
            r#"{"waybillNo":"SF1234567890123","serviceCode":"2","role":"1","payMode":"4","monthlyCardNo":"0000000000","cancel":true,"cusId":"CUS1"}"#
        );
        let phone = PhoneChangeRequest { ticket: ticket(), phone: "13000000000".into() };
        assert!(change_phone(&phone, &terms()).unwrap().msg_data.contains(r#""serviceCode":"8""#));
    }
}
