//! `scripts/new-courier` makes a crate that compiles, and changes nothing where it cannot.
#![expect(clippy::unwrap_used, reason = "a test's helpers fail as the test does")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(from, to).unwrap();
    }
}

/// A workspace with the port, the template and the script, and nothing else.
fn workspace(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    for part in
        ["Cargo.lock", "clippy.toml", "rustfmt.toml", "crates/casework", "crates/courier", "plugins/template", "scripts/new-courier"]
    {
        copy(&root().join(part), &folder.join(part));
    }
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let kept = manifest.lines().filter(|line| !line.starts_with("default-members"));
    let manifest: String = kept.map(|line| line.replace(r#", "tests"]"#, "]") + "\n").collect();
    std::fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    folder
}

fn new_courier(folder: &Path, arguments: &[&str]) -> Output {
    Command::new("bash").arg(folder.join("scripts/new-courier")).args(arguments).output().unwrap()
}

fn texts(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts(&path, found);
        } else {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
}

#[test]
fn the_copy_compiles_and_names_the_template_nowhere() {
    let folder = workspace("new-courier");
    let made = new_courier(&folder, &["acme"]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut found = Vec::new();
    texts(&folder.join("plugins/acme"), &mut found);
    assert!(found.len() > 20, "{} files", found.len());
    for (path, text) in &found {
        let left = text.lines().find(|line| line.to_lowercase().contains("template"));
        assert_eq!(left, None, "{}", path.display());
    }
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    assert!(manifest.contains("parcelward-courier-acme = { path = \"plugins/acme\" }\n"), "{manifest}");
    let check = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["check", "--offline", "--tests", "-p", "parcelward-courier-acme"])
        // What the workspace built already serves here too.
        .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join(".."))
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
}

#[test]
fn what_cannot_be_made_is_said_and_nothing_is_changed() {
    let folder = workspace("no-courier");
    let before = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    for (arguments, says) in [
        (&[][..], "usage"),
        (&["Acme"][..], "lower-case"),
        (&["1acme"][..], "lower-case"),
        (&["../acme"][..], "lower-case"),
        (&["acme", "more"][..], "usage"),
        (&["template"][..], "exists already"),
    ] {
        let made = new_courier(&folder, arguments);
        let said = String::from_utf8_lossy(&made.stderr).into_owned();
        assert!(!made.status.success() && said.contains(says), "{arguments:?}: {said}");
    }
    assert_eq!(std::fs::read_to_string(folder.join("Cargo.toml")).unwrap(), before);
    assert_eq!(std::fs::read_dir(folder.join("plugins")).unwrap().count(), 1);
}
