//! Places at which a test can break this program off: [`crash_point!`](crate::crash_point).
//!
//! Compiled with the feature `faults`, which only tests ask for; without it a place is `Ok(())`, and its label stands in no binary. With it a
//! place asks for the file that the environment variable [`FILE`] names. Its one line is an order: `LABEL ACTION` or `LABEL ACTION HIT`, where
//! the hit counts from 1. Whoever carries an order out takes the file away first, so that it is carried out once, and so that whoever gave
//! it sees that the place was reached.
//!
//! Deliberately absent: any choice of when to fail. That is the test's.

use crate::StoreError;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

/// The environment variable that names the file with the order.
pub const FILE: &str = "PARCELWARD_FAULTS";

/// Every place of facts and wakes, in the order in which a batch comes by. Those of [`SERVER_ONLY`] are on a server only.
pub const LABELS: [&str; 20] = [
    "inbox.begun",
    "inbox.read",
    "inbox.locked",
    "wake.due",
    "inbox.instant_noted",
    "inbox.instant",
    "decide.fact",
    "decide.task_update",
    "decide.wake",
    "decide.done",
    "commit.files",
    "commit.journal",
    "commit.lists",
    "commit.world",
    "commit.sent",
    "commit.done",
    "commit.answered",
    "wake.roused",
    "wake.rouse_done",
    "task_update.done",
];

/// Places that only a database with several writers has.
pub const SERVER_ONLY: [&str; 1] = ["inbox.instant_noted"];

/// The places of retention, in the order in which a run comes by. They stand apart from [`LABELS`], since facts that pour in come by none of them.
pub const RETENTION: [&str; 9] = [
    "retention.given_up",
    "retention.erasing",
    "retention.erased",
    "retention.begun",
    "retention.half",
    "retention.sealed",
    "retention.written",
    "retention.leaving",
    "retention.left",
];

/// What is done where a place is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    /// SIGKILL to this process.
    Kill,
    /// SIGSTOP to this process: whoever gave the order lets it go on.
    Stop,
    /// Waits until the file `FILE.held`, which is made now, is gone.
    Hold,
    /// The connection is lost.
    Retry,
    /// No space is left.
    Full,
}

/// An order as it stands in the file.
#[derive(Debug, PartialEq, Eq)]
struct Order {
    label: String,
    action: Action,
    hit: u32,
}

impl Order {
    fn read(text: &str) -> Option<Order> {
        let mut words = text.split_whitespace();
        let label = words.next()?.to_owned();
        let action = match words.next()? {
            "kill" => Action::Kill,
            "stop" => Action::Stop,
            "hold" => Action::Hold,
            "retry" => Action::Retry,
            "full" => Action::Full,
            _ => return None,
        };
        let hit = words.next().map_or(Some(1), |word| word.parse().ok())?;
        Some(Order { label, action, hit })
    }
}

fn file() -> Option<&'static Path> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOUND.get_or_init(|| std::env::var_os(FILE).map(PathBuf::from)).as_deref()
}

/// A place is reached: does what is ordered. Not to be called otherwise than by [`crash_point!`](crate::crash_point).
///
/// # Errors
/// What was ordered.
pub async fn reach(label: &'static str) -> Result<(), StoreError> {
    let Some(file) = file() else { return Ok(()) };
    let Some(action) = ordered(file, label) else { return Ok(()) };
    match action {
        Action::Kill => signal("KILL"),
        Action::Stop => signal("STOP"),
        Action::Hold => hold(file).await,
        Action::Retry => return Err(StoreError::Retry(format!("ordered at {label}"))),
        Action::Full => return Err(StoreError::Full(format!("ordered at {label}"))),
    }
    Ok(())
}

/// What is to be done now at this place, if anything.
fn ordered(file: &Path, label: &str) -> Option<Action> {
    /// How often the place of the present order was reached, and that order.
    static HITS: Mutex<(String, u32)> = Mutex::new((String::new(), 0));
    let text = std::fs::read_to_string(file).ok()?;
    let order = Order::read(&text).filter(|order| order.label == label)?;
    let mut hits = HITS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if hits.0 != text {
        *hits = (text, 0);
    }
    hits.1 += 1;
    if hits.1 < order.hit {
        return None;
    }
    *hits = (String::new(), 0);
    if order.action == Action::Hold {
        let _ = std::fs::write(held(file), "");
    }
    // Whoever takes the file away carries the order out.
    std::fs::remove_file(file).ok().map(|()| order.action)
}

fn held(file: &Path) -> PathBuf {
    file.with_extension("held")
}

async fn hold(file: &Path) {
    let held = held(file);
    while held.exists() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// A signal to this process; it has come when this returns.
fn signal(name: &str) {
    let own = std::process::id();
    let _ = Command::new("sh").args(["-c", &format!("kill -{name} {own}")]).status();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_read() {
        let order = |action, hit| Some(Order { label: "commit.done".to_owned(), action, hit });
        assert_eq!(Order::read("commit.done kill\n"), order(Action::Kill, 1));
        assert_eq!(Order::read("commit.done hold 7"), order(Action::Hold, 7));
        for bad in ["", "commit.done", "commit.done dance", "commit.done kill soon"] {
            assert_eq!(Order::read(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_order_is_carried_out_once_at_its_place_and_hit() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("order");
        assert_eq!(ordered(&file, "decide.fact"), None);
        std::fs::write(&file, "decide.fact retry 3").unwrap();
        assert_eq!(ordered(&file, "decide.wake"), None);
        let did: Vec<_> = (0..5).map(|_| ordered(&file, "decide.fact")).collect();
        assert_eq!(did, [None, None, Some(Action::Retry), None, None]);
        assert!(!file.exists());
    }
}
