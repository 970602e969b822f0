//! A real daemon on a free loopback port over a temporary database, under a clock that the test holds.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use parcelward::config::load_with;
use parcelward::serve::{Running, start};
use parcelward_casework::instant::{Instant, Length};
use parcelward_scheduler::Clock;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tempfile::TempDir;

/// A clock that stands until it is set.
#[derive(Debug)]
pub struct TestClock(AtomicI64);

impl TestClock {
    pub fn at(time: &str) -> Arc<Self> {
        Arc::new(TestClock(AtomicI64::new(Instant::parse(time).unwrap().millis())))
    }

    pub fn set(&self, time: &str) {
        self.0.store(Instant::parse(time).unwrap().millis(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Instant {
        // It moves by a millisecond with each look, so that later requests are later.
        Instant::from_millis(self.0.fetch_add(1, Ordering::SeqCst)) + Length::ZERO
    }
}

/// A daemon and someone who asks it.
pub struct Daemon {
    pub running: Running,
    pub client: Client,
    pub clock: Arc<TestClock>,
    pub token: Option<String>,
    pub dir: TempDir,
}

impl Daemon {
    pub async fn at(time: &str) -> Daemon {
        Self::with(time, tempfile::tempdir().unwrap(), &[]).await
    }

    /// With settings (`SERVER__MAX_BODY`) of one's own.
    pub async fn with(time: &str, dir: TempDir, settings: &[(&str, &str)]) -> Daemon {
        // Only the first call in a process can install it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let database = format!("sqlite:{}", dir.path().join("test.db").display());
        let mut environment = vec![("SERVER__LISTEN", "127.0.0.1:0"), ("DATABASE__URL", database.as_str()), ("LANGUAGE", "en")];
        environment.extend(settings);
        let environment = environment.into_iter().map(|(name, value)| (format!("PARCELWARD_{name}"), value.to_owned()));
        let clock = TestClock::at(time);
        let running = start(load_with(None, environment).unwrap(), clock.clone()).await.unwrap();
        Daemon { running, client: Client::new(), clock, token: None, dir }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.running.address())
    }

    pub fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, self.url(path));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        answer(self.ask(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        answer(self.ask(Method::POST, path).json(&body)).await
    }

    /// Hands facts in as a batch; each must be taken.
    pub async fn tell(&self, facts: &[Value]) {
        let (status, body) = self.post("/v1/facts", Value::Array(facts.to_vec())).await;
        assert_eq!((status, body["rejected"].as_u64()), (StatusCode::OK, Some(0)), "{body}");
    }

    /// The open tasks of a kind.
    pub async fn tasks(&self, kind: &str) -> Vec<Value> {
        let (status, body) = self.get(&format!("/v1/tasks?kind={kind}")).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        body["items"].as_array().unwrap().clone()
    }

    /// The one open task of a kind.
    pub async fn task(&self, kind: &str) -> Value {
        let tasks = self.tasks(kind).await;
        assert_eq!(tasks.len(), 1, "{kind}: {tasks:?}");
        tasks[0].clone()
    }
}

pub async fn answer(request: RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    let status = response.status();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

pub fn fact(id: &str, kind: &str, time: &str, data: Value) -> Value {
    json!({"specversion": "1.0", "id": id, "source": "test", "type": format!("parcelward.{kind}"), "time": time, "data": data})
}

/// An order of the shop, paid at a time.
pub fn order(id: &str, paid_at: &str, amount: &str) -> Value {
    let recipient = json!({"name": "李雷", "phone": "13900000001", "province": "浙江省", "city": "杭州市", "detail": "文一路1号"});
    fact(
        &format!("order-{id}"),
        "order",
        paid_at,
        json!({"platform": "pinduoduo", "shop": "shop", "order_id": id, "paid_at": paid_at, "amount": amount, "recipient": recipient}),
    )
}

pub fn shipment(id: &str, number: &str, at: &str) -> Value {
    let data = json!({"platform": "pinduoduo", "shop": "shop", "order_id": id, "waybill": {"courier": "yto", "number": number}, "declared_at": at});
    fact(&format!("shipment-{id}"), "shipment", at, data)
}

pub fn scan(id: &str, number: &str, at: &str, status: &str, reason: Option<&str>) -> Value {
    fact(id, "tracking", at, json!({"waybill": {"courier": "yto", "number": number}, "status": status, "reason": reason}))
}
