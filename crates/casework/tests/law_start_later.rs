//! A clock that starts later is never due earlier.
//!
//! Sentences of the rules bound the law. A working-day rule is due "at the same local time of day on the Nth working day after the
//! start day": Saturday 09:00 is due before Friday 18:00, so the law holds within a day and from day to day at one time of day. `extend`
//! moves only "a due time inside": one just outside may be passed by it, so the law holds among those inside and among those outside. A clock
//! that counts whole days, or waits for a time of day, loses the minutes for which it stands still but not those before it starts: with
//! `suspend` the law holds for clocks that count hours.

#![expect(clippy::expect_used, reason = "a helper of a test may fail the test")]

mod common;

use common::history::alone;
use common::life::Life;
use common::{RAW, cases};
use parcelward_casework::casefile::{CaseFile, Deadline};
use parcelward_casework::fact::*;
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::rule_kind::RuleKind;
use parcelward_casework::rules::{Span, rule_ids};
use parcelward_casework::words::*;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

fn span_of(file: &CaseFile, deadline: &Deadline) -> Span {
    let raw = &RAW.rule[&deadline.rule.id(file.key.platform)];
    let variant = deadline.variant.as_ref().and_then(|v| raw.variants.get(v));
    Span::parse(variant.or(raw.length.as_ref()).expect("a rule has a length")).expect("a length")
}

/// Whether the law speaks of these two starts.
fn is_later(span: Span, first: Instant, second: Instant) -> bool {
    let (a, b) = (first.local(), second.local());
    match span {
        Span::WorkingDays(_) => first <= second && (a.date() == b.date() || a.time() <= b.time()),
        _ => first <= second,
    }
}

/// Starts, and when each was due.
type Starts = BTreeSet<(Instant, Instant)>;

/// Every deadline of every rule that arbitrary histories set in a calm world.
#[test]
fn over_all_rules_a_later_start_is_never_due_earlier() {
    let mut runner = TestRunner::deterministic();
    let mut all: BTreeMap<(String, Option<String>), (Span, Starts)> = BTreeMap::new();
    for _ in 0..cases(2500).cases.max(2500) {
        let history = alone().new_tree(&mut runner).expect("a history").current();
        let file = Life::of(&history, "P1", Length::days(30)).file;
        for deadline in &file.deadlines {
            let (span, due) = (span_of(&file, deadline), deadline.computed_due_at.unwrap_or(deadline.due_at));
            // `presumed_lost` waits for two quiet days as well, and so hangs on more than its start.
            let floored =
                matches!(span, Span::Hours(length) if deadline.rule == RuleKind::PresumedLost && due > deadline.starts_at + length);
            if !floored {
                let entry = all.entry((deadline.rule.id(file.key.platform), deadline.variant.clone()));
                entry.or_insert((span, BTreeSet::new())).1.insert((deadline.starts_at, due));
            }
        }
    }
    for ((rule, variant), (span, starts)) in &all {
        let starts: Vec<_> = starts.iter().collect();
        for (i, (first, due)) in starts.iter().enumerate() {
            for (second, later) in &starts[i..] {
                let holds = !is_later(*span, *first, *second) || due <= later;
                assert!(holds, "{rule} {variant:?}: from {first} due {due}, but from {second} due {later}");
            }
        }
    }
    let seen: BTreeSet<&String> = all.keys().map(|(rule, _)| rule).collect();
    let never: Vec<String> = rule_ids().into_iter().map(|(id, _, _)| id).filter(|id| !seen.contains(id)).collect();
    assert!(never.is_empty(), "no history sets these: {never:?}");
}

/// One rule of each clock, and the fact that starts it.
#[derive(Debug, Clone, Copy)]
enum Clock {
    Hours,
    Staffed,
    Working,
    NextMorning,
}

impl Clock {
    const fn rule(self) -> RuleKind {
        match self {
            Clock::Hours => RuleKind::Collect,
            Clock::Staffed => RuleKind::FirstAnswer,
            Clock::Working => RuleKind::Intervention,
            Clock::NextMorning => RuleKind::CommitmentDue,
        }
    }

    fn fact(self, start: Instant) -> FactBody {
        let order = |mut more: serde_json::Value| {
            (more["platform"], more["shop"], more["order_id"]) = ("taobao".into(), "shop1".into(), "P1".into());
            more
        };
        match self {
            Clock::Hours => {
                let waybill = json!({"courier": "yunda", "number": "1"});
                FactBody::Shipment(read(order(json!({"waybill": waybill, "declared_at": start.to_string()}))))
            }
            Clock::Staffed => FactBody::BuyerRequest(read(order(json!({"request": "urge"})))),
            Clock::Working => FactBody::Dispute(read(order(json!({"dispute_id": "D1", "status": "opened"})))),
            Clock::NextMorning => FactBody::Commitment(read(order(json!({"commitment_id": "C1", "promise": "reply", "status": "made"})))),
        }
    }

    /// When it is due, started then under these disruptions.
    fn due(self, start: Instant, disruptions: &[DisruptionFact]) -> Instant {
        let key = OrderKey { platform: Platform::Taobao, shop: "shop1".to_owned(), order_id: "P1".to_owned() };
        let mut life = Life::new(key, start);
        let mut tell = |body: FactBody| {
            let id = FactId { source: "test".to_owned(), id: format!("f{}", life.facts.len()) };
            life.take(Fact { id, time: start, recorded: Some(start), body, fingerprint: 0 }, &mut |_| Ok(())).expect("nobody watches");
        };
        disruptions.iter().for_each(|d| tell(FactBody::Disruption(d.clone())));
        tell(self.fact(start));
        life.file.deadlines.iter().find(|d| d.rule == self.rule()).expect("its clock started").due_at
    }
}

fn read<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> T {
    serde_json::from_value(value).expect("a fact")
}

fn minute(n: i64) -> Instant {
    Instant::parse("2026-02-09T00:00:00+08:00").expect("a time") + Length::minutes(n)
}

fn disruption((n, (from, length)): (usize, (i64, i64)), effect: DisruptionEffect) -> DisruptionFact {
    let (from, until) = (minute(from), minute(from + length));
    read(json!({"disruption_id": format!("X{n}"), "from": from.to_string(), "until": until.to_string(),
        "effect": effect.word(), "extend_by": "24h"}))
}

fn spans() -> impl Strategy<Value = Vec<(i64, i64)>> {
    prop::collection::vec((0_i64..14_000, 1_i64..4_000), 0..4)
}

fn any_clock() -> impl Strategy<Value = Clock> {
    prop::sample::select(vec![Clock::Hours, Clock::Staffed, Clock::Working, Clock::NextMorning])
}

/// Starts in a fortnight with the Spring Festival's make-up workdays in it; the second a little or much later.
fn starts() -> impl Strategy<Value = (i64, i64)> {
    (0_i64..20_000, prop_oneof![0_i64..120, 0_i64..5_000]).prop_map(|(first, later)| (first, first + later))
}

fn length_of(clock: Clock) -> Span {
    let raw = &RAW.rule[&clock.rule().id(Platform::Taobao)];
    let length = raw.variants.get("reply").filter(|_| matches!(clock, Clock::NextMorning)).or(raw.length.as_ref());
    Span::parse(length.expect("a length")).expect("a length")
}

proptest! {
    #![proptest_config(cases(1500))]

    #[test]
    fn on_every_clock_a_later_start_is_never_due_earlier(clock in any_clock(), (first, second) in starts()) {
        let (first, second) = (minute(first), minute(second));
        prop_assume!(is_later(length_of(clock), first, second));
        prop_assert!(clock.due(first, &[]) <= clock.due(second, &[]));
    }

    #[test]
    fn with_clocks_that_stand_still_a_later_start_is_never_due_earlier(clock in any_clock(), (first, second) in starts(), spans in spans()) {
        let (first, second) = (minute(first), minute(second));
        let suspends: Vec<_> = spans.into_iter().enumerate().map(|s| disruption(s, DisruptionEffect::Suspend)).collect();
        let (due, later) = (clock.due(first, &suspends), clock.due(second, &suspends));
        let counts_hours = matches!(clock, Clock::Hours | Clock::Staffed);
        prop_assert!(!counts_hours || due <= later, "from {first} due {due}, but from {second} due {later}");
        prop_assert!(clock.due(first, &[]) <= due, "standing still makes {due} earlier");
    }

    #[test]
    fn with_extended_due_times_a_later_start_is_never_due_earlier(
        clock in any_clock(), (first, second) in starts(), spans in spans(),
    ) {
        let (first, second) = (minute(first), minute(second));
        prop_assume!(is_later(length_of(clock), first, second));
        let extends: Vec<_> = spans.into_iter().enumerate().map(|s| disruption(s, DisruptionEffect::Extend)).collect();
        let plain = [first, second].map(|start| clock.due(start, &[]));
        let inside = plain.map(|due| extends.iter().any(|d| d.from <= due && due < d.until));
        let due = [first, second].map(|start| clock.due(start, &extends));
        for i in 0..2 {
            let moved = if inside[i] { plain[i] + Length::hours(24) } else { plain[i] };
            prop_assert_eq!(due[i], moved, "a due time inside moves by what is given, one outside stays");
        }
        prop_assert!(inside[0] != inside[1] || due[0] <= due[1]);
    }
}
