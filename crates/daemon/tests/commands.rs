//! The commands for people, run as people run them, against a daemon under a clock that the test holds.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::*;
use serde_json::Value;
use std::process::Command;

/// Half an hour after the first rung of `pdd.ship_by` for an order that was paid at [`PAID`].
const NOW: &str = "2026-03-11T20:30:00+08:00";
const PAID: &str = "2026-03-10T08:00:00+08:00";

/// What a command said and how it ended.
#[derive(Debug)]
struct Said {
    status: Option<i32>,
    out: String,
    err: String,
}

async fn run(daemon: &Daemon, arguments: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parcelward"));
    command.env_clear().env("PARCELWARD_URL", daemon.url("")).env("USER", "xiaowang").args(arguments);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let said = Said { status: output.status.code(), out: text(output.stdout), err: text(output.stderr) };
    assert!(!said.out.contains('\u{1b}') && !said.err.contains('\u{1b}'), "no colours into a pipe: {said:?}");
    said
}

async fn open() -> Daemon {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let daemon = Daemon::at(NOW).await;
    daemon.tell(&[order("O1", PAID, "59.90"), order("O2", "2026-03-10T08:10:00+08:00", "1059.90")]).await;
    daemon
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_at_the_desk() {
    let daemon = open().await;
    let list = run(&daemon, &["tasks", "--queue", "warehouse"]).await;
    assert_eq!((list.status, list.err.as_str()), (Some(0), ""));
    let lines: Vec<&str> = list.out.lines().collect();
    assert!(lines[0].starts_with("LEFT") && lines.len() == 3, "{}", list.out);
    assert!(lines[1].contains("11 h 29 min") && lines[1].contains("59.90") && lines[1].contains("03-12 08:00"), "{}", list.out);
    let ids: Vec<String> = lines[1..].iter().map(|line| line.split_whitespace().last().unwrap().to_owned()).collect();

    let shown = run(&daemon, &["task", "show", &ids[0]]).await;
    for part in ["pinduoduo/shop/O1", "What to do", "--outcome", "shipped", "¥59.90", "2026-03-12 08:00"] {
        assert!(shown.out.contains(part), "{part}: {}", shown.out);
    }
    let claimed = run(&daemon, &["task", "claim", &ids[0]]).await;
    assert_eq!(claimed.out.trim_start_matches(ids[0].as_str()).trim_start().split(':').next(), Some("with xiaowang"), "{claimed:?}");
    let taken = run(&daemon, &["task", "claim", &ids[0], "--by", "xiaoli"]).await;
    assert_eq!((taken.status, taken.err.as_str()), (Some(2), "parcelward: refused: the task is claimed by xiaowang\n"));
    let how = run(&daemon, &["task", "done", &ids[0]]).await;
    assert!(how.status == Some(2) && how.err.contains("Give one of these with --outcome:\n  shipped"), "{how:?}");
    let how = run(&daemon, &["task", "done", &ids[0], "--outcome", "eaten"]).await;
    assert!(how.status == Some(2) && how.err.contains("`eaten` is no way to end this task") && how.err.contains("shipped"), "{how:?}");
    let some = run(&daemon, &["task", "dismiss", &ids[1], "no-such-task"]).await;
    assert_eq!((some.status, some.err.as_str()), (Some(1), "no-such-task: there is no task `no-such-task`\n"), "{some:?}");
    let later = run(&daemon, &["task", "snooze", &ids[0], "--until", "2026-03-12 01:00"]).await;
    assert!(later.out.contains("sleeps until 03-12 01:00"), "{later:?}");

    let order = run(&daemon, &["order", "pinduoduo", "shop", "O1", "--timeline"]).await;
    for part in ["pinduoduo/shop/O1", "paid, ¥59.90", "李* 139****0001 浙江省 杭州市 ****", "Open tasks", "pdd.ship_by", "task_update"]
    {
        assert!(order.out.contains(part), "{part}: {}", order.out);
    }
    assert!(run(&daemon, &["order", "pinduoduo/shop/O1", "--personal"]).await.out.contains("李雷 13900000001"));
    let case = daemon.get(&format!("/v1/tasks/{}", ids[0])).await.1["case_id"].as_str().unwrap().to_owned();
    let shown = run(&daemon, &["case", &case]).await;
    assert!(shown.out.contains("late_shipment") && shown.out.contains(&ids[0]), "{}", shown.out);
    let board = run(&daemon, &["board"]).await;
    assert!(board.out.contains("late_shipment"), "{}", board.out);
    daemon.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn json_is_the_apis_own() {
    let daemon = open().await;
    let id = daemon.tasks("ship_now").await[0]["task_id"].as_str().unwrap().to_owned();
    let (show, order) = (["task", "show", &id, "--json"], ["order", "pinduoduo/shop/O1", "--json"]);
    for (arguments, field) in
        [(&["tasks", "--json"][..], "items"), (&show, "task_id"), (&order, "timeline"), (&["board", "--json"], "open_cases")]
    {
        let said = run(&daemon, arguments).await;
        let json: Value = serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{arguments:?}: {e}: {}", said.out));
        assert!(!json[field].is_null(), "{arguments:?}: {}", said.out);
    }
    daemon.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_by_hand_shows_what_follows() {
    let daemon = open().await;
    let at = ["record", "--at", NOW];
    let tell = |more: &[&'static str]| at.iter().copied().chain(more.iter().copied()).collect::<Vec<_>>();
    let report = run(&daemon, &tell(&["buyer-request", "pinduoduo/shop/O1", "urge", "--text", "急"])).await;
    assert_eq!(report.status, Some(0), "{report:?}");
    assert!(
        report.out.starts_with("recorded: buyer request for pinduoduo/shop/O1\n") && report.out.contains("→ case opened: buyer_request"),
        "{report:?}"
    );
    let promise = run(&daemon, &tell(&["promise", "pinduoduo/shop/O1", "reply"])).await;
    let id = promise.out.lines().find_map(|l| l.strip_prefix("its id is ")?.split(';').next()).unwrap().to_owned();
    let kept = run(&daemon, &["record", "--at", NOW, "promise", "pinduoduo/shop/O1", "reply", "--kept", "--id", &id]).await;
    assert!(kept.out.contains("→ case closed: commitment"), "{kept:?}");
    let scan = run(&daemon, &tell(&["scan", "yto:YT99", "delivered"])).await;
    assert!(scan.out.contains("no order has this waybill yet"), "{scan:?}");
    let bad = run(&daemon, &tell(&["promise", "pinduoduo/shop/O1", "reply", "--due", "tomorrow"])).await;
    assert!(bad.status == Some(2) && bad.err.starts_with("parcelward: --due: `tomorrow` is no time"), "{bad:?}");
    daemon.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_the_door_and_says_who_it_is() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let dir = tempfile::tempdir().unwrap();
    let (tokens, mine) = (dir.path().join("tokens"), dir.path().join("mine"));
    std::fs::write(&tokens, "xiaozhao:0123456789abcdef\n").unwrap();
    std::fs::write(&mine, "0123456789abcdef\n").unwrap();
    let mut daemon = Daemon::with(NOW, dir, &[("SERVER__TOKEN_FILE", tokens.to_str().unwrap())]).await;
    daemon.token = Some("0123456789abcdef".to_owned());
    daemon.tell(&[order("O1", PAID, "59.90")]).await;
    let id = daemon.task("ship_now").await["task_id"].as_str().unwrap().to_owned();
    let shut = run(&daemon, &["task", "claim", &id]).await;
    assert!(shut.status == Some(2) && shut.err.contains("--token-file FILE or PARCELWARD_TOKEN"), "{shut:?}");
    let open = run(&daemon, &["task", "claim", &id, "--token-file", mine.to_str().unwrap()]).await;
    assert!(open.status == Some(0) && open.out.contains("with xiaozhao"), "{open:?}");
    daemon.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_says_row_by_row_what_did_not_land() {
    let daemon = Daemon::at(NOW).await;
    let file = daemon.dir.path().join("orders.csv");
    std::fs::write(
        &file,
        "订单号,订单状态,支付时间,商家实收金额(元)\n260310-1,待发货,2026-03-10 08:00:00,59.90\n260310-2,待发货,昨天,59.90\n",
    )
    .unwrap();
    let path = file.to_str().unwrap();
    let trial = run(&daemon, &["import", "--shop", "s", "--dry-run", path]).await;
    assert!(trial.status == Some(1) && trial.out.contains("1 fact would be handed in"), "{trial:?}");
    assert!(!daemon.dir.path().join("orders.csv.rejects.csv").exists(), "a dry run writes nothing");
    let said = run(&daemon, &["import", "--shop", "s", path]).await;
    assert_eq!(said.status, Some(1), "{said:?}");
    assert!(said.err.contains("row 3, column C `支付时间`") && said.err.contains("1 rejected row in"), "{said:?}");
    assert!(said.out.contains("1 fact taken, 0 known already, 0 refused"), "{said:?}");
    let rejects = std::fs::read_to_string(daemon.dir.path().join("orders.csv.rejects.csv")).unwrap();
    assert!(rejects.contains("260310-2") && !rejects.contains("260310-1"), "{rejects}");
    let again = run(&daemon, &["import", "--shop", "s", path]).await;
    assert!(again.out.contains("0 facts taken, 1 known already, 0 refused"), "{again:?}");
    let which = run(&daemon, &["import", path]).await;
    assert!(which.status == Some(2) && which.err.contains("which shop is it? Name it (`--shop`)"), "{which:?}");
    daemon.running.stop().await.unwrap();
}
