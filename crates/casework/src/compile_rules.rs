//! From what operators wrote to what is decided by: each part of [`Rules`](crate::rules::Rules), with everything that is wrong with it.
//!
//! Deliberately absent: looking parts over together where each is right by itself (the daemon's configuration module warns of that).

use crate::calendar::{StaffedHours, WorkingDays};
use crate::instant::{Instant, Length};
use crate::raw_rules::{RawAgain, RawCalendar, RawLadder, RawRule, RawStaffed, RawTask};
use crate::rule_kind::RuleKind;
use crate::rules::{Again, Ladder, RuleProblem, RuleVersion, Span, Step, TaskRule, minute_of_day, rule_ids};
use crate::words::{Queue, TaskKind, Urgency};
use std::collections::{BTreeMap, BTreeSet};

type Say<'a> = &'a mut dyn FnMut(RuleProblem);

pub(crate) fn compile_rules(raw: &BTreeMap<String, RawRule>, say: Say) -> BTreeMap<(&'static str, RuleKind), Vec<RuleVersion>> {
    let ids = rule_ids();
    let names: Vec<&str> = ids.iter().map(|(id, _, _)| id.as_str()).collect();
    let mut compiled = BTreeMap::new();
    for (id, rule) in raw {
        let Some((_, prefix, kind)) = ids.iter().find(|(known, _, _)| known == id) else {
            say(RuleProblem::unknown(format!("rule.\"{id}\""), "rule", id, &names));
            continue;
        };
        let mut versions = vec![compile_version(&format!("rule.\"{id}\""), rule, None, say)];
        for (n, later) in rule.versions.iter().enumerate() {
            versions.push(compile_version(&format!("rule.\"{id}\".versions[{n}]"), later, Some(rule), say));
        }
        overlaps(id, rule, &versions, say);
        versions.sort_by_key(|v| v.from);
        compiled.insert((*prefix, *kind), versions);
    }
    for (id, prefix, kind) in &ids {
        if !compiled.contains_key(&(*prefix, *kind)) && !raw.contains_key(id) {
            say(RuleProblem::new("missing", format!("rule.\"{id}\""), format!("rule `{id}` is missing")));
        }
    }
    compiled
}

/// Versions of one rule that hold on the same day, where neither is plainly the later one. `versions` stand as written, the rule itself first.
fn overlaps(id: &str, rule: &RawRule, versions: &[RuleVersion], say: Say) {
    let key = |n: usize, field: &str| match n {
        0 => format!("rule.\"{id}\".{field}"),
        n => format!("rule.\"{id}\".versions[{}].{field}", n - 1),
    };
    let dates = |n: usize| if n == 0 { (&rule.effective_from, &rule.effective_until) } else { version_dates(&rule.versions[n - 1]) };
    let readable = |n: usize| dates(n).0.as_ref().is_none_or(|text| text.parse::<jiff::civil::Date>().is_ok());
    for (b, later) in versions.iter().enumerate().filter(|(b, _)| readable(*b)) {
        for (a, earlier) in versions.iter().enumerate() {
            let from = dates(b).0.as_deref().unwrap_or_default();
            if b > a && earlier.from == later.from {
                let message = if from.is_empty() {
                    "says nothing of when it begins, so that it would hold from the start like the rule itself: give `effective_from`"
                        .to_owned()
                } else {
                    format!("another version begins on {from} too: give each a day of its own")
                };
                say(RuleProblem::new("overlap", key(b, "effective_from"), message));
            } else if let Some(until) = dates(a).1
                && earlier.from < later.from
                && later.from < earlier.until
            {
                let message = format!("overlaps: this version ends on {until}, and another begins on {from} already");
                say(RuleProblem::new("overlap", key(a, "effective_until"), message));
            }
        }
    }
}

fn version_dates(raw: &RawRule) -> (&Option<String>, &Option<String>) {
    (&raw.effective_from, &raw.effective_until)
}

fn compile_version(key: &str, raw: &RawRule, base: Option<&RawRule>, say: Say) -> RuleVersion {
    let span = match (&raw.length, base.and_then(|b| b.length.as_ref())) {
        (Some(text), _) => Span::parse(text).unwrap_or_else(|message| {
            say(RuleProblem::new("bad-length", format!("{key}.length"), message));
            Span::Hours(Length::days(3660))
        }),
        // What the rule itself says is checked there.
        (None, Some(text)) => Span::parse(text).unwrap_or(Span::Hours(Length::days(3660))),
        (None, None) => {
            if base.is_none() {
                say(RuleProblem::new("missing", format!("{key}.length"), "the rule has no length: write `length = \"48h\"`"));
            }
            Span::Hours(Length::days(3660))
        }
    };
    let mut spans = BTreeMap::new();
    for (name, text) in &raw.variants {
        match Span::parse(text) {
            Ok(span) => {
                spans.insert(name.clone(), span);
            }
            Err(message) => say(RuleProblem::new("bad-length", format!("{key}.variants.{name}"), message)),
        }
    }
    for (name, text) in base.iter().flat_map(|b| &b.variants) {
        if let Ok(span) = Span::parse(text) {
            spans.entry(name.clone()).or_insert(span);
        }
    }
    let ladder = match (&raw.ladder, base.and_then(|b| b.ladder.as_ref())) {
        (None, Some(of_base)) if raw.length.is_none() => compile_ladder(Some(of_base), span, "", &mut |_| {}),
        (None, None) if base.is_some() => Ladder::AtDue,
        // A length of its own under the rule's ladder: does that still fit?
        (None, Some(of_base)) => {
            let ladder = compile_ladder(Some(of_base), span, "", &mut |_| {});
            if let (Ladder::Before(rungs), Span::Hours(length)) = (&ladder, span)
                && let Some(first) = rungs.first().filter(|first| first.before > length)
            {
                let message = format!("the rule's rung `{}` is longer than this: give this version a `ladder` of its own", first.name);
                say(RuleProblem::new("bad-ladder", format!("{key}.length"), message));
            }
            ladder
        }
        (own, _) => compile_ladder(own.as_ref(), span, &format!("{key}.ladder"), say),
    };
    let ladder_signed = match (&raw.ladder_signed, base.and_then(|b| b.ladder_signed.as_ref())) {
        (Some(own), _) => Some(compile_ladder(Some(own), span, &format!("{key}.ladder_signed"), say)),
        (None, of_base) => of_base.map(|l| compile_ladder(Some(l), span, "", &mut |_| {})),
    };
    let mut day = |field: &str, text: &Option<String>, default: Instant| match text {
        None => default,
        Some(text) => text.parse::<jiff::civil::Date>().ok().filter(|date| (2000..2200).contains(&date.year())).map_or_else(
            || {
                say(RuleProblem::new("bad-date", format!("{key}.{field}"), format!("`{text}` is not a day: write `2026-01-31`")));
                default
            },
            |date| Instant::from_local(date.at(0, 0, 0, 0)),
        ),
    };
    let from = day("effective_from", &raw.effective_from, Instant::MIN);
    let until = day("effective_until", &raw.effective_until, Instant::MAX);
    if from >= until {
        let message = match &raw.effective_from {
            Some(from) => format!("the version would end before it begins ({from})"),
            None => "the version would never hold".to_owned(),
        };
        say(RuleProblem::new("bad-date", format!("{key}.effective_until"), message));
    }
    let queue = raw.queue.or_else(|| base.and_then(|b| b.queue)).unwrap_or(Queue::Service);
    RuleVersion { from, until, span, variants: spans, ladder, ladder_signed, queue }
}

fn compile_ladder(raw: Option<&RawLadder>, span: Span, key: &str, say: Say) -> Ladder {
    let mut wrong = |key: String, message: String| say(RuleProblem::new("bad-ladder", key, message));
    match raw {
        None => {
            wrong(key.to_owned(), "the rule has no ladder: write `[\"12h\", \"4h\"]` or `\"at due\"`".to_owned());
            Ladder::AtDue
        }
        Some(RawLadder::Word(word)) if word == "at due" => Ladder::AtDue,
        Some(RawLadder::Word(word)) => {
            wrong(key.to_owned(), format!("`{word}` is not a ladder: write `[\"12h\", \"4h\"]` or `\"at due\"`"));
            Ladder::AtDue
        }
        Some(RawLadder::Before(texts)) => {
            let mut rungs: Vec<Step> = Vec::new();
            let at = |n: usize| format!("{key}[{n}]");
            for (n, text) in texts.iter().enumerate() {
                let before = match Length::parse(text) {
                    Ok(before) => before,
                    Err(e) => {
                        wrong(at(n), e.to_string());
                        continue;
                    }
                };
                if before == Length::ZERO {
                    wrong(at(n), "a rung acts before the due time: leave it out, or write `ladder = \"at due\"`".to_owned());
                }
                if let Some(above) = rungs.last().filter(|above| above.before <= before) {
                    wrong(
                        at(n),
                        format!("the rung `{text}` follows `{}`: rungs go from the longest to the shortest, each once", above.name),
                    );
                }
                if let Span::Hours(length) = span
                    && before > length
                {
                    wrong(
                        at(n),
                        format!("the rung `{text}` is longer than the rule itself ({length}): it would act before the clock starts"),
                    );
                }
                rungs.push(Step { before, name: text.clone() });
            }
            if texts.is_empty() {
                wrong(key.to_owned(), "a ladder needs at least one rung: write `[\"12h\", \"4h\"]` or `\"at due\"`".to_owned());
            }
            Ladder::Before(rungs)
        }
    }
}

pub(crate) fn compile_tasks(raw: &BTreeMap<String, RawTask>, say: Say) -> Vec<TaskRule> {
    for name in raw.keys().filter(|name| TaskKind::from_word(name).is_none()) {
        say(RuleProblem::unknown(format!("task.{name}"), "kind of task", name, TaskKind::WORDS));
    }
    TaskKind::ALL
        .iter()
        .map(|kind| match raw.get(kind.word()) {
            Some(task) => {
                if task.hours == 0 || task.hours > 500 {
                    say(RuleProblem::new("bad-value", format!("task.{kind}.hours"), "lies outside 1 to 500 staffed hours"));
                }
                TaskRule {
                    queue: task.queue,
                    hours: Length::hours(i64::from(task.hours)),
                    urgency: task.urgency.unwrap_or(Urgency::Normal),
                }
            }
            None => {
                say(RuleProblem::new("missing", format!("task.{kind}"), format!("task `{kind}` is missing")));
                TaskRule { queue: Queue::Service, hours: Length::hours(8), urgency: Urgency::Normal }
            }
        })
        .collect()
}

pub(crate) fn compile_again(raw: &RawAgain, say: Say) -> Again {
    let mut length = |field: &str, text: &str| match Length::parse(text) {
        Ok(length) if length > Length::ZERO => length,
        Ok(_) => {
            say(RuleProblem::new("bad-length", format!("policy.again.{field}"), "must be longer than nothing"));
            Length::hours(1)
        }
        Err(e) => {
            say(RuleProblem::new("bad-length", format!("policy.again.{field}"), e.to_string()));
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

pub(crate) fn compile_staffed(queue: &str, raw: &RawStaffed, say: Say) -> StaffedHours {
    let mut periods = |key: String, texts: &[String]| {
        let mut list: Vec<(u16, u16)> = Vec::new();
        for (n, text) in texts.iter().enumerate() {
            let period = text.split_once('-').and_then(|(a, b)| Some((minute_of_day(a.trim())?, minute_of_day(b.trim())?)));
            let wrong = match period {
                Some((from, to)) if from < to => {
                    let crossed = list.iter().any(|&(a, b)| a < to && from < b);
                    list.push((from, to));
                    crossed.then(|| format!("the period {text} overlaps another one"))
                }
                Some(_) => Some(format!("`{text}` ends before it begins: write two periods for a night, `22:00-24:00` and `00:00-06:00`")),
                None => Some(format!("`{text}` is not a period of a day: write `09:00-22:00`")),
            };
            if let Some(message) = wrong {
                say(RuleProblem::new("bad-value", format!("{key}[{n}]"), message));
            }
        }
        list.sort_unstable();
        list
    };
    let daily = periods(format!("staffed.{queue}.daily"), &raw.daily);
    let week =
        DAY_NAMES.map(|day| raw.days.get(day).map_or_else(|| daily.clone(), |texts| periods(format!("staffed.{queue}.days.{day}"), texts)));
    for name in raw.days.keys().filter(|name| !DAY_NAMES.contains(&name.as_str())) {
        say(RuleProblem::unknown(format!("staffed.{queue}.days.{name}"), "day", name, &DAY_NAMES));
    }
    StaffedHours::weekly(week)
}

pub(crate) fn compile_calendars(calendars: &[RawCalendar], say: Say) -> WorkingDays {
    let (mut off, mut makeup, mut until) = (BTreeSet::new(), BTreeSet::new(), None);
    for calendar in calendars {
        let mut days = |field: &str, texts: &[String]| {
            let mut days = BTreeSet::new();
            for text in texts {
                match text.parse::<jiff::civil::Date>() {
                    Ok(day) => {
                        days.insert(day);
                    }
                    Err(_) => {
                        say(RuleProblem::new(
                            "bad-date",
                            format!("calendar.{field}"),
                            format!("`{text}` is not a day: write `2026-01-31`"),
                        ));
                    }
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
