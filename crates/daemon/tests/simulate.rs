//! `simulate-couriers` as people run it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parcelward"));
    command.env_clear().arg("simulate-couriers").args(arguments);
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_where_it_is_writes_the_settings_and_ends_when_told() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("config");
    let arguments = [
        "--listen",
        "127.0.0.1:0",
        "--speed",
        "100",
        "--fault",
        "zto=drop:0.5",
        "--print-config",
        folder.to_str().unwrap(),
        "--push-to",
        "http://127.0.0.1:9/push/{courier}/a-secret-of-mine-0123",
    ];
    let mut process = Process(command(&arguments).stdout(Stdio::piped()).spawn().unwrap());
    let mut out = BufReader::new(process.0.stdout.take().unwrap());
    let mut said = String::new();
    while !said.contains("Ctrl-C stops it") {
        assert!(out.read_line(&mut said).unwrap() > 0, "it ended: {said}");
    }
    assert!(said.contains("delivered in two days takes 29 min") && said.contains("drop 50 %"), "{said}");
    let page = said.split("curl ").nth(1).unwrap().split('/').nth(2).unwrap().to_owned();
    let listed = reqwest::get(format!("http://{page}/")).await.unwrap().text().await.unwrap();
    for courier in ["sf", "zto", "yto", "sto", "yunda", "jt", "jd", "ems", "deppon", "kuaidi100"] {
        let settings = std::fs::read_to_string(folder.join(format!("couriers/{courier}.toml"))).unwrap();
        let line = listed.lines().find(|line| line.split_whitespace().next() == Some(courier)).unwrap();
        let address = line.split_whitespace().nth(1).unwrap();
        assert!(settings.contains(address) && !settings.contains("env ="), "{settings}");
    }
    for file in std::fs::read_dir(folder.join(".secrets")).unwrap() {
        let file = file.unwrap().path();
        let mode = std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
        assert!(mode == 0o600 && !std::fs::read_to_string(&file).unwrap().is_empty(), "{}", file.display());
    }
    // A daemon takes the folder as it is: every account is on, and nothing is doubtful.
    let loaded = parcelward::config::load_with(Some(&folder), std::iter::empty()).unwrap();
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
    assert!(loaded.couriers.accounts.len() == 10 && loaded.couriers.accounts.iter().all(|account| account.is_on()));
    let doors: Vec<&str> = loaded.couriers.doors.iter().map(|door| door.code).collect();
    assert_eq!(doors, ["ems", "jt", "kuaidi100", "sf", "sto", "yto", "zto"]);
    assert!(loaded.couriers.doors.iter().all(|door| door.opens_with("a-secret-of-mine-0123")));
    assert!(Command::new("kill").arg("-TERM").arg(process.0.id().to_string()).status().unwrap().success());
    out.read_to_string(&mut said).unwrap();
    assert_eq!(process.0.wait().unwrap().code(), Some(0), "{said}");
}

#[test]
fn what_cannot_be_is_said_and_nothing_starts() {
    for (arguments, words) in [
        (["--fault", "zto=burn"], "`burn` is none of drop"),
        (["--fault", "zto"], "COURIER=FAULT"),
        (["--push-to", "https://example.invalid"], "no address to push to"),
        (["--listen", "0.0.0.0:0"], "not on loopback"),
        (["--speed", "0"], "a speed of 0"),
    ] {
        let out = command(&arguments).output().unwrap();
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(out.status.code() == Some(2) && said.contains(words), "{arguments:?}: {said}");
    }
}
