//! How a due time comes about, step by step, for explanations.
//!
//! The numbers are the engine's, read from the case file; the steps are computed again from the rule that holds. Where the two do not agree,
//! because the rule was changed meanwhile or the playbook holds a clock back, that is said and the engine's number stands.

use super::deadlines::state_word;
use super::gist::local;
use parcelward_casework::calendar::next_local;
use parcelward_casework::casefile::{CaseFile, Deadline, Index, Subject, Task};
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::rules::{Ladder, RawRule, RuleVersion, Rules, Span};
use parcelward_casework::words::DisruptionEffect;
use parcelward_casework::world::{News, Scope, World, newest_site};
use serde::Serialize;
use utoipa::ToSchema;

/// A step on the way from the start to the due time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SumLine {
    /// What is added, in words.
    pub text: String,
    /// Where that leads.
    pub at: String,
}

/// A rung of the ladder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RungView {
    /// How long before the due time, as the rule says (`12h`).
    pub before: String,
    /// When it acts.
    pub at: String,
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
    /// Its length (`48h`, `4 working days`).
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
    pub starts_at: String,
    /// The steps from there, the start first.
    pub sum: Vec<SumLine>,
    /// When it is due.
    pub due_at: String,
    /// `running`, `met`, `breached` or `cancelled`; of a task its own state.
    pub state: &'static str,
    /// Its ladder.
    pub rungs: Vec<RungView>,
    /// What else is to be known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

fn line(text: impl Into<String>, at: Instant) -> SumLine {
    SumLine { text: text.into(), at: at.to_string() }
}

/// A span as operators write it.
fn length(span: Span) -> String {
    let hours = |length: Length| length.as_millis() / 3_600_000;
    match span {
        Span::Hours(length) => length.to_string(),
        Span::WorkingDays(n) => format!("{n} working day{}", if n == 1 { "" } else { "s" }),
        Span::StaffedHours(length) => format!("{} staffed hour{}", hours(length), if hours(length) == 1 { "" } else { "s" }),
        Span::NextLocal(minute) => format!("next {:02}:{:02}", minute / 60, minute % 60),
    }
}

/// The written rule that holds for a clock that starts then: of its versions the newest that has begun.
fn written(raw: &RawRule, start: Instant) -> &RawRule {
    let day = start.local().date().to_string();
    let begun = raw.versions.iter().filter(|v| v.effective_from.as_ref().is_some_and(|from| *from <= day));
    begun.max_by(|a, b| a.effective_from.cmp(&b.effective_from)).unwrap_or(raw)
}

/// What a deadline's sums are made of.
pub(super) struct Book<'a> {
    pub rules: &'a Rules,
    pub raw: &'a std::collections::BTreeMap<String, RawRule>,
    pub world: &'a World,
    pub file: &'a CaseFile,
}

impl Book<'_> {
    /// The account of a deadline.
    pub fn deadline(&self, deadline: &Deadline) -> RuleAccount {
        let platform = self.file.key.platform;
        let id = deadline.rule.id(platform);
        let raw = self.raw.get(&id);
        let held = raw.map(|raw| written(raw, deadline.starts_at));
        // A version says only what differs.
        let say =
            |pick: fn(&RawRule) -> &Option<String>| held.and_then(|v| pick(v).clone()).or_else(|| raw.and_then(|raw| pick(raw).clone()));
        let mut account = RuleAccount {
            deadline_id: Some(deadline.id.clone()),
            title: self.rules.texts.rule_title(deadline.rule).to_owned(),
            consequence: self.rules.texts.consequence(deadline.rule).to_owned(),
            length: String::new(),
            clock: deadline.clock.word(),
            source: say(|r| &r.source),
            as_of: say(|r| &r.as_of),
            confidence: say(|r| &r.confidence),
            starts_at: deadline.starts_at.to_string(),
            sum: vec![line("the clock starts", deadline.starts_at)],
            due_at: deadline.due_at.to_string(),
            state: state_word(deadline.state),
            rungs: Vec::new(),
            notes: Vec::new(),
            rule: id,
        };
        if let Some(version) = self.rules.version(deadline.rule, platform, deadline.starts_at) {
            self.add_up(deadline, version, &mut account);
            account.rungs = self.rungs(deadline, version);
        }
        if deadline.provisional {
            account.notes.push("it lies past the end of the calendar, so it may move when the next one is published".to_owned());
        }
        if deadline.waived {
            account.notes.push("a disruption covers the due time: the breach does not count".to_owned());
        }
        if deadline.late_news {
            account.notes.push("news that came after the breach showed that it had been met in time".to_owned());
        }
        if deadline.at_due && deadline.acts_at != deadline.due_at {
            account.notes.push(format!("nobody is staffed at the due time, so it acts at {}", local(deadline.acts_at)));
        }
        account
    }

    fn add_up(&self, deadline: &Deadline, version: &RuleVersion, account: &mut RuleAccount) {
        let variant = deadline.variant.as_deref().and_then(|name| Some((name, *version.variants.get(name)?)));
        let span = variant.map_or(version.span, |(_, span)| span);
        account.length = length(span);
        let staffed = self.rules.staffed(version.queue);
        let mut at = match span {
            Span::Hours(length) => deadline.starts_at + length,
            Span::StaffedHours(length) => staffed.add(deadline.starts_at, length),
            Span::NextLocal(minute) => next_local(deadline.starts_at, minute),
            Span::WorkingDays(n) => self.rules.working_days().add(deadline.starts_at, n).0,
        };
        let of = variant.map(|(name, _)| format!(" (the rule's length for `{name}`)")).unwrap_or_default();
        account.sum.push(line(format!("+ {}{of}", account.length), at));
        let scope = self.scope(&account.rule, deadline.subject);
        if deadline.computed_due_at.is_some() {
            at = self.given(deadline, &scope);
            account.sum.push(line("the platform gave this time instead", at));
        } else {
            let after = span.stand_still(self.world.seen(self.file.world_seen), &scope, deadline.starts_at, at, staffed);
            at = self.disrupted(DisruptionEffect::Suspend, &scope, deadline.starts_at, (at, after), &mut account.sum);
        }
        let after = self.world.seen(self.file.world_seen).extend(&scope, at);
        at = self.disrupted(DisruptionEffect::Extend, &scope, deadline.starts_at, (at, after), &mut account.sum);
        if at < deadline.due_at {
            account.sum.push(line("held back: something else has to come first", deadline.due_at));
        } else if at > deadline.due_at {
            account
                .notes
                .push("by the rule as it is written now it would be later: the rule was changed after this clock had started".to_owned());
        }
    }

    /// What the platform gave, before an extension moved it.
    fn given(&self, deadline: &Deadline, scope: &Scope<'_>) -> Instant {
        let seen = self.world.seen(self.file.world_seen);
        let by = self.touching(DisruptionEffect::Extend, scope).filter_map(|d| Length::parse(d.extend_by.as_deref()?).ok());
        let moved = by.map(|by| deadline.due_at - by).find(|before| seen.extend(scope, *before) == deadline.due_at);
        moved.unwrap_or(deadline.due_at)
    }

    /// Tells what disruptions of an effect did to a due time: it was the first, it is the second.
    fn disrupted(
        &self,
        effect: DisruptionEffect,
        scope: &Scope<'_>,
        start: Instant,
        (due, after): (Instant, Instant),
        sum: &mut Vec<SumLine>,
    ) -> Instant {
        if after == due {
            return due;
        }
        let by = after.since(due);
        let names: Vec<String> = self
            .touching(effect, scope)
            .filter(|d| d.from < after && d.until > start)
            .map(|d| {
                let why = d.reason.as_deref().map(|why| format!(", {why}")).unwrap_or_default();
                format!("{}: {} to {}{why}", d.disruption_id, local(d.from), local(d.until))
            })
            .collect();
        let what = if effect == DisruptionEffect::Suspend { "standing still" } else { "extended" };
        sum.push(line(format!("+ {by} {what} ({})", names.join("; ")), after));
        after
    }

    /// The disruptions of an effect that touch a deadline, as far as this order knows of them.
    fn touching<'b>(
        &'b self,
        effect: DisruptionEffect,
        scope: &'b Scope<'b>,
    ) -> impl Iterator<Item = &'b parcelward_casework::fact::DisruptionFact> + 'b {
        let known = self.world.changes().iter().take(self.file.world_seen as usize);
        known.filter_map(move |change| match &change.news {
            News::Disruption(d) if d.effect == effect && self.is_in_force(d, scope) => Some(d),
            _ => None,
        })
    }

    /// Whether a disruption touches a deadline: asked of a world that knows no other, at a moment inside it.
    fn is_in_force(&self, d: &parcelward_casework::fact::DisruptionFact, scope: &Scope<'_>) -> bool {
        let known = self.world.changes().iter().take(self.file.world_seen as usize);
        let mut same = known.filter_map(|change| match &change.news {
            News::Disruption(other) if other.disruption_id == d.disruption_id => Some(other),
            _ => None,
        });
        // A later one of the same id took this one's place.
        if same.next_back() != Some(d) {
            return false;
        }
        let mut alone = World::default();
        let cause = parcelward_casework::fact::FactId { source: String::new(), id: String::new() };
        alone.push(parcelward_casework::world::Change { at: d.from, cause, news: News::Disruption(d.clone()) });
        alone.seen(1).is_disrupted(scope, d.from)
    }

    fn scope<'s>(&'s self, rule: &'s str, subject: Subject) -> Scope<'s> {
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

    fn rungs(&self, deadline: &Deadline, version: &RuleVersion) -> Vec<RungView> {
        let Ladder::Before(steps) = version.ladder_of(deadline.variant.as_deref()) else { return Vec::new() };
        let staffed = self.rules.staffed(version.queue);
        let rungs = steps.iter().zip(&deadline.rungs).enumerate().map(|(n, (step, at))| {
            let planned = deadline.due_at - step.before;
            let queue = version.queue;
            let moved = if planned == *at {
                None
            } else if planned < deadline.starts_at {
                Some(format!("{} lies before the start, so as soon as {queue} is staffed after it", local(planned)))
            } else if !staffed.contains(planned) {
                Some(format!("{queue} is not staffed at {}, so while it still was", local(planned)))
            } else {
                Some("not before the rung above".to_owned())
            };
            RungView { before: step.name.clone(), at: at.to_string(), acted: n < usize::from(deadline.acted), moved }
        });
        rungs.collect()
    }

    /// The account of a task that no deadline gives its due time.
    pub fn task(&self, task: &Task) -> RuleAccount {
        let rule = self.rules.task(task.kind);
        let computed = self.rules.staffed(task.queue).add(task.opened_at, rule.hours);
        let words = length(Span::StaffedHours(rule.hours));
        let mut sum = vec![line("it opened", task.opened_at), line(format!("+ {words} of {}", task.queue), computed)];
        if computed != task.due_at {
            sum.push(line("the playbook gives it another time", task.due_at));
        }
        RuleAccount {
            deadline_id: None,
            rule: task.kind.word().to_owned(),
            title: "the hours that this kind of task has".to_owned(),
            consequence: String::new(),
            length: words,
            clock: "staffed_hours",
            source: None,
            as_of: None,
            confidence: None,
            starts_at: task.opened_at.to_string(),
            sum,
            due_at: task.due_at.to_string(),
            state: task.state.word(),
            rungs: Vec::new(),
            notes: Vec::new(),
        }
    }
}

/// The parcel that a subject is about.
fn parcel_of(file: &CaseFile, subject: Subject) -> Option<Index> {
    match subject {
        Subject::Parcel(p) => Some(p),
        Subject::Operation(o) => file.operations.get(o as usize).map(|o| o.parcel),
        Subject::Case(c) => {
            let case = file.cases.get(c as usize)?;
            case.parcel.or_else(|| if matches!(case.subject, Subject::Case(_)) { None } else { parcel_of(file, case.subject) })
        }
        Subject::AfterSale(a) => file.after_sales.get(a as usize).and_then(|a| a.return_parcel),
        Subject::Order | Subject::Dispute(_) | Subject::Commitment(_) => None,
    }
}
