//! `parcelward config`: shows what holds and where it comes from, and writes the shipped files out.

use super::{ConfigArgs, print};
use crate::config::{self, Part, shipped_files};
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
    /// Print the values that hold, as TOML, after every layer
    Show {
        /// Only files and keys that begin so: parcelward.toml, rules, templates, rule."pdd.collect" (default: all but templates and imports)
        part: Vec<String>,
        #[command(flatten)]
        config: ConfigArgs,
        /// Say behind each value where it comes from: the file and line, the environment variable, the credential
        #[arg(long)]
        origin: bool,
        /// Only what differs from the shipped files
        #[arg(long)]
        changed: bool,
    },
    /// Print the JSON Schemas of the files for editors, or write them into a folder
    Schema {
        /// The folder to write them into
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
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
/// Where the configuration cannot be read, or a file cannot be written.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.what {
        What::Show { part, config, origin, changed } => {
            let parts = config::effective(config.dir.as_deref(), config::environment()).map_err(|p| p.below(config.dir.as_deref()))?;
            let shown = show(&chosen(parts, part, *changed), *origin)?;
            if shown.is_empty() && !part.is_empty() {
                bail!("no value begins with `{}`", part.join("` or `"));
            }
            print(&shown)?;
        }
        What::Schema { out: Some(dir) } => write_schemas(dir)?,
        What::Schema { out: None } => {
            let all: serde_json::Map<String, serde_json::Value> =
                config::schemas().into_iter().map(|(name, s)| (name.to_owned(), s)).collect();
            print(&format!("{:#}\n", serde_json::Value::Object(all)))?;
        }
        What::Init { dir } => init(dir)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The values that were asked for.
fn chosen(parts: Vec<Part>, wanted: &[String], changed: bool) -> Vec<Part> {
    let quiet = |title: &str| title.starts_with("templates/") || title.starts_with("imports/");
    parts
        .into_iter()
        .map(|mut part| {
            let whole = wanted.iter().any(|w| part.title.starts_with(w.as_str())) || wanted.is_empty() && (changed || !quiet(&part.title));
            part.values.retain(|v| whole || wanted.iter().any(|w| v.key.starts_with(w.as_str())));
            part.values.retain(|v| !changed || v.changed);
            part
        })
        .filter(|part| !part.values.is_empty())
        .collect()
}

fn show(parts: &[Part], origin: bool) -> anyhow::Result<String> {
    let mut out = String::new();
    for (n, part) in parts.iter().enumerate() {
        writeln!(out, "{}# {}", if n == 0 { "" } else { "\n" }, part.title)?;
        for value in &part.values {
            write!(out, "{} = {}", value.key, value.value)?;
            if origin {
                write!(out, "  # {}", value.origin)?;
            }
            out.push('\n');
        }
    }
    Ok(out)
}

fn write_schemas(dir: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(dir).with_context(|| format!("making the folder `{}`", dir.display()))?;
    let schemas = config::schemas();
    for (name, schema) in &schemas {
        let path = dir.join(name);
        std::fs::write(&path, config::written(schema)).with_context(|| format!("writing `{}`", path.display()))?;
    }
    print(&format!("{} schemas written to {}\n", schemas.len(), dir.display()))
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
