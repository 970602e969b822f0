//! A second rule set beside the one in force: what it would set otherwise is logged and counted, and nothing else comes of it.
//!
//! It looks at each signal by itself, from the case file as it was: which clocks would be set, due when and with which rungs, and which tasks would
//! open. It does so on a thread of its own after the commit, and what it cannot keep up with is left out and counted: the live path waits for
//! nothing and hears of no error. Deliberately absent: a second life of the case files; what would come of what would be set is `backtest`'s to say.

use crate::metric;
use parcelward_casework::casefile::CaseFile;
use parcelward_casework::decision::{DecisionBody, order_tag};
use parcelward_casework::fact::{Fact, FactId};
use parcelward_casework::instant::Instant;
use parcelward_casework::rules::Rules;
use parcelward_casework::world::World;
use parcelward_casework::{Plan, Signal, decide};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

/// Signals that may wait to be looked at.
const WAITING: usize = 1_000;
/// Differences that are logged of one signal; what is beyond is counted.
const LOGGED: usize = 10;

/// The rules that run beside.
#[derive(Debug, Clone)]
pub struct Shadow {
    queue: SyncSender<Seen>,
    /// The word for them in the log.
    revision: Arc<str>,
}

/// A signal as it was decided.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) before: CaseFile,
    pub(crate) fact: Option<(Arc<Fact>, Option<FactId>)>,
    pub(crate) now: Instant,
    pub(crate) world: Arc<World>,
    pub(crate) live: Outcome,
}

/// What a signal sets, as far as rules say it: clocks by rule and start, tasks by kind.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome(BTreeMap<String, String>);

impl Outcome {
    /// Of a plan.
    pub(crate) fn of(plan: &Plan) -> Self {
        let mut set = BTreeMap::new();
        for decision in &plan.decisions {
            let (deadline, task) = match &decision.body {
                DecisionBody::DeadlineSet(d) => (Some(&d.deadline_id), None),
                DecisionBody::DeadlineMoved(d) => (Some(&d.deadline_id), None),
                DecisionBody::TaskOpened(d) => (None, Some(d)),
                _ => (None, None),
            };
            if let Some(clock) = deadline.and_then(|id| plan.file.deadlines.iter().find(|d| d.id == *id)) {
                let rungs: Vec<String> = clock.rungs.iter().map(ToString::to_string).collect();
                let key = format!("deadline {} from {}", clock.rule, clock.starts_at);
                set.insert(
                    key,
                    format!("due {}, rungs {}", clock.due_at, if rungs.is_empty() { "none".to_owned() } else { rungs.join(" ") }),
                );
            }
            if let Some(task) = task {
                let n = set.keys().filter(|key: &&String| key.starts_with(&format!("task {} ", task.kind))).count();
                set.insert(format!("task {} {}", task.kind, n + 1), format!("due {}, {} for {}", task.due_at, task.urgency, task.queue));
            }
        }
        Outcome(set)
    }

    /// What differs: what it is about, what is live, what would be.
    fn differences<'a>(&'a self, other: &'a Outcome) -> Vec<(&'a str, &'a str, &'a str)> {
        let nothing = "nothing";
        let mut all: Vec<(&str, &str, &str)> = Vec::new();
        for (key, live) in &self.0 {
            let would = other.0.get(key).map_or(nothing, String::as_str);
            if would != live {
                all.push((key, live, would));
            }
        }
        all.extend(
            other.0.iter().filter(|(key, _)| !self.0.contains_key(*key)).map(|(key, would)| (key.as_str(), nothing, would.as_str())),
        );
        all
    }
}

impl Shadow {
    /// Starts looking. It ends when the last copy is dropped.
    ///
    /// # Errors
    /// Where no thread can be started.
    pub fn start(rules: Arc<Rules>, revision: &str) -> std::io::Result<Self> {
        let (queue, seen) = sync_channel(WAITING);
        let word: Arc<str> = revision.into();
        let revision = Arc::clone(&word);
        std::thread::Builder::new().name("shadow rules".to_owned()).spawn(move || run(&seen, &rules, &word))?;
        Ok(Shadow { queue, revision })
    }

    /// The word for its rules.
    #[must_use]
    pub fn revision(&self) -> &str {
        &self.revision
    }

    /// Hands signals over. What finds no room is left out.
    pub(crate) fn look(&self, seen: Vec<Seen>) {
        for one in seen {
            if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) = self.queue.try_send(one) {
                metrics::counter!(metric::SHADOW_LEFT_OUT).increment(1);
            }
        }
    }
}

fn run(seen: &Receiver<Seen>, rules: &Arc<Rules>, revision: &str) {
    let mut world = World::default();
    for one in seen {
        // What became known since; a world that is another altogether is read from the start.
        if one.world.position() < world.position() {
            world = World::default();
        }
        one.world.changes().iter().skip(world.position() as usize).for_each(|change| world.push(change.clone()));
        world.decide_by(Arc::clone(rules));
        let looked = catch_unwind(AssertUnwindSafe(|| would(&one, rules, &world)));
        match looked {
            Ok(would) => tell(&one, &would, revision),
            Err(_) => {
                tracing::error!(order = %order_tag(&one.before.key), revision, "the shadow rules could not be decided by; nothing else comes of it")
            }
        }
    }
}

fn would(seen: &Seen, rules: &Rules, world: &World) -> Outcome {
    let signal = match &seen.fact {
        Some((fact, by)) => Signal::Fact { fact, released_by: by.as_ref() },
        None => Signal::TimePassed,
    };
    Outcome::of(&decide(seen.before.clone(), rules, world, seen.now, signal))
}

fn tell(seen: &Seen, would: &Outcome, revision: &str) {
    let differences = seen.live.differences(would);
    for (what, live, shadow) in differences.iter().take(LOGGED) {
        tracing::info!(order = %order_tag(&seen.before.key), revision, what, live, shadow, "the shadow rules would decide otherwise");
    }
    for (what, ..) in differences {
        let kind = if what.starts_with("task") { "task" } else { "deadline" };
        metrics::counter!(metric::SHADOW_DIFFERENCES, "what" => kind).increment(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(of: &[(&str, &str)]) -> Outcome {
        Outcome(of.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn what_differs_is_named_from_both_sides() {
        let live = outcome(&[("deadline a", "due 1"), ("deadline b", "due 2"), ("task x 1", "due 3")]);
        let would = outcome(&[("deadline a", "due 1"), ("deadline b", "due 5"), ("task y 1", "due 3")]);
        let differences = live.differences(&would);
        assert_eq!(differences, [("deadline b", "due 2", "due 5"), ("task x 1", "due 3", "nothing"), ("task y 1", "nothing", "due 3")]);
        assert!(live.differences(&live).is_empty());
    }
}
