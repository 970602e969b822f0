//! What comes by itself, if nobody acts and nothing is told: the engine is asked, on a copy of the case file.
//!
//! Nothing is foretold here by a rule of its own, so what is said is what will be decided. Deliberately absent: what couriers will answer.

use super::gist;
use super::schedules::Moment;
use super::spoken::moment;
use parcelward_casework::casefile::CaseFile;
use parcelward_casework::decision::{Cause, Decision, DecisionBody};
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::rule_kind::RuleKind;
use parcelward_casework::rules::Rules;
use parcelward_casework::world::World;
use parcelward_casework::{Signal, decide, next_wake_at};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// How far ahead is looked.
const AHEAD: Length = Length::days(400);
/// Moments that are lived through at most: an order has a few dozen.
const MOMENTS: usize = 60;
/// What is told at most.
const TOLD: usize = 12;

/// Something that comes by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Foreseen {
    /// When.
    pub at: Moment,
    /// What, in one line.
    pub text: String,
    /// What it costs, where it is a breach.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consequence: Option<String>,
}

/// What something is about.
pub(super) struct About<'a> {
    /// The ids by which decisions name it.
    pub ids: Vec<String>,
    /// A rule whose rungs are about it.
    pub rule: Option<&'a str>,
    /// The waybill's number; a rung of another parcel is not about it.
    pub number: Option<&'a str>,
}

/// What will be decided about something, and about what that opens, while nobody acts and nothing is told.
pub(super) fn foresee(file: &CaseFile, rules: &Rules, world: &World, now: Instant, about: &About<'_>) -> Vec<Foreseen> {
    let mut ids: BTreeSet<String> = about.ids.iter().cloned().collect();
    let (mut file, mut out) = (file.clone(), Vec::new());
    // What is overdue for the engine itself is its next moment, not the past.
    for _ in 0..MOMENTS {
        let Some(at) = next_wake_at(&file).filter(|at| at.since(now) <= AHEAD) else { break };
        let at = at.max(now);
        let plan = decide(file, rules, world, at, Signal::TimePassed);
        for decision in &plan.decisions {
            if concerns(decision, &mut ids, about) {
                out.push(told(decision, rules));
            }
        }
        file = plan.file;
        if out.len() >= TOLD {
            break;
        }
    }
    out.truncate(TOLD);
    out
}

/// Whether a decision is about one of the ids, or of the rule; what it opens is then one of them.
fn concerns(decision: &Decision, ids: &mut BTreeSet<String>, about: &About<'_>) -> bool {
    let data = data_of(decision);
    let named = ["task_id", "deadline_id", "case_id", "operation_id"].map(|name| data[name].as_str().map(str::to_owned));
    let of_rule = || {
        let caused = decision.because.iter().any(|cause| matches!(cause, Cause::Rule { rule, .. } if Some(rule.as_str()) == about.rule));
        caused && data["waybill"]["number"].as_str().is_none_or(|number| about.number.is_none_or(|n| n == number))
    };
    let concerned = named.iter().flatten().any(|id| ids.contains(id)) || of_rule();
    if concerned {
        ids.extend(named.into_iter().flatten());
    }
    concerned
}

fn data_of(decision: &Decision) -> Value {
    match serde_json::from_str(&decision.to_json()) {
        Ok(Value::Object(mut line)) => line.remove("data").unwrap_or_default(),
        _ => Value::Null,
    }
}

fn told(decision: &Decision, rules: &Rules) -> Foreseen {
    let data = data_of(decision);
    let type_ = decision.body.decision_type().word();
    let text = match &decision.body {
        DecisionBody::DeadlineBreached(d) if d.waived => format!("{} falls due and is breached; a disruption waives it", d.rule),
        DecisionBody::DeadlineBreached(d) => format!("{} falls due and is breached", d.rule),
        DecisionBody::TaskOpened(t) => format!("a task opens for {}: {} ({})", t.queue, t.title, t.kind),
        DecisionBody::CaseOpened(c) => format!("a case opens: {}", rules.texts.case_title(c.kind)),
        DecisionBody::TaskClosed(t) => format!("the task {} ends: {}", t.kind, t.outcome.word().replace('_', " ")),
        DecisionBody::CaseClosed(c) => format!("the case {} closes: {}", c.kind, c.outcome.word().replace('_', " ")),
        DecisionBody::OperationRequested(o) => format!("the courier is asked: {}", rules.texts.word("operation", o.kind.word())),
        DecisionBody::TaskUpdated(t) => format!("the task {}: {}", t.kind, gist::of_decision(type_, &data)),
        _ => format!("{}: {}", type_.replace('.', " "), gist::of_decision(type_, &data)),
    };
    let consequence = match &decision.body {
        DecisionBody::DeadlineBreached(d) if !d.waived => {
            let of_platform = || d.rule.split_once('.').and_then(|(_, word)| RuleKind::from_word(word));
            let rule = RuleKind::from_word(&d.rule).or_else(of_platform);
            rule.map(|rule| rules.texts.consequence(rule).to_owned()).filter(|text| !text.is_empty())
        }
        _ => None,
    };
    Foreseen { at: moment(decision.time), text, consequence }
}
