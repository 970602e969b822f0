//! Disks that are full, cannot be written, or hold something else than was written: with a real file system of a few megabytes, mounted for the
//! daemon alone.

use crate::child::Daemon;
use crate::pour::now;
use parcelward_tests::{binary, replay};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant as Stopwatch};

/// Whether mounts of one's own can be made here; containers may forbid it.
fn can_mount() -> bool {
    let tried = Command::new("unshare").args(["-rm", "sh", "-c", "mount -t tmpfs -o size=1m none /mnt"]).output();
    let can = tried.is_ok_and(|out| out.status.success());
    if !can {
        println!("NOT TRIED: mounts of one's own are forbidden here (`unshare -rm` fails)");
    }
    can
}

fn url(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("disk.db").display())
}

/// A note of about 20 kB. Each belongs to an order of its own.
fn note(name: &str) -> Value {
    let data = json!({"platform": "jd", "shop": "s", "order_id": name, "text": "x".repeat(20_000)});
    json!({"specversion": "1.0", "id": name, "source": "kill", "type": "parcelward.note", "time": now().to_string(), "data": data})
}

/// Hands a fact in. Gives the status and the answer.
async fn tell(daemon: &Daemon, name: &str) -> (u16, String) {
    let client = reqwest::Client::new();
    let sent = client.post(format!("{}/v1/facts", daemon.base)).header("content-type", "application/cloudevents+json");
    let answer = sent.body(note(name).to_string()).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// Tells facts until one is not taken, or so many are.
async fn tell_many(daemon: &Daemon, prefix: &str, most: usize) -> (BTreeSet<String>, Option<(u16, String)>) {
    let mut taken = BTreeSet::new();
    for n in 0..most {
        let name = format!("{prefix}{n}");
        let (status, said) = tell(daemon, &name).await;
        if status != 200 {
            return (taken, Some((status, said)));
        }
        taken.insert(name);
    }
    (taken, None)
}

async fn exported(daemon: &Daemon) -> Vec<String> {
    let export = reqwest::get(format!("{}/v1/export", daemon.base)).await.unwrap().text().await.unwrap();
    export.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].as_str().unwrap().to_owned()).collect()
}

async fn holds(daemon: &Daemon, taken: &BTreeSet<String>) {
    let there = exported(daemon).await;
    let once: BTreeSet<String> = there.iter().cloned().collect();
    assert_eq!(there.len(), once.len(), "a fact is there twice");
    let lost: Vec<&String> = taken.difference(&once).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
}

pub async fn full() {
    if !can_mount() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().join("disk");
    std::fs::create_dir(&disk).unwrap();
    let mounts = format!("mount -t tmpfs -o size=12m none {0}; head -c 6000000 /dev/zero > {0}/filler", disk.display());
    let daemon = Daemon::start_among(&mounts, &url(&disk), &folder.path().join("order")).unwrap();
    let (mut taken, refused) = tell_many(&daemon, "a", 2_000).await;
    let (status, said) = refused.expect("the disk gets full");
    println!("{} facts until the disk was full; then: {status} {said}", taken.len());
    assert_eq!(status, 503, "{said}");
    assert!(taken.len() > 10, "{}", taken.len());
    // What is there can be read.
    holds(&daemon, &taken).await;
    assert_ne!(tell(&daemon, "refused").await.0, 200);
    std::fs::remove_file(daemon.sees(&disk.join("filler"))).unwrap();
    // Space again: it goes on by itself.
    let started = Stopwatch::now();
    while tell(&daemon, "again").await.0 != 200 {
        assert!(started.elapsed() < Duration::from_secs(30), "nothing is taken although there is space");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    taken.insert("again".to_owned());
    taken.extend(tell_many(&daemon, "b", 20).await.0);
    assert!(taken.len() > 30);
    holds(&daemon, &taken).await;
    daemon.stop().await;
}

pub async fn read_only() {
    if !can_mount() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (disk, order) = (folder.path().join("disk"), folder.path().join("order"));
    std::fs::create_dir(&disk).unwrap();
    let daemon = Daemon::start(&url(&disk), &order).await;
    let taken = tell_many(&daemon, "a", 20).await.0;
    assert_eq!(taken.len(), 20);
    daemon.stop().await;
    let mounts = format!("mount --bind {0} {0}; mount -o remount,bind,ro {0}", disk.display());
    let said = Daemon::start_among(&mounts, &url(&disk), &order).err().expect("it does not start");
    println!("{said}");
    assert!(said.contains("read-only") && said.contains("disk.db"), "{said}");
    let daemon = Daemon::start(&url(&disk), &order).await;
    holds(&daemon, &taken).await;
    daemon.stop().await;
}

pub async fn damaged() {
    let folder = tempfile::tempdir().unwrap();
    let order = folder.path().join("order");
    let daemon = Daemon::start(&url(folder.path()), &order).await;
    let taken = tell_many(&daemon, "a", 40).await.0;
    assert_eq!(taken.len(), 40);
    daemon.stop().await;
    let file = folder.path().join("disk.db");
    let whole = std::fs::read(&file).unwrap();
    let page = 4_096;
    // Some page or other, and what lies at the end of the file.
    for at in (1..whole.len() / page).rev().step_by(whole.len() / page / 8) {
        let mut bytes = whole.clone();
        bytes[at * page..(at + 1) * page].fill(0x5a);
        std::fs::write(&file, bytes).unwrap();
        let doctor =
            replay::command(binary::path().unwrap()).args(["doctor"]).env("PARCELWARD_DATABASE__URL", url(folder.path())).output().unwrap();
        let told = format!("{}{}", String::from_utf8_lossy(&doctor.stdout), String::from_utf8_lossy(&doctor.stderr));
        println!("page {at}: doctor says: {told}");
        assert!(doctor.status.code() == Some(2) && told.contains("damaged"), "page {at}: the doctor finds nothing: {told}");
        match Daemon::spawn_here(&url(folder.path()), &order) {
            Err(said) => assert!(said.contains("damaged"), "page {at}: {said}"),
            Ok(daemon) => {
                // A page that it did not have to read: it goes on, or says why not.
                let (status, said) = tell(&daemon, &format!("p{at}")).await;
                assert!(status == 200 || status == 503, "page {at}: {status} {said}");
                drop(daemon);
            }
        }
        let _ = std::fs::remove_file(folder.path().join("disk.db-wal"));
        let _ = std::fs::remove_file(folder.path().join("disk.db-shm"));
    }
    std::fs::write(&file, whole).unwrap();
    let daemon = Daemon::start(&url(folder.path()), &order).await;
    holds(&daemon, &taken).await;
    daemon.stop().await;
}
