//! `explain`, over HTTP and as people run it: the sums, the rule as it stood, the facts, what does not apply, couriers, and what comes.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::*;
use parcelward::config::load_with;
use parcelward::serve::start;
use parcelward_casework::instant::Length;
use parcelward_casework::words::Courier;
use parcelward_simulator::{HandClock, Life, NewParcel, RunningSimulator, Service, Simulator, SimulatorSettings};
use reqwest::Client;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
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

/// A daemon with a configuration folder of its own: `config` in its directory.
async fn with_config(time: &str, files: &[(&str, &str)]) -> Daemon {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let dir = tempfile::tempdir().unwrap();
    files.iter().for_each(|(name, text)| write(&dir.path().join("config").join(name), text));
    fs::create_dir_all(dir.path().join("config")).unwrap();
    let database = format!("sqlite:{}", dir.path().join("test.db").display());
    let environment = [("SERVER__LISTEN", "127.0.0.1:0"), ("DATABASE__URL", database.as_str()), ("LANGUAGE", "en")];
    let environment = environment.map(|(name, value)| (format!("PARCELWARD_{name}"), value.to_owned()));
    let config = load_with(Some(&dir.path().join("config")), environment.into_iter()).unwrap();
    let clock = TestClock::at(time);
    let running = start(config, clock.clone()).await.unwrap();
    Daemon { running, client: Client::new(), clock, token: None, dir }
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn words(json: &Value) -> &str {
    json["rule"]["words"].as_str().unwrap()
}

/// Why a rule does not apply.
fn why_not<'a>(json: &'a Value, rule: &str) -> &'a str {
    let others = json["others"].as_array().unwrap();
    let one = others.iter().find(|o| o["rule"] == rule).unwrap_or_else(|| panic!("{rule}: {others:?}"));
    assert_eq!(one["applies"], false, "{one}");
    one["text"].as_str().unwrap()
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

/// The sentence of the issue: 48 hours over the Spring Festival, and rungs that keep to staffed hours.
#[tokio::test(flavor = "multi_thread")]
async fn a_sum_is_said_in_one_sentence_with_what_stood_still_and_what_was_moved() {
    let mine = "[rule.\"pdd.ship_by\"]\nladder = [\"12h\", \"6h\"]\n";
    let festival = "[disruption.spring-festival]\nfrom = \"2026-02-15T00:00:00+08:00\"\nuntil = \"2026-02-24T00:00:00+08:00\"\neffect = \"suspend\"\n\
                    reason = \"Spring Festival\"\n";
    let daemon = with_config("2026-02-13T09:12:00+08:00", &[("rules.d/mine.toml", mine), ("disruptions/2026.toml", festival)]).await;
    daemon.tell(&[order("O1", "2026-02-13T09:12:00+08:00", "59.90")]).await;
    let id = deadline(&daemon, "pdd.ship_by", "2026-02-24T09:12:00+08:00").await;
    let json = explained(&daemon, "deadline", &id).await;
    assert_eq!(
        words(&json),
        "48 h from 13 Feb 09:12 → 15 Feb 09:12; suspended 15 to 24 Feb: +9 d → 24 Feb 09:12; rung 12 h before = 23 Feb 21:12; \
         rung 6 h before = 03:12, outside staffed hours → 23 Feb 21:30"
    );
    let rung = &json["rule"]["rungs"][1];
    assert_eq!(
        (rung["planned"]["local"].as_str(), rung["at"]["utc"].as_str()),
        (Some("2026-02-24 03:12:00 +08:00"), Some("2026-02-23 13:30:00"))
    );
    assert!(rung["moved"].as_str().unwrap().contains("not staffed"), "{rung}");
    // Nothing was shipped: the parcel's rules say so, and one that other platforms have says that.
    assert_eq!(why_not(&json, "pdd.collect"), "not shipped yet: no parcel has been declared");
    // Nobody acts: both rungs, then the breach and what it costs, as the engine will decide it.
    let ahead: Vec<(&str, &str)> = json["if_nobody_acts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| (f["at"]["local"].as_str().unwrap(), f["text"].as_str().unwrap()))
        .collect();
    assert!(ahead[0].0 == "2026-02-23 21:12:00 +08:00" && ahead[0].1.starts_with("a case opens"), "{ahead:?}");
    let breach = json["if_nobody_acts"].as_array().unwrap().iter().find(|f| f["text"] == "pdd.ship_by falls due and is breached").unwrap();
    assert_eq!(breach["at"]["at"], "2026-02-24T09:12:00+08:00");
    assert!(breach["consequence"].as_str().unwrap().len() > 10, "{breach}");
    assert_eq!(json["next"], json["if_nobody_acts"][0]);
    let said = run(&daemon, &["explain", &id]).await;
    for part in ["suspended 15 to 24 Feb: +9 d", "outside staffed hours → 23 Feb 21:30", "not shipped yet", "What comes, if nobody acts"]
    {
        // A sentence is broken where a line ends.
        let flat = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(part), "{part}: {}", said.out);
    }
    // What is foretold is what comes.
    daemon.clock.set("2026-02-23T21:12:01+08:00");
    daemon
        .tell(&[fact(
            "n",
            "note",
            "2026-02-23T21:12:01+08:00",
            json!({"platform": "pinduoduo", "shop": "shop", "order_id": "O1", "text": "x"}),
        )])
        .await;
    let task = daemon.task("ship_now").await;
    let json = explained(&daemon, "task", task["task_id"].as_str().unwrap()).await;
    assert!(words(&json).starts_with("48 h from 13 Feb 09:12"), "{json}");
    assert_eq!(json["steps"][0]["because"][0]["text"], "pdd.ship_by: the rung 12h before the due time");
    assert!(json["urgency"].as_str().unwrap().contains("`urgent_amount` is 0"), "{json}");
    let case = explained(&daemon, "case", task["case_id"].as_str().unwrap()).await;
    assert_eq!(case["rule"]["deadline_id"], json["rule"]["deadline_id"], "a case is explained by the rule that opened it");
    daemon.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_is_shown_with_file_and_line_as_they_were_then() {
    let daemon = with_config(
        "2026-03-11T09:12:00+08:00",
        &[("rules.d/mine.toml", "[rule.\"pdd.collect\"]\nlength = \"48h\"\nladder = [\"24h\", \"6h\"]\n")],
    )
    .await;
    daemon.tell(&[order("O1", "2026-03-11T09:00:00+08:00", "59.90"), shipment("O1", "YT1", "2026-03-11T09:12:00+08:00")]).await;
    let before = deadline(&daemon, "pdd.collect", "2026-03-13T09:12:00+08:00").await;
    let new = "# Shorter since the warehouse has a night shift.\n\n[rule.\"pdd.collect\"]\nlength = \"36h\"\nladder = [\"8h\"]\n";
    write(&daemon.dir.path().join("config/rules.d/mine.toml"), new);
    let (status, reloaded) = daemon.post("/v1/config/reload", json!({})).await;
    assert_eq!(status, 200, "{reloaded}");
    let other = |id: &str| {
        let mut order = order(id, "2026-03-11T10:00:00+08:00", "59.90");
        order["time"] = json!("2026-03-11T10:00:00+08:00");
        order
    };
    daemon.clock.set("2026-03-11T10:12:00+08:00");
    daemon.tell(&[other("O2"), shipment("O2", "YT2", "2026-03-11T10:12:00+08:00")]).await;
    let after = deadline(&daemon, "pdd.collect", "2026-03-12T22:12:00+08:00").await;
    let place = |json: &Value, list: &str, key: &str| {
        let lines = json["rule"]["written"][list].as_array().cloned().unwrap_or_default();
        let line = lines.iter().find(|l| l["key"] == key)?.clone();
        Some((
            line["value"].as_str()?.to_owned(),
            format!("{}:{}", line["file"].as_str()?, line["line"]),
            line["text"].as_str()?.to_owned(),
        ))
    };
    let of = |value: &str, place: &str, text: &str| Some((value.to_owned(), place.to_owned(), text.to_owned()));
    let old = explained(&daemon, "deadline", &before).await;
    assert_eq!(place(&old, "lines", "length"), of("\"48h\"", "rules.d/mine.toml:2", "length = \"48h\""));
    assert_eq!(place(&old, "today", "length"), of("\"36h\"", "rules.d/mine.toml:4", "length = \"36h\""));
    assert_eq!((old["rule"]["written"]["as_then"].as_bool(), old["rule"]["length"].as_str()), (Some(true), Some("48 h")));
    assert!(old["rule"]["written"]["text"].as_str().unwrap().contains("today the rule says something else"), "{old}");
    assert_eq!(words(&old).split(';').next(), Some("48 h from 11 Mar 09:12 → 13 Mar 09:12"), "the sums are those of its own rules");
    assert!(words(&old).ends_with("rung 6 h before = 03:12, outside staffed hours → 12 Mar 21:30"), "{}", words(&old));
    let new = explained(&daemon, "deadline", &after).await;
    assert_eq!(place(&new, "lines", "length"), of("\"36h\"", "rules.d/mine.toml:4", "length = \"36h\""));
    assert_ne!(new["rule"]["written"]["revision"], old["rule"]["written"]["revision"]);
    assert!(new["rule"]["written"]["text"].as_str().unwrap().contains("stands today"), "{new}");
    let (value, place, _) = place(&new, "lines", "queue").unwrap();
    assert!(value == "\"warehouse\"" && place.starts_with("(built-in) rules/pinduoduo.toml:"), "{place}");
    let said = run(&daemon, &["explain", &before]).await;
    for part in ["rules.d/mine.toml:2: length = \"48h\"", "rules.d/mine.toml:4: length = \"36h\"", "as it stood then"] {
        assert!(said.out.contains(part), "{part}: {}", said.out);
    }
    daemon.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_apply_says_why() {
    let festival = "[disruption.storm]\nfrom = \"2026-03-11T00:00:00+08:00\"\nuntil = \"2026-03-13T00:00:00+08:00\"\neffect = \"waive\"\ncouriers = [\"yto\"]\n";
    let daemon =
        with_config("2026-03-10T09:00:00+08:00", &[("disruptions/storm.toml", festival), ("parcelward.toml", "urgent_amount = \"500\"\n")])
            .await;
    let tb = |mut fact: Value| {
        fact["data"]["platform"] = json!("taobao");
        fact["id"] = json!(format!("tb-{}", fact["id"].as_str().unwrap()));
        fact
    };
    daemon
        .tell(&[
            order("O1", "2026-03-10T08:00:00+08:00", "59.90"),
            shipment("O1", "YT1", "2026-03-10T09:00:00+08:00"),
            tb(order("O2", "2026-03-10T08:00:00+08:00", "1059.90")),
            tb(shipment("O2", "YT2", "2026-03-10T09:00:00+08:00")),
        ])
        .await;
    let id = deadline(&daemon, "pdd.collect", "2026-03-11T09:00:00+08:00").await;
    let json = explained(&daemon, "deadline", &id).await;
    assert_eq!(why_not(&json, "pdd.movement"), "it starts with the first scan, and the parcel has none yet");
    assert_eq!(why_not(&json, "courier.claim_filing"), "there is nothing to claim: the parcel is neither lost nor damaged");
    let id = deadline(&daemon, "tb.collect", "2026-03-11T09:00:00+08:00").await;
    let json = explained(&daemon, "deadline", &id).await;
    assert_eq!(why_not(&json, "pdd.first_hub"), "only pinduoduo has such a rule");
    assert_eq!(why_not(&json, "pdd.second_scan"), "only pinduoduo and jd have such a rule");
    let waive = &json["rule"]["disruptions"][0];
    assert_eq!((waive["effect"].as_str(), waive["counts"].as_bool()), (Some("waive"), Some(true)), "{waive}");
    // Breached, and waived: it counts once only.
    daemon.clock.set("2026-03-11T12:00:00+08:00");
    let note = json!({"platform": "taobao", "shop": "shop", "order_id": "O2", "text": "13811112222 韩梅梅 called"});
    daemon.tell(&[fact("n", "note", "2026-03-11T12:00:00+08:00", note)]).await;
    let task = daemon.tasks("trace_unhanded_parcel").await.into_iter().find(|t| t["platform"] == "taobao").unwrap();
    let json = explained(&daemon, "task", task["task_id"].as_str().unwrap()).await;
    assert!(json["urgency"].as_str().unwrap().contains("¥1059.90 at stake reaches the ¥500"), "{}", json["urgency"]);
    let collect = json["others"].as_array().unwrap().iter().find(|o| o["rule"] == "tb.collect").unwrap();
    assert_eq!(collect["text"], "breached 11 Mar 09:00; the breach is waived; it counts once only");
    let small = daemon.tasks("trace_unhanded_parcel").await.into_iter().find(|t| t["platform"] == "pinduoduo").unwrap();
    let json = explained(&daemon, "task", small["task_id"].as_str().unwrap()).await;
    assert!(json["urgency"].as_str().unwrap().contains("¥59.90 at stake stays below the ¥500"), "{}", json["urgency"]);
    let written = json["rule"]["written"]["lines"].as_array().unwrap();
    let hours = written.iter().find(|l| l["key"] == "hours").unwrap();
    assert!(hours["file"] == "(built-in) rules/tasks.toml" && hours["line"].as_u64().is_some_and(|n| n > 1), "{hours}");
    daemon.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_stands_for_nothing_is_said_with_what_was_looked_for() {
    let daemon = Daemon::at("2026-03-10T09:00:00+08:00").await;
    daemon.tell(&[order("O1", "2026-03-10T08:00:00+08:00", "59.90")]).await;
    let id = deadline(&daemon, "pdd.ship_by", "2026-03-12T08:00:00+08:00").await;
    for (words, said) in [
        (&["x"][..], "there is no task, deadline, case or operation `x`: no order has ids that begin like that"),
        (&["task", "aaaaaaaaaaaa-t1"], "there is no task `aaaaaaaaaaaa-t1`: no order has ids that begin like that"),
        (&[&format!("{id}9")], "the order pinduoduo/shop/O1 has nothing of that id"),
        (&["case", &id], &format!("`{id}` is no case but a deadline: `parcelward explain deadline {id}`")),
        (&["order", "O1"], "`order` is nothing that can be explained: write task, deadline, case or operation"),
        (&["task"], "which task? Give its id"),
        (&["operation", "二"], "there is no operation `二`"),
    ] {
        let arguments: Vec<&str> = ["explain"].into_iter().chain(words.iter().copied()).collect();
        let answer = run(&daemon, &arguments).await;
        assert!(answer.status == Some(2) && answer.out.is_empty() && answer.err.contains(said), "{words:?}: {answer:?}");
    }
    for words in [["deadline", &id], [&id, "deadline"]] {
        assert_eq!(run(&daemon, &["explain", words[0], words[1], "--json"]).await.status, Some(0));
    }
    let (status, problem) = daemon.get("/v1/explain/order/O1").await;
    assert!(status == 404 && problem["detail"].as_str().unwrap().contains("`order` is nothing that can be explained"), "{problem}");
    daemon.running.stop().await.unwrap();
}

/// A simulated ZTO and a daemon with an account there, on one clock that is moved by hand.
struct Stand {
    daemon: Daemon,
    sim: RunningSimulator,
    clock: HandClock,
}

impl Stand {
    const NUMBER: &str = "73100000000777";

    async fn begin(time: &str) -> Stand {
        let clock = HandClock::at(parcelward_casework::instant::Instant::parse(time).unwrap());
        let _ = rustls::crypto::ring::default_provider().install_default();
        let sim = Simulator::start(SimulatorSettings { clock: clock.clock(), ..SimulatorSettings::default() }).await.unwrap();
        sim.world().register(NewParcel::new(Courier::Zto, Self::NUMBER, Life::Ordinary).aged(13.0));
        let secrets = tempfile::tempdir().unwrap();
        let account = &sim.accounts()[&Service::Zto];
        for (name, secret) in &account.secrets {
            write(&secrets.path().join(name), secret);
        }
        let settings = account.settings_with_files(|name| secrets.path().join(name).display().to_string());
        let text =
            format!("[account.main]\nadapter = \"zto\"\ntransport = {{ allow_plain_http = true }}\n[account.main.settings]\n{settings}");
        let daemon = with_config(time, &[("couriers/mine.toml", &text)]).await;
        drop(secrets);
        Stand { daemon, sim, clock }
    }

    /// Moves the clock on, and lets the lanes see it.
    async fn pass(&self, seconds: i64) {
        self.clock.advance(Length::millis(seconds * 1000));
        self.daemon.clock.set(&self.clock.now().to_string());
        tokio::time::sleep(std::time::Duration::from_millis(60)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_shows_each_attempt_and_what_was_said_with_the_courier() {
    let stand = Stand::begin("2026-03-10T10:00:00+08:00").await;
    let (daemon, number) = (&stand.daemon, Stand::NUMBER);
    // The courier takes it and answers with an error: nobody knows.
    stand.sim.faults().set(&"zto=error:1".parse().unwrap());
    let of = |more: Value| {
        let mut data = json!({"platform": "pinduoduo", "shop": "shop", "order_id": "O1"});
        data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        data
    };
    let waybill = json!({"courier": "zto", "number": number});
    daemon
        .tell(&[
            order("O1", "2026-03-09T10:00:00+08:00", "59.90"),
            fact("s", "shipment", "2026-03-09T20:00:00+08:00", of(json!({"waybill": waybill, "declared_at": "2026-03-09T20:00:00+08:00"}))),
            fact("t", "tracking", "2026-03-10T03:00:00+08:00", json!({"waybill": waybill, "status": "in_transit", "place": "杭州"})),
            fact(
                "a",
                "after_sale",
                "2026-03-10T09:59:00+08:00",
                of(json!({"after_sale_id": "A1", "kind": "refund_only", "status": "refunded", "decided_by": "platform"})),
            ),
        ])
        .await;
    let (_, view) = daemon.get("/v1/orders/pinduoduo/shop/O1").await;
    let id = view["operations"][0]["operation_id"].as_str().unwrap_or_else(|| panic!("{view}")).to_owned();
    let mut json = Value::Null;
    let mut unclear = Value::Null;
    // The lanes look at the wall clock too: on a machine that is busy it takes more passes.
    for _ in 0..600 {
        stand.pass(5).await;
        json = explained(daemon, "operation", &id).await;
        let operation = &json["operation"];
        if operation["phase"] == "unclear" {
            unclear = operation.clone();
        }
        // The lane knows it before the order does.
        let known = json["others"].as_array().unwrap().iter().any(|o| o["rule"] == "courier.intercept_result" && o["applies"] == true);
        if operation["phase"] == "watched" && known && json["tracking"][0]["questions"][0].is_object() {
            break;
        }
    }
    let operation = &json["operation"];
    assert_eq!(
        (operation["phase"].as_str(), operation["account"].as_str(), operation["by"].as_str()),
        (Some("watched"), Some("main"), Some("interface")),
        "{json}"
    );
    assert!(unclear["then"].as_str().unwrap().contains("never sent twice") && unclear["then_at"]["utc"].is_string(), "{unclear}");
    let attempts = operation["attempts"].as_array().unwrap();
    let sent: Vec<&Value> = attempts.iter().filter(|a| a["mode"] == "send" && a["outcome"] == "unconfirmed").collect();
    let looked: Vec<&Value> = attempts.iter().filter(|a| a["mode"] == "look").collect();
    assert!(sent.len() == 1 && !looked.is_empty() && looked.last().unwrap()["outcome"] == "accepted", "{attempts:?}");
    assert_eq!(
        sent[0]["text"].as_str().unwrap().split(" (").next(),
        Some("sending: it left, and no clear answer came: it is looked for, not sent again")
    );
    let exchange = &sent[0]["exchanges"][0];
    assert_eq!((exchange["status"].as_u64(), exchange["changes"].as_bool()), (Some(500), Some(true)), "{exchange}");
    assert!(
        exchange["to"].as_str().unwrap().starts_with("POST 127.0.0.1:") && exchange["request"].as_str().unwrap().contains(number),
        "{exchange}"
    );
    let answer = &looked.last().unwrap()["exchanges"][0];
    assert_eq!(
        (answer["status"].as_u64(), answer["changes"].as_bool(), answer["end"].as_str()),
        (Some(200), Some(false), Some("answered")),
        "{answer}"
    );
    // What caused it, what the other rules say, and what comes.
    assert_eq!(json["steps"][0]["decision"], "operation.requested");
    assert_eq!(json["steps"][0]["because"][0]["id"], "a");
    assert!(json["others"].as_array().unwrap().iter().any(|o| o["rule"] == "courier.intercept_result" && o["applies"] == true), "{json}");
    assert!(!json["if_nobody_acts"].as_array().unwrap().is_empty(), "{json}");
    // What was said about the parcel: the questions that brought news.
    let questions = json["tracking"][0]["questions"].as_array().unwrap();
    assert!(
        !questions.is_empty() && questions[0]["outcome"] == "news" && questions[0]["exchanges"][0]["status"] == 200,
        "{}",
        json["tracking"]
    );
    let said = run(daemon, &["explain", "operation", &id]).await;
    for part in ["attempt 1", "HTTP 500", "account main", "the courier took it", "it had news", "next"] {
        assert!(said.out.contains(part), "{part}: {}", said.out);
    }
    nothing_personal(&said.out);
    assert_eq!(stand.sim.ledger().entry(Courier::Zto, number, "intercept").counts.accepted, 1, "asked once");
    stand.daemon.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_about_an_account_says_since_when_what_failed_and_what_that_endangers() {
    let stand = Stand::begin("2026-03-10T10:00:00+08:00").await;
    let daemon = &stand.daemon;
    stand.sim.faults().set(&"zto=unavailable".parse().unwrap());
    let data = json!({
        "platform": "pinduoduo", "shop": "shop", "order_id": "O1", "waybill": {"courier": "zto", "number": Stand::NUMBER},
        "declared_at": "2026-03-10T08:00:00+08:00",
    });
    daemon.tell(&[order("O1", "2026-03-10T07:00:00+08:00", "59.90"), fact("s", "shipment", "2026-03-10T08:00:00+08:00", data)]).await;
    let mut open = Vec::new();
    for _ in 0..600 {
        stand.pass(60).await;
        open = daemon.tasks("courier_outage").await;
        if !open.is_empty() {
            break;
        }
    }
    let id = open[0]["task_id"].as_str().unwrap().to_owned();
    let json = explained(daemon, "task", &id).await;
    assert_eq!((json["kind"].as_str(), json["state"].as_str(), json.get("order")), (Some("courier_outage"), Some("open"), None), "{json}");
    assert_eq!(json["about"], "account main, by which zto is asked");
    let outage = &json["outage"];
    assert_eq!((outage["account"].as_str(), outage["couriers"][0].as_str()), (Some("main"), Some("zto")), "{outage}");
    assert!(outage["since"]["utc"].is_string() && outage.get("until").is_none(), "{outage}");
    assert!(!outage["reason"].as_str().unwrap().is_empty(), "{outage}");
    let gate = outage["gates"].as_array().unwrap().iter().find(|gate| gate["calls"] == "questions").unwrap();
    assert!(gate["text"].as_str().unwrap().starts_with("nothing is sent since ") && gate["failures"].as_u64() > Some(1), "{gate}");
    assert!(gate["down_since"]["utc"].is_string() && gate["tried_at"]["utc"].is_string(), "{gate}");
    let endangered = outage["endangered"].as_array().unwrap();
    assert!(endangered.iter().any(|one| one["courier"] == "zto" && one["rule"] == "collect" && one["count"] == 1), "{outage}");
    let calls = outage["calls"].as_array().unwrap();
    assert!(calls.len() > 1 && calls.iter().all(|call| call["account"] == "main"), "{outage}");
    let call = &calls[0];
    assert!(call["text"].as_str().unwrap().starts_with(&format!("asked about zto:{}: ", Stand::NUMBER)), "{call}");
    assert_eq!((call["exchanges"][0]["status"].as_u64(), call["exchanges"][0]["direction"].as_str()), (Some(503), Some("out")), "{call}");
    assert_eq!(json["steps"][0]["decision"], "task.opened");
    assert!(json["next"]["text"].as_str().unwrap().contains("the task closes by itself"), "{json}");
    assert_eq!(json["next"]["at"], gate["tried_at"]);
    let said = run(daemon, &["explain", "task", &id]).await;
    assert_eq!(said.status, Some(0), "{said:?}");
    for part in [
        "The account that is down",
        "what failed",
        "Deadlines that it endangers",
        "Calls that failed around that time",
        "HTTP 503",
        "one question is sent",
    ] {
        assert!(said.out.contains(part), "{part}: {}", said.out);
    }
    assert!(!said.out.contains("//"), "there is no order: {}", said.out);

    // It answers again: the task has closed by itself, and still says how it was.
    stand.sim.faults().clear(None);
    for _ in 0..600 {
        stand.pass(120).await;
        if daemon.tasks("courier_outage").await.is_empty() {
            break;
        }
    }
    let json = explained(daemon, "task", &id).await;
    assert_eq!(json["state"], "closed, restored");
    assert!(json["outage"]["until"]["utc"].is_string() && json.get("next").is_none(), "{json}");
    assert_eq!(json["steps"][1]["decision"], "task.closed");
    assert!(
        !json["outage"]["calls"].as_array().unwrap().is_empty() && !json["outage"]["endangered"].as_array().unwrap().is_empty(),
        "{json}"
    );
    let said = run(daemon, &["explain", &id]).await;
    assert!(said.status == Some(0) && said.out.contains("closed, restored") && said.out.contains(", until "), "{said:?}");
    let (status, problem) = daemon.get("/v1/explain/courier_outage-main-7").await;
    assert!(status == 404 && problem["detail"].as_str().unwrap().contains("courier_outage-main-7"), "{problem}");
    assert_eq!(daemon.get(&format!("/v1/explain/deadline/{id}")).await.0, 404);
    stand.daemon.running.stop().await.unwrap();
}

/// A rung at night is brought forward to the evening before; where that lies before the start, it waits for the morning.
#[tokio::test(flavor = "multi_thread")]
async fn a_rung_that_was_moved_says_whether_it_is_earlier_or_later_and_why() {
    let mine = "[rule.\"pdd.ship_by\"]\nlength = \"24h\"\nladder = [\"20h\", \"18h\", \"2h\"]\n";
    let daemon = with_config("2026-03-10T22:00:00+08:00", &[("rules.d/mine.toml", mine)]).await;
    daemon.tell(&[order("O1", "2026-03-10T22:00:00+08:00", "59.90")]).await;
    let id = deadline(&daemon, "pdd.ship_by", "2026-03-11T22:00:00+08:00").await;
    let json = explained(&daemon, "deadline", &id).await;
    let rungs = json["rule"]["rungs"].as_array().unwrap();
    let seen: Vec<(&str, &str)> =
        rungs.iter().map(|r| (r["planned"]["local"].as_str().unwrap(), r["at"]["local"].as_str().unwrap())).collect();
    assert_eq!(seen[0], ("2026-03-11 02:00:00 +08:00", "2026-03-11 09:00:00 +08:00"), "{json}");
    for rung in &rungs[..2] {
        let moved = rung["moved"].as_str().unwrap();
        assert!(moved.ends_with("not staffed then, nor was it between the start and then, so as soon as it is"), "{rung}");
    }
    assert!(rungs[2].get("moved").is_none(), "{}", rungs[2]);
    assert!(words(&json).contains("rung 20 h before = 02:00, outside staffed hours → 09:00"), "{json}");
    daemon.running.stop().await.unwrap();
}
