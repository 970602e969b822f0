//! A rule change: rules that took the place of others while case files were open, as news of the world.
//!
//! Rules are known to a case file as everything else that holds for many orders is: by how far it has read. So a decision that is made late is made
//! by the rules of its own instant, a deadline keeps the rules that it was set by, and a replay of the facts does as the life did.
//! Deliberately absent: the texts of tasks, by which nothing is decided: those are always the caller's.

use crate::fact::ConfigurationFact;
use crate::rule_source::RuleSource;
use crate::rules::Rules;
use crate::text::Texts;
use crate::words::OpenDeadlines;
use std::sync::{Arc, OnceLock};

/// Rules that were applied.
#[derive(Debug)]
pub struct RuleChange {
    fact: ConfigurationFact,
    rules: OnceLock<Option<Rules>>,
    before: OnceLock<Option<Rules>>,
}

impl RuleChange {
    /// What a fact says.
    #[must_use]
    pub fn of(fact: ConfigurationFact) -> Arc<Self> {
        Arc::new(RuleChange { fact, rules: OnceLock::new(), before: OnceLock::new() })
    }

    /// What was told.
    #[must_use]
    pub const fn fact(&self) -> &ConfigurationFact {
        &self.fact
    }

    /// Whether clocks that run were to be set anew.
    #[must_use]
    pub fn moves(&self) -> bool {
        self.fact.open_deadlines == Some(OpenDeadlines::Move)
    }

    /// The rules, without texts. `None` where this version of the program cannot read them: another version wrote them.
    #[must_use]
    pub fn rules(&self) -> Option<&Rules> {
        self.rules.get_or_init(|| compile(&self.fact.rules)).as_ref()
    }

    /// The rules that had held until then, where it was the first rule change.
    #[must_use]
    pub fn before(&self) -> Option<&Rules> {
        self.before.get_or_init(|| self.fact.before.as_deref().and_then(compile)).as_ref()
    }
}

fn compile(source: &RuleSource) -> Option<Rules> {
    source.compile(Texts::default()).ok()
}

impl PartialEq for RuleChange {
    fn eq(&self, other: &Self) -> bool {
        self.fact == other.fact
    }
}
