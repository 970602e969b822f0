//! Edits of the configuration while the daemon runs: whole or not at all, and never a restart.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "reload/apply.rs"]
mod apply;
mod common;

use common::*;
use parcelward::config::{KeptFile, load_with};
use parcelward::serve::{Running, start};
use parcelward_casework::fact::OrderKey;
use parcelward_casework::instant::Instant;
use parcelward_casework::rule_kind::RuleKind;
use parcelward_casework::rules::{Rules, Span};
use parcelward_casework::words::Platform;
use reqwest::{Client, StatusCode};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

async fn daemon(dir: &Path) -> Running {
    daemon_by(dir, TestClock::at("2026-03-10T09:00:00+08:00")).await
}

async fn daemon_by(dir: &Path, clock: std::sync::Arc<TestClock>) -> Running {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let database = format!("sqlite:{}", dir.join("test.db").display());
    let environment = [("PARCELWARD_SERVER__LISTEN", "127.0.0.1:0"), ("PARCELWARD_DATABASE__URL", database.as_str())];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let config = load_with(Some(&dir.join("config")), environment.into_iter()).unwrap();
    start(config, clock).await.unwrap()
}

fn span(rules: &Rules, kind: RuleKind) -> Span {
    rules.version(kind, Platform::Pinduoduo, Instant::parse("2026-03-10T08:00:00+08:00").unwrap()).unwrap().span
}

/// Two rules, each in a file of its own.
fn write(config: &Path, collect: &str, ship_by: &str) {
    let rule = |id: &str, length: &str| format!("[rule.\"{id}\"]\nlength = {length}\nladder = \"at due\"\n");
    fs::create_dir_all(config.join("rules.d")).unwrap();
    fs::write(config.join("rules.d/a.toml"), rule("pdd.collect", collect)).unwrap();
    fs::write(config.join("rules.d/b.toml"), rule("pdd.ship_by", ship_by)).unwrap();
}

/// A schedule whose every missed time would be made up for.
fn schedule(config: &Path, cron: &str) {
    let text = format!("[schedule.edited]\njob = \"claims-ageing\"\ncron = \"{cron}\"\ncatch_up = \"all\"\ncatch_up_max = 50\n");
    fs::create_dir_all(config.join("schedules.d")).unwrap();
    fs::write(config.join("schedules.d/edited.toml"), text).unwrap();
}

/// The revisions of an order's lines, each with whether its files say `18h`.
async fn revisions_of(running: &Running, number: &str) -> Vec<(String, bool)> {
    let store = &running.app().store;
    let key = OrderKey { platform: Platform::Pinduoduo, shop: "shop".to_owned(), order_id: number.to_owned() };
    let mut found = Vec::new();
    for row in store.timeline(&key, 0, 100).await.unwrap().rows {
        let kept = store.revision(row.config.unwrap()).await.unwrap().unwrap();
        let files: Vec<KeptFile<'_>> = serde_json::from_str(&kept.files).unwrap();
        let text = files.iter().find(|file| file.name == "rules.d/a.toml").unwrap().text.to_string();
        assert_eq!(kept.who, format!("daemon {}", running.app().desk.name()));
        found.push((kept.revision, text.contains("18h")));
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_decided_names_the_configuration_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("config");
    write(&config, "\"18h\"", "\"40h\"");
    let running = daemon(dir.path()).await;
    let client = Client::new();
    let url = |path: &str| format!("http://{}{path}", running.address());
    let first = running.app().config().revision.clone();
    let tell = |number: &'static str| answer(client.post(url("/v1/facts")).json(&[order(number, "2026-03-10T08:00:00+08:00", "99.00")]));
    assert_eq!(tell("1").await.0, StatusCode::OK);
    write(&config, "\"20h\"", "\"40h\"");
    assert_eq!(answer(client.post(url("/v1/config/reload"))).await.0, StatusCode::OK);
    let second = running.app().config().revision.clone();
    assert_eq!(tell("2").await.0, StatusCode::OK);
    let before = revisions_of(&running, "1").await;
    assert!(before.len() > 1 && before.iter().all(|line| *line == (first.clone(), true)), "{before:?}");
    let after = revisions_of(&running, "2").await;
    assert!(after.len() > 1 && after.iter().all(|line| *line == (second.clone(), false)), "{after:?}");
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_edit_is_in_force_and_a_wrong_one_is_told_with_its_line() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("config");
    write(&config, "\"20h\"", "\"40h\"");
    let running = daemon(dir.path()).await;
    let client = Client::new();
    let reload = || answer(client.post(format!("http://{}/v1/config/reload", running.address())));
    let (status, body) = reload().await;
    // The listener and the database stand in this test's own environment, which a reload does not see.
    assert_eq!((status, &body["at_next_start"]), (StatusCode::OK, &serde_json::json!(["server.listen", "database.url"])), "{body}");
    let first = body["revision"].as_str().unwrap().to_owned();

    write(&config, "\"18h\"", "\"40h\"");
    let (status, body) = reload().await;
    assert_eq!((status, &body["changed"]), (StatusCode::OK, &true.into()), "{body}");
    assert_ne!(body["revision"], first.as_str());
    assert_eq!(span(&running.app().desk.rules(), RuleKind::Collect), Span::parse("18h").unwrap());

    write(&config, "\"16h\"", "\"four days\"");
    let (status, body) = reload().await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
    let field = body["errors"][0]["field"].as_str().unwrap();
    assert!(field.ends_with("config/rules.d/b.toml:2:10"), "{body}");
    assert!(body["errors"][0]["message"].as_str().unwrap().contains("`four days`"), "{body}");
    assert_eq!(span(&running.app().desk.rules(), RuleKind::Collect), Span::parse("18h").unwrap(), "nothing of it, not the right half");
    // Whoever looks at the daemons is told why, until it is right again.
    let status = || answer(client.get(format!("http://{}/v1/status", running.address())));
    let daemon = loop {
        let daemon = status().await.1["daemons"][0].clone();
        if daemon["config_refused"] == true {
            break daemon;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    };
    let why = daemon["config_refused_because"].as_str().unwrap();
    assert!(why.contains("config/rules.d/b.toml:2:10: ") && why.contains("`four days`"), "{daemon}");
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_swapped_under_reloads_are_taken_whole() {
    // A variable that begins with PARCELWARD_ would be read as a setting, and refused.
    let rounds: u64 = std::env::var("EDITS_UNDER_RELOADS").ok().and_then(|n| n.parse().ok()).unwrap_or(60);
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("config");
    write(&config, "\"1h\"", "\"1h\"");
    let clock = TestClock::at("2026-03-10T09:00:00+08:00");
    let running = daemon_by(dir.path(), clock.clone()).await;
    let app = running.app();
    let (edited, next) = (config.clone(), dir.path().join("next"));
    let edits = tokio::task::spawn_blocking(move || {
        for n in 0..rounds {
            // Every sixth folder is wrong in one of its files.
            let length = format!("\"{}h\"", n % 40 + 1);
            match n % 6 {
                5 => write(&next, &length, "\"soon\""),
                _ => write(&next, &length, &length),
            }
            schedule(&next, &format!("0 {} {} * * *", n % 60, n * 7 % 24));
            let old = next.with_extension("old");
            fs::rename(&edited, &old).unwrap();
            fs::rename(&next, &edited).unwrap();
            fs::remove_dir_all(&old).unwrap();
            // Now and then it stands still for long enough to be read, however slow the machine is.
            std::thread::sleep(std::time::Duration::from_millis(if n % 7 == 6 { 200 } else { n % 7 }));
        }
    });
    let (mut taken, mut refused) = (0_u32, 0_u32);
    let mut why = String::new();
    while !edits.is_finished() {
        match app.reload().run(app).await {
            Ok(reloaded) => taken += u32::from(reloaded.changed),
            Err(problems) => {
                refused += 1;
                why = problems.to_string();
            }
        }
        let rules = app.desk.rules();
        assert_eq!(span(&rules, RuleKind::Collect), span(&rules, RuleKind::ShipBy), "half of one folder and half of another");
        assert!(std::ptr::eq(&*app.config(), &*app.config()), "one configuration");
        let config = app.config();
        assert_eq!(span(&config.rules, RuleKind::Collect), span(&rules, RuleKind::Collect), "the API and the desk have the same");
    }
    edits.await.unwrap();
    assert!(taken > 0, "{taken} taken, {refused} refused: no edit was seen at all; the last was refused because {why}");
    println!("{rounds} edits: {taken} taken, {refused} refused");
    write(&config, "\"41h\"", "\"41h\"");
    app.reload().run(app).await.unwrap();
    assert_eq!(span(&app.desk.rules(), RuleKind::Collect), Span::parse("41h").unwrap(), "the last edit holds");
    // Each edit moved the schedule to times that had been long before it: none was made up for. What comes after the last one is run.
    assert_eq!(app.store.runs("edited", None, 10).await.unwrap().rows, []);
    schedule(&config, "0 30 9 * * *");
    app.reload().run(app).await.unwrap();
    clock.set("2026-03-10T09:30:01+08:00");
    let ran = loop {
        let ran = app.store.runs("edited", None, 10).await.unwrap().rows;
        if !ran.is_empty() {
            break ran;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    let slots: Vec<Instant> = ran.iter().map(|run| run.slot).collect();
    assert_eq!(slots, [Instant::parse("2026-03-10T09:30:00+08:00").unwrap()]);
    running.stop().await.unwrap();
}

/// Ends with the test.
struct Process(std::process::Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_watched_folder_is_read_again_when_a_file_is_renamed_over_another() {
    use std::io::{BufRead, BufReader};
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("config");
    write(&config, "\"20h\"", "\"40h\"");
    fs::write(config.join("parcelward.toml"), "watch = true\n[server]\nlisten = \"127.0.0.1:0\"\n").unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_parcelward"))
        .current_dir(dir.path())
        .env_clear()
        .args(["serve", "--config", "config"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut process = Process(child);
    let mut log = BufReader::new(process.0.stderr.take().unwrap());
    let mut wait_for = |what: &str| {
        let mut said = String::new();
        while !said.contains(what) {
            assert!(log.read_line(&mut said).unwrap() > 0, "it ended without `{what}`: {said}");
        }
        said
    };
    wait_for("listening on http://");
    // As editors do: a new file beside it, renamed over the old one.
    let edit = |text: &str| {
        fs::write(config.join("rules.d/.a.toml.swp"), text).unwrap();
        fs::rename(config.join("rules.d/.a.toml.swp"), config.join("rules.d/a.toml")).unwrap();
    };
    edit("[rule.\"pdd.collect\"]\nlength = \"soon\"\n");
    let said = wait_for("the old configuration stays in force");
    assert!(said.contains("a file of the configuration was changed"), "{said}");
    wait_for("`soon` is not a length");
    edit("[rule.\"pdd.collect\"]\nlength = \"21h\"\n");
    wait_for("configuration read again; it is in force");
}
