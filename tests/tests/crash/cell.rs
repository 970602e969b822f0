//! One cell of the matrix: a place, a fault, a database.

use crate::server::Server;
use crate::shop::{Base, Shop};
use parcelward_store::faults::{LABELS, RETENTION, SERVER_ONLY};
use parcelward_tests::dice::Dice;
use parcelward_tests::workspace;
use sqlx::{AssertSqlSafe, PgConnection};
use std::collections::BTreeSet;
use std::fmt;
use std::time::{Duration, Instant as Stopwatch};

/// What happens to a daemon while it is at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// SIGKILL.
    Kill,
    /// SIGSTOP, for longer than its locks are borne; then SIGCONT.
    Stop,
    /// The server is stopped and started again.
    Restart,
    /// The server ends every daemon's connections.
    Backend,
    /// The server has no connection left, and every daemon's were ended.
    Pool,
    /// The answer of the database is lost there.
    Lost,
    /// No space is left for the database there.
    Full,
}

impl Fault {
    pub const ALL: [Fault; 7] = [Fault::Kill, Fault::Stop, Fault::Restart, Fault::Backend, Fault::Pool, Fault::Lost, Fault::Full];

    pub const fn word(self) -> &'static str {
        match self {
            Fault::Kill => "kill",
            Fault::Stop => "stop",
            Fault::Restart => "restart",
            Fault::Backend => "backend",
            Fault::Pool => "pool",
            Fault::Lost => "lost",
            Fault::Full => "full",
        }
    }
}

/// Places at which the transaction is over: there is nothing to fill there.
const AFTER: [&str; 4] = ["commit.done", "commit.answered", "wake.rouse_done", "task_update.done"];
/// Places at which nothing is answered by the database.
const SILENT: [&str; 2] = ["commit.answered", "task_update.done"];
/// How long facts pour until a place is reached.
const LONGEST_WAY: Duration = Duration::from_secs(60);

/// A cell.
#[derive(Debug, Clone, Copy)]
pub struct Cell {
    pub base: Base,
    pub label: &'static str,
    pub fault: Fault,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base = if self.base == Base::Sqlite { "sqlite" } else { "postgres" };
        write!(f, "{base} {} {}", self.label, self.fault.word())
    }
}

/// Each place in the sources stands in the matrix of some database, with a fault of every kind that can be there, and nowhere else.
pub fn holds() {
    let mut places = BTreeSet::new();
    for file in workspace::files().unwrap().into_iter().filter(|file| file.to_string_lossy().contains("/src/")) {
        let text = std::fs::read_to_string(workspace::root().join(file)).unwrap_or_default();
        let labels = text.split("crash_point!(\"").skip(1).filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()));
        places.extend(labels);
    }
    // Those of retention are no cells: no fact comes by them, and each is tried by a test of its own (`retention`).
    assert_eq!(places, LABELS.into_iter().chain(RETENTION).map(str::to_owned).collect());
    let (sqlite, postgres) = (Cell::of(Base::Sqlite), Cell::of(Base::Postgres));
    for label in LABELS {
        let faults = |cells: &[Cell]| cells.iter().filter(|cell| cell.label == label).count();
        assert!(faults(&postgres) >= 5, "{label} is hardly in the matrix of PostgreSQL");
        assert_eq!(faults(&sqlite) == 0, SERVER_ONLY.contains(&label), "{label} on SQLite");
    }
}

impl Cell {
    /// Every cell of a database.
    pub fn of(base: Base) -> Vec<Cell> {
        let cells = LABELS.into_iter().flat_map(|label| Fault::ALL.map(|fault| Cell { base, label, fault }));
        cells.filter(|cell| cell.makes_sense()).collect()
    }

    fn makes_sense(self) -> bool {
        let on_server = matches!(self.fault, Fault::Restart | Fault::Backend | Fault::Pool) || SERVER_ONLY.contains(&self.label);
        let lost = self.fault == Fault::Lost && SILENT.contains(&self.label);
        let full = self.fault == Fault::Full && AFTER.contains(&self.label);
        !(on_server && self.base == Base::Sqlite || lost || full)
    }

    /// Lets it happen. Says how long it took, after the fault had ended, until nothing was pending.
    pub async fn run(self, shop: &mut Shop, dice: &mut Dice) -> Duration {
        let who = usize::try_from(dice.roll(shop.daemons.len() as u64)).unwrap();
        // What happens seldom happens to the first.
        let hit = if self.label.starts_with("wake") || self.label.contains("task_update") { 1 } else { 1 + dice.roll(3) };
        let action = match self.fault {
            Fault::Kill => "kill",
            Fault::Stop => "stop",
            Fault::Restart | Fault::Backend | Fault::Pool => "hold",
            Fault::Lost => "retry",
            Fault::Full => "full",
        };
        shop.daemons[who].order(self.label, action, hit);
        wait(&format!("{self}: reached"), || !shop.daemons[who].is_ordered()).await;
        match self.fault {
            Fault::Kill => {
                wait("the daemon is dead", || shop.daemons[who].is_dead()).await;
                shop.leave_alone(who);
                let again = shop.daemons[who].again().await;
                shop.daemons[who] = again;
                shop.talk_to(who);
            }
            Fault::Stop => {
                wait("the daemon stands still", || shop.daemons[who].stands_still()).await;
                shop.leave_alone(who);
                // Longer than a server bears a transaction in which nothing happens.
                tokio::time::sleep(Duration::from_millis(if self.base == Base::Sqlite { 1_200 } else { 6_500 })).await;
                shop.daemons[who].go_on();
                shop.talk_to(who);
            }
            Fault::Restart | Fault::Backend | Fault::Pool => {
                let (server, name) = shop.server.clone().unwrap();
                self.trouble(server, &name, dice).await;
                shop.daemons[who].let_go();
            }
            Fault::Lost | Fault::Full => {}
        }
        shop.recovers().await
    }

    /// What happens to the server.
    async fn trouble(self, server: &'static Server, name: &str, dice: &mut Dice) {
        match self.fault {
            Fault::Restart => {
                let mode = *dice.pick(&["fast", "immediate"]);
                let restart = move || {
                    server.halt(mode);
                    std::thread::sleep(Duration::from_millis(300));
                    server.go_on();
                };
                tokio::task::spawn_blocking(restart).await.unwrap();
            }
            Fault::Backend => {
                let mut raw = server.raw("postgres").await;
                assert!(cut(&mut raw, name).await > 0, "there were connections to end");
            }
            Fault::Pool => {
                let mut raw = server.raw("postgres").await;
                let (mut taken, started) = (Vec::new(), Stopwatch::now());
                // From the first moment at which there is none left.
                let mut refused: Option<Stopwatch> = None;
                while refused.is_none_or(|since| since.elapsed() < Duration::from_millis(1_500)) {
                    assert!(started.elapsed() < LONGEST_WAY, "the server has connections left");
                    match try_raw(server).await {
                        Some(one) => taken.push(one),
                        None => {
                            refused.get_or_insert_with(Stopwatch::now);
                            cut(&mut raw, name).await;
                        }
                    }
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                drop(taken);
            }
            _ => {}
        }
    }
}

async fn try_raw(server: &Server) -> Option<PgConnection> {
    use sqlx::ConnectOptions;
    let options: sqlx::postgres::PgConnectOptions = server.url("postgres").parse().unwrap();
    options.connect().await.ok()
}

/// Ends every connection to a database. Gives how many there were.
async fn cut(raw: &mut PgConnection, name: &str) -> usize {
    let sql = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(raw).await.unwrap().len()
}

async fn wait(what: &str, mut done: impl FnMut() -> bool) {
    let started = Stopwatch::now();
    while !done() {
        assert!(started.elapsed() < LONGEST_WAY, "{what}: not in {LONGEST_WAY:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
