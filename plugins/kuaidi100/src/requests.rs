//! From what the port asks to what Kuaidi100 is sent: `param`, written once; what is signed is this text. Pure.

use crate::codes;
use crate::config::{OrderIdField, Partner, ResultV2, Terms};
use crate::wire::{Intercept, Query, Recipient, Subscribe, SubscribeParameters};
use parcelward_courier::{
    Address, AddressChangeRequest, CourierError, ExposeSecret, Payer, PhoneTail, SubscribeQuery, Ticket, TrackingQuery, json, needed,
};

/// Where an intercepted parcel goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Destination {
    Sender,
    Outlet,
}

impl Destination {
    const fn code(self) -> &'static str {
        match self {
            Destination::Sender => "RETURN_SEND_ADDR",
            Destination::Outlet => "RETURN_SEND_STATION",
        }
    }
}

/// What travels with every intercept.
#[derive(Clone, Copy)]
pub(crate) struct With<'a> {
    pub(crate) partner: &'a Partner,
    pub(crate) terms: &'a Terms,
    /// Empty without pushes.
    pub(crate) salt: &'a str,
    /// Empty without pushes.
    pub(crate) callback_url: &'a str,
}

pub(crate) fn track(company: &str, query: &TrackingQuery, resultv2: ResultV2) -> Result<String, CourierError> {
    let phone = query.phone_tail.as_ref().map_or("", PhoneTail::as_str);
    if phone.is_empty() && codes::wants_phone(company) {
        return Err(CourierError::missing("phone_tail"));
    }
    json::write(&Query { com: company, num: &query.number, phone, resultv2: resultv2.code() })
}

pub(crate) fn subscribe(
    company: &str,
    query: &SubscribeQuery,
    key: &str,
    salt: &str,
    callbackurl: &str,
    resultv2: ResultV2,
) -> Result<String, CourierError> {
    let phone = query.phone_tail.as_ref().map_or("", PhoneTail::as_str);
    if phone.is_empty() && codes::wants_phone(company) {
        return Err(CourierError::missing("phone_tail"));
    }
    let parameters = SubscribeParameters { callbackurl, salt, resultv2: resultv2.code(), phone };
    json::write(&Subscribe { company, number: &query.number, key, parameters })
}

pub(crate) fn intercept(ticket: &Ticket, to: Destination, with: With<'_>) -> Result<String, CourierError> {
    json::write(&Intercept { intercept_type: to.code(), ..plain(ticket, with) })
}

pub(crate) fn change_address(request: &AddressChangeRequest, with: With<'_>) -> Result<String, CourierError> {
    let pay_type = match request.payer {
        Some(Payer::Buyer) => "CONSIGNEE",
        Some(Payer::Merchant) | None => &with.terms.pay_type,
    };
    json::write(&Intercept {
        intercept_type: "MODIFY_ADDR",
        rec_man_info: Some(recipient(&request.address)?),
        intercept_pay_type: pay_type,
        ..plain(&request.ticket, with)
    })
}

fn plain<'a>(ticket: &'a Ticket, with: With<'a>) -> Intercept<'a> {
    let With { partner, terms, salt, callback_url } = with;
    let reference = ticket.reference.as_str();
    Intercept {
        kuaidicom: &partner.company,
        kuaidinum: &ticket.waybill.number,
        intercept_type: "",
        partner_id: &partner.partner_id,
        partner_key: partner.partner_key.expose_secret(),
        partner_secret: partner.partner_secret.expose_secret(),
        partner_name: &partner.partner_name,
        net: &partner.net,
        code: &partner.code,
        app_key: &partner.app_key,
        app_secret: partner.app_secret.expose_secret(),
        reason: reason(ticket.reason.as_deref()),
        documented_order_id: if terms.order_id_field == OrderIdField::Documented { reference } else { "" },
        library_order_id: if terms.order_id_field == OrderIdField::Library { reference } else { "" },
        rec_man_info: None,
        order_role: &terms.order_role,
        intercept_pay_type: &terms.pay_type,
        salt,
        callback_url,
    }
}

/// Couriers' staff read it.
fn reason(word: Option<&str>) -> &'static str {
    match word {
        Some("refunded") => "买家已退款",
        Some("misrouted") => "错发",
        _ => "商家要求",
    }
}

fn recipient(address: &Address) -> Result<Recipient<'_>, CourierError> {
    let province = needed(address.province.as_ref(), "address.province")?;
    let city = needed(address.city.as_ref(), "address.city")?;
    let district = needed(address.district.as_ref(), "address.district")?;
    let detail = needed(address.detail.as_ref(), "address.detail")?;
    Ok(Recipient {
        name: needed(address.name.as_ref(), "address.name")?,
        mobile: needed(address.phone.as_ref(), "address.phone")?,
        print_addr: [province, city, district, detail].concat(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use parcelward_courier::signing::{md5_hex_upper, sha256_hex_upper};
    use parcelward_courier::{ClientReference, Courier, Waybill};

    #[test]
    fn the_published_question_is_written_and_signed() {
        let param = track("yuantong", &TrackingQuery::number("YT0000000000001"), ResultV2::Codes).unwrap();
        assert_eq!(param, r#"{"com":"yuantong","num":"YT0000000000001","phone":"","resultv2":"4"}"#);
        assert_eq!(md5_hex_upper(&[&param, "TESTKEY1", "TESTCUSTOMER1"]), "43B23F7E87D03E2970C84BE7D7333031");
        assert_eq!(
            sha256_hex_upper(&[&param, "TESTKEY1", "TESTCUSTOMER1"]),
            "16A370E51C64117BF47C4AD608A98B0F7D219BF6960FF86005779368E88074C7"
        );
    }

    #[test]
    fn the_published_intercept_is_written_and_signed() {
        let ticket = Ticket {
            waybill: Waybill { courier: Courier::Jd, number: "JD0000000000001".into() },
            reference: ClientReference::new("intercept-1").unwrap(),
            reason: None,
            phone_tail: None,
        };
        let partner = Partner { company: "jd".into(), partner_id: "010K000001".into(), ..Partner::default() };
        let terms = Terms::default();
        let with = With { partner: &partner, terms: &terms, salt: "abc", callback_url: "https://example.invalid/k100/intercept" };
        // The vector's reason is `test`; ours are in Chinese, for the courier's staff.
        let param = intercept(&ticket, Destination::Sender, with).unwrap().replace("商家要求", "test");
        assert_eq!(
            param,
            r#"{"kuaidicom":"jd","kuaidinum":"JD0000000000001","interceptType":"RETURN_SEND_ADDR","partnerId":"010K000001","reason":"test","salt":"abc","callbackUrl":"https://example.invalid/k100/intercept"}"#
        );
        assert_eq!(md5_hex_upper(&[&param, "1700000000000", "TESTKEY1", "TESTSECRET1"]), "FEADA743E53D640B7230624197A9B600");
    }

    #[test]
    fn some_couriers_parcels_want_a_phone() {
        for company in ["shunfeng", "shunfengkuaiyun", "zhongtong"] {
            assert!(track(company, &TrackingQuery::number("1"), ResultV2::Codes).is_err(), "{company}");
        }
        let known = TrackingQuery { phone_tail: PhoneTail::of("13000001234"), ..TrackingQuery::number("SF1") };
        assert!(track("shunfeng", &known, ResultV2::Words).unwrap().contains(r#""phone":"1234","resultv2":"1""#));
    }
}
