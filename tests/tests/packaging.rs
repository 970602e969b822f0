//! The unit as systemd itself reads it. `scripts/test` installs what this needs (`systemd-analyze`).
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn unit() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/systemd/parcelward.service")
}

/// The unit with a program that is there in place of the installed one, in a folder of its own.
fn checkable(dir: &Path) -> PathBuf {
    let text = std::fs::read_to_string(unit()).unwrap();
    assert!(text.contains("ExecStart=/usr/bin/parcelward serve"), "{text}");
    let path = dir.join("parcelward.service");
    std::fs::write(&path, text.replace("/usr/bin/parcelward", "/bin/true")).unwrap();
    path
}

fn analyze(arguments: &[&str], path: &Path) -> (Output, String) {
    let out = Command::new("systemd-analyze").args(arguments).arg(path).output().expect("systemd-analyze (package systemd)");
    let said = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    (out, said)
}

#[test]
fn systemd_finds_nothing_to_say_about_the_unit() {
    let dir = tempfile::tempdir().unwrap();
    let (out, said) = analyze(&["verify", "--man=no"], &checkable(dir.path()));
    assert!(out.status.success() && said.trim().is_empty(), "{said}");
}

#[test]
fn the_unit_is_exposed_by_two_at_most() {
    let dir = tempfile::tempdir().unwrap();
    // The threshold is in tenths.
    let (out, said) = analyze(&["security", "--offline=true", "--threshold=20", "--no-pager"], &checkable(dir.path()));
    assert!(out.status.success(), "{said}");
    assert!(said.contains("Overall exposure level"), "{said}");
}

#[test]
fn the_daemon_may_write_its_state_and_nothing_else() {
    let text = std::fs::read_to_string(unit()).unwrap();
    for line in
        ["StateDirectory=parcelward", "DynamicUser=yes", "ProtectSystem=strict", "WatchdogSec=60s", "ExecReload=/bin/kill -HUP $MAINPID"]
    {
        assert!(text.lines().any(|l| l == line), "{line} is missing");
    }
    assert!(!text.contains("ReadWritePaths"), "the state folder is enough");
}
