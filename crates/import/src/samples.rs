//! The sample shop: three weeks of an invented shop, in the formats that merchants have, built into the library.
//!
//! The files stand in `samples/` and are what `examples/generate_samples` makes (a test holds them to it). [`lived`] tells the three weeks as they
//! were lived, moved so that their present is now: for `parcelward demo` and for replays.

use crate::error::{ImportError, Problem};
use crate::identity::canonical;
use crate::importer::{Importer, Options};
use crate::report::FactLine;
use parcelward_casework::instant::{Instant, Length};
use serde_json::Value as Json;
use std::io::Cursor;

/// The shop's name in facts; its exports are imported with `--shop qingshan`.
pub const SHOP: &str = "qingshan";

/// The end of the three weeks: what lies after it has not happened. 2026-03-22T18:00:00+08:00.
pub const PRESENT: Instant = Instant::from_millis(1_774_173_600_000);

/// The order export (CSV, GB18030).
pub const ORDERS: (&str, &[u8]) = ("orders.csv", include_bytes!("../../../samples/orders.csv"));
/// The shipment export (XLSX).
pub const SHIPMENTS: (&str, &[u8]) = ("shipments.xlsx", include_bytes!("../../../samples/shipments.xlsx"));
/// The after-sale export (CSV, UTF-8 with a byte order mark).
pub const AFTER_SALES: (&str, &[u8]) = ("after_sales.csv", include_bytes!("../../../samples/after_sales.csv"));
/// What couriers, buyers, the platform and the merchant's systems say (JSON Lines).
pub const FACTS: (&str, &[u8]) = ("facts.jsonl", include_bytes!("../../../samples/facts.jsonl"));
/// What the staff did with its tasks, and what came of it (JSON Lines). Its `task_update` facts name tasks that the rules open when the shop is told as it
/// was lived; a bulk import of everything at one moment has no use for them.
pub const STAFF: (&str, &[u8]) = ("staff.jsonl", include_bytes!("../../../samples/staff.jsonl"));
/// Which story of the playbook each order tells: order, case kind, end (`good`, `missed`, `odd`, `open`), story; tab-separated.
pub const SITUATIONS: (&str, &str) = ("situations.tsv", include_str!("../../../samples/situations.tsv"));

/// Why the samples cannot be told: never, as long as the tests pass.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// The shipped mappings do not compile.
    #[error("a shipped mapping is wrong: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Mapping(Vec<Problem>),
    /// A file cannot be read.
    #[error("{file}: {source}")]
    File {
        /// Which one.
        file: &'static str,
        /// Why.
        #[source]
        source: ImportError,
    },
    /// A row or a fact of a file is bad.
    #[error("{file}: {problem}")]
    Row {
        /// Which one.
        file: &'static str,
        /// The first one.
        problem: String,
    },
}

/// One fact of the sample shop.
#[derive(Debug, Clone)]
pub struct LivedFact {
    /// When it happened, and was heard of.
    pub at: Instant,
    /// The fact, with that moment as `recordedtime`.
    pub line: FactLine,
}

/// The three weeks as they were lived, in order, moved by whole minutes so that [`PRESENT`] is `now` (its seconds cut off). Every fact was heard of at the
/// moment at which it happened.
///
/// # Errors
/// [`SampleError`], where the built-in files are not what the tests hold them to.
pub fn lived(now: Instant) -> Result<Vec<LivedFact>, SampleError> {
    let importer = Importer::load(crate::SHIPPED_MAPPINGS).map_err(SampleError::Mapping)?;
    let options = Options { shop: Some(SHOP.to_owned()), ..Options::default() };
    let by = Length::minutes(now.since(PRESENT).as_millis().div_euclid(60_000));
    let mut facts = Vec::new();
    for (file, bytes) in [ORDERS, SHIPMENTS, AFTER_SALES, FACTS, STAFF] {
        let mut lines: Vec<FactLine> = Vec::new();
        let report = importer.read(file, Cursor::new(bytes), &options, &mut lines).map_err(|source| SampleError::File { file, source })?;
        if let Some(problem) = report.problems.first() {
            return Err(SampleError::Row { file, problem: problem.to_string() });
        }
        for mut line in lines {
            let row = |problem: String| SampleError::Row { file, problem };
            let mut json: Json = serde_json::from_str(&line.json).map_err(|e| row(e.to_string()))?;
            shift_json(&mut json, by);
            let time = json.get("time").and_then(Json::as_str).unwrap_or_default().to_owned();
            let at = Instant::parse(&time).map_err(|e| row(e.to_string()))?;
            if let Json::Object(map) = &mut json {
                map.insert("recordedtime".to_owned(), Json::String(time));
            }
            line.json = canonical(&json);
            facts.push(LivedFact { at, line });
        }
    }
    // Stable: at one moment the exports come first, in their order.
    facts.sort_by_key(|f| f.at);
    Ok(facts)
}

/// Moves every instant in a fact: its `time`, its `recordedtime` and all times in its data. Other text stays as it is.
///
/// # Errors
/// Where the text is no JSON.
pub fn shift(fact: &str, by: Length) -> Result<String, serde_json::Error> {
    let mut json: Json = serde_json::from_str(fact)?;
    shift_json(&mut json, by);
    Ok(canonical(&json))
}

fn shift_json(json: &mut Json, by: Length) {
    match json {
        Json::String(text) if (20..=40).contains(&text.len()) => {
            if let Ok(at) = Instant::parse(text) {
                *text = (at + by).to_string();
            }
        }
        Json::Array(items) => items.iter_mut().for_each(|item| shift_json(item, by)),
        Json::Object(map) => map.values_mut().for_each(|value| shift_json(value, by)),
        _ => {}
    }
}
