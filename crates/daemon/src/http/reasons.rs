//! What else was considered, and why it does not count: other rules about the same thing, a rule's other lengths, disruptions.
//!
//! Deliberately absent: the reasons of the rules themselves (casework's `considered` says them).

use super::deadlines::state_word;
use super::schedules::Moment;
use super::spoken::{self, moment};
use super::sums::{Book, written_version};
use parcelward_casework::casefile::{Deadline, DeadlineState, Subject};
use parcelward_casework::considered::{Considered, Says, considered, parcel_of};
use parcelward_casework::fact::DisruptionFact;
use parcelward_casework::region::short_province;
use parcelward_casework::rule_kind::RuleKind;
use parcelward_casework::rules::{RawRule, RuleVersion};
use parcelward_casework::words::DisruptionEffect;
use parcelward_casework::world::miss;
use serde::Serialize;
use utoipa::ToSchema;

/// Another length of the rule, and why it does not count here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LengthView {
    /// For what (`remote`, `from 2026-05-01`).
    pub name: String,
    /// The length.
    pub length: String,
    /// Why it does not count.
    pub why: String,
}

/// A disruption at the time of a clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DisruptionView {
    /// Its id.
    pub disruption_id: String,
    /// `waive`, `suspend` or `extend`.
    pub effect: &'static str,
    /// From when.
    pub from: Moment,
    /// Until when.
    pub until: Moment,
    /// Whether it counts for this clock.
    pub counts: bool,
    /// What it does, or why it does nothing.
    pub text: String,
}

/// Another rule about the same thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RuleSays {
    /// The rule's id.
    pub rule: String,
    /// Its name in words.
    pub title: String,
    /// What it looked at (`parcel yto:YT1`, `the order`).
    pub about: String,
    /// Whether it asked for a deadline.
    pub applies: bool,
    /// What became of that, or why it asks for nothing.
    pub text: String,
    /// The newest deadline that it set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline_id: Option<String>,
}

impl Book<'_> {
    /// What the other rules say about these subjects; those that apply first.
    pub(super) fn others(&self, subjects: &[Subject], but: Option<RuleKind>) -> Vec<RuleSays> {
        let all = considered(self.file, self.law.rules, subjects);
        let mut out: Vec<RuleSays> = all.iter().filter(|c| Some(c.rule) != but).map(|c| self.says(c)).collect();
        out.sort_by_key(|says| !says.applies);
        out
    }

    fn says(&self, c: &Considered) -> RuleSays {
        let of_it = |d: &&Deadline| d.rule == c.rule && d.subject == c.subject;
        let (applies, text, deadline_id) = match &c.says {
            Says::Nothing(why) => (false, why.to_string(), None),
            Says::Asks(start) => match self.file.deadlines.iter().rfind(of_it) {
                None => (true, format!("its clock started {}", self.speech.time(*start)), None),
                Some(d) => (true, self.became(d), Some(d.id.clone())),
            },
        };
        let title = self.law.rules.texts.rule_title(c.rule).to_owned();
        RuleSays { rule: c.id.clone(), title, about: self.subject(c.subject), applies, text, deadline_id }
    }

    /// What became of a deadline, in words.
    fn became(&self, d: &Deadline) -> String {
        let when = |at| self.speech.time(at);
        let said = match (d.state, d.ended_at) {
            (DeadlineState::Running, _) => format!("runs, due {}", when(d.due_at)),
            (DeadlineState::Breached, _) if d.waived => format!("breached {}; the breach is waived", when(d.due_at)),
            (DeadlineState::Breached, _) => format!("breached {}", when(d.due_at)),
            (DeadlineState::Met, _) => format!("met {}", when(d.proof.or(d.ended_at).unwrap_or(d.due_at))),
            (state, Some(at)) => format!("{} {}", state_word(state), when(at)),
            (state, None) => state_word(state).to_owned(),
        };
        // A clock that may not run again is used up.
        let used_up = matches!(d.state, DeadlineState::Met | DeadlineState::Breached) && !d.rule.recurs();
        if used_up { format!("{said}; it counts once only") } else { said }
    }

    /// A subject in words.
    pub(super) fn subject(&self, subject: Subject) -> String {
        let file = self.file;
        let parcel = || parcel_of(file, subject).and_then(|i| file.parcels.get(i as usize));
        let waybill = || parcel().map(|p| format!("{}:{}", p.waybill.courier, p.waybill.number)).unwrap_or_default();
        match subject {
            Subject::Order => "the order".to_owned(),
            Subject::Parcel(_) => format!("parcel {}", waybill()),
            Subject::AfterSale(i) => file.after_sales.get(i as usize).map(|s| format!("after-sale {}", s.id)).unwrap_or_default(),
            Subject::Dispute(i) => file.disputes.get(i as usize).map(|d| format!("dispute {}", d.id)).unwrap_or_default(),
            Subject::Commitment(i) => file.commitments.get(i as usize).map(|c| format!("promise {}", c.id)).unwrap_or_default(),
            Subject::Operation(i) => {
                file.operations.get(i as usize).map(|o| format!("request {} of {}", o.kind, waybill())).unwrap_or_default()
            }
            Subject::Case(i) => file.cases.get(i as usize).map(|c| format!("case {}", c.kind)).unwrap_or_default(),
        }
    }

    /// The rule's lengths for other situations and other days.
    pub(super) fn other_lengths(&self, deadline: &Deadline, version: &RuleVersion, raw: Option<&RawRule>) -> Vec<LengthView> {
        let chosen = deadline.variant.as_deref();
        let variants = version.variants.iter().filter(|(name, _)| Some(name.as_str()) != chosen);
        let mut out: Vec<LengthView> = variants
            .map(|(name, span)| LengthView {
                name: name.clone(),
                length: spoken::of_rule(*span),
                why: self.why_not_variant(deadline, name),
            })
            .collect();
        let Some(raw) = raw else { return out };
        let held = written_version(raw, deadline.starts_at);
        let base = held.is_some().then_some(raw);
        let others = raw.versions.iter().enumerate().filter(|(at, _)| Some(*at) != held).map(|(_, v)| v);
        for other in base.into_iter().chain(others) {
            let Some(length) = &other.length else { continue };
            let (name, why) = match &other.effective_from {
                None => ("before the newer wording".to_owned(), "a newer wording holds for clocks that start on that day".to_owned()),
                Some(from) if *from > deadline.starts_at.local().date().to_string() => {
                    (format!("from {from}"), "the clock started before that day".to_owned())
                }
                Some(from) => (format!("from {from}"), "a newer wording holds for clocks that start on that day".to_owned()),
            };
            out.push(LengthView { name, length: length.clone(), why });
        }
        out
    }

    fn why_not_variant(&self, deadline: &Deadline, name: &str) -> String {
        match name {
            "remote" | "far_remote" => {
                let scope = self.scope("", deadline.subject);
                match scope.destination.and_then(|a| a.province.as_deref()).map(short_province) {
                    Some(province) => format!("{province} is not among `policy.{name}`"),
                    None => "where the parcel goes is not known".to_owned(),
                }
            }
            "unshipped" => "the order was shipped when it was asked".to_owned(),
            "signed" => "the parcel is not signed for".to_owned(),
            "same_city" => "the parcel does not stay within one city".to_owned(),
            "quiet" => "no length of its own: it is never due sooner than this after the newest scan".to_owned(),
            "reply" | "reship" => "something else was promised".to_owned(),
            _ => "the situation is another".to_owned(),
        }
    }

    /// The disruptions of the time in which a clock runs, as far as this order knows of them.
    pub(super) fn disruptions_at(&self, deadline: &Deadline, rule: &str) -> Vec<DisruptionView> {
        let scope = self.scope(rule, deadline.subject);
        let until = deadline.due_at.max(deadline.acts_at);
        let then = self.seen().disruptions().filter(|d| d.from <= until && d.until > deadline.starts_at);
        let view = |d: &DisruptionFact| {
            let (counts, text) = match miss(d, &scope) {
                Some(miss) => (false, format!("does not count: {miss}")),
                None => self.effect(d, deadline),
            };
            DisruptionView {
                disruption_id: d.disruption_id.clone(),
                effect: d.effect.word(),
                from: moment(d.from),
                until: moment(d.until),
                counts,
                text,
            }
        };
        then.map(view).collect()
    }

    fn effect(&self, d: &DisruptionFact, deadline: &Deadline) -> (bool, String) {
        let span = self.speech.span(d.from, d.until);
        let inside = d.from <= deadline.due_at && deadline.due_at < d.until;
        match d.effect {
            DisruptionEffect::Suspend if deadline.computed_due_at.is_some() => {
                (false, "does not count: the platform itself gave the due time".to_owned())
            }
            DisruptionEffect::Suspend => (true, format!("the clock stands still {span}")),
            DisruptionEffect::Extend => (true, format!("a due time {span} moves by {}", d.extend_by.as_deref().unwrap_or_default())),
            DisruptionEffect::Waive if inside => (true, format!("a breach {span} is waived")),
            DisruptionEffect::Waive => (false, format!("does not count: the due time does not lie within {span}")),
        }
    }
}
