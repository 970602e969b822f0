//! What a few shops tell: facts of every kind, early, late, out of order, and people at work.

use crate::dice::Dice;
use parcelward_casework::casefile::Task;
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::parse::parse_fact;
use parcelward_casework::words::*;
use parcelward_scheduler::Incoming;

/// What happens in a few shops.
pub struct Life {
    pub dice: Dice,
    pub now: Instant,
    next: u32,
}

impl Life {
    pub fn begin(dice: Dice, now: Instant) -> Life {
        Life { dice, now, next: 0 }
    }

    /// Something new, of any kind.
    pub fn fact(&mut self) -> Incoming {
        let n = self.dice.roll(12);
        let platform = Platform::WORDS[(n % 5) as usize];
        let order = format!(r#""platform":"{platform}","shop":"s{}","order_id":"{n}""#, n % 2);
        let number = format!("W{n}-{}", self.dice.roll(2));
        let courier = ["zto", "yto", "yunda"][(n % 3) as usize];
        let waybill = format!(r#"{{"courier":"{courier}","number":"{number}"}}"#);
        // Late news and news out of order.
        let time = self.now - Length::minutes(self.dice.roll(600) as i64);
        let (type_, data) = match self.dice.roll(16) {
            0 => {
                let province = self.dice.pick(&["新疆", "浙江", "广东"]);
                (
                    "order",
                    format!(
                        r#"{order},"paid_at":"{time}","amount":"59.90","recipient":{{"province":"{province}","city":"x"}},"planned_courier":"{courier}""#
                    ),
                )
            }
            1 | 2 => ("shipment", format!(r#"{order},"waybill":{waybill},"declared_at":"{time}","destination":{{"province":"浙江"}}"#)),
            3..=7 => {
                let status = self.dice.pick(TrackingStatus::WORDS);
                let reason = if status == "exception" {
                    format!(r#","reason":"{}""#, self.dice.pick(ExceptionReason::WORDS))
                } else {
                    String::new()
                };
                ("tracking", format!(r#""waybill":{waybill},"status":"{status}"{reason}"#))
            }
            8 => {
                let (kind, status) = (self.dice.pick(AfterSaleKind::WORDS), self.dice.pick(AfterSaleStatus::WORDS));
                ("after_sale", format!(r#"{order},"after_sale_id":"A{n}","kind":"{kind}","status":"{status}","amount":"59.90""#))
            }
            9 => ("buyer_request", format!(r#"{order},"request":"{}","waybill":{waybill}"#, self.dice.pick(BuyerAsk::WORDS))),
            10 => ("dispute", format!(r#"{order},"dispute_id":"D{n}","status":"{}""#, self.dice.pick(DisputeStatus::WORDS))),
            11 => ("note", format!(r#"{order},"text":"x","remind_at":"{}""#, self.now + Length::hours(self.dice.roll(50) as i64))),
            12 => (
                "commitment",
                format!(r#"{order},"commitment_id":"C{n}","promise":"reply","status":"made","due_at":"{}""#, self.now + Length::hours(20)),
            ),
            13 => (
                "coverage",
                format!(r#""courier":"{courier}","province":"{}","serves":{}"#, self.dice.pick(&["新疆", "浙江"]), self.dice.roll(2) == 0),
            ),
            14 => {
                let effect = self.dice.pick(DisruptionEffect::WORDS);
                let until = self.now + Length::hours(1 + self.dice.roll(80) as i64);
                (
                    "disruption",
                    format!(
                        r#""disruption_id":"d{}","from":"{time}","until":"{until}","effect":"{effect}","extend_by":"24h""#,
                        self.dice.roll(3)
                    ),
                )
            }
            _ => (
                "operation_update",
                format!(r#""waybill":{waybill},"kind":"intercept","status":"{}""#, self.dice.pick(OperationStatus::WORDS)),
            ),
        };
        self.event(type_, &data, time)
    }

    /// A fact under the next id.
    pub fn event(&mut self, type_: &str, data: &str, time: Instant) -> Incoming {
        self.next += 1;
        let json = format!(
            r#"{{"specversion":"1.0","id":"f{}","source":"test","type":"parcelward.{type_}","time":"{time}","data":{{{data}}}}}"#,
            self.next
        );
        Incoming { fact: parse_fact(&json).unwrap_or_else(|e| panic!("{e}: {json}")), json }
    }

    /// A person does one of the open tasks in one of its ways.
    pub fn work(&mut self, tasks: &[Task]) -> Option<Incoming> {
        if tasks.is_empty() {
            return None;
        }
        let task = &tasks[self.dice.roll(tasks.len() as u64) as usize];
        let way = task.outcomes[self.dice.roll(task.outcomes.len() as u64) as usize];
        let (id, now) = (&task.id, self.now);
        let way = match self.dice.roll(4) {
            0 => r#""status":"claimed""#.to_owned(),
            1 => format!(r#""status":"snoozed","snooze_until":"{}""#, now + Length::minutes(90)),
            _ => format!(r#""status":"done","outcome":"{}","answers":{{"amount":"10.00","fee":"1.00","reference":"r"}}"#, way.word()),
        };
        Some(self.event("task_update", &format!(r#""task_id":"{id}",{way},"by":"li""#), now))
    }
}
