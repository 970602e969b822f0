//! Brings the rules of a configuration in force: where they are others than the database holds, that is told as a fact, so that every daemon on it
//! decides by them from one instant on, and a replay of the journal does too.
//!
//! The newest rules that were told hold, whatever stands in a daemon's folder. A start tells only rules that were never in force: a daemon whose
//! folder was left behind when the others went on does not take them back. A reload tells rules that were edited, and `apply` what it finds.
//! Deliberately absent: reading the folder (`config`), and everything of a configuration by which nothing is decided.

use crate::announce::SOURCE;
use crate::config::Loaded;
use anyhow::Context;
use parcelward_casework::fact::ConfigurationFact;
use parcelward_casework::instant::Instant;
use parcelward_casework::parse::parse_fact;
use parcelward_casework::rule_source::RuleSource;
use parcelward_casework::words::OpenDeadlines;
use parcelward_casework::world::{Change, News, World};
use parcelward_scheduler::{Desk, Incoming, Receipt};
use parcelward_store::SharedStore;
use serde_json::json;

/// The rules that the database holds.
#[derive(Debug, Clone, Default)]
pub struct Held {
    /// The revision that they came with; `None` on a database that has seen no configuration.
    pub revision: Option<String>,
    /// Their values, as JSON.
    pub rules: Option<String>,
    /// How often they were changed.
    pub changes: usize,
    /// The rules that were asked for are known: they were in force before.
    pub seen: bool,
}

/// On what occasion rules come in.
#[derive(Debug, Clone)]
pub struct Occasion {
    /// What becomes of clocks that run.
    pub open_deadlines: OpenDeadlines,
    /// Who.
    pub by: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// A person asked for it: what was in force before may come back, and clocks may be set anew by the rules that hold already.
    pub asked: bool,
}

/// What became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adopted {
    /// They held already.
    Held,
    /// They hold from now on.
    Told,
    /// Others hold, which took their place once before.
    LeftBehind,
}

/// What is known of the world.
///
/// # Errors
/// Where it cannot be read.
pub async fn world(store: &SharedStore) -> anyhow::Result<World> {
    let mut tx = store.begin().await.context("reading what is known of the world")?;
    let changes = tx.world_from(0).await.context("reading what is known of the world");
    tx.rollback().await;
    let mut world = World::default();
    changes?.into_iter().for_each(|change| world.push(change));
    Ok(world)
}

/// The rules that the database holds. To be asked before a configuration is noted in it.
///
/// # Errors
/// Where they cannot be read.
pub async fn held(store: &SharedStore, config: &Loaded) -> anyhow::Result<Held> {
    let world = world(store).await?;
    let new = config.kept.rules();
    let same = |rules: &RuleSource| rules.to_json() == new;
    let seen = world.changes().iter().any(|change| match &change.news {
        News::Rules(change) => same(&change.fact().rules) || change.fact().before.as_deref().is_some_and(same),
        _ => false,
    });
    let changes = world.changes().iter().filter(|change| matches!(change.news, News::Rules(_))).count();
    if let Some(newest) = world.newest_rule_change() {
        let fact = newest.fact();
        return Ok(Held { revision: Some(fact.revision.clone()), rules: Some(fact.rules.to_json()), changes, seen });
    }
    // Without a change every configuration that was noted has the same rules.
    let noted = store.revisions(1).await.context("reading the configurations that were in force")?;
    let Some(noted) = noted.into_iter().next() else { return Ok(Held { seen, ..Held::default() }) };
    let whole = store.revision(noted.no).await.context("reading the configuration that was in force")?;
    Ok(Held { revision: Some(noted.revision), rules: whole.map(|row| row.rules), changes, seen })
}

/// Tells the rules of a configuration where the database holds others.
///
/// # Errors
/// Where they cannot be told; the old ones hold then.
pub async fn rules(desk: &Desk, held: &Held, config: &Loaded, occasion: &Occasion, now: Instant) -> anyhow::Result<Adopted> {
    let new = config.kept.rules();
    // Nothing was decided on an empty database: what comes first is no change.
    let Some(old) = &held.rules else { return Ok(Adopted::Held) };
    let moves = occasion.open_deadlines == OpenDeadlines::Move;
    if *old == new && !(occasion.asked && moves) {
        return Ok(Adopted::Held);
    }
    if held.seen && !occasion.asked {
        return Ok(Adopted::LeftBehind);
    }
    let before: Option<RuleSource> = match held.changes {
        0 => Some(serde_json::from_str(old).context("reading the rules that were in force")?),
        _ => None,
    };
    let fact = ConfigurationFact {
        revision: config.revision.clone(),
        rules: Box::new(config.kept.source.clone()),
        before: before.map(Box::new),
        open_deadlines: Some(occasion.open_deadlines),
        by: occasion.by.clone(),
        reason: occasion.reason.clone(),
    };
    let incoming = incoming(&fact, held.changes + 1, now)?;
    match desk.submit(vec![incoming]).await.context("telling the rules")?.first() {
        Some(Receipt::Accepted { .. }) => Ok(Adopted::Told),
        // Another daemon read the same folder at the same moment.
        Some(Receipt::Duplicate { .. } | Receipt::Conflict) if !moves => Ok(Adopted::Held),
        other => anyhow::bail!("another daemon changed the rules at the same moment ({other:?}); try again"),
    }
}

/// Says in the log that a folder's rules do not hold.
pub fn warn_left_behind(config: &Loaded, held: &Held) {
    tracing::warn!(
        ours = %config.revision,
        in_force = held.revision.as_deref().unwrap_or_default(),
        "the rules of this folder were in force before and others took their place: those hold. Bring the folder along, or `parcelward apply` it"
    );
}

/// The change that a plan looks at: as if the fact were told now.
pub fn change(fact: ConfigurationFact, at: Instant) -> Change {
    let cause = parcelward_casework::fact::FactId { source: SOURCE.to_owned(), id: "plan".to_owned() };
    Change { at, cause, news: News::Rules(parcelward_casework::rule_change::RuleChange::of(fact)) }
}

/// The id follows from how often the rules were changed, so that of two daemons that change them at once one is told.
fn incoming(fact: &ConfigurationFact, nth: usize, now: Instant) -> anyhow::Result<Incoming> {
    let event = json!({
        "specversion": "1.0",
        "type": "parcelward.configuration",
        "source": SOURCE,
        "id": format!("configuration/{nth}"),
        "time": now.to_string(),
        "data": fact,
    });
    let json = event.to_string();
    let fact = parse_fact(&json).map_err(|bad| anyhow::anyhow!("the rules as a fact: field `{}` {}", bad.field, bad.message))?;
    Ok(Incoming { fact, json })
}
