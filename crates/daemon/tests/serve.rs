//! The HTTP API as its users meet it: a real server, a real database.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::*;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;

const PAID: &str = "2026-03-10T08:00:00+08:00";
/// Twelve hours before the order of [`PAID`] must be shipped: the first rung of `pdd.ship_by`.
const FIRST_RUNG: &str = "2026-03-11T20:00:00+08:00";

#[tokio::test(flavor = "multi_thread")]
async fn facts_come_in_and_a_task_comes_out() {
    let daemon = Daemon::at(FIRST_RUNG).await;
    daemon.tell(&[order("O1", PAID, "59.90")]).await;
    let task = daemon.task("ship_now").await;
    assert_eq!(
        (task["queue"].as_str(), task["urgency"].as_str(), task["state"].as_str()),
        (Some("warehouse"), Some("normal"), Some("open"))
    );
    assert_eq!((task["due_at"].as_str(), task["order_id"].as_str()), (Some("2026-03-12T08:00:00+08:00"), Some("O1")));
    let left = task["seconds_left"].as_i64().unwrap();
    assert!((43_190..=43_200).contains(&left), "{left}");
    for text in ["title", "why", "missed"] {
        assert!(!task[text].as_str().unwrap().is_empty(), "{text}");
    }
    assert!(!task["steps"].as_array().unwrap().is_empty());
    assert_eq!(task["outcomes"][0]["outcome"], "shipped");
    let (status, deadlines) = daemon.get("/v1/deadlines?rule=pdd.ship_by").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(deadlines["items"][0]["state"], "running");
    let (_, board) = daemon.get("/v1/board").await;
    assert_eq!(board["open_cases"]["late_shipment"], 1);
    let case = task["case_id"].as_str().unwrap();
    let (status, case) = daemon.get(&format!("/v1/cases/{case}")).await;
    assert_eq!(
        (status, case["kind"].as_str(), case["tasks"][0]["kind"].as_str()),
        (StatusCode::OK, Some("late_shipment"), Some("ship_now"))
    );
    assert_eq!(case["order"]["order_id"], "O1");
    daemon.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rung_acts_when_its_moment_comes() {
    let daemon = Daemon::at("2026-03-11T19:00:00+08:00").await;
    daemon.tell(&[order("O1", PAID, "59.90")]).await;
    assert!(daemon.tasks("ship_now").await.is_empty());
    daemon.clock.set("2026-03-11T20:00:01+08:00");
    for _ in 0..100 {
        if !daemon.tasks("ship_now").await.is_empty() {
            let task = daemon.task("ship_now").await;
            assert_eq!(task["opened_at"], FIRST_RUNG, "at its own instant, however late the daemon woke");
            return daemon.running.stop().await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the first rung of pdd.ship_by opened no task");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_people_who_claim_a_task_one_has_it() {
    let daemon = Daemon::at(FIRST_RUNG).await;
    daemon.tell(&[order("O1", PAID, "59.90")]).await;
    let id = daemon.task("ship_now").await["task_id"].as_str().unwrap().to_owned();
    let path = format!("/v1/tasks/{id}/claim");
    let (first, second) = tokio::join!(daemon.post(&path, json!({"by": "小王"})), daemon.post(&path, json!({"by": "小李"})));
    let (won, lost, winner) = if first.0 == StatusCode::OK { (first, second, "小王") } else { (second, first, "小李") };
    assert_eq!((won.0, won.1["state"].as_str(), won.1["assignee"].as_str()), (StatusCode::OK, Some("claimed"), Some(winner)));
    assert_eq!((lost.0, lost.1["assignee"].as_str()), (StatusCode::CONFLICT, Some(winner)), "{}", lost.1);
    assert!(lost.1["detail"].as_str().unwrap().contains(winner));
    let (status, mine) = daemon.get(&format!("/v1/tasks?assignee={winner}&state=claimed")).await;
    assert_eq!((status, mine["items"].as_array().unwrap().len()), (StatusCode::OK, 1));
    // Without a token and without a name nobody can have it.
    let (status, problem) = daemon.post(&path, json!({})).await;
    assert_eq!((status, problem["errors"][0]["field"].as_str()), (StatusCode::UNPROCESSABLE_ENTITY, Some("by")), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_answer_is_named_and_the_task_stays() {
    let daemon = Daemon::at("2026-03-11T12:00:00+08:00").await;
    daemon
        .tell(&[
            order("O1", PAID, "59.90"),
            shipment("O1", "YT1", "2026-03-10T10:00:00+08:00"),
            scan("t1", "YT1", "2026-03-10T18:00:00+08:00", "collected", None),
            scan("t2", "YT1", "2026-03-11T11:00:00+08:00", "exception", Some("lost")),
        ])
        .await;
    let task = daemon.task("file_claim_by_hand").await;
    let filed = task["outcomes"].as_array().unwrap().iter().find(|o| o["outcome"] == "filed").unwrap();
    assert_eq!(filed["required"], json!(["reference"]));
    let path = format!("/v1/tasks/{}/done", task["task_id"].as_str().unwrap());
    let (status, problem) = daemon.post(&path, json!({"by": "小王", "outcome": "filed"})).await;
    assert_eq!(
        (status, problem["errors"][0]["field"].as_str()),
        (StatusCode::UNPROCESSABLE_ENTITY, Some("answers.reference")),
        "{problem}"
    );
    let (status, problem) = daemon.post(&path, json!({"by": "小王", "outcome": "eaten"})).await;
    assert_eq!((status, problem["errors"][0]["field"].as_str()), (StatusCode::UNPROCESSABLE_ENTITY, Some("outcome")), "{problem}");
    let (status, problem) = daemon.post(&path, json!({"by": "小王", "outcome": "filed", "answers": {"amount": 5}})).await;
    assert_eq!((status, problem["errors"][0]["field"].as_str()), (StatusCode::UNPROCESSABLE_ENTITY, Some("answers.amount")), "{problem}");
    let (status, problem) = daemon.post(&path, json!({"by": "小王", "outcom": "filed"})).await;
    assert_eq!((status, problem["errors"][0]["field"].as_str()), (StatusCode::UNPROCESSABLE_ENTITY, Some("outcom")), "{problem}");
    assert_eq!(daemon.task("file_claim_by_hand").await["state"], "open");
    let (status, done) = daemon.post(&path, json!({"by": "小王", "outcome": "filed", "answers": {"reference": "C-1"}})).await;
    assert_eq!((status, done["state"].as_str(), done["outcome"].as_str()), (StatusCode::OK, Some("closed"), Some("filed")));
    let (status, problem) = daemon.post(&path, json!({"by": "小李", "outcome": "filed", "answers": {"reference": "C-2"}})).await;
    assert_eq!((status, problem["outcome"].as_str()), (StatusCode::CONFLICT, Some("filed")), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_changed_meanwhile_is_not_changed_unseen() {
    let daemon = Daemon::at(FIRST_RUNG).await;
    daemon.tell(&[order("O1", PAID, "59.90")]).await;
    let task = daemon.task("ship_now").await;
    let (id, version) = (task["task_id"].as_str().unwrap(), task["version"].as_u64().unwrap());
    let act = |verb: &str, tag: u64| daemon.ask(Method::POST, &format!("/v1/tasks/{id}/{verb}")).header("if-match", format!("\"{tag}\""));
    let response = act("claim", version).json(&json!({"by": "小王"})).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let tag = response.headers()["etag"].to_str().unwrap().to_owned();
    assert_ne!(tag, format!("\"{version}\""));
    let (status, problem) = answer(act("dismiss", version).json(&json!({"by": "小李"}))).await;
    assert_eq!((status, problem["errors"][0]["field"].as_str()), (StatusCode::PRECONDITION_FAILED, Some("If-Match")), "{problem}");
    assert_eq!(format!("\"{}\"", problem["current_version"]), tag);
    let (status, problem) = daemon.post(&format!("/v1/tasks/{id}/dismiss"), json!({"by": "小李", "expected_version": version})).await;
    assert_eq!((status, problem["errors"][0]["field"].as_str()), (StatusCode::CONFLICT, Some("expected_version")), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_hold_every_task_once_by_time_left_then_money() {
    let daemon = Daemon::at(FIRST_RUNG).await;
    let orders: Vec<Value> = (0..23)
        .map(|n| order(&format!("O{n:02}"), &format!("2026-03-10T0{}:00:00+08:00", 6 + n % 3), &format!("{}.00", (n * 7) % 23 + 1)))
        .collect();
    daemon.tell(&orders).await;
    let (mut path, mut all) = ("/v1/tasks?kind=ship_now&limit=5".to_owned(), Vec::new());
    loop {
        let (status, page) = daemon.get(&path).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(next) => path = format!("/v1/tasks?kind=ship_now&limit=5&cursor={next}"),
            None => break,
        }
    }
    let key = |t: &Value| {
        let fen = t["money_at_stake"].as_str().unwrap().replace('.', "").parse::<i64>().unwrap();
        (t["due_at"].as_str().unwrap().to_owned(), -fen)
    };
    let keys: Vec<_> = all.iter().map(key).collect();
    let mut sorted = keys.clone();
    sorted.sort();
    assert_eq!(keys, sorted);
    let ids: std::collections::BTreeSet<&str> = all.iter().map(|t| t["task_id"].as_str().unwrap()).collect();
    assert_eq!((all.len(), ids.len()), (23, 23));
    for (filter, count) in [
        ("shop=shop", 23),
        ("shop=other", 0),
        ("order_id=O07", 1),
        ("platform=jd", 0),
        ("due_before=2026-03-12T07:30:00%2B08:00", 16),
        ("state=closed", 0),
    ] {
        let (_, page) = daemon.get(&format!("/v1/tasks?limit=100&kind=ship_now&{filter}")).await;
        assert_eq!(page["items"].as_array().unwrap().len(), count, "{filter}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_verb_for_many_tasks_has_an_answer_each() {
    let daemon = Daemon::at(FIRST_RUNG).await;
    daemon.tell(&[order("O1", PAID, "1.00"), order("O2", PAID, "2.00"), order("O3", PAID, "3.00")]).await;
    let ids: Vec<String> = daemon.tasks("ship_now").await.iter().map(|t| t["task_id"].as_str().unwrap().to_owned()).collect();
    daemon.post(&format!("/v1/tasks/{}/claim", ids[1]), json!({"by": "小李"})).await;
    let body = json!({"verb": "claim", "by": "小王", "tasks": [ids[0], {"task_id": ids[1]}, "no-such-task", ids[0], {"task_id": ids[2], "by": "小张"}]});
    let (status, answers) = daemon.post("/v1/tasks/batch", body).await;
    assert_eq!(status, StatusCode::OK, "{answers}");
    let statuses: Vec<u64> = answers["items"].as_array().unwrap().iter().map(|a| a["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [200, 409, 404, 422, 200], "{answers}");
    assert_eq!((answers["done"].as_u64(), answers["refused"].as_u64()), (Some(2), Some(3)));
    assert_eq!(answers["items"][0]["task"]["assignee"], "小王");
    assert_eq!(answers["items"][1]["problem"]["assignee"], "小李");
    assert_eq!(answers["items"][4]["task"]["assignee"], "小张");
    let many: Vec<String> = (0..201).map(|n| n.to_string()).collect();
    for (body, field) in [
        (json!({"verb": "eat", "tasks": ["a"]}), "verb"),
        (json!({"verb": "done", "tasks": []}), "tasks"),
        (json!({"verb": "done", "tasks": many}), "tasks"),
        (json!({"verb": "done", "tasks": [{"by": "x"}]}), "tasks[0].task_id"),
        (json!({"verb": "done", "tasks": ["a"], "colour": "red"}), "colour"),
    ] {
        let (status, problem) = daemon.post("/v1/tasks/batch", body).await;
        assert_eq!((status, problem["errors"][0]["field"].as_str()), (StatusCode::UNPROCESSABLE_ENTITY, Some(field)), "{problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fact_said_twice_is_one_and_one_said_differently_is_a_conflict() {
    let daemon = Daemon::at(FIRST_RUNG).await;
    let first = order("O1", PAID, "59.90");
    let (status, body) = daemon.post("/v1/facts", first.clone()).await;
    assert_eq!((status, body["result"].as_str(), body["order"]["order_id"].as_str()), (StatusCode::OK, Some("accepted"), Some("O1")));
    let (status, body) = daemon.post("/v1/facts", first.clone()).await;
    assert_eq!((status, body["result"].as_str()), (StatusCode::OK, Some("duplicate")));
    let other = order("O1", PAID, "60.00");
    let (status, problem) = daemon.post("/v1/facts", other.clone()).await;
    assert_eq!((status, problem["errors"][0]["field"].as_str()), (StatusCode::CONFLICT, Some("id")));
    assert!(problem["detail"].as_str().unwrap().contains("order-O1"));
    let parked = scan("t9", "YT9", PAID, "collected", None);
    let wrong = fact("w", "tracking", PAID, json!({"waybill": {"courier": "zzz", "number": "1"}, "status": "collected"}));
    let lines: String = [&first, &other, &parked, &wrong].iter().map(|f| format!("{f}\n\n")).collect();
    let request = daemon.ask(Method::POST, "/v1/facts").header("content-type", "application/x-ndjson").body(lines);
    let (status, body) = answer(request).await;
    assert_eq!(status, StatusCode::OK);
    let of = |key: &str| body["items"].as_array().unwrap().iter().map(|i| i[key].clone()).collect::<Vec<_>>();
    assert_eq!(of("result"), ["duplicate", "conflict", "parked", "invalid"]);
    assert_eq!(of("status"), [200, 409, 200, 422]);
    assert_eq!(of("index"), [1, 3, 5, 7], "the line's number");
    assert_eq!(body["items"][3]["errors"][0]["field"], "data.waybill.courier");
    assert_eq!((body["taken"].as_u64(), body["duplicates"].as_u64(), body["rejected"].as_u64()), (Some(1), Some(1), Some(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn problems_name_the_field_and_are_problem_details() {
    let daemon = Daemon::with(FIRST_RUNG, tempfile::tempdir().unwrap(), &[("SERVER__MAX_BODY", "64KiB")]).await;
    let ask = |method: Method, path: &str| daemon.ask(method, path);
    let long = "x".repeat(70_000);
    for (request, status, field) in [
        (ask(Method::GET, "/v1/nothing"), 404, None),
        (ask(Method::GET, "/v1/tasks/none"), 404, None),
        (ask(Method::GET, "/v1/cases/none"), 404, None),
        (ask(Method::GET, "/v1/orders/pinduoduo/shop/none"), 404, None),
        (ask(Method::GET, "/v1/orders/ebay/shop/none"), 422, Some("platform")),
        (ask(Method::DELETE, "/v1/tasks"), 405, None),
        (ask(Method::GET, "/v1/tasks?queue=kitchen"), 422, Some("queue")),
        (ask(Method::GET, "/v1/tasks?cursor=abc"), 422, Some("cursor")),
        (ask(Method::GET, "/v1/deadlines?rule=pdd.colect"), 422, Some("rule")),
        (ask(Method::GET, "/v1/board?hours=1000"), 422, Some("hours")),
        (ask(Method::POST, "/v1/facts").body("x"), 415, None),
        (ask(Method::POST, "/v1/facts").header("content-type", "application/json").body("{"), 422, Some("(line)")),
        (ask(Method::POST, "/v1/facts").header("content-type", "application/json").body("[1,"), 422, Some("(body)")),
        (ask(Method::POST, "/v1/facts").header("content-type", "application/json").body(&b"\xff\xfe"[..]), 422, Some("(body)")),
        (ask(Method::POST, "/v1/facts").header("content-type", "application/json").body(long), 413, None),
        (ask(Method::POST, "/v1/facts").json(&fact("a", "order", PAID, json!({"platform": "pinduoduo"}))), 422, Some("data.shop")),
    ] {
        let request = request.header("x-request-id", "mine-1").build().unwrap();
        let name = format!("{} {}", request.method(), request.url());
        let response = daemon.client.execute(request).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{name}");
        assert_eq!(response.headers()["content-type"], "application/problem+json", "{name}");
        assert_eq!(response.headers()["x-request-id"], "mine-1", "{name}");
        let problem: Value = response.json().await.unwrap();
        assert_eq!(problem["status"].as_u64(), Some(u64::from(status)));
        assert!(problem["type"].as_str().unwrap().starts_with("urn:parcelward:problem:") && problem["title"].is_string());
        assert_eq!(problem["errors"][0]["field"].as_str(), field, "{name}: {problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_asked_for_where_one_is_configured() {
    let dir = tempfile::tempdir().unwrap();
    let tokens = dir.path().join("tokens");
    std::fs::write(&tokens, "# staff\n小王:0123456789abcdef\n").unwrap();
    let file = tokens.display().to_string();
    let mut daemon = Daemon::with(FIRST_RUNG, dir, &[("SERVER__TOKEN_FILE", &file)]).await;
    assert!(daemon.running.asks_token());
    for path in ["/v1/tasks", "/v1/export", "/metrics", "/v1/board"] {
        let response = daemon.ask(Method::GET, path).send().await.unwrap();
        assert_eq!(
            (response.status(), response.headers()["www-authenticate"].to_str().unwrap()),
            (StatusCode::UNAUTHORIZED, "Bearer"),
            "{path}"
        );
    }
    let wrong = daemon.client.get(daemon.url("/v1/tasks")).bearer_auth("0123456789abcdeg").send().await.unwrap();
    assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED);
    for path in ["/healthz", "/readyz", "/openapi.json"] {
        assert_eq!(daemon.get(path).await.0, StatusCode::OK, "{path}");
    }
    daemon.token = Some("0123456789abcdef".to_owned());
    daemon.tell(&[order("O1", PAID, "59.90")]).await;
    let id = daemon.task("ship_now").await["task_id"].as_str().unwrap().to_owned();
    let (status, task) = daemon.post(&format!("/v1/tasks/{id}/claim"), json!({})).await;
    assert_eq!((status, task["assignee"].as_str()), (StatusCode::OK, Some("小王")), "the token's name is who did it");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_sites_page_is_not_served_without_a_token() {
    let daemon = Daemon::at(FIRST_RUNG).await;
    for (name, value) in [("origin", "https://evil.example"), ("host", "evil.example")] {
        let (status, problem) = answer(daemon.ask(Method::GET, "/v1/tasks").header(name, value)).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{name}: {problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_shown_with_its_timeline_and_its_people_masked() {
    let daemon = Daemon::at(FIRST_RUNG).await;
    daemon.tell(&[order("O1", PAID, "59.90"), shipment("O1", "YT1", "2026-03-10T10:00:00+08:00")]).await;
    let path = "/v1/orders/pinduoduo/shop/O1";
    let (status, masked) = daemon.get(path).await;
    assert_eq!(status, StatusCode::OK, "{masked}");
    assert_eq!(masked["order"]["recipient"]["name"], "李*");
    assert_eq!(masked["parcels"][0]["waybill"]["number"], "YT1");
    let types: Vec<&str> = masked["timeline"].as_array().unwrap().iter().map(|e| e["type"].as_str().unwrap()).collect();
    for wanted in ["parcelward.order", "parcelward.shipment", "parcelward.deadline.set", "parcelward.deadline.met"] {
        assert!(types.contains(&wanted), "{types:?}");
    }
    let text = masked.to_string();
    for personal in ["李雷", "13900000001", "文一路"] {
        assert!(!text.contains(personal), "{personal}");
    }
    let (_, shown) = daemon.get(&format!("{path}?personal=show")).await;
    assert_eq!(shown["order"]["recipient"]["phone"], "13900000001");
    let (_, tasks) = daemon.get("/v1/tasks").await;
    assert!(!tasks.to_string().contains("13900000001"));
}

#[tokio::test(flavor = "multi_thread")]
async fn coverage_is_noted_listed_and_taken_back() {
    let daemon = Daemon::at(FIRST_RUNG).await;
    let put = |body: Value| answer(daemon.ask(Method::PUT, "/v1/coverage").json(&body));
    let (status, body) = put(json!({"courier": "yto", "province": "西藏自治区", "note": "no vans"})).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let (status, problem) = put(json!({"courier": "zzz", "province": "西藏"})).await;
    assert_eq!((status, problem["errors"][0]["field"].as_str()), (StatusCode::UNPROCESSABLE_ENTITY, Some("courier")), "{problem}");
    let (_, list) = daemon.get("/v1/coverage?courier=yto").await;
    assert_eq!(list["items"].as_array().unwrap().len(), 1, "{list}");
    assert_eq!((list["items"][0]["province"].as_str(), list["items"][0]["serves"].as_bool()), (Some("西藏"), Some(false)));
    let delete = |query: &str| answer(daemon.ask(Method::DELETE, &format!("/v1/coverage?{query}")));
    let (status, problem) = delete("courier=yto").await;
    assert_eq!((status, problem["errors"][0]["field"].as_str()), (StatusCode::UNPROCESSABLE_ENTITY, Some("province")), "{problem}");
    assert_eq!(delete("courier=yto&province=青海").await.0, StatusCode::NOT_FOUND);
    assert_eq!(delete("courier=yto&province=西藏").await.0, StatusCode::OK);
    let (_, list) = daemon.get("/v1/coverage?courier=yto").await;
    assert_eq!(list["items"][0]["serves"], true, "{list}");
    assert_eq!(delete("courier=yto&province=西藏").await.0, StatusCode::NOT_FOUND, "nothing is left to take back");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_gives_every_fact_back_in_order() {
    let daemon = Daemon::at(FIRST_RUNG).await;
    let facts: Vec<Value> = (0..1_203).map(|n| order(&format!("O{n}"), PAID, "1.00")).collect();
    for part in facts.chunks(400) {
        daemon.tell(part).await;
    }
    let response = daemon.ask(Method::GET, "/v1/export").send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/x-ndjson");
    let text = response.text().await.unwrap();
    let lines: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines.len(), facts.len());
    for (mut line, fact) in lines.into_iter().zip(&facts) {
        let recorded = line.as_object_mut().unwrap().remove("recordedtime").unwrap();
        assert!(recorded.as_str().unwrap().starts_with("2026-03-11T20:00:"), "{recorded}");
        assert_eq!(&line, fact);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_is_whole() {
    let daemon = Daemon::at(FIRST_RUNG).await;
    let (status, api) = daemon.get("/openapi.json").await;
    assert_eq!((status, api["openapi"].as_str()), (StatusCode::OK, Some("3.1.0")));
    let mut ids = std::collections::BTreeSet::new();
    for (path, methods) in api["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{method} {path} has another's id");
        }
    }
    for path in [
        "/v1/facts",
        "/v1/tasks",
        "/v1/tasks/{id}",
        "/v1/tasks/{id}/{verb}",
        "/v1/tasks/batch",
        "/v1/cases/{id}",
        "/v1/orders/{platform}/{shop}/{order_id}",
        "/v1/deadlines",
        "/v1/board",
        "/v1/status",
        "/v1/coverage",
        "/v1/export",
        "/v1/import",
        "/healthz",
        "/readyz",
        "/metrics",
    ] {
        assert!(api["paths"][path].is_object(), "{path}");
    }
    // Every schema that is named is there.
    let text = api.to_string();
    for name in text.split("#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(api["components"]["schemas"][name].is_object(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_count_without_naming_orders() {
    let daemon = Daemon::at(FIRST_RUNG).await;
    daemon.tell(&[order("SECRET-ORDER", PAID, "59.90")]).await;
    daemon.get("/v1/orders/pinduoduo/shop/SECRET-ORDER").await;
    let (status, text) = daemon.get("/metrics").await;
    let text = text.as_str().unwrap();
    assert_eq!(status, StatusCode::OK);
    assert!(text.contains("parcelward_open_tasks{queue=\"warehouse\"}"), "{text}");
    assert!(text.contains("/v1/orders/{platform}/{shop}/{order_id}") && !text.contains("SECRET-ORDER"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_finishes_what_runs_and_keeps_what_it_took() {
    let daemon = Daemon::at(FIRST_RUNG).await;
    let (line, address) = (order("O1", PAID, "59.90").to_string(), daemon.running.address());
    // A request whose body comes in two parts, the second after the stop has begun.
    let (sender, body) = futures::channel::mpsc::unbounded::<Result<String, std::io::Error>>();
    let (head, tail) = line.split_at(40);
    sender.unbounded_send(Ok(head.to_owned())).unwrap();
    let request = daemon.ask(Method::POST, "/v1/facts").header("content-type", "application/json").body(reqwest::Body::wrap_stream(body));
    let request = tokio::spawn(request.send());
    tokio::time::sleep(Duration::from_millis(300)).await;
    let app = std::sync::Arc::clone(daemon.running.app());
    let stop = tokio::spawn(daemon.running.stop());
    while !app.is_stopping() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err(), "nothing new is taken");
    assert!(!stop.is_finished(), "the running request is waited for");
    sender.unbounded_send(Ok(tail.to_owned())).unwrap();
    drop(sender);
    assert_eq!(request.await.unwrap().unwrap().status(), StatusCode::OK);
    stop.await.unwrap().unwrap();
    let again = Daemon::with(FIRST_RUNG, daemon.dir, &[]).await;
    assert_eq!(again.task("ship_now").await["order_id"], "O1");
}

fn sample(name: &str) -> Vec<u8> {
    std::fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples").join(name)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_imported_raw_and_as_a_form_and_twice_is_once() {
    let daemon = Daemon::at("2026-03-22T12:00:00+08:00").await;
    let orders = sample("orders.csv");
    let raw = |query: &str, body: Vec<u8>| answer(daemon.ask(Method::POST, &format!("/v1/import?{query}")).body(body));
    let (status, first) = raw("file=orders.csv&shop=shop", orders.clone()).await;
    assert_eq!(status, StatusCode::OK, "{first}");
    let taken = first["taken"].as_u64().unwrap();
    assert!(taken > 1_000, "{taken}");
    assert_eq!((first["kind"].as_str(), first["format"].as_str()), (Some("pinduoduo.orders"), Some("GB18030")));
    let form = reqwest::multipart::Form::new().part("file", reqwest::multipart::Part::bytes(orders).file_name("mine.csv"));
    let (status, again) = answer(daemon.ask(Method::POST, "/v1/import?shop=shop").multipart(form)).await;
    assert_eq!((status, again["taken"].as_u64(), again["duplicates"].as_u64()), (StatusCode::OK, Some(0), Some(taken)), "{again}");
    assert_eq!(again["file"], "mine.csv");
    let (status, shipments) = raw("file=shipments.xlsx&shop=shop", sample("shipments.xlsx")).await;
    assert_eq!(
        (status, shipments["format"].as_str(), shipments["rejected"].as_u64()),
        (StatusCode::OK, Some("XLSX"), Some(0)),
        "{shipments}"
    );
    for (query, body, field) in [
        ("shop=shop", b"a,b,c\n1,2,3\n".to_vec(), "file"),
        ("kind=nonsense", sample("after_sales.csv"), "kind"),
        ("colour=red", Vec::new(), "colour"),
    ] {
        let (status, problem) = raw(query, body).await;
        assert_eq!((status, problem["errors"][0]["field"].as_str()), (StatusCode::UNPROCESSABLE_ENTITY, Some(field)), "{problem}");
    }
    let good = order("J1", PAID, "1.00").to_string();
    let bad = good.replace("59.90", "1").replace("pinduoduo", "ebay");
    let (status, report) = raw("file=facts.jsonl", format!("{good}\n{bad}\n").into_bytes()).await;
    assert_eq!((status, report["taken"].as_u64(), report["rejected"].as_u64()), (StatusCode::OK, Some(1), Some(1)), "{report}");
    assert_eq!(
        (report["problems"][0]["row"].as_u64(), report["problems"][0]["header"].as_str()),
        (Some(2), Some("data.platform")),
        "{report}"
    );
}

/// A task about an account with a courier has no order; it stands before the others, and is found by its id.
#[tokio::test(flavor = "multi_thread")]
async fn a_task_about_an_account_stands_among_the_tasks() {
    let daemon = Daemon::at(FIRST_RUNG).await;
    daemon.tell(&[order("O1", PAID, "59.90")]).await;
    daemon.task("ship_now").await;
    let now = daemon.running.app().now();
    let id = "courier_outage-sf-main-1773230000000";
    let told = json!({
        "queue": "lead", "urgency": "critical", "reason": "no route", "couriers": ["sf"], "outcomes": ["restored"],
        "endangered": [{"courier": "sf", "rule": "no_movement", "count": 3, "first_due_at": "2026-03-11T22:00:00+08:00"}],
    });
    let task = parcelward_store::lanes::AccountTask {
        task_id: id.to_owned(),
        kind: "courier_outage".to_owned(),
        account: "sf-main".to_owned(),
        courier: "sf".to_owned(),
        is_open: true,
        opened_at: now,
        due_at: now + parcelward_casework::instant::Length::hours(1),
        closed_at: None,
        outcome: None,
        told: told.to_string(),
    };
    assert!(daemon.running.app().store.open_account_task(&task).await.unwrap());
    let (_, list) = daemon.get("/v1/tasks").await;
    let kinds: Vec<_> = list["items"].as_array().unwrap().iter().map(|task| task["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["courier_outage", "ship_now"], "{list}");
    let shown = &list["items"][0];
    assert_eq!((shown["account"].as_str(), shown.get("order_id"), shown["queue"].as_str()), (Some("sf-main"), None, Some("lead")));
    assert!(shown["why"].as_str().unwrap().contains("no route") && !shown["title"].as_str().unwrap().contains('{'), "{shown}");
    assert_eq!(shown.get("endangered"), None, "no account relies on it any more");
    for (query, count) in
        [("courier=sf", 1), ("courier=zto", 0), ("queue=lead", 1), ("shop=x", 0), ("state=closed", 0), ("kind=courier_outage", 1)]
    {
        let (_, list) = daemon.get(&format!("/v1/tasks?{query}")).await;
        assert_eq!(list["items"].as_array().unwrap().iter().filter(|task| task["kind"] == "courier_outage").count(), count, "{query}");
    }
    assert_eq!(daemon.get(&format!("/v1/tasks/{id}")).await.1["task_id"], id);
    let (status, _) = daemon.post(&format!("/v1/tasks/{id}/claim"), json!({"by": "me"})).await;
    assert_eq!(status, StatusCode::CONFLICT);
    let (status, _) = daemon.post(&format!("/v1/tasks/{id}/done"), json!({"by": "me", "outcome": "shipped"})).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let (status, done) = daemon.post(&format!("/v1/tasks/{id}/done"), json!({"by": "me", "outcome": "restored"})).await;
    assert_eq!((status, done["state"].as_str(), done["outcome"].as_str()), (StatusCode::OK, Some("closed"), Some("restored")));
    assert_eq!((done["endangered"][0]["count"].as_u64(), done["endangered"][0]["courier"].as_str()), (Some(3), Some("sf")), "as it was");
    let (status, _) = daemon.post(&format!("/v1/tasks/{id}/done"), json!({"by": "me", "outcome": "restored"})).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(daemon.get("/v1/tasks").await.1["items"].as_array().unwrap().len(), 1);
    daemon.running.stop().await.unwrap();
}
