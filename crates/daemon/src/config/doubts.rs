//! What is written rightly and does not go together: seen only when the parts are looked at side by side.
//!
//! Deliberately absent: what is wrong by itself (casework, and the module of each part).

use super::extract::Merged;
use super::problem::{Problem, nearest};
use jiff::civil::Date;
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::region::{provinces, short_province};
use parcelward_casework::rule_kind::RuleKind;
use parcelward_casework::rules::{RawLadder, RawRule, RawRules, Rules, Span, rule_ids};
use parcelward_casework::task_table::ways;
use parcelward_casework::text::{EVERYWHERE, Texts};
use parcelward_casework::words::Platform as P;
use parcelward_casework::words::{Language, Platform, TaskKind, TaskOutcome};

/// A length with its key.
type Spans<'a> = Vec<(String, String, Span)>;

/// Looks the rules over.
pub(super) fn of_rules(merged: &Merged, raw: &RawRules, problems: &mut Vec<Problem>) {
    for (id, _, kind) in rule_ids() {
        let Some(rule) = raw.rule.get(&id) else { continue };
        let base = format!("rule.\"{id}\"");
        of_version(merged, kind, &base, rule, rule, problems);
        for (n, later) in rule.versions.iter().enumerate() {
            of_version(merged, kind, &format!("{base}.versions[{n}]"), later, rule, problems);
            if !later.versions.is_empty() {
                let message = "a version has no versions of its own: write them beside it";
                problems.push(merged.problem_with_name(&format!("{base}.versions[{n}].versions"), message).code("unknown-key"));
            }
        }
        gap(merged, &base, rule, problems);
    }
    let policy = &raw.policy;
    if policy.compensation_per_day < policy.compensation_per_order {
        let message = format!(
            "without the lead an order may get {}, and in one day {}: the smaller one holds",
            policy.compensation_per_order, policy.compensation_per_day
        );
        let key = merged.blame(&["policy.compensation_per_day", "policy.compensation_per_order"]);
        problems.push(merged.problem(key, message).code("contradiction").warning());
    }
    let known = provinces();
    for (list, names) in [("remote", &policy.remote), ("far_remote", &policy.far_remote)] {
        for (n, name) in names.iter().enumerate() {
            let short = short_province(name);
            let key = format!("policy.{list}[{n}]");
            if !known.contains(&short.as_str()) {
                let problem = merged.problem(&key, format!("there is no province `{name}`")).code("unknown-name");
                problems.push(problem.meant(nearest(&short, known.iter().copied())));
            } else if list == "far_remote" && policy.remote.iter().any(|other| short_province(other) == short) {
                let message = format!("`{name}` stands under remote and under far_remote: far_remote holds");
                let key = merged.blame(&[&key, "policy.remote"]);
                let problem = merged.problem(key, message).code("contradiction").warning();
                problems.push(problem.word(&format!("\"{name}\"")));
            }
        }
    }
}

fn of_version(merged: &Merged, kind: RuleKind, key: &str, version: &RawRule, base: &RawRule, problems: &mut Vec<Problem>) {
    let known = kind.variants();
    for name in version.variants.keys().filter(|name| !known.contains(&name.as_str())) {
        let message = if known.is_empty() {
            format!("no deadline of this rule asks for a variant: `{name}` never holds")
        } else {
            format!(
                "no deadline of this rule asks for the variant `{name}`: there {} {}",
                if known.len() == 1 { "is" } else { "are" },
                known.join(", ")
            )
        };
        let problem = merged.problem_with_name(&format!("{key}.variants.{name}"), message).code("unknown-name");
        problems.push(problem.meant(nearest(name, known.iter().copied())));
    }
    if version.ladder_signed.is_some() && !known.contains(&"signed") {
        let message = "no rung of this ladder is ever reached: only `auto_refund_appeal` asks whether the parcel was signed for";
        problems.push(merged.problem_with_name(&format!("{key}.ladder_signed"), message).code("unreachable-rung").warning());
    }
    let own = |name: &str, text: &str| Span::parse(text).ok().map(|span| (name.to_owned(), text.to_owned(), span));
    let mut spans: Spans<'_> = Vec::new();
    let length = version.length.as_deref().or(base.length.as_deref());
    spans.extend(length.and_then(|text| own("", text)).filter(|(_, _, span)| !matches!(span, Span::Hours(_))));
    spans.extend(
        version.variants.iter().chain(&base.variants).filter(|(name, _)| *name != "quiet").filter_map(|(name, text)| own(name, text)),
    );
    for (field, ladder) in [("ladder", &version.ladder), ("ladder_signed", &version.ladder_signed)] {
        let Some(RawLadder::Before(rungs)) = ladder else { continue };
        for (n, rung) in rungs.iter().enumerate() {
            let Ok(before) = Length::parse(rung) else { continue };
            for (name, text, span) in
                spans.iter().filter(|(name, _, span)| never_before(*span, before) && (field == "ladder") != (name == "signed"))
            {
                let _ = span;
                let whose =
                    if name.is_empty() { format!("the rule is `{text}`") } else { format!("where it is `{name}`, the rule is `{text}`") };
                let message = format!("the rung `{rung}` is never reached in time: {whose}");
                problems.push(merged.problem(&format!("{key}.{field}[{n}]"), message).code("unreachable-rung").warning());
            }
        }
    }
}

/// Whether a rung this long before the due time lies before the start, however the calendar falls.
fn never_before(span: Span, before: Length) -> bool {
    let most = match span {
        Span::Hours(length) => length,
        // The longest run of days off is not known here; a fortnight between two working days is beyond any holiday.
        Span::WorkingDays(n) => Length::days(i64::from(n) * 3 + 14),
        // A queue that is staffed one hour a day needs a day an hour.
        Span::StaffedHours(length) => Length::millis(length.as_millis().saturating_mul(24)),
        Span::NextLocal(_) => Length::hours(24),
    };
    before > most
}

/// Days on which no version of a rule holds: the last one would, unsaid.
fn gap(merged: &Merged, base: &str, rule: &RawRule, problems: &mut Vec<Problem>) {
    let day = |text: &Option<String>| text.as_deref().and_then(|t| t.parse::<Date>().ok());
    let all: Vec<(String, Option<Date>, Option<Date>)> = std::iter::once((base.to_owned(), rule))
        .chain(rule.versions.iter().enumerate().map(|(n, v)| (format!("{base}.versions[{n}]"), v)))
        .map(|(key, v)| (key, day(&v.effective_from), day(&v.effective_until)))
        .collect();
    for (key, _, until) in &all {
        let Some(until) = until else { continue };
        let covered = all
            .iter()
            .any(|(other, from, ends)| other != key && from.is_none_or(|from| from <= *until) && ends.is_none_or(|ends| ends > *until));
        if covered {
            continue;
        }
        let next = all.iter().filter_map(|(_, from, _)| *from).filter(|from| from > until).min();
        let message = match next {
            Some(next) => format!("no version holds from {until} until {next}: the last one would be used all the same"),
            None => format!("no version holds from {until} on: this one would be used all the same"),
        };
        problems.push(merged.problem(&format!("{key}.effective_until"), message).code("gap").warning());
    }
}

/// Looks for rules whose deadline would be put before nobody: on their platform none of their tasks can be done.
pub(super) fn of_tasks(language: Language, merged: &Merged, texts: &Texts, problems: &mut Vec<Problem>) {
    for &kind in TaskKind::ALL {
        let Some(text) = texts.task(kind) else { continue };
        for outcome in text.outcomes.keys() {
            let known: Vec<&str> = ways(kind).iter().map(|way| way.outcome.word()).collect();
            if TaskOutcome::from_word(outcome).is_some() && !known.contains(&outcome.as_str()) {
                let message = format!("no one ever reads this: `{kind}` cannot be done with `{outcome}`");
                let problem = merged.problem_with_name(&format!("task.{kind}.outcomes.{outcome}"), message).code("unused-text").warning();
                problems.push(problem.meant(nearest(outcome, known.iter().copied())));
            }
        }
        let own = Platform::ALL.iter().filter(|p| text.steps.contains_key(p.word())).count();
        if text.steps.contains_key(EVERYWHERE) && own == Platform::ALL.len() {
            let message = format!("no one ever reads this: each platform has steps of its own, so `{EVERYWHERE}` stands for none");
            problems.push(merged.problem_with_name(&format!("task.{kind}.steps.{EVERYWHERE}"), message).code("unused-text").warning());
        }
    }
    for &rule in RuleKind::ALL {
        let tasks = rule.tasks();
        for &platform in P::ALL.iter().filter(|p| rule.exists_for(**p)) {
            let undoable = |task: &TaskKind| texts.task(*task).is_some() && texts.steps(*task, platform).is_empty();
            if !tasks.is_empty() && tasks.iter().all(undoable) {
                let words: Vec<&str> = tasks.iter().map(|t| t.word()).collect();
                let message = format!(
                    "`{}` would be put before nobody: of its tasks ({}) none can be done on {platform} ({language})",
                    rule.id(platform),
                    words.join(", ")
                );
                problems.push(merged.problem(&format!("task.{}.steps.{platform}", tasks[0]), message).code("no-task"));
            }
        }
    }
}

/// The longest number of working days that a rule gives, and the rule's id.
pub(crate) fn longest_working_days(raw: &RawRules) -> Option<(u16, String)> {
    let mut longest: Option<(u16, String)> = None;
    for (id, rule) in &raw.rule {
        let texts = std::iter::once(rule).chain(&rule.versions).flat_map(|v| v.length.iter().chain(v.variants.values()));
        for text in texts {
            if let Ok(Span::WorkingDays(n)) = Span::parse(text)
                && longest.as_ref().is_none_or(|(most, _)| n > *most)
            {
                longest = Some((n, id.clone()));
            }
        }
    }
    longest
}

/// Says where case files would be erased while a rule may still look back at them.
pub(super) fn of_retention(merged: &Merged, erase_after: Length, raw: &RawRules, problems: &mut Vec<Problem>) {
    let mut longest: Option<(Length, &str)> = None;
    for (id, rule) in &raw.rule {
        let texts = std::iter::once(rule).chain(&rule.versions).flat_map(|v| v.length.iter().chain(v.variants.values()));
        for text in texts {
            if let Ok(Span::Hours(length)) = Span::parse(text)
                && longest.is_none_or(|(most, _)| length > most)
            {
                longest = Some((length, id));
            }
        }
    }
    if let Some((length, id)) = longest.filter(|(length, _)| *length >= erase_after) {
        let message = format!("{erase_after} is no longer than the longest rule, `{id}` ({length}): it could not be acted on");
        problems.push(merged.problem("retention.erase_after", message).code("contradiction"));
    }
}

/// Warns where a working-day rule, counted from today, reaches past what the calendars cover.
pub(super) fn of_calendars(calendars: &[&Merged], rules: &Rules, raw: &RawRules, today: Date, problems: &mut Vec<Problem>) {
    let noon = Instant::from_local(today.at(12, 0, 0, 0));
    let longest = longest_working_days(raw);
    let (Some((n, id)), Some(until)) = (longest, rules.working_days().covers_until()) else { return };
    let (due, provisional) = rules.working_days().add(noon, n);
    if !provisional {
        return;
    }
    let message = format!(
        "the calendar ends on {until}, and `{id}` ({n} working days) that starts on {today} reaches {}: add the calendar of {}",
        due.local().date(),
        due.local().date().year()
    );
    let newest = calendars.iter().find(|merged| merged.value_of("covers_until").is_some_and(|v| v.as_str() == Some(&until.to_string())));
    let problem = match newest {
        Some(merged) => merged.problem("covers_until", message),
        None => Problem::new("calendars", "", message),
    };
    problems.push(problem.code("calendar-cover").warning());
}
