//! The live journal equals a replay of the exported facts, order by order, with the real engine.
//!
//! The replay here is the contract read plainly: facts in the order of their receipt, each decided at its `recordedtime`. It knows
//! nothing of batches, wakes, caches or restarts; those are what must not show.

use crate::support::*;
use parcelward_casework::casefile::CaseFile;
use parcelward_casework::fact::{Fact, FactBody, FactId, OrderKey, Waybill};
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::parse::parse_fact;
use parcelward_casework::rules::Rules;
use parcelward_casework::words::*;
use parcelward_casework::world::World;
use parcelward_casework::{Refusal, Signal, decide};
use parcelward_scheduler::{Casework, Incoming};
use parcelward_store::{EntryKind, TaskFilter};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

#[derive(Default)]
struct Reference {
    world: World,
    files: HashMap<OrderKey, CaseFile>,
    owners: HashMap<Waybill, OrderKey>,
    parked: HashMap<Waybill, Vec<Fact>>,
    told: BTreeMap<OrderKey, Vec<String>>,
}

impl Reference {
    fn take(&mut self, rules: &Rules, fact: &Fact) {
        let by_id = |id: &String| self.files.values().find(|f| id.starts_with(&f.tag)).map(|f| f.key.clone());
        let order = match &fact.body {
            FactBody::Coverage(_) | FactBody::Disruption(_) => return self.world.note(fact),
            FactBody::Tracking(f) => match self.owners.get(&f.waybill) {
                Some(order) => Some(order.clone()),
                None => return self.parked.entry(f.waybill.clone()).or_default().push(fact.clone()),
            },
            FactBody::OperationUpdate(f) => {
                f.operation_id.as_ref().and_then(by_id).or_else(|| f.waybill.as_ref().and_then(|w| self.owners.get(w).cloned()))
            }
            FactBody::TaskUpdate(f) => f.task_id.as_ref().and_then(by_id).or_else(|| fact.body.order()),
            body => body.order(),
        };
        let order = order.expect("a journalled fact has an order");
        let refused = self.decide(rules, &order, fact.recorded.unwrap(), Signal::Fact { fact, released_by: None }, &fact.id);
        assert!(refused.as_ref().is_none_or(Refusal::is_journalled), "{refused:?}: a refused fact is journalled");
    }

    fn decide(&mut self, rules: &Rules, order: &OrderKey, now: Instant, signal: Signal<'_>, by: &FactId) -> Option<Refusal> {
        let file = self.files.remove(order).unwrap_or_else(|| CaseFile::new(order.clone()));
        let known = file.parcels.len();
        let plan = decide(file, rules, &self.world, now, signal);
        for change in plan.noted {
            self.world.push(change);
        }
        self.told.entry(order.clone()).or_default().extend(plan.decisions.iter().map(|d| d.to_json()));
        let new: Vec<Waybill> = plan.file.parcels[known..].iter().map(|p| p.waybill.clone()).collect();
        self.files.insert(order.clone(), plan.file);
        for waybill in new {
            if !self.owners.contains_key(&waybill) {
                self.owners.insert(waybill.clone(), order.clone());
                for waited in self.parked.remove(&waybill).unwrap_or_default() {
                    self.decide(rules, order, now, Signal::Fact { fact: &waited, released_by: Some(by) }, by);
                }
            }
        }
        plan.refused
    }
}

/// A small generator with a seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len() as u64) as usize]
    }
}

struct World3Weeks {
    dice: Dice,
    now: Instant,
    next: u32,
}

impl World3Weeks {
    fn fact(&mut self) -> Incoming {
        self.next += 1;
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

    fn event(&mut self, type_: &str, data: &str, time: Instant) -> Incoming {
        let json = format!(
            r#"{{"specversion":"1.0","id":"f{}","source":"test","type":"parcelward.{type_}","time":"{time}","data":{{{data}}}}}"#,
            self.next
        );
        Incoming { fact: parse_fact(&json).unwrap_or_else(|e| panic!("{e}: {json}")), json }
    }
}

/// Waits until nothing is due any more.
async fn settle(open: &Open, now: Instant) {
    for _ in 0..2000 {
        if open.store.next_wake_at().await.unwrap().is_none_or(|at| at > now) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("something is due for ever");
}

/// A person does the first open task in one of its ways.
async fn work(open: &Open, life: &mut World3Weeks) -> Option<Incoming> {
    let tasks = open.store.tasks(&TaskFilter::default(), None, 50).await.unwrap().rows;
    if tasks.is_empty() {
        return None;
    }
    let task = &tasks[life.dice.roll(tasks.len() as u64) as usize];
    let opened: serde_json::Value = serde_json::from_str(&task.opened).unwrap();
    let outcomes = opened["outcomes"].as_array().expect("a task says how it may be done").clone();
    let outcome = outcomes[life.dice.roll(outcomes.len() as u64) as usize].as_str().unwrap().to_owned();
    life.next += 1;
    let now = life.now;
    let answers = r#""answers":{"amount":"10.00","fee":"1.00","reference":"r"}"#;
    Some(life.event(
        "task_update",
        &format!(r#""task_id":"{}","status":"done","outcome":"{outcome}",{answers},"by":"li""#, task.task_id),
        now,
    ))
}

async fn live_equals_replay(seed: u64) {
    let mut office = Office::new();
    office.options.batch_wakes = 5;
    office.options.cached_files = 8;
    let mut open = office.open_with(Arc::new(Casework)).await;
    let mut life = World3Weeks { dice: Dice(seed), now: at(0), next: 0 };
    for round in 0..60 {
        let minutes = life.dice.pick(&[0, 1, 47, 600, 1500]);
        life.now = life.now + Length::minutes(minutes);
        office.clock.set(life.now);
        let requests: Vec<Vec<Incoming>> =
            (0..1 + life.dice.roll(3)).map(|_| (0..1 + life.dice.roll(6)).map(|_| life.fact()).collect()).collect();
        for answer in futures::future::join_all(requests.into_iter().map(|facts| open.desk.submit(facts))).await {
            answer.unwrap();
        }
        if life.dice.roll(3) == 0 {
            settle(&open, life.now).await;
            if let Some(done) = work(&open, &mut life).await {
                open.tell(done).await;
            }
        }
        if round % 20 == 19 {
            open.close().await;
            open = office.open_with(Arc::new(Casework)).await;
        }
    }
    life.now = life.now + Length::days(40) + Length::millis(137);
    office.clock.set(life.now);
    settle(&open, life.now).await;
    assert!(open.store.aside(10).await.unwrap().is_empty(), "{:?}", open.store.aside(10).await);

    let rules = rules();
    let mut reference = Reference::default();
    let mut after = Some(0);
    let mut taken = 0;
    while let Some(place) = after {
        let page = open.store.facts_after(place, 100).await.unwrap();
        for row in page.rows {
            let fact = parse_fact(&row.json).unwrap();
            assert_eq!(fact.recorded, Some(row.recorded));
            reference.take(&rules, &fact);
            taken += 1;
        }
        after = page.next;
    }
    let nobody = FactId { source: String::new(), id: String::new() };
    for order in reference.files.keys().cloned().collect::<Vec<_>>() {
        reference.decide(&rules, &order, life.now, Signal::TimePassed, &nobody);
    }
    let mut decided = 0;
    for (order, told) in &reference.told {
        let rows = open.store.timeline(order, 0, 1000).await.unwrap().rows;
        assert!(rows.len() < 1000);
        let live: Vec<String> = rows.into_iter().filter(|row| row.kind == EntryKind::Decision).map(|row| row.json).collect();
        for (at, (live, told)) in live.iter().zip(told).enumerate() {
            assert_eq!(live, told, "seed {seed}, order {order}, decision {at}");
        }
        assert_eq!(live.len(), told.len(), "seed {seed}, order {order}");
        // What is stored is what was decided; it has read of the world what may concern it.
        let stored = open.store.case_file(order).await.unwrap().unwrap();
        let mut plan = decide(CaseFile::clone(&stored.file), &rules, &reference.world, life.now, Signal::TimePassed);
        // A fact that is refused leaves its instant behind and nothing else.
        plan.file.clock = reference.files[order].clock;
        assert!(plan.decisions.is_empty() && plan.file == reference.files[order], "seed {seed}, order {order}: the states differ");
        decided += live.len();
    }
    assert!(taken > 200 && decided > 500, "the test says too little: {taken} facts, {decided} decisions");
    open.close().await;
}

#[tokio::test]
async fn the_live_journal_equals_a_replay_of_its_facts() {
    for seed in 1..=4 {
        live_equals_replay(seed).await;
    }
}
