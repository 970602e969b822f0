//! The daemon's binary, found or built.
//!
//! Cargo names a binary to the tests of its own package only. `cargo test --workspace` builds it before any test starts, which
//! the binary's dependency file proves; in any other case it is built here.

use crate::workspace;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::SystemTime;

/// The package and the name of the binary.
const NAME: &str = "parcelward";
/// The environment variable that names a binary to be tested in place of the workspace's own.
pub const OVERRIDE: &str = "PARCELWARD_BIN";

/// Why there is no binary to test.
#[derive(Debug, Clone, thiserror::Error)]
pub enum NoBinary {
    /// The variable names no file.
    #[error("{OVERRIDE} names `{0}`, which is no file")]
    NotAFile(PathBuf),
    /// Cargo could not be started.
    #[error("cargo could not be run: {0}")]
    NoCargo(String),
    /// Cargo ran and failed; it printed why.
    #[error("`cargo build -p {NAME} --bin {NAME}` failed")]
    NotBuilt,
    /// Cargo succeeded and named no executable.
    #[error("cargo named no executable called {NAME}")]
    NotNamed,
}

/// The path of the binary under test, built from the present sources with the profile of the test itself.
///
/// # Errors
/// When it cannot be built.
pub fn path() -> Result<&'static Path, &'static NoBinary> {
    static FOUND: OnceLock<Result<PathBuf, NoBinary>> = OnceLock::new();
    FOUND.get_or_init(find).as_ref().map(PathBuf::as_path)
}

fn find() -> Result<PathBuf, NoBinary> {
    if let Some(named) = std::env::var_os(OVERRIDE).filter(|v| !v.is_empty()).map(PathBuf::from) {
        return if named.is_file() { Ok(named) } else { Err(NoBinary::NotAFile(named)) };
    }
    // target/<profile>/deps/<test>
    let test = std::env::current_exe().ok();
    let folder = test.as_deref().and_then(|exe| exe.parent()?.parent()).map(Path::to_owned);
    if let Some(folder) = &folder {
        let binary = folder.join(format!("{NAME}{}", std::env::consts::EXE_SUFFIX));
        if is_current(&binary, &folder.join(format!("{NAME}.d"))).unwrap_or(false) {
            return Ok(binary);
        }
    }
    let profile = folder.as_deref().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or("debug");
    build(if profile == "debug" { "dev" } else { profile })
}

/// Whether a binary is no older than every source that its dependency file names, the manifests and the lock file.
fn is_current(binary: &Path, dependencies: &Path) -> io::Result<bool> {
    let changed = |path: &Path| -> io::Result<SystemTime> { std::fs::metadata(path)?.modified() };
    let built = changed(binary)?;
    let text = std::fs::read_to_string(dependencies)?;
    let mut sources: Vec<PathBuf> = listed_sources(&text).into_iter().map(PathBuf::from).collect();
    if sources.is_empty() {
        return Ok(false);
    }
    sources.extend(
        workspace::files()?
            .into_iter()
            .filter(|f| f.ends_with("Cargo.toml") || f.ends_with("Cargo.lock"))
            .map(|f| workspace::root().join(f)),
    );
    for source in sources {
        if changed(&source)? > built {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The sources in a dependency file's one line, `binary: source source`; a space in a name is written `\ `.
fn listed_sources(text: &str) -> Vec<String> {
    let line = text.lines().next().unwrap_or_default();
    let Some((_, list)) = line.split_once(": ") else { return Vec::new() };
    let spaces = list.replace("\\ ", "\0");
    spaces.split(' ').filter(|name| !name.is_empty()).map(|name| name.replace('\0', " ")).collect()
}

fn build(profile: &str) -> Result<PathBuf, NoBinary> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    // What cargo tells a test about its own package would make build scripts that look at it run, and their crates build, again.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|own| name.starts_with(own))) {
            command.env_remove(name);
        }
    }
    let out = command
        .args(["build", "--package", NAME, "--bin", NAME, "--profile", profile, "--message-format", "json-render-diagnostics"])
        .current_dir(workspace::root())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| NoBinary::NoCargo(e.to_string()))?;
    if !out.status.success() {
        return Err(NoBinary::NotBuilt);
    }
    String::from_utf8_lossy(&out.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["target"]["name"] == NAME)
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .ok_or(NoBinary::NotNamed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_dependency_file_lists_its_sources() {
        assert_eq!(listed_sources("/t/debug/parcelward: /s/a.rs /s/my\\ file.rs\n"), ["/s/a.rs", "/s/my file.rs"]);
        assert!(listed_sources("").is_empty());
    }

    #[test]
    fn a_binary_older_than_a_source_is_not_current() {
        let folder = tempfile::tempdir().unwrap();
        let (binary, list, source) = (folder.path().join("b"), folder.path().join("b.d"), folder.path().join("s.rs"));
        std::fs::write(&binary, "").unwrap();
        std::fs::write(&source, "").unwrap();
        std::fs::write(&list, format!("{}: {}\n", binary.display(), source.display())).unwrap();
        let set = |path: &Path, at: SystemTime| std::fs::File::options().write(true).open(path).unwrap().set_modified(at).unwrap();
        let now = SystemTime::now() + Duration::from_secs(3600);
        set(&binary, now);
        set(&source, now);
        assert!(is_current(&binary, &list).unwrap());
        set(&source, now + Duration::from_secs(1));
        assert!(!is_current(&binary, &list).unwrap());
        std::fs::write(&list, "").unwrap();
        assert!(!is_current(&binary, &list).unwrap(), "without a list nothing is proved");
    }
}
