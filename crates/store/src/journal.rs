//! A batch's lines of the journal: where each goes, and what it says. Deliberately absent: any database.

use crate::StoreError;
use crate::change::{Batch, Entry, Waiting};
use parcelward_casework::decision::SOURCE;
use parcelward_casework::fact::{OrderKey, Waybill};
use std::borrow::Cow;
use std::collections::HashMap;

/// A line of the journal.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    pub(crate) seq: i64,
    /// Which of the batch's case files it belongs to, and its place among that one's lines.
    pub(crate) file: Option<(usize, i64)>,
    pub(crate) kind: &'static str,
    pub(crate) type_: String,
    pub(crate) source: &'a str,
    pub(crate) id: &'a str,
    pub(crate) time: i64,
    pub(crate) recorded: i64,
    pub(crate) json: Cow<'a, str>,
}

/// A fact's identity, from now on taken.
#[derive(Debug)]
pub(crate) struct Taken<'a> {
    pub(crate) source: &'a str,
    pub(crate) id: &'a str,
    pub(crate) fingerprint: i64,
    pub(crate) seq: i64,
    /// The waybill for which it waits.
    pub(crate) parked: Option<&'a Waybill>,
}

/// A fact that waited since an earlier batch and is given to its order.
#[derive(Debug)]
pub(crate) struct Released<'a> {
    pub(crate) seq: i64,
    pub(crate) waybill: &'a Waybill,
    pub(crate) file: (usize, i64),
}

/// What a batch writes into the journal.
#[derive(Debug, Default)]
pub(crate) struct Lines<'a> {
    pub(crate) lines: Vec<Line<'a>>,
    pub(crate) taken: Vec<Taken<'a>>,
    pub(crate) released: Vec<Released<'a>>,
    /// How many lines each of the batch's case files has then.
    pub(crate) counts: Vec<i64>,
}

/// Where an entry goes.
#[derive(Clone, Copy)]
struct Place {
    seq: i64,
    file: Option<(usize, i64)>,
}

impl<'a> Lines<'a> {
    /// The lines of a batch, the first new one at `seq + 1`.
    pub(crate) fn of(batch: &'a Batch, seq: i64) -> Result<Self, StoreError> {
        let (places, counts) = places(batch, seq)?;
        let mut all = Lines { counts, ..Lines::default() };
        for (entry, place) in batch.entries.iter().zip(places) {
            all.add(entry, place);
        }
        Ok(all)
    }

    fn add(&mut self, entry: &'a Entry, place: Place) {
        let Place { seq, file } = place;
        match entry {
            Entry::Fact(f) => {
                let fact = &f.fact;
                let (source, id) = (fact.id.source.as_str(), fact.id.id.as_str());
                self.lines.push(Line {
                    seq,
                    file,
                    kind: "fact",
                    type_: format!("parcelward.{}", fact.body.fact_type()),
                    source,
                    id,
                    time: fact.time.millis(),
                    recorded: fact.decided_at().millis(),
                    json: f.json.as_str().into(),
                });
                self.taken.push(Taken { source, id, fingerprint: fact.fingerprint.cast_signed(), seq, parked: f.parked.as_ref() });
            }
            Entry::Decision(d) => {
                let decision = &d.decision;
                self.lines.push(Line {
                    seq,
                    file,
                    kind: "decision",
                    type_: format!("parcelward.{}", decision.body.decision_type()),
                    source: SOURCE,
                    id: decision.id.as_str(),
                    time: decision.time.millis(),
                    recorded: d.recorded.millis(),
                    json: decision.to_json().into(),
                });
            }
            Entry::Released { fact: Waiting::Stored { waybill, .. }, .. } => {
                self.released.extend(file.map(|file| Released { seq, waybill, file }));
            }
            Entry::Released { fact: Waiting::Here(_), .. } => {}
        }
    }
}

fn places(batch: &Batch, mut seq: i64) -> Result<(Vec<Place>, Vec<i64>), StoreError> {
    let mut counts: Vec<i64> = batch.files.iter().map(|change| change.stamp.lines).collect();
    let mut by_order: HashMap<&OrderKey, usize> = HashMap::with_capacity(batch.files.len());
    for (i, change) in batch.files.iter().enumerate() {
        if by_order.insert(&change.after.key, i).is_some() {
            return Err(StoreError::Defect("a case file stands twice in one batch".to_owned()));
        }
    }
    let mut line_of = |order: &OrderKey| -> Result<(usize, i64), StoreError> {
        let at = by_order.get(order).ok_or_else(|| StoreError::Defect("a journal line's case file is not in its batch".to_owned()))?;
        counts[*at] += 1;
        Ok((*at, counts[*at]))
    };
    let mut places: Vec<Place> = Vec::with_capacity(batch.entries.len());
    for entry in &batch.entries {
        let order = match entry {
            Entry::Fact(f) => f.order.as_ref(),
            Entry::Decision(d) => Some(&d.order),
            Entry::Released { order, .. } => Some(order),
        };
        let file = order.map(&mut line_of).transpose()?;
        let at = match entry {
            Entry::Fact(_) | Entry::Decision(_) => {
                seq += 1;
                seq
            }
            Entry::Released { fact: Waiting::Stored { seq, .. }, .. } => seq.cast_signed(),
            Entry::Released { fact: Waiting::Here(entry), .. } => {
                let waited = places.get_mut(*entry).filter(|place| place.file.is_none());
                let waited = waited.ok_or_else(|| StoreError::Defect("a fact is released that did not wait".to_owned()))?;
                waited.file = file;
                waited.seq
            }
        };
        places.push(Place { seq: at, file });
    }
    Ok((places, counts))
}
