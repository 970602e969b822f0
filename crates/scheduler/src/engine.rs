//! What decides, as the desk sees it. There is one: `casework`. Tests of the desk hold others in its place.

use parcelward_casework::casefile::CaseFile;
use parcelward_casework::instant::Instant;
use parcelward_casework::rules::Rules;
use parcelward_casework::words::Courier;
use parcelward_casework::world::World;
use parcelward_casework::{Plan, Signal};

/// Decides what follows from a signal; pure.
pub trait Engine: Send + Sync + std::fmt::Debug {
    /// What follows from a signal at `now`.
    fn decide(&self, file: CaseFile, rules: &Rules, world: &World, now: Instant, signal: Signal<'_>) -> Plan;

    /// The case file's own next moment.
    fn next_wake_at(&self, file: &CaseFile) -> Option<Instant>;

    /// The courier and province whose coverage the case file waits to hear of.
    fn awaits_coverage(&self, file: &CaseFile) -> Option<(Courier, String)>;
}

/// The rules of `casework`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Casework;

impl Engine for Casework {
    fn decide(&self, file: CaseFile, rules: &Rules, world: &World, now: Instant, signal: Signal<'_>) -> Plan {
        parcelward_casework::decide(file, rules, world, now, signal)
    }

    fn next_wake_at(&self, file: &CaseFile) -> Option<Instant> {
        parcelward_casework::next_wake_at(file)
    }

    fn awaits_coverage(&self, file: &CaseFile) -> Option<(Courier, String)> {
        file.awaits_coverage()
    }
}
