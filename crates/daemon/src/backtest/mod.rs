//! What would have happened by other rules: the journal's facts played to two engines at once, one as it was lived and one under the rules in
//! question, and what both decided counted side by side.
//!
//! It streams: case files that rest lie in temporary files, and of what is counted only the orders' numbers stay. People's work is told to the
//! second engine by the kind of its task, since the tasks there have other ids; work on a task that was never opened there has no effect,
//! and is counted. Deliberately absent: how people would have worked had they seen other tasks.

mod names;
mod tally;

pub use tally::{Figure, Figures, Tally, Window};

use crate::replay::{Listener, Ordered, SpillShelf, play};
use names::Names;
use parcelward_casework::fact::{Fact, FactBody};
use parcelward_casework::instant::Instant;
use parcelward_casework::replay::{NotTaken, Player, Sink};
use parcelward_casework::rules::Rules;
use std::io;

/// What both engines came to.
#[derive(Debug)]
pub struct Compared {
    /// As it was lived.
    pub then: Tally,
    /// Under the rules in question.
    pub now: Tally,
    /// Facts that were played.
    pub facts: u64,
    /// Work on tasks, and answers to requests, that had nothing to be about under the rules in question.
    pub without_effect: u64,
}

/// Two engines that hear the same facts.
struct Both<'r> {
    lived: Player<'r, SpillShelf>,
    asked: Player<'r, SpillShelf>,
    then: Tally,
    now: Tally,
    names: Names,
    without_effect: u64,
}

/// Plays facts to both. `lived` are the rules that held before the facts tell of others.
///
/// # Errors
/// Where the facts cannot be read on, or temporary files not be written.
pub fn compare(facts: Ordered, lived: &Rules, asked: &Rules, window: Window, at_due: &[String]) -> io::Result<Compared> {
    let mut both = Both {
        lived: Player::new(lived, SpillShelf::default()),
        asked: Player::new(asked, SpillShelf::default()),
        then: Tally::new(window, at_due)?,
        now: Tally::new(window, at_due)?,
        names: Names::default(),
        without_effect: 0,
    };
    let outcome = play(facts, &mut both, window.until, &mut |_| Ok(()), &mut io::sink())?;
    Ok(Compared { then: both.then, now: both.now, facts: outcome.taken, without_effect: both.without_effect })
}

impl Listener for Both<'_> {
    fn fact(&mut self, fact: &Fact, _: Sink<'_>) -> Result<(), NotTaken> {
        // What the fact names is looked up before it changes anything.
        let told = self.names.told(fact);
        let (then, names) = (&mut self.then, &mut self.names);
        let lived = self.lived.fact(fact, &mut |decision| {
            names.note(&decision);
            then.count(&decision)
        });
        // The rules in question hold throughout.
        if matches!(&lived, Err(NotTaken::Io(_))) || matches!(fact.body, FactBody::Configuration(_)) {
            return lived;
        }
        let now = &mut self.now;
        match told.map(|told| self.asked.fact(&told, &mut |decision| now.count(&decision))) {
            Some(Err(NotTaken::Io(error))) => return Err(error.into()),
            Some(Err(_)) | None => self.without_effect += u64::from(lived.is_ok()),
            Some(Ok(())) => {}
        }
        lived
    }

    fn run_on(&mut self, until: Instant, _: Sink<'_>) -> io::Result<()> {
        let (then, now) = (&mut self.then, &mut self.now);
        self.lived.run_on(until, &mut |decision| then.count(&decision))?;
        self.asked.run_on(until, &mut |decision| now.count(&decision))
    }
}
