//! Whatever is sent over HTTP: never an answer in the 500s, always a problem that names what is wrong, nothing half-written, and the
//! daemon goes on serving.
//!
//! `PROPTEST_CASES` raises the number of cases.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod live;

use live::Shop;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::cell::RefCell;

const NOW: &str = "2026-03-12T12:00:00+08:00";

/// What is sent.
#[derive(Debug, Clone)]
struct Sent {
    method: Method,
    path: String,
    type_: &'static str,
    body: Vec<u8>,
}

/// A daemon with an order, a parcel and an open task, and somebody who sends.
struct Desk {
    runtime: tokio::runtime::Runtime,
    shop: RefCell<Option<Shop>>,
    client: Client,
    facts: RefCell<u64>,
}

impl Desk {
    fn open() -> Desk {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (shop, facts) = runtime.block_on(async {
            let shop = Shop::at(NOW).await;
            let (status, answer) = shop.post("/v1/facts", json!([order(), shipment()])).await;
            assert_eq!((status.as_u16(), answer["taken"].as_u64()), (200, Some(2)), "{answer}");
            shop.settle().await;
            let facts = shop.count_facts().await;
            (shop, facts)
        });
        Desk { runtime, shop: RefCell::new(Some(shop)), client: Client::new(), facts: RefCell::new(facts) }
    }

    fn some_task(&self) -> String {
        let shop = self.shop.borrow();
        let page = self.runtime.block_on(shop.as_ref().unwrap().get("/v1/tasks?limit=1"));
        page["items"][0]["task_id"].as_str().expect("there is an open task").to_owned()
    }

    /// Sends, and holds the answer to the law.
    fn try_it(&self, sent: &Sent) -> Result<(), TestCaseError> {
        let shop = self.shop.borrow();
        let shop = shop.as_ref().unwrap();
        self.runtime.block_on(async {
            let request = self.client.request(sent.method.clone(), shop.url(&sent.path)).body(sent.body.clone());
            let request = if sent.type_.is_empty() { request } else { request.header("content-type", sent.type_) };
            let response = request.send().await.map_err(|e| TestCaseError::fail(format!("no answer: {e}")))?;
            let status = response.status();
            let type_ = response.headers().get("content-type").map(|v| v.to_str().unwrap_or_default().to_owned()).unwrap_or_default();
            let text = response.text().await.map_err(|e| TestCaseError::fail(e.to_string()))?;
            prop_assert!(status.as_u16() < 500, "{status}: {text}");
            let body: Value = serde_json::from_str(&text).unwrap_or_default();
            if status.is_success() {
                named(&body)?;
            } else {
                prop_assert_eq!(&type_, "application/problem+json", "{}: {}", status, text);
                prop_assert_eq!(body["status"].as_u64(), Some(u64::from(status.as_u16())), "{}", text);
                prop_assert!(body["title"].is_string(), "{}", text);
                if matches!(status.as_u16(), 400 | 422) {
                    prop_assert!(has_fields(&body), "{status} names no field: {text}");
                }
            }
            // What was answered as taken is there, and nothing else.
            let facts = shop.count_facts().await;
            let before = self.facts.replace(facts);
            let taken = taken(sent, status.as_u16(), &body);
            prop_assert_eq!(facts - before, taken, "{}: {}", status, text);
            Ok(())
        })
    }

    /// It serves as before.
    fn close(self) {
        let shop = self.shop.take().unwrap();
        self.runtime.block_on(async {
            let (status, answer) = shop.post("/v1/facts", note("the last one")).await;
            assert_eq!((status.as_u16(), answer["result"].as_str()), (200, Some("accepted")), "{answer}");
            assert!(shop.app().store.aside(10).await.unwrap().is_empty(), "no case file was set aside");
            shop.stop().await;
        });
    }
}

/// How many facts an answer says are in the journal because of it.
fn taken(sent: &Sent, status: u16, body: &Value) -> u64 {
    let duplicate = body["result"] == "duplicate";
    match (sent.path.split('?').next().unwrap_or_default(), status) {
        (path, 200) if path.starts_with("/v1/tasks") && sent.method == Method::POST => match body["items"].as_array() {
            // Work on a task that is over is journalled without effect.
            Some(items) => items.iter().filter(|item| item["status"] == 200 || item["problem"]["outcome"].is_string()).count() as u64,
            None => 1,
        },
        ("/v1/coverage", 200) if sent.method != Method::GET => 1,
        ("/v1/facts" | "/v1/import", 200) => body["taken"].as_u64().unwrap_or(u64::from(!duplicate)),
        (_, 409) if body["outcome"].is_string() => 1,
        _ => 0,
    }
}

fn has_fields(problem: &Value) -> bool {
    let names =
        |error: &Value| error["field"].as_str().is_some_and(|f| !f.is_empty()) && error["message"].as_str().is_some_and(|m| !m.is_empty());
    problem["errors"].as_array().is_some_and(|errors| !errors.is_empty() && errors.iter().all(names))
}

/// In an answer to many, each that was not taken names its field.
fn named(body: &Value) -> Result<(), TestCaseError> {
    for item in body["items"].as_array().into_iter().flatten() {
        let status = item["status"].as_u64().unwrap_or(200);
        prop_assert!(status < 500, "{item}");
        let problem = if item["problem"].is_object() { &item["problem"] } else { item };
        prop_assert!(!matches!(status, 400 | 422) || has_fields(problem), "{item}");
    }
    for row in body["problems"].as_array().into_iter().flatten() {
        prop_assert!(row["row"].is_u64() && row["reason"].is_string(), "{row}");
    }
    Ok(())
}

fn fact(id: &str, type_: &str, data: Value) -> Value {
    json!({"specversion": "1.0", "id": id, "source": "test", "type": format!("parcelward.{type_}"), "time": "2026-03-12T08:00:00+08:00", "data": data})
}

fn order() -> Value {
    fact(
        "order",
        "order",
        json!({"platform": "pinduoduo", "shop": "s", "order_id": "1", "paid_at": "2026-03-10T20:00:00+08:00", "amount": "59.90",
            "items": [{"sku": "a", "title": "杯", "quantity": 1, "price": "59.90"}],
            "recipient": {"name": "李雷", "phone": "13900000001", "province": "浙江省", "city": "杭州市", "detail": "文一路1号"}}),
    )
}

fn shipment() -> Value {
    fact(
        "shipment",
        "shipment",
        json!({"platform": "pinduoduo", "shop": "s", "order_id": "2", "waybill": {"courier": "yto", "number": "YT1"}, "declared_at": "2026-03-11T08:00:00+08:00"}),
    )
}

fn note(id: &str) -> Value {
    fact(id, "note", json!({"platform": "pinduoduo", "shop": "s", "order_id": "1", "text": "x", "remind_at": "2026-03-12T20:00:00+08:00"}))
}

/// Facts of every kind, right as they stand, to be spoilt.
fn right_ones() -> Vec<Value> {
    let of = |fields: Value| {
        let mut data = json!({"platform": "pinduoduo", "shop": "s", "order_id": "1"});
        fields.as_object().unwrap().iter().for_each(|(name, value)| data[name] = value.clone());
        data
    };
    let waybill = json!({"courier": "yto", "number": "YT1"});
    vec![
        order(),
        shipment(),
        note("n"),
        fact("t", "tracking", json!({"waybill": waybill, "status": "exception", "reason": "lost", "place": "杭州"})),
        fact("a", "after_sale", of(json!({"after_sale_id": "A", "kind": "refund_only", "status": "requested", "amount": "1.00"}))),
        fact("b", "buyer_request", of(json!({"request": "change_address", "new_address": {"province": "云南"}, "urgent": true}))),
        fact("d", "dispute", of(json!({"dispute_id": "D", "status": "opened"}))),
        fact("c", "commitment", of(json!({"commitment_id": "C", "promise": "reply", "status": "made"}))),
        fact("l", "claim", of(json!({"waybill": waybill, "claim_id": "L", "status": "filed"}))),
        fact("e", "evidence", of(json!({"evidence_id": "E", "kind": "damage", "uri": "file:///x"}))),
        fact("m", "message", of(json!({"from": "buyer", "text": "x"}))),
        fact("r", "report", of(json!({"case": "lost"}))),
        fact("o", "operation_update", json!({"waybill": waybill, "kind": "intercept", "status": "accepted"})),
        fact("u", "task_update", of(json!({"kind": "ship_now", "status": "done", "outcome": "shipped", "answers": {"waybill": waybill}}))),
        fact("v", "coverage", json!({"courier": "yto", "province": "新疆", "serves": false})),
        fact(
            "w",
            "disruption",
            json!({"disruption_id": "X", "from": NOW, "until": "2026-03-13T00:00:00Z", "effect": "extend", "extend_by": "24h"}),
        ),
    ]
}

/// Any small JSON, with the values that trip readers among them.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        prop::sample::select(vec![
            "",
            " ",
            "\u{0}",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:60Z",
            "2026-03-12T08:00:00",
            "-0.00",
            "1e400",
            "99999999999999999999.99",
            "NaN",
            "pinduoduo",
            "yto",
            "done",
            "null",
            "true",
        ])
        .prop_map(Value::from),
        (1_usize..4000).prop_map(|n| Value::from("長".repeat(n))),
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("[a-z_]{0,8}", inner, 0..5).prop_map(|m| json!(m))
        ]
    })
}

/// A right fact with one thing in it replaced, taken away or added.
fn spoilt() -> impl Strategy<Value = Value> {
    (prop::sample::select(right_ones()), any::<prop::sample::Index>(), any_json(), 0..4_u8, "[a-z]{12}").prop_map(
        |(mut fact, place, value, how, id)| {
            // Its own identity, so that it is not in conflict with the one before.
            fact["id"] = json!(id);
            let mut paths = Vec::new();
            walk(&fact, String::new(), &mut paths);
            let path = place.get(&paths).clone();
            let (parent, last) = path.rsplit_once('/').unwrap();
            match (fact.pointer_mut(parent), how) {
                (Some(Value::Object(map)), 0) => drop(map.remove(last)),
                (Some(Value::Object(map)), 1) => drop(map.insert("unheard_of".to_owned(), value)),
                _ => {
                    if let Some(at) = fact.pointer_mut(&path) {
                        *at = value;
                    }
                }
            }
            fact
        },
    )
}

fn walk(value: &Value, path: String, out: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(list) => list.iter().enumerate().map(|(i, value)| (i.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (name, value) in inner {
        let path = format!("{path}/{name}");
        out.push(path.clone());
        walk(value, path, out);
    }
}

fn runner() -> TestRunner {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(48);
    TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() })
}

fn run<T: std::fmt::Debug>(desk: &Desk, strategy: impl Strategy<Value = T>, sent: impl Fn(&T) -> Sent) {
    runner().run(&strategy, |case| desk.try_it(&sent(&case))).unwrap_or_else(|error| panic!("{error}"));
}

fn post(path: &str, type_: &'static str, body: impl Into<Vec<u8>>) -> Sent {
    Sent { method: Method::POST, path: path.to_owned(), type_, body: body.into() }
}

const TYPES: &[&str] = &[
    "application/json",
    "application/cloudevents+json",
    "application/cloudevents-batch+json; charset=utf-8",
    "application/x-ndjson",
    "multipart/form-data; boundary=x",
    "application/octet-stream",
    "text/plain",
    "",
];

#[test]
fn bytes_that_are_no_facts() {
    let desk = Desk::open();
    let task = desk.some_task();
    let paths = vec![
        "/v1/facts".to_owned(),
        "/v1/import".to_owned(),
        "/v1/import?shop=s&file=a.csv".to_owned(),
        "/v1/tasks/batch".to_owned(),
        format!("/v1/tasks/{task}/claim"),
        "/v1/coverage".to_owned(),
    ];
    let bytes = prop_oneof![
        vec(any::<u8>(), 0..300),
        "[\\[\\]{}\",:a-z0-9 \\\\\n]{0,120}".prop_map(String::into_bytes),
        // What looks like a workbook, a multipart form, a table.
        vec(any::<u8>(), 0..200).prop_map(|tail| [b"PK\x03\x04".to_vec(), tail].concat()),
        "(--x\r\n[a-zA-Z-]{0,30}: [ -~]{0,40}\r\n\r\n[ -~]{0,40}\r\n){0,3}(--x--)?".prop_map(String::into_bytes),
        "(订单号|订单状态|支付时间|,|\n|[0-9]{1,6}){0,40}".prop_map(String::into_bytes),
    ];
    run(&desk, (prop::sample::select(paths), prop::sample::select(TYPES.to_vec()), bytes), |(path, type_, bytes)| {
        let method = if path == "/v1/coverage" { Method::PUT } else { Method::POST };
        Sent { method, ..post(path, type_, bytes.clone()) }
    });
    desk.close();
}

#[test]
fn facts_with_something_wrong_in_them() {
    let desk = Desk::open();
    run(&desk, (vec(spoilt(), 1..4), 0..4_u8), |(facts, way)| {
        let lines = || facts.iter().map(|fact| format!("{fact}\n")).collect::<String>();
        match way {
            0 => post("/v1/facts", "application/cloudevents+json", facts[0].to_string()),
            1 => post("/v1/facts", "application/cloudevents-batch+json", Value::from(facts.clone()).to_string()),
            2 => post("/v1/facts", "application/x-ndjson", lines()),
            _ => post("/v1/import", "application/octet-stream", lines()),
        }
    });
    desk.close();
}

#[test]
fn json_of_any_shape() {
    let desk = Desk::open();
    let task = desk.some_task();
    let paths: Vec<String> = ["/v1/facts", "/v1/tasks/batch"]
        .map(str::to_owned)
        .into_iter()
        .chain(["claim", "done", "dismiss", "snooze", "reopen", "assign", "eat"].map(|verb| format!("/v1/tasks/{task}/{verb}")))
        .collect();
    run(&desk, (prop::sample::select(paths), any_json()), |(path, body)| post(path, "application/json", body.to_string()));
    desk.close();
}

#[test]
fn actions_with_wrong_fields() {
    let desk = Desk::open();
    let task = desk.some_task();
    let names = ["by", "outcome", "answers", "note", "assignee", "snooze_until", "expected_version", "verb", "tasks", "task_id", "colour"];
    let fields = prop::collection::btree_map(prop::sample::select(names.to_vec()), any_json(), 0..5);
    let verbs = prop::sample::select(vec!["claim", "done", "dismiss", "snooze", "reopen", "assign"]);
    run(&desk, (verbs, fields, any::<bool>()), |(verb, fields, many)| {
        let mut body = json!(fields);
        if *many {
            body["verb"] = json!(verb);
            body["tasks"] = json!([task, "no-such-task", task, {"task_id": task, "outcome": fields.get("outcome")}]);
            return post("/v1/tasks/batch", "application/json", body.to_string());
        }
        post(&format!("/v1/tasks/{task}/{verb}"), "application/json", body.to_string())
    });
    desk.close();
}

#[test]
fn parameters_and_paths_of_any_kind() {
    let desk = Desk::open();
    let task = desk.some_task();
    let names = [
        "queue",
        "state",
        "urgency",
        "assignee",
        "due_before",
        "platform",
        "shop",
        "courier",
        "case_kind",
        "order_id",
        "kind",
        "limit",
        "cursor",
        "rule",
        "hours",
        "history",
        "province",
        "personal",
        "after_line",
        "colour",
        "%FF",
        "",
    ];
    let value = prop_oneof![
        "[ -~]{0,20}".prop_map(|text| escaped(text.as_bytes())),
        vec(any::<u8>(), 0..12).prop_map(|bytes| escaped(&bytes)),
        prop::sample::select(vec![
            "%",
            "%zz",
            "%00",
            "-1",
            "0",
            "501",
            "99999999999999999999",
            "2026-03-10T08:00:00+08:00",
            "done",
            "1~2~3",
            "AAAA"
        ])
        .prop_map(str::to_owned),
    ];
    let path = prop::sample::select(vec![
        "/v1/tasks".to_owned(),
        format!("/v1/tasks/{task}"),
        "/v1/deadlines".to_owned(),
        "/v1/board".to_owned(),
        "/v1/status".to_owned(),
        "/v1/coverage".to_owned(),
        "/v1/orders/pinduoduo/s/1".to_owned(),
        "/v1/orders/%FF/%FE/%00".to_owned(),
        "/v1/tasks/%FF".to_owned(),
        "/v1/cases/%ff%00".to_owned(),
        "/v1/explain/%ff".to_owned(),
        "/v1/explain/x-y".to_owned(),
        "/v1/nothing/here".to_owned(),
    ]);
    let query = vec((prop::sample::select(names.to_vec()), value), 0..4);
    let method = prop::sample::select(vec![Method::GET, Method::GET, Method::GET, Method::DELETE, Method::PUT, Method::PATCH]);
    run(&desk, (method, path, query), |(method, path, query)| {
        let query: Vec<String> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        Sent { method: method.clone(), path: format!("{path}?{}", query.join("&")), type_: "application/json", body: Vec::new() }
    });
    desk.close();
}

fn escaped(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("%{b:02X}")).collect()
}

/// What a client gets wrong most often, each said by its name.
#[test]
fn the_usual_mistakes_are_named() {
    let desk = Desk::open();
    let task = desk.some_task();
    let mut wrong_courier = right_ones().remove(3);
    wrong_courier["data"]["waybill"]["courier"] = json!("yuantong");
    let mut no_time = note("x");
    no_time.as_object_mut().unwrap().remove("time");
    let cases = [
        (post("/v1/facts", "application/json", wrong_courier.to_string()), 422, "data.waybill.courier"),
        (post("/v1/facts", "application/json", no_time.to_string()), 422, "time"),
        (post("/v1/facts", "application/json", "{\"id\":"), 422, "(line)"),
        (post("/v1/facts", "application/json", ""), 422, "(line)"),
        (post("/v1/facts", "application/cloudevents-batch+json", "{}"), 422, "(body)"),
        (post("/v1/facts", "application/json", vec![0xff, 0xfe]), 422, "(body)"),
        (post("/v1/import", "multipart/form-data; boundary=x", "--x--"), 422, "file"),
        (post("/v1/import?shop=s", "application/octet-stream", "colour,taste\nred,sour\n"), 422, "file"),
        (post("/v1/import?kind=mine", "application/octet-stream", "订单号,订单状态,支付时间\n1,2,3\n"), 422, "kind"),
        (post("/v1/import", "application/octet-stream", "订单号,订单状态,支付时间\n1,2,3\n"), 422, "shop"),
        (post(&format!("/v1/tasks/{task}/done"), "application/json", "{\"by\":\"a\"}"), 422, "outcome"),
        (post(&format!("/v1/tasks/{task}/snooze"), "application/json", "{\"by\":\"a\"}"), 422, "snooze_until"),
        (post(&format!("/v1/tasks/{task}/assign"), "application/json", "{\"by\":\"a\"}"), 422, "assignee"),
        (post("/v1/tasks/batch", "application/json", "{\"verb\":\"claim\"}"), 422, "tasks"),
    ];
    for (sent, status, field) in cases {
        desk.try_it(&sent).unwrap_or_else(|e| panic!("{sent:?}: {e}"));
        let shop = desk.shop.borrow();
        let request = desk
            .client
            .request(sent.method.clone(), shop.as_ref().unwrap().url(&sent.path))
            .header("content-type", sent.type_)
            .body(sent.body.clone());
        let (got, body) = desk.runtime.block_on(async {
            let response = request.send().await.unwrap();
            (response.status().as_u16(), response.json::<Value>().await.unwrap())
        });
        assert_eq!((got, body["errors"][0]["field"].as_str()), (status, Some(field)), "{sent:?}: {body}");
    }
    desk.close();
}
