//! The orders of a drill: whose parcel it is, what its courier is to be asked for, and the facts from which that follows.

use parcelward_casework::fact::{OrderKey, Waybill};
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::words::{Courier, OperationKind, Platform};
use parcelward_simulator::{Life, NewParcel};
use serde_json::{Value, json};

/// Those that take intercepts over their own interface. Of these only ZTO can be asked afterwards what became of a request (`look_up`,
/// `intercept_state`); of the others a lost answer shows in nothing but the parcel's scans.
const COURIERS: [Courier; 6] = [Courier::Sf, Courier::Zto, Courier::Yto, Courier::Sto, Courier::Jt, Courier::Jd];

/// Every courier with everything that follows from facts and that it takes over its interface.
const WISHES: [(Courier, OperationKind); 15] = [
    (Courier::Sf, OperationKind::Intercept),
    (Courier::Zto, OperationKind::Intercept),
    (Courier::Yto, OperationKind::Intercept),
    (Courier::Sto, OperationKind::Intercept),
    (Courier::Jt, OperationKind::Intercept),
    (Courier::Jd, OperationKind::Intercept),
    (Courier::Sf, OperationKind::AddressChange),
    (Courier::Zto, OperationKind::AddressChange),
    (Courier::Yto, OperationKind::AddressChange),
    (Courier::Sto, OperationKind::AddressChange),
    (Courier::Jt, OperationKind::AddressChange),
    (Courier::Sf, OperationKind::PhoneChange),
    (Courier::Zto, OperationKind::PhoneChange),
    (Courier::Zto, OperationKind::Urge),
    (Courier::Zto, OperationKind::Claim),
];

/// An order whose courier is to be asked for something.
#[derive(Debug, Clone, Copy)]
pub struct Order {
    pub n: u64,
    pub courier: Courier,
    pub wish: OperationKind,
    life: Life,
}

impl Order {
    /// One whose refund is agreed while its parcel stands still on its way.
    pub fn refunded(n: u64) -> Order {
        Order { n, courier: COURIERS[usize::try_from(n).unwrap() % COURIERS.len()], wish: OperationKind::Intercept, life: Life::Stalls }
    }

    /// One of every kind in turn.
    pub fn any(n: u64) -> Order {
        let (courier, wish) = WISHES[usize::try_from(n).unwrap() % WISHES.len()];
        let life = match wish {
            OperationKind::Urge => Life::Stalls,
            OperationKind::Claim => Life::Lost,
            _ => Life::Ordinary,
        };
        Order { n, courier, wish, life }
    }

    /// Its parcel's number.
    pub fn waybill(&self) -> Waybill {
        let n = self.n + 1;
        let number = match self.courier {
            Courier::Sf => format!("SF1{n:012}"),
            Courier::Zto => format!("731{n:011}"),
            Courier::Yto => format!("YT1{n:012}"),
            Courier::Sto => format!("777{n:012}"),
            Courier::Jt => format!("JT1{n:012}"),
            _ => format!("JDV1{n:011}"),
        };
        Waybill { courier: self.courier, number }
    }

    /// Its parcel, which left the first hub an hour ago.
    pub fn parcel(&self) -> NewParcel {
        NewParcel::new(self.courier, self.waybill().number, self.life).aged(13.0)
    }

    /// Its name.
    pub fn key(&self) -> OrderKey {
        OrderKey { platform: Platform::Pinduoduo, shop: "s".to_owned(), order_id: format!("O{}", self.n) }
    }

    /// What the shop's system tells of it: a parcel on its way, and that for which its courier is to be asked.
    pub fn facts(&self, began: Instant) -> Vec<Value> {
        let teller = Teller { order: self, began };
        let mut facts = teller.sent();
        facts.extend(teller.wish());
        facts
    }
}

struct Teller<'a> {
    order: &'a Order,
    began: Instant,
}

impl Teller<'_> {
    fn fact(&self, kind: &str, minutes_ago: i64, data: Value) -> Value {
        let time = (self.began - Length::minutes(minutes_ago)).to_string();
        let id = format!("{kind}-{}-{minutes_ago}", self.order.n);
        json!({"specversion": "1.0", "id": id, "source": "shop", "type": format!("parcelward.{kind}"), "time": time, "data": data})
    }

    fn with(&self, fields: Value) -> Value {
        let mut data = json!({"platform": "pinduoduo", "shop": "s", "order_id": self.order.key().order_id});
        fields.as_object().unwrap().iter().for_each(|(name, value)| data[name] = value.clone());
        data
    }

    fn scan(&self, minutes_ago: i64, fields: Value) -> Value {
        let waybill = self.order.waybill();
        let mut data = json!({"waybill": {"courier": waybill.courier.word(), "number": waybill.number}});
        fields.as_object().unwrap().iter().for_each(|(name, value)| data[name] = value.clone());
        self.fact("tracking", minutes_ago, data)
    }

    fn sent(&self) -> Vec<Value> {
        let waybill = self.order.waybill();
        let waybill = json!({"courier": waybill.courier.word(), "number": waybill.number});
        let home = json!({"name": "仓库", "phone": "13000000001", "province": "浙江省", "city": "杭州市", "district": "西湖区", "detail": "测试路1号"});
        let there = json!({"name": "收件人", "phone": "13000001234", "province": "湖北省", "city": "武汉市", "district": "洪山区", "detail": "测试路2号"});
        let (paid_at, declared_at) = ((self.began - Length::hours(15)).to_string(), (self.began - Length::hours(13)).to_string());
        vec![
            self.fact("order", 15 * 60, self.with(json!({"paid_at": paid_at, "amount": "59.90", "recipient": there}))),
            self.fact(
                "shipment",
                13 * 60,
                self.with(json!({"waybill": waybill, "declared_at": declared_at, "origin": home, "destination": there})),
            ),
            self.scan(60, json!({"status": "in_transit", "place": "杭州"})),
        ]
    }

    fn wish(&self) -> Vec<Value> {
        let elsewhere = json!({"name": "收件人", "phone": "13000001234", "province": "湖北省", "city": "武汉市", "district": "武昌区", "detail": "测试路3号"});
        let done = |kind: &str, outcome: &str, answers: Value| {
            let data = json!({"kind": kind, "status": "done", "outcome": outcome, "answers": answers, "by": "xiaoli"});
            self.fact("task_update", 0, self.with(data))
        };
        match self.order.wish {
            OperationKind::AddressChange => vec![
                self.fact("buyer_request", 1, self.with(json!({"request": "change_address", "new_address": elsewhere}))),
                done("agree_address_change_fee", "free", json!({})),
            ],
            OperationKind::PhoneChange => vec![
                self.fact("buyer_request", 1, self.with(json!({"request": "wrong_contact", "new_address": {"phone": "13000004321"}}))),
                done("correct_recipient", "corrected", json!({"phone": "13000004321"})),
            ],
            OperationKind::Urge => vec![self.fact("buyer_request", 0, self.with(json!({"request": "urge", "text": "怎么还没到"})))],
            OperationKind::Claim => vec![self.scan(0, json!({"status": "exception", "reason": "lost"}))],
            _ => {
                let data = json!({"after_sale_id": format!("A{}", self.order.n), "kind": "refund_only", "status": "agreed",
                    "decided_by": "merchant", "amount": "59.90"});
                vec![self.fact("after_sale", 0, self.with(data))]
            }
        }
    }
}
