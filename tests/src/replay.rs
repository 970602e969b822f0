//! One run of `parcelward replay`.

use jiff::Timestamp;
use std::fs::File;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long a run may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a run left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The exit status; `None` where a signal ended it.
    pub exit: Option<i32>,
    /// Standard output, as it was.
    pub stdout: String,
    /// Standard error, as it was.
    pub stderr: String,
}

/// The binary, without what the tests themselves are told by variables (`PARCELWARD_…`), which it would take for its configuration.
#[must_use]
pub fn command(binary: &Path) -> Command {
    let mut command = Command::new(binary);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("PARCELWARD_")) {
            command.env_remove(name);
        }
    }
    command
}

/// Replays facts (JSON Lines) with the shipped config, and lets the clock run on to `until`.
///
/// # Errors
/// When the binary cannot be started, or does not end in a minute.
pub fn run(binary: &Path, facts: &str, until: Option<Timestamp>) -> io::Result<Run> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("facts.jsonl");
    std::fs::write(&file, facts)?;
    let (stdout, stderr) = (folder.path().join("stdout"), folder.path().join("stderr"));
    let mut command = command(binary);
    command.arg("replay");
    if let Some(until) = until {
        command.args(["--until", &until.to_string()]);
    }
    // An empty folder to run in: nothing but the arguments may decide.
    let mut child = command
        .arg(&file)
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(File::create(&stdout)?)
        .stderr(File::create(&stderr)?)
        .spawn()?;
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if started.elapsed() > PATIENCE {
            child.kill()?;
            child.wait()?;
            return Err(io::Error::new(io::ErrorKind::TimedOut, format!("did not end within {} s", PATIENCE.as_secs())));
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let read = |path: &Path| std::fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    Ok(Run { exit: status.code(), stdout: read(&stdout)?, stderr: read(&stderr)? })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_run_is_told_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("program");
        std::fs::write(&program, "#!/bin/sh\necho \"$1 $2 $3\"\ncat \"$4\" -\necho no >&2\nexit 3\n").unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let run = run(&program, "{\"id\":\"f1\"}\n", "2026-03-10T12:00:00+08:00".parse().ok()).unwrap();
        assert_eq!(run.stdout, "replay --until 2026-03-10T04:00:00Z\n{\"id\":\"f1\"}\n");
        assert_eq!((run.exit, run.stderr.as_str()), (Some(3), "no\n"));
    }
}
