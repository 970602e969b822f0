//! Texts: titles, reasons, steps and replies, filled from templates.
//!
//! Deliberately absent: the wording (`config/templates/`) and any choice of what to do.

use crate::rule_kind::RuleKind;
use crate::words::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What stands for a menu path on a platform where the task cannot be done.
pub const NOT_ON_THIS_PLATFORM: &str = "not on this platform";

/// The placeholders that a template may use.
pub const PLACEHOLDERS: &[&str] =
    &["order_id", "shop", "waybill", "courier", "due", "amount", "place", "reason", "promise", "recipient_city", "case"];

/// Steps on one platform: a list, or [`NOT_ON_THIS_PLATFORM`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RawSteps {
    /// What to click and do, in order.
    List(Vec<String>),
    /// `"not on this platform"`.
    Word(String),
}

/// The texts of a task kind.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TaskText {
    /// One line.
    pub title: String,
    /// Why it is asked.
    pub why: String,
    /// What happens if it is missed.
    pub missed: String,
    /// A reply to the buyer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply: Option<String>,
    /// Steps by platform.
    pub steps: BTreeMap<String, RawSteps>,
}

/// The texts of a rule.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RuleText {
    /// Its name for people.
    pub title: String,
    /// What it costs when missed.
    pub consequence: String,
}

/// A text with a title only.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CaseText {
    /// Its name for people.
    pub title: String,
}

/// A text without a title.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdviceText {
    /// The words.
    pub text: String,
}

/// A template file.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RawTexts {
    /// `zh-CN` or `en`.
    pub language: String,
    /// By task kind.
    pub task: BTreeMap<String, TaskText>,
    /// By rule word (`ship_by`, `courier.claim_filing`).
    pub rule: BTreeMap<String, RuleText>,
    /// By case kind.
    pub case: BTreeMap<String, CaseText>,
    /// By advice.
    pub advice: BTreeMap<String, AdviceText>,
    /// Words for enum values, by enum and value.
    #[serde(flatten)]
    pub words: BTreeMap<String, BTreeMap<String, String>>,
}

/// The texts of one language, looked up by name.
#[derive(Debug, Clone, Default)]
pub struct Texts {
    raw: RawTexts,
}

impl Texts {
    /// From a template file; says every text that is missing or uses an unknown placeholder.
    ///
    /// # Errors
    /// Each missing pair (`task.appeal_ruling.steps.jd`) and each unknown placeholder, with its key.
    pub fn compile(raw: RawTexts) -> Result<Texts, Vec<String>> {
        let mut problems = Vec::new();
        for &kind in TaskKind::ALL {
            let Some(text) = raw.task.get(kind.word()) else {
                problems.push(format!("task.{kind} is missing"));
                continue;
            };
            for (field, value) in [("title", &text.title), ("why", &text.why), ("missed", &text.missed)] {
                if value.is_empty() {
                    problems.push(format!("task.{kind}.{field} is missing"));
                }
                problems.extend(unknown_placeholders(value).map(|p| format!("task.{kind}.{field}: unknown placeholder {{{p}}}")));
            }
            problems.extend(
                text.reply.iter().flat_map(|v| unknown_placeholders(v)).map(|p| format!("task.{kind}.reply: unknown placeholder {{{p}}}")),
            );
            for &platform in Platform::ALL {
                match text.steps.get(platform.word()) {
                    None => problems.push(format!("task.{kind}.steps.{platform} is missing: give a list, or \"{NOT_ON_THIS_PLATFORM}\"")),
                    Some(RawSteps::Word(word)) if word != NOT_ON_THIS_PLATFORM => {
                        problems.push(format!("task.{kind}.steps.{platform}: give a list, or \"{NOT_ON_THIS_PLATFORM}\""));
                    }
                    Some(RawSteps::List(steps)) if steps.is_empty() => problems.push(format!("task.{kind}.steps.{platform} is empty")),
                    Some(_) => {}
                }
            }
        }
        let missing = |table: &str, known: &[&str], has: &dyn Fn(&str) -> bool| {
            known.iter().filter(|word| !has(word)).map(|word| format!("{table}.\"{word}\" is missing")).collect::<Vec<_>>()
        };
        problems.extend(missing("rule", RuleKind::WORDS, &|w| raw.rule.contains_key(w)));
        problems.extend(missing("case", CaseKind::WORDS, &|w| raw.case.contains_key(w)));
        problems.extend(missing("advice", Advice::WORDS, &|w| raw.advice.contains_key(w)));
        if problems.is_empty() { Ok(Texts { raw }) } else { Err(problems) }
    }

    /// The texts of a task kind.
    #[must_use]
    pub fn task(&self, kind: TaskKind) -> Option<&TaskText> {
        self.raw.task.get(kind.word())
    }

    /// What a missed deadline costs.
    #[must_use]
    pub fn consequence(&self, kind: RuleKind) -> &str {
        self.raw.rule.get(kind.word()).map_or("", |t| t.consequence.as_str())
    }

    /// A rule's name for people.
    #[must_use]
    pub fn rule_title(&self, kind: RuleKind) -> &str {
        self.raw.rule.get(kind.word()).map_or("", |t| t.title.as_str())
    }

    /// A case kind's name for people.
    #[must_use]
    pub fn case_title(&self, kind: CaseKind) -> &str {
        self.raw.case.get(kind.word()).map_or("", |t| t.title.as_str())
    }

    /// An advice in words.
    #[must_use]
    pub fn advice(&self, advice: Advice) -> &str {
        self.raw.advice.get(advice.word()).map_or("", |t| t.text.as_str())
    }

    /// The word for an enum value (`queue`, `warehouse`); the value itself where there is none.
    #[must_use]
    pub fn word<'a>(&'a self, table: &str, value: &'a str) -> &'a str {
        self.raw.words.get(table).and_then(|t| t.get(value)).map_or(value, String::as_str)
    }

    /// The steps of a task on a platform; empty where it cannot be done there.
    #[must_use]
    pub fn steps(&self, kind: TaskKind, platform: Platform) -> &[String] {
        match self.task(kind).and_then(|t| t.steps.get(platform.word())) {
            Some(RawSteps::List(steps)) => steps,
            _ => &[],
        }
    }
}

fn unknown_placeholders(template: &str) -> impl Iterator<Item = &str> {
    template.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name)).filter(|name| !PLACEHOLDERS.contains(name))
}

/// Fills a template; a placeholder without a value becomes nothing.
#[must_use]
pub fn fill(template: &str, values: &dyn Fn(&str) -> Option<String>) -> String {
    if !template.contains('{') {
        return template.to_owned();
    }
    let mut out = String::with_capacity(template.len() + 24);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        match after.split_once('}') {
            Some((name, tail)) => {
                out.push_str(&values(name).unwrap_or_default());
                rest = tail;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_what_it_knows() {
        let values = |name: &str| (name == "waybill").then(|| "YT1".to_owned());
        assert_eq!(fill("parcel {waybill} at {place}!", &values), "parcel YT1 at !");
        assert_eq!(unknown_placeholders("{waybill} {nonsense}").collect::<Vec<_>>(), ["nonsense"]);
    }
}
