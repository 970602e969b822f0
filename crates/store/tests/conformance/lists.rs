//! Lists and counts, against a plain filter in memory.

use super::Place;
use super::kit::*;
use parcelward_casework::casefile::*;
use parcelward_casework::instant::Length;
use parcelward_casework::money::Money;
use parcelward_casework::rule_kind::RuleKind;
use parcelward_casework::words::*;
use parcelward_store::*;

/// A small generator with a seed: the same rows every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

fn some_files() -> Vec<CaseFile> {
    let mut dice = Dice(7);
    (1..=40)
        .map(|n| {
            let mut file = file(n);
            let number = format!("W{n}");
            add_parcel(
                &mut file,
                if n % 4 == 0 { waybill(&number) } else { parcelward_casework::fact::Waybill { courier: Courier::Sf, number } },
            );
            add_case(&mut file, [CaseKind::Stalled, CaseKind::Lost, CaseKind::Damaged][n as usize % 3]);
            file.cases[0].subject = Subject::Parcel(0);
            for _ in 0..5 {
                let kind = [TaskKind::ChaseCourier, TaskKind::PrepareEvidence, TaskKind::Reship][dice.roll(3) as usize];
                let queue = Queue::ALL[dice.roll(3) as usize];
                // Few different times and amounts: ties everywhere.
                let (due, money) = (at(dice.roll(6) as i64), [None, Some(0), Some(500), Some(900)][dice.roll(4) as usize]);
                add_task(&mut file, kind, queue, due, money);
                let task = file.tasks.last_mut().unwrap();
                task.urgency = Urgency::ALL[dice.roll(3) as usize];
                task.state = match dice.roll(5) {
                    0 => TaskState::Claimed,
                    1 => TaskState::Snoozed(at(77)),
                    2 => TaskState::Closed(TaskOutcome::Done),
                    _ => TaskState::Open,
                };
                task.assignee = (dice.roll(2) == 0).then(|| format!("staff-{}", dice.roll(2)));
            }
            for _ in 0..4 {
                let rule = [RuleKind::Collect, RuleKind::Movement, RuleKind::ClaimFiling][dice.roll(3) as usize];
                add_deadline(&mut file, rule, at(dice.roll(6) as i64));
                file.deadlines.last_mut().unwrap().state = [DeadlineState::Running, DeadlineState::Met][dice.roll(2) as usize];
            }
            file
        })
        .collect()
}

fn passes(filter: &TaskFilter, file: &CaseFile, task: &Task) -> bool {
    fn is<T: PartialEq>(wanted: &Option<T>, value: &T) -> bool {
        wanted.as_ref().is_none_or(|wanted| wanted == value)
    }
    let state = match task.state {
        TaskState::Open => TaskListState::Open,
        TaskState::Claimed => TaskListState::Claimed,
        TaskState::Snoozed(_) => TaskListState::Snoozed,
        TaskState::Closed(_) => TaskListState::Closed,
    };
    filter.state.map_or(state != TaskListState::Closed, |wanted| wanted == state)
        && is(&filter.queue, &task.queue)
        && is(&filter.urgency, &task.urgency)
        && filter.assignee.as_ref().is_none_or(|a| task.assignee.as_ref() == Some(a))
        && filter.due_before.is_none_or(|before| task.due_at < before)
        && is(&filter.platform, &file.key.platform)
        && is(&filter.shop, &file.key.shop)
        && is(&filter.courier, &file.parcels[0].waybill.courier)
        && is(&filter.case_kind, &file.cases[0].kind)
        && is(&filter.order_id, &file.key.order_id)
        && is(&filter.kind, &task.kind)
}

pub async fn tasks_are_listed_as_a_plain_filter_would(place: &impl Place) {
    let store = place.open().await;
    let files = some_files();
    save_new(&store, &files, at(500)).await;
    let none = TaskFilter::default;
    let filters = [
        none(),
        TaskFilter { queue: Some(Queue::Lead), ..none() },
        TaskFilter { state: Some(TaskListState::Open), ..none() },
        TaskFilter { state: Some(TaskListState::Claimed), ..none() },
        TaskFilter { state: Some(TaskListState::Snoozed), ..none() },
        TaskFilter { state: Some(TaskListState::Closed), ..none() },
        TaskFilter { urgency: Some(Urgency::High), ..none() },
        TaskFilter { assignee: Some("staff-1".to_owned()), ..none() },
        TaskFilter { due_before: Some(at(3)), ..none() },
        TaskFilter { platform: Some(Platform::Taobao), ..none() },
        TaskFilter { shop: Some("shop-1".to_owned()), ..none() },
        TaskFilter { courier: Some(Courier::Zto), ..none() },
        TaskFilter { case_kind: Some(CaseKind::Lost), ..none() },
        TaskFilter { order_id: Some("7".to_owned()), ..none() },
        TaskFilter { kind: Some(TaskKind::Reship), ..none() },
        TaskFilter { queue: Some(Queue::Service), due_before: Some(at(4)), shop: Some("shop-0".to_owned()), ..none() },
        TaskFilter { shop: Some("nobody".to_owned()), ..none() },
    ];
    for filter in filters {
        let mut expected: Vec<(i64, i64, String)> = Vec::new();
        for file in &files {
            let tasks = file.tasks.iter().filter(|task| passes(&filter, file, task));
            expected.extend(tasks.map(|t| (t.due_at.millis(), -t.money.map_or(-1, Money::fen), t.id.clone())));
        }
        expected.sort();
        assert!(!expected.is_empty() || filter.shop.as_deref() == Some("nobody"), "{filter:?} shows nothing");
        for limit in [7, 1000] {
            let (mut listed, mut cursor, mut pages) = (Vec::new(), None, 0);
            loop {
                let page = store.tasks(&filter, cursor.as_ref(), limit).await.unwrap();
                assert!(page.rows.len() <= limit as usize);
                listed.extend(page.rows.into_iter().map(|row| row.task_id));
                pages += 1;
                let Some(next) = page.next else { break };
                cursor = Some(next.to_string().parse::<Cursor>().unwrap());
                assert!(pages < 100);
            }
            let ids: Vec<&String> = expected.iter().map(|(_, _, id)| id).collect();
            assert_eq!(listed.iter().collect::<Vec<_>>(), ids, "{filter:?} by {limit}");
        }
    }
}

pub async fn a_task_follows_its_case_file(place: &impl Place) {
    let store = place.open().await;
    let mut file = file(1);
    add_case(&mut file, CaseKind::Stalled);
    add_parcel(&mut file, waybill("W1"));
    let id = add_task(&mut file, TaskKind::ChaseCourier, Queue::Service, at(10), Some(5990));
    file.tasks[0].parcel = Some(0);
    save_new(&store, &[file], at(10)).await;
    let row = store.task(&id).await.unwrap().unwrap();
    assert_eq!((row.version, row.state, row.money), (1, TaskListState::Open, Some(Money::from_fen(5990))));
    assert_eq!((row.waybill, row.case_kind, row.assignee), (Some(waybill("W1")), Some(CaseKind::Stalled), None));
    let change = changed(&stored(&store, 1).await, None, |f| {
        let task = &mut f.tasks[0];
        (task.state, task.assignee, task.version) = (TaskState::Snoozed(at(99)), Some("li".to_owned()), 2);
        (task.urgency, task.due_at, task.advice) = (Urgency::Critical, at(20), Some(Advice::AgreeRefund));
    });
    save(&store, Batch { files: vec![change], ..Batch::default() }).await.unwrap();
    let row = store.task(&id).await.unwrap().unwrap();
    assert_eq!((row.version, row.state, row.snoozed_until), (2, TaskListState::Snoozed, Some(at(99))));
    assert_eq!((row.assignee.as_deref(), row.urgency, row.due_at), (Some("li"), Urgency::Critical, at(20)));
    assert_eq!(row.advice, Some(Advice::AgreeRefund));
    let change = changed(&stored(&store, 1).await, None, |f| {
        f.tasks[0].state = TaskState::Closed(TaskOutcome::Moving);
        f.cases[0].closed = Some((at(30), CaseOutcome::Recovered));
    });
    save(&store, Batch { files: vec![change], ..Batch::default() }).await.unwrap();
    let row = store.task(&id).await.unwrap().unwrap();
    assert_eq!((row.state, row.outcome, row.snoozed_until), (TaskListState::Closed, Some(TaskOutcome::Moving), None));
    assert!(store.tasks(&TaskFilter::default(), None, 10).await.unwrap().rows.is_empty());
    assert!(store.counts(at(0)).await.unwrap().open_cases.is_empty());
    assert!(store.task("nobody-1").await.unwrap().is_none());
}

pub async fn deadlines_are_listed_as_a_plain_filter_would(place: &impl Place) {
    let store = place.open().await;
    let files = some_files();
    save_new(&store, &files, at(500)).await;
    let none = DeadlineFilter::default;
    let filters = [
        none(),
        DeadlineFilter { rule: Some("pdd.collect".to_owned()), ..none() },
        DeadlineFilter { rule: Some("courier.claim_filing".to_owned()), ..none() },
        DeadlineFilter { state: Some(DeadlineState::Met), ..none() },
        DeadlineFilter { due_before: Some(at(2)), ..none() },
        DeadlineFilter { platform: Some(Platform::Taobao), ..none() },
        DeadlineFilter { shop: Some("shop-1".to_owned()), ..none() },
        DeadlineFilter { order_id: Some("8".to_owned()), ..none() },
        DeadlineFilter { rule: Some("no.such".to_owned()), ..none() },
    ];
    for filter in filters {
        let mut expected: Vec<(i64, String)> = Vec::new();
        for file in &files {
            let shown = file.deadlines.iter().filter(|d| {
                d.state == filter.state.unwrap_or(DeadlineState::Running)
                    && filter.rule.as_ref().is_none_or(|rule| *rule == d.rule.id(file.key.platform))
                    && filter.due_before.is_none_or(|before| d.due_at < before)
                    && filter.platform.is_none_or(|p| p == file.key.platform)
                    && filter.shop.as_ref().is_none_or(|s| *s == file.key.shop)
                    && filter.order_id.as_ref().is_none_or(|o| *o == file.key.order_id)
            });
            expected.extend(shown.map(|d| (d.due_at.millis(), d.id.clone())));
        }
        expected.sort();
        assert!(!expected.is_empty() || filter.rule.as_deref() == Some("no.such"), "{filter:?} shows nothing");
        let (mut listed, mut cursor) = (Vec::new(), None);
        loop {
            let page = store.deadlines(&filter, cursor.as_ref(), 6).await.unwrap();
            listed.extend(page.rows.into_iter().map(|row| (row.due_at.millis(), row.deadline_id)));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(listed, expected, "{filter:?}");
    }
}

pub async fn the_board_counts_what_is_open(place: &impl Place) {
    let store = place.open().await;
    let files = some_files();
    save_new(&store, &files, at(500)).await;
    let board = store.board(at(0), Length::millis(3000)).await.unwrap();
    let deadlines = || files.iter().flat_map(|f| &f.deadlines).filter(|d| d.state == DeadlineState::Running && d.due_at < at(3));
    let tasks = files.iter().flat_map(|f| &f.tasks).filter(|t| t.is_open() && t.kind == TaskKind::PrepareEvidence);
    let count = |rule| deadlines().filter(|d| d.rule == rule).count() as u64;
    assert_eq!(board.soon_uncollected, count(RuleKind::Collect));
    assert_eq!(board.running_due[&RuleKind::Movement], count(RuleKind::Movement));
    assert_eq!((board.stalled, board.open_cases[&CaseKind::Lost], board.undelivered), (13, 14, 0));
    assert_eq!(board.evidence_wanted, tasks.count() as u64);
    let counts = store.counts(at(0)).await.unwrap();
    let open = files.iter().flat_map(|f| &f.tasks).filter(|t| t.is_open()).count() as u64;
    assert_eq!(counts.open_tasks.values().sum::<u64>(), open);
    assert_eq!(counts.open_cases.values().sum::<u64>(), 40);
}
