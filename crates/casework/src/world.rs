//! `World`: what holds for more than one order: which couriers reach which areas, and which times are not normal.
//!
//! An input of every decision. Deliberately absent: how it is stored or changed by commands.

use crate::casefile::{Area, Parcel};
use crate::fact::{CoverageFact, DisruptionFact, OrderKey};
use crate::instant::{Instant, Length};
use crate::region::short_province;
use crate::words::{Courier, DisruptionEffect};
use serde::{Deserialize, Serialize};

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
    /// Since when this is known.
    pub at: Instant,
    /// Until when it holds.
    pub until: Option<Instant>,
}

/// Inputs of every order's decisions.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct World {
    reach: Vec<Reach>,
    disruptions: Vec<DisruptionFact>,
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
    /// Takes a coverage fact or observation in. A newer one of the same area takes the older one's place.
    pub fn note_reach(&mut self, reach: Reach) {
        self.reach.retain(|r| {
            !(r.courier == reach.courier
                && r.province == reach.province
                && r.city == reach.city
                && r.district == reach.district
                && r.at <= reach.at)
        });
        self.reach.push(reach);
    }

    /// Takes a coverage fact in.
    pub fn note_coverage(&mut self, fact: &CoverageFact, at: Instant) {
        self.note_reach(Reach {
            courier: fact.courier,
            province: short_province(&fact.province),
            city: fact.city.clone(),
            district: fact.district.clone(),
            serves: fact.serves,
            at,
            until: fact.until,
        });
    }

    /// Takes a disruption in; one of the same id is replaced.
    pub fn note_disruption(&mut self, fact: DisruptionFact) {
        self.disruptions.retain(|d| d.disruption_id != fact.disruption_id);
        self.disruptions.push(fact);
    }

    /// Whether nothing here could touch any order.
    #[must_use]
    pub fn is_calm(&self) -> bool {
        self.disruptions.is_empty()
    }

    /// Whether a courier is known not to reach an area: the newest word about it decides.
    #[must_use]
    pub fn out_of_reach(&self, courier: Courier, area: &Area, now: Instant) -> bool {
        let Some(province) = area.province.as_deref().map(short_province) else { return false };
        let same = |known: &Option<String>, asked: &Option<String>| match known {
            None => true,
            Some(known) => asked.as_deref().is_some_and(|asked| short_place(known) == short_place(asked)),
        };
        self.reach
            .iter()
            .filter(|r| r.courier == courier && r.province == province && same(&r.city, &area.city) && same(&r.district, &area.district))
            .filter(|r| r.until.is_none_or(|until| now < until))
            .max_by_key(|r| (r.at, r.serves))
            .is_some_and(|r| !r.serves)
    }

    /// The disruptions of one effect that touch a deadline.
    pub fn touching<'a>(&'a self, effect: DisruptionEffect, scope: &'a Scope<'a>) -> impl Iterator<Item = &'a DisruptionFact> + 'a {
        self.disruptions.iter().filter(move |d| d.effect == effect && touches(d, scope))
    }

    /// Whether any disruption lies on an order right now, whatever the rule.
    #[must_use]
    pub fn is_disrupted(&self, scope: &Scope<'_>, now: Instant) -> bool {
        self.disruptions.iter().any(|d| d.from <= now && now < d.until && touches(d, scope))
    }

    /// When a clock of this length is due, standing still for every `suspend` that it meets.
    #[must_use]
    pub fn suspend(&self, scope: &Scope<'_>, start: Instant, due: Instant) -> Instant {
        let mut spans: Vec<(Instant, Instant)> =
            self.touching(DisruptionEffect::Suspend, scope).map(|d| (d.from.max(start), d.until)).collect();
        spans.sort_unstable();
        let (mut due, mut counted) = (due, start);
        for (from, until) in spans {
            let from = from.max(counted);
            if from < due && from < until {
                due = due + until.since(from);
                counted = until;
            }
        }
        due
    }

    /// When a due time inside an `extend` is then due. Each disruption extends once.
    #[must_use]
    pub fn extend(&self, scope: &Scope<'_>, due: Instant) -> Instant {
        let by = self
            .touching(DisruptionEffect::Extend, scope)
            .filter(|d| d.from <= due && due < d.until)
            .filter_map(|d| d.extend_by.as_deref().and_then(|text| Length::parse(text).ok()))
            .max();
        by.map_or(due, |by| due + by)
    }

    /// Whether a breach at this due time is waived.
    #[must_use]
    pub fn is_waived(&self, scope: &Scope<'_>, due: Instant) -> bool {
        self.touching(DisruptionEffect::Waive, scope).any(|d| d.from <= due && due < d.until)
    }

    /// Every word about coverage.
    #[must_use]
    pub fn reaches(&self) -> &[Reach] {
        &self.reach
    }

    /// Every disruption.
    #[must_use]
    pub fn disruptions(&self) -> &[DisruptionFact] {
        &self.disruptions
    }
}

fn touches(d: &DisruptionFact, scope: &Scope<'_>) -> bool {
    let place = |list: &[String], asked: Option<&String>, norm: &dyn Fn(&str) -> String| {
        list.is_empty() || asked.is_some_and(|asked| list.iter().any(|name| norm(name) == norm(asked)))
    };
    (d.couriers.is_empty() || scope.courier.is_some_and(|c| d.couriers.contains(&c)))
        && place(&d.provinces, scope.destination.and_then(|a| a.province.as_ref()), &short_province)
        && place(&d.cities, scope.destination.and_then(|a| a.city.as_ref()), &|s| short_place(s).to_owned())
        && (d.sites.is_empty() || scope.site.is_some_and(|site| d.sites.iter().any(|s| s == site)))
        && (d.platforms.is_empty() || d.platforms.contains(&scope.order.platform))
        && (d.shops.is_empty() || d.shops.contains(&scope.order.shop))
        && (d.rules.is_empty() || scope.rule.is_empty() || d.rules.iter().any(|r| r == scope.rule))
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
