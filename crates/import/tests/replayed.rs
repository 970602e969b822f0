//! The sample shop under the shipped rules: every story opens the case that it is about, quiet orders ask for nothing, and everything the
//! staff says it has done was there to be done.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

use parcelward_casework::decision::{Decision, DecisionBody};
use parcelward_casework::parse::parse_fact;
use parcelward_casework::replay::{MemoryShelf, Player};
use parcelward_casework::rules::{RawRules, Rules};
use parcelward_casework::text::Texts;
use parcelward_casework::words::{CaseKind, TaskKind};
use parcelward_import::{FactLine, Importer, Options, samples};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use std::path::PathBuf;

fn shipped_rules() -> Rules {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../config");
    let mut all = toml::Table::new();
    let mut files: Vec<_> = std::fs::read_dir(folder.join("rules")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files {
        for (key, value) in std::fs::read_to_string(file).unwrap().parse::<toml::Table>().unwrap() {
            match (all.get_mut(&key), value) {
                (Some(toml::Value::Table(there)), toml::Value::Table(more)) => there.extend(more),
                (_, value) => drop(all.insert(key, value)),
            }
        }
    }
    // Staffed hours and the urgent amount are the daemon's own settings.
    let own = std::fs::read_to_string(folder.join("parcelward.toml")).unwrap().parse::<toml::Table>().unwrap();
    all.insert("staffed".to_owned(), own["staffed"].clone());
    all["policy"].as_table_mut().unwrap().insert("urgent_amount".to_owned(), own["urgent_amount"].clone());
    all.entry("language").or_insert_with(|| "zh-CN".into());
    let raw: RawRules = all.try_into().unwrap();
    let calendar = std::fs::read_to_string(folder.join("calendars/cn-2026.toml")).unwrap();
    Rules::compile(&raw, &[toml::from_str(&calendar).unwrap()], Texts::default()).unwrap()
}

/// Rules whose due time is only when somebody looks: passing it is no breach.
fn is_only_a_look(rule: &str) -> bool {
    const AT_DUE: [&str; 6] = [
        "courier.operation_answer",
        "courier.delivery_attempt",
        "courier.presumed_lost",
        "courier.claim_answer",
        "courier.complaint_answer",
        "internal.return_movement",
    ];
    AT_DUE.contains(&rule) || rule.ends_with(".ruling_wait") || rule.ends_with(".appeal_answer")
}

/// What came of each order.
#[derive(Debug, Default)]
struct Seen {
    cases: BTreeSet<CaseKind>,
    closed: BTreeSet<CaseKind>,
    tasks: BTreeSet<TaskKind>,
    breached: BTreeSet<String>,
}

fn lived_through() -> (BTreeMap<String, Seen>, Vec<String>) {
    let rules = shipped_rules();
    let mut player = Player::new(&rules, MemoryShelf::default());
    let (mut seen, mut refused): (BTreeMap<String, Seen>, Vec<String>) = (BTreeMap::new(), Vec::new());
    let mut note = |decision: Decision| {
        match &decision.body {
            DecisionBody::CaseOpened(d) => drop(seen.entry(d.order.order_id.clone()).or_default().cases.insert(d.kind)),
            DecisionBody::CaseClosed(d) => drop(seen.entry(d.order.order_id.clone()).or_default().closed.insert(d.kind)),
            DecisionBody::TaskOpened(d) => drop(seen.entry(d.order.order_id.clone()).or_default().tasks.insert(d.kind)),
            DecisionBody::DeadlineBreached(d) if !is_only_a_look(&d.rule) => {
                seen.entry(d.order.order_id.clone()).or_default().breached.insert(d.rule.clone());
            }
            _ => {}
        }
        Ok(())
    };
    for lived in samples::lived(samples::PRESENT).unwrap() {
        let fact = parse_fact(&lived.line.json).unwrap();
        if let Err(error) = player.fact(&fact, &mut note) {
            refused.push(format!("{}: {error}", lived.line.json));
        }
    }
    player.run_on(samples::PRESENT, &mut note).unwrap();
    (seen, refused)
}

#[test]
fn every_story_is_found_by_the_rules_and_quiet_orders_stay_quiet() {
    let (seen, refused) = lived_through();
    assert!(refused.is_empty(), "{} facts are refused, such as {:?}", refused.len(), refused.first());

    let told: BTreeMap<&str, Vec<&str>> = samples::SITUATIONS
        .1
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split('\t').collect::<Vec<_>>())
        .map(|row| (row[0], row))
        .collect();
    let nothing = Seen::default();
    let mut wrong = Vec::new();
    for (order, row) in &told {
        let (case, end, story) = (CaseKind::from_word(row[1]).unwrap(), row[2], row[3]);
        let seen = seen.get(*order).unwrap_or(&nothing);
        let opened = seen.cases.contains(&case);
        let right = match end {
            "good" => opened && seen.closed.contains(&case) && seen.breached.is_empty(),
            "missed" => opened && !seen.breached.is_empty(),
            _ => opened,
        };
        if !right {
            wrong.push(format!("{order} {case} {end} {story}: {seen:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} stories, such as {:#?}", wrong.len(), &wrong[..wrong.len().min(5)]);
    for (order, seen) in &seen {
        if !told.contains_key(order.as_str()) {
            assert!(seen.cases.is_empty() && seen.tasks.is_empty() && seen.breached.is_empty(), "{order} is quiet: {seen:?}");
        }
    }
}

/// A merchant who hands in the four files of the shop in one go gets no row back.
#[test]
fn everything_told_at_one_moment_is_taken() {
    let rules = shipped_rules();
    let mut player = Player::new(&rules, MemoryShelf::default());
    let importer = Importer::load(parcelward_import::SHIPPED_MAPPINGS).unwrap();
    let options = Options { shop: Some(samples::SHOP.to_owned()), ..Options::default() };
    let mut refused = Vec::new();
    for (name, bytes) in [samples::ORDERS, samples::SHIPMENTS, samples::AFTER_SALES, samples::FACTS] {
        let mut lines: Vec<FactLine> = Vec::new();
        let report = importer.read(name, Cursor::new(bytes), &options, &mut lines).unwrap();
        assert!(report.problems.is_empty(), "{name}: {:?}", report.problems.first());
        for line in lines {
            let mut fact = parse_fact(&line.json).unwrap();
            fact.recorded = Some(samples::PRESENT);
            if let Err(error) = player.fact(&fact, &mut |_| Ok(())) {
                refused.push(format!("{}: {error}", line.json));
            }
        }
    }
    assert!(refused.is_empty(), "{} facts are refused, such as {:?}", refused.len(), refused.first());
}

/// The small shops of Taobao and JD, handed in at one moment: what each order's story asks for is found, and quiet orders ask for nothing.
#[test]
fn the_exports_of_taobao_and_jd_open_the_cases_that_they_are_about() {
    let rules = shipped_rules();
    let importer = Importer::load(parcelward_import::SHIPPED_MAPPINGS).unwrap();
    let options = Options { shop: Some("青山".to_owned()), ..Options::default() };
    for (files, stories) in [
        (
            ["taobao_orders.csv", "taobao_shipments.xlsx", "taobao_refunds.csv"],
            &[
                ("2600000000000000001", Some(CaseKind::LateShipment)),
                ("2600000000000000002", None),
                ("2600000000000000003", Some(CaseKind::Uncollected)),
                ("2600000000000000004", Some(CaseKind::AfterSale)),
                ("2600000000000000005", Some(CaseKind::Intercept)),
                ("2600000000000000006", Some(CaseKind::ReturnParcel)),
                ("2600000000000000007", None),
                ("2600000000000000010", None),
            ][..],
        ),
        (
            ["jd_orders.csv", "jd_outbound.csv", "jd_after_sales.xlsx"],
            &[
                ("300000000001", Some(CaseKind::LateShipment)),
                ("300000000002", None),
                ("300000000003", Some(CaseKind::Uncollected)),
                ("300000000004", Some(CaseKind::AfterSale)),
                ("300000000005", Some(CaseKind::ReturnParcel)),
                ("300000000007", None),
            ][..],
        ),
    ] {
        let mut player = Player::new(&rules, MemoryShelf::default());
        let mut opened: BTreeMap<String, BTreeSet<CaseKind>> = BTreeMap::new();
        let mut note = |decision: Decision| {
            if let DecisionBody::CaseOpened(d) = &decision.body {
                opened.entry(d.order.order_id.clone()).or_default().insert(d.kind);
            }
            Ok(())
        };
        for name in files {
            let bytes = std::fs::read(format!("{}/../../samples/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
            let mut lines: Vec<FactLine> = Vec::new();
            let report = importer.read(name, Cursor::new(bytes), &options, &mut lines).unwrap();
            assert!(report.problems.is_empty(), "{name}: {:?}", report.problems);
            for line in lines {
                let mut fact = parse_fact(&line.json).unwrap();
                fact.recorded = Some(samples::PRESENT);
                player.fact(&fact, &mut note).unwrap_or_else(|e| panic!("{name}: {e}: {}", line.json));
            }
        }
        player.run_on(samples::PRESENT, &mut note).unwrap();
        for (order, story) in stories {
            let cases = opened.get(*order).cloned().unwrap_or_default();
            match story {
                Some(kind) => assert!(cases.contains(kind), "{order}: {cases:?}"),
                None => assert!(cases.is_empty(), "{order} is quiet: {cases:?}"),
            }
        }
    }
}
