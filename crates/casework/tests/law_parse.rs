//! A text is a fact, or an error that names a field. Never a panic.

mod common;

use common::json;
use common::life::Life;
use common::{cases, history};
use parcelward_casework::instant::Length;
use parcelward_casework::parse::{BadFact, parse_fact};
use parcelward_casework::words::*;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{TestCaseError, TestRunner};
use serde_json::Value;
use std::collections::BTreeSet;

const ATTRIBUTES: [&str; 9] = ["(line)", "specversion", "id", "source", "type", "time", "recordedtime", "data", "subject"];

/// The error names an attribute of the envelope or a field of its data, and says something.
fn names_a_field(error: &BadFact) -> bool {
    let known = ATTRIBUTES.contains(&error.field.as_str()) || error.field.starts_with("data.");
    known && !error.message.is_empty() && error.to_string().contains(&error.field)
}

/// Any JSON.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        prop::sample::select(vec!["pinduoduo", "yto", "delivered", "2026-01-01T00:00:00+08:00", "1.0", "59.90", "24h"])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::hash_map(a_name(), inner, 0..6).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// A name that stands in some fact, or any other.
fn a_name() -> impl Strategy<Value = String> {
    let known =
        ["specversion", "id", "source", "type", "time", "data", "platform", "shop", "order_id", "waybill", "courier", "number", "status"];
    prop_oneof![3 => prop::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => ".{0,8}"]
}

/// Every place in a fact, by its path.
fn places(at: &str, value: &Value, out: &mut Vec<String>) {
    if !at.is_empty() {
        out.push(at.to_owned());
    }
    match value {
        Value::Object(map) => map.iter().for_each(|(k, v)| places(&format!("{at}/{k}"), v, out)),
        Value::Array(list) => list.iter().enumerate().for_each(|(i, v)| places(&format!("{at}/{i}"), v, out)),
        _ => {}
    }
}

/// The path as errors write it.
fn dotted(path: &str) -> String {
    path.split('/').filter(|p| !p.is_empty()).fold(String::new(), |all, part| match part.parse::<usize>() {
        Ok(n) => format!("{all}[{n}]"),
        Err(_) if all.is_empty() => part.to_owned(),
        Err(_) => format!("{all}.{part}"),
    })
}

fn take_out(value: &mut Value, path: &str) {
    let Some((parent, name)) = path.rsplit_once('/') else { return };
    match value.pointer_mut(parent) {
        Some(Value::Object(map)) => drop(map.remove(name)),
        Some(Value::Array(list)) => drop(list.remove(name.parse().unwrap_or(0))),
        _ => {}
    }
}

/// The error is about what was changed: that place, what stands in it, what it stands in, or a field that must go with it.
fn is_about(error: &BadFact, path: &str) -> bool {
    let (changed, field) = (dotted(path), &error.field);
    let goes_with = ["data.operation_id", "data.task_id", "data.until", "data.extend_by"].contains(&field.as_str());
    field.starts_with(&changed) || (changed.starts_with(field.as_str()) && field != "data") || goes_with || path.starts_with("/type")
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn bytes_are_a_fact_or_an_error_that_names_a_field(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Err(error) = parse_fact(&String::from_utf8_lossy(&bytes)) {
            prop_assert!(names_a_field(&error), "{:?}", error);
        }
    }

    #[test]
    fn json_of_any_shape_is_a_fact_or_an_error_that_names_a_field(value in any_json()) {
        if let Err(error) = parse_fact(&value.to_string()) {
            prop_assert!(names_a_field(&error), "{:?}", error);
        }
    }

    #[test]
    fn data_of_any_shape_is_a_fact_or_an_error_that_names_a_field(kind in prop::sample::select(FactType::ALL), data in any_json()) {
        let fact = serde_json::json!({"specversion": "1.0", "id": "1", "source": "t", "type": format!("parcelward.{kind}"),
            "time": "2026-03-10T08:00:00+08:00", "data": data});
        if let Err(error) = parse_fact(&fact.to_string()) {
            prop_assert!(names_a_field(&error) && error.field.starts_with("data"), "{:?}", error);
            prop_assert_eq!(error.id.as_deref(), Some("1"));
        }
    }

    #[test]
    fn a_good_fact_parses_as_what_it_is(history in history::in_the_world()) {
        let life = Life::of(&history, "P1", Length::ZERO);
        for fact in &life.facts {
            let line = json::line(fact);
            let read = parse_fact(&line).map_err(|e| TestCaseError::fail(format!("{e}: {line}")))?;
            prop_assert_eq!((&read.id, read.time, read.recorded, &read.body), (&fact.id, fact.time, fact.recorded, &fact.body));
        }
    }

    #[test]
    fn a_good_fact_gone_wrong_is_an_error_about_what_is_wrong(
        history in history::in_the_world(), which in any::<prop::sample::Index>(), place in any::<prop::sample::Index>(),
        other in prop::option::weighted(0.7, any_json()),
    ) {
        let life = Life::of(&history, "P1", Length::ZERO);
        prop_assume!(!life.facts.is_empty());
        let mut value = json::value(which.get(&life.facts));
        let mut all = Vec::new();
        places("", &value, &mut all);
        let path = place.get(&all).clone();
        match (other, value.pointer_mut(&path)) {
            (Some(other), Some(old)) => *old = other,
            _ => take_out(&mut value, &path),
        }
        if let Err(error) = parse_fact(&value.to_string()) {
            prop_assert!(names_a_field(&error) && is_about(&error, &path), "{path} gone wrong: {error:?} in {value}");
        }
    }

    #[test]
    fn a_good_fact_cut_short_is_an_error(history in history::in_the_world(), which in any::<prop::sample::Index>(), at in any::<prop::sample::Index>()) {
        let life = Life::of(&history, "P1", Length::ZERO);
        prop_assume!(!life.facts.is_empty());
        let line = json::line(which.get(&life.facts));
        let end = line.char_indices().map(|(i, _)| i).nth(at.index(line.chars().count())).unwrap_or(0);
        let error = parse_fact(&line[..end]);
        prop_assert!(error.is_err_and(|e| names_a_field(&e)));
    }
}

#[test]
fn good_facts_of_every_type_are_among_them() {
    let mut runner = TestRunner::deterministic();
    let mut types = BTreeSet::new();
    for _ in 0..200 {
        let history = history::under_changing_rules().new_tree(&mut runner).expect("a history").current();
        types.extend(Life::of(&history, "P1", Length::ZERO).facts.iter().map(|f| f.body.fact_type()));
    }
    assert_eq!(types, FactType::ALL.iter().copied().collect());
}
