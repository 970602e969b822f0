//! The log of a whole run at its most talkative: every line is one that its format promises, spans tell what was done, and nobody is named.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::*;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const TOKEN: &str = "correct-horse-battery-staple";
const PAID: &str = "2026-03-10T08:00:00+08:00";

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
    }
}

/// Serves, is asked this and that, well and badly, and stops. Gives what it logged.
async fn run(dir: &Path, settings: &[(&str, &str)]) -> String {
    let _ = rustls::crypto::ring::default_provider().install_default();
    std::fs::write(dir.join("tokens"), format!("desk:{TOKEN}\n")).unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_parcelward"))
        .current_dir(dir)
        .env_clear()
        .env("PARCELWARD_SERVER__LISTEN", "127.0.0.1:0")
        .env("PARCELWARD_SERVER__TOKEN_FILE", "tokens")
        .envs(settings.iter().copied())
        .arg("serve")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut process = Process(child);
    let mut log = BufReader::new(process.0.stderr.take().unwrap());
    let mut said = String::new();
    while !said.contains("/openapi.json") {
        assert!(log.read_line(&mut said).unwrap() > 0, "it ended: {said}");
    }
    let address = said.split("listening on http://").nth(1).unwrap().split(';').next().unwrap().to_owned();
    let reader = std::thread::spawn(move || {
        log.read_to_string(&mut said).unwrap();
        said
    });
    let client = reqwest::Client::new();
    let url = |path: &str| format!("http://{address}{path}");
    let post = |body: &Value| client.post(url("/v1/facts")).bearer_auth(TOKEN).header("x-request-id", "asked-by-hand").json(body);
    let request = json!({"platform": "pinduoduo", "shop": "shop", "order_id": "O1", "request": "change_address", "text": "请改到文一路1号 李雷 13900000001",
        "new_address": {"name": "李雷", "phone": "13900000001", "province": "浙江省", "city": "杭州市", "detail": "文一路1号"}});
    let facts = [
        order("O1", PAID, "59.90"),
        shipment("O1", "YT7000000000001", PAID),
        scan("s1", "YT7000000000001", "2026-03-10T09:00:00+08:00", "collected", None),
        scan("s2", "YT7000000000002", "2026-03-10T09:00:00+08:00", "collected", None),
        fact("r1", "buyer_request", "2026-03-10T10:00:00+08:00", request),
        // Bad ones, with personal data where an error could repeat it.
        order("O2", "李雷 13900000001", "59.90"),
        fact("x", "tracking", PAID, json!({"waybill": {"courier": "文一路1号", "number": "13900000001"}, "status": "李雷"})),
    ];
    let (status, body) = answer(post(&Value::Array(facts.to_vec()))).await;
    assert!(status.is_success(), "{body}");
    // The same id for other words is a conflict.
    let mut other = order("O1", PAID, "1.00");
    other["data"]["recipient"]["name"] = "李雷".into();
    answer(post(&other)).await;
    for path in [
        "/v1/orders/pinduoduo/shop/O1?personal=show",
        "/v1/orders/pinduoduo/shop/%E6%9D%8E%E9%9B%B7",
        "/v1/tasks?query=13900000001",
        "/metrics",
    ] {
        answer(client.get(url(path)).bearer_auth(TOKEN)).await;
        answer(client.get(url(path)).bearer_auth(format!("{TOKEN}-wrong"))).await;
    }
    let csv = "订单号,订单状态,支付时间,收货人,手机\nX1,待发货,13900000001,李雷,13900000001\n";
    answer(client.post(url("/v1/import?file=a.csv&shop=shop")).bearer_auth(TOKEN).header("content-type", "text/csv").body(csv)).await;
    assert!(Command::new("kill").arg("-TERM").arg(process.0.id().to_string()).status().unwrap().success());
    assert_eq!(process.0.wait().unwrap().code(), Some(0));
    reader.join().unwrap()
}

fn names_nobody(said: &str) {
    for personal in ["李雷", "13900000001", "文一路", TOKEN] {
        assert!(!said.contains(personal), "the log holds {personal}:\n{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn at_its_most_talkative_it_names_nobody_and_spans_say_what_was_done() {
    let dir = tempfile::tempdir().unwrap();
    let said = run(dir.path(), &[("PARCELWARD_LOG", "trace"), ("PARCELWARD_LOG__FORMAT", "json")]).await;
    names_nobody(&said);
    let lines: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect();
    assert!(lines.iter().all(|line| line["level"].is_string() && line["timestamp"].is_string()), "{said}");
    let answered = |line: &&Value| line["message"] == "answered" && line["route"] == "/v1/facts";
    assert_eq!(lines.iter().find(answered).unwrap()["request_id"], "asked-by-hand", "{said}");
    let spans: Vec<&Value> = lines.iter().map(|line| &line["span"]).filter(|span| span.is_object()).collect();
    let committed = spans.iter().find(|s| s["name"] == "transaction" && s["result"] == "committed").expect("a transaction's span");
    assert!(committed["facts"].as_u64() == Some(5) && committed["database_ms"].as_f64().unwrap() > 0.0, "{committed}");
    assert!(committed["decisions"].as_u64().unwrap() > 3 && committed["decide_ms"].is_number(), "{committed}");
    let signals: Vec<&&Value> = spans.iter().filter(|s| s["name"] == "signal" && s["result"] == "decided").collect();
    assert!(signals.iter().any(|s| s["type"] == "shipment"), "{signals:?}");
    assert!(signals.iter().all(|s| s["order"].as_str().is_some_and(|tag| tag.len() == 12)), "{signals:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_usual_log_is_short_and_the_journal_gets_priorities() {
    let dir = tempfile::tempdir().unwrap();
    let said = run(dir.path(), &[("PARCELWARD_LOG__FORMAT", "journald")]).await;
    names_nobody(&said);
    assert!(said.lines().all(|line| ["<3>", "<4>", "<6>"].iter().any(|priority| line.starts_with(priority))), "{said}");
    assert!(said.lines().count() < 20, "{said}");
    let text = run(dir.path(), &[]).await;
    names_nobody(&text);
    assert!(text.lines().all(|line| line.contains("Z ") && (line.contains(" INFO ") || line.contains(" WARN "))), "{text}");
    let quiet = run_checked(dir.path(), &[("PARCELWARD_LOG__LEVEL", "in=fo=x")]);
    assert!(quiet.contains("log.level") && quiet.contains("no filter"), "{quiet}");
    let quiet = run_checked(dir.path(), &[("PARCELWARD_LOG__FORMAT", "xml")]);
    assert!(quiet.contains("log.format") && quiet.contains("text, json, journald"), "{quiet}");
}

/// In a world of its own in which this test is the journal: no journal of the machine hears of it.
#[test]
fn a_journal_that_listens_is_told_with_fields() {
    use std::time::Duration;
    let dir = tempfile::tempdir().unwrap();
    let journal = std::os::unix::net::UnixDatagram::bind(dir.path().join("socket")).unwrap();
    journal.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mounts =
        r#"set -e; mount -t tmpfs none /run; mkdir -p /run/systemd/journal; mount --bind "$1" /run/systemd/journal; exec "$0" serve"#;
    let child = Command::new("unshare")
        .args(["-rm", "sh", "-c", mounts, env!("CARGO_BIN_EXE_parcelward")])
        .arg(dir.path())
        .current_dir(dir.path())
        .env("PARCELWARD_SERVER__LISTEN", "127.0.0.1:0")
        .env("PARCELWARD_LOG__FORMAT", "journald")
        .env("JOURNAL_STREAM", "8:1")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut process = Process(child);
    let mut told = Vec::new();
    while !told.iter().any(|entry: &String| entry.contains("listening on")) {
        let mut entry = vec![0; 65_536];
        let length = journal.recv(&mut entry).expect("the journal is told that it listens");
        told.push(String::from_utf8_lossy(&entry[..length]).into_owned());
    }
    assert!(Command::new("kill").arg("-TERM").arg(process.0.id().to_string()).status().unwrap().success());
    assert_eq!(process.0.wait().unwrap().code(), Some(0));
    let listening = told.last().unwrap();
    // A value follows its name as `=VALUE`, or after its length in eight bytes (systemd's native protocol of the journal).
    for (field, value) in [("PRIORITY", "6"), ("SYSLOG_IDENTIFIER", "parcelward"), ("MESSAGE", "listening on http://127.0.0.1:")] {
        let rest = listening.split(&format!("{field}\n")).nth(1).and_then(|rest| rest.get(8..));
        let rest = rest.or_else(|| listening.split(&format!("{field}=")).nth(1));
        assert!(rest.is_some_and(|rest| rest.starts_with(value)), "{field} is not {value}: {listening:?}");
    }
    let mut said = String::new();
    process.0.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(said, "", "it is not told twice");
}

/// What `check` says of settings.
fn run_checked(dir: &Path, settings: &[(&str, &str)]) -> String {
    let out = Command::new(env!("CARGO_BIN_EXE_parcelward"))
        .current_dir(dir)
        .env_clear()
        .envs(settings.iter().copied())
        .arg("check")
        .output()
        .unwrap();
    assert_eq!(out.status.code(), Some(1));
    String::from_utf8(out.stderr).unwrap()
}
