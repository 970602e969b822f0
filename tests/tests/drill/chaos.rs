//! Operations under fire: couriers that take and do not answer, daemons that are killed, a database that is brought back. At most one acceptance
//! for each thing that was asked, and every operation comes to an end that somebody knows.
//!
//! `PARCELWARD_OPERATIONS` says how many, `PARCELWARD_OPERATION_KILLS` how often a daemon is killed, `PARCELWARD_CHAOS_SEED` which run it is; all are
//! printed. Not part of the suite yet: `cargo test -p parcelward-tests --test drill chaos -- --ignored --nocapture`.

use crate::ground::{Ends, Ground, tell};
use crate::place::Place;
use crate::pour::Process;
use crate::server;
use parcelward_tests::binary;
use parcelward_tests::dice::{Dice, setting};
use reqwest::Client;
use std::time::Duration;

/// Orders told in one request.
const TOGETHER: u64 = 25;

/// What befalls every courier's interface, beside an outage now and then.
const FAULTS: [&str; 8] = [
    "all=drop:0.06",
    "all=error:0.05",
    "all=slow:0.02:2",
    "all=throttled:0.03:1",
    "all=duplicate:0.04",
    "all=out_of_order:0.2",
    "all=duplicate_scans:0.2",
    "all=skew:0.1:-120",
];

/// Daemons on one database, each started again where it was killed.
struct Daemons<'a> {
    ground: &'a Ground,
    url: String,
    running: Vec<(Process, String)>,
}

impl Daemons<'_> {
    async fn one(&self, n: usize) -> (Process, String) {
        let config = self.ground.config.path().to_str().unwrap();
        let name = format!("d{n}");
        let variables = [("PARCELWARD_CONFIG", config)];
        let mut process = Process::start_with(binary::path().unwrap(), self.ground.config.path(), &self.url, &name, &variables);
        let base = process.ready().await;
        (process, base)
    }

    async fn start(ground: &Ground, url: String, daemons: usize) -> Daemons<'_> {
        let mut all = Daemons { ground, url, running: Vec::new() };
        for n in 0..daemons {
            let one = all.one(n).await;
            all.running.push(one);
        }
        all
    }

    async fn kill(&mut self, n: usize) {
        self.running[n].0.kill();
        self.running[n] = self.one(n).await;
    }
}

/// Tells of orders, until somebody took them.
async fn pour(daemons: &Daemons<'_>, client: &Client, orders: std::ops::Range<u64>, dice: &mut Dice) {
    let mut from = orders.start;
    while from < orders.end {
        let to = (from + TOGETHER).min(orders.end);
        let facts: Vec<_> = (from..to).flat_map(|n| daemons.ground.refunded_on_the_way(n)).collect();
        let (_, base) = dice.pick(&daemons.running);
        if tell(client, base, &facts).await {
            from = to;
        }
    }
}

async fn chaos(place: Place, daemons: usize) {
    let operations = setting("PARCELWARD_OPERATIONS", || 300);
    let kills = setting("PARCELWARD_OPERATION_KILLS", || 3);
    let seed = setting("PARCELWARD_CHAOS_SEED", || std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().subsec_nanos().into());
    let (mut dice, ground) = (Dice::new(seed), Ground::with(operations, seed).await);
    FAULTS.iter().for_each(|fault| ground.sim.faults().set(&fault.parse().unwrap()));
    let copies = tempfile::tempdir().unwrap();
    let copy = copies.path().join("copy");
    let client = Client::builder().timeout(Duration::from_secs(60)).build().unwrap();

    let mut all = Daemons::start(&ground, place.url(), daemons).await;
    for round in 0..=kills {
        let down = *dice.pick(&["sf", "zto", "yto", "sto", "jt", "jd"]);
        let hit = dice.roll(3) == 0;
        if hit {
            ground.sim.faults().set(&format!("{down}=outage").parse().unwrap());
        }
        pour(&all, &client, round * operations / (kills + 1)..(round + 1) * operations / (kills + 1), &mut dice).await;
        if round == kills / 2 {
            place.backup(&copy).await;
        }
        if round < kills {
            // While requests are on their way.
            tokio::time::sleep(Duration::from_millis(dice.roll(1_200))).await;
            let victim = usize::try_from(dice.roll(daemons as u64)).unwrap();
            all.kill(victim).await;
        }
        if hit {
            ground.sim.faults().set(&format!("{down}=outage:0").parse().unwrap());
        }
    }
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    all.running.iter_mut().for_each(|(process, _)| process.kill());

    // The hours after that pass more quickly: a daemon of this process, whose clock is the couriers', takes over what the killed ones left.
    let running = ground.open(&place.url()).await;
    let ends = ground.settle(&running, 0..operations).await;
    running.stop().await.unwrap();
    println!("{operations} operations, {daemons} daemons killed {kills} times: {ends}");
    hold(&ground, &ends, operations);

    // The copy from the middle is brought back, and the shop's system tells everything once more.
    let place = place.restore(&copy).await;
    let running = ground.open(&place.url()).await;
    let base = format!("http://{}", running.address());
    for from in (0..operations).step_by(usize::try_from(TOGETHER).unwrap()) {
        let facts: Vec<_> = (from..(from + TOGETHER).min(operations)).flat_map(|n| ground.refunded_on_the_way(n)).collect();
        assert!(tell(&client, &base, &facts).await);
    }
    let ends = ground.settle(&running, 0..operations).await;
    running.stop().await.unwrap();
    println!("after the restore: {ends}");
    ground.nothing_was_taken_twice();
    assert!(ends.silent.is_empty(), "{ends}: {:?}", ends.silent);
}

fn hold(ground: &Ground, ends: &Ends, operations: u64) {
    ground.nothing_was_taken_twice();
    assert!(ends.silent.is_empty(), "{ends}: {:?}", ends.silent);
    assert_eq!(ends.sum() as u64, operations, "each order has one intercept, and each intercept one end");
    let taken = ground.sim.ledger().lines().iter().filter(|line| line.entry.counts.accepted == 1).count();
    assert!(taken as u64 > operations / 2 && ends.settled as u64 > operations / 4, "the test says too little: {taken} taken, {ends}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "has not been seen to end in the time that the suite has"]
async fn nothing_is_filed_twice_and_nothing_is_silent_on_sqlite() {
    chaos(Place::File(tempfile::tempdir().unwrap()), 1).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "has not been seen to end in the time that the suite has"]
async fn nothing_is_filed_twice_and_nothing_is_silent_through_two_daemons_on_postgresql() {
    let server = server::shared();
    chaos(Place::Server(server, server.fresh().await), 2).await;
}
