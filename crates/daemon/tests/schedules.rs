//! Schedules on a real daemon: listed, fired by the clock, run by hand, reported, for the API and for people.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::*;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::process::Command;
use std::time::Duration;

const NOW: &str = "2026-03-11T20:30:00+08:00";
const PAID: &str = "2026-03-10T08:00:00+08:00";

async fn open() -> Daemon {
    let daemon = Daemon::at(NOW).await;
    daemon.tell(&[order("O1", PAID, "59.90"), order("O2", "2026-03-10T08:10:00+08:00", "1059.90")]).await;
    daemon
}

async fn run(daemon: &Daemon, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parcelward"));
    command.env_clear().env("PARCELWARD_LANGUAGE", "en").env("PARCELWARD_URL", daemon.url("")).args(arguments);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// The runs of a schedule, once the newest of at least so many has ended.
async fn ended(daemon: &Daemon, name: &str, least: usize) -> Vec<Value> {
    loop {
        let (status, page) = daemon.get(&format!("/v1/schedules/{name}/runs")).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        let runs = page["items"].as_array().unwrap().clone();
        if runs.len() >= least && runs[0]["state"] != "running" {
            return runs;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_says_what_falls_due_before_the_next_one() {
    let daemon = open().await;
    let (status, started) = daemon.post("/v1/schedules/morning/run", json!({})).await;
    assert_eq!((status, started["schedule"].as_str()), (StatusCode::ACCEPTED, Some("morning")), "{started}");
    let run = ended(&daemon, "morning", 1).await.remove(0);
    assert_eq!((run["state"].as_str(), run["by_hand"].as_bool(), &run["slot"]), (Some("ok"), Some(true), &started["slot"]), "{run}");
    let report = &run["report"];
    // The next review is the morning's, at nine; both orders must be shipped before it.
    assert_eq!((report["until"].as_str(), report["due"].as_u64()), (Some("2026-03-12T09:00:00+08:00"), Some(2)), "{report}");
    assert_eq!((report["money"].as_str(), report["overdue"].as_u64()), (Some("1119.80"), Some(0)));
    assert!(report["since"].as_str().unwrap().starts_with("2026-03-10T20:30:00"), "no review before: a day; {report}");
    let people = report["people"].as_array().unwrap();
    assert_eq!((people.len(), people[0]["queue"].as_str(), people[0]["assignee"].as_str()), (1, Some("warehouse"), None));
    assert_eq!(people[0]["tasks"][0]["order_id"], "O1", "the least time left first");
    let text = report["text"].as_str().unwrap();
    assert!(text.contains("warehouse, (nobody): 2 tasks, 1119.80 yuan at stake") && !text.contains("李雷"), "{text}");
    // Nobody ships: the next review names what was missed since this one.
    daemon.clock.set("2026-03-12T10:00:00+08:00");
    while daemon.get("/v1/deadlines?state=breached").await.1["items"].as_array().unwrap().len() < 2 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    daemon.post("/v1/schedules/evening/run", json!({})).await;
    let report = ended(&daemon, "evening", 1).await.remove(0)["report"].clone();
    assert_eq!((report["breached"].as_u64(), report["until"].as_str()), (Some(2), Some("2026-03-12T18:00:00+08:00")), "{report}");
    let missed: Vec<_> = report["missed"].as_array().unwrap().iter().map(|d| (d["rule"].as_str(), d["order_id"].as_str())).collect();
    assert_eq!(missed, [(Some("pdd.ship_by"), Some("O1")), (Some("pdd.ship_by"), Some("O2"))]);
    daemon.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clock_fires_what_is_due_and_each_job_says_what_it_did() {
    let daemon = Daemon::at("2026-11-29T21:44:59+08:00").await;
    let (_, list) = daemon.get("/v1/schedules").await;
    let items = list["items"].as_array().unwrap();
    let of = |name: &str| items.iter().find(|item| item["name"] == name).unwrap();
    assert_eq!(of("morning")["next"]["local"], "2026-11-30 09:00:00 +08:00", "{list}");
    assert_eq!((of("morning")["next"]["utc"].as_str(), of("export")["enabled"].as_bool()), (Some("2026-11-30 01:00:00"), Some(false)));
    assert!(of("morning")["last"].is_null(), "nothing is made up for at the first start");
    // The first sweep has taken the schedules over.
    while daemon.get("/v1/schedules").await.1["items"][0]["since"].is_null() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    daemon.clock.set("2026-11-29T21:45:00+08:00");
    let run = ended(&daemon, "handover-night", 1).await.remove(0);
    assert_eq!((run["state"].as_str(), run["slot"]["local"].as_str()), (Some("ok"), Some("2026-11-29 21:45:00 +08:00")), "{run}");
    assert_eq!((run["by_hand"].as_bool(), run["report"]["count"].as_u64()), (Some(false), Some(0)));
    for (name, state, says) in [
        ("calendar-coverage", "failed", "add the calendar of 2027"),
        ("claims-ageing", "ok", "0 claim steps of 0"),
        ("poll-tracking", "ok", "0 parcels of which nothing was heard for 12h"),
        ("recheck-both-sources", "ok", "0 questions to couriers and aggregators"),
    ] {
        let (status, _) = daemon.post(&format!("/v1/schedules/{name}/run"), json!({})).await;
        assert_eq!(status, StatusCode::ACCEPTED);
        let run = ended(&daemon, name, 1).await.remove(0);
        assert_eq!(run["state"], state, "{name}: {run}");
        assert!(run["message"].as_str().unwrap().contains(says), "{name}: {run}");
    }
    let (status, firings) = daemon.get("/v1/firings?limit=11").await;
    let mut firings: Vec<_> = firings["items"].as_array().unwrap().iter().map(|f| f["schedule"].as_str().unwrap().to_owned()).collect();
    assert_eq!(firings.iter().take(3).collect::<Vec<_>>(), ["recheck-both-sources", "recheck-both-sources", "poll-tracking"]);
    firings.retain(|name| name != "poll-tracking" && name != "recheck-both-sources");
    assert_eq!((status, firings), (StatusCode::OK, ["calendar-coverage", "morning", "claims-ageing"].map(str::to_owned).to_vec()));
    for (path, status) in [("/v1/schedules/none/runs", 404), ("/v1/firings?limit=0", 422), ("/v1/schedules/morning/runs?after=x", 422)] {
        assert_eq!(daemon.get(path).await.0.as_u16(), status, "{path}");
    }
    assert_eq!(daemon.post("/v1/schedules/none/run", json!({})).await.0, StatusCode::NOT_FOUND);
    daemon.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn people_read_it_as_tables() {
    let daemon = open().await;
    let (status, list, _) = run(&daemon, &["schedule", "list"]).await;
    let morning = list.lines().find(|line| line.starts_with("morning")).unwrap();
    assert_eq!(status, Some(0));
    assert!(morning.contains("2026-03-12 09:00:00 +08:00") && morning.contains("2026-03-12 01:00:00"), "{list}");
    assert!(list.lines().find(|line| line.starts_with("export")).unwrap().contains("off"), "{list}");
    let (_, history, _) = run(&daemon, &["schedule", "history", "morning"]).await;
    assert_eq!(history, "it has not run yet\n");
    let (status, report, _) = run(&daemon, &["schedule", "run", "morning"]).await;
    assert!(status == Some(0) && report.starts_with("2 tasks due until 2026-03-12 09:00, 1119.80 yuan at stake"), "{report}");
    let (_, history, _) = run(&daemon, &["schedule", "history", "morning"]).await;
    assert!(history.contains("ok (by hand): 2 tasks due") && history.ends_with(&report), "{history}");
    let (status, said, _) = run(&daemon, &["schedule", "run", "poll-tracking"]).await;
    assert!(status == Some(0) && said == "0 parcels of which nothing was heard for 12h are asked about now\n", "{said}");
    let (_, next, _) = run(&daemon, &["schedule", "next", "2"]).await;
    assert!(
        next.lines().count() == 3 && next.contains("in 1 h 14 min  2026-03-11 21:45:00 +08:00  2026-03-11 13:45:00  handover-night"),
        "{next}"
    );
    let (status, _, err) = run(&daemon, &["schedule", "run", "nonsense"]).await;
    assert!(status == Some(2) && err.contains("there is no schedule `nonsense`"), "{err}");
    let (_, json, _) = run(&daemon, &["schedule", "list", "--json"]).await;
    assert!(serde_json::from_str::<Value>(&json).unwrap()["items"].as_array().unwrap().len() >= 9);
    daemon.running.stop().await.unwrap();
}

/// Orders that were called off and are long closed.
async fn called_off(daemon: &Daemon, ids: &[String], time: &str) {
    let mut facts: Vec<Value> = ids.iter().map(|id| order(id, time, "59.90")).collect();
    for id in ids {
        let mut off = order(id, time, "59.90");
        off["id"] = json!(format!("off-{id}"));
        off["data"]["status"] = json!("cancelled");
        facts.push(off);
    }
    daemon.tell(&facts).await;
}

fn archives(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).map(|all| all.map(|entry| entry.unwrap().path()).collect::<Vec<_>>()).unwrap_or_default();
    let mut paths: Vec<_> = entries.into_iter().filter(|path| path.to_string_lossy().ends_with(".jsonl.gz")).collect();
    paths.sort();
    paths
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_case_files_leave_into_an_archive_that_verifies_and_replays() {
    use parcelward::retention::archive::{lines, verify};
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("archive");
    let daemon = Daemon::with(NOW, dir, &[("RETENTION__FOLDER", folder.to_str().unwrap())]).await;
    called_off(&daemon, &["O1", "O2", "O3"].map(str::to_owned), PAID).await;
    daemon.tell(&[order("OPEN", PAID, "10.00")]).await;
    let hold = json!({"platform": "pinduoduo", "shop": "shop", "order_id": "O2", "why": "court", "who": "ann"});
    assert_eq!(daemon.post("/v1/holds", hold.clone()).await.0, StatusCode::OK);
    assert_eq!(daemon.post("/v1/holds", hold).await.0, StatusCode::CONFLICT);
    let (_, held, _) = run(&daemon, &["hold", "list"]).await;
    assert!(held.contains("pinduoduo/shop/O2  ann: court"), "{held}");
    daemon.clock.set("2028-06-01T12:00:00+08:00");
    assert_eq!(daemon.post("/v1/schedules/retention/run", json!({})).await.0, StatusCode::ACCEPTED);
    let done = ended(&daemon, "retention", 1).await.remove(0);
    assert_eq!(
        (done["state"].as_str(), done["report"]["erased"].as_u64(), done["report"]["archived"].as_u64()),
        (Some("ok"), Some(2), Some(2)),
        "{done}"
    );
    let file = archives(&folder).remove(0);
    let manifest = verify(&file).unwrap();
    let mut left: Vec<_> = manifest.orders.iter().map(|entry| entry.order.order_id.as_str()).collect();
    left.sort_unstable();
    assert_eq!(left, ["O1", "O3"]);
    let text: Vec<String> = lines(&file).unwrap().map(Result::unwrap).collect();
    assert_eq!(text.len() as u64, manifest.lines);
    assert!(text.iter().all(|line| line.contains("erasedtime") && !line.contains("李雷") && !line.contains("13900000001")));
    assert_eq!(daemon.get("/v1/orders/pinduoduo/shop/O1").await.0, StatusCode::NOT_FOUND);
    assert_eq!(daemon.get("/v1/orders/pinduoduo/shop/O2").await.0, StatusCode::OK);
    assert_eq!(daemon.get("/v1/orders/pinduoduo/shop/OPEN").await.0, StatusCode::OK);
    // Told again it is known; something new is kept and opens nothing.
    let (_, again) = daemon.post("/v1/facts", json!([order("O1", PAID, "59.90")])).await;
    assert_eq!(again["items"][0]["result"], "duplicate", "{again}");
    let mut new = order("O1", PAID, "61.00");
    new["id"] = json!("new");
    let (_, late) = daemon.post("/v1/facts", json!([new])).await;
    assert_eq!(late["items"][0]["result"], "parked", "{late}");
    assert_eq!(daemon.get("/v1/orders/pinduoduo/shop/O1").await.0, StatusCode::NOT_FOUND);
    let url = format!("sqlite:{}", daemon.dir.path().join("test.db").display());
    let (_, list, _) = run(&daemon, &["retention", "list", "--database", &url]).await;
    assert!(list.contains("late: parcelward.order new of test for order pinduoduo/shop/O1") && list.contains("2 case files"), "{list}");
    let (_, status) = daemon.get("/v1/status").await;
    assert_eq!(status["waiting"]["late_facts"], 1, "{status}");
    let (_, shown, _) = run(&daemon, &["status", "--database", &url]).await;
    assert!(shown.contains("1 fact has come too late, for orders that had left into an archive"), "{shown}");
    let (_, shown, _) = run(&daemon, &["status", "--json", "--database", &url]).await;
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let name = |status: &Value| (status["daemons"][0]["name"].clone(), status["daemons"][0]["config_revision"].clone());
    assert_eq!((&shown["waiting"]["late_facts"], name(&shown)), (&json!(1), name(&status)), "both say the same: {status}");
    let (_, facts, _) = run(&daemon, &["retention", "read", "--facts", file.to_str().unwrap()]).await;
    assert_eq!(facts.lines().count(), 4, "{facts}");
    let plain = daemon.dir.path().join("facts.jsonl");
    std::fs::write(&plain, facts).unwrap();
    let (status, replayed, err) = run(&daemon, &["replay", plain.to_str().unwrap()]).await;
    assert!(status == Some(0) && replayed.contains("deadline.cancelled"), "{replayed}{err}");
    let (status, said, _) = run(&daemon, &["doctor", "--database", &url]).await;
    assert_eq!(status, Some(0), "{said}");
    // One byte that is another is found out.
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    verify(&file).unwrap_err();
    daemon.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_killed_at_any_moment_loses_nothing_and_doubles_nothing() {
    use parcelward::retention::archive::verify;
    let daemon = Daemon::at("2022-03-11T20:30:00+08:00").await;
    let ids: Vec<String> = (0..120).map(|n| format!("K{n}")).collect();
    called_off(&daemon, &ids, "2022-03-10T08:00:00+08:00").await;
    let (dir, url) = (daemon.dir, format!("sqlite:{}", "test.db"));
    daemon.running.stop().await.unwrap();
    let command = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_parcelward"));
        command.env_clear().current_dir(dir.path()).args(["retention", "run", "--database", &url]);
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        command
    };
    let mut broken_off = 0;
    for round in 0..40 {
        let mut child = command().spawn().unwrap();
        std::thread::sleep(Duration::from_millis(20 + round * 23));
        match child.try_wait().unwrap() {
            Some(status) if status.success() => break,
            _ => broken_off += 1,
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(broken_off > 0, "it was broken off at least once");
    assert!(command().status().unwrap().success());
    let mut left = Vec::new();
    for file in archives(&dir.path().join("archive")) {
        left.extend(verify(&file).unwrap().orders.into_iter().map(|entry| entry.order.order_id));
    }
    left.sort();
    let mut wanted = ids.clone();
    wanted.sort();
    assert_eq!(left, wanted, "each once");
    let (file, options) = (format!("sqlite:{}", dir.path().join("test.db").display()), parcelward_store::StoreOptions::default());
    let store = parcelward_store::open(&file, &options).await.unwrap();
    assert!(store.records(0, 10).await.unwrap().rows.is_empty());
    assert!(store.faults().await.unwrap().iter().all(|count| *count == 0));
    let known = store.archives(100).await.unwrap();
    assert!(known.iter().all(|row| row.is_done) && known.len() == archives(&dir.path().join("archive")).len());
    store.close().await;
}

/// As an operator does it, while the daemon works on: look, hold, run, verify; and the daemon goes on as before.
#[tokio::test(flavor = "multi_thread")]
async fn retention_is_run_by_hand_beside_a_daemon() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("archive");
    let daemon = Daemon::with("2022-03-11T20:30:00+08:00", dir, &[]).await;
    called_off(&daemon, &["O1", "O2"].map(str::to_owned), "2022-03-10T08:00:00+08:00").await;
    let url = format!("sqlite:{}", daemon.dir.path().join("test.db").display());
    let config = daemon.dir.path().join("mine");
    std::fs::create_dir(&config).unwrap();
    std::fs::write(config.join("parcelward.toml"), format!("[retention]\nfolder = \"{}\"\n", folder.display())).unwrap();
    let retention = |arguments: &[&str]| {
        let own = ["--config", config.to_str().unwrap(), "--database", &url].map(str::to_owned);
        ["retention"].iter().chain(arguments).map(|word| (*word).to_owned()).chain(own).collect::<Vec<String>>()
    };
    let asked = async |arguments: &[&str]| {
        let arguments = retention(arguments);
        run(&daemon, &arguments.iter().map(String::as_str).collect::<Vec<_>>()).await
    };
    // Held by a person, with a reason; the reason is asked for.
    let (status, _, err) = run(&daemon, &["hold", "set", "pinduoduo/shop/O1", "--by", "ann"]).await;
    assert!(status == Some(2) && err.contains("--why"), "{err}");
    let (status, said, err) = run(&daemon, &["hold", "set", "pinduoduo/shop/O1", "--why", "court file 12", "--by", "ann"]).await;
    assert!(status == Some(0) && said.contains("pinduoduo/shop/O1"), "{said}{err}");
    let (status, _, err) = run(&daemon, &["hold", "set", "pinduoduo/shop/NONE", "--why", "x", "--by", "ann"]).await;
    assert!(status == Some(2) && err.contains("NONE"), "{err}");

    let (status, said, err) = asked(&["run", "--dry-run"]).await;
    assert_eq!((status, err.as_str()), (Some(0), ""), "{said}");
    assert!(
        said.starts_with("1 case file of which nothing was heard for 400d would be erased, and 1 (silent for 730d) would leave"),
        "{said}"
    );
    assert!(said.ends_with("nothing was done\n") && !folder.exists(), "{said}");
    assert!(daemon.get("/v1/orders/pinduoduo/shop/O2?personal=show").await.1.to_string().contains("李雷"), "nothing is erased");

    let (status, said, err) = asked(&["run"]).await;
    assert_eq!((status, err.as_str()), (Some(0), ""), "{said}");
    let file = archives(&folder).remove(0);
    assert!(
        said.starts_with("1 case file and 0 loose facts erased, 1 case file left\n") && said.contains(file.to_str().unwrap()),
        "{said}"
    );
    let (status, said, _) = asked(&["verify"]).await;
    assert_eq!((status, said.as_str()), (Some(0), "1 archive, 0 not as they should be\n"));
    assert_eq!(daemon.get("/v1/orders/pinduoduo/shop/O2").await.0, StatusCode::NOT_FOUND, "the daemon sees that it left");
    assert!(daemon.get("/v1/orders/pinduoduo/shop/O1?personal=show").await.1.to_string().contains("李雷"), "it is held");
    daemon.tell(&[order("O3", "2022-03-11T08:00:00+08:00", "10.00")]).await;

    // Released, it goes as well.
    let (status, said, err) = run(&daemon, &["hold", "release", "pinduoduo/shop/O1", "--why", "settled", "--by", "bob"]).await;
    assert!(status == Some(0) && said.contains("pinduoduo/shop/O1"), "{said}{err}");
    let (_, said, _) = asked(&["run"]).await;
    assert!(said.starts_with("1 case file and 0 loose facts erased, 1 case file left\n"), "{said}");
    assert_eq!(daemon.get("/v1/orders/pinduoduo/shop/O1").await.0, StatusCode::NOT_FOUND);
    assert_eq!(daemon.get("/v1/orders/pinduoduo/shop/O3").await.0, StatusCode::OK);
    // A file that is gone, and one that is not ours, are told.
    std::fs::rename(&file, folder.join("cases-19990101T000000-1.jsonl.gz")).unwrap();
    let (status, said, _) = asked(&["verify"]).await;
    assert!(status == Some(1) && said.contains("cannot be read") && said.contains("is not known to this database"), "{said}");
    assert!(said.ends_with("2 archives, 2 not as they should be\n"), "{said}");
    daemon.running.stop().await.unwrap();
}
