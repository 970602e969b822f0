//! The shop as it is told: orders, parcels, after-sales and everything else, with the tools that stories are told with.

use super::goods::{self, GOODS, Recipient};
use super::parcel::Parcel;
use super::rng::Rng;
use super::stories::{Courier, Story};
use super::{SHOP, present};
use parcelward_casework::instant::{Instant, Length};
use serde_json::{Map, Value as Json, json};

/// A row of the order export, growing while its story is told.
#[derive(Debug, Clone)]
pub struct Order {
    pub id: String,
    pub paid: Instant,
    pub ship_by: Instant,
    pub status: &'static str,
    pub goods: (&'static str, &'static str, i64),
    pub quantity: i64,
    pub recipient: Recipient,
    /// What stands in the order in place of the recipient's own place (a wrong address).
    pub detail: String,
    pub courier: &'static str,
    pub number: Option<String>,
    pub shipped: Option<Instant>,
    pub remark: &'static str,
}

impl Order {
    /// The whole amount in fen.
    pub const fn fen(&self) -> i64 {
        self.goods.2 * self.quantity
    }
}

/// A row of the shipment export.
#[derive(Debug, Clone)]
pub struct Shipment {
    pub order: String,
    pub courier: &'static str,
    pub number: String,
    pub declared: Instant,
    pub direction: &'static str,
    pub electronic: bool,
    pub estimated: Option<Instant>,
    pub replaces: Option<(&'static str, String)>,
    pub place: goods::Place,
    pub district: &'static str,
    pub freight: i64,
    pub insured: Option<i64>,
}

/// An after-sale with its steps; the last one that has happened stands in the export.
#[derive(Debug, Clone)]
pub struct AfterSale {
    pub id: String,
    pub order: String,
    pub kind: &'static str,
    pub fen: i64,
    pub reason: &'static str,
    /// (when, status, decided by)
    pub steps: Vec<(Instant, &'static str, &'static str)>,
    pub respond_by: Option<Instant>,
    pub return_waybill: Option<(&'static str, String)>,
}

/// Which story an order tells.
#[derive(Debug, Clone)]
pub struct Told {
    pub order: String,
    pub story: &'static str,
    pub case: &'static str,
    pub end: &'static str,
}

/// The shop.
#[derive(Debug)]
pub struct Shop {
    pub rng: Rng,
    pub orders: Vec<Order>,
    pub shipments: Vec<Shipment>,
    pub after_sales: Vec<AfterSale>,
    /// What couriers, buyers, the platform and the merchant's own systems say.
    pub facts: Vec<(Instant, String)>,
    /// What the staff did with its tasks, and what came of it.
    pub staff: Vec<(Instant, String)>,
    pub told: Vec<Told>,
    /// Numbers of parcels that were signed for.
    pub signed: std::collections::BTreeSet<String>,
    serial: u64,
}

impl Shop {
    pub(super) fn new(rng: Rng) -> Shop {
        Shop {
            rng,
            orders: Vec::new(),
            shipments: Vec::new(),
            after_sales: Vec::new(),
            facts: Vec::new(),
            staff: Vec::new(),
            told: Vec::new(),
            signed: std::collections::BTreeSet::new(),
            serial: 0,
        }
    }

    fn serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    pub(super) fn tell(&mut self, paid: Instant, story: &Story) {
        let serial = self.orders.len() as u64 + 1;
        let day = paid.local();
        let recipient = goods::recipient(&mut self.rng);
        let courier = match story.courier {
            Courier::Any => ["zto", "yunda", "yto", "jt", "sto", "sf", "ems"][self.rng.weighted(&[25, 20, 20, 15, 12, 4, 4])],
            Courier::Only(code) => code,
        };
        let mut order = Order {
            id: format!("{:02}{:02}{:02}-{:015}", day.year() % 100, day.month(), day.day(), 1_000_000 + serial),
            paid,
            ship_by: paid + Length::hours(48),
            status: "待发货",
            goods: self.rng.pick(&GOODS),
            quantity: [1, 2, 3][self.rng.weighted(&[80, 15, 5])],
            detail: recipient.detail.clone(),
            recipient,
            courier,
            number: None,
            shipped: None,
            remark: "",
        };
        (story.tell)(self, &mut order);
        self.told.push(Told { order: order.id.clone(), story: story.name, case: story.case, end: story.end });
        self.orders.push(order);
    }

    /// Some time between, in minutes.
    pub fn minutes(&mut self, from: i64, to: i64) -> Length {
        Length::minutes(self.rng.between(from, to))
    }

    /// Some time between, in hours, to the minute.
    pub fn hours(&mut self, from: i64, to: i64) -> Length {
        self.minutes(from * 60, to * 60)
    }

    /// When a quick warehouse declares an order: the same day for what was paid before ten, else the next day, in time for the evening's collection.
    pub fn declared(&mut self, paid: Instant) -> Instant {
        let days = if paid.local().hour() < 10 { 0 } else { 1 };
        let start = clock(paid, days, 11, 0);
        start + self.minutes(0, 330)
    }

    /// Declares the order's parcel.
    pub fn ship(&mut self, order: &mut Order, declared: Instant) -> Parcel {
        let number = self.number(order.courier);
        let electronic = self.rng.below(10) < 8;
        let parcel = Parcel::new(order, order.courier, number.clone(), declared);
        if declared <= present() {
            order.status = "已发货，待签收";
            order.number = Some(number);
            order.shipped = Some(declared);
            self.shipment(order, &parcel, "首次发货", electronic, None);
        }
        parcel
    }

    /// Ships as a good warehouse does.
    pub fn ship_well(&mut self, order: &mut Order) -> Parcel {
        let declared = self.declared(order.paid);
        self.ship(order, declared)
    }

    /// Another parcel of the order: `补发`, `改单号`.
    pub fn ship_again(&mut self, order: &Order, declared: Instant, direction: &'static str, replaces: Option<&Parcel>) -> Parcel {
        let number = self.number(order.courier);
        let parcel = Parcel::new(order, order.courier, number, declared);
        if declared <= present() {
            self.shipment(order, &parcel, direction, true, replaces.map(|p| (p.courier, p.number.clone())));
        }
        parcel
    }

    fn shipment(
        &mut self,
        order: &Order,
        parcel: &Parcel,
        direction: &'static str,
        electronic: bool,
        replaces: Option<(&'static str, String)>,
    ) {
        let days = order.recipient.place.legs as i64 + 1;
        let insured = (order.fen() > 15_000).then(|| order.fen());
        self.shipments.push(Shipment {
            order: order.id.clone(),
            courier: parcel.courier,
            number: parcel.number.clone(),
            declared: parcel.declared,
            direction,
            electronic,
            estimated: Some(clock(parcel.declared, days, 20, 0)),
            replaces,
            place: order.recipient.place,
            district: order.recipient.district,
            freight: 250 + 50 * days,
            insured,
        });
    }

    /// A waybill number in the courier's fashion, plainly invented.
    pub fn number(&mut self, courier: &str) -> String {
        let n = self.serial();
        match courier {
            "zto" => format!("7800000{n:07}"),
            "yto" => format!("YT000000{n:07}"),
            "sto" => format!("77000000{n:07}"),
            "yunda" => format!("430000{n:07}"),
            "jt" => format!("JT000000{n:07}"),
            "sf" => format!("SF000000{n:07}"),
            _ => format!("9800000{n:06}"),
        }
    }

    /// A fact of the world. What lies after the present has not happened.
    pub fn fact(&mut self, at: Instant, source: &str, fact_type: &str, data: &Json) {
        let line = self.line(at, source, fact_type, data);
        self.facts.extend(line.map(|l| (at, l)));
    }

    fn line(&mut self, at: Instant, source: &str, fact_type: &str, data: &Json) -> Option<String> {
        let n = self.serial();
        let data = parcelward_import::identity::canonical(data);
        (at <= present()).then(|| {
            format!(
                r#"{{"specversion":"1.0","id":"{n:05}","source":"{source}","type":"parcelward.{fact_type}","time":"{at}","data":{data}}}"#
            )
        })
    }

    /// A fact that names the order.
    pub fn about(&mut self, order: &Order, at: Instant, source: &str, fact_type: &str, data: Json) {
        let data = named(order, data);
        self.fact(at, source, fact_type, &data);
    }

    /// The staff has done the order's newest open task of a kind.
    pub fn done(&mut self, order: &Order, at: Instant, task: &str, outcome: &str, answers: Json) {
        let by = self.rng.pick(&["小周", "阿敏", "老吴"]);
        let mut data = json!({"kind": task, "status": "done", "outcome": outcome, "by": by});
        if answers.as_object().is_some_and(|a| !a.is_empty()) {
            data["answers"] = answers;
        }
        self.staffed(order, at, "staff", "task_update", data);
    }

    /// The warehouse has packed another parcel: told a moment before the waybill is given to the platform.
    pub fn packed(&mut self, order: &Order, parcel: &Parcel, task: &str) {
        self.done(order, parcel.declared - Length::minutes(3), task, "shipped", json!({"waybill": parcel.waybill()}));
    }

    /// What follows from the staff's work: another fact about the order.
    pub fn staffed(&mut self, order: &Order, at: Instant, source: &str, fact_type: &str, data: Json) {
        let data = named(order, data);
        let line = self.line(at, source, fact_type, &data);
        self.staff.extend(line.map(|l| (at, l)));
    }

    /// The courier answers an operation that the engine asked for by itself.
    pub fn answered(&mut self, parcel: &Parcel, at: Instant, kind: &str, status: &str, more: Json) {
        let mut data = more;
        data["waybill"] = parcel.waybill();
        data["kind"] = json!(kind);
        data["status"] = json!(status);
        self.fact(at, parcel.courier, "operation_update", &data);
    }

    /// The courier answers an operation that followed from the staff's work, or from time that passed: there is none where everything
    /// is told at one moment.
    pub fn answered_staff(&mut self, parcel: &Parcel, at: Instant, kind: &str, status: &str, more: Json) {
        let mut data = more;
        data["waybill"] = parcel.waybill();
        data["kind"] = json!(kind);
        data["status"] = json!(status);
        let line = self.line(at, parcel.courier, "operation_update", &data);
        self.staff.extend(line.map(|l| (at, l)));
    }

    /// An after-sale with all its steps.
    pub fn after_sale(
        &mut self,
        order: &Order,
        kind: &'static str,
        reason: &'static str,
        steps: Vec<(Instant, &'static str, &'static str)>,
    ) -> AfterSale {
        let id = format!("88{:012}", self.serial());
        AfterSale { id, order: order.id.clone(), kind, fen: order.fen(), reason, steps, respond_by: None, return_waybill: None }
    }

    /// Writes an after-sale down: the last step that has happened is the export's, the earlier ones were heard as they happened.
    pub fn settle(&mut self, order: &Order, mut sale: AfterSale) {
        sale.steps.retain(|(at, ..)| *at <= present());
        let Some(last) = sale.steps.len().checked_sub(1) else { return };
        for (i, (at, status, decided)) in sale.steps.clone().into_iter().enumerate() {
            if i < last {
                let mut data =
                    json!({"after_sale_id": sale.id, "kind": sale.kind, "status": status, "amount": yuan(sale.fen), "reason": sale.reason});
                if !decided.is_empty() {
                    data["decided_by"] = json!(decided);
                }
                if status == "requested" {
                    data["respond_by"] = json!((at + Length::hours(48)).to_string());
                }
                if status == "buyer_shipped"
                    && let Some((courier, number)) = &sale.return_waybill
                {
                    data["return_waybill"] = json!({"courier": courier, "number": number});
                }
                self.about(order, at, "backoffice", "after_sale", data);
            } else if status == "requested" {
                sale.respond_by = Some(at + Length::hours(48));
            }
        }
        self.after_sales.push(sale);
    }

    /// A line of chat.
    pub fn message(&mut self, order: &Order, at: Instant, from: &str, text: &str) {
        self.about(order, at, "chat", "message", json!({"from": from, "text": text, "channel": "chat"}));
    }

    /// The buyer asks.
    pub fn ask(&mut self, order: &Order, at: Instant, request: &str, text: &str, more: Json) {
        let mut data = more;
        data["request"] = json!(request);
        data["text"] = json!(text);
        self.about(order, at, "chat", "buyer_request", data);
    }

    /// Evidence is kept.
    pub fn evidence(&mut self, order: &Order, at: Instant, kinds: &[&str]) {
        for (i, kind) in kinds.iter().enumerate() {
            let id = format!("E{}", self.serial());
            let uri = format!("file:///srv/evidence/{}/{kind}.jpg", order.id);
            self.about(order, at + Length::minutes(i as i64), "staff", "evidence", json!({"evidence_id": id, "kind": kind, "uri": uri}));
        }
    }
}

fn named(order: &Order, data: Json) -> Json {
    let mut named: Map<String, Json> = match data {
        Json::Object(map) => map,
        _ => Map::new(),
    };
    named.insert("platform".to_owned(), json!("pinduoduo"));
    named.insert("shop".to_owned(), json!(SHOP));
    named.insert("order_id".to_owned(), json!(order.id));
    Json::Object(named)
}

/// Fen as yuan.
pub fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

/// A local clock time, some days after another instant.
pub fn clock(from: Instant, days: i64, hour: i8, minute: i8) -> Instant {
    let midnight = from.local().date().at(0, 0, 0, 0);
    Instant::from_local(midnight) + Length::days(days) + Length::hours(i64::from(hour)) + Length::minutes(i64::from(minute))
}

/// The same moment, or where the service sleeps, next morning shortly after nine.
pub fn staffed(at: Instant) -> Instant {
    match at.local().hour() {
        0..9 => clock(at, 0, 9, 20),
        9..21 => at,
        _ => clock(at, 1, 9, 20),
    }
}
