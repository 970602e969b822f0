//! `Rules`: the compiled configuration that decisions are made under.
//!
//! [`RawRules`] is what operators write; [`Rules::compile`] turns it into `Rules` or says everything that is wrong with it.
//! Deliberately absent: reading files (the daemon's configuration module does that) and the texts' wording (`text`).

use crate::calendar::{StaffedHours, WorkingDays};
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
fn minute_of_day(text: &str) -> Option<u16> {
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
#[error("{key}: {message}")]
pub struct RuleProblem {
    /// The key, dotted (`rule."pdd.collect".length`).
    pub key: String,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl Rules {
    /// Compiles what operators wrote.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn compile(raw: &RawRules, calendars: &[RawCalendar], texts: Texts) -> Result<Rules, Vec<RuleProblem>> {
        let mut problems = Vec::new();
        let mut say = |key: String, message: String| problems.push(RuleProblem { key, message });
        let versions = compile_rules(&raw.rule, &mut say);
        let tasks = compile_tasks(&raw.task, &mut say);
        let staffed = Queue::ALL
            .iter()
            .map(|queue| {
                let hours = raw.staffed.get(queue.word()).map(|raw| compile_staffed(queue.word(), raw, &mut say));
                match hours {
                    Some(hours) if hours.is_ever_staffed() => hours,
                    _ => {
                        say(format!("staffed.{queue}"), format!("queue `{queue}` has no staffed hours: write `daily = [\"09:00-22:00\"]`"));
                        StaffedHours::daily(vec![(540, 1320)])
                    }
                }
            })
            .collect::<Vec<_>>();
        for name in raw.staffed.keys().filter(|name| Queue::from_word(name).is_none()) {
            say(format!("staffed.{name}"), unknown(name, Queue::WORDS));
        }
        let working_days = compile_calendars(calendars, &mut say);
        let again = compile_again(&raw.policy.again, &mut say);
        let eta_gate = Length::parse(&raw.policy.eta_gate).unwrap_or_else(|e| {
            say("policy.eta_gate".to_owned(), e.to_string());
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

type Say<'a> = &'a mut dyn FnMut(String, String);

fn unknown<'a>(name: &str, known: impl IntoIterator<Item = &'a &'a str>) -> String {
    let nearest = known.into_iter().map(|k| (strsim::jaro_winkler(name, k), *k)).max_by(|a, b| a.0.total_cmp(&b.0));
    match nearest {
        Some((score, word)) if score > 0.7 => format!("unknown name `{name}`; did you mean `{word}`?"),
        _ => format!("unknown name `{name}`"),
    }
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

fn compile_rules(raw: &BTreeMap<String, RawRule>, say: Say) -> BTreeMap<(&'static str, RuleKind), Vec<RuleVersion>> {
    let ids = rule_ids();
    let names: Vec<&str> = ids.iter().map(|(id, _, _)| id.as_str()).collect();
    let mut compiled = BTreeMap::new();
    for (id, rule) in raw {
        let Some((_, prefix, kind)) = ids.iter().find(|(known, _, _)| known == id) else {
            say(format!("rule.\"{id}\""), unknown(id, &names));
            continue;
        };
        let mut versions = vec![compile_version(id, rule, None, say)];
        for later in &rule.versions {
            versions.push(compile_version(id, later, Some(rule), say));
        }
        versions.sort_by_key(|v| v.from);
        for pair in versions.windows(2) {
            if pair[0].from == pair[1].from {
                say(format!("rule.\"{id}\".versions"), "two versions begin on the same day: give each its own `effective_from`".to_owned());
            }
        }
        compiled.insert((*prefix, *kind), versions);
    }
    for (id, prefix, kind) in &ids {
        if !compiled.contains_key(&(*prefix, *kind)) && !raw.contains_key(id) {
            say(format!("rule.\"{id}\""), format!("rule `{id}` is missing"));
        }
    }
    compiled
}

fn compile_version(id: &str, raw: &RawRule, base: Option<&RawRule>, say: Say) -> RuleVersion {
    let key = |field: &str| format!("rule.\"{id}\".{field}");
    let length = raw.length.as_ref().or_else(|| base.and_then(|b| b.length.as_ref()));
    let span = match length.map(|text| Span::parse(text)) {
        Some(Ok(span)) => span,
        Some(Err(message)) => {
            say(key("length"), message);
            Span::Hours(Length::hours(24))
        }
        None => {
            say(key("length"), format!("rule `{id}` has no length"));
            Span::Hours(Length::hours(24))
        }
    };
    let variants = raw.variants.iter().chain(base.map(|b| &b.variants).into_iter().flatten());
    let mut spans = BTreeMap::new();
    for (name, text) in variants {
        match Span::parse(text) {
            Ok(span) => {
                spans.entry(name.clone()).or_insert(span);
            }
            Err(message) => say(key(&format!("variants.{name}")), message),
        }
    }
    let ladder = compile_ladder(raw.ladder.as_ref().or_else(|| base.and_then(|b| b.ladder.as_ref())), span, &key("ladder"), say);
    let signed = raw.ladder_signed.as_ref().or_else(|| base.and_then(|b| b.ladder_signed.as_ref()));
    let ladder_signed = signed.map(|l| compile_ladder(Some(l), span, &key("ladder_signed"), say));
    let mut day = |field: &str, text: &Option<String>, default: Instant| match text {
        None => default,
        Some(text) => text.parse::<jiff::civil::Date>().map_or_else(
            |_| {
                say(key(field), format!("`{text}` is not a day: write `2026-01-31`"));
                default
            },
            |date| Instant::from_local(date.at(0, 0, 0, 0)),
        ),
    };
    let from = day("effective_from", &raw.effective_from, Instant::MIN);
    let until = day("effective_until", &raw.effective_until, Instant::MAX);
    if from >= until {
        say(key("effective_until"), "lies before `effective_from`".to_owned());
    }
    let queue = raw.queue.or_else(|| base.and_then(|b| b.queue)).unwrap_or(Queue::Service);
    RuleVersion { from, until, span, variants: spans, ladder, ladder_signed, queue }
}

fn compile_ladder(raw: Option<&RawLadder>, span: Span, key: &str, say: Say) -> Ladder {
    match raw {
        None => {
            say(key.to_owned(), "has no ladder: write `[\"12h\", \"4h\"]` or `\"at due\"`".to_owned());
            Ladder::AtDue
        }
        Some(RawLadder::Word(word)) if word == "at due" => Ladder::AtDue,
        Some(RawLadder::Word(word)) => {
            say(key.to_owned(), format!("`{word}` is not a ladder: write `[\"12h\", \"4h\"]` or `\"at due\"`"));
            Ladder::AtDue
        }
        Some(RawLadder::Before(texts)) => {
            let mut rungs = Vec::new();
            for text in texts {
                match Length::parse(text) {
                    Ok(before) => rungs.push(Step { before, name: text.clone() }),
                    Err(e) => say(key.to_owned(), e.to_string()),
                }
            }
            if rungs.is_empty() {
                say(key.to_owned(), "a ladder needs at least one rung".to_owned());
            }
            if rungs.windows(2).any(|w| w[0].before <= w[1].before) {
                say(key.to_owned(), "rungs go from the longest to the shortest, each once".to_owned());
            }
            if let (Span::Hours(length), Some(first)) = (span, rungs.first())
                && first.before > length
            {
                say(key.to_owned(), format!("the first rung ({}) is longer than the rule itself ({length})", first.name));
            }
            Ladder::Before(rungs)
        }
    }
}

fn compile_tasks(raw: &BTreeMap<String, RawTask>, say: Say) -> Vec<TaskRule> {
    for name in raw.keys().filter(|name| TaskKind::from_word(name).is_none()) {
        say(format!("task.{name}"), unknown(name, TaskKind::WORDS));
    }
    TaskKind::ALL
        .iter()
        .map(|kind| match raw.get(kind.word()) {
            Some(task) => {
                if task.hours == 0 || task.hours > 500 {
                    say(format!("task.{kind}.hours"), "lies outside 1 to 500 staffed hours".to_owned());
                }
                TaskRule {
                    queue: task.queue,
                    hours: Length::hours(i64::from(task.hours)),
                    urgency: task.urgency.unwrap_or(Urgency::Normal),
                }
            }
            None => {
                say(format!("task.{kind}"), format!("task `{kind}` is missing"));
                TaskRule { queue: Queue::Service, hours: Length::hours(8), urgency: Urgency::Normal }
            }
        })
        .collect()
}

fn compile_again(raw: &RawAgain, say: Say) -> Again {
    let mut length = |field: &str, text: &str| match Length::parse(text) {
        Ok(length) if length > Length::ZERO => length,
        Ok(_) => {
            say(format!("policy.again.{field}"), "must be longer than nothing".to_owned());
            Length::hours(1)
        }
        Err(e) => {
            say(format!("policy.again.{field}"), e.to_string());
            Length::hours(1)
        }
    };
    Again {
        courier_looks: length("courier_looks", &raw.courier_looks),
        no_answer: length("no_answer", &raw.no_answer),
        by_phone: length("by_phone", &raw.by_phone),
        return_silent: length("return_silent", &raw.return_silent),
        return_unscanned: length("return_unscanned", &raw.return_unscanned),
        undeclared: length("undeclared", &raw.undeclared),
        extension: length("extension", &raw.extension),
    }
}

const DAY_NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

fn compile_staffed(queue: &str, raw: &RawStaffed, say: Say) -> StaffedHours {
    let mut periods = |key: String, texts: &[String]| {
        let mut list: Vec<(u16, u16)> = Vec::new();
        for text in texts {
            let period = text.split_once('-').and_then(|(a, b)| Some((minute_of_day(a.trim())?, minute_of_day(b.trim())?)));
            match period {
                Some((from, to)) if from < to => list.push((from, to)),
                _ => say(key.clone(), format!("`{text}` is not a period of a day: write `09:00-22:00`")),
            }
        }
        list.sort_unstable();
        if list.windows(2).any(|w| w[0].1 > w[1].0) {
            say(key, "periods overlap".to_owned());
        }
        list
    };
    let daily = periods(format!("staffed.{queue}.daily"), &raw.daily);
    let week =
        DAY_NAMES.map(|day| raw.days.get(day).map_or_else(|| daily.clone(), |texts| periods(format!("staffed.{queue}.days.{day}"), texts)));
    for name in raw.days.keys().filter(|name| !DAY_NAMES.contains(&name.as_str())) {
        say(format!("staffed.{queue}.days.{name}"), unknown(name, &DAY_NAMES));
    }
    StaffedHours::weekly(week)
}

fn compile_calendars(calendars: &[RawCalendar], say: Say) -> WorkingDays {
    let (mut off, mut makeup, mut until) = (BTreeSet::new(), BTreeSet::new(), None);
    for calendar in calendars {
        let mut days = |field: &str, texts: &[String]| {
            let mut days = BTreeSet::new();
            for text in texts {
                match text.parse::<jiff::civil::Date>() {
                    Ok(day) => {
                        days.insert(day);
                    }
                    Err(_) => say(format!("calendar.{field}"), format!("`{text}` is not a day: write `2026-01-31`")),
                }
            }
            days
        };
        off.extend(days("days_off", &calendar.days_off));
        makeup.extend(days("makeup_workdays", &calendar.makeup_workdays));
        until = until.max(days("covers_until", std::slice::from_ref(&calendar.covers_until)).pop_first());
    }
    WorkingDays::new(off, makeup, until)
}
