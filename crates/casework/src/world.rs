//! `World`: what holds for more than one order: which couriers reach which areas, which times are not normal, and by which rules is decided
//! since they were changed.
//!
//! An input of every decision. Deliberately absent: how it is stored or changed by commands.

use crate::casefile::{Area, Parcel};
use crate::fact::{ConfigurationFact, CoverageFact, DisruptionFact, FactBody, FactId, OrderKey};
use crate::instant::{Instant, Length};
use crate::region::short_province;
use crate::rule_change::RuleChange;
use crate::rules::Rules;
use crate::words::{Courier, DisruptionEffect};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;

/// What one coverage fact or observation says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reach {
    /// The courier.
    pub courier: Courier,
    /// Province, without its ending.
    pub province: String,
    /// Narrower.
    pub city: Option<String>,
    /// Narrower still.
    pub district: Option<String>,
    /// Whether the courier reaches it.
    pub serves: bool,
    /// When it was seen, in the world: of two words about one area the newer holds.
    pub at: Instant,
    /// Until when it holds.
    pub until: Option<Instant>,
}

/// One thing that became known about the world.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// When it became known: the decision time of the fact that told it.
    pub at: Instant,
    /// That fact.
    pub cause: FactId,
    /// What it says.
    pub news: News,
}

/// What a change says.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "there are few of either, and they are read in place")]
pub enum News {
    /// A courier reaches an area, or does not.
    Reach(Reach),
    /// Times are not normal.
    Disruption(DisruptionFact),
    /// Other rules hold.
    Rules(Arc<RuleChange>),
}

/// Inputs of every order's decisions: an append-only list of changes, in the order in which they became known.
///
/// A case file remembers how far it has read, so that a decision late in the making sees what was known at its own instant.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct World {
    changes: Vec<Change>,
    reaches: HashMap<(Courier, String), Vec<u32>>,
    disruptions: Vec<u32>,
    rule_changes: Vec<u32>,
}

/// What a deadline is about, as disruptions see it.
#[derive(Debug)]
pub struct Scope<'a> {
    /// The rule's id.
    pub rule: &'a str,
    /// The order.
    pub order: &'a OrderKey,
    /// The courier, if there is a parcel (or a planned one).
    pub courier: Option<Courier>,
    /// Where it goes.
    pub destination: Option<&'a Area>,
    /// The newest scan's place.
    pub site: Option<&'a str>,
}

impl World {
    /// Appends a change.
    pub fn push(&mut self, change: Change) {
        let position = u32::try_from(self.changes.len()).unwrap_or(u32::MAX);
        match &change.news {
            News::Reach(reach) => self.reaches.entry((reach.courier, reach.province.clone())).or_default().push(position),
            News::Disruption(_) => self.disruptions.push(position),
            News::Rules(_) => self.rule_changes.push(position),
        }
        self.changes.push(change);
    }

    /// Takes a fact about the world in (coverage, a disruption, other rules); other facts change nothing.
    pub fn note(&mut self, fact: &crate::fact::Fact) {
        let (time, _) = fact.effective_time();
        let news = match &fact.body {
            FactBody::Coverage(coverage) => News::Reach(Reach::of(coverage, time)),
            FactBody::Disruption(disruption) => News::Disruption(disruption.clone()),
            FactBody::Configuration(configuration) => News::Rules(RuleChange::of(ConfigurationFact::clone(configuration))),
            _ => return,
        };
        self.push(Change { at: fact.decided_at(), cause: fact.id.clone(), news });
    }

    /// Every change, oldest first.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// How many changes there are: the position up to which a case file has read when it knows them all.
    #[must_use]
    pub fn position(&self) -> u32 {
        u32::try_from(self.changes.len()).unwrap_or(u32::MAX)
    }

    /// The rule change at a position.
    #[must_use]
    pub fn rule_change(&self, position: u32) -> Option<&Arc<RuleChange>> {
        match self.changes.get(position as usize).map(|change| &change.news) {
            Some(News::Rules(rule_change)) => Some(rule_change),
            _ => None,
        }
    }

    /// The newest rule change among the first `position` changes, as the position behind it; 0 where there is none. That number stands for the rules of
    /// that time: see [`World::rules`].
    #[must_use]
    pub fn ruled_by(&self, position: u32) -> u32 {
        self.rule_changes.iter().rev().find(|&&at| at < position).map_or(0, |at| at + 1)
    }

    /// The newest rule change that is known.
    #[must_use]
    pub fn newest_rule_change(&self) -> Option<&Arc<RuleChange>> {
        self.rule_change(*self.rule_changes.last()?)
    }

    /// The rules that held once this many changes were known; `given` where no rule change says anything of that time.
    #[must_use]
    pub fn rules<'r>(&'r self, position: u32, given: &'r Rules) -> &'r Rules {
        if self.rule_changes.is_empty() {
            return given;
        }
        match self.ruled_by(position) {
            0 => self.rule_changes.first().and_then(|at| self.rule_change(*at)?.before()).unwrap_or(given),
            behind => self.rule_change(behind - 1).and_then(|rule_change| rule_change.rules()).unwrap_or(given),
        }
    }

    /// The world as it was known when this many changes had been told.
    #[must_use]
    pub fn seen(&self, position: u32) -> Seen<'_> {
        Seen { world: self, position }
    }
}

/// The world as far as a case file has read it.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    world: &'a World,
    position: u32,
}

impl<'a> Seen<'a> {
    /// Every disruption that is known, each in its newest wording.
    pub fn disruptions(self) -> impl Iterator<Item = &'a DisruptionFact> {
        let known = self.world.disruptions.iter().take_while(move |&&i| i < self.position);
        let all = known.filter_map(|&i| match &self.world.changes[i as usize].news {
            News::Disruption(d) => Some((i, d)),
            News::Reach(_) | News::Rules(_) => None,
        });
        // A later one of the same id took this one's place.
        all.filter(move |(i, d)| {
            !self.world.disruptions.iter().any(|&later| {
                later > *i
                    && later < self.position
                    && matches!(&self.world.changes[later as usize].news, News::Disruption(l) if l.disruption_id == d.disruption_id)
            })
        })
        .map(|(_, d)| d)
    }

    /// Whether no disruption is known at all.
    #[must_use]
    pub fn is_calm(self) -> bool {
        self.world.disruptions.first().is_none_or(|&i| i >= self.position)
    }

    /// Whether a courier is known not to reach an area: the newest word about it decides.
    #[must_use]
    pub fn out_of_reach(self, courier: Courier, area: &Area, now: Instant) -> bool {
        self.no_reach(courier, area, now).is_some()
    }

    /// The newest word about a courier's reach, where it says that it does not reach the area; and until when that holds.
    #[must_use]
    pub fn no_reach(self, courier: Courier, area: &Area, now: Instant) -> Option<(&'a FactId, Option<Instant>)> {
        let province = area.province.as_deref().map(short_province)?;
        let known = self.world.reaches.get(&(courier, province))?;
        let same = |known: &Option<String>, asked: &Option<String>| match known {
            None => true,
            Some(known) => asked.as_deref().is_some_and(|asked| short_place(known) == short_place(asked)),
        };
        let changes = known.iter().take_while(|&&i| i < self.position).map(|&i| (i, &self.world.changes[i as usize]));
        let words = changes.filter_map(|(i, change)| match &change.news {
            News::Reach(reach) => Some((i, &change.cause, reach)),
            News::Disruption(_) | News::Rules(_) => None,
        });
        words
            .filter(|(_, _, r)| same(&r.city, &area.city) && same(&r.district, &area.district) && r.until.is_none_or(|until| now < until))
            .max_by_key(|(i, _, r)| (r.at, *i))
            .filter(|(_, _, r)| !r.serves)
            .map(|(_, cause, r)| (cause, r.until))
    }

    /// The disruptions of one effect that touch a deadline.
    fn touching<'b>(self, effect: DisruptionEffect, scope: &'b Scope<'b>) -> impl Iterator<Item = &'a DisruptionFact> + use<'a, 'b> {
        self.disruptions().filter(move |d| d.effect == effect && touches(d, scope))
    }

    /// Whether any disruption lies on an order right now, whatever the rule.
    #[must_use]
    pub fn is_disrupted(self, scope: &Scope<'_>, now: Instant) -> bool {
        !self.is_calm() && self.disruptions().any(|d| d.from <= now && now < d.until && touches(d, scope))
    }

    /// When a clock of this length is due, standing still for every `suspend` that it meets. `lost` says how much of the clock's own time
    /// a span holds and `add` lets that much of it pass: a clock that stands still anyway loses nothing.
    #[must_use]
    pub(crate) fn suspend(
        self,
        scope: &Scope<'_>,
        start: Instant,
        due: Instant,
        lost: impl Fn(Instant, Instant) -> Length,
        add: impl Fn(Instant, Length) -> Instant,
    ) -> Instant {
        let mut spans: Vec<(Instant, Instant)> =
            self.touching(DisruptionEffect::Suspend, scope).map(|d| (d.from.max(start), d.until)).collect();
        spans.sort_unstable();
        let (mut due, mut counted) = (due, start);
        for (from, until) in spans {
            let from = from.max(counted);
            if from < due && from < until {
                let still = lost(from, until);
                if still > Length::ZERO {
                    due = add(due, still);
                }
                counted = until;
            }
        }
        due
    }

    /// When a due time inside an `extend` is then due. The longest of those that touch it counts, once.
    #[must_use]
    pub fn extend(self, scope: &Scope<'_>, due: Instant) -> Instant {
        let by = self
            .touching(DisruptionEffect::Extend, scope)
            .filter(|d| d.from <= due && due < d.until)
            .filter_map(|d| d.extend_by.as_deref().and_then(|text| Length::parse(text).ok()))
            .max();
        by.map_or(due, |by| due + by)
    }

    /// Whether a breach at this due time is waived.
    #[must_use]
    pub fn is_waived(self, scope: &Scope<'_>, due: Instant) -> bool {
        !self.is_calm() && self.touching(DisruptionEffect::Waive, scope).any(|d| d.from <= due && due < d.until)
    }
}

impl Reach {
    /// What a coverage fact of that time says.
    #[must_use]
    pub fn of(fact: &CoverageFact, at: Instant) -> Reach {
        Reach {
            courier: fact.courier,
            province: short_province(&fact.province),
            city: fact.city.clone(),
            district: fact.district.clone(),
            serves: fact.serves,
            at,
            until: fact.until,
        }
    }
}

/// What keeps a disruption off a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Miss {
    /// It is about other couriers.
    #[error("it is about other couriers")]
    Courier,
    /// It is about other provinces.
    #[error("it is about other provinces")]
    Province,
    /// It is about other cities.
    #[error("it is about other cities")]
    City,
    /// The parcel was not seen last at one of its places.
    #[error("the parcel was not seen last at one of its places")]
    Site,
    /// It is about other platforms.
    #[error("it is about other platforms")]
    Platform,
    /// It is about other shops.
    #[error("it is about other shops")]
    Shop,
    /// It is about other rules.
    #[error("it is about other rules")]
    Rule,
}

/// What keeps a disruption off a deadline; `None` where it touches it. Its times are not looked at.
#[must_use]
pub fn miss(d: &DisruptionFact, scope: &Scope<'_>) -> Option<Miss> {
    let place = |list: &[String], asked: Option<&String>, norm: &dyn Fn(&str) -> String| {
        list.is_empty() || asked.is_some_and(|asked| list.iter().any(|name| norm(name) == norm(asked)))
    };
    let destination = |of: fn(&Area) -> Option<&String>| scope.destination.and_then(of);
    // Couriers first: they keep most of them off.
    if !(d.couriers.is_empty() || scope.courier.is_some_and(|c| d.couriers.contains(&c))) {
        return Some(Miss::Courier);
    }
    if !place(&d.provinces, destination(|a| a.province.as_ref()), &short_province) {
        return Some(Miss::Province);
    }
    if !place(&d.cities, destination(|a| a.city.as_ref()), &|s| short_place(s).to_owned()) {
        return Some(Miss::City);
    }
    if !(d.sites.is_empty() || scope.site.is_some_and(|site| d.sites.iter().any(|s| s == site))) {
        return Some(Miss::Site);
    }
    if !(d.platforms.is_empty() || d.platforms.contains(&scope.order.platform)) {
        return Some(Miss::Platform);
    }
    if !(d.shops.is_empty() || d.shops.contains(&scope.order.shop)) {
        return Some(Miss::Shop);
    }
    let of_rule = d.rules.is_empty() || scope.rule.is_empty() || d.rules.iter().any(|r| r == scope.rule);
    (!of_rule).then_some(Miss::Rule)
}

fn touches(d: &DisruptionFact, scope: &Scope<'_>) -> bool {
    miss(d, scope).is_none()
}

/// A city or district without its ending.
fn short_place(name: &str) -> &str {
    let name = name.trim();
    ["自治州", "地区", "市", "盟", "州", "区", "县"]
        .iter()
        .find_map(|end| name.strip_suffix(end).filter(|rest| rest.chars().count() >= 2))
        .unwrap_or(name)
}

/// The newest place at which a parcel was seen.
#[must_use]
pub fn newest_site(parcel: &Parcel) -> Option<&str> {
    parcel.scans.iter().rev().find_map(|s| s.place.as_deref())
}
