//! The journal as it was lived, beside a replay of its facts.
//!
//! Deliberately absent: why they should be equal. The contract says so: "the live journal equals a replay of the whole store's exported facts".

use crate::replay;
use parcelward_casework::decision::order_tag;
use parcelward_casework::fact::OrderKey;
use parcelward_casework::instant::Instant;
use parcelward_casework::words::Platform;
use parcelward_store::{EntryKind, Store, StoreError};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Decisions by order: each order's tag, and its lines in the order in which they were made.
pub type Decisions = BTreeMap<String, Vec<String>>;

/// Lines of a journal that are read at a time.
const PAGE: u32 = 500;

/// Every order that a fact of an export names.
#[must_use]
pub fn orders_of(export: &str) -> BTreeSet<OrderKey> {
    let lines = export.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines
        .filter_map(|fact| {
            let text = |field: &str| fact["data"][field].as_str().map(str::to_owned);
            let platform = text("platform")?.parse::<Platform>().ok()?;
            Some(OrderKey { platform, shop: text("shop")?, order_id: text("order_id")? })
        })
        .collect()
}

/// What a store says was decided for these orders. An order without a decision is left out.
///
/// # Errors
/// Where the store cannot be read.
pub async fn lived(store: &dyn Store, orders: &BTreeSet<OrderKey>) -> Result<Decisions, StoreError> {
    let mut decisions = Decisions::new();
    for order in orders {
        let (mut after, mut lines) = (Some(0), Vec::new());
        while let Some(line) = after {
            let page = store.timeline(order, line, PAGE).await?;
            lines.extend(page.rows.into_iter().filter(|row| row.kind == EntryKind::Decision).map(|row| row.json));
            after = page.next;
        }
        if !lines.is_empty() {
            decisions.insert(order_tag(order), lines);
        }
    }
    Ok(decisions)
}

/// What a replay of an export decides up to an instant, with its exit status and what it said on standard error.
///
/// # Errors
/// Where the binary cannot be run.
pub fn replayed(binary: &Path, export: &str, until: Instant) -> std::io::Result<(Decisions, Option<i32>, String)> {
    let until = jiff::Timestamp::from_millisecond(until.millis()).ok();
    let run = replay::run(binary, export, until)?;
    let mut decisions = Decisions::new();
    for line in run.stdout.lines() {
        let id = serde_json::from_str::<Value>(line).ok().and_then(|decision| decision["id"].as_str().map(str::to_owned));
        let tag = id.as_deref().and_then(|id| id.split_once('-')).map_or("(no tag)", |(tag, _)| tag).to_owned();
        decisions.entry(tag).or_default().push(line.to_owned());
    }
    Ok((decisions, run.exit, run.stderr))
}

/// Where two journals differ first, in words; `None` where they are equal, line by line.
#[must_use]
pub fn difference(lived: &Decisions, replayed: &Decisions) -> Option<String> {
    let tags: BTreeSet<&String> = lived.keys().chain(replayed.keys()).collect();
    let none = Vec::new();
    for tag in tags {
        let (live, told) = (lived.get(tag).unwrap_or(&none), replayed.get(tag).unwrap_or(&none));
        let places = live.len().max(told.len());
        for place in 0..places {
            let (a, b) = (live.get(place).map_or("(nothing)", String::as_str), told.get(place).map_or("(nothing)", String::as_str));
            if a != b {
                return Some(format!("order {tag}, decision {place}:\n  lived:    {a}\n  replayed: {b}"));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[(&str, &[&str])]) -> Decisions {
        lines.iter().map(|(tag, lines)| ((*tag).to_owned(), lines.iter().map(|l| (*l).to_owned()).collect())).collect()
    }

    #[test]
    fn every_difference_is_seen() {
        let lived = of(&[("a", &["1", "2"]), ("b", &["3"])]);
        assert_eq!(difference(&lived, &lived.clone()), None);
        for other in [of(&[("a", &["1", "2"])]), of(&[("a", &["1"]), ("b", &["3"])]), of(&[("a", &["2", "1"]), ("b", &["3"])]), of(&[])] {
            assert!(difference(&lived, &other).is_some() && difference(&other, &lived).is_some(), "{other:?}");
        }
    }

    #[test]
    fn orders_are_found_in_an_export() {
        let export = "{\"data\":{\"platform\":\"jd\",\"shop\":\"s\",\"order_id\":\"1\"}}\n{\"data\":{\"waybill\":{}}}\nnonsense\n";
        assert_eq!(orders_of(export).len(), 1);
    }
}
