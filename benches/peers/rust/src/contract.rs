//! The contract of all peers: `setup`, `schedule N DUE_MS STEP_MS`, `work EXPECT CAP_SECONDS`; one line of JSON says how it went.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub const TABLE: &str = "CREATE TABLE IF NOT EXISTS follow_up_task \
    (timer_id BIGINT PRIMARY KEY, case_id BIGINT NOT NULL, due_ms BIGINT NOT NULL, fired_ms BIGINT NOT NULL)";

#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Timer {
    pub id: i64,
    pub due_ms: i64,
}

pub enum Command {
    Setup,
    Schedule(Vec<Timer>),
    Work { expect: u64, cap: Duration },
}

pub fn command() -> Command {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| words.get(at).and_then(|w| w.parse::<i64>().ok()).unwrap_or(0);
    match words.first().map(String::as_str) {
        Some("setup") => Command::Setup,
        Some("schedule") => {
            let (n, due, step) = (number(1), number(2), number(3));
            // Ids go on from those of an earlier call: the last number tells where.
            Command::Schedule((0..n).map(|i| Timer { id: number(4) + i, due_ms: due + i * step }).collect())
        }
        Some("work") => Command::Work { expect: number(1) as u64, cap: Duration::from_secs(number(2) as u64) },
        _ => panic!("setup | schedule N DUE_MS STEP_MS FIRST_ID | work EXPECT CAP_SECONDS"),
    }
}

pub fn url() -> String {
    std::env::var("PEER_DB").expect("PEER_DB is the database's URL")
}

pub fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis() as i64
}

pub fn scheduled(n: usize, took: Duration) {
    println!("{{\"scheduled\":{n},\"seconds\":{:.4}}}", took.as_secs_f64());
}

static DONE: AtomicU64 = AtomicU64::new(0);
static LATE: Mutex<Vec<i64>> = Mutex::new(Vec::new());

/// Counts a committed row.
pub fn committed(due_ms: i64) {
    LATE.lock().expect("unpoisoned").push(now_ms() - due_ms);
    DONE.fetch_add(1, Ordering::SeqCst);
}

/// Ends the process when all rows are committed, or at the cap.
pub async fn watch(expect: u64, cap: Duration) {
    let started = Instant::now();
    while DONE.load(Ordering::SeqCst) < expect && started.elapsed() < cap {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let took = started.elapsed().as_secs_f64();
    let mut late = LATE.lock().expect("unpoisoned").clone();
    late.sort_unstable();
    let at = |share: f64| late.get(((late.len() as f64 * share) as usize).min(late.len().saturating_sub(1))).copied().unwrap_or(0);
    println!(
        "{{\"done\":{},\"seconds\":{took:.4},\"late_min\":{},\"late_p50\":{},\"late_p99\":{},\"late_max\":{}}}",
        late.len(),
        at(0.0),
        at(0.5),
        at(0.99),
        at(1.0)
    );
    std::process::exit(0);
}
