//! `RuleSource`: everything that [`Rules`] are compiled from but the wording, as it can be stored and sent.
//!
//! Deliberately absent: the texts of tasks, by which nothing is decided; and where the values were written (the daemon's configuration knows).

use crate::rules::{RawCalendar, RawRules, RuleProblem, Rules};
use crate::text::Texts;
use serde::{Deserialize, Serialize};

/// The effective values of a rule set, as operators write them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RuleSource {
    /// Rules, tasks, staffed hours and policies.
    #[serde(flatten)]
    pub rules: RawRules,
    /// Working days, calendar by calendar.
    #[serde(default)]
    pub calendars: Vec<RawCalendar>,
}

impl PartialEq for RuleSource {
    fn eq(&self, other: &Self) -> bool {
        self.to_json() == other.to_json()
    }
}

impl RuleSource {
    /// Compiles it, with these texts.
    ///
    /// # Errors
    /// Everything that is wrong: values that another version of this program wrote may be.
    pub fn compile(&self, texts: Texts) -> Result<Rules, Vec<RuleProblem>> {
        Rules::compile(&self.rules, &self.calendars, texts)
    }

    /// As JSON on one line: the same values give the same text.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Nothing in it can fail to be written.
        serde_json::to_string(self).unwrap_or_default()
    }
}
