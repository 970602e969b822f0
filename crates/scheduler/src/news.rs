//! News of the world: who hears of it, and how it is taken in.

use parcelward_casework::fact::{Fact, FactBody};
use parcelward_casework::instant::Instant;
use parcelward_casework::region::short_province;
use parcelward_casework::world::{Reach, World};
use parcelward_store::{RouseScope, WorldNews};

/// What a fact without an order says, and to whom; `None` where it is no such fact.
pub(crate) fn of_fact(fact: &Fact, recorded: Instant) -> Option<(WorldNews, RouseScope)> {
    match &fact.body {
        FactBody::Coverage(f) => {
            let reach = Reach {
                courier: f.courier,
                province: short_province(&f.province),
                city: f.city.clone(),
                district: f.district.clone(),
                serves: f.serves,
                at: recorded,
                until: f.until,
            };
            let scope = RouseScope::Awaiting(reach.courier, reach.province.clone());
            Some((WorldNews::Reach { reach, fact: Some(fact.id.clone()), note: f.note.clone() }, scope))
        }
        FactBody::Disruption(f) => Some((WorldNews::Disruption { fact: f.clone(), recorded, id: fact.id.clone() }, RouseScope::EveryOpen)),
        _ => None,
    }
}

/// What an order's scans showed, and to whom it matters.
pub(crate) fn of_scan(reach: Reach) -> (WorldNews, RouseScope) {
    let scope = RouseScope::Awaiting(reach.courier, reach.province.clone());
    (WorldNews::Reach { reach, fact: None, note: None }, scope)
}

/// Takes news in. The same for news that is fresh and for news that is read from the store.
pub(crate) fn take_in(world: &mut World, news: &WorldNews) {
    match news {
        WorldNews::Reach { reach, .. } => world.note_reach(reach.clone()),
        WorldNews::Disruption { fact, .. } => world.note_disruption(fact.clone()),
    }
}
