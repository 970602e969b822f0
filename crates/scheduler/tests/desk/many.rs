//! Several daemons on one database: desks with stores of their own, as equals.

use crate::server::Server;
use crate::support::*;
use crate::toy::Toy;
use parcelward_casework::instant::{Instant, Length};
use parcelward_scheduler::{Clock, Desk, DeskError, Incoming, Receipt, WallClock};
use parcelward_store::EntryKind;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant as Stopwatch};
use tokio_util::sync::CancellationToken;

async fn three(office: &Office) -> Vec<Open> {
    futures::future::join_all((0..3).map(|_| office.open())).await
}

/// Tells facts at one desk after the other until one takes them.
async fn tell(desks: &[Open], first: usize, facts: Vec<Incoming>) -> Vec<Receipt> {
    let started = Stopwatch::now();
    for at in first.. {
        match desks[at % desks.len()].desk.submit(facts.clone()).await {
            Ok(receipts) => return receipts,
            Err(error) => assert!(started.elapsed().as_secs() < 60, "{error}"),
        }
    }
    unreachable!()
}

fn told_once(open: &[String], word: &str) -> usize {
    open.iter().filter(|line| *line == word).count()
}

/// The instants of an order's batches never go back, and its lines are numbered without a gap.
async fn check_order(open: &Open, n: u32) {
    let lines = open.timeline(n).await;
    assert_eq!(lines.iter().map(|l| l.line).collect::<Vec<_>>(), (1..=lines.len() as u64).collect::<Vec<_>>());
    let decided: Vec<Instant> = lines.iter().filter(|l| l.kind == EntryKind::Decision).map(|l| l.recorded).collect();
    assert!(decided.is_sorted(), "order {n}: {decided:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn three_desks_share_what_is_due_and_nobody_does_it_twice_or_early() {
    let mut office = Office::on_postgres().await;
    office.options.batch_wakes = 10;
    let mut desks = Vec::new();
    for _ in 0..3 {
        let store = office.store().await;
        let desk = Desk::start_with(Arc::new(Toy), Arc::clone(&store), rules(), Arc::new(WallClock), office.options.clone());
        desks.push(Open { desk: desk.await.unwrap(), store });
    }
    let facts: Vec<Incoming> = (1..=600).map(|n| note(&format!("a{n}"), n, "wake 4 bell")).collect();
    desks[0].desk.submit(facts).await.unwrap();
    let before: Vec<u64> = desks.iter().map(|d| d.desk.pulse().borrow().batches).collect();
    tokio::time::sleep(Duration::from_secs(3)).await;
    for n in 1..=600 {
        desks[0].wait_for(n, "bell").await;
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    for n in 1..=600 {
        let lines = desks[1].timeline(n).await;
        let bells: Vec<_> = lines.iter().filter(|line| line.kind == EntryKind::Decision).collect();
        assert_eq!(bells.len(), 1, "order {n}");
        assert!(bells[0].recorded >= bells[0].time, "order {n} was woken early");
    }
    let batches: Vec<u64> = desks.iter().zip(before).map(|(d, before)| d.desk.pulse().borrow().batches - before).collect();
    assert!(batches.iter().filter(|n| **n > 0).count() >= 2, "one did it all: {batches:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_fact_told_to_three_desks_at_once_is_taken_once() {
    let office = Office::on_postgres().await;
    let desks = three(&office).await;
    for round in 0..20_u32 {
        let facts = || (0..5).map(|i| note(&format!("{round}-{i}"), round * 3 + i, "x")).collect::<Vec<_>>();
        let answers = futures::future::join_all((0..3).map(|at| tell(&desks, at, facts()))).await;
        for i in 0..5 {
            let accepted = answers.iter().filter(|a| matches!(a[i], Receipt::Accepted { .. })).count();
            assert_eq!(accepted, 1, "round {round}: {answers:?}");
            assert!(answers.iter().all(|a| a[i].is_kept()), "{answers:?}");
        }
    }
    assert_eq!(desks[2].facts().await.len(), 100);
    assert!(desks.iter().any(|d| d.desk.pulse().borrow().retries > 0), "they never met");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn scans_and_shipments_told_to_different_desks_find_each_other() {
    let office = Office::on_postgres().await;
    let desks = three(&office).await;
    for n in 1..=60_u32 {
        let number = format!("W{n}");
        // The second order that names the waybill must not take it from the first, whichever that is.
        futures::join!(
            tell(&desks, 0, vec![tracking(&format!("t{n}"), &number)]),
            tell(&desks, 1, vec![note(&format!("n{n}"), n, &format!("parcel {number}"))]),
            tell(&desks, 2, vec![note(&format!("m{n}"), 1000 + n, &format!("parcel {number}"))]),
        );
    }
    assert_eq!(desks[0].store.counts(at(0)).await.unwrap().parked_facts, 0, "a scan waits for ever");
    for n in 1..=60 {
        let took = |lines: Vec<String>| lines.into_iter().filter(|line| line.starts_with(&format!("took t{n}"))).count();
        let (first, second) = (took(desks[0].lines(n).await), took(desks[0].lines(1000 + n).await));
        assert_eq!(first + second, 1, "waybill W{n}: {first} and {second}");
    }
    assert!(desks.iter().any(|d| d.desk.pulse().borrow().retries > 0), "they never met");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn news_is_known_to_whoever_decides_after_it() {
    let office = Office::on_postgres().await;
    let desks = three(&office).await;
    for round in 0..15_u32 {
        let news = tell(&desks, 0, vec![disruption(&format!("d{round}"))]);
        let scan = tell(&desks, 1, vec![note(&format!("s{round}"), 500 + round, "noted 西藏")]);
        let asked = (0..4).map(|i| tell(&desks, 2 + i as usize, vec![note(&format!("q{round}-{i}"), round * 4 + i, "world")]));
        futures::join!(news, scan, futures::future::join_all(asked));
    }
    // What an order was told to know is what the journal says was told before it.
    let facts = desks[0].facts().await;
    assert_eq!(facts.iter().filter(|f| f.id.id.starts_with(['d', 's'])).count(), 30);
    let mut told = 0;
    for fact in facts {
        if fact.id.id.starts_with(['d', 's']) {
            told += 1;
        } else {
            let line = desks[1].timeline(n_of(&fact.id.id)).await.into_iter().find(|l| l.kind == EntryKind::Decision).unwrap();
            assert_eq!(crate::toy::said(&line).unwrap(), format!("knows {told}"), "{}", fact.id.id);
        }
    }
}

/// The order of question `qROUND-I`.
fn n_of(id: &str) -> u32 {
    let (round, i) = id[1..].split_once('-').unwrap();
    round.parse::<u32>().unwrap() * 4 + i.parse::<u32>().unwrap()
}

/// A clock that goes wrong by a fixed length.
#[derive(Debug)]
struct Wrong(Arc<HandClock>, Length);

impl Clock for Wrong {
    fn now(&self) -> Instant {
        self.0.now() + self.1
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn clocks_that_differ_by_an_hour_keep_one_order_of_things() {
    let office = Office::on_postgres().await;
    let mut desks = Vec::new();
    for minutes in [0, 60, -30] {
        let store = office.store().await;
        let clock = Arc::new(Wrong(Arc::clone(&office.clock), Length::minutes(minutes)));
        let desk = Desk::start_with(Arc::new(Toy), Arc::clone(&store), rules(), clock, office.options.clone()).await.unwrap();
        desks.push(Open { desk, store });
    }
    for round in 0..30_u32 {
        let told = (0..3).map(|at| tell(&desks, at, vec![note(&format!("{round}-{at}"), round % 4, "wake 1 bell")]));
        futures::future::join_all(told).await;
    }
    let facts = desks[0].facts().await;
    assert!(facts.windows(2).all(|pair| pair[0].recorded < pair[1].recorded), "every batch has an instant of its own");
    for n in 0..4 {
        check_order(&desks[0], n).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_daemon_that_freezes_with_locks_in_hand_harms_nothing() {
    let office = Office::on_postgres().await;
    let desks = three(&office).await;
    let facts: Vec<Incoming> = (1..=40).map(|n| note(&format!("a{n}"), n, "wake 60 bell")).collect();
    desks[0].desk.submit(facts).await.unwrap();
    // It has locked five case files that are due, and taken its instant. Then nothing more is heard of it.
    let frozen = office.store().await;
    let mut tx = frozen.begin().await.unwrap();
    let held: Vec<u32> = tx.due(at(100), 5).await.unwrap().iter().map(|order| order.order_id.parse().unwrap()).collect();
    assert_eq!(held.len(), 5);
    tx.world_from(0).await.unwrap();
    tx.take_instant(at(100)).await.unwrap();
    let started = Stopwatch::now();
    office.clock.set(at(100));
    let others: Vec<u32> = (1..=40).filter(|n| !held.contains(n)).collect();
    for n in &others {
        desks[1].wait_for(*n, "bell").await;
    }
    // Facts to other orders are taken at once; those to the locked ones when the server gives the frozen one up.
    assert_eq!(tell(&desks, 0, vec![note("b", others[0], "x")]).await, [accepted(others[0])]);
    assert!(started.elapsed() < Duration::from_secs(4), "the others waited: {:?}", started.elapsed());
    assert_eq!(tell(&desks, 0, vec![note("c", held[0], "x")]).await, [accepted(held[0])]);
    for n in &held {
        desks[1].wait_for(*n, "bell").await;
    }
    assert!(started.elapsed() < Duration::from_secs(12), "{:?}", started.elapsed());
    // It thaws: what it had in mind is refused.
    let saved = tx.save(&parcelward_store::Batch::default()).await;
    assert!(saved.is_err_and(|e| e.is_transient()));
    for n in 1..=40 {
        assert_eq!(told_once(&desks[0].lines(n).await, "bell"), 1, "order {n}");
    }
    // And its batch, which will never come, keeps nobody from reading on.
    for _ in 0..100 {
        if desks[0].facts().await.len() == 42 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("facts are held back for a batch that never comes: {}", desks[0].facts().await.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn who_reads_the_journal_while_it_is_written_misses_nothing() {
    let office = Office::on_postgres().await;
    let desks = three(&office).await;
    let stop = CancellationToken::new();
    let write = async {
        for round in 0..80_u32 {
            // Batches of very different sizes: small ones overtake large ones.
            let told = (0..3_u32).map(|at| {
                let facts = (0..[1, 1, 90][at as usize]).map(|i| note(&format!("{round}-{at}-{i}"), at * 1000 + i, "x")).collect();
                tell(&desks, at as usize, facts)
            });
            futures::future::join_all(told).await;
        }
        stop.cancel();
    };
    let read = async {
        let (mut read, mut after) = (Vec::new(), 0);
        while !stop.is_cancelled() {
            let page = desks[0].store.facts_after(after, 50).await.unwrap();
            after = page.rows.last().map_or(after, |row| row.seq);
            read.extend(page.rows.into_iter().map(|row| row.seq));
        }
        read
    };
    let ((), read) = futures::join!(write, read);
    let mut all = Vec::new();
    let mut after = Some(0);
    while let Some(seq) = after {
        let page = desks[1].store.facts_after(seq, 1000).await.unwrap();
        all.extend(page.rows.into_iter().map(|row| row.seq));
        after = page.next;
    }
    assert_eq!(all.len(), 80 * 92);
    assert!(read.len() > 1000, "the reader was never at the end: {}", read.len());
    assert_eq!(read, all[..read.len()]);
}

/// Ends somebody's connection every now and then until it is told to stop.
async fn cut(server: &Server, database: &str, stop: CancellationToken) -> u32 {
    let mut raw = server.raw("postgres").await;
    let mut cuts = 0;
    while !stop.is_cancelled() {
        tokio::time::sleep(Duration::from_millis(60)).await;
        let cut = sqlx::query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1",
        );
        cuts += u32::try_from(cut.bind(database).fetch_all(&mut raw).await.unwrap().len()).unwrap();
    }
    cuts
}

/// Tells a hundred requests to three desks while something happens, and checks that all is there, once.
async fn told_through(office: &Office, trouble: impl AsyncFnOnce(CancellationToken)) {
    let desks = three(office).await;
    let stop = CancellationToken::new();
    let all = async {
        for round in 0..100_u32 {
            let told = (0..3_u32).map(|at| {
                let facts =
                    vec![note(&format!("{round}-{at}-a"), round % 7, "x"), note(&format!("{round}-{at}-b"), 10 + at, "wake 1 bell")];
                tell(&desks, (round + at) as usize, facts)
            });
            for answer in futures::future::join_all(told).await {
                assert!(answer.iter().all(Receipt::is_kept), "{answer:?}");
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stop.cancel();
    };
    futures::join!(all, trouble(stop.clone()));
    office.clock.set(at(1000));
    let mut there: BTreeMap<String, u32> = BTreeMap::new();
    for _ in 0..400 {
        there = BTreeMap::new();
        let mut after = Some(0);
        while let Some(seq) = after {
            let Ok(page) = desks[0].store.facts_after(seq, 500).await else { break };
            page.rows.into_iter().for_each(|row| *there.entry(row.id.id).or_default() += 1);
            after = page.next;
        }
        if there.len() == 600 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    assert_eq!(there.len(), 600);
    assert!(there.values().all(|times| *times == 1));
    for n in 10..13 {
        for _ in 0..400 {
            if told_once(&desks[1].lines(n).await, "bell") == 100 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(told_once(&desks[1].lines(n).await, "bell"), 100, "order {n}");
        check_order(&desks[1], n).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn connections_that_are_cut_lose_nothing_and_double_nothing() {
    let office = Office::on_postgres().await;
    let Place::Server(server, name) = &office.place else { unreachable!() };
    told_through(&office, async |stop| {
        let cuts = cut(server, name, stop).await;
        assert!(cuts > 10, "{cuts} cuts");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_server_that_stops_and_starts_again_loses_nothing() {
    // A server of its own: the others' tests go on.
    let server: &'static Server = Box::leak(Box::new(Server::start(&["max_connections=60"])));
    let office = Office::at(Place::Server(server, server.fresh().await));
    told_through(&office, async |_| {
        for mode in ["fast", "immediate"] {
            tokio::time::sleep(Duration::from_millis(400)).await;
            tokio::task::spawn_blocking(move || {
                server.halt(mode);
                std::thread::sleep(Duration::from_millis(700));
                server.go_on();
            })
            .await
            .unwrap();
        }
    })
    .await;
    server.end();
}

#[tokio::test]
async fn a_desk_without_a_server_says_so_and_comes_back_with_it() {
    let server: &'static Server = Box::leak(Box::new(Server::start(&["max_connections=60"])));
    let office = Office::at(Place::Server(server, server.fresh().await));
    let open = office.open().await;
    open.tell(note("a", 1, "wake 60 bell")).await;
    tokio::task::spawn_blocking(|| server.halt("fast")).await.unwrap();
    let error = open.desk.submit(vec![note("b", 1, "x")]).await.unwrap_err();
    assert!(matches!(&error, DeskError::Store(e) if e.is_transient()), "{error:?}");
    assert!(open.desk.pulse().borrow().failing.is_some());
    office.clock.set(at(100));
    tokio::task::spawn_blocking(|| server.go_on()).await.unwrap();
    open.wait_for(1, "bell").await;
    assert_eq!(open.tell(note("b", 1, "x")).await, accepted(1));
    assert!(open.desk.pulse().borrow().failing.is_none());
    server.end();
}
