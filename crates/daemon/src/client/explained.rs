//! What `/v1/explain` answers, as far as it is shown. What is absent reads as empty, so that a newer or an older daemon can be asked.
#![allow(missing_docs, reason = "the names of the API, described at /openapi.json")]

use super::model::Order;
use serde::Deserialize;

/// Makes structs that read from the API whatever is there.
macro_rules! read {
    ($($name:ident { $($field:ident: $Type:ty,)* })+) => {
        $(
            #[derive(Debug, Clone, Default, Deserialize)]
            #[serde(default)]
            pub struct $name {
                $(pub $field: $Type,)*
            }
        )+
    };
}

read! {
    Moment { at: String, local: String, utc: String, }
    Reason { what: String, text: String, time: Option<Moment>, received: Option<Moment>, source: Option<String>, id: Option<String>, }
    Step { time: Moment, written: Option<Moment>, decision: String, text: String, because: Vec<Reason>, }
    SumLine { text: String, at: Moment, }
    Rung { before: String, planned: Moment, at: Moment, acted: bool, moved: Option<String>, }
    WrittenLine { key: String, value: String, file: String, line: Option<usize>, }
    Written {
        revision: Option<String>, since: Option<Moment>, who: Option<String>, as_then: bool, text: String, lines: Vec<WrittenLine>,
        today: Vec<WrittenLine>,
    }
    OtherLength { name: String, length: String, why: String, }
    Disruption { disruption_id: String, effect: String, from: Moment, until: Moment, counts: bool, text: String, }
    RuleAccount {
        deadline_id: Option<String>, rule: String, title: String, consequence: String, written: Option<Written>, length: String,
        clock: String, source: Option<String>, as_of: Option<String>, confidence: Option<String>, words: String, sum: Vec<SumLine>,
        due_at: Moment, state: String, rungs: Vec<Rung>, other_lengths: Vec<OtherLength>, disruptions: Vec<Disruption>, notes: Vec<String>,
    }
    RuleSays { rule: String, title: String, about: String, applies: bool, text: String, deadline_id: Option<String>, }
    Exchange {
        direction: String, at: Moment, to: String, changes: bool, request: String, end: String, status: Option<u64>, response: String, took_ms: u64,
    }
    Attempt {
        number: u64, mode: String, account: String, started_at: Moment, ended_at: Option<Moment>, outcome: Option<String>, text: String,
        exchanges: Vec<Exchange>,
    }
    OperationAccount {
        by: String, account: Option<String>, phase: String, our_reference: Option<String>, courier_reference: Option<String>,
        attempts: Vec<Attempt>, then: String, then_at: Option<Moment>,
    }
    Question { at: Moment, account: String, text: String, exchanges: Vec<Exchange>, }
    Gate { calls: String, text: String, }
    Endangered { courier: String, rule: String, title: String, count: u64, first_due_at: String, }
    Outage {
        account: String, couriers: Vec<String>, since: Moment, until: Option<Moment>, reason: String, gates: Vec<Gate>,
        endangered: Vec<Endangered>, waiting: String, calls: Vec<Question>,
    }
    ParcelWatch { waybill: String, account: Option<String>, text: String, questions: Vec<Question>, }
    Foreseen { at: Moment, text: String, consequence: Option<String>, }
    Explanation {
        id: String, what: String, kind: String, title: String, state: String, zone: String, order: Option<Order>, about: String,
        rule: Option<RuleAccount>, urgency: Option<String>, steps: Vec<Step>, others: Vec<RuleSays>, operation: Option<OperationAccount>,
        outage: Option<Outage>, tracking: Vec<ParcelWatch>, next: Option<Foreseen>, if_nobody_acts: Vec<Foreseen>,
    }
}
