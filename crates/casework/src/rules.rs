//! `Rules`: the compiled configuration that decisions are made under.
//!
//! [`RawRules`] is what operators write; [`Rules::compile`] turns it into `Rules` or says everything that is wrong with it.
//! Deliberately absent: reading files (the daemon's configuration module does that) and the texts' wording (`text`).

use crate::calendar::{StaffedHours, WorkingDays};
use crate::compile_rules::{compile_again, compile_calendars, compile_rules, compile_staffed, compile_tasks};
use crate::instant::{Instant, Length};
pub use crate::raw_rules::{FeePayer, Policy, RawAgain, RawCalendar, RawLadder, RawRule, RawRules, RawStaffed, RawTask, ReshipPolicy};
use crate::region::short_province;
use crate::rule_kind::RuleKind;
use crate::text::Texts;
use crate::words::*;
use crate::world::{Scope, Seen};
use std::collections::{BTreeMap, BTreeSet};

/// How long a deadline is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// Day and night.
    Hours(Length),
    /// The same local time on the n-th working day after the start day.
    WorkingDays(u16),
    /// Only the queue's staffed hours count.
    StaffedHours(Length),
    /// The next local time of day, strictly after the start (minutes after midnight).
    NextLocal(u16),
}

impl Span {
    /// The clock that this span runs on.
    #[must_use]
    pub const fn clock(self) -> ClockKind {
        match self {
            Span::Hours(_) | Span::NextLocal(_) => ClockKind::Hours,
            Span::WorkingDays(_) => ClockKind::WorkingDays,
            Span::StaffedHours(_) => ClockKind::StaffedHours,
        }
    }

    /// When this span's due time is once its clock has stood still for every `suspend` that it meets.
    #[must_use]
    pub fn stand_still(self, seen: Seen<'_>, scope: &Scope<'_>, start: Instant, due: Instant, staffed: &StaffedHours) -> Instant {
        match self {
            Span::StaffedHours(_) => seen.suspend(scope, start, due, |a, b| staffed.between(a, b), |due, lost| staffed.add(due, lost)),
            _ => seen.suspend(scope, start, due, |a, b| b.since(a), |due, lost| due + lost),
        }
    }

    /// Reads `48h`, `7d`, `4 working days`, `2 staffed hours` or `next 10:00`.
    ///
    /// # Errors
    /// Says what the text should look like.
    pub fn parse(text: &str) -> Result<Self, String> {
        let bad = || format!("`{text}` is not a length: write `48h`, `7d`, `4 working days`, `2 staffed hours` or `next 10:00`");
        let words: Vec<&str> = text.split_whitespace().collect();
        match words.as_slice() {
            ["next", time] => minute_of_day(time).map(Span::NextLocal).ok_or_else(bad),
            [n, "working", "day" | "days"] => n.parse().ok().filter(|n| (1..=60).contains(n)).map(Span::WorkingDays).ok_or_else(bad),
            [n, "staffed", "hour" | "hours"] => {
                n.parse().ok().filter(|n| (1..=500).contains(n)).map(|n| Span::StaffedHours(Length::hours(n))).ok_or_else(bad)
            }
            _ => Length::parse(text).ok().filter(|l| *l > Length::ZERO).map(Span::Hours).ok_or_else(bad),
        }
    }
}

/// Reads `HH:MM` as minutes after midnight; `24:00` is the end of the day.
pub(crate) fn minute_of_day(text: &str) -> Option<u16> {
    let (h, m) = text.split_once(':')?;
    let (h, m): (u16, u16) = (h.parse().ok()?, m.parse().ok()?);
    (h < 24 && m < 60 || h == 24 && m == 0).then_some(h * 60 + m)
}

/// When a rule acts before its due time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ladder {
    /// Before the due time, longest first.
    Before(Vec<Step>),
    /// At the due instant itself.
    AtDue,
}

/// A rung of a ladder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// How long before the due time it acts.
    pub before: Length,
    /// The same as the operator wrote it: `because` names the rung by it.
    pub name: String,
}

/// A rule as it holds from one date to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleVersion {
    /// Clocks that start at or after this instant use it.
    pub from: Instant,
    /// Clocks that start at or after this instant do not.
    pub until: Instant,
    /// Its length.
    pub span: Span,
    /// Other lengths, by the situation that asks for them (`remote`, `shipped`, …).
    pub variants: BTreeMap<String, Span>,
    /// Its ladder.
    pub ladder: Ladder,
    /// The ladder once the parcel was signed for (`auto_refund_appeal`).
    pub ladder_signed: Option<Ladder>,
    /// The queue whose staffed hours its rungs keep.
    pub queue: Queue,
}

impl RuleVersion {
    /// The ladder of a clock of this variant.
    #[must_use]
    pub fn ladder_of(&self, variant: Option<&str>) -> &Ladder {
        match (&self.ladder_signed, variant) {
            (Some(signed), Some("signed")) => signed,
            _ => &self.ladder,
        }
    }
}

/// Numbers of a task kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskRule {
    /// Who works it.
    pub queue: Queue,
    /// Staffed time until due where no deadline gives the time.
    pub hours: Length,
    /// Its urgency when opened.
    pub urgency: Urgency,
}

/// When an answer that is none is asked for again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Again {
    /// See [`RawAgain::courier_looks`].
    pub courier_looks: Length,
    /// See [`RawAgain::no_answer`].
    pub no_answer: Length,
    /// See [`RawAgain::by_phone`].
    pub by_phone: Length,
    /// See [`RawAgain::return_silent`].
    pub return_silent: Length,
    /// See [`RawAgain::return_unscanned`].
    pub return_unscanned: Length,
    /// See [`RawAgain::undeclared`].
    pub undeclared: Length,
    /// See [`RawAgain::extension`].
    pub extension: Length,
}

/// The compiled configuration.
#[derive(Debug, Clone)]
pub struct Rules {
    /// By platform, then by rule: looked up several times a decision. A rule of all platforms stands under each.
    versions: Vec<Vec<RuleVersion>>,
    tasks: Vec<TaskRule>,
    staffed: [StaffedHours; 3],
    working_days: WorkingDays,
    /// The merchant's choices.
    pub policy: Policy,
    /// The ETA gate as a length.
    pub eta_gate: Length,
    /// When an answer that is none is asked for again.
    pub again: Again,
    /// The texts in the configured language.
    pub texts: Texts,
}

/// One thing that is wrong with the configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {message}{}", suggestion.as_ref().map(|s| format!("; did you mean `{s}`?")).unwrap_or_default())]
pub struct RuleProblem {
    /// The key, dotted (`rule."pdd.collect".versions[0].length`).
    pub key: String,
    /// What is wrong, and what would be right.
    pub message: String,
    /// What sort of mistake it is: `bad-value`, `bad-length`, `bad-date`, `bad-ladder`, `unknown-name`, `missing`, `unstaffed` or `overlap`.
    pub code: &'static str,
    /// The known name that was probably meant.
    pub suggestion: Option<String>,
}

impl RuleProblem {
    pub(crate) fn new(code: &'static str, key: impl Into<String>, message: impl Into<String>) -> Self {
        RuleProblem { key: key.into(), message: message.into(), code, suggestion: None }
    }

    pub(crate) fn unknown(key: String, what: &str, name: &str, known: &[&str]) -> Self {
        let nearest = known.iter().map(|k| (strsim::jaro_winkler(name, k), *k)).max_by(|a, b| a.0.total_cmp(&b.0));
        let suggestion = nearest.filter(|(score, _)| *score > 0.7).map(|(_, word)| word.to_owned());
        let list = if known.len() <= 12 && suggestion.is_none() { format!(": there are {}", known.join(", ")) } else { String::new() };
        RuleProblem { key, message: format!("there is no {what} `{name}`{list}"), code: "unknown-name", suggestion }
    }
}

impl Rules {
    /// Compiles what operators wrote.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn compile(raw: &RawRules, calendars: &[RawCalendar], texts: Texts) -> Result<Rules, Vec<RuleProblem>> {
        let mut problems = Vec::new();
        let mut say = |problem: RuleProblem| problems.push(problem);
        let versions = compile_rules(&raw.rule, &mut say);
        let tasks = compile_tasks(&raw.task, &mut say);
        let staffed = Queue::ALL
            .iter()
            .map(|queue| {
                let hours = raw.staffed.get(queue.word()).map(|raw| compile_staffed(queue.word(), raw, &mut say));
                match hours {
                    Some(hours) if hours.is_ever_staffed() => hours,
                    // Periods that cannot be read are told one by one.
                    Some(_)
                        if raw
                            .staffed
                            .get(queue.word())
                            .is_some_and(|raw| !raw.daily.is_empty() || raw.days.values().any(|d| !d.is_empty())) =>
                    {
                        StaffedHours::daily(vec![(540, 1320)])
                    }
                    _ => {
                        let message = format!("queue `{queue}` has no staffed hours: write `daily = [\"09:00-22:00\"]`");
                        say(RuleProblem::new("unstaffed", format!("staffed.{queue}"), message));
                        StaffedHours::daily(vec![(540, 1320)])
                    }
                }
            })
            .collect::<Vec<_>>();
        for name in raw.staffed.keys().filter(|name| Queue::from_word(name).is_none()) {
            say(RuleProblem::unknown(format!("staffed.{name}"), "queue", name, Queue::WORDS));
        }
        let working_days = compile_calendars(calendars, &mut say);
        let again = compile_again(&raw.policy.again, &mut say);
        let eta_gate = Length::parse(&raw.policy.eta_gate).unwrap_or_else(|e| {
            say(RuleProblem::new("bad-length", "policy.eta_gate", e.to_string()));
            Length::hours(48)
        });
        let Ok(staffed) = <[StaffedHours; 3]>::try_from(staffed) else {
            return Err(problems);
        };
        let mut policy = raw.policy.clone();
        for list in [&mut policy.remote, &mut policy.far_remote] {
            for name in list.iter_mut() {
                *name = short_province(name);
            }
        }
        let versions = by_platform(&versions);
        if problems.is_empty() {
            Ok(Rules { versions, tasks, staffed, working_days, policy, eta_gate, again, texts })
        } else {
            Err(problems)
        }
    }

    /// The version of a rule that holds for a clock that starts at this instant.
    #[must_use]
    pub fn version(&self, kind: RuleKind, platform: Platform, start: Instant) -> Option<&RuleVersion> {
        let versions = self.versions.get(platform as usize * RuleKind::ALL.len() + kind as usize)?;
        versions.iter().rfind(|v| v.from <= start && start < v.until).or_else(|| versions.last())
    }

    /// A task kind's numbers.
    #[must_use]
    pub fn task(&self, kind: TaskKind) -> TaskRule {
        self.tasks[kind as usize]
    }

    /// A queue's staffed hours.
    #[must_use]
    pub fn staffed(&self, queue: Queue) -> &StaffedHours {
        &self.staffed[queue as usize]
    }

    /// The working-day calendar.
    #[must_use]
    pub const fn working_days(&self) -> &WorkingDays {
        &self.working_days
    }
}

fn by_platform(versions: &BTreeMap<(&'static str, RuleKind), Vec<RuleVersion>>) -> Vec<Vec<RuleVersion>> {
    let of = |platform: Platform, kind: RuleKind| {
        let prefix = if kind.is_platform_rule() { platform.rule_prefix() } else { "" };
        versions.get(&(prefix, kind)).cloned().unwrap_or_default()
    };
    Platform::ALL.iter().flat_map(|&platform| RuleKind::ALL.iter().map(move |&kind| (platform, kind))).map(|(p, k)| of(p, k)).collect()
}

/// Every rule id that exists, with its prefix (empty for the rules of all platforms) and kind.
#[must_use]
pub fn rule_ids() -> Vec<(String, &'static str, RuleKind)> {
    let mut ids = Vec::new();
    for &kind in RuleKind::ALL {
        if kind.is_platform_rule() {
            let mut seen = BTreeSet::new();
            for &platform in Platform::ALL.iter().filter(|p| kind.exists_for(**p)) {
                if seen.insert(platform.rule_prefix()) {
                    ids.push((kind.id(platform), platform.rule_prefix(), kind));
                }
            }
        } else {
            ids.push((kind.word().to_owned(), "", kind));
        }
    }
    ids
}
