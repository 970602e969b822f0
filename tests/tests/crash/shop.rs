//! Daemons on one database into which facts pour, and what must hold of them.

use crate::child::Daemon;
use crate::pour::{Flow, Ledger, Told, now, pour};
use crate::server::Server;
use parcelward_casework::instant::Instant;
use parcelward_scheduler::Casework;
use parcelward_store::doctor::examine;
use parcelward_store::{SharedStore, StoreOptions, open};
use parcelward_tests::binary;
use parcelward_tests::dice::Dice;
use parcelward_tests::journal::{difference, lived, orders_of, replayed};
use serde_json::json;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant as Stopwatch};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Where the daemons store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// One daemon on a file.
    Sqlite,
    /// Three daemons on a server.
    Postgres,
}

/// How long something may be pending after a fault before it counts as forgotten: it is given up then.
const FORGOTTEN: Duration = Duration::from_secs(60);

/// The server of all of them, with few connections, so that they can be used up.
fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start(&["max_connections=48"]))
}

/// A shop that is open.
pub struct Shop {
    folder: tempfile::TempDir,
    pub server: Option<(&'static Server, String)>,
    pub daemons: Vec<Daemon>,
    addresses: Vec<watch::Sender<Option<String>>>,
    senders: Vec<JoinHandle<()>>,
    stop: watch::Sender<bool>,
    ledger: Arc<Ledger>,
    store: SharedStore,
    probes: u64,
    client: reqwest::Client,
}

impl Shop {
    /// Opens one; facts begin to pour.
    pub async fn open(base: Base, seed: u64) -> Shop {
        let folder = tempfile::tempdir().unwrap();
        let server = match base {
            Base::Sqlite => None,
            Base::Postgres => Some((server(), server().fresh().await)),
        };
        let url = match &server {
            None => format!("sqlite:{}", folder.path().join("crash.db").display()),
            Some((server, name)) => server.url(name),
        };
        let store = open(&url, &StoreOptions::default()).await.unwrap();
        let (stop, stopped) = watch::channel(false);
        let ledger = Arc::new(Ledger::default());
        let (mut daemons, mut addresses, mut senders) = (Vec::new(), Vec::new(), Vec::new());
        for n in 0..if base == Base::Sqlite { 1 } else { 3 } {
            let daemon = Daemon::start(&url, &folder.path().join(format!("order-{n}"))).await;
            let (tell, _) = watch::channel(Some(daemon.base.clone()));
            daemons.push(daemon);
            addresses.push(tell);
        }
        let flow = Flow { pause: Duration::from_millis(25), turn: 150 };
        for n in 0..3_u64 {
            let address = addresses[usize::try_from(n).unwrap() % addresses.len()].subscribe();
            let dice = Dice::new(seed.wrapping_mul(31).wrapping_add(n));
            senders.push(tokio::spawn(pour(n, dice, flow, address, stopped.clone(), Arc::clone(&ledger))));
        }
        let client = reqwest::Client::builder().timeout(Duration::from_secs(5)).build().unwrap();
        Shop { folder, server, daemons, addresses, senders, stop, ledger, store, probes: 0, client }
    }

    /// Nobody talks to this daemon for a while.
    pub fn leave_alone(&self, who: usize) {
        self.addresses[who].send_replace(None);
    }

    /// People talk to it again.
    pub fn talk_to(&self, who: usize) {
        self.addresses[who].send_replace(Some(self.daemons[who].base.clone()));
    }

    /// How long it takes, from now on, until nothing is pending that was due now, and until each daemon has taken a fact.
    pub async fn recovers(&mut self) -> Duration {
        let (since, started) = (now(), Stopwatch::now());
        let asked = (0..self.daemons.len()).map(|who| (who, self.probes + who as u64)).collect::<Vec<_>>();
        self.probes += asked.len() as u64;
        let told = futures::future::join_all(asked.into_iter().map(|(who, probe)| self.is_told(who, probe, started)));
        let (told, woken) = futures::join!(told, self.has_woken(since, started));
        told.into_iter().chain([woken]).max().unwrap_or_default()
    }

    async fn has_woken(&self, since: Instant, started: Stopwatch) -> Duration {
        loop {
            match self.store.next_wake_at().await {
                Ok(next) if next.is_none_or(|at| at > since) => return started.elapsed(),
                _ => tokio::time::sleep(Duration::from_millis(10)).await,
            }
            assert!(started.elapsed() < FORGOTTEN, "something that was due is pending for ever");
        }
    }

    async fn is_told(&self, who: usize, probe: u64, started: Stopwatch) -> Duration {
        let name = format!("probe-{probe}");
        let data = json!({"platform": "jd", "shop": "probe", "order_id": name, "text": "x"});
        let fact =
            json!({"specversion": "1.0", "id": name, "source": "kill", "type": "parcelward.note", "time": now().to_string(), "data": data});
        let mut taken = None;
        loop {
            self.ledger.asked(&name, &data);
            let sent =
                self.client.post(format!("{}/v1/facts", self.daemons[who].base)).header("content-type", "application/cloudevents+json");
            if let Ok(answer) = sent.body(fact.to_string()).send().await
                && answer.status().as_u16() == 200
            {
                // Told again in the same words, it is known: whoever got no answer finds out like this.
                let Some(took) = taken else {
                    self.ledger.acknowledge(&name, &data);
                    taken = Some(started.elapsed());
                    continue;
                };
                let answer: serde_json::Value = answer.json().await.unwrap();
                assert_eq!(answer["result"], "duplicate", "a fact is taken twice: {answer}");
                return took;
            }
            assert!(started.elapsed() < FORGOTTEN, "a fact is not taken any more, or not known again");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Closes it and holds it to everything that was answered, and to a replay.
    pub async fn close(self) -> (Told, usize) {
        tokio::time::sleep(Duration::from_millis(200)).await;
        self.stop.send_replace(true);
        for sender in self.senders {
            sender.await.unwrap();
        }
        // Reminders were asked for within three seconds; everything else falls due on a whole minute, which must not come in the last moments.
        tokio::time::sleep(Duration::from_millis(3_100)).await;
        let into_minute = now().millis() % 60_000;
        if into_minute > 52_000 {
            tokio::time::sleep(Duration::from_millis(61_000 - into_minute.unsigned_abs())).await;
        }
        let started = Stopwatch::now();
        while self.store.next_wake_at().await.unwrap().is_some_and(|at| at <= now()) {
            assert!(started.elapsed() < FORGOTTEN, "something is due for ever");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let export = reqwest::get(format!("{}/v1/export", self.daemons[0].base)).await.unwrap().text().await.unwrap();
        let until = now();
        for daemon in self.daemons {
            daemon.stop().await;
        }
        let told = self.ledger.holds(&export);
        let next = self.store.next_wake_at().await.unwrap();
        assert!(next.is_none_or(|at| at > until), "something was due and did not happen ({next:?})");
        let aside = self.store.aside(5).await.unwrap();
        assert!(aside.is_empty(), "set aside: {aside:?}");
        // What lists show is what the case files say, and nothing waits that nobody can wake.
        let examined = examine(&*self.store, &Casework, false).await.unwrap();
        assert!(examined.files > 0 && examined.findings.is_empty(), "the doctor found: {:?}", examined.findings);
        let live = lived(&*self.store, &orders_of(&export)).await.unwrap();
        let decisions = live.values().map(Vec::len).sum();
        self.store.close().await;
        let (replay, status, stderr) = replayed(binary::path().unwrap(), &export, until).unwrap();
        assert_eq!(status, Some(0), "{stderr}");
        if let Some(difference) = difference(&live, &replay) {
            let kept = self.folder.keep().join("export.jsonl");
            std::fs::write(&kept, export).unwrap();
            panic!("{difference}\nthe export is kept in {}", kept.display());
        }
        (told, decisions)
    }
}
