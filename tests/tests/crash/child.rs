//! A daemon as a process of its own: this very program, started anew. It has the places at which it can be broken off, which the daemon as
//! it is shipped has not.

use parcelward::config::{DatabaseUrl, load_with};
use parcelward_scheduler::WallClock;
use parcelward_store::faults;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant as Stopwatch};

/// Names the database; set, this program is a daemon.
pub const DATABASE: &str = "CRASH_CHILD_DATABASE";

/// Runs as a daemon until standard input ends, which is also what happens when the parent dies.
pub fn serve(url: String) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let listen = ("PARCELWARD_SERVER__LISTEN".to_owned(), "127.0.0.1:0".to_owned());
        let mut config = load_with(None, std::iter::once(listen)).unwrap();
        config.settings.database = DatabaseUrl::new(url);
        let running = match parcelward::serve::start(config, Arc::new(WallClock)).await {
            Ok(running) => running,
            Err(error) => {
                eprintln!("daemon: {error:#}");
                std::process::exit(1);
            }
        };
        println!("{}", running.address());
        let ended = tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
        let _ = ended.await;
        running.stop().await.unwrap();
    });
}

/// A daemon. Killed when it is dropped.
pub struct Daemon {
    url: String,
    order: PathBuf,
    child: Child,
    pub base: String,
}

impl Daemon {
    /// Starts one; its orders to break off are read from the file `order`.
    pub async fn start(url: &str, order: &Path) -> Daemon {
        let (url, order) = (url.to_owned(), order.to_owned());
        let started = Stopwatch::now();
        loop {
            let (again, at) = (url.clone(), order.clone());
            if let Some(daemon) = tokio::task::spawn_blocking(move || Daemon::try_start(&again, &at)).await.unwrap() {
                return daemon;
            }
            // As a service manager does: the server may not be back yet.
            assert!(started.elapsed() < Duration::from_secs(60), "the daemon does not start");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    fn try_start(url: &str, order: &Path) -> Option<Daemon> {
        Daemon::spawn(Command::new(std::env::current_exe().unwrap()), url, order).ok()
    }

    /// Starts one, if it starts.
    ///
    /// # Errors
    /// What it said, where it did not.
    pub fn spawn_here(url: &str, order: &Path) -> Result<Daemon, String> {
        Daemon::spawn(Command::new(std::env::current_exe().unwrap()), url, order)
    }

    /// Starts one in a world of its own mounts, which a script makes first.
    ///
    /// # Errors
    /// What it said, where it did not start.
    pub fn start_among(mounts: &str, url: &str, order: &Path) -> Result<Daemon, String> {
        let mut command = Command::new("unshare");
        command.args(["-rm", "sh", "-c", &format!("set -e; {mounts}; exec \"$0\"")]).arg(std::env::current_exe().unwrap());
        Daemon::spawn(command, url, order)
    }

    fn spawn(mut command: Command, url: &str, order: &Path) -> Result<Daemon, String> {
        let mut child = command
            .env(DATABASE, url)
            .env(faults::FILE, order)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let read = BufReader::new(child.stdout.take().unwrap()).read_line(&mut line);
        if read.is_ok_and(|read| read > 0) {
            return Ok(Daemon { url: url.to_owned(), order: order.to_owned(), child, base: format!("http://{}", line.trim()) });
        }
        let _ = child.kill();
        let said = child.wait_with_output().unwrap();
        Err(String::from_utf8_lossy(&said.stderr).into_owned())
    }

    /// The same daemon, started again after it ended.
    pub async fn again(&self) -> Daemon {
        Daemon::start(&self.url, &self.order).await
    }

    /// Gives an order: what is to happen at a place, and at which hit.
    pub fn order(&self, label: &str, action: &str, hit: u64) {
        let draft = self.order.with_extension("draft");
        std::fs::write(&draft, format!("{label} {action} {hit}")).unwrap();
        std::fs::rename(draft, &self.order).unwrap();
    }

    /// Whether the order was carried out, or is being.
    pub fn is_ordered(&self) -> bool {
        self.order.exists()
    }

    /// Lets it go on where it is held.
    pub fn let_go(&self) {
        std::fs::remove_file(self.order.with_extension("held")).unwrap();
    }

    /// Whether it stands still after SIGSTOP.
    pub fn stands_still(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T'))
    }

    /// SIGCONT.
    pub fn go_on(&self) {
        let told = Command::new("sh").args(["-c", &format!("kill -CONT {}", self.child.id())]).status().unwrap();
        assert!(told.success());
    }

    /// A file as this daemon sees it, whose mounts may be others.
    pub fn sees(&self, file: &Path) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root{}", self.child.id(), file.display()))
    }

    /// Whether it has ended.
    pub fn is_dead(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Stops it as an operator does.
    pub async fn stop(mut self) {
        drop(self.child.stdin.take());
        let ended = tokio::task::spawn_blocking(move || self.child.wait()).await.unwrap().unwrap();
        assert!(ended.success(), "told to stop, it ends well");
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
