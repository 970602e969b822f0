//! Operations under fire: couriers that take and do not answer, daemons that are killed or stand still, a database that is brought back. At most
//! one acceptance for each thing that was asked, and every operation comes to an end that somebody knows.
//!
//! `PARCELWARD_OPERATIONS` says how many, `PARCELWARD_OPERATION_KILLS` how often a daemon is killed, `PARCELWARD_CHAOS_SEED` which run it is; all are
//! printed. `scripts/soak couriers` is the long form.

use crate::ends::Ends;
use crate::ground::{Ground, tell};
use crate::orders::Order;
use crate::place::Place;
use crate::pour::Process;
use crate::server;
use parcelward::serve::Running;
use parcelward_casework::instant::Length;
use parcelward_tests::binary;
use parcelward_tests::dice::{Dice, setting};
use reqwest::Client;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Orders told in one request.
const TOGETHER: usize = 40;

/// What befalls every courier's interface, beside an outage now and then.
const FAULTS: [&str; 9] = [
    "all=drop:0.06",
    "all=error:0.05",
    "all=slow:0.02:2",
    "all=throttled:0.03:1",
    "all=unavailable:0.02",
    "all=duplicate:0.04",
    "all=out_of_order:0.2",
    "all=duplicate_scans:0.2",
    "all=skew:0.1:-120",
];

/// Daemons on one database, each started again where it was killed.
struct Daemons {
    ground: Arc<Ground>,
    url: String,
    running: Vec<(Process, String)>,
}

impl Daemons {
    async fn one(&self, n: usize) -> (Process, String) {
        let config = self.ground.config.path().to_str().unwrap();
        let name = format!("d{n}");
        let variables =
            [("PARCELWARD_CONFIG", config), ("PARCELWARD_LOG__LEVEL", "info,parcelward_scheduler=error,parcelward_store=error")];
        let mut process = Process::start_with(binary::path().unwrap(), self.ground.config.path(), &self.url, &name, &variables);
        let base = process.ready().await;
        (process, base)
    }

    async fn start(ground: &Arc<Ground>, url: String, daemons: usize) -> Daemons {
        let mut all = Daemons { ground: Arc::clone(ground), url, running: Vec::new() };
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

    /// Tells of orders, until somebody took them.
    async fn tell(&self, client: &Client, orders: &[Order], dice: &mut Dice) {
        for some in orders.chunks(TOGETHER) {
            let facts = self.ground.facts(some);
            while !tell(client, &dice.pick(&self.running).1, &facts).await {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// One run: what is asked, on which database, and what has happened so far.
struct Run {
    orders: Vec<Order>,
    kills: usize,
    seed: u64,
    dice: Dice,
    ground: Arc<Ground>,
    client: Client,
    /// How long a kill waits for most of what was told to be asked.
    patience: Duration,
    began: Instant,
}

impl Run {
    async fn begin() -> Run {
        let operations = setting("PARCELWARD_OPERATIONS", || 120);
        let kills = usize::try_from(setting("PARCELWARD_OPERATION_KILLS", || 3)).unwrap();
        let seed = setting("PARCELWARD_CHAOS_SEED", || std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().subsec_nanos().into());
        let orders: Vec<Order> = (0..operations).map(Order::any).collect();
        let ground = Arc::new(Ground::with(&orders, seed).await);
        FAULTS.iter().for_each(|fault| ground.sim.faults().set(&fault.parse().unwrap()));
        let client = Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
        let patience = if operations > 1_000 { Duration::from_secs(60) } else { Duration::from_millis(400) };
        Run { orders, kills, seed, dice: Dice::new(seed), ground, client, patience, began: Instant::now() }
    }

    fn asked(&self) -> usize {
        self.ground.sim.ledger().lines().len()
    }

    /// Orders pour in and daemons are killed, on to the last order. Half-way a copy is made, where one is wanted.
    async fn storm(&mut self, all: &mut Daemons, place: &Place, copy: Option<&std::path::Path>) {
        let rounds = self.kills + 1;
        for round in 0..rounds {
            let down = *self.dice.pick(&["sf", "zto", "yto", "sto", "jt", "jd", "kuaidi100"]);
            let hit = self.dice.roll(3) == 0;
            if hit {
                self.ground.sim.faults().set(&format!("{down}=outage").parse().unwrap());
            }
            let (from, to) = (round * self.orders.len() / rounds, (round + 1) * self.orders.len() / rounds);
            all.tell(&self.client, &self.orders[from..to], &mut self.dice).await;
            if let Some(copy) = copy.filter(|_| round == self.kills / 2) {
                place.backup(copy).await;
            }
            self.wait_for(to * 2 / 3).await;
            // While requests are on their way.
            tokio::time::sleep(Duration::from_millis(self.dice.roll(1_200))).await;
            if round < self.kills {
                self.strike(all).await;
            }
            if hit {
                self.ground.sim.faults().set(&format!("{down}=outage:0").parse().unwrap());
            }
        }
    }

    async fn wait_for(&self, asked: usize) {
        let began = Instant::now();
        while self.asked() < asked && began.elapsed() < self.patience {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// One is killed; where there are others, one may stand still for a while before.
    async fn strike(&mut self, all: &mut Daemons) {
        let victim = usize::try_from(self.dice.roll(all.running.len() as u64)).unwrap();
        if all.running.len() > 1 && self.dice.roll(3) == 0 {
            let still = &all.running[usize::from(victim == 0)].0;
            still.signal("STOP");
            tokio::time::sleep(Duration::from_millis(200 + self.dice.roll(1_300))).await;
            still.signal("CONT");
        }
        all.kill(victim).await;
    }

    /// The hours after that pass more quickly: a daemon of this process, whose clock is the couriers', takes over what the others left.
    async fn finish(&self, place: &Place, still: Option<Process>) -> Ends {
        let running: Running = self.ground.open(&place.url()).await;
        if let Some(mut still) = still {
            // It stood still with requests on their way for longer than its lease; now it goes on where it was.
            self.ground.clock.advance(Length::hours(1));
            tokio::time::sleep(Duration::from_millis(700)).await;
            still.signal("CONT");
            tokio::time::sleep(Duration::from_millis(700)).await;
            still.kill();
        }
        let ends = self.ground.settle(&running, &self.orders).await;
        running.stop().await.unwrap();
        ends
    }

    /// At the end only one is left, standing still; nothing where there is but one, which is killed.
    fn leave(mut all: Daemons) -> Option<Process> {
        let last = (all.running.len() > 1).then(|| all.running.pop()).flatten().map(|(process, _)| process);
        last.iter().for_each(|process| process.signal("STOP"));
        all.running.iter_mut().for_each(|(process, _)| process.kill());
        last
    }

    fn hold(&self, ends: &Ends, daemons: usize, restored: bool) {
        let lines = self.ground.sim.ledger().lines();
        let taken = lines.iter().filter(|line| line.entry.counts.accepted > 0).count();
        let twice = self.ground.sim.ledger().accepted_twice().len();
        let again = if restored { ", a copy brought back" } else { "" };
        println!(
            "{} operations, {daemons} daemons, {} kills{again}: {taken} taken, {twice} of them twice; {ends}\n  {:.0} s",
            self.orders.len(),
            self.kills,
            self.began.elapsed().as_secs_f64()
        );
        self.ground.nothing_was_taken_twice();
        let seed = self.seed;
        assert!(ends.silent.is_empty(), "PARCELWARD_CHAOS_SEED={seed}: nobody knows of {:#?}", ends.silent);
        assert!(ends.never_requested.is_empty(), "PARCELWARD_CHAOS_SEED={seed}: nothing was requested for {:?}", ends.never_requested);
        assert_eq!(ends.sum(), self.orders.len() + ends.beside, "PARCELWARD_CHAOS_SEED={seed}: each order has one operation of its kind");
        let half = self.orders.len() / 2;
        assert!(taken > half && ends.settled > half, "PARCELWARD_CHAOS_SEED={seed}: the run says too little");
        if !restored {
            let lied = lines.iter().filter(|line| {
                line.entry.counts.accepted > 0 && ends.refusals.contains(&(line.key.waybill.clone(), line.key.kind.to_owned()))
            });
            assert_eq!(lied.count(), 0, "PARCELWARD_CHAOS_SEED={seed}: what was taken counts as refused");
        }
    }
}

async fn chaos(place: Place, daemons: usize) {
    let mut run = Run::begin().await;
    let mut all = Daemons::start(&run.ground, place.url(), daemons).await;
    run.storm(&mut all, &place, None).await;
    let ends = run.finish(&place, Run::leave(all)).await;
    run.hold(&ends, daemons, false);
}

/// In the end the copy from the middle is brought back, and the shop's system tells everything once more, under kills.
async fn chaos_and_restore(place: Place, daemons: usize) {
    let mut run = Run::begin().await;
    let copies = tempfile::tempdir().unwrap();
    let copy = copies.path().join("copy");
    let mut all = Daemons::start(&run.ground, place.url(), daemons).await;
    run.storm(&mut all, &place, Some(&copy)).await;
    all.running.iter_mut().for_each(|(process, _)| process.kill());
    drop(all);
    let place = place.restore(&copy).await;
    let mut all = Daemons::start(&run.ground, place.url(), daemons).await;
    run.storm(&mut all, &place, None).await;
    let ends = run.finish(&place, Run::leave(all)).await;
    run.hold(&ends, daemons, true);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_filed_twice_and_nothing_is_silent_on_sqlite() {
    chaos(Place::File(tempfile::tempdir().unwrap()), 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_filed_twice_and_nothing_is_silent_through_two_daemons_on_postgresql() {
    let server = server::shared();
    chaos(Place::Server(server, server.fresh().await), 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_filed_twice_and_nothing_is_silent_after_a_restore_on_sqlite() {
    chaos_and_restore(Place::File(tempfile::tempdir().unwrap()), 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_filed_twice_and_nothing_is_silent_after_a_restore_on_postgresql() {
    let server = server::shared();
    chaos_and_restore(Place::Server(server, server.fresh().await), 2).await;
}
