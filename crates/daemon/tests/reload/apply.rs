//! What is planned is what happens; open deadlines move only when asked; what has ended stays as it ended.

use crate::common::*;
use parcelward::adopt::Occasion;
use parcelward::config::load_with;
use parcelward::plan::{LeftOut, MOST, Plan, Shift, plan};
use parcelward::serve::{Running, start};
use parcelward_casework::casefile::DeadlineState;
use parcelward_casework::fact::OrderKey;
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::words::OpenDeadlines;
use parcelward_import::samples::lived;
use parcelward_scheduler::{Clock, Incoming};
use parcelward_store::{DeadlineFilter, DeadlineRow, EntryKind};
use reqwest::{Client, StatusCode};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// The sample shop at its present, on a daemon with a folder of its own.
struct Shop {
    running: Running,
    dir: TempDir,
    /// It stands but for a millisecond with each look: between a plan and what comes of it nothing falls due.
    clock: Arc<TestClock>,
}

async fn serve(dir: &Path, clock: &Arc<TestClock>) -> Running {
    let _ = rustls::crypto::ring::default_provider().install_default();
    fs::create_dir_all(dir.join("config/rules.d")).unwrap();
    let database = format!("sqlite:{}", dir.join("test.db").display());
    let environment = [("PARCELWARD_SERVER__LISTEN", "127.0.0.1:0"), ("PARCELWARD_DATABASE__URL", database.as_str())];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
    start(load_with(Some(&dir.join("config")), environment.into_iter()).unwrap(), Arc::clone(clock) as Arc<dyn Clock>).await.unwrap()
}

impl Shop {
    async fn at(now: &str) -> Shop {
        let (dir, clock) = (tempfile::tempdir().unwrap(), TestClock::at(now));
        let running = serve(dir.path(), &clock).await;
        Shop { running, dir, clock }
    }

    /// With everything that the sample shop was told in its three weeks.
    async fn of_samples() -> Shop {
        let shop = Shop::at("2026-03-22T18:00:00+08:00").await;
        let facts = lived(shop.clock.now()).unwrap().into_iter().map(|fact| {
            let json = fact.line.json;
            Incoming { fact: parcelward_casework::parse::parse_fact(&json).unwrap(), json }
        });
        shop.running.app().desk.submit(facts.collect()).await.unwrap();
        shop.settle().await;
        shop
    }

    async fn tell(&self, facts: &[Value]) {
        let url = format!("http://{}/v1/facts", self.running.address());
        let (status, body) = answer(Client::new().post(url).json(facts)).await;
        assert_eq!((status, &body["rejected"]), (StatusCode::OK, &0.into()), "{body}");
        self.settle().await;
    }

    /// Until nothing is due, every case file heard of the news, and couriers without an account have answered.
    async fn settle(&self) {
        let mut known = 0;
        loop {
            self.settle_down().await;
            let last = self.last_fact().await;
            if last == known {
                return;
            }
            known = last;
            tokio::time::sleep(Duration::from_millis(400)).await;
        }
    }

    /// The place of the newest fact.
    async fn last_fact(&self) -> u64 {
        let (mut last, mut after) = (0, Some(0));
        while let Some(place) = after {
            let page = self.running.app().store.facts_after(place, 1_000).await.unwrap();
            last = page.rows.last().map_or(last, |row| row.seq);
            after = page.next;
        }
        last
    }

    async fn settle_down(&self) {
        for _ in 0..12_000 {
            if self.running.app().store.next_wake_at().await.unwrap().is_none_or(|at| at > self.clock.now()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("something is due for ever");
    }

    fn folder(&self) -> PathBuf {
        self.dir.path().join("config")
    }

    async fn plan(&self, rules: &str) -> Plan {
        self.plan_at_most(rules, MOST).await
    }

    async fn plan_at_most(&self, rules: &str, most: usize) -> Plan {
        let next = tempfile::tempdir().unwrap();
        fs::create_dir(next.path().join("rules.d")).unwrap();
        fs::write(next.path().join("rules.d/edit.toml"), rules).unwrap();
        let new = load_with(Some(next.path()), std::iter::empty()).unwrap();
        plan(self.running.app(), &new, self.clock.now(), most).await.unwrap()
    }

    async fn apply(&self, rules: &str, open_deadlines: OpenDeadlines) {
        fs::write(self.folder().join("rules.d/edit.toml"), rules).unwrap();
        let app = self.running.app();
        let occasion =
            Occasion { open_deadlines, by: Some("xiaowang".to_owned()), reason: Some("the platform said so".to_owned()), asked: true };
        app.reload().apply(app, &occasion, None).await.unwrap();
        self.settle().await;
    }

    /// Every deadline, running or not, by id.
    async fn deadlines(&self) -> BTreeMap<String, DeadlineRow> {
        let mut all = BTreeMap::new();
        for state in [DeadlineState::Running, DeadlineState::Met, DeadlineState::Breached, DeadlineState::Cancelled] {
            let filter = DeadlineFilter { state: Some(state), ..DeadlineFilter::default() };
            let mut after = None;
            loop {
                let page = self.running.app().store.deadlines(&filter, after.as_ref(), 1_000).await.unwrap();
                all.extend(page.rows.into_iter().map(|row| (row.deadline_id.clone(), row)));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        all
    }

    /// The orders in whose case files something is open.
    async fn open_orders(&self) -> Vec<OrderKey> {
        let (mut orders, mut after) = (Vec::new(), Some(0));
        while let Some(place) = after {
            let page = self.running.app().store.open_files(place, 500).await.unwrap();
            orders.extend(page.rows.into_iter().map(|stored| stored.file.key.clone()));
            after = page.next;
        }
        orders
    }

    /// The last line of each order's journal.
    async fn lines(&self) -> BTreeMap<OrderKey, u64> {
        let mut lines = BTreeMap::new();
        for order in self.open_orders().await {
            let (mut line, mut after) = (0, Some(0));
            while let Some(place) = after {
                let page = self.running.app().store.timeline(&order, place, 1_000).await.unwrap();
                line = page.rows.last().map_or(line, |row| row.line);
                after = page.next;
            }
            lines.insert(order, line);
        }
        lines
    }

    /// What was decided after these lines.
    async fn since(&self, lines: &BTreeMap<OrderKey, u64>) -> Came {
        let mut came = Came::default();
        for (order, line) in lines {
            let rows = self.running.app().store.timeline(order, *line, 1_000).await.unwrap().rows;
            for row in rows.iter().filter(|row| row.kind == EntryKind::Decision) {
                let data = serde_json::from_str::<Value>(&row.json).unwrap()["data"].take();
                // What a courier answered to what came of it.
                if data["because"].as_array().is_some_and(|causes| causes.iter().any(|cause| cause["source"] == "parcelward/lanes")) {
                    continue;
                }
                let text = |field: &str| data[field].as_str().unwrap().to_owned();
                match row.type_.as_str() {
                    "parcelward.deadline.moved" => {
                        let applied = &data["applied"];
                        assert_eq!((&applied["by"], &applied["reason"]), (&"xiaowang".into(), &"the platform said so".into()), "{data}");
                        assert_eq!(applied["revision"], self.running.app().config().revision.as_str(), "{data}");
                        assert_eq!(data["because"][0]["source"], "parcelward/config", "{data}");
                        came.moved.insert((text("deadline_id"), text("due_at")));
                    }
                    "parcelward.deadline.breached" => drop(came.breached.insert(text("deadline_id"))),
                    "parcelward.task.opened" => came.tasks.push((text("kind"), order.to_string())),
                    "parcelward.operation.requested" => came.operations.push((text("kind"), order.to_string())),
                    _ => {}
                }
            }
        }
        came.tasks.sort();
        came.operations.sort();
        came
    }
}

/// What came of rules that were applied.
#[derive(Debug, Default, PartialEq, Eq)]
struct Came {
    moved: BTreeSet<(String, String)>,
    breached: BTreeSet<String>,
    tasks: Vec<(String, String)>,
    operations: Vec<(String, String)>,
}

impl Came {
    /// The same as it was planned.
    fn planned(plan: &Plan) -> Came {
        assert_eq!(plan.left_out, LeftOut::default());
        let past = plan.deadlines.iter().filter(|d| d.shift == Shift::AlreadyPast);
        let mut came = Came {
            moved: plan.deadlines.iter().map(|d| (d.deadline_id.clone(), d.new_due_at.clone())).collect(),
            breached: past.map(|d| d.deadline_id.clone()).collect(),
            tasks: plan.tasks.iter().map(|task| (task.kind.clone(), task.order.clone())).collect(),
            operations: plan.operations.iter().map(|asked| (asked.kind.clone(), asked.order.clone())).collect(),
        };
        came.tasks.sort();
        came.operations.sort();
        came
    }
}

/// Rules that differ from the shipped ones in a few lengths and ladders, drawn by a number.
fn drawn(mut seed: u64) -> String {
    let mut below = |n: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % n
    };
    let rules =
        ["pdd.ship_by", "pdd.collect", "pdd.movement", "pdd.after_sale_response", "courier.presumed_lost", "courier.delivery_attempt"];
    let mut text = String::new();
    for rule in rules {
        if below(3) == 0 {
            continue;
        }
        let hours = [2, 9, 20, 40, 100, 300][below(6)];
        let ladder = [1, hours / 3, hours / 2].iter().filter(|h| **h > 0).copied().collect::<BTreeSet<u32>>();
        let ladder: Vec<String> = ladder.into_iter().rev().map(|h| format!("\"{h}h\"")).collect();
        text.push_str(&format!("[rule.\"{rule}\"]\nlength = \"{hours}h\"\nladder = [{}]\n", ladder.join(", ")));
    }
    text
}

/// A plan that lists few rows counts all, lists what presses most, and says how many more there are.
fn is_cut(whole: &Plan, cut: &Plan, most: usize) {
    assert_eq!(cut.counts, whole.counts);
    let ids = |plan: &Plan| plan.deadlines.iter().map(|d| d.deadline_id.clone()).collect::<Vec<_>>();
    assert!(whole.deadlines.len() > 2 * most, "the test says too little: {:?}", whole.counts);
    assert_eq!(ids(cut), ids(whole)[..most]);
    let more = |all: usize, listed: usize| (all - listed) as u64;
    let left_out = LeftOut {
        deadlines: more(whole.deadlines.len(), most),
        tasks: more(whole.tasks.len(), whole.tasks.len().min(most)),
        operations: more(whole.operations.len(), whole.operations.len().min(most)),
    };
    assert_eq!(
        (cut.left_out, cut.tasks.len(), cut.operations.len()),
        (left_out, whole.tasks.len().min(most), whole.operations.len().min(most))
    );
    assert_eq!(serde_json::to_value(cut).unwrap()["left_out"]["deadlines"], left_out.deadlines, "in its JSON as well");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_planned_is_what_happens() {
    let shop = Shop::of_samples().await;
    let (mut moved, mut past, mut opened, mut rungs) = (0, 0, 0, 0);
    for seed in 0..6 {
        let rules = if seed == 0 { "[rule.\"pdd.movement\"]\nladder = [\"8h\", \"4h\"]\n".to_owned() } else { drawn(seed) };
        let plan = shop.plan(&rules).await;
        if seed < 2 {
            is_cut(&plan, &shop.plan_at_most(&rules, 3).await, 3);
        }
        let lines = shop.lines().await;
        shop.apply(&rules, OpenDeadlines::Move).await;
        let came = shop.since(&lines).await;
        let planned = Came::planned(&plan);
        assert_eq!(came.moved, planned.moved, "{rules}");
        assert!(planned.breached.is_subset(&came.breached), "{rules}");
        assert_eq!((came.tasks, came.operations), (planned.tasks, planned.operations), "{rules}");
        let c = &plan.counts;
        assert_eq!(c.already_past + c.earlier + c.later + c.rungs, plan.deadlines.len() as u64);
        (moved, past) = (moved + c.earlier + c.later, past + c.already_past);
        (opened, rungs) = (opened + c.tasks_open, rungs + c.rungs);
        // The same once more moves nothing.
        assert_eq!(shop.plan(&rules).await.deadlines, []);
    }
    assert!(moved > 50 && past > 5 && opened > 5 && rungs > 5, "{moved} moved, {past} past, {opened} tasks, {rungs} with other rungs");
    shop.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn with_keep_nothing_that_runs_moves_and_what_starts_later_goes_by_the_new_rules() {
    let shop = Shop::at("2026-03-10T12:00:00+08:00").await;
    // A disruption that is none of their business: clocks are computed again whenever something is told.
    let storm = serde_json::json!({"disruption_id": "storm", "from": "2026-03-01T00:00:00+08:00", "until": "2026-03-02T00:00:00+08:00", "effect": "waive"});
    shop.tell(&[fact("storm", "disruption", "2026-03-10T10:00:00+08:00", storm), order("1", "2026-03-10T10:00:00+08:00", "99.00")]).await;
    let before = shop.deadlines().await;
    let planned = shop.plan(SHORT).await;
    assert_eq!(planned.counts.earlier, 1, "{planned:?}");
    shop.apply(SHORT, OpenDeadlines::Keep).await;
    assert_eq!(shop.deadlines().await, before);
    shop.tell(&[order("1", "2026-03-10T10:00:00+08:00", "120.00"), order("2", "2026-03-10T10:00:00+08:00", "99.00")].map(|mut told| {
        told["id"] = format!("{}-again", told["id"].as_str().unwrap()).into();
        told
    }))
    .await;
    let due: BTreeMap<String, Instant> = shop.deadlines().await.into_values().map(|row| (row.order.order_id, row.due_at)).collect();
    let paid = Instant::parse("2026-03-10T10:00:00+08:00").unwrap();
    assert_eq!(due["1"], paid + Length::hours(48), "it runs as it was set, whatever is told of it");
    assert_eq!(due["2"], paid + Length::hours(20));
    shop.running.stop().await.unwrap();
}

const SHORT: &str = "[rule.\"pdd.ship_by\"]\nlength = \"20h\"\nladder = [\"6h\"]\n";

#[tokio::test(flavor = "multi_thread")]
async fn what_was_due_by_the_new_rules_is_breached_at_once_and_a_breach_is_never_rewritten() {
    let shop = Shop::at("2026-03-10T12:00:00+08:00").await;
    let (thirty, sixty, sixteen) = ("2026-03-09T06:00:00+08:00", "2026-03-08T00:00:00+08:00", "2026-03-09T20:00:00+08:00");
    shop.tell(&[order("30h", thirty, "99.00"), order("60h", sixty, "99.00"), order("16h", sixteen, "99.00")]).await;
    let before = shop.deadlines().await;
    let of = |rows: &BTreeMap<String, DeadlineRow>, order: &str| rows.values().find(|row| row.order.order_id == order).unwrap().clone();
    let breached = of(&before, "60h");
    assert_eq!(breached.state, DeadlineState::Breached);
    let plan = shop.plan(SHORT).await;
    let shifts: BTreeMap<String, Shift> = plan.deadlines.iter().map(|d| (d.order.clone(), d.shift)).collect();
    assert_eq!(
        shifts,
        [("pinduoduo/shop/16h".to_owned(), Shift::Earlier), ("pinduoduo/shop/30h".to_owned(), Shift::AlreadyPast)].into_iter().collect()
    );
    assert!(plan.tasks.iter().any(|task| task.order == "pinduoduo/shop/16h" && task.kind == "ship_now"), "its rung has passed: {plan:?}");
    shop.apply(SHORT, OpenDeadlines::Move).await;
    let after = shop.deadlines().await;
    assert_eq!(of(&after, "60h"), breached);
    assert_eq!((of(&after, "30h").state, of(&after, "16h").state), (DeadlineState::Breached, DeadlineState::Running));
    // Longer again, far longer: what is breached stays breached, and is due when it was.
    let (at_once, long) = (of(&after, "30h"), "[rule.\"pdd.ship_by\"]\nlength = \"400h\"\nladder = [\"6h\"]\n");
    shop.apply(long, OpenDeadlines::Move).await;
    let last = shop.deadlines().await;
    assert_eq!((of(&last, "60h"), of(&last, "30h")), (breached, at_once));
    assert_eq!(of(&last, "16h").due_at, Instant::parse(sixteen).unwrap() + Length::hours(400));
    shop.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_was_left_behind_does_not_take_applied_rules_back() {
    let shop = Shop::at("2026-03-10T12:00:00+08:00").await;
    shop.tell(&[order("1", "2026-03-10T10:00:00+08:00", "99.00")]).await;
    shop.apply(SHORT, OpenDeadlines::Move).await;
    let due = shop.deadlines().await;
    shop.running.stop().await.unwrap();
    // Another machine's folder, as it was.
    fs::write(shop.dir.path().join("config/rules.d/edit.toml"), "").unwrap();
    let running = serve(shop.dir.path(), &shop.clock).await;
    let shop = Shop { running, ..shop };
    shop.tell(&[order("2", "2026-03-10T10:00:00+08:00", "99.00")]).await;
    let after = shop.deadlines().await;
    assert!(due.iter().all(|(id, row)| after[id] == *row));
    let paid = Instant::parse("2026-03-10T10:00:00+08:00").unwrap();
    assert!(after.values().all(|row| row.due_at == paid + Length::hours(20)), "{after:?}");
    // A folder that was never seen is an edit: it holds from the start on.
    shop.running.stop().await.unwrap();
    fs::write(shop.dir.path().join("config/rules.d/edit.toml"), SHORT.replace("20h", "30h")).unwrap();
    let running = serve(shop.dir.path(), &shop.clock).await;
    let shop = Shop { running, ..shop };
    shop.tell(&[order("3", "2026-03-10T10:00:00+08:00", "99.00")]).await;
    let third = shop.deadlines().await.into_values().find(|row| row.order.order_id == "3").unwrap();
    assert_eq!(third.due_at, paid + Length::hours(30));
    shop.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn shadow_rules_are_counted_and_change_nothing() {
    let dir = tempfile::tempdir().unwrap();
    for folder in ["config", "beside/rules"] {
        fs::create_dir_all(dir.path().join(folder)).unwrap();
    }
    fs::write(dir.path().join("beside/rules/edit.toml"), SHORT).unwrap();
    fs::write(dir.path().join("config/parcelward.toml"), "shadow = \"../beside\"\n").unwrap();
    let clock = TestClock::at("2026-03-10T12:00:00+08:00");
    let shop = Shop { running: serve(dir.path(), &clock).await, dir, clock };
    shop.tell(&[order("1", "2026-03-10T10:00:00+08:00", "99.00")]).await;
    let url = format!("http://{}/metrics", shop.running.address());
    let mut counted = false;
    for _ in 0..3_000 {
        let text = Client::new().get(&url).send().await.unwrap().text().await.unwrap();
        counted = text.contains("parcelward_shadow_differences_total{what=\"deadline\"}");
        if counted {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(counted, "a clock of 20 h beside one of 48 h is a difference");
    let due: Vec<Instant> = shop.deadlines().await.into_values().map(|row| row.due_at).collect();
    assert_eq!(due, [Instant::parse("2026-03-12T10:00:00+08:00").unwrap()], "nothing else comes of it");
    shop.running.stop().await.unwrap();
    // One that cannot be read stands in nobody's way.
    fs::write(shop.dir.path().join("beside/rules/edit.toml"), "[rule.\"pdd.ship_by\"]\nlength = \"soon\"\n").unwrap();
    serve(shop.dir.path(), &shop.clock).await.stop().await.unwrap();
}

/// The sample shop's facts, as an export has them.
fn facts() -> parcelward::replay::Ordered {
    use std::io::Write;
    let mut file = tempfile::tempfile().unwrap();
    for fact in lived(Instant::parse("2026-03-22T18:00:00+08:00").unwrap()).unwrap() {
        writeln!(file, "{}", fact.line.json).unwrap();
    }
    parcelward::replay::Ordered::of_open(file).unwrap()
}

#[test]
fn a_backtest_finds_what_differs_and_nothing_where_nothing_does() {
    use parcelward::backtest::{Figure, Figures, Window, compare};
    let held = load_with(None, std::iter::empty()).unwrap().rules;
    let window = Window { from: Instant::parse("2026-03-05T00:00:00+08:00").unwrap(), until: None };
    let mut same = compare(facts(), &held, &held, window, &[]).unwrap();
    let figures: Vec<Figure> = same.then.figures().keys().cloned().collect();
    assert!(figures.len() > 20 && same.now.figures().keys().eq(&figures), "{figures:?}");
    for figure in &figures {
        assert_eq!(same.then.orders(figure).unwrap(), same.now.orders(figure).unwrap(), "{figure:?}");
        assert_eq!(same.then.figure(figure).map(Figures::median), same.now.figure(figure).map(Figures::median), "{figure:?}");
    }
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("rules.d")).unwrap();
    fs::write(dir.path().join("rules.d/edit.toml"), "[rule.\"pdd.collect\"]\nlength = \"3h\"\nladder = [\"1h\"]\n").unwrap();
    let asked = load_with(Some(dir.path()), std::iter::empty()).unwrap().rules;
    // From the beginning: what is missed later now may have been missed before a later day then.
    let window = Window { from: Instant::MIN, until: None };
    let mut compared = compare(facts(), &held, &asked, window, &[]).unwrap();
    let missed = Figure::Missed("pdd.collect".to_owned());
    let (then, now) = (compared.then.orders(&missed).unwrap(), compared.now.orders(&missed).unwrap());
    assert!(now.len() > then.len() + 20, "{} then, {} now", then.len(), now.len());
    assert!(then.iter().all(|order| now.contains(order)) && now.iter().all(|order| order.starts_with("pinduoduo/")));
    let other = Figure::Missed("pdd.evidence".to_owned());
    assert_eq!(compared.then.orders(&other).unwrap(), compared.now.orders(&other).unwrap(), "a rule that did not change");
}
