//! What was run, as a table for people.

use crate::cell::{Cell, Fault};
use parcelward_store::faults::LABELS;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// Loops and the longest recovery of each cell of a database.
#[derive(Debug, Default)]
pub struct Table {
    cells: BTreeMap<(&'static str, Fault), (u32, Duration)>,
    title: Option<&'static str>,
}

impl Table {
    pub fn note(&mut self, cell: &Cell, took: Duration) {
        self.title = Some(if cell.base == crate::shop::Base::Sqlite { "SQLite" } else { "PostgreSQL" });
        let (loops, longest) = self.cells.entry((cell.label, cell.fault)).or_default();
        *loops += 1;
        *longest = took.max(*longest);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let faults: Vec<Fault> = Fault::ALL.into_iter().filter(|fault| self.cells.keys().any(|(_, f)| f == fault)).collect();
        let words: Vec<&str> = faults.iter().map(|fault| fault.word()).collect();
        writeln!(f, "| {}: loops, longest recovery | {} |", self.title.unwrap_or("nothing"), words.join(" | "))?;
        writeln!(f, "| --- |{}", " --- |".repeat(words.len()))?;
        for label in LABELS {
            let texts = faults.iter().map(|fault| match self.cells.get(&(label, *fault)) {
                Some((loops, longest)) => format!("{loops}, {:.2} s", longest.as_secs_f64()),
                None => "–".to_owned(),
            });
            writeln!(f, "| `{label}` | {} |", texts.collect::<Vec<_>>().join(" | "))?;
        }
        let (loops, longest) = self.cells.values().fold((0, Duration::ZERO), |(n, most), (loops, took)| (n + loops, most.max(*took)));
        write!(f, "{loops} loops, longest recovery {:.2} s", longest.as_secs_f64())
    }
}
