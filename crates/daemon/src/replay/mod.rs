//! `parcelward replay`: reading facts in order, and showing what was decided and what could not be taken.
//!
//! Memory is bounded whatever the file's size: lines are read in blocks and sorted outside memory where they must be (`order`), identities
//! and idle case files go to temporary files (`seen`, `spill`). Deliberately absent: the virtual clock over the case files (a [`Listener`]),
//! and every rule.

mod feed;
mod lines;
mod order;
mod out;
mod seen;
mod shelving;
mod spill;
mod summary;

pub use order::Ordered;
pub use out::Out;
pub use seen::{Known, SeenFacts};
pub use spill::SpillShelf;
pub use summary::{RuleCounts, Summary};

use parcelward_casework::fact::{Fact, FactId};
use parcelward_casework::instant::Instant;
use parcelward_casework::replay::{NotTaken, Player, Shelf, Sink};
use std::io::{self, Write};

/// Something that facts are played to: the core under a virtual clock.
pub trait Listener {
    /// Takes a fact at its own decision time: everything due before it is decided first.
    ///
    /// # Errors
    /// [`NotTaken`].
    fn fact(&mut self, fact: &Fact, sink: Sink<'_>) -> Result<(), NotTaken>;

    /// Lets the clock run on to this instant, inclusive.
    ///
    /// # Errors
    /// Where decisions cannot be written, or case files not be kept.
    fn run_on(&mut self, until: Instant, sink: Sink<'_>) -> io::Result<()>;
}

impl<S: Shelf> Listener for Player<'_, S> {
    fn fact(&mut self, fact: &Fact, sink: Sink<'_>) -> Result<(), NotTaken> {
        Player::fact(self, fact, sink)
    }

    fn run_on(&mut self, until: Instant, sink: Sink<'_>) -> io::Result<()> {
        Player::run_on(self, until, sink)
    }
}

/// How a replay went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Lines read, blank ones not counted.
    pub lines: u64,
    /// Facts taken.
    pub taken: u64,
    /// Facts said before in the same words.
    pub repeated: u64,
    /// Lines reported: bad ones, conflicts, and facts that name nothing.
    pub reported: u64,
    /// Facts later than `--until`.
    pub after_until: u64,
}

/// Plays facts in their order; reports what cannot be taken, one line each; lets the clock run on to `until`, or to the last fact.
///
/// # Errors
/// Where the facts cannot be read on, or the results not be written.
pub fn play(
    lines: Ordered,
    player: &mut impl Listener,
    until: Option<Instant>,
    sink: Sink<'_>,
    reports: &mut impl Write,
) -> io::Result<Outcome> {
    let mut outcome = Outcome::default();
    let mut seen = SeenFacts::default();
    let mut last = None;
    for batch in feed::start(lines)? {
        for told in batch? {
            outcome.lines += 1;
            let report = match told.fact {
                Err(bad) => Some(format!("line {}: {bad}", told.line)),
                Ok(fact) if until.is_some_and(|until| fact.decided_at() > until) => {
                    outcome.after_until += 1;
                    None
                }
                Ok(fact) => {
                    last = Some(fact.decided_at());
                    one(&fact, told.line, player, &mut seen, sink, &mut outcome, reports)?
                }
            };
            if let Some(report) = report {
                outcome.reported += 1;
                writeln!(reports, "{report}")?;
            }
        }
    }
    if let Some(until) = until.or(last) {
        player.run_on(until, sink)?;
    }
    if outcome.after_until > 0 {
        writeln!(reports, "{} facts after --until were left out", outcome.after_until)?;
    }
    Ok(outcome)
}

/// Plays one fact; gives what is to be reported of it.
fn one(
    fact: &Fact,
    line: u64,
    player: &mut impl Listener,
    seen: &mut SeenFacts,
    sink: Sink<'_>,
    outcome: &mut Outcome,
    reports: &mut impl Write,
) -> io::Result<Option<String>> {
    let FactId { source, id } = &fact.id;
    let report = |what: String| Some(format!("line {line}: source `{source}`, id `{id}`: {what}"));
    match seen.look(fact)? {
        Known::Same => {
            outcome.repeated += 1;
            return Ok(None);
        }
        Known::Other { line } => {
            return Ok(report(format!("field `id`: line {line} says something different under the same source and id")));
        }
        Known::New => {}
    }
    match player.fact(fact, sink) {
        Ok(()) => {
            outcome.taken += 1;
            seen.remember(&fact.id, fact.fingerprint, line)?;
            Ok(None)
        }
        Err(NotTaken::Refused(refusal)) if refusal.is_journalled() => {
            // It was right when it was made, and stands in the journal: no error of the file.
            seen.remember(&fact.id, fact.fingerprint, line)?;
            writeln!(reports, "line {line}: source `{source}`, id `{id}`: without effect: {refusal}")?;
            Ok(None)
        }
        Err(NotTaken::Io(e)) => Err(e),
        Err(bad) => Ok(report(bad.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Remembers what it was given.
    #[derive(Default)]
    struct Recorder(Vec<String>);

    impl Listener for Recorder {
        fn fact(&mut self, fact: &Fact, _: Sink<'_>) -> Result<(), NotTaken> {
            match fact.id.id.as_str() {
                "nothing" => Err(NotTaken::NoOrder { field: "task_id" }),
                id => {
                    self.0.push(id.to_owned());
                    Ok(())
                }
            }
        }
        fn run_on(&mut self, until: Instant, _: Sink<'_>) -> io::Result<()> {
            self.0.push(format!("until {until}"));
            Ok(())
        }
    }

    fn fact(id: &str, minute: u32, status: &str) -> String {
        format!(
            r#"{{"specversion":"1.0","id":"{id}","source":"t","type":"parcelward.tracking","time":"2026-03-10T08:{minute:02}:00+08:00","data":{{"waybill":{{"courier":"zto","number":"1"}},"status":"{status}"}}}}"#
        )
    }

    fn replay(lines: &[String], until: Option<&str>) -> (Vec<String>, Outcome, String) {
        let (mut player, mut reports) = (Recorder::default(), Vec::new());
        let ordered = Ordered::of_stream(lines.join("\n").as_bytes()).unwrap();
        let until = until.map(|t| Instant::parse(t).unwrap());
        let outcome = play(ordered, &mut player, until, &mut |_| Ok(()), &mut reports).unwrap();
        (player.0, outcome, String::from_utf8(reports).unwrap())
    }

    #[test]
    fn plays_in_order_and_runs_on_to_the_last_fact() {
        let (played, outcome, reports) = replay(&[fact("b", 5, "arrived"), fact("a", 1, "collected")], None);
        assert_eq!(played, ["a", "b", "until 2026-03-10T08:05:00+08:00"]);
        assert_eq!((outcome.taken, outcome.reported, reports.as_str()), (2, 0, ""));
    }

    #[test]
    fn reports_with_line_source_id_and_field_and_plays_the_rest() {
        let bad = fact("bad", 2, "nowhere");
        let lines = [
            fact("a", 1, "collected"),
            bad,
            "nonsense".to_owned(),
            fact("a", 3, "arrived"),
            fact("nothing", 4, "arrived"),
            fact("z", 5, "arrived"),
        ];
        let (played, outcome, reports) = replay(&lines, None);
        assert_eq!(played[..2], ["a", "z"]);
        assert_eq!((outcome.lines, outcome.taken, outcome.reported), (6, 2, 4));
        let told: Vec<&str> = reports.lines().collect();
        assert!(told[0].starts_with("line 2: source `t`, id `bad`: field `data.status`: "), "{reports}");
        assert!(told[1].starts_with("line 3: field `(line)`: "), "{reports}");
        assert_eq!(told[2], "line 4: source `t`, id `a`: field `id`: line 1 says something different under the same source and id");
        assert_eq!(told[3], "line 5: source `t`, id `nothing`: field `data.task_id`: no order is known that has it");
    }

    #[test]
    fn a_fact_said_again_is_taken_once_and_one_after_until_is_not() {
        let (played, outcome, _) =
            replay(&[fact("a", 1, "collected"), fact("a", 1, "collected"), fact("b", 9, "arrived")], Some("2026-03-10T08:05:00+08:00"));
        assert_eq!(played, ["a", "until 2026-03-10T08:05:00+08:00"]);
        assert_eq!((outcome.taken, outcome.repeated, outcome.after_until), (1, 1, 1));
    }
}
