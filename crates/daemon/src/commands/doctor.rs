//! `parcelward doctor`: looks through a database, in use or not.

use super::database::{DatabaseArgs, block_on};
use super::print;
use parcelward_casework::replay::MemoryShelf;
use parcelward_scheduler::Casework;
use parcelward_scheduler::doctor::{Replayed, replay};
use parcelward_store::doctor::{Examined, examine};
use serde_json::json;
use std::fmt::Write;
use std::process::ExitCode;

/// Checks that no open case file is left that nobody will wake, that every list says what the case files say, that nothing is lost between
/// inbox, journal and case files, and that the journal's facts lead to the journal's decisions. Exit status 0 where all is well, 1 where
/// something was found.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    database: DatabaseArgs,
    /// Put right what can be: lists and next moments are written anew from the case files. Nothing else is ever changed
    #[arg(long)]
    mend: bool,
    /// Leave the replay of the journal out: it takes the longest, and keeps every case file in memory
    #[arg(long)]
    no_replay: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Looks, and says what was found.
///
/// # Errors
/// Where it could not look through everything.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let (examined, replayed) = block_on(async {
        let store = args.database.open().await?;
        let examined = examine(&*store, &Casework, args.mend).await?;
        let replayed = if args.no_replay {
            None
        } else {
            let rules = args.database.config.load()?.rules;
            Some(replay(&*store, &rules, MemoryShelf::default()).await?)
        };
        store.close().await;
        Ok((examined, replayed))
    })?;
    let clean = replayed.as_ref().is_none_or(|r| r.differences.is_empty() && r.not_taken.is_empty());
    let well = clean && examined.findings.iter().all(|finding| finding.mended);
    print(&if args.json { as_json(&examined, replayed.as_ref())? } else { as_text(&examined, replayed.as_ref()) })?;
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn as_json(examined: &Examined, replayed: Option<&Replayed>) -> anyhow::Result<String> {
    let findings = examined.findings.iter();
    let findings: Vec<_> =
        findings.map(|f| json!({ "order": f.order.as_ref().map(ToString::to_string), "what": f.what, "mended": f.mended })).collect();
    let replay = replayed.map(|r| {
        let differences = r.differences.iter();
        let differences: Vec<_> =
            differences.map(|d| json!({ "order": d.order.to_string(), "decision": d.decision, "journal": d.live })).collect();
        json!({ "facts": r.facts, "decisions": r.decisions, "differences": differences, "not_taken": r.not_taken, "erased": r.erased })
    });
    Ok(serde_json::to_string_pretty(&json!({ "case_files": examined.files, "findings": findings, "replay": replay }))? + "\n")
}

fn as_text(examined: &Examined, replayed: Option<&Replayed>) -> String {
    let mut out = String::new();
    for finding in &examined.findings {
        let whose = finding.order.as_ref().map_or_else(|| "the database".to_owned(), ToString::to_string);
        let mended = if finding.mended { " (put right)" } else { "" };
        let _ = writeln!(out, "{whose}: {}{mended}", finding.what);
    }
    if let Some(replayed) = replayed {
        for difference in &replayed.differences {
            let live = difference.live.as_deref().unwrap_or("nothing");
            let _ = writeln!(
                out,
                "{}: decision {} of a replay is not the journal's, which has {live}; were the rules changed since?",
                difference.order, difference.decision
            );
        }
        for (source, id) in &replayed.not_taken {
            let _ = writeln!(out, "fact {id} of {source}: is in the journal, but a replay does not take it");
        }
        let _ = writeln!(out, "{} facts replayed to {} decisions", replayed.facts, replayed.decisions);
        if replayed.erased > 0 {
            let _ = writeln!(out, "{} orders not compared: their personal data was erased", replayed.erased);
        }
    }
    let _ = writeln!(out, "{} case files looked at, {} findings", examined.files, examined.findings.len());
    out
}
