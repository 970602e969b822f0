//! `parcelward retention`: erases and archives what is old, tells what left, and reads archives.

use super::database::{DatabaseArgs, block_on};
use super::print;
use crate::client::text::local;
use crate::retention::{archive, folder, look, owner, run as keep};
use parcelward_scheduler::{Clock, WallClock};
use parcelward_store::MAX_PAGE;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// What `retention` is given.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit status: 0 all is well, 1 an archive is not as it should be, 2 it could not be done.")]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Erase and archive what is old enough now, beside daemons that work
    Run(Run),
    /// Tell the archives, and the facts that came for orders that left
    List(List),
    /// Compare every archive with its manifest, and the folder with the database
    Verify(List),
    /// Print the lines of an archive; `--facts | parcelward replay -` replays it
    Read(Read),
}

#[derive(Debug, clap::Args)]
struct Run {
    #[command(flatten)]
    database: DatabaseArgs,
    /// Only say how many case files are old enough
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, clap::Args)]
struct List {
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Debug, clap::Args)]
struct Read {
    /// The archive's file
    archive: PathBuf,
    /// Only facts, in the order in which they were received, as `replay` and `import` read them
    #[arg(long)]
    facts: bool,
}

/// Runs it.
///
/// # Errors
/// Where the database or a file fails.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.what {
        What::Run(run) => run_now(run),
        What::List(list) => show(list),
        What::Verify(list) => verify(list),
        What::Read(read) => read_archive(read),
    }
}

/// `1 case file`, `2 case files`.
fn files(count: u64) -> String {
    format!("{count} case file{}", if count == 1 { "" } else { "s" })
}

fn run_now(args: &Run) -> anyhow::Result<ExitCode> {
    let retention = args.database.config.load()?.settings.retention;
    let now = WallClock.now();
    let text = block_on(async {
        let store = args.database.open().await?;
        let text = if args.dry_run {
            let found = look(&store, &retention, now).await?;
            format!(
                "{} of which nothing was heard for {} would be erased, and {} (silent for {}) would leave to {}\nnothing was done\n",
                files(found.erased),
                retention.erase_after,
                found.archived,
                retention.archive_after,
                folder(&retention).display()
            )
        } else {
            let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
            let done = keep(&store, &retention, &folder(&retention), &owner(name.trim()), now).await?;
            let mut text = format!("{} and {} loose facts erased, {} left\n", files(done.erased), done.loose, files(done.archived));
            for archive in &done.archives {
                let _ = writeln!(text, "  {}", folder(&retention).join(archive).display());
            }
            if done.given_up > 0 {
                let _ = writeln!(text, "{} archives of a run that was ended half-way removed: nothing had left into them", done.given_up);
            }
            text
        };
        store.close().await;
        Ok(text)
    })?;
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn show(args: &List) -> anyhow::Result<ExitCode> {
    let (archives, late) = block_on(async {
        let store = args.database.open().await?;
        let shown = (store.archives(MAX_PAGE).await?, store.late_facts(MAX_PAGE).await?);
        store.close().await;
        Ok(shown)
    })?;
    let mut text = String::new();
    for row in archives.iter().rev() {
        let state = if row.is_done { "" } else { "  not finished" };
        let _ = writeln!(text, "{}  {}  {}, {} lines{state}", local(&row.at.to_string()), row.name, files(row.files), row.lines);
    }
    for fact in &late {
        let at = local(&fact.at.to_string());
        let _ = writeln!(
            text,
            "{at}  late: {} {} of {} for order {}, which left into {}",
            fact.type_, fact.id.id, fact.id.source, fact.order, fact.archive
        );
    }
    let _ = writeln!(text, "{} archives, {} facts that came too late", archives.len(), late.len());
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn verify(args: &List) -> anyhow::Result<ExitCode> {
    let folder = folder(&args.database.config.load()?.settings.retention);
    let archives = block_on(async {
        let store = args.database.open().await?;
        let archives = store.archives(MAX_PAGE).await?;
        store.close().await;
        Ok(archives)
    })?;
    let (mut text, mut bad) = (String::new(), 0);
    let mut say = |name: &str, what: &str| {
        bad += 1;
        let _ = writeln!(text, "{name}: {what}");
    };
    for row in archives.iter().filter(|row| row.is_done) {
        match archive::verify(&folder.join(&row.name)) {
            Ok(manifest) if (manifest.sha256.as_str(), manifest.lines) == (row.sha256.as_str(), row.lines) => {}
            Ok(_) => say(&row.name, "fits its manifest, but is not the file that the case files left into"),
            Err(why) => say(&row.name, &why),
        }
    }
    for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".jsonl.gz") && !archives.iter().any(|row| row.name == name) {
            say(&name, "is not known to this database: its orders are still there, or the database was brought back from before it");
        }
    }
    let count = archives.iter().filter(|row| row.is_done).count();
    let _ = writeln!(text, "{count} archive{}, {bad} not as they should be", if count == 1 { "" } else { "s" });
    print(&text)?;
    Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn read_archive(args: &Read) -> anyhow::Result<ExitCode> {
    let lines: Vec<String> = archive::lines(&args.archive)?.collect::<Result<_, _>>()?;
    if !args.facts {
        print(&(lines.join("\n") + "\n"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut facts: Vec<_> = lines
        .into_iter()
        .filter_map(|line| parcelward_casework::parse::parse_fact(&line).ok().map(|fact| (fact.decided_at(), line)))
        .collect();
    // Facts of one instant keep their order.
    facts.sort_by_key(|(at, _)| *at);
    print(&facts.into_iter().fold(String::new(), |out, (_, line)| out + &line + "\n"))?;
    Ok(ExitCode::SUCCESS)
}
