//! A shop on a real daemon, in this process, under a clock that the test holds: what happens in it, and what people do.
#![allow(dead_code, reason = "each test uses its part")]

use parcelward::adopt::Occasion;
use parcelward::config::load_with;
use parcelward::http::App;
use parcelward::serve::{Running, start};
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::words::OpenDeadlines;
use parcelward_scheduler::Clock;
use parcelward_tests::dice::Dice;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tempfile::TempDir;

/// A clock that stands until it is moved, but for a millisecond with each look, so that later requests are later.
#[derive(Debug)]
pub struct HeldClock(AtomicI64);

impl HeldClock {
    pub fn at(time: &str) -> Arc<Self> {
        Arc::new(HeldClock(AtomicI64::new(Instant::parse(time).unwrap().millis())))
    }

    pub fn forward(&self, minutes: i64) {
        self.0.fetch_add(Length::minutes(minutes).as_millis(), Ordering::SeqCst);
    }

    pub fn peek(&self) -> Instant {
        Instant::from_millis(self.0.load(Ordering::SeqCst))
    }
}

impl Clock for HeldClock {
    fn now(&self) -> Instant {
        Instant::from_millis(self.0.fetch_add(1, Ordering::SeqCst))
    }
}

/// How often each thing was answered how.
#[derive(Debug, Default)]
pub struct Seen(BTreeMap<String, u32>);

impl Seen {
    fn note(&mut self, what: &str, how: impl std::fmt::Display) {
        *self.0.entry(format!("{what} {how}")).or_default() += 1;
    }

    /// A run in which one of these did not come to pass would say too little.
    pub fn assert_everything_happened(&self) {
        for what in [
            "fact accepted",
            "fact parked",
            "fact duplicate",
            "fact conflict",
            "fact refused",
            "fact invalid",
            "task 200",
            "task 409",
            "task 422",
            "late 409",
            "coverage 200",
            "batch 200",
        ] {
            assert!(self.0.contains_key(what), "{what} never happened: {:?}", self.0);
        }
    }
}

/// A shop on a daemon.
pub struct Shop {
    running: Running,
    client: Client,
    pub clock: Arc<HeldClock>,
    dir: TempDir,
    next: u64,
    /// Facts that were sent, to be sent again.
    sent: Vec<Value>,
}

impl Shop {
    pub async fn at(time: &str) -> Shop {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let dir = tempfile::tempdir().unwrap();
        let clock = HeldClock::at(time);
        let running = serve(dir.path(), &clock).await;
        Shop { running, client: Client::new(), clock, dir, next: 0, sent: Vec::new() }
    }

    /// Stops the daemon and starts another one on the same database.
    pub async fn restart(self) -> Shop {
        self.running.stop().await.unwrap();
        let running = serve(self.dir.path(), &self.clock).await;
        Shop { running, ..self }
    }

    pub async fn stop(self) {
        self.running.stop().await.unwrap();
    }

    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub fn app(&self) -> &Arc<App> {
        self.running.app()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.running.address())
    }

    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let request = self.client.request(method, self.url(path));
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let response = request.send().await.unwrap();
        let status = response.status();
        (status, serde_json::from_str(&response.text().await.unwrap()).unwrap_or_default())
    }

    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = self.send(Method::GET, path, None).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    pub async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.send(Method::POST, path, Some(body)).await
    }

    pub async fn export(&self) -> String {
        self.client.get(self.url("/v1/export")).send().await.unwrap().text().await.unwrap()
    }

    /// How many facts the journal holds.
    pub async fn count_facts(&self) -> u64 {
        let (mut after, mut count) = (Some(0), 0);
        while let Some(seq) = after {
            let page = self.app().store.facts_after(seq, 500).await.unwrap();
            count += page.rows.len() as u64;
            after = page.next;
        }
        count
    }

    /// Waits until nothing is due any more.
    pub async fn settle(&self) {
        for _ in 0..6_000 {
            let next = self.app().store.next_wake_at().await.unwrap();
            if next.is_none_or(|at| at > self.clock.peek()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("something is due for ever");
    }

    /// Applies rules that lie over the shipped ones; `None` reads the folder again, as SIGHUP does.
    pub async fn apply(&self, rules: &str, open_deadlines: Option<OpenDeadlines>) {
        std::fs::write(self.dir.path().join("config/rules.d/edit.toml"), rules).unwrap();
        let app = self.app();
        let applied = match open_deadlines {
            None => app.reload().run(app).await,
            Some(open_deadlines) => {
                let reason = Some("to see what comes of it".to_owned());
                app.reload().apply(app, &Occasion { open_deadlines, by: Some("xiaowang".to_owned()), reason, asked: true }, None).await
            }
        };
        assert!(applied.unwrap().changed);
    }

    /// An order with an open task, as it is written on the command line.
    pub async fn some_order(&self) -> String {
        let page = self.get("/v1/tasks?limit=1").await;
        let task = &page["items"][0];
        let text = |field: &str| task[field].as_str().unwrap();
        format!("{}/{}/{}", text("platform"), text("shop"), text("order_id"))
    }

    /// What happens in an hour or so: news, and people at work.
    pub async fn an_hour_of_work(&mut self, dice: &mut Dice, seen: &mut Seen) {
        let page = self.get("/v1/tasks?limit=60").await;
        let tasks = page["items"].as_array().unwrap().clone();
        let facts: Vec<Value> = (0..2 + dice.roll(8)).map(|_| self.news(dice, &tasks)).collect();
        let (_, answers) = self.post("/v1/facts", Value::Array(facts.clone())).await;
        for answer in answers["items"].as_array().unwrap() {
            seen.note("fact", answer["result"].as_str().unwrap());
        }
        self.sent.extend(facts);
        for _ in 0..3 {
            if !tasks.is_empty() {
                let task = dice.pick(&tasks);
                self.work(dice, task, seen).await;
            }
        }
        if dice.roll(6) == 0 {
            self.coverage(dice, seen).await;
        }
        if tasks.len() > 5 && dice.roll(4) == 0 {
            let ids: Vec<&Value> = tasks[..5].iter().map(|task| &task["task_id"]).collect();
            let verb = *dice.pick(&["claim", "dismiss"]);
            let (status, _) = self.post("/v1/tasks/batch", json!({"verb": verb, "tasks": ids, "by": "xiaozhao"})).await;
            seen.note("batch", status.as_u16());
        }
    }

    /// Somebody does something with a task: right, wrong, twice, or after it was over.
    async fn work(&mut self, dice: &mut Dice, task: &Value, seen: &mut Seen) {
        let path = |verb: &str| format!("/v1/tasks/{}/{verb}", task["task_id"].as_str().unwrap());
        let by = *dice.pick(&["xiaowang", "xiaoli"]);
        let ways = task["outcomes"].as_array().unwrap();
        let way = dice.pick(ways);
        let answers = json!({"amount": "10.00", "fee": "2.00", "reference": "R-1", "phone": "13900000000", "until": self.in_hours(30),
            "waybill": {"courier": "yto", "number": format!("YTR{}", self.next)}, "address": {"province": "浙江省", "city": "杭州市"}});
        let asked: serde_json::Map<String, Value> = ["required", "optional"]
            .iter()
            .flat_map(|list| way[*list].as_array().unwrap())
            .filter_map(|name| Some((name.as_str()?.to_owned(), answers.get(name.as_str()?)?.clone())))
            .collect();
        let done = json!({"by": by, "outcome": way["outcome"], "answers": asked});
        let (verb, body) = match dice.roll(8) {
            0 => ("claim", json!({"by": by})),
            1 => ("snooze", json!({"by": by, "snooze_until": self.in_hours(5)})),
            2 => ("assign", json!({"by": by, "assignee": "xiaozhao"})),
            3 => ("done", json!({"by": by, "outcome": way["outcome"]})),
            4 => ("done", json!({"by": by, "outcome": "eaten"})),
            _ => ("done", done.clone()),
        };
        let (status, _) = self.post(&path(verb), body).await;
        seen.note("task", status.as_u16());
        if verb == "done" && status == StatusCode::OK {
            // Somebody else did it as well: journalled without effect.
            let (status, _) = self.post(&path("done"), done).await;
            seen.note("late", status.as_u16());
            if dice.roll(3) == 0 {
                let (status, _) = self.post(&path("reopen"), json!({"by": by})).await;
                seen.note("reopen", status.as_u16());
            }
        }
    }

    async fn coverage(&mut self, dice: &mut Dice, seen: &mut Seen) {
        let province = *dice.pick(&["新疆", "西藏", "浙江", "青海"]);
        let courier = *dice.pick(&["yto", "zto", "yunda"]);
        let serves = dice.roll(3) == 0;
        let (status, _) =
            self.send(Method::PUT, "/v1/coverage", Some(json!({"courier": courier, "province": province, "serves": serves}))).await;
        seen.note("coverage", status.as_u16());
    }

    fn in_hours(&self, hours: i64) -> String {
        (self.clock.peek() + Length::hours(hours)).to_string()
    }

    /// A fact of any kind: new, late, said again, changed, wrong.
    fn news(&mut self, dice: &mut Dice, tasks: &[Value]) -> Value {
        match dice.roll(12) {
            0 if !self.sent.is_empty() => return dice.pick(&self.sent).clone(),
            1 if !self.sent.is_empty() => {
                let mut other = dice.pick(&self.sent).clone();
                other["time"] = json!(self.in_hours(-100));
                return other;
            }
            2 => {
                return json!({"specversion": "1.0", "id": format!("bad{}", self.next), "source": "test", "type": "parcelward.tracking", "time": self.in_hours(0),
                "data": {"waybill": {"courier": "yto", "number": "1"}, "status": "eaten"}});
            }
            _ => {}
        }
        self.next += 1;
        let (type_, data) = self.something(dice, tasks);
        let late = i64::try_from(dice.roll(30)).unwrap();
        json!({"specversion": "1.0", "id": format!("n{}", self.next), "source": "test", "type": format!("parcelward.{type_}"),
            "time": self.in_hours(-late), "data": data})
    }

    fn something(&mut self, dice: &mut Dice, tasks: &[Value]) -> (&'static str, Value) {
        let fallback = json!({"platform": "jd", "shop": "other", "order_id": format!("J{}", dice.roll(9))});
        let task = if tasks.is_empty() { &fallback } else { dice.pick(tasks) };
        let mut data = json!({"platform": task["platform"], "shop": task["shop"], "order_id": task["order_id"]});
        let own = json!({"courier": "zto", "number": format!("ZT{}", dice.roll(self.next + 1))});
        let waybill = if task["waybill"].is_object() { task["waybill"].clone() } else { own.clone() };
        let mut put = |fields: Value| fields.as_object().unwrap().iter().for_each(|(name, value)| data[name] = value.clone());
        let type_ = match dice.roll(14) {
            0 => {
                data = json!({"platform": "jd", "shop": "other", "order_id": format!("J{}", dice.roll(9)), "paid_at": self.in_hours(-20),
                    "amount": "88.00", "recipient": {"province": *dice.pick(&["新疆", "浙江省"]), "city": "x"}, "planned_courier": "zto"});
                "order"
            }
            1 => {
                put(json!({"waybill": own, "declared_at": self.in_hours(-3), "destination": {"province": "浙江省"}}));
                "shipment"
            }
            2..=5 => {
                let status = *dice.pick(&[
                    "collected",
                    "in_transit",
                    "arrived",
                    "out_for_delivery",
                    "delivered",
                    "refused",
                    "returning",
                    "exception",
                ]);
                let reason =
                    if status == "exception" { json!(*dice.pick(&["lost", "damaged", "out_of_range", "held"])) } else { Value::Null };
                // Now and then of a parcel whose order nobody knows yet.
                data =
                    json!({"waybill": if dice.roll(4) == 0 { own } else { waybill }, "status": status, "reason": reason, "place": "杭州"});
                "tracking"
            }
            6 => {
                put(json!({"after_sale_id": format!("A{}", task["order_id"]), "kind": *dice.pick(&["refund_only", "return_refund"]),
                    "status": *dice.pick(&["requested", "agreed", "refunded", "cancelled"]), "amount": "20.00"}));
                "after_sale"
            }
            7 => {
                put(
                    json!({"request": *dice.pick(&["urge", "cancel", "not_received", "change_address", "compensate"]), "waybill": waybill}),
                );
                "buyer_request"
            }
            8 => {
                put(json!({"commitment_id": format!("C{}", self.next), "promise": "reply", "status": "made", "due_at": self.in_hours(9)}));
                "commitment"
            }
            9 => {
                put(json!({"text": "x", "remind_at": self.in_hours(11)}));
                "note"
            }
            10 => {
                data = json!({"disruption_id": format!("D{}", dice.roll(3)), "from": self.in_hours(-5), "until": self.in_hours(60), "extend_by": "24h",
                    "effect": *dice.pick(&["waive", "suspend", "extend"]), "couriers": [*dice.pick(&["yto", "zto"])]});
                "disruption"
            }
            11 => {
                data = json!({"courier": "zto", "province": *dice.pick(&["新疆", "浙江"]), "serves": dice.roll(2) == 0});
                "coverage"
            }
            12 => {
                put(json!({"kind": *dice.pick(&["ship_now", "answer_buyer", "chase_courier"]), "status": "dismissed", "by": "erp"}));
                "task_update"
            }
            _ => {
                data = json!({"waybill": waybill, "kind": "intercept", "status": *dice.pick(&["accepted", "succeeded", "failed"])});
                "operation_update"
            }
        };
        (type_, data)
    }
}

async fn serve(dir: &Path, clock: &Arc<HeldClock>) -> Running {
    let database = format!("sqlite:{}", dir.join("live.db").display());
    let settings = [("SERVER__LISTEN", "127.0.0.1:0"), ("DATABASE__URL", &database)];
    let settings = settings.into_iter().map(|(name, value)| (format!("PARCELWARD_{name}"), value.to_owned()));
    let folder = dir.join("config");
    std::fs::create_dir_all(folder.join("rules.d")).unwrap();
    start(load_with(Some(&folder), settings).unwrap(), Arc::clone(clock) as Arc<dyn Clock>).await.unwrap()
}
