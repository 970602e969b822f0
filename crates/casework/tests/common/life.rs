//! The life of one order: facts come in and time passes, as the daemon lives it, and somebody watches every signal.

use super::history::{History, Wait, What};
use super::{RULES, Verdict, json, make};
use parcelward_casework::casefile::CaseFile;
use parcelward_casework::decision::Decision;
use parcelward_casework::fact::{Fact, FactBody, FactId, OrderKey, Waybill};
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::world::World;
use parcelward_casework::{Plan, Refusal, Signal, decide, next_wake_at};
use proptest::test_runner::TestCaseError;

/// No history of these tests has this many decisions in it, unless something comes again and again.
const AT_MOST: usize = 1_500;

/// One signal and what came of it.
pub struct Seen<'a> {
    /// The case file before.
    pub before: &'a CaseFile,
    /// The world before.
    pub world: &'a World,
    /// The signal.
    pub signal: Signal<'a>,
    /// When.
    pub now: Instant,
    /// What came of it.
    pub plan: &'a Plan,
}

/// Who watches.
pub type Watch<'w> = &'w mut dyn FnMut(&Seen<'_>) -> Verdict;

/// One order's life.
#[derive(Clone)]
pub struct Life {
    /// The case file.
    pub file: CaseFile,
    /// What is known of the world.
    pub world: World,
    /// The virtual clock.
    pub now: Instant,
    /// Every fact that was told, in order.
    pub facts: Vec<Fact>,
    /// Every decision that was made, in order.
    pub decisions: Vec<Decision>,
    /// Why facts had no effect.
    pub refused: Vec<Refusal>,
    parked: Vec<Fact>,
}

impl Life {
    /// Begins with nothing known.
    pub fn new(key: OrderKey, now: Instant) -> Self {
        Life {
            file: CaseFile::new(key),
            world: World::default(),
            now,
            facts: Vec::new(),
            decisions: Vec::new(),
            refused: Vec::new(),
            parked: Vec::new(),
        }
    }

    /// Lives a history through, and `after` beyond it, with nobody watching.
    pub fn of(history: &History, order: &str, after: Length) -> Self {
        Life::watched(history, order, after, &mut |_| Ok(())).expect("nobody watches")
    }

    /// Lives a history through, and `after` beyond it. Where the watcher objects, the facts until then are told with it.
    pub fn watched(history: &History, order: &str, after: Length, watch: Watch<'_>) -> Result<Self, TestCaseError> {
        let mut life = Life::new(make::key(history, order), make::beginning(history));
        let lived = life.live(history, after, watch);
        lived.map_err(|error| life.with_story(error))?;
        Ok(life)
    }

    /// The error with the facts that led to it, and the decisions.
    pub fn with_story(&self, error: TestCaseError) -> TestCaseError {
        let facts: Vec<String> = self.facts.iter().map(json::line).collect();
        let last = self.decisions.iter().rev().take(40).rev().map(json::brief);
        let told = format!("{error}\nfacts:\n{}\nlast decisions:\n{}", facts.join("\n"), last.collect::<Vec<_>>().join("\n"));
        TestCaseError::fail(told)
    }

    fn live(&mut self, history: &History, after: Length, watch: Watch<'_>) -> Verdict {
        for fact in make::beginnings(history, &self.file.key) {
            self.pass(fact.decided_at(), watch)?;
            self.take(fact, watch)?;
        }
        for step in &history.steps {
            let at = match step.wait {
                Wait::Minutes(minutes) => self.now + Length::minutes(i64::from(minutes)),
                Wait::Moments(n) => {
                    self.moments(n, watch)?;
                    self.now + Length::minutes(1)
                }
                Wait::ToTheMoment => next_wake_at(&self.file).unwrap_or(self.now).max(self.now),
            };
            self.pass(at, watch)?;
            if step.what == What::Nothing {
                continue;
            }
            if let Some(fact) = make::fact_told(self, history, step) {
                self.take(fact, watch)?;
            }
        }
        self.run_on(self.now + after, watch)
    }

    /// Lets the case file's own next moments come.
    fn moments(&mut self, n: u8, watch: Watch<'_>) -> Verdict {
        for _ in 0..n {
            let Some(at) = next_wake_at(&self.file).filter(|at| *at < Instant::MAX) else { return Ok(()) };
            self.run_on(at, watch)?;
        }
        Ok(())
    }

    /// Lets the next moment before this instant come, if there is one.
    pub fn step_before(&mut self, limit: Instant) -> bool {
        let Some(at) = self.next().filter(|at| *at < limit) else { return false };
        self.now = self.now.max(at);
        self.signal(Signal::TimePassed, at, &mut |_| Ok(())).is_ok()
    }

    /// Lets everything before this instant come.
    pub fn pass(&mut self, limit: Instant, watch: Watch<'_>) -> Verdict {
        self.wake(limit, false, watch)
    }

    /// Lets everything until this instant come, inclusive.
    pub fn run_on(&mut self, limit: Instant, watch: Watch<'_>) -> Verdict {
        self.wake(limit, true, watch)
    }

    fn wake(&mut self, limit: Instant, inclusive: bool, watch: Watch<'_>) -> Verdict {
        while let Some(at) = self.next().filter(|at| *at < limit || (inclusive && *at == limit)) {
            self.now = self.now.max(at);
            self.signal(Signal::TimePassed, at, watch)?;
            if self.decisions.len() > AT_MOST {
                return super::broken(format!("more than {AT_MOST} decisions by {at}: something comes again and again"));
            }
        }
        self.now = self.now.max(limit);
        Ok(())
    }

    /// The next moment: the case file's own, or unread news of the world.
    fn next(&self) -> Option<Instant> {
        let news = self.world.changes().get(self.file.world_seen as usize).map(|c| c.at.max(self.file.clock));
        let news = news.filter(|_| next_wake_at(&self.file).is_some());
        [next_wake_at(&self.file), news].into_iter().flatten().min()
    }

    /// Takes a fact in, at the clock's own time.
    pub fn take(&mut self, fact: Fact, watch: Watch<'_>) -> Verdict {
        self.facts.push(fact.clone());
        match &fact.body {
            FactBody::Coverage(_) | FactBody::Disruption(_) | FactBody::Configuration(_) => {
                self.world.note(&fact);
                Ok(())
            }
            FactBody::Tracking(f) if self.file.parcel_of(&f.waybill).is_none() => {
                self.parked.push(fact);
                Ok(())
            }
            _ => {
                self.signal(Signal::Fact { fact: &fact, released_by: None }, self.now, watch)?;
                self.release(&fact.id, watch)
            }
        }
    }

    fn release(&mut self, by: &FactId, watch: Watch<'_>) -> Verdict {
        let waybills: Vec<Waybill> = self.file.waybills().cloned().collect();
        for waybill in waybills {
            let of_it = |fact: &Fact| matches!(&fact.body, FactBody::Tracking(f) if f.waybill == waybill);
            let (free, parked) = std::mem::take(&mut self.parked).into_iter().partition(of_it);
            self.parked = parked;
            let free: Vec<Fact> = free;
            for fact in &free {
                self.signal(Signal::Fact { fact, released_by: Some(by) }, self.now, watch)?;
            }
        }
        Ok(())
    }

    fn signal(&mut self, signal: Signal<'_>, now: Instant, watch: Watch<'_>) -> Verdict {
        let before = self.file.clone();
        let plan = decide(before.clone(), &RULES, &self.world, now, signal);
        let verdict = watch(&Seen { before: &before, world: &self.world, signal, now, plan: &plan });
        self.decisions.extend(plan.decisions);
        self.refused.extend(plan.refused);
        self.file = plan.file;
        for change in plan.noted {
            self.world.push(change);
        }
        verdict
    }
}
