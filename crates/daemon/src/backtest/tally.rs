//! What one engine decided within a time, counted: deadlines missed, tasks a day and queue, and the notice that people had, each with its orders.

use parcelward_casework::decision::{Decision, DecisionBody};
use parcelward_casework::fact::OrderKey;
use parcelward_casework::instant::Instant;
use parcelward_casework::words::Queue;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};

/// The time that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// From when, inclusive.
    pub from: Instant,
    /// Until when, inclusive; `None` up to the last fact.
    pub until: Option<Instant>,
}

impl Window {
    fn holds(&self, at: Instant) -> bool {
        self.from <= at && self.until.is_none_or(|until| at <= until)
    }
}

/// Something that is counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Figure {
    /// Deadlines of a rule that were missed.
    Missed(String),
    /// Tasks that opened on a local day for a queue.
    Tasks(String, Queue),
    /// Deadlines of a rule of which people had notice: a task opened before the due time.
    Notice(String),
}

/// A count, its orders by number, and of notice the minutes.
#[derive(Debug, Default)]
pub struct Figures {
    orders: Vec<u32>,
    minutes: Vec<u32>,
}

impl Figures {
    /// How many.
    #[must_use]
    pub fn count(&self) -> usize {
        self.orders.len()
    }

    /// The middle one of the minutes' values.
    #[must_use]
    pub fn median(&self) -> Option<u32> {
        let mut sorted = self.minutes.clone();
        sorted.sort_unstable();
        // Of two in the middle the lower one: what at least half of them had.
        sorted.get(sorted.len().checked_sub(1)? / 2).copied()
    }
}

/// A deadline that runs.
#[derive(Debug)]
struct Running {
    rule: String,
    due_at: Instant,
    told: bool,
}

/// Counts of one engine.
#[derive(Debug)]
pub struct Tally {
    window: Window,
    at_due: Vec<String>,
    running: HashMap<String, Running>,
    figures: BTreeMap<Figure, Figures>,
    /// Orders by their hash; their names lie in a file, one behind the other.
    numbers: HashMap<u64, u32>,
    places: Vec<(u64, u16)>,
    names: BufWriter<File>,
    written: u64,
}

impl Tally {
    /// Counts from nothing. `at_due` names the rules whose due time is no miss.
    ///
    /// # Errors
    /// Where no temporary file can be made.
    pub fn new(window: Window, at_due: &[String]) -> io::Result<Self> {
        Ok(Tally {
            window,
            at_due: at_due.to_vec(),
            running: HashMap::new(),
            figures: BTreeMap::new(),
            numbers: HashMap::new(),
            places: Vec::new(),
            names: BufWriter::new(tempfile::tempfile()?),
            written: 0,
        })
    }

    /// Counts a decision.
    ///
    /// # Errors
    /// Where an order's name cannot be kept.
    pub fn count(&mut self, decision: &Decision) -> io::Result<()> {
        match &decision.body {
            DecisionBody::DeadlineSet(d) => {
                self.running.insert(d.deadline_id.clone(), Running { rule: d.rule.clone(), due_at: d.due_at, told: false });
            }
            DecisionBody::DeadlineMoved(d) => {
                let told = self.running.get(&d.deadline_id).is_some_and(|running| running.told && running.due_at == d.due_at);
                self.running.insert(d.deadline_id.clone(), Running { rule: d.rule.clone(), due_at: d.due_at, told });
            }
            DecisionBody::DeadlineMet(d) | DecisionBody::DeadlineCancelled(d) => drop(self.running.remove(&d.deadline_id)),
            DecisionBody::DeadlineBreached(d) => {
                self.running.remove(&d.deadline_id);
                if !d.waived && !self.at_due.contains(&d.rule) && self.window.holds(decision.time) {
                    self.add(Figure::Missed(d.rule.clone()), &d.order, None)?;
                }
            }
            DecisionBody::TaskOpened(d) => {
                if self.window.holds(decision.time) {
                    let day = decision.time.local().date().to_string();
                    self.add(Figure::Tasks(day, d.queue), &d.order, None)?;
                }
                self.notice(d.deadline_id.as_deref(), decision, &d.order)?;
            }
            DecisionBody::TaskUpdated(d) => self.notice(d.deadline_id.as_deref(), decision, &d.order)?,
            _ => {}
        }
        Ok(())
    }

    fn notice(&mut self, deadline: Option<&str>, decision: &Decision, order: &OrderKey) -> io::Result<()> {
        let Some(running) = deadline.and_then(|id| self.running.get_mut(id)).filter(|running| !running.told) else { return Ok(()) };
        running.told = true;
        let minutes = running.due_at.since(decision.time).as_millis().max(0) / 60_000;
        if !self.window.holds(decision.time) {
            return Ok(());
        }
        let figure = Figure::Notice(running.rule.clone());
        self.add(figure, order, Some(u32::try_from(minutes).unwrap_or(u32::MAX)))
    }

    fn add(&mut self, figure: Figure, order: &OrderKey, minutes: Option<u32>) -> io::Result<()> {
        let number = self.number(order)?;
        let figures = self.figures.entry(figure).or_default();
        figures.orders.push(number);
        figures.minutes.extend(minutes);
        Ok(())
    }

    fn number(&mut self, order: &OrderKey) -> io::Result<u32> {
        let mut hasher = DefaultHasher::new();
        order.hash(&mut hasher);
        let key = hasher.finish();
        if let Some(number) = self.numbers.get(&key) {
            return Ok(*number);
        }
        let number = u32::try_from(self.places.len()).map_err(|_| io::Error::other("more orders than can be counted"))?;
        let name = order.to_string();
        let length = u16::try_from(name.len()).map_err(|_| io::Error::other("an order's name is too long"))?;
        self.names.write_all(name.as_bytes())?;
        self.places.push((self.written, length));
        self.written += u64::from(length);
        self.numbers.insert(key, number);
        Ok(number)
    }

    /// Every figure.
    #[must_use]
    pub const fn figures(&self) -> &BTreeMap<Figure, Figures> {
        &self.figures
    }

    /// A figure; nothing where nothing was counted.
    #[must_use]
    pub fn figure(&self, figure: &Figure) -> Option<&Figures> {
        self.figures.get(figure)
    }

    /// The names of a figure's orders, each once, in the order of the first time.
    ///
    /// # Errors
    /// Where they cannot be read back.
    pub fn orders(&mut self, figure: &Figure) -> io::Result<Vec<String>> {
        self.names.flush()?;
        let Some(figures) = self.figures.get(figure) else { return Ok(Vec::new()) };
        let mut met = std::collections::HashSet::new();
        let mut names = Vec::new();
        for number in figures.orders.iter().filter(|number| met.insert(**number)) {
            let Some((at, length)) = self.places.get(*number as usize) else { continue };
            let file = self.names.get_mut();
            file.seek(SeekFrom::Start(*at))?;
            let mut bytes = vec![0; usize::from(*length)];
            file.read_exact(&mut bytes)?;
            names.push(String::from_utf8_lossy(&bytes).into_owned());
        }
        Ok(names)
    }
}
