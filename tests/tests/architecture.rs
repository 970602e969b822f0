//! Who may depend on whom, and what a source file looks like.
//!
//! The tables here are the design. Where a test fails, the code is wrong, or the table is changed on purpose and in the open.
#![expect(clippy::expect_used, reason = "a test's helpers fail as the test does")]

use parcelward_tests::workspace::{files, root};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

const LIBRARIES: &[&str] = &[
    "parcelward-casework",
    "parcelward-courier",
    "parcelward-courier-",
    "parcelward-import",
    "parcelward-simulator",
    "parcelward-store",
    "parcelward-scheduler",
];
const EVERYTHING: &[&str] = &[
    "parcelward-casework",
    "parcelward-courier",
    "parcelward-courier-",
    "parcelward-import",
    "parcelward-simulator",
    "parcelward-store",
    "parcelward-scheduler",
    "parcelward",
];

/// The packages that a package may depend on, of this workspace. A carrier is named `parcelward-courier-<code>`.
const MAY_KNOW: [(&str, &[&str]); 9] = [
    ("parcelward-casework", &[]),
    ("parcelward-courier", &["parcelward-casework"]),
    ("parcelward-courier-", &["parcelward-casework", "parcelward-courier"]),
    ("parcelward-import", &["parcelward-casework"]),
    // It checks the carriers, so it knows none of them.
    ("parcelward-simulator", &["parcelward-casework", "parcelward-courier"]),
    ("parcelward-store", &["parcelward-casework"]),
    ("parcelward-scheduler", &["parcelward-casework", "parcelward-courier", "parcelward-store"]),
    ("parcelward", LIBRARIES),
    ("parcelward-tests", EVERYTHING),
];

/// All that the rules stand on. Whatever reads a clock, a file, the network or chance has no place there.
const CASEWORK_STANDS_ON: [&str; 8] = ["jiff", "rust_decimal", "serde", "serde_json", "serde_path_to_error", "sha2", "strsim", "thiserror"];

/// Outside crates that only these packages may use.
const ONLY_IN: [(&str, &[&str]); 10] = [
    ("sqlx", &["parcelward-store"]),
    ("axum", &["parcelward", "parcelward-simulator"]),
    ("hyper", &["parcelward-simulator"]),
    ("utoipa", &["parcelward"]),
    ("clap", &["parcelward", "parcelward-import"]),
    ("figment", &["parcelward"]),
    ("anyhow", &["parcelward"]),
    ("reqwest", &["parcelward-courier", "parcelward", "parcelward-tests"]),
    ("tokio-cron-scheduler", &["parcelward-scheduler"]),
    ("chrono", &["parcelward-scheduler"]),
];

/// What the sources of the rules may not name: they are given the time and do nothing.
const IMPURE: [&str; 17] = [
    "tokio",
    "sqlx",
    "reqwest",
    "rand::",
    "std::fs",
    "std::env",
    "std::io",
    "std::net",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "async fn",
    ".await",
    "println!",
];

/// Where one of them may be named all the same, each with the reason.
const MAY_NAME: [(&str, &str); 1] = [
    // The error type of a shelf that keeps case files elsewhere; the module reads and writes nothing.
    ("crates/casework/src/replay.rs", "std::io"),
];

/// The longest a source file may be, in lines.
const LONGEST: usize = 600;
/// Files that may be longer, each with the reason.
const LONGER: [(&str, &str); 1] = [("crates/casework/src/fact.rs", "every fact of the contract, one after the other")];

/// Words that say nothing about a thing.
const EMPTY_WORDS: [&str; 6] = ["Manager", "Helper", "Util", "Utils", "Data", "Info"];

fn metadata() -> Vec<Package> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let out = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo metadata runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let metadata: Value = serde_json::from_slice(&out.stdout).expect("cargo metadata is JSON");
    let packages: Vec<Package> = metadata["packages"].as_array().expect("packages").iter().map(Package::read).collect();
    assert!(packages.len() > 5, "the packages are found");
    packages
}

struct Package {
    name: String,
    manifest: PathBuf,
    /// Name, and whether it is for tests only.
    dependencies: Vec<(String, bool)>,
    /// The root source files of its libraries and binaries.
    roots: Vec<PathBuf>,
}

impl Package {
    fn read(package: &Value) -> Package {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let is_crate = |target: &&Value| target["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|k| k == "lib" || k == "bin"));
        let list = |name: &str| package[name].as_array().expect("a list").iter();
        Package {
            name: text(&package["name"]),
            manifest: text(&package["manifest_path"]).into(),
            dependencies: list("dependencies").map(|d| (text(&d["name"]), d["kind"] == "dev")).collect(),
            roots: list("targets").filter(is_crate).map(|target| text(&target["src_path"]).into()).collect(),
        }
    }

    /// The name by which the tables know it.
    fn role(&self) -> &str {
        role(&self.name)
    }
}

fn role(package: &str) -> &str {
    if package.starts_with("parcelward-courier-") { "parcelward-courier-" } else { package }
}

fn is_ours(package: &str) -> bool {
    package == "parcelward" || package.starts_with("parcelward-")
}

/// The committed Rust sources with their text.
fn sources() -> Vec<(String, String)> {
    texts(|path| path.extension().is_some_and(|end| end == "rs"))
}

/// The committed files that are text, with their path from the root.
fn texts(wanted: impl Fn(&Path) -> bool) -> Vec<(String, String)> {
    let read = |path: PathBuf| Some((path.to_string_lossy().replace('\\', "/"), std::fs::read_to_string(root().join(&path)).ok()?));
    let texts: Vec<_> = files().expect("the files can be listed").into_iter().filter(|p| wanted(p)).filter_map(read).collect();
    assert!(texts.len() > 5, "the files are found");
    texts
}

/// The lines of a source that are not comments, with their numbers.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(n, line)| (n + 1, line)).filter(|(_, line)| !line.trim_start().starts_with("//"))
}

fn none(breaches: Vec<String>) {
    assert!(breaches.is_empty(), "\n  {}\n", breaches.join("\n  "));
}

#[test]
fn dependencies_run_one_way() {
    let mut breaches = Vec::new();
    for package in metadata() {
        let Some((_, known)) = MAY_KNOW.iter().find(|(name, _)| *name == package.role()) else {
            breaches.push(format!("{} stands in no row of the table", package.name));
            continue;
        };
        for (dependency, _) in package.dependencies.iter().filter(|(name, _)| is_ours(name)) {
            if !known.contains(&role(dependency)) {
                breaches.push(format!("{} may not know {dependency}", package.name));
            }
        }
    }
    none(breaches);
}

#[test]
fn outside_crates_are_used_where_they_belong() {
    let mut breaches = Vec::new();
    for package in metadata() {
        for (dependency, _) in package.dependencies.iter().filter(|(_, for_tests)| !for_tests) {
            if package.name == "parcelward-casework" && !CASEWORK_STANDS_ON.contains(&dependency.as_str()) {
                breaches.push(format!("{} may not use {dependency}", package.name));
            }
            if ONLY_IN.iter().any(|(outside, users)| outside == dependency && !users.contains(&package.role())) {
                breaches.push(format!("{} may not use {dependency}", package.name));
            }
        }
    }
    none(breaches);
}

#[test]
fn the_rules_name_no_clock_and_do_nothing() {
    let mut breaches = Vec::new();
    for (path, text) in sources().iter().filter(|(path, _)| path.starts_with("crates/casework/src/")) {
        for (n, line) in code(text) {
            let named = IMPURE.iter().filter(|word| names(line, word) && !MAY_NAME.contains(&(path.as_str(), **word)));
            breaches.extend(named.map(|word| format!("{path}:{n}: {word}")));
        }
    }
    none(breaches);
}

/// Whether a line names this and not merely something that begins with it (`.await`, not `.awaiting`).
fn names(line: &str, word: &str) -> bool {
    let goes_on = |c: char| c.is_alphanumeric() || c == '_';
    let ends_open = word.ends_with(goes_on);
    line.match_indices(word).any(|(at, _)| !ends_open || !line[at + word.len()..].starts_with(goes_on))
}

#[test]
fn versions_stand_in_the_workspace_only() {
    let mut breaches = Vec::new();
    for package in metadata() {
        let text = std::fs::read_to_string(&package.manifest).expect("the manifest is read");
        let manifest: toml::Table = text.parse().expect("the manifest is TOML");
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let Some(list) = manifest.get(section).and_then(toml::Value::as_table) else { continue };
            for (name, dependency) in list {
                let inherited = dependency.get("workspace").and_then(toml::Value::as_bool) == Some(true);
                if !inherited || ["version", "path", "git"].iter().any(|key| dependency.get(key).is_some()) {
                    breaches.push(format!("{}: {section}.{name} is not taken from the workspace", package.name));
                }
            }
        }
        if manifest.get("lints").and_then(|l| l.get("workspace")).and_then(toml::Value::as_bool) != Some(true) {
            breaches.push(format!("{}: `[lints] workspace = true` is missing", package.name));
        }
    }
    none(breaches);
}

/// Places at which tests break the daemon off are asked for by tests only: no build for use has them.
#[test]
fn what_breaks_the_daemon_off_is_for_tests_only() {
    let (mut breaches, mut by_tests) = (Vec::new(), 0);
    for package in metadata() {
        let text = std::fs::read_to_string(&package.manifest).expect("the manifest is read");
        let manifest: toml::Table = text.parse().expect("the manifest is TOML");
        let asks = |section: &str| {
            let list = manifest.get(section).and_then(toml::Value::as_table);
            list.is_some_and(|list| list.values().any(|dependency| dependency.to_string().contains("\"faults\"")))
        };
        by_tests += u32::from(asks("dev-dependencies"));
        if asks("dependencies") || asks("build-dependencies") {
            breaches.push(format!("{} asks for `faults` in a build for use", package.name));
        }
        for (feature, list) in manifest.get("features").and_then(toml::Value::as_table).into_iter().flatten() {
            if list.to_string().contains("faults") {
                breaches.push(format!("{}: the feature {feature} brings `faults`", package.name));
            }
        }
    }
    assert!(by_tests > 0, "the tests that ask for it are found");
    none(breaches);
}

#[test]
fn every_crate_forbids_unsafe_code() {
    let mut breaches = Vec::new();
    for package in metadata() {
        for file in package.roots {
            let text = std::fs::read_to_string(&file).expect("the crate's root is read");
            if !text.lines().any(|line| line.trim() == "#![forbid(unsafe_code)]") {
                breaches.push(file.display().to_string());
            }
        }
    }
    none(breaches);
}

#[test]
fn every_module_says_what_it_is() {
    none(sources().into_iter().filter(|(_, text)| !text.starts_with("//! ")).map(|(path, _)| path).collect());
}

#[test]
fn no_file_is_too_long() {
    let mut breaches = Vec::new();
    for (path, text) in sources() {
        let (lines, listed) = (text.lines().count(), LONGER.iter().any(|(longer, _)| *longer == path));
        if lines > LONGEST && !listed {
            breaches.push(format!("{path}: {lines} lines; split it, or list it with the reason"));
        } else if lines <= LONGEST && listed {
            breaches.push(format!("{path}: {lines} lines; it needs no exception any more"));
        }
    }
    none(breaches);
}

#[test]
fn public_names_say_something() {
    let mut breaches = Vec::new();
    for (path, text) in sources() {
        for (n, line) in code(&text) {
            let Some(name) = public_name(line) else { continue };
            let words = camel_words(&name);
            let empty = words.iter().any(|word| EMPTY_WORDS.contains(&word.as_str()));
            if empty || (words.len() > 1 && words.last().is_some_and(|word| word == "Service")) {
                breaches.push(format!("{path}:{n}: {name}"));
            }
        }
    }
    none(breaches);
}

#[test]
fn words_of_public_names_are_read_right() {
    let table = [
        ("pub struct CaseFile {", "CaseFile"),
        ("    pub(crate) enum Kind {", "Kind"),
        ("pub trait CourierAdapter: Send {", "CourierAdapter"),
        ("pub type Lines<'a> = x;", "Lines"),
        ("pub mod task_info;", "TaskInfo"),
        ("pub async fn load_data(x: u8) {", "LoadData"),
        ("pub const fn word(self)", "Word"),
        ("pub const LIMIT: usize", "Limit"),
    ];
    for (line, name) in table {
        assert_eq!(public_name(line).as_deref(), Some(name), "{line}");
    }
    assert_eq!(public_name("pub use crate::x;"), None);
    assert_eq!(public_name("    pub shop: String,"), None);
    assert_eq!(camel_words("AfterSaleInfo"), ["After", "Sale", "Info"]);
    assert_eq!(camel_words("Database"), ["Database"]);
}

/// The name that a line makes public, in camel case.
fn public_name(line: &str) -> Option<String> {
    let rest = line.trim_start().strip_prefix("pub")?;
    let rest = match rest.strip_prefix('(') {
        Some(rest) => rest.split_once(')')?.1,
        None => rest,
    };
    let words: Vec<&str> = rest.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect();
    let keyword = words.iter().position(|word| !matches!(*word, "async" | "const" | "unsafe"))?;
    let name: &str = match words[keyword] {
        "struct" | "enum" | "trait" | "type" | "mod" | "fn" | "static" => words.get(keyword + 1)?,
        constant if keyword > 0 && words[keyword - 1] == "const" => constant,
        _ => return None,
    };
    let shout = name.chars().all(|c| !c.is_lowercase());
    Some(
        name.split('_')
            .map(|part| {
                let rest = part.get(1..).unwrap_or_default();
                part[..part.len().min(1)].to_uppercase() + &if shout { rest.to_lowercase() } else { rest.to_owned() }
            })
            .collect(),
    )
}

fn camel_words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for c in name.chars() {
        match words.last_mut() {
            Some(word) if !c.is_uppercase() => word.push(c),
            _ => words.push(c.to_string()),
        }
    }
    words
}

/// What a committed file must not name: this machine, its folders, or anything else that is on no other one.
#[test]
fn no_file_names_this_machine() {
    let mut local: BTreeSet<String> = [["/wo", "rk/"].concat(), ["/ho", "me/"].concat(), ["/ro", "ot/"].concat()].into();
    // A folder at the top (`/repo`) is too common a word.
    local.extend((root().components().count() > 2).then(|| root().display().to_string()));
    for variable in ["HOME", "CARGO_HOME", "RUSTUP_HOME"] {
        local.extend(std::env::var(variable).ok().filter(|folder| folder.len() > 5).map(|folder| format!("{folder}/")));
    }
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_owned();
    local.extend((name.len() > 5 && name != "localhost").then_some(name));
    let mut breaches = Vec::new();
    for (path, text) in texts(|path| !path.starts_with(".git")) {
        for (n, line) in text.lines().enumerate() {
            breaches.extend(local.iter().filter(|word| line.contains(*word)).map(|word| format!("{path}:{}: {word}", n + 1)));
        }
    }
    none(breaches);
}

/// A document that names a test or another file is believed: both must be there.
#[test]
fn documents_point_at_what_is_there() {
    let mut breaches = Vec::new();
    for (path, text) in texts(|path| path.extension().is_some_and(|end| end == "md")) {
        let folder = root().join(&path).parent().map(Path::to_owned).expect("a folder");
        for (words, target) in links(&text) {
            let file = target.split('#').next().unwrap_or_default();
            if file.is_empty() || file.contains("://") {
                continue;
            }
            let Ok(there) =
                std::fs::read_to_string(folder.join(file)).or_else(|e| if folder.join(file).is_dir() { Ok(String::new()) } else { Err(e) })
            else {
                breaches.push(format!("{path}: {target} is not there"));
                continue;
            };
            let function = words.strip_prefix('`').and_then(|words| words.strip_suffix('`')).filter(|_| file.ends_with(".rs"));
            if let Some(function) = function.filter(|function| !there.contains(&format!("fn {function}("))) {
                breaches.push(format!("{path}: {file} has no function {function}"));
            }
        }
    }
    none(breaches);
}

/// The links of a Markdown text: their words and where they lead.
fn links(text: &str) -> Vec<(&str, &str)> {
    let ends = text.match_indices("](").map(|(at, _)| at);
    ends.filter_map(|at| {
        let words = &text[text[..at].rfind('[')? + 1..at];
        let target = &text[at + 2..];
        Some((words, &target[..target.find(')')?]))
    })
    .collect()
}
