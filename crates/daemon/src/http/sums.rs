//! How a due time comes about, step by step and in one sentence, for explanations.
//!
//! The numbers are the engine's, read from the case file; the steps are computed again from the rule that held when the clock was set. Where
//! the two do not agree, because that rule is not stored or the playbook holds a clock back, that is said and the engine's number stands.
//! Deliberately absent: what else was considered (`reasons`), and where the rule stands written (`written`).

use super::deadlines::state_word;
use super::reasons::{DisruptionView, LengthView};
use super::schedules::Moment;
use super::spoken::{self, Speech, moment};
use super::written::Written;
use parcelward_casework::calendar::next_local;
use parcelward_casework::casefile::{CaseFile, Deadline, Subject, Task};
use parcelward_casework::considered::parcel_of;
use parcelward_casework::fact::DisruptionFact;
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::rules::{Ladder, RawRule, RuleVersion, Rules, Span};
use parcelward_casework::words::{DisruptionEffect, Urgency};
use parcelward_casework::world::{Scope, Seen, World, miss, newest_site};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A step on the way from the start to the due time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SumLine {
    /// What is added, in words.
    pub text: String,
    /// Where that leads.
    pub at: Moment,
}

/// A rung of the ladder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RungView {
    /// How long before the due time, as the rule says (`12h`).
    pub before: String,
    /// When that is.
    pub planned: Moment,
    /// When it acts.
    pub at: Moment,
    /// Whether it has acted.
    pub acted: bool,
    /// Why it acts at another time than the rule says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved: Option<String>,
}

/// A due time with its rule and its sums.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RuleAccount {
    /// The deadline; absent where a task has its own hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline_id: Option<String>,
    /// The rule's id, or the task's kind.
    pub rule: String,
    /// Its name in words.
    pub title: String,
    /// What it costs when missed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub consequence: String,
    /// Where it stands written, as it was when this was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written: Option<Written>,
    /// Its length (`48 h`, `4 working days`).
    pub length: String,
    /// `hours`, `working_days` or `staffed_hours`.
    pub clock: &'static str,
    /// Where the number comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// As of when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    /// How sure it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<String>,
    /// When the clock started.
    pub starts_at: Moment,
    /// The whole sum in one sentence.
    pub words: String,
    /// The steps from there, the start first.
    pub sum: Vec<SumLine>,
    /// When it is due.
    pub due_at: Moment,
    /// `running`, `met`, `breached` or `cancelled`; of a task its own state.
    pub state: &'static str,
    /// Its ladder.
    pub rungs: Vec<RungView>,
    /// The lengths that the rule has for other situations and other days, and why they do not count here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_lengths: Vec<LengthView>,
    /// Disruptions at the time of this clock, and what they do to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub disruptions: Vec<DisruptionView>,
    /// What else is to be known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

fn line(text: impl Into<String>, at: Instant) -> SumLine {
    SumLine { text: text.into(), at: moment(at) }
}

/// The written rule that holds for a clock that starts then: of its versions the newest that has begun.
pub(super) fn written_version(raw: &RawRule, start: Instant) -> Option<usize> {
    let day = start.local().date().to_string();
    let begun = raw.versions.iter().enumerate().filter(|(_, v)| v.effective_from.as_ref().is_some_and(|from| *from <= day));
    begun.max_by(|a, b| a.1.effective_from.cmp(&b.1.effective_from)).map(|(at, _)| at)
}

/// The rules by which something was decided.
#[derive(Clone, Copy)]
pub(super) struct Lawbook<'a> {
    pub rules: &'a Rules,
    pub raw: &'a BTreeMap<String, RawRule>,
}

/// What a deadline's sums are made of.
pub(super) struct Book<'a> {
    pub law: Lawbook<'a>,
    pub world: &'a World,
    pub file: &'a CaseFile,
    pub speech: Speech,
}

/// The sum so far: its lines, and its sentence.
struct Sum {
    at: Instant,
    lines: Vec<SumLine>,
    words: Vec<String>,
}

impl Book<'_> {
    /// The account of a deadline.
    pub fn deadline(&self, deadline: &Deadline) -> RuleAccount {
        let platform = self.file.key.platform;
        let (rules, id) = (self.law.rules, deadline.rule.id(platform));
        let raw = self.law.raw.get(&id);
        let held = raw.and_then(|raw| written_version(raw, deadline.starts_at).and_then(|at| raw.versions.get(at)).or(Some(raw)));
        // A version says only what differs.
        let say =
            |pick: fn(&RawRule) -> &Option<String>| held.and_then(|v| pick(v).clone()).or_else(|| raw.and_then(|raw| pick(raw).clone()));
        let mut account = RuleAccount {
            deadline_id: Some(deadline.id.clone()),
            title: rules.texts.rule_title(deadline.rule).to_owned(),
            consequence: rules.texts.consequence(deadline.rule).to_owned(),
            written: None,
            length: String::new(),
            clock: deadline.clock.word(),
            source: say(|r| &r.source),
            as_of: say(|r| &r.as_of),
            confidence: say(|r| &r.confidence),
            starts_at: moment(deadline.starts_at),
            words: String::new(),
            sum: Vec::new(),
            due_at: moment(deadline.due_at),
            state: state_word(deadline.state),
            rungs: Vec::new(),
            other_lengths: Vec::new(),
            disruptions: self.disruptions_at(deadline, &id),
            notes: Vec::new(),
            rule: id,
        };
        if let Some(version) = rules.version(deadline.rule, platform, deadline.starts_at) {
            let mut sum = self.add_up(deadline, version, &mut account);
            account.rungs = self.rungs(deadline, version, &mut sum.words);
            account.other_lengths = self.other_lengths(deadline, version, raw);
            (account.sum, account.words) = (sum.lines, sum.words.join("; "));
        }
        account.notes.extend(self.notes(deadline));
        account
    }

    fn notes(&self, deadline: &Deadline) -> Vec<String> {
        let mut notes = Vec::new();
        if deadline.provisional {
            notes.push("it lies past the end of the calendar, so it may move when the next one is published".to_owned());
        }
        if deadline.waived {
            notes.push("the breach does not count: it is waived".to_owned());
        }
        if deadline.late_news {
            notes.push("news that came after the breach showed that it had been met in time".to_owned());
        }
        if deadline.at_due && deadline.acts_at != deadline.due_at {
            notes.push(format!("nobody is staffed at the due time, so it acts at {}", self.speech.time(deadline.acts_at)));
        }
        if deadline.rule.is_waived_by_electronic_waybill() {
            let parcel = parcel_of(self.file, deadline.subject).and_then(|i| self.file.parcels.get(i as usize));
            let electronic = parcel.is_some_and(|p| p.electronic);
            notes.push(
                if electronic { "an electronic waybill: a breach is waived" } else { "no electronic waybill: a breach counts" }.to_owned(),
            );
        }
        notes
    }

    fn add_up(&self, deadline: &Deadline, version: &RuleVersion, account: &mut RuleAccount) -> Sum {
        let (start, speech) = (deadline.starts_at, self.speech);
        let variant = deadline.variant.as_deref().and_then(|name| Some((name, *version.variants.get(name)?)));
        let span = variant.map_or(version.span, |(_, span)| span);
        account.length = spoken::of_rule(span);
        let staffed = self.law.rules.staffed(version.queue);
        let at = match span {
            Span::Hours(length) => start + length,
            Span::StaffedHours(length) => staffed.add(start, length),
            Span::NextLocal(minute) => next_local(start, minute),
            Span::WorkingDays(n) => self.law.rules.working_days().add(start, n).0,
        };
        let of = variant.map(|(name, _)| format!(" (the rule's length for `{name}`)")).unwrap_or_default();
        let lines = vec![line("the clock starts", start), line(format!("+ {}{of}{}", account.length, self.skipped(span, start, at)), at)];
        let words =
            vec![format!("{}{of} from {} → {}{}", account.length, speech.time(start), speech.time(at), self.skipped(span, start, at))];
        let mut sum = Sum { at, lines, words };
        let scope = self.scope(&account.rule, deadline.subject);
        let seen = self.seen();
        if deadline.computed_due_at.is_some() {
            let given = self.given(deadline, &scope);
            sum.step("the platform gave this time instead", format!("the platform gave {} instead", speech.time(given)), given);
        } else {
            let after = span.stand_still(seen, &scope, start, sum.at, staffed);
            self.disrupted(DisruptionEffect::Suspend, &scope, start, after, &mut sum);
        }
        let after = seen.extend(&scope, sum.at);
        self.disrupted(DisruptionEffect::Extend, &scope, start, after, &mut sum);
        if sum.at < deadline.due_at {
            let at = deadline.due_at;
            sum.step("held back: something else has to come first", format!("held back to {}", speech.time(at)), at);
        } else if sum.at > deadline.due_at {
            let note = "by the rule as it is written now it would be later: the rule was changed after this clock had started";
            account.notes.push(note.to_owned());
        }
        sum
    }

    /// What a length in working days or staffed hours passes over.
    fn skipped(&self, span: Span, start: Instant, at: Instant) -> String {
        let Span::WorkingDays(n) = span else { return String::new() };
        let (from, until) = (start.local().date(), at.local().date());
        let days = i64::from((until - from).get_days());
        let off = days - i64::from(n);
        if off > 0 { format!(" ({off} day{} off between)", if off == 1 { "" } else { "s" }) } else { String::new() }
    }

    pub(super) fn seen(&self) -> Seen<'_> {
        self.world.seen(self.file.world_seen)
    }

    /// What the platform gave, before an extension moved it.
    fn given(&self, deadline: &Deadline, scope: &Scope<'_>) -> Instant {
        let seen = self.seen();
        let by = self.touching(DisruptionEffect::Extend, scope).filter_map(|d| Length::parse(d.extend_by.as_deref()?).ok());
        let moved = by.map(|by| deadline.due_at - by).find(|before| seen.extend(scope, *before) == deadline.due_at);
        moved.unwrap_or(deadline.due_at)
    }

    /// Tells what disruptions of an effect did to a due time, where they did anything.
    fn disrupted(&self, effect: DisruptionEffect, scope: &Scope<'_>, start: Instant, after: Instant, sum: &mut Sum) {
        if after == sum.at {
            return;
        }
        let by = spoken::length(after.since(sum.at));
        let met: Vec<&DisruptionFact> = self.touching(effect, scope).filter(|d| d.from < after && d.until > start).collect();
        let span = |d: &DisruptionFact| self.speech.span(d.from.max(start), d.until);
        let why = |d: &DisruptionFact| d.reason.as_deref().map(|why| format!(", {why}")).unwrap_or_default();
        let named: Vec<String> = met.iter().map(|d| format!("{}: {}{}", d.disruption_id, span(d), why(d))).collect();
        let spans: Vec<String> = met.iter().map(|d| span(d)).collect();
        let (long, short) =
            if effect == DisruptionEffect::Suspend { ("standing still", "suspended") } else { ("extended", "extended for") };
        let words = format!("{short} {}: +{by} → {}", spans.join(" and "), self.speech.time(after));
        sum.step(&format!("+ {by} {long} ({})", named.join("; ")), words, after);
    }

    /// The disruptions of an effect that touch a deadline, as far as this order knows of them.
    fn touching<'b>(&'b self, effect: DisruptionEffect, scope: &'b Scope<'b>) -> impl Iterator<Item = &'b DisruptionFact> + 'b {
        self.seen().disruptions().filter(move |d| d.effect == effect && miss(d, scope).is_none())
    }

    /// What a rule about a subject is about, as disruptions see it.
    pub(super) fn scope<'s>(&'s self, rule: &'s str, subject: Subject) -> Scope<'s> {
        let parcel = parcel_of(self.file, subject).and_then(|i| self.file.parcels.get(i as usize));
        let planned = self.file.order.as_ref().and_then(|o| o.planned_courier);
        Scope {
            rule,
            order: &self.file.key,
            courier: parcel.map(|p| p.waybill.courier).or(planned),
            destination: parcel.and_then(|p| p.destination.as_ref()).or(self.file.recipient_area.as_ref()),
            site: parcel.and_then(newest_site),
        }
    }

    /// The rungs; those that act at another time than they are written are said in words.
    fn rungs(&self, deadline: &Deadline, version: &RuleVersion, words: &mut Vec<String>) -> Vec<RungView> {
        let due = deadline.due_at;
        let Ladder::Before(steps) = version.ladder_of(deadline.variant.as_deref()) else {
            if deadline.acts_at != due {
                let (due_words, acts) = (self.speech.time(due), self.speech.time_beside(deadline.acts_at, due));
                words.push(format!("acts when due = {due_words}, outside staffed hours → {acts}"));
            }
            return Vec::new();
        };
        let staffed = self.law.rules.staffed(version.queue);
        let rungs = steps.iter().zip(&deadline.rungs).enumerate().map(|(n, (step, at))| {
            let planned = due - step.before;
            let queue = version.queue;
            let moved = if planned == *at {
                None
            } else if planned < deadline.starts_at {
                Some(("before the clock started", format!("that lies before the start, so as soon as {queue} is staffed after it")))
            } else if !staffed.contains(planned) && *at < planned {
                Some(("outside staffed hours", format!("{queue} is not staffed then, so while it still was")))
            } else if !staffed.contains(planned) && staffed.before_last_end(planned).is_none_or(|before| before < deadline.starts_at) {
                let long = format!("{queue} is not staffed then, nor was it between the start and then, so as soon as it is");
                Some(("outside staffed hours", long))
            } else {
                Some(("not before the rung above", "not before the rung above".to_owned()))
            };
            let said = format!("rung {} before = {}", spoken::length(step.before), self.speech.time_beside(planned, due));
            words.push(match &moved {
                Some((short, _)) => format!("{said}, {short} → {}", self.speech.time_beside(*at, planned)),
                None => said,
            });
            let acted = n < usize::from(deadline.acted);
            RungView { before: step.name.clone(), planned: moment(planned), at: moment(*at), acted, moved: moved.map(|(_, long)| long) }
        });
        rungs.collect()
    }

    /// The account of a task that no deadline gives its due time.
    pub fn task(&self, task: &Task) -> RuleAccount {
        let rule = self.law.rules.task(task.kind);
        let computed = self.law.rules.staffed(task.queue).add(task.opened_at, rule.hours);
        let length = spoken::of_rule(Span::StaffedHours(rule.hours));
        let mut sum = Sum {
            at: computed,
            lines: vec![line("it opened", task.opened_at), line(format!("+ {length} of {}", task.queue), computed)],
            words: vec![format!(
                "{length} of {} from {} → {}",
                task.queue,
                self.speech.time(task.opened_at),
                self.speech.time_beside(computed, task.opened_at)
            )],
        };
        if computed != task.due_at {
            let words = format!("the playbook gives it {} instead", self.speech.time(task.due_at));
            sum.step("the playbook gives it another time", words, task.due_at);
        }
        RuleAccount {
            deadline_id: None,
            rule: task.kind.word().to_owned(),
            title: "the hours that this kind of task has".to_owned(),
            consequence: String::new(),
            written: None,
            length,
            clock: "staffed_hours",
            source: None,
            as_of: None,
            confidence: None,
            starts_at: moment(task.opened_at),
            words: sum.words.join("; "),
            sum: sum.lines,
            due_at: moment(task.due_at),
            state: task.state.word(),
            rungs: Vec::new(),
            other_lengths: Vec::new(),
            disruptions: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Why a task is as urgent as it is.
    pub fn urgency(&self, task: &Task) -> String {
        let policy = &self.law.rules.policy;
        let own = self.law.rules.task(task.kind).urgency;
        let mut why = vec![format!("{} when opened", own.word())];
        why.push(match task.money {
            _ if policy.urgent_amount <= parcelward_casework::money::Money::ZERO => {
                "money makes no task high (`urgent_amount` is 0)".to_owned()
            }
            Some(money) if money >= policy.urgent_amount => {
                format!("¥{money} at stake reaches the ¥{} that make a task high", policy.urgent_amount)
            }
            Some(money) => format!("¥{money} at stake stays below the ¥{} that make a task high", policy.urgent_amount),
            None => "no sum at stake is known".to_owned(),
        });
        if let Some(deadline) = task.deadline.and_then(|d| self.file.deadlines.get(d as usize)) {
            why.push(format!("{} of {} rungs have acted, each makes it more urgent", deadline.acted, deadline.rungs.len()));
        } else if task.urgency == Urgency::Critical && own < Urgency::Critical {
            why.push("past its due time it is critical".to_owned());
        }
        format!("urgency {}: {}", task.urgency.word(), why.join("; "))
    }
}

impl Sum {
    fn step(&mut self, text: &str, words: String, at: Instant) {
        self.lines.push(line(text, at));
        self.words.push(words);
        self.at = at;
    }
}
