//! `parcelward config`: shows what holds, and writes the shipped files out.

use super::{ConfigArgs, print};
use crate::config::{Loaded, shipped_files};
use anyhow::{Context, bail};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What `config` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Print the settings and rules that hold, as TOML, after every layer
    Show {
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Write the shipped files into a new folder, to be edited and given as --config
    Init {
        /// The folder; it must not exist yet, or be empty
        dir: PathBuf,
    },
}

/// Runs it.
///
/// # Errors
/// Where the configuration is wrong, or a file cannot be written.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.what {
        What::Show { config } => print(&show(&config.load()?)?)?,
        What::Init { dir } => init(dir)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn show(loaded: &Loaded) -> anyhow::Result<String> {
    let settings = &loaded.settings;
    let server = &settings.server;
    let token_file = server.token_file.as_ref().map(|p| p.display().to_string()).unwrap_or_default();
    let mut out = String::new();
    writeln!(out, "# parcelward.toml\nlanguage = \"{}\"\n", settings.language)?;
    writeln!(out, "[server]\nlisten = \"{}\"\ntoken_file = {:?}\nmax_body = \"{}\"", server.listen, token_file, server.max_body)?;
    let seconds = |time: std::time::Duration| format!("{}s", time.as_secs());
    writeln!(out, "request_time = \"{}\"\nupload_time = \"{}\"", seconds(server.request_time), seconds(server.upload_time))?;
    writeln!(out, "stop_time = \"{}\"\n", seconds(server.stop_time))?;
    writeln!(out, "[database]\nurl = \"{}\"\n", settings.database)?;
    writeln!(out, "[log]\nformat = \"{}\"\nlevel = {:?}\n", settings.log.format.word(), settings.log.level)?;
    writeln!(out, "[traces]\nendpoint = {:?}\n\n# rules/*.toml", settings.traces.as_deref().unwrap_or_default())?;
    let rules = toml::Value::try_from(&loaded.raw_rules).context("writing the rules as TOML")?;
    let table: toml::Table =
        rules.as_table().into_iter().flatten().filter(|(key, _)| *key != "language").map(|(k, v)| (k.clone(), v.clone())).collect();
    out.push_str(&toml::to_string(&table).context("writing the rules as TOML")?);
    Ok(out)
}

fn init(dir: &Path) -> anyhow::Result<()> {
    if dir.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        bail!("`{}` is not empty: give a new folder, so that nothing of yours is overwritten", dir.display());
    }
    let mut count = 0;
    for (name, text) in shipped_files() {
        let path = dir.join(&name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).with_context(|| format!("making the folder `{}`", folder.display()))?;
        }
        std::fs::write(&path, text).with_context(|| format!("writing `{}`", path.display()))?;
        count += 1;
    }
    print(&format!("{count} files written to {}; a file or key that you delete there falls back to the shipped one\n", dir.display()))
}
