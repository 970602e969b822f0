//! `parcelward apply`: plans a configuration, puts its files into the daemon's folder, and has the daemon put it in force.
//!
//! It runs on the daemon's machine, by someone who may write the folder: the daemon itself may only read it. All or nothing: where the daemon
//! refuses, the files are put back. What was in force before lies in the folder's `.before` for whoever wants it back.

use super::plan::{ask, files_of, page};
use crate::client::{Api, DaemonArgs, local_user};
use crate::http::plan::{ApplyAnswer, ApplyRequest};
use crate::plan::{Plan, write_files};
use anyhow::{Context, ensure};
use clap::ValueEnum;
use reqwest::Method;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Where the files lie that were in force before, below the daemon's folder.
pub const BEFORE: &str = ".before";

/// What becomes of clocks that run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OpenDeadlines {
    /// They keep their due times and rungs; only clocks that start later go by the new rules
    Keep,
    /// They are set anew by the new rules; what was breached stays breached
    Move,
}

/// What `apply` is given.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Plan first: `parcelward plan --config DIR` shows what `--open-deadlines move` does. The folder's files take the place of those in the \
    daemon's own folder, so that a restart finds them; what was there is kept in its .before, and \
    `parcelward apply --config FOLDER/.before --open-deadlines …` brings it back. Daemons on the same database decide by the new rules from the same \
    moment; copy the files to their folders and reload them, for everything else.\n\n\
    Exit status: 0 in force, 2 not."
)]
pub struct Args {
    /// The folder with the configuration that is to hold
    #[arg(long = "config", value_name = "DIR")]
    dir: PathBuf,
    /// What becomes of deadlines that run
    #[arg(long, value_name = "WHAT")]
    open_deadlines: OpenDeadlines,
    /// Why, for whoever reads the journal
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Who; the name of the token, else of the user, where it is left out
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    #[command(flatten)]
    daemon: DaemonArgs,
}

/// Runs it.
///
/// # Errors
/// Where the configuration is wrong, the folder cannot be written, or the daemon refuses; the old one is in force then.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let api = args.daemon.api()?;
    let files = files_of(&args.dir)?;
    let (_, answer) = crate::client::run(ask(&api, files.clone(), true))?;
    let plan = answer.plan;
    let folder = folder_of(&plan)?;
    let before = answer.in_force.unwrap_or_default();
    let installed = Installed::new(&folder, &before, &files).context("putting the files into the daemon's folder")?;
    match crate::client::run(apply(&api, args, &plan)) {
        Ok(applied) => {
            super::print(&said(args, &plan, &applied, &folder))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            installed.take_back().context("putting the old files back; they are in the folder's .before")?;
            Err(error.context("the files in the daemon's folder are as they were"))
        }
    }
}

async fn apply(api: &Api, args: &Args, plan: &Plan) -> anyhow::Result<ApplyAnswer> {
    let open_deadlines = match args.open_deadlines {
        OpenDeadlines::Keep => "keep",
        OpenDeadlines::Move => "move",
    };
    let by = args.by.clone().or_else(|| if api.has_token() { None } else { local_user() });
    let body =
        ApplyRequest { revision: plan.new_revision.clone(), open_deadlines: open_deadlines.to_owned(), reason: args.reason.clone(), by };
    Ok(api.ask::<ApplyAnswer>(api.request(Method::POST, &["v1", "config", "apply"]).json(&body)).await?.body)
}

/// The daemon's folder, which has to be on this machine.
fn folder_of(plan: &Plan) -> anyhow::Result<PathBuf> {
    let Some(folder) = &plan.folder else {
        anyhow::bail!(
            "the daemon was started without a folder, so that a restart would bring the old rules back: start it with `--config DIR` \
             (`parcelward config init DIR` writes one)"
        );
    };
    let folder = PathBuf::from(folder);
    ensure!(folder.is_dir(), "the daemon's folder `{}` is not on this machine: apply where the daemon runs", folder.display());
    Ok(folder)
}

fn said(args: &Args, plan: &Plan, applied: &ApplyAnswer, folder: &Path) -> String {
    let mut out = page(plan, 0);
    let moved = match args.open_deadlines {
        OpenDeadlines::Keep => "open deadlines keep theirs".to_owned(),
        OpenDeadlines::Move => {
            let c = &plan.counts;
            let moved = c.already_past + c.earlier + c.later + c.rungs;
            format!("{moved} open deadline{} set anew", if moved == 1 { " is" } else { "s are" })
        }
    };
    // Writing into a text does not fail.
    let _ = writeln!(out, "\nrevision {} is in force; {moved}", applied.revision);
    let _ = writeln!(out, "its files are in {}", folder.display());
    let _ = writeln!(
        out,
        "to go back: parcelward apply --config {} --open-deadlines {}",
        folder.join(BEFORE).display(),
        if args.open_deadlines == OpenDeadlines::Move { "move" } else { "keep" }
    );
    out
}

/// Files that took the place of others.
struct Installed<'a> {
    folder: &'a Path,
    /// What stood there: with an edit in place, what is to come.
    stood: BTreeMap<String, String>,
}

impl<'a> Installed<'a> {
    /// Keeps what is in force in `.before`, then puts each file in its place by renaming a new one over it, and takes away what is no more.
    fn new(folder: &'a Path, before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> anyhow::Result<Self> {
        let stood = files_of_any(folder)?;
        let kept = folder.join(BEFORE);
        if kept.exists() {
            std::fs::remove_dir_all(&kept).with_context(|| format!("clearing {}", kept.display()))?;
        }
        std::fs::create_dir_all(&kept).with_context(|| format!("making {}", kept.display()))?;
        write_files(&kept, before.iter().map(|(name, text)| (name.as_str(), text.as_str())))?;
        let installed = Installed { folder, stood };
        if let Err(error) = replace(folder, &installed.stood, after) {
            installed.take_back().context("putting the old files back; they are in the folder's .before")?;
            return Err(error);
        }
        Ok(installed)
    }

    /// Puts back what stood there.
    fn take_back(&self) -> anyhow::Result<()> {
        replace(self.folder, &files_of_any(self.folder)?, &self.stood)
    }
}

/// As [`files_of`], of a folder that may be empty.
fn files_of_any(folder: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let files = crate::config::ConfigFiles::new(Some(folder)).map_err(|problem| anyhow::anyhow!("{problem}"))?;
    Ok(files.own(&mut Vec::new()).into_iter().map(|(name, text)| (name, text.to_string())).collect())
}

/// Makes the files of a folder these and no others, each whole at every moment.
fn replace(folder: &Path, old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> anyhow::Result<()> {
    for (name, text) in new.iter().filter(|(name, text)| old.get(*name) != Some(text)) {
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent).with_context(|| format!("making the folder of {name}"))?;
        let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(parent).with_context(|| format!("writing {name}"))?;
        file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).with_context(|| format!("writing {name}"))?;
        readable_as_before(&path, file.path()).with_context(|| format!("writing {name}"))?;
        file.persist(&path).with_context(|| format!("writing {name}"))?;
    }
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        std::fs::remove_file(folder.join(name)).with_context(|| format!("taking {name} away"))?;
    }
    Ok(())
}

/// A new file may be read by whoever might read the old one; one that is new may be read by everybody, as files of a package are.
fn readable_as_before(old: &Path, new: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let permissions = match std::fs::metadata(old) {
        Ok(before) => before.permissions(),
        Err(_) => std::fs::Permissions::from_mode(0o644),
    };
    std::fs::set_permissions(new, permissions)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(of: &[(&str, &str)]) -> BTreeMap<String, String> {
        of.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn files_take_the_place_of_others_and_strangers_stay() {
        let dir = tempfile::tempdir().unwrap();
        let old = files(&[("parcelward.toml", "a = 1\n"), ("rules/a.toml", "old\n"), ("rules/b.toml", "b\n")]);
        write_files(dir.path(), old.iter().map(|(name, text)| (name.as_str(), text.as_str()))).unwrap();
        std::fs::write(dir.path().join("tokens"), "me:0123456789abcdef\n").unwrap();
        let new = files(&[("parcelward.toml", "a = 1\n"), ("rules/a.toml", "new\n"), ("rules/c.toml", "c\n")]);
        let installed = Installed::new(dir.path(), &old, &new).unwrap();
        assert_eq!(files_of_any(dir.path()).unwrap(), new);
        assert_eq!(files_of_any(&dir.path().join(BEFORE)).unwrap(), old);
        assert!(dir.path().join("tokens").exists());
        installed.take_back().unwrap();
        assert_eq!(files_of_any(dir.path()).unwrap(), old);
    }

    #[test]
    fn an_edit_in_place_stays_where_it_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let (in_force, edited) = (files(&[("rules/a.toml", "old\n")]), files(&[("rules/a.toml", "edited\n")]));
        write_files(dir.path(), edited.iter().map(|(name, text)| (name.as_str(), text.as_str()))).unwrap();
        let installed = Installed::new(dir.path(), &in_force, &edited).unwrap();
        installed.take_back().unwrap();
        assert_eq!(files_of_any(dir.path()).unwrap(), edited);
        assert_eq!(files_of_any(&dir.path().join(BEFORE)).unwrap(), in_force);
    }
}
