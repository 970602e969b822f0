//! The sample shop is what its generator makes, reads without a bad row, and tells every situation.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

mod common;
#[path = "../examples/generate_samples/generator/mod.rs"]
#[allow(dead_code, reason = "the example uses the rest")]
mod generator;

use calamine::{Data, Reader, Xlsx};
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::parse::parse_fact;
use parcelward_casework::words::{CaseKind, FactType};
use parcelward_import::samples::{self, LivedFact};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Cursor;

/// Equal, or where they first differ.
fn same(name: &str, made: &[u8], shipped: &[u8]) {
    let at = made.iter().zip(shipped).position(|(a, b)| a != b);
    assert!(
        made == shipped,
        "samples/{name} is not what the generator makes (byte {at:?}): run `cargo run -p parcelward-import --example generate_samples`"
    );
}

fn cells(bytes: &[u8]) -> Vec<Vec<Data>> {
    sheet(bytes, "包裹导出")
}

fn sheet(bytes: &[u8], name: &str) -> Vec<Vec<Data>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes.to_vec())).unwrap_or_else(|e| panic!("{e}"));
    let range = book.worksheet_range(name).unwrap_or_else(|e| panic!("{e}"));
    range.rows().map(<[Data]>::to_vec).collect()
}

#[test]
fn the_files_are_what_the_generator_makes() {
    let shop = generator::generate(generator::SEED);
    let files = generator::tables::files(&shop);
    same("orders.csv", &files.orders_csv, samples::ORDERS.1);
    same("after_sales.csv", &files.after_sales_csv, samples::AFTER_SALES.1);
    same("facts.jsonl", &files.facts_jsonl, samples::FACTS.1);
    same("staff.jsonl", &files.staff_jsonl, samples::STAFF.1);
    same("situations.tsv", &files.situations_tsv, samples::SITUATIONS.1.as_bytes());
    let made = cells(&generator::tables::shipments_xlsx(&files.shipments).unwrap());
    assert!(made == cells(samples::SHIPMENTS.1), "samples/shipments.xlsx is not what the generator makes");
    assert_eq!(made.len(), shop.shipments.len() + 1);
}

#[test]
fn the_small_shops_are_what_the_generator_makes() {
    let shipped = |name: &str| std::fs::read(format!("{}/../../samples/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let made = generator::platforms::files(generator::SEED);
    for (name, bytes) in &made.csv {
        same(name, bytes, &shipped(name));
    }
    for (name, title, rows) in &made.xlsx {
        let book = generator::platforms::workbook(title, rows).unwrap();
        assert!(sheet(&book, title) == sheet(&shipped(name), title), "samples/{name} is not what the generator makes");
    }
}

#[test]
fn another_seed_makes_another_shop_and_the_same_seed_the_same() {
    let lines = |seed| generator::tables::files(&generator::generate(seed)).facts_jsonl;
    assert!(lines(7) == lines(7));
    assert!(lines(7) != lines(8));
}

#[test]
fn the_samples_are_small_enough_to_carry() {
    let size: usize =
        [samples::ORDERS, samples::SHIPMENTS, samples::AFTER_SALES, samples::FACTS, samples::STAFF].iter().map(|f| f.1.len()).sum();
    assert!(size < 4_000_000, "{size} bytes");
}

fn lived() -> Vec<LivedFact> {
    samples::lived(samples::PRESENT).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn three_weeks_are_told_in_order_without_a_bad_row_and_nothing_lies_ahead() {
    assert_eq!(samples::PRESENT, generator::present());
    assert_eq!(samples::SHOP, generator::SHOP);
    let facts = lived();
    assert!(facts.windows(2).all(|w| w[0].at <= w[1].at));
    assert!(facts.iter().all(|f| f.at >= generator::beginning() && f.at <= samples::PRESENT));
    let ids: BTreeSet<(&str, &str)> = facts.iter().map(|f| (f.line.source.as_str(), f.line.id.as_str())).collect();
    assert_eq!(ids.len(), facts.len(), "every fact has its own source and id");
    let orders: BTreeSet<String> = facts
        .iter()
        .filter(|f| f.line.fact_type == FactType::Order)
        .map(|f| parse_fact(&f.line.json).unwrap().body.order().unwrap().order_id)
        .collect();
    assert_eq!(orders.len(), generator::ORDERS);
    let types: BTreeSet<FactType> = facts.iter().map(|f| f.line.fact_type).collect();
    // Rules that are applied are told by the daemon alone.
    let told: BTreeSet<FactType> = FactType::ALL.iter().copied().filter(|fact| *fact != FactType::Configuration).collect();
    assert_eq!(types, told, "every type of fact is told");
}

#[test]
fn every_parcel_that_is_scanned_was_declared_before() {
    let facts = lived();
    let mut declared: HashMap<String, Instant> = HashMap::new();
    let mut returns = BTreeSet::new();
    for fact in &facts {
        let json: serde_json::Value = serde_json::from_str(&fact.line.json).unwrap();
        let number = |v: &serde_json::Value| v["number"].as_str().unwrap_or_default().to_owned();
        match fact.line.fact_type {
            FactType::Shipment => {
                declared.entry(number(&json["data"]["waybill"])).or_insert(fact.at);
            }
            FactType::AfterSale => {
                returns.insert(number(&json["data"]["return_waybill"]));
            }
            _ => {}
        }
    }
    for fact in facts.iter().filter(|f| f.line.fact_type == FactType::Tracking) {
        let json: serde_json::Value = serde_json::from_str(&fact.line.json).unwrap();
        let number = json["data"]["waybill"]["number"].as_str().unwrap();
        let known = declared.get(number).is_some_and(|at| *at <= fact.at) || returns.contains(number);
        assert!(known, "{number} is scanned before it is declared");
    }
}

fn situations() -> Vec<Vec<&'static str>> {
    samples::SITUATIONS.1.lines().filter(|l| !l.starts_with('#')).map(|l| l.split('\t').collect()).collect()
}

#[test]
fn every_case_kind_ends_well_and_badly_often_enough_and_most_orders_are_quiet() {
    let mut ends: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut stories: BTreeMap<&str, usize> = BTreeMap::new();
    for row in situations() {
        *ends.entry((row[1], row[2])).or_default() += 1;
        *stories.entry(row[3]).or_default() += 1;
    }
    for kind in CaseKind::ALL {
        for end in ["good", "missed"] {
            let count = ends.get(&(kind.word(), end)).copied().unwrap_or(0);
            assert!(count >= 3, "{kind} {end}: {count}");
        }
    }
    assert!(ends.keys().all(|(kind, _)| CaseKind::from_word(kind).is_some()));
    assert!(stories.values().all(|n| *n >= 3), "{stories:?}");
    let share = situations().len() * 100 / generator::ORDERS;
    assert!((30..=40).contains(&share), "{share} % of the orders are eventful");
}

/// What the facts themselves say of some stories, read without the generator's own idea of it.
#[test]
fn stories_say_what_their_names_say() {
    let mut declared: HashMap<String, Instant> = HashMap::new();
    let mut paid: HashMap<String, Instant> = HashMap::new();
    let mut of_waybill: HashMap<String, String> = HashMap::new();
    let mut scans: HashMap<String, Vec<(Instant, String)>> = HashMap::new();
    for fact in lived() {
        let json: serde_json::Value = serde_json::from_str(&fact.line.json).unwrap();
        let (data, text) = (&json["data"], |v: &serde_json::Value| v.as_str().unwrap_or_default().to_owned());
        match fact.line.fact_type {
            FactType::Order => drop(paid.insert(text(&data["order_id"]), fact.at)),
            FactType::Shipment => {
                declared.entry(text(&data["order_id"])).or_insert(fact.at);
                of_waybill.insert(text(&data["waybill"]["number"]), text(&data["order_id"]));
            }
            FactType::Tracking => {
                let order = of_waybill.get(&text(&data["waybill"]["number"])).cloned().unwrap_or_default();
                scans.entry(order).or_default().push((fact.at, text(&data["status"])));
            }
            _ => {}
        }
    }
    let hours = |a: Instant, b: Instant| b.since(a).as_millis() as f64 / 3_600_000.0;
    for row in situations() {
        let (order, story) = (row[0], row[3]);
        let first = scans.get(order).and_then(|s| s.first()).map(|s| s.0);
        match story {
            "shipped_in_the_last_hours" if declared.contains_key(order) => {
                let late = hours(paid[order], declared[order]);
                assert!((44.0..48.0).contains(&late), "{order}: {late}");
            }
            "shipped_too_late" => assert!(hours(paid[order], declared[order]) > 48.0, "{order}"),
            "not_shipped_yet" => assert!(!declared.contains_key(order), "{order}"),
            "collected_too_late" => assert!(hours(declared[order], first.unwrap()) > 24.0, "{order}"),
            "collected_next_morning" => assert!((12.0..24.0).contains(&hours(declared[order], first.unwrap())), "{order}"),
            "second_scan_too_late" => assert!(hours(first.unwrap(), scans[order][1].0) > 24.0, "{order}"),
            "no_scan_for_two_days" => assert!(scans[order].windows(2).any(|w| hours(w[0].0, w[1].0) > 48.0), "{order}"),
            "never_fetched" => assert!(scans[order].iter().any(|s| s.1 == "returned"), "{order}"),
            _ => {}
        }
    }
    // Quiet parcels give no rung a reason: no gap of 24 hours before they are signed for.
    let eventful: BTreeSet<&str> = situations().iter().map(|r| r[0]).collect();
    let quiet: Vec<&String> = paid.keys().filter(|o| !eventful.contains(o.as_str())).collect();
    for order in quiet {
        let Some(scans) = scans.get(order) else { continue };
        assert!(scans.windows(2).all(|w| hours(w[0].0, w[1].0) < 24.0), "{order}: {scans:?}");
    }
}

#[test]
fn the_present_can_be_now() {
    let now = samples::PRESENT + Length::days(400) + Length::hours(5) + Length::millis(12_345);
    let moved = samples::lived(now).unwrap_or_else(|e| panic!("{e}"));
    let still = lived();
    assert_eq!(moved.len(), still.len());
    let by = Length::days(400) + Length::hours(5);
    for (moved, still) in moved.iter().zip(&still) {
        assert_eq!(moved.at, still.at + by, "whole minutes");
        assert_eq!(moved.line.id, still.line.id);
        assert!(parse_fact(&moved.line.json).is_ok());
    }
    assert!(moved.last().unwrap().at <= now);
    let order = moved.iter().find(|f| f.line.fact_type == FactType::Order).unwrap();
    let (was, is) = (&still.iter().find(|f| f.line.id == order.line.id).unwrap().line.json, &order.line.json);
    let times = |json: &str| {
        let json: serde_json::Value = serde_json::from_str(json).unwrap();
        ["paid_at", "ship_by"].map(|field| Instant::parse(json["data"][field].as_str().unwrap()).unwrap())
    };
    assert_eq!(times(was).map(|t| t + by), times(is), "times in the data move, too");
}

#[test]
fn shifting_leaves_everything_but_instants_alone() {
    let fact = r#"{"data":{"note":"2026-03-10","text":"到 2026-03-10T08:00:00+08:00 为止","until":"2026-03-10T08:00:00+08:00"},"time":"2026-03-10T00:00:00Z"}"#;
    let moved = samples::shift(fact, Length::minutes(90)).unwrap();
    assert_eq!(
        moved,
        r#"{"data":{"note":"2026-03-10","text":"到 2026-03-10T08:00:00+08:00 为止","until":"2026-03-10T09:30:00+08:00"},"time":"2026-03-10T09:30:00+08:00"}"#
    );
}

#[test]
fn nobody_in_it_can_be_called() {
    let (report, kept) = common::try_read(samples::ORDERS.1, &common::for_shop());
    assert_eq!(report.unwrap().format, "GB18030");
    for json in kept.json().iter().filter(|j| j["type"] == "parcelward.order") {
        let phone = json["data"]["recipient"]["phone"].as_str().unwrap();
        assert!(phone.starts_with("100") && phone.len() == 11, "no mobile number begins with 100");
    }
}
