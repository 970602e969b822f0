//! The binary itself: how it starts, what it says, how it ends.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::*;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
    }
}

fn command(dir: &std::path::Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parcelward"));
    command.current_dir(dir).env_clear().env("PARCELWARD_SERVER__LISTEN", "127.0.0.1:0").env("PARCELWARD_LOG", "debug");
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn serve_says_where_it_listens_and_ends_with_0_when_told_to() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let dir = tempfile::tempdir().unwrap();
    let notify = dir.path().join("notify");
    let manager = std::os::unix::net::UnixDatagram::bind(&notify).unwrap();
    let child = command(dir.path()).env("NOTIFY_SOCKET", &notify).arg("serve").stderr(Stdio::piped()).spawn().unwrap();
    let mut process = Process(child);
    let mut log = BufReader::new(process.0.stderr.take().unwrap());
    let mut said = String::new();
    while !said.contains("listening on http://") {
        assert!(log.read_line(&mut said).unwrap() > 0, "it ended: {said}");
    }
    assert!(said.contains("only this machine is served"), "{said}");
    let address = said.split("http://").nth(1).unwrap().split(';').next().unwrap().to_owned();
    let mut word = [0; 200];
    let n = manager.recv(&mut word).unwrap();
    assert!(String::from_utf8_lossy(&word[..n]).contains("READY=1"));
    let client = reqwest::Client::new();
    let (status, body) =
        answer(client.post(format!("http://{address}/v1/facts")).json(&order("O1", "2026-03-10T08:00:00+08:00", "59.90"))).await;
    assert_eq!(status, 200, "{body}");
    answer(client.get(format!("http://{address}/v1/orders/pinduoduo/shop/O1?personal=show"))).await;
    assert!(Command::new("kill").arg("-TERM").arg(process.0.id().to_string()).status().unwrap().success());
    log.read_to_string(&mut said).unwrap();
    assert_eq!(process.0.wait().unwrap().code(), Some(0), "{said}");
    // Between the two the manager is told how the daemon is.
    loop {
        let n = manager.recv(&mut word).unwrap();
        let told = String::from_utf8_lossy(&word[..n]).into_owned();
        if told.contains("STOPPING=1") {
            break;
        }
        assert!(told.contains("STATUS="), "{told}");
    }
    assert!(said.contains("stopped; everything taken is stored"), "{said}");
    for personal in ["李雷", "13900000001", "文一路"] {
        assert!(!said.contains(personal), "the log holds {personal}:\n{said}");
    }
    assert!(!dir.path().join("parcelward.db-wal").exists(), "the database is closed");
}

#[test]
fn a_wrong_configuration_is_said_and_nothing_starts() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("config/rules");
    std::fs::create_dir_all(&config).unwrap();
    std::fs::write(config.join("mine.toml"), "[rule.\"pdd.collect\"]\nlength = \"a while\"\n").unwrap();
    for (arguments, status) in [(["serve", "--config", "config"], 2), (["check", "--config", "config"], 1)] {
        let out = command(dir.path()).args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(status), "{said}");
        assert!(said.contains("config/rules/mine.toml:2:10"), "{said}");
        assert!(said.contains("rule.\"pdd.collect\".length: `a while`"), "{said}");
    }
    assert!(!dir.path().join("parcelward.db").exists());
    let out = command(dir.path()).arg("check").output().unwrap();
    assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
}

#[test]
fn every_command_has_help_that_can_be_read() {
    let dir = tempfile::tempdir().unwrap();
    let out = command(dir.path()).arg("--help").output().unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    let commands: Vec<&str> = text
        .lines()
        .skip_while(|l| !l.starts_with("Commands:"))
        .skip(1)
        .take_while(|l| !l.is_empty())
        .filter_map(|l| l.split_whitespace().next())
        .collect();
    assert!(commands.contains(&"serve") && commands.contains(&"check"), "{text}");
    for name in commands.into_iter().filter(|name| *name != "help") {
        let out = command(dir.path()).args([name, "--help"]).output().unwrap();
        let text = String::from_utf8(out.stdout).unwrap();
        assert!(out.status.success() && text.contains("Usage: parcelward"), "{name}: {text}");
        assert!(text.lines().all(|line| line.chars().count() <= 120), "{name}: {text}");
    }
}

#[test]
fn written_out_files_are_a_right_configuration() {
    let dir = tempfile::tempdir().unwrap();
    assert!(command(dir.path()).args(["config", "init", "mine"]).output().unwrap().status.success());
    assert!(dir.path().join("mine/rules/pinduoduo.toml").exists());
    let out = command(dir.path()).args(["check", "--config", "mine"]).output().unwrap();
    assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
    let again = command(dir.path()).args(["config", "init", "mine"]).output().unwrap();
    assert_eq!(again.status.code(), Some(2), "nothing of yours is overwritten");
}

#[test]
fn the_demo_shows_real_intercepts_and_tasks_and_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let out = command(dir.path()).env("TMPDIR", dir.path()).env_remove("PARCELWARD_LOG").args(["demo", "--once"]).output().unwrap();
    let (text, said) = (String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap());
    assert_eq!(out.status.code(), Some(0), "{said}");
    assert!(!said.contains("WARN"), "nothing troubles a newcomer: {said}");
    // Three refunds: each courier's part in its order, whatever the others did between.
    let follows = |courier: &str, steps: &[&str]| {
        let mut lines = text.lines().filter(|line| line.split_whitespace().nth(1) == Some(courier));
        steps.iter().for_each(|step| assert!(lines.any(|line| line.contains(step)), "{courier}: `{step}` in its place:\n{text}"));
    };
    follows(
        "ZTO",
        &[
            "in transit",
            "agrees to refund ¥128.00",
            "is to be asked: intercept",
            "/thirdcenter.createIntercept, and answers HTTP 200",
            "accepts the intercept; its number for it: ",
            "turned round",
            "has succeeded",
            "case is closed: intercept, returned",
            "back at its sender's",
            "inspect return",
        ],
    );
    follows("SF", &["agrees to refund", "is sent POST", "accepts the intercept", "turned round", "under a new number, SF"]);
    follows("YTO", &["agrees to refund", "is sent POST", "refuses the intercept: 运单已派件", "a task for service"]);
    let hint = text.lines().find(|line| line.trim().starts_with("parcelward explain ")).unwrap();
    assert!(hint.contains("-o") && hint.contains("--url http://127.0.0.1:"), "{hint}");
    let list = text.lines().find(|line| line.contains(" open tasks")).unwrap();
    let open: u64 = list.split_whitespace().next().unwrap().parse().unwrap();
    assert!(open > 20 && text.contains("http://127.0.0.1:") && text.contains("Ctrl-C"), "{text}");
    assert!(text.contains('¥') && text.contains('→') && text.contains('✗'), "{text}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "the temporary folder is gone");
}
