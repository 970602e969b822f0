//! A real PostgreSQL server of the tests' own: a scratch data folder, a unix socket, fsync on. It ends with the process that started it.
//!
//! A test that finds no server fails: a suite that skips says nothing.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

/// A server.
pub struct Server {
    folder: PathBuf,
    binaries: PathBuf,
    settings: Vec<String>,
    /// Ends the server when its standard input closes, which the end of this process does.
    keeper: Mutex<Option<Child>>,
}

static NEXT: AtomicU32 = AtomicU32::new(1);

/// The one server that the tests of a program share; each has a database of its own.
pub fn shared() -> &'static Server {
    static SHARED: OnceLock<Server> = OnceLock::new();
    SHARED.get_or_init(|| Server::start(&["max_connections=200"]))
}

/// Where the server's programs lie: the newest that is installed.
fn binaries() -> PathBuf {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|e| e.path()).collect();
    found.sort_by_key(|path| path.file_name().and_then(|n| n.to_str()?.parse::<u32>().ok()));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = found.into_iter().rev().map(|path| path.join("bin")).chain(std::env::split_paths(&path));
    for place in places {
        if ["initdb", "postgres", "pg_ctl"].iter().all(|name| place.join(name).is_file()) {
            return place;
        }
    }
    panic!(
        "no PostgreSQL server was found, neither in /usr/lib/postgresql/*/bin nor on PATH: install it (Debian: `apt-get install \
         postgresql`; `scripts/test` does so as root)"
    );
}

/// Whether this process is root's: a server does not run as root.
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// A command of the server's, run by somebody who may.
fn command(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args([&format!("--reuid={}", user()), &format!("--regid={}", group()), "--clear-groups", "--"]).arg(program);
    command
}

fn user() -> &'static str {
    let there = std::fs::read_to_string("/etc/passwd").is_ok_and(|all| all.lines().any(|line| line.starts_with("postgres:")));
    if there { "postgres" } else { "nobody" }
}

fn group() -> String {
    let out = Command::new("id").args(["-g", user()]).output().unwrap();
    String::from_utf8(out.stdout).unwrap().trim().to_owned()
}

fn run(mut command: Command) {
    let out = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(out.status.success(), "{command:?}: {}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
}

impl Server {
    /// Creates and starts one with these settings.
    pub fn start(settings: &[&str]) -> Server {
        let folder = tempfile::Builder::new().prefix("pw-pg-").tempdir().unwrap().keep();
        if is_root() {
            let mut chown = Command::new("chown");
            chown.arg(user()).arg(&folder);
            run(chown);
        }
        let binaries = binaries();
        let mut create = command(&binaries.join("initdb"));
        create.args(["--no-sync", "--auth=trust", "--username=parcelward", "--encoding=UTF8", "--locale=C", "-D"]);
        create.arg(folder.join("data")).current_dir(&folder);
        run(create);
        let server = Server { folder, binaries, settings: settings.iter().map(|s| (*s).to_owned()).collect(), keeper: Mutex::new(None) };
        server.go_on();
        server
    }

    fn pg_ctl(&self, how: &[&str]) {
        let mut ctl = command(&self.binaries.join("pg_ctl"));
        ctl.arg("-D").arg(self.folder.join("data")).args(how).current_dir(&self.folder).stdin(Stdio::null());
        run(ctl);
    }

    /// Starts it again after [`Server::halt`].
    pub fn go_on(&self) {
        let mut options = format!(
            "-k {folder} -c listen_addresses= -c fsync=on -c shared_buffers=64MB -c log_min_messages=fatal -c deadlock_timeout=200ms",
            folder = self.folder.display()
        );
        for setting in &self.settings {
            options.push_str(" -c ");
            options.push_str(setting);
        }
        let log = self.folder.join("log");
        self.pg_ctl(&["-w", "-s", "-l", log.to_str().unwrap(), "-o", &options, "start"]);
        let script = r#"cat >/dev/null; "$1"/pg_ctl -D "$2"/data -m immediate -s stop; rm -rf "$2""#;
        let mut keeper = command(Path::new("/bin/sh"));
        keeper.args(["-c", script, "sh"]).arg(&self.binaries).arg(&self.folder).current_dir("/");
        let keeper = keeper.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        *self.keeper.lock().unwrap() = Some(keeper);
    }

    /// Stops it: `fast` as an administrator does, `immediate` as a crash does.
    pub fn halt(&self, mode: &str) {
        if let Some(mut keeper) = self.keeper.lock().unwrap().take() {
            keeper.kill().unwrap();
            keeper.wait().unwrap();
        }
        self.pg_ctl(&["-w", "-s", "-m", mode, "stop"]);
    }

    /// Ends it for good.
    pub fn end(&self) {
        self.halt("immediate");
        std::fs::remove_dir_all(&self.folder).unwrap();
    }

    /// The folder of its programs.
    pub fn binaries(&self) -> &Path {
        &self.binaries
    }

    /// The folder of its socket.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The URL of a database of its.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://parcelward@localhost/{database}?host={}", self.folder.display())
    }

    /// A connection of the test's own.
    pub async fn raw(&self, database: &str) -> sqlx::PgConnection {
        use sqlx::ConnectOptions;
        self.url(database).parse::<sqlx::postgres::PgConnectOptions>().unwrap().connect().await.unwrap()
    }

    /// An empty database. Gives its name.
    pub async fn fresh(&self) -> String {
        let name = format!("t{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let mut raw = self.raw("postgres").await;
        for _ in 0..100 {
            // Two that copy the template at once stand in each other's way.
            match sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut raw).await {
                Ok(_) => return name,
                Err(error) if error.to_string().contains("being accessed") => tokio::time::sleep(Duration::from_millis(50)).await,
                Err(error) => panic!("{error}"),
            }
        }
        panic!("no database can be created");
    }
}
