//! `disruptions/*.toml`: times that are not normal, as an operator announces them (Spring Festival, a flood, a site that is closed).
//!
//! Deliberately absent: telling them to the desk (`crate::announce`), and what they do to clocks (casework).

use super::extract::Merged;
use super::files::ConfigFiles;
use super::problem::{Problem, dotted, nearest};
use jiff::civil::{Date, DateTime};
use parcelward_casework::fact::DisruptionFact;
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::region::{provinces, short_province};
use parcelward_casework::rules::rule_ids;
use parcelward_casework::words::{Courier, DisruptionEffect, Platform};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A file of disruptions as operators write it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawDisruptions {
    /// By name.
    pub disruption: BTreeMap<String, RawDisruption>,
}

/// A disruption as operators write it. An absent list means all; lists are combined with *and*.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDisruption {
    /// From when: a day (from its beginning) or a time.
    pub from: String,
    /// Until when: a day (to its end) or a time.
    pub until: String,
    /// What it does.
    pub effect: DisruptionEffect,
    /// By how much, with `extend`.
    #[serde(default)]
    pub extend_by: Option<String>,
    /// For which couriers.
    #[serde(default)]
    pub couriers: Vec<Courier>,
    /// For which destination provinces.
    #[serde(default)]
    pub provinces: Vec<String>,
    /// For which destination cities.
    #[serde(default)]
    pub cities: Vec<String>,
    /// For which sites (the newest scan's place).
    #[serde(default)]
    pub sites: Vec<String>,
    /// For which platforms.
    #[serde(default)]
    pub platforms: Vec<Platform>,
    /// For which shops.
    #[serde(default)]
    pub shops: Vec<String>,
    /// For which rules, by id.
    #[serde(default)]
    pub rules: Vec<String>,
    /// Why, for people.
    #[serde(default)]
    pub reason: Option<String>,
}

/// The files, merged.
pub(super) fn merged(files: &ConfigFiles, problems: &mut Vec<Problem>) -> Merged {
    Merged::of("disruptions/*.toml", &files.folder("disruptions", problems), problems)
}

/// The disruptions, by name.
pub(super) fn read(merged: &Merged, problems: &mut Vec<Problem>) -> Vec<DisruptionFact> {
    let raw: RawDisruptions = merged.extract(problems).unwrap_or_default();
    let facts: Vec<DisruptionFact> = raw.disruption.iter().filter_map(|(name, raw)| compiled(merged, name, raw, problems)).collect();
    for (n, later) in facts.iter().enumerate() {
        for earlier in facts[..n].iter().filter(|earlier| cross(earlier, later)) {
            let message = format!("is told for some of the same parcels at the same time as `{}`", earlier.disruption_id);
            let key = dotted(&["disruption".to_owned(), later.disruption_id.clone()]);
            problems.push(merged.problem_with_name(&key, message).code("overlap").warning());
        }
    }
    facts
}

fn compiled(merged: &Merged, name: &str, raw: &RawDisruption, problems: &mut Vec<Problem>) -> Option<DisruptionFact> {
    let key = |field: &str| dotted(&["disruption", name, field].map(str::to_owned));
    let before = problems.len();
    let mut say = |field: &str, code: &'static str, message: String| problems.push(merged.problem(&key(field), message).code(code));
    let from = moment(&raw.from, false);
    let until = moment(&raw.until, true);
    for (field, text, at) in [("from", &raw.from, from), ("until", &raw.until, until)] {
        if at.is_none() {
            say(field, "bad-date", format!("`{text}` is neither a day nor a time: write `2026-01-31` or `2026-01-31 18:00`"));
        }
    }
    if let (Some(from), Some(until)) = (from, until)
        && from >= until
    {
        say("until", "bad-date", format!("the disruption would end before it begins ({})", raw.from));
    }
    if name.is_empty() || name.len() > 100 {
        say("effect", "bad-value", "the disruption's name must have 1 to 100 characters".to_owned());
    }
    match (raw.effect, raw.extend_by.as_deref().map(Length::parse)) {
        (DisruptionEffect::Extend, None) => {
            say("effect", "missing", "`extend` needs `extend_by`, such as `extend_by = \"48h\"`".to_owned());
        }
        (_, Some(Err(e))) => say("extend_by", "bad-length", e.to_string()),
        (DisruptionEffect::Extend, _) | (_, None) => {}
        (effect, Some(_)) => say("extend_by", "contradiction", format!("is used with `extend` only, and the effect is `{effect}`")),
    }
    let ids = rule_ids();
    let known: Vec<&str> = provinces();
    let mut unknown = |field: (&str, usize), what: &str, word: &str, near: Option<&str>| {
        let (list, at) = field;
        let key = format!("{}[{at}]", key(list));
        problems.push(merged.problem(&key, format!("there is no {what} `{word}`")).code("unknown-name").meant(near));
    };
    for (n, id) in raw.rules.iter().enumerate().filter(|(_, id)| !ids.iter().any(|(known, _, _)| known == *id)) {
        unknown(("rules", n), "rule", id, nearest(id, ids.iter().map(|(id, _, _)| id.as_str())));
    }
    for (n, word) in raw.provinces.iter().enumerate().filter(|(_, word)| !known.contains(&short_province(word).as_str())) {
        unknown(("provinces", n), "province", word, nearest(&short_province(word), known.iter().copied()));
    }
    (problems.len() == before).then(|| DisruptionFact {
        disruption_id: name.to_owned(),
        from: from.unwrap_or(Instant::MIN),
        until: until.unwrap_or(Instant::MAX),
        effect: raw.effect,
        couriers: raw.couriers.clone(),
        provinces: raw.provinces.clone(),
        cities: raw.cities.clone(),
        sites: raw.sites.clone(),
        platforms: raw.platforms.clone(),
        shops: raw.shops.clone(),
        rules: raw.rules.clone(),
        extend_by: raw.extend_by.clone(),
        reason: raw.reason.clone(),
    })
}

/// A day, a local time or a time with its offset.
fn moment(text: &str, end_of_day: bool) -> Option<Instant> {
    let text = text.trim();
    if let Ok(at) = Instant::parse(text) {
        return Some(at);
    }
    let sane = |year: i16| (2000..2199).contains(&year);
    if text.len() > 10 {
        let minutes = if text.len() == 16 { format!("{text}:00") } else { text.to_owned() };
        return minutes.parse::<DateTime>().ok().filter(|at| sane(at.year())).map(Instant::from_local);
    }
    let day = text.parse::<Date>().ok().filter(|day| sane(day.year()))?;
    let midnight = Instant::from_local(day.at(0, 0, 0, 0));
    Some(if end_of_day { midnight + Length::days(1) } else { midnight })
}

/// Whether two disruptions do the same to some of the same parcels.
fn cross(a: &DisruptionFact, b: &DisruptionFact) -> bool {
    fn meet<T: PartialEq>(a: &[T], b: &[T]) -> bool {
        a.is_empty() || b.is_empty() || a.iter().any(|x| b.contains(x))
    }
    a.effect == b.effect
        && a.from < b.until
        && b.from < a.until
        && meet(&a.couriers, &b.couriers)
        && meet(&a.platforms, &b.platforms)
        && meet(&a.rules, &b.rules)
        && meet(&a.shops, &b.shops)
        && meet(&a.sites, &b.sites)
        && meet(&a.cities, &b.cities)
        && meet(&a.provinces, &b.provinces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_counts_whole() {
        let at = |text| Instant::parse(text).unwrap();
        assert_eq!(moment("2027-02-05", false), Some(at("2027-02-05T00:00:00+08:00")));
        assert_eq!(moment("2027-02-05", true), Some(at("2027-02-06T00:00:00+08:00")));
        assert_eq!(moment("2027-02-05 18:00", true), Some(at("2027-02-05T18:00:00+08:00")));
        assert_eq!(moment("2027-02-05T18:00:00Z", true), Some(at("2027-02-06T02:00:00+08:00")));
        for bad in ["soon", "2027-02-30", "02/05/2027", "2027-2-5", "9999-01-01", ""] {
            assert_eq!(moment(bad, false), None, "{bad}");
        }
    }
}
