//! The unit as systemd itself reads it, what the Debian package is made of, and the first start after its installation.
//! `scripts/test` installs what this needs (`systemd-analyze`).
//!
//! Deliberately absent: the package itself. `scripts/package` builds it, from what is looked at here.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

use parcelward_tests::{binary, workspace};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

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
fn systemd_takes_the_drop_in_for_newer_versions() {
    let dir = tempfile::tempdir().unwrap();
    let path = checkable(dir.path());
    let drop_in = dir.path().join("parcelward.service.d");
    std::fs::create_dir(&drop_in).unwrap();
    std::fs::copy(unit().with_extension("service.d").join("notify-reload.conf"), drop_in.join("notify-reload.conf")).unwrap();
    let (out, said) = analyze(&["verify", "--man=no"], &path);
    // systemd before 253 does not know the type, which is why it is a drop-in; it must find nothing else.
    let other = said.lines().filter(|line| !line.ends_with("Failed to parse service type, ignoring: notify-reload")).count();
    assert!(out.status.success() && other == 0, "{said}");
}

#[test]
fn secrets_come_as_credentials_and_none_has_to_be_there() {
    let text = std::fs::read_to_string(unit()).unwrap();
    let credentials: Vec<(&str, &str)> =
        text.lines().filter_map(|line| line.strip_prefix("LoadCredential=")).map(|c| c.split_once(':').unwrap()).collect();
    assert_eq!(credentials.iter().map(|(id, _)| *id).collect::<Vec<_>>(), ["database.url", "server.tokens"]);
    // A file with an absolute path that is missing keeps a service from starting; a name in the credential store does not.
    assert!(credentials.iter().all(|(_, from)| !from.contains('/')), "{credentials:?}");
}

/// `[package.metadata.deb]`.
fn package() -> toml::Table {
    let text = std::fs::read_to_string(workspace::root().join("crates/daemon/Cargo.toml")).unwrap();
    let manifest: toml::Table = text.parse().unwrap();
    manifest["package"]["metadata"]["deb"].as_table().unwrap().clone()
}

#[test]
fn everything_that_is_packed_is_there_or_written_by_the_script() {
    let package = package();
    let script = std::fs::read_to_string(workspace::root().join("scripts/package")).unwrap();
    let mut installed = Vec::new();
    for asset in package["assets"].as_array().unwrap() {
        let part = |at: usize| asset[at].as_str().unwrap();
        let from = part(0).trim_start_matches("../../");
        installed.push(format!("/{}", part(1)));
        if let Some(made) = from.strip_prefix("target/package/") {
            let (_, name) = made.rsplit_once('/').unwrap_or(("", made));
            assert!(script.contains(name) || name == "*.1" && script.contains("man \"$out/man\""), "nobody writes {from}");
        } else if from != "target/release/parcelward" {
            let there = match from.strip_suffix("*.md") {
                Some(folder) => std::fs::read_dir(workspace::root().join(folder)).unwrap().count() > 0,
                None => workspace::root().join(from).is_file(),
            };
            assert!(there, "{from} is not there");
        }
    }
    for kept in package["conf-files"].as_array().unwrap() {
        let kept = kept.as_str().unwrap();
        assert!(installed.iter().any(|path| kept.starts_with(path)), "{kept} is not installed");
    }
    let units = workspace::root().join("crates/daemon").join(package["systemd-units"]["unit-scripts"].as_str().unwrap());
    assert!(units.join("parcelward.service").is_file());
    let changelog = workspace::root().join("crates/daemon").join(package["changelog"].as_str().unwrap());
    let (newest, version) = (std::fs::read_to_string(changelog).unwrap(), env!("CARGO_PKG_VERSION"));
    assert!(newest.starts_with(&format!("parcelward ({version}-1) ")), "the package's changelog is of another version: {newest}");
    // Without scripts to put it into, cargo-deb leaves out silently what enables and starts the service.
    let scripts = workspace::root().join("crates/daemon").join(package["maintainer-scripts"].as_str().unwrap());
    for name in ["postinst", "prerm", "postrm"] {
        let script = std::fs::read_to_string(scripts.join(name)).unwrap();
        assert!(script.starts_with("#!/bin/sh\n") && script.contains("\nset -e\n#DEBHELPER#\n"), "{name}: {script}");
    }
}

#[test]
fn every_command_has_a_page_and_every_shell_its_completions() {
    let dir = tempfile::tempdir().unwrap();
    let binary = binary::path().unwrap();
    assert!(Command::new(binary).arg("man").arg(dir.path()).status().unwrap().success());
    let pages: Vec<String> =
        std::fs::read_dir(dir.path()).unwrap().map(|file| file.unwrap().file_name().to_string_lossy().into_owned()).collect();
    for page in ["parcelward.1", "parcelward-serve.1", "parcelward-check.1", "parcelward-config-init.1"] {
        assert!(pages.iter().any(|name| name == page), "{page} is missing: {pages:?}");
    }
    for shell in ["bash", "zsh", "fish"] {
        let out = Command::new(binary).args(["completions", shell]).output().unwrap();
        let text = String::from_utf8(out.stdout).unwrap();
        assert!(out.status.success() && text.contains("parcelward") && text.contains("simulate-couriers"), "{shell}: {text}");
    }
}

#[test]
fn the_first_start_after_an_installation_needs_no_edit() {
    let (etc, state) = (workspace::root().join("packaging/etc"), tempfile::tempdir().unwrap());
    // As the unit starts it, apart from a port that is free.
    let mut daemon = Command::new(binary::path().unwrap())
        .args(["serve", "--config"])
        .arg(&etc)
        .current_dir("/")
        .env_clear()
        .env("STATE_DIRECTORY", state.path())
        .env("PARCELWARD_SERVER__LISTEN", "127.0.0.1:0")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = Vec::new();
    let mut lines = BufReader::new(daemon.stderr.take().unwrap()).lines();
    for line in &mut lines {
        said.push(line.unwrap());
        if said.last().unwrap().contains("listening on http://127.0.0.1:") {
            break;
        }
    }
    assert!(said.last().is_some_and(|line| line.starts_with("<6>")), "it listens, and says so to the journal: {said:#?}");
    assert!(state.path().join("parcelward.db").is_file(), "its database lies in the state folder");
    assert!(Command::new("kill").arg("-TERM").arg(daemon.id().to_string()).status().unwrap().success());
    assert_eq!(daemon.wait().unwrap().code(), Some(0));
    // Without the settings of a test it listens on this machine alone.
    let mut show = Command::new(binary::path().unwrap());
    let shown = show.args(["config", "show", "--config"]).arg(&etc).arg("server.listen").env_clear().output().unwrap();
    assert!(String::from_utf8_lossy(&shown.stdout).contains("127.0.0.1:7878"), "{shown:?}");
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
