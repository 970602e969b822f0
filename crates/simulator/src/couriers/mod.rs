//! The interfaces, one file each: what a courier's server reads and answers, written from what is published of it and not from the adapters,
//! so that the two check each other.
//!
//! Where a courier publishes no code for something that happens here (most publish few), the code is made up and begins with `SIM`: an
//! adapter must take it as one that no table has. Requests are checked as far as the courier's documents say what it wants.
//!
//! Deliberately absent: whether a request's time is fresh. The caller's clock and the world's are not the same.

mod deppon;
mod ems;
mod jd;
mod jt;
pub(crate) mod kuaidi100;
mod sf;
mod sto;
mod words;
mod yto;
mod yunda;
mod zto;

use crate::accounts::Account;
use crate::books::{Books, Subscription, Watched};
use crate::faults::Faults;
use crate::ledger::{BusinessKey, Ledger};
use crate::parcel::Scan;
use crate::service::Service;
use crate::world::{Why, World};
use parcelward_casework::words::Courier;
use parcelward_courier::form_fields;
use serde_json::Value;
use std::cell::Cell;

/// A request as it came.
pub(crate) struct Asked<'a> {
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    /// Names in lower case.
    pub(crate) headers: &'a [(String, String)],
    pub(crate) body: &'a str,
}

impl Asked<'_> {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.as_str())
    }

    fn form(&self) -> Fields {
        Fields(form_fields(self.body))
    }

    fn query(&self) -> Fields {
        Fields(form_fields(self.query))
    }
}

/// The fields of a form; an absent one is empty.
struct Fields(Vec<(String, String)>);

impl Fields {
    fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.as_str())
    }
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    /// Seconds.
    pub(crate) retry_after: Option<i64>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(value: &Value) -> Self {
        Answer::text(200, "application/json;charset=UTF-8", value.to_string())
    }

    pub(crate) fn text(status: u16, content_type: &'static str, body: impl Into<String>) -> Self {
        Answer { status, content_type, retry_after: None, body: body.into() }
    }

    fn nowhere() -> Self {
        Answer::text(404, "text/html;charset=UTF-8", "<html><body><h1>404 Not Found</h1></body></html>")
    }

    /// What every interface answers that has no code of its own for it.
    fn too_many(seconds: i64) -> Self {
        let page = "<html><body><h1>429 Too Many Requests</h1></body></html>";
        Answer { retry_after: Some(seconds), ..Answer::text(429, "text/html;charset=UTF-8", page) }
    }
}

/// What an interface works with while it answers one request.
pub(crate) struct Desk<'a> {
    pub(crate) service: Service,
    pub(crate) world: &'a World,
    pub(crate) ledger: &'a Ledger,
    pub(crate) faults: &'a Faults,
    pub(crate) books: &'a Books,
    /// The interface's own address.
    pub(crate) base: &'a str,
    /// What is taken is answered as if it had been asked before.
    pub(crate) as_duplicate: bool,
    /// Where two shapes of an answer are known of a courier, every second answer has the other one.
    pub(crate) other_shape: bool,
    /// Whether something was taken.
    pub(crate) accepted: Cell<bool>,
}

/// Whether a caller may see a parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sight {
    Yes,
    NoSuchParcel,
    PhoneWanted,
    PhoneWrong,
}

impl Desk<'_> {
    /// Does what is asked, and writes into the ledger that it was asked and whether it was taken.
    fn request<T>(
        &self,
        courier: Courier,
        number: &str,
        kind: &'static str,
        reference: &str,
        ask: impl FnOnce() -> Result<T, Why>,
    ) -> Result<T, Why> {
        let key = BusinessKey { courier, waybill: number.to_ascii_uppercase(), kind };
        self.ledger.asked(self.service, &key, reference);
        match ask() {
            Ok(taken) => {
                self.ledger.accepted(&key, reference);
                self.accepted.set(true);
                if self.as_duplicate { Err(Why::AskedBefore) } else { Ok(taken) }
            }
            Err(why) => {
                self.ledger.refused(&key, &format!("{why:?}"));
                Err(why)
            }
        }
    }

    /// A parcel's scans as they are told, oldest first unless a fault has it otherwise.
    fn scans(&self, courier: Courier, number: &str) -> Option<Vec<Scan>> {
        let scans = self.world.with(courier, number, |parcel, now| parcel.past(now).to_vec())?;
        Some(self.faults.told(self.service, number, scans))
    }

    fn sight(&self, courier: Courier, number: &str, tail: &str) -> Sight {
        let known = self.world.with(courier, number, |parcel, _| (parcel.foreign, parcel.phone_tail.clone()));
        match known {
            None => Sight::NoSuchParcel,
            Some((true, _)) if tail.is_empty() => Sight::PhoneWanted,
            Some((_, Some(phone))) if !tail.is_empty() && phone != tail => Sight::PhoneWrong,
            Some(_) => Sight::Yes,
        }
    }

    /// Subscribes a parcel of the interface's own; false where it was subscribed before.
    fn subscribe(&self, courier: Courier, number: &str, url: &str, salt: &str) -> bool {
        let url = Some(url.to_owned()).filter(|url| !url.is_empty());
        self.books.subscribe(Watched { service: self.service, courier, number: number.to_ascii_uppercase() }, url, salt.to_owned())
    }
}

/// A text field of JSON; a number as text, empty where absent.
fn text(value: &Value, name: &str) -> String {
    match value.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Bool(flag)) => flag.to_string(),
        _ => String::new(),
    }
}

/// The first of these fields that is empty.
fn missing<'a>(value: &Value, fields: &[&'a str]) -> Option<&'a str> {
    fields.iter().copied().find(|field| text(value, field).trim().is_empty())
}

/// JSON where it is an object.
fn object(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().filter(Value::is_object)
}

/// Answers a request.
pub(crate) fn answer(desk: &Desk<'_>, asked: &Asked<'_>) -> Answer {
    match desk.service {
        Service::Sf => sf::answer(desk, asked),
        Service::Zto => zto::answer(desk, asked),
        Service::Yto => yto::answer(desk, asked),
        Service::Sto => sto::answer(desk, asked),
        Service::Yunda => yunda::answer(desk, asked),
        Service::Jt => jt::answer(desk, asked),
        Service::Jd => jd::answer(desk, asked),
        Service::Ems => ems::answer(desk, asked),
        Service::Deppon => deppon::answer(desk, asked),
        Service::Kuaidi100 => kuaidi100::answer(desk, asked),
    }
}

/// The answer for too many calls. Two couriers publish a code of their own.
pub(crate) fn throttled(service: Service, seconds: i64) -> Answer {
    match service {
        Service::Sf => sf::throttled(),
        Service::Zto => zto::throttled(),
        _ => Answer::too_many(seconds),
    }
}

/// What an account needs to talk to an interface.
pub(crate) fn account(service: Service, base: &str) -> Account {
    match service {
        Service::Sf => sf::account(base),
        Service::Zto => zto::account(base),
        Service::Yto => yto::account(base),
        Service::Sto => sto::account(base),
        Service::Yunda => yunda::account(base),
        Service::Jt => jt::account(base),
        Service::Jd => jd::account(base),
        Service::Ems => ems::account(base),
        Service::Deppon => deppon::account(base),
        Service::Kuaidi100 => kuaidi100::account(base),
    }
}

/// A push, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Push {
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

impl Push {
    fn form(fields: &[(&str, &str)]) -> Self {
        let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", parcelward_courier::form_encode(value))).collect();
        Push { content_type: "application/x-www-form-urlencoded; charset=UTF-8", headers: Vec::new(), body: pairs.join("&") }
    }
}

/// What is to be told of a parcel.
pub(crate) struct News<'a> {
    pub(crate) courier: Courier,
    pub(crate) number: &'a str,
    /// Those that were not told yet.
    pub(crate) new: &'a [Scan],
    /// All.
    pub(crate) all: &'a [Scan],
    pub(crate) subscription: &'a Subscription,
}

/// The pushes that tell it; none where the courier's push is not known.
pub(crate) fn pushes(service: Service, news: &News<'_>) -> Vec<Push> {
    match service {
        Service::Sf => sf::pushes(news),
        Service::Zto => zto::pushes(news),
        Service::Yto => yto::pushes(news),
        Service::Sto => sto::pushes(news),
        Service::Jt => jt::pushes(news),
        Service::Ems => ems::pushes(news),
        Service::Kuaidi100 => kuaidi100::pushes(news),
        // What they push, and how it is signed, is not published.
        Service::Yunda | Service::Jd | Service::Deppon => Vec::new(),
    }
}

/// Whether an answer says that a push was taken.
pub(crate) fn is_acknowledged(service: Service, status: u16, body: &str) -> bool {
    let says = |name: &str, value: &str| object(body).is_some_and(|answer| text(&answer, name) == value);
    status == 200
        && match service {
            Service::Sf => says("return_code", "0000"),
            Service::Zto => says("status", "true"),
            Service::Yto => body.contains("<success>true</success>"),
            Service::Sto => says("success", "true"),
            Service::Jt => says("code", "1"),
            Service::Ems => says("code", "00000"),
            Service::Kuaidi100 => says("result", "true"),
            Service::Yunda | Service::Jd | Service::Deppon => false,
        }
}
