//! News of the world: what tells it, and who is to hear of it.

use parcelward_casework::fact::{Fact, FactBody};
use parcelward_casework::world::{Change, News, World};
use parcelward_store::{RouseScope, WorldNews};

/// Whether a fact tells news to every order.
pub(crate) const fn is_told_by(fact: &Fact) -> bool {
    matches!(fact.body, FactBody::Coverage(_) | FactBody::Disruption(_) | FactBody::Configuration(_))
}

/// What a fact without an order says; `None` where it is no such fact.
pub(crate) fn of_fact(fact: &Fact) -> Option<WorldNews> {
    // The world reads facts itself, so that a replay reads them in the same way.
    let mut world = World::default();
    world.note(fact);
    let change = world.changes().first()?.clone();
    let note = match &fact.body {
        FactBody::Coverage(f) => f.note.clone(),
        FactBody::Disruption(f) => f.reason.clone(),
        FactBody::Configuration(f) => f.reason.clone(),
        _ => None,
    };
    Some(WorldNews { change, note, from_scans: false })
}

/// What an order's scans showed.
pub(crate) const fn of_scan(change: Change) -> WorldNews {
    WorldNews { change, note: None, from_scans: true }
}

/// Who is to hear of a change at once. Rules that leave clocks that run as they are concern nobody until something else happens.
pub(crate) fn scope(change: &Change) -> Option<RouseScope> {
    match &change.news {
        News::Reach(reach) => Some(RouseScope::Awaiting(reach.courier, reach.province.clone())),
        News::Disruption(_) => Some(RouseScope::EveryOpen),
        News::Rules(rule_change) => rule_change.moves().then_some(RouseScope::EveryOpen),
    }
}
