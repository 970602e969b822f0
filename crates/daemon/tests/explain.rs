//! `explain`, over HTTP and as people run it: the sums, the rule as it stood, the facts, what does not apply, couriers, and what comes.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::*;
use serde_json::{Value, json};
use std::process::Command;

/// What a command said and how it ended.
#[derive(Debug)]
struct Said {
    status: Option<i32>,
    out: String,
    err: String,
}

async fn run(daemon: &Daemon, arguments: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parcelward"));
    command.env_clear().env("PARCELWARD_URL", daemon.url("")).args(arguments);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let said = Said { status: output.status.code(), out: text(output.stdout), err: text(output.stderr) };
    if std::env::var_os("SHOW").is_some() {
        println!("$ parcelward {}\n{}{}", arguments.join(" "), said.out, said.err);
    }
    said
}

async fn explained(daemon: &Daemon, what: &str, id: &str) -> Value {
    let (status, json) = daemon.get(&format!("/v1/explain/{what}/{id}")).await;
    assert_eq!(status, 200, "{json}");
    let (_, bare) = daemon.get(&format!("/v1/explain/{id}")).await;
    assert_eq!(bare["id"], json["id"], "a bare id is enough");
    assert_eq!((json["id"].as_str(), json["what"].as_str(), json["zone"].as_str()), (Some(id), Some(what), Some("Asia/Shanghai")));
    nothing_personal(&json.to_string());
    json
}

/// The names, phones and streets of the tests' people.
fn nothing_personal(text: &str) {
    for personal in ["李雷", "13900000001", "文一路", "韩梅梅", "13811112222"] {
        assert!(!text.contains(personal), "{personal}: {text}");
    }
}

/// The one running deadline of a rule, once it is due then.
async fn deadline(daemon: &Daemon, rule: &str, due_at: &str) -> String {
    for _ in 0..100 {
        let deadline = daemon.get(&format!("/v1/deadlines?rule={rule}")).await.1["items"][0].clone();
        if deadline["due_at"] == due_at {
            return deadline["deadline_id"].as_str().unwrap().to_owned();
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{rule} is not due {due_at}: {}", daemon.get(&format!("/v1/deadlines?rule={rule}")).await.1)
}

fn sum(json: &Value) -> Vec<(String, String)> {
    let lines = json["rule"]["sum"].as_array().unwrap();
    lines.iter().map(|l| (l["text"].as_str().unwrap().to_owned(), l["at"]["at"].as_str().unwrap().to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_due_time_is_explained_down_to_its_facts() {
    let daemon = Daemon::at("2026-03-10T09:00:00+08:00").await;
    let storm = json!({"disruption_id": "D1", "from": "2026-03-10T20:00:00+08:00", "until": "2026-03-11T08:00:00+08:00", "effect": "suspend",
        "couriers": ["yto"], "reason": "storm"});
    let elsewhere = json!({"disruption_id": "D2", "from": "2026-03-10T20:00:00+08:00", "until": "2026-03-12T08:00:00+08:00", "effect": "suspend",
        "couriers": ["zto"], "reason": "flood"});
    daemon
        .tell(&[
            order("O1", "2026-03-10T08:00:00+08:00", "59.90"),
            shipment("O1", "YT1", "2026-03-10T09:00:00+08:00"),
            fact("storm", "disruption", "2026-03-10T09:00:00+08:00", storm),
            fact("flood", "disruption", "2026-03-10T09:00:00+08:00", elsewhere),
        ])
        .await;
    // The order hears of the storm by itself.
    let id = deadline(&daemon, "pdd.collect", "2026-03-11T21:00:00+08:00").await;
    let json = explained(&daemon, "deadline", &id).await;
    let of = |text: &str, at: &str| (text.to_owned(), at.to_owned());
    assert_eq!(
        sum(&json),
        [
            of("the clock starts", "2026-03-10T09:00:00+08:00"),
            of("+ 24 h", "2026-03-11T09:00:00+08:00"),
            of("+ 12 h standing still (D1: 10 Mar 20:00 to 11 Mar 08:00, storm)", "2026-03-11T21:00:00+08:00"),
        ]
    );
    let rule = &json["rule"];
    assert_eq!(
        rule["words"],
        "24 h from 10 Mar 09:00 → 11 Mar 09:00; suspended 10 Mar 20:00 to 11 Mar 08:00: +12 h → 11 Mar 21:00; \
         rung 12 h before = 09:00; rung 6 h before = 15:00; rung 2 h before = 19:00"
    );
    assert_eq!(
        rule["due_at"],
        json!({"at": "2026-03-11T21:00:00+08:00", "local": "2026-03-11 21:00:00 +08:00", "utc": "2026-03-11 13:00:00"})
    );
    let disruptions = rule["disruptions"].as_array().unwrap();
    let of = |id: &str| disruptions.iter().find(|d| d["disruption_id"] == id).map(|d| (d["counts"].clone(), d["text"].clone())).unwrap();
    assert_eq!(of("D1"), (json!(true), json!("the clock stands still 10 Mar 20:00 to 11 Mar 08:00")));
    assert_eq!(of("D2"), (json!(false), json!("does not count: it is about other couriers")));
    let set = &json["steps"][0];
    assert_eq!((set["decision"].as_str(), set["because"][0]["id"].as_str()), (Some("deadline.set"), Some("shipment-O1")), "{set}");
    assert_eq!(set["because"][0]["text"], "parcel yto:YT1 declared 2026-03-10 09:00");
    assert_eq!(
        (set["because"][0]["source"].as_str(), set["because"][0]["time"]["utc"].as_str()),
        (Some("test"), Some("2026-03-10 01:00:00"))
    );
    let moved = &json["steps"][1];
    assert_eq!(moved["decision"], "deadline.moved");
    assert!(moved["because"][0]["text"].as_str().unwrap().starts_with("disruption D1: suspend"), "{moved}");
    let said = run(&daemon, &["explain", "deadline", &id]).await;
    assert_eq!(said.status, Some(0), "{said:?}");
    for part in
        ["+ 24 h", "standing still", "= due", "2026-03-11 21:00", "before", "parcel yto:YT1 declared", "from test, storm", "Asia/Shanghai"]
    {
        assert!(said.out.contains(part), "{part}: {}", said.out);
    }
    nothing_personal(&said.out);
    daemon.running.stop().await.unwrap();
}
