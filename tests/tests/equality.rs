//! The live journal equals a replay of its export, order by order: the sample shop imported, then lived on for days over HTTP.
//!
//! Everything that may stand between the two is in it: files imported twice, work done, refused and done too late by people, facts said
//! twice, facts in conflict, late ones, parcels known before their order, coverage, disruptions, other rules that are applied, and a restart
//! in the middle.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod live;

use live::Shop;
use parcelward_casework::words::OpenDeadlines;
use parcelward_tests::dice::{Dice, setting};
use parcelward_tests::journal::{difference, lived, orders_of, replayed};
use parcelward_tests::{binary, workspace};
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::{Command, Output};

/// When the sample shop's three weeks end.
const PRESENT: &str = "2026-03-22T18:00:00+08:00";
const FILES: [&str; 4] = ["orders.csv", "shipments.xlsx", "after_sales.csv", "facts.jsonl"];

fn parcelward(shop: &Shop, arguments: &[&str]) -> Output {
    let mut command = Command::new(binary::path().unwrap());
    command.args(arguments).env("PARCELWARD_URL", shop.url("")).env("USER", "xiaowang").env_remove("PARCELWARD_TOKEN");
    command.output().unwrap()
}

fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// Imports the samples with the command, copied so that nothing is written beside them. An answer to a request that a courier was never
/// sent, because everything became known at once, is the one thing that may be refused.
fn import(shop: &Shop) -> String {
    let files: Vec<String> = FILES
        .iter()
        .map(|name| {
            let copy = shop.dir().join(name);
            std::fs::copy(workspace::root().join("samples").join(name), &copy).unwrap();
            copy.display().to_string()
        })
        .collect();
    let mut arguments = vec!["import", "--shop", "qingshan"];
    arguments.extend(files.iter().map(String::as_str));
    let (status, stdout, stderr) = said(&parcelward(shop, &arguments));
    assert!(stderr.lines().all(|line| line.ends_with(": there is no such operation")), "{stderr}");
    assert_eq!(status, Some(i32::from(!stderr.is_empty())), "{stderr}");
    assert!(stdout.ends_with(&format!(", {} refused\n", stderr.lines().count())), "{stdout}");
    stdout
}

/// Rules that are applied on the way: clocks that run are due earlier, some already; their rungs are others.
const EARLIER: &str = r#"
[rule."pdd.movement"]
length = "30h"
ladder = ["8h", "4h"]
[rule."pdd.collect"]
length = "12h"
ladder = ["3h"]
[rule."courier.presumed_lost"]
length = "4d"
ladder = ["30h", "10h"]
"#;
/// And longer ones.
const LONGER: &str = r#"
[rule."pdd.movement"]
length = "72h"
ladder = ["40h", "4h"]
[rule."pdd.ship_by"]
length = "60h"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn the_live_journal_equals_a_replay_of_its_export() {
    let mut dice = Dice::new(setting("PARCELWARD_EQUALITY_SEED", || 7));
    let mut shop = Shop::at(PRESENT).await;
    let first = import(&shop);
    assert!(first.lines().last().unwrap().contains(" facts taken, 0 known already, "), "{first}");
    shop.settle().await;
    let facts = shop.count_facts().await;
    assert!(facts > 10_000, "{facts}");
    let export = shop.export().await;
    let recorded = |line: &str| serde_json::from_str::<Value>(line).unwrap()["recordedtime"].as_str().unwrap().to_owned();
    // Requests to a courier without an account are answered by the daemon itself, a moment later.
    let imported = export.lines().filter(|line| !line.contains(r#""source":"parcelward/lanes""#));
    let moments: BTreeSet<String> = imported.map(recorded).collect();
    assert_eq!(moments.len(), 1, "the files of one import become known at one moment");
    let again = import(&shop);
    assert!(again.lines().last().unwrap().starts_with("0 facts taken, "), "{again}");
    assert_eq!(shop.count_facts().await, facts, "importing twice changes nothing");

    let mut seen = live::Seen::default();
    for hour in 0..60 {
        shop.clock.forward(hours(&mut dice));
        if hour % 7 == 3 {
            shop.settle().await;
        }
        shop.an_hour_of_work(&mut dice, &mut seen).await;
        match hour {
            12 => shop.apply(EARLIER, Some(OpenDeadlines::Move)).await,
            24 => shop.apply(LONGER, None).await,
            30 => shop = shop.restart().await,
            40 => shop.apply(EARLIER, Some(OpenDeadlines::Keep)).await,
            // Back to what was shipped.
            50 => shop.apply("", Some(OpenDeadlines::Move)).await,
            _ => {}
        }
    }
    seen.assert_everything_happened();
    let told = parcelward(
        &shop,
        &[
            "record",
            "--at",
            &shop.clock.peek().to_string(),
            "promise",
            &shop.some_order().await,
            "reship",
            "--due",
            "+24h",
            "--text",
            "补发",
        ],
    );
    let (status, stdout, stderr) = said(&told);
    assert_eq!(status, Some(0), "{stderr}");
    assert!(stdout.starts_with("recorded: commitment for pinduoduo/qingshan/") && stdout.contains("case opened: commitment"), "{stdout}");
    // Everything that is still running runs out.
    shop.clock.forward(40 * 24 * 60);
    shop.settle().await;
    let until = shop.clock.peek();

    let file = shop.dir().join("export.jsonl");
    let (status, stdout, stderr) = said(&parcelward(&shop, &["export", "--out", &file.display().to_string()]));
    assert_eq!((status, stderr.as_str()), (Some(0), ""), "{stdout}");
    let export = std::fs::read_to_string(&file).unwrap();
    assert_eq!(export.lines().count() as u64, shop.count_facts().await);
    let orders = orders_of(&export);
    let live = lived(&*shop.app().store, &orders).await.unwrap();
    let (told, status, stderr) = replayed(binary::path().unwrap(), &export, until).unwrap();
    assert_eq!(status, Some(0), "{stderr}");
    assert!(stderr.lines().all(|line| line.contains(": without effect: ")), "{stderr}");
    assert!(stderr.lines().count() > 0, "work that came too late stands in the journal");
    assert!(live.values().map(Vec::len).sum::<usize>() > 10_000 && live.len() > 1_900);
    assert_eq!(difference(&live, &told), None);
    let moved = live.values().flatten().filter(|line| line.contains(r#""applied":{"#)).count();
    assert!(moved > 50, "{moved} deadlines moved because other rules were applied");
    shop.stop().await;
}

/// One to nine hours, and some odd minutes.
fn hours(dice: &mut Dice) -> i64 {
    i64::try_from(60 * dice.roll(9) + dice.roll(60)).unwrap()
}
