//! A shop whose parcels are with simulated couriers, and what became of everything that they were asked for.

use parcelward::config::load_with;
use parcelward::serve::{Running, start};
use parcelward::simulated::{PUSH_SECRET, PushPlace, write_accounts};
use parcelward_casework::fact::{OrderKey, Waybill};
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::words::{Courier, Platform};
use parcelward_scheduler::Clock;
use parcelward_simulator::{Life, NewParcel, RunningSimulator, Simulator, SimulatorSettings, WorldClock};
use parcelward_store::{EntryKind, Store};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// Those that take intercepts over their own interface. Of these SF, ZTO, STO, J&T and JD can be asked afterwards in one way or another, YTO cannot.
const COURIERS: [Courier; 6] = [Courier::Sf, Courier::Zto, Courier::Yto, Courier::Sto, Courier::Jt, Courier::Jd];

/// The wall's clock, and so much on: couriers and daemons of this process share it.
#[derive(Debug, Clone, Default)]
pub struct ShiftedClock(Arc<AtomicI64>);

impl ShiftedClock {
    pub fn advance(&self, by: Length) {
        self.0.fetch_add(by.as_millis(), Ordering::SeqCst);
    }
}

impl Clock for ShiftedClock {
    fn now(&self) -> Instant {
        let wall = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis();
        Instant::from_millis(i64::try_from(wall).unwrap() + self.0.load(Ordering::SeqCst))
    }
}

/// The couriers, their parcels, and the configuration with accounts at all of them.
pub struct Ground {
    pub sim: RunningSimulator,
    pub clock: ShiftedClock,
    pub config: tempfile::TempDir,
    /// What the facts' times are counted from.
    began: Instant,
}

impl Ground {
    /// With so many parcels, all on their way.
    pub async fn with(parcels: u64, seed: u64) -> Ground {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let clock = ShiftedClock::default();
        let of_world = clock.clone();
        let settings = SimulatorSettings {
            clock: WorldClock::of(move || of_world.now()),
            seed,
            parcels_appear: false,
            ..SimulatorSettings::default()
        };
        let sim = Simulator::start(settings).await.unwrap();
        for n in 0..parcels {
            let waybill = waybill(n);
            sim.world().register(NewParcel::new(waybill.courier, waybill.number, Life::Stalls).aged(13.0));
        }
        let config = tempfile::tempdir().unwrap();
        write_accounts(config.path(), &sim, &PushPlace { base: None, secret: PUSH_SECRET.to_owned() }).unwrap();
        // What is looked at is what is asked, not how fast.
        for file in std::fs::read_dir(config.path().join("couriers")).unwrap() {
            let path = file.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::write(&path, text.replace("per_second = 50\nper_minute = 3000", "per_second = 200\nper_minute = 12000")).unwrap();
        }
        let began = clock.now();
        Ground { sim, clock, config, began }
    }

    /// A daemon in this process, whose clock is the couriers'.
    pub async fn open(&self, url: &str) -> Running {
        let settings = [("SERVER__LISTEN", "127.0.0.1:0"), ("DATABASE__URL", url)];
        let settings = settings.into_iter().map(|(name, value)| (format!("PARCELWARD_{name}"), value.to_owned()));
        start(load_with(Some(self.config.path()), settings).unwrap(), Arc::new(self.clock.clone())).await.unwrap()
    }

    /// Order `n`, whose parcel is on its way when its refund is agreed: the courier is to be asked to intercept it.
    pub fn refunded_on_the_way(&self, n: u64) -> Vec<Value> {
        let fact = |kind: &str, hours_ago: i64, data: Value| {
            json!({"specversion": "1.0", "id": format!("{kind}-{n}"), "source": "shop", "type": format!("parcelward.{kind}"),
                "time": (self.began - Length::hours(hours_ago)).to_string(), "data": data})
        };
        let with = |fields: Value| {
            let mut data = json!({"platform": "pinduoduo", "shop": "s", "order_id": format!("O{n}")});
            fields.as_object().unwrap().iter().for_each(|(name, value)| data[name] = value.clone());
            data
        };
        let waybill = waybill(n);
        let waybill = json!({"courier": waybill.courier.word(), "number": waybill.number});
        let home = json!({"name": "仓库", "phone": "13000000001", "province": "浙江省", "city": "杭州市", "district": "西湖区", "detail": "测试路1号"});
        let there = json!({"name": "收件人", "phone": "13000001234", "province": "湖北省", "city": "武汉市", "district": "洪山区", "detail": "测试路2号"});
        let (ordered, declared) = ((self.began - Length::hours(15)).to_string(), (self.began - Length::hours(13)).to_string());
        vec![
            fact("order", 15, with(json!({"paid_at": ordered, "amount": "59.90", "recipient": there}))),
            fact("shipment", 13, with(json!({"waybill": waybill, "declared_at": declared, "origin": home, "destination": there}))),
            fact("tracking", 1, json!({"waybill": waybill, "status": "in_transit", "place": "杭州"})),
            fact(
                "after_sale",
                0,
                with(
                    json!({"after_sale_id": format!("A{n}"), "kind": "refund_only", "status": "agreed", "decided_by": "merchant", "amount": "59.90"}),
                ),
            ),
        ]
    }

    /// What became of the intercepts of these orders.
    pub async fn ends(&self, store: &dyn Store, orders: std::ops::Range<u64>) -> Ends {
        let mut ends = Ends::default();
        for n in orders {
            ends.count(n, &lines_of(store, n).await);
        }
        ends
    }

    /// Lets time pass, half an hour at a time, until every one of these has an end, or three days have passed.
    pub async fn settle(&self, running: &Running, orders: std::ops::Range<u64>) -> Ends {
        for _ in 0..144 {
            self.clock.advance(Length::minutes(30));
            self.idle(running).await;
            let ends = self.ends(&*running.app().store, orders.clone()).await;
            if ends.silent.is_empty() {
                return ends;
            }
        }
        self.ends(&*running.app().store, orders).await
    }

    /// Waits until no lane has anything due, twice in a row: what one has done may be another's.
    async fn idle(&self, running: &Running) {
        let lanes = running.lanes().await.unwrap();
        let mut quiet = 0;
        for _ in 0..600 {
            tokio::time::sleep(Duration::from_millis(150)).await;
            let waits: u64 = lanes.status().await.unwrap().iter().map(|lane| lane.backlog.operations + lane.backlog.polls).sum();
            quiet = if waits == 0 { quiet + 1 } else { 0 };
            if quiet == 2 {
                return;
            }
        }
    }

    /// The courier took nothing twice.
    pub fn nothing_was_taken_twice(&self) {
        let twice = self.sim.ledger().accepted_twice();
        assert!(twice.is_empty(), "taken twice: {twice:#?}");
    }
}

/// Hands facts in; says whether all were taken.
pub async fn tell(client: &reqwest::Client, base: &str, facts: &[Value]) -> bool {
    let Ok(answer) = client.post(format!("{base}/v1/facts")).json(&facts).send().await else { return false };
    if answer.status() == 503 {
        return false;
    }
    let Ok(text) = answer.text().await else { return false };
    let Ok(body) = serde_json::from_str::<Value>(&text) else { return false };
    assert_eq!(body["rejected"], 0, "{body}");
    true
}

/// The parcel of order `n`.
pub fn waybill(n: u64) -> Waybill {
    let courier = COURIERS[usize::try_from(n).unwrap() % COURIERS.len()];
    let n = n + 1;
    let number = match courier {
        Courier::Sf => format!("SF1{n:012}"),
        Courier::Zto => format!("731{n:011}"),
        Courier::Yto => format!("YT1{n:012}"),
        Courier::Sto => format!("777{n:012}"),
        Courier::Jt => format!("JT1{n:012}"),
        _ => format!("JDV1{n:011}"),
    };
    Waybill { courier, number }
}

/// The journal of order `n`: kind, type and data of each line.
async fn lines_of(store: &dyn Store, n: u64) -> Vec<(EntryKind, String, Value)> {
    let key = OrderKey { platform: Platform::Pinduoduo, shop: "s".to_owned(), order_id: format!("O{n}") };
    let rows = store.timeline(&key, 0, 500).await.unwrap().rows;
    let read = |json: &str| serde_json::from_str::<Value>(json).unwrap()["data"].clone();
    rows.into_iter().map(|row| (row.kind, row.type_.clone(), read(&row.json))).collect()
}

/// How operations ended. Each that was requested is counted once.
#[derive(Debug, Default)]
pub struct Ends {
    /// Taken, and known how it ended.
    pub settled: usize,
    /// Answered with no, or never sent.
    pub refused: usize,
    /// Somebody has a task about it.
    pub with_a_person: usize,
    /// None of these: the orders.
    pub silent: Vec<u64>,
    /// Of the refused and unclear ones, why.
    pub reasons: BTreeMap<String, usize>,
}

impl Ends {
    /// All.
    pub fn sum(&self) -> usize {
        self.settled + self.refused + self.with_a_person + self.silent.len()
    }

    fn count(&mut self, order: u64, lines: &[(EntryKind, String, Value)]) {
        let text = |data: &Value, name: &str| data[name].as_str().unwrap_or_default().to_owned();
        let decided = |name: &'static str| lines.iter().filter(move |(kind, type_, _)| *kind == EntryKind::Decision && type_ == name);
        let closed: BTreeSet<String> = decided("parcelward.task.closed").map(|(.., data)| text(data, "task_id")).collect();
        let has_task = decided("parcelward.task.opened").any(|(.., data)| !closed.contains(&text(data, "task_id")));
        let updates = || lines.iter().filter(|(kind, type_, _)| *kind == EntryKind::Fact && type_ == "parcelward.operation_update");
        for (.., operation) in decided("parcelward.operation.requested").filter(|(.., data)| data["kind"] == "intercept") {
            let id = text(operation, "operation_id");
            let end = decided("parcelward.operation.settled").find(|(.., data)| data["operation_id"] == id.as_str());
            let status = end.map(|(.., data)| text(data, "status")).unwrap_or_default();
            if let Some((.., data)) = updates().rfind(|(.., data)| data["operation_id"] == id.as_str() && data["reason"].is_string()) {
                *self.reasons.entry(format!("{}: {}", text(data, "status"), text(data, "reason"))).or_default() += 1;
            }
            match status.as_str() {
                "succeeded" | "failed" => self.settled += 1,
                "rejected" => self.refused += 1,
                _ if has_task => self.with_a_person += 1,
                _ => self.silent.push(order),
            }
        }
    }
}

impl std::fmt::Display for Ends {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Ends { settled, refused, with_a_person, silent, reasons } = self;
        write!(f, "{settled} settled, {refused} refused, {with_a_person} with a person, {} silent; {reasons:?}", silent.len())
    }
}
