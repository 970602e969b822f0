//! The daemon under a service manager: what it is told, and when the watchdog is no longer fed.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// A daemon that runs under this test's notify socket.
struct Managed {
    child: Child,
    socket: UnixDatagram,
}

impl Drop for Managed {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Managed {
    fn start(dir: &Path, watchdog: Duration) -> Self {
        let notify = dir.join("notify");
        let socket = UnixDatagram::bind(&notify).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        std::fs::create_dir_all(dir.join("config/rules")).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_parcelward"))
            .current_dir(dir)
            .env_clear()
            .env("PARCELWARD_SERVER__LISTEN", "127.0.0.1:0")
            .env("NOTIFY_SOCKET", &notify)
            .env("WATCHDOG_USEC", watchdog.as_micros().to_string())
            .args(["serve", "--config", "config"])
            .stderr(std::fs::File::create(dir.join("log")).unwrap())
            .spawn()
            .unwrap();
        Managed { child, socket }
    }

    /// The next message of which this holds; the ones before it are dropped.
    fn until(&self, what: &str, holds: impl Fn(&str) -> bool) -> String {
        let give_up = Instant::now() + Duration::from_secs(60);
        let mut word = [0; 2000];
        while Instant::now() < give_up {
            let n = self.socket.recv(&mut word).unwrap_or_else(|e| panic!("waiting for {what}: {e}"));
            let text = String::from_utf8_lossy(&word[..n]).into_owned();
            if holds(&text) {
                return text;
            }
        }
        panic!("{what} never came");
    }

    fn signal(&self, name: &str) {
        assert!(Command::new("kill").arg(name).arg(self.child.id().to_string()).status().unwrap().success());
    }

    fn reload(&self) {
        self.signal("-HUP");
        let told = self.until("RELOADING", |m| m.contains("RELOADING=1"));
        let moment = told.lines().find_map(|line| line.strip_prefix("MONOTONIC_USEC=")).unwrap();
        assert!(moment.parse::<u64>().unwrap() > 0, "{told}");
        self.until("READY after a reload", |m| m.contains("READY=1"));
    }
}

fn log(dir: &Path) -> String {
    std::fs::read_to_string(dir.join("log")).unwrap()
}

#[test]
fn a_reload_is_told_with_its_moment_and_a_wrong_file_leaves_the_old_configuration_in_force() {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Managed::start(dir.path(), Duration::from_secs(60));
    daemon.until("READY", |m| m.contains("READY=1"));
    let mine = dir.path().join("config/rules/mine.toml");
    std::fs::write(&mine, "[rule.\"pdd.collect\"]\nlength = \"20h\"\n").unwrap();
    daemon.reload();
    assert!(log(dir.path()).contains("it is in force"), "{}", log(dir.path()));
    daemon.reload();
    assert!(log(dir.path()).contains("it was in force already"), "nothing had changed: {}", log(dir.path()));
    std::fs::write(&mine, "[rule.\"pdd.collect\"]\nlength = \"soon\"\n").unwrap();
    daemon.reload();
    let said = log(dir.path());
    assert!(said.contains("the old configuration stays in force") && said.contains("`soon`"), "{said}");
    daemon.signal("-TERM");
    daemon.until("STOPPING", |m| m.contains("STOPPING=1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_watchdog_is_fed_by_real_writes_only() {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Managed::start(dir.path(), Duration::from_millis(900));
    daemon.until("READY", |m| m.contains("READY=1"));
    daemon.until("WATCHDOG", |m| m.contains("WATCHDOG=1") && m.contains("STATUS=serving"));
    // Another process holds the database: the daemon answers requests, but can store nothing.
    let url = format!("sqlite:{}", dir.path().join("parcelward.db").display());
    let store = parcelward_store::open(&url, &parcelward_store::StoreOptions::default()).await.unwrap();
    let held = store.begin().await.unwrap();
    daemon.until("not alive", |m| m.contains("STATUS=not alive"));
    // Several times the pause between two feeds.
    let quiet_until = Instant::now() + Duration::from_secs(2);
    let mut word = [0; 2000];
    while Instant::now() < quiet_until {
        let n = daemon.socket.recv(&mut word).unwrap();
        let told = String::from_utf8_lossy(&word[..n]).into_owned();
        assert!(!told.contains("WATCHDOG=1"), "fed although nothing can be stored: {told}");
    }
    held.rollback().await;
    daemon.until("WATCHDOG again", |m| m.contains("WATCHDOG=1"));
    store.close().await;
}
