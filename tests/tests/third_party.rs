//! A carrier outside the workspace builds a daemon of its own, and that daemon has it.
#![expect(clippy::expect_used, reason = "a test's helpers fail as the test does")]

use parcelward_tests::workspace::root;
use std::path::Path;
use std::process::{Command, Output};

fn run(command: &mut Command) -> Output {
    let out = command.output().expect("it runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(out.status.success(), "{command:?}\n{}{}", text(&out.stdout), text(&out.stderr));
    out
}

/// The profile of the workspace: what is built already for it is not built again.
fn profile() -> Vec<String> {
    let list = |folder: &str| std::fs::read_dir(root().join(folder)).expect("a folder").map(|entry| entry.expect("an entry").path());
    let ours = list("crates").chain(list("plugins")).filter_map(|path| {
        let manifest = std::fs::read_to_string(path.join("Cargo.toml")).ok()?;
        manifest.lines().find_map(|line| Some(line.strip_prefix("name = \"")?.strip_suffix('"')?.to_owned()))
    });
    let mut settings = vec![
        "profile.dev.debug=\"line-tables-only\"".to_owned(),
        "profile.dev.split-debuginfo=\"unpacked\"".to_owned(),
        "profile.dev.package.\"*\".debug=false".to_owned(),
    ];
    settings.extend(ours.map(|name| format!("profile.dev.package.{name}.debug=\"line-tables-only\"")));
    settings.into_iter().flat_map(|setting| ["--config".to_owned(), setting]).collect()
}

#[test]
fn a_carrier_outside_the_workspace_builds_a_daemon_that_has_it() {
    let example = root().join("examples/third-party-courier");
    let main = std::fs::read_to_string(example.join("src/main.rs")).expect("its main file");
    assert!(main.lines().count() < 30, "a daemon of one's own takes less than 30 lines");
    // The versions that are there, so that nothing is fetched.
    std::fs::copy(root().join("Cargo.lock"), example.join("Cargo.lock")).expect("the lock file");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir));
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--offline", "--quiet", "--manifest-path"]).arg(example.join("Cargo.toml")).arg("--target-dir").arg(&target);
    run(build.args(profile()).current_dir(&example));
    let ward = target.join("debug/acme-ward");
    let list = |config: Option<&Path>| {
        let mut list = Command::new(&ward);
        list.args(["courier", "list"]).env("ACME_TOKEN", "t").env("NO_COLOR", "1");
        if let Some(config) = config {
            list.arg("--config").arg(config);
        }
        String::from_utf8(run(&mut list).stdout).expect("text")
    };
    let off = list(None);
    assert!(off.lines().any(|line| line.starts_with("acme") && line.contains("off")), "{off}");
    assert!(off.lines().any(|line| line.starts_with("zto")), "the shipped carriers are there as well: {off}");
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(dir.path().join("couriers")).expect("a folder");
    let account =
        "[account.a]\nadapter = \"acme\"\n[account.a.settings]\nbase_url = \"https://x.example\"\ntoken = { env = \"ACME_TOKEN\" }\n";
    std::fs::write(dir.path().join("couriers/acme.toml"), account).expect("a file");
    let on = list(Some(dir.path()));
    let tracking = on.lines().find(|line| line.starts_with("tracking")).expect("the row");
    assert!(tracking.trim_end().ends_with("direct"), "{on}");
}
