//! Texts: titles, reasons, steps and replies, filled from templates.
//!
//! Deliberately absent: the wording (`config/templates/`) and any choice of what to do.

use crate::rule_kind::RuleKind;
use crate::words::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What stands for a menu path on a platform where the task cannot be done.
pub const NOT_ON_THIS_PLATFORM: &str = "not on this platform";

/// The key of the steps that stand for every platform without a key of its own: for work done by phone or in the warehouse.
pub const EVERYWHERE: &str = "everywhere";

/// The placeholders that a task's title, why, missed and reply may use. A part that only makes sense with a value stands in `[[…]]`
/// and is left out where one of its placeholders has none.
///
/// `due`, `place` and `reason` are shown as given, `amount` is yuan without a unit, `courier`, `promise`, `ask` and `case` are words of this
/// language (`ask`: what the buyer asks for), and `hotline` is the word of the table of that name for the parcel's courier.
pub const PLACEHOLDERS: &[&str] =
    &["order_id", "shop", "waybill", "courier", "hotline", "due", "amount", "place", "reason", "promise", "ask", "recipient_city", "case"];

/// The words of [`WORD_TABLES`]' `state`: of tasks and cases, then deadlines, then courier operations.
const STATES: &[&str] = &[
    "open",
    "claimed",
    "snoozed",
    "closed",
    "running",
    "met",
    "breached",
    "waived",
    "cancelled",
    "requested",
    "by_hand",
    "accepted",
    "unknown",
    "succeeded",
    "failed",
    "rejected",
];

/// Grounds for an appeal against a ruling (playbook `dispute`): the words of the table `appeal_ground`.
pub const APPEAL_GROUNDS: &[&str] = &["freight_refunded", "proof_judged_void", "no_return_waybill"];

/// The word tables that a template file must have, each with the words it must hold.
pub const WORD_TABLES: &[(&str, &[&str])] = &[
    ("queue", Queue::WORDS),
    ("urgency", Urgency::WORDS),
    ("state", STATES),
    ("outcome", TaskOutcome::WORDS),
    ("case_outcome", CaseOutcome::WORDS),
    ("platform", Platform::WORDS),
    ("courier", Courier::WORDS),
    ("hotline", Courier::WORDS),
    ("operation", OperationKind::WORDS),
    ("evidence", EvidenceKind::WORDS),
    ("after_sale_kind", AfterSaleKind::WORDS),
    ("exception_reason", ExceptionReason::WORDS),
    ("buyer_ask", BuyerAsk::WORDS),
    ("promise", Promise::WORDS),
    ("appeal_ground", APPEAL_GROUNDS),
];

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
    /// What an outcome is called in this task, where the table `outcome` does not fit.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub outcomes: BTreeMap<String, String>,
    /// Steps by platform, or by [`EVERYWHERE`]; shown as they stand.
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
    /// From a template file; says every text that is missing, unknown to this version, or not well formed.
    ///
    /// # Errors
    /// Each problem with the key it stands at: a missing text (`task.appeal_ruling.steps.jd`), a key that names nothing, an unknown
    /// placeholder, an open bracket.
    pub fn compile(raw: RawTexts) -> Result<Texts, Vec<String>> {
        let mut problems = Vec::new();
        if Language::from_word(&raw.language).is_none() {
            problems.push(format!("language: `{}` is not one of {}", raw.language, Language::WORDS.join(", ")));
        }
        check_keys("task", raw.task.keys(), TaskKind::WORDS, &mut problems);
        for (kind, text) in &raw.task {
            check_task(kind, text, &mut problems);
        }
        check_keys("rule", raw.rule.keys(), RuleKind::WORDS, &mut problems);
        for (word, text) in &raw.rule {
            check_plain(&format!("{}.title", key("rule", word)), &text.title, &mut problems);
            check_plain(&format!("{}.consequence", key("rule", word)), &text.consequence, &mut problems);
        }
        check_keys("case", raw.case.keys(), CaseKind::WORDS, &mut problems);
        for (word, text) in &raw.case {
            check_plain(&format!("case.{word}.title"), &text.title, &mut problems);
        }
        check_keys("advice", raw.advice.keys(), Advice::WORDS, &mut problems);
        for (word, text) in &raw.advice {
            check_plain(&format!("advice.{word}.text"), &text.text, &mut problems);
        }
        check_words(&raw.words, &mut problems);
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

    /// What an outcome of a task is called: in that task, else in the table `outcome`.
    #[must_use]
    pub fn outcome(&self, kind: TaskKind, outcome: TaskOutcome) -> &str {
        let own = self.task(kind).and_then(|t| t.outcomes.get(outcome.word()));
        own.map_or_else(|| self.word("outcome", outcome.word()), String::as_str)
    }

    /// The steps of a task on a platform, to be shown as they stand; empty where it cannot be done there.
    #[must_use]
    pub fn steps(&self, kind: TaskKind, platform: Platform) -> &[String] {
        match self.task(kind).and_then(|t| steps_on(t, platform)) {
            Some(RawSteps::List(steps)) => steps,
            _ => &[],
        }
    }
}

fn steps_on(text: &TaskText, platform: Platform) -> Option<&RawSteps> {
    text.steps.get(platform.word()).or_else(|| text.steps.get(EVERYWHERE))
}

/// A key as it stands in TOML: quoted where the word has a dot.
fn key(table: &str, word: &str) -> String {
    if word.contains('.') { format!("{table}.\"{word}\"") } else { format!("{table}.{word}") }
}

fn check_keys<'a>(table: &str, has: impl Iterator<Item = &'a String>, known: &[&str], problems: &mut Vec<String>) {
    let has: Vec<&str> = has.map(String::as_str).collect();
    problems.extend(known.iter().filter(|word| !has.contains(word)).map(|word| format!("{} is missing", key(table, word))));
    problems.extend(has.iter().filter(|word| !known.contains(word)).map(|word| format!("{} names nothing: remove it", key(table, word))));
}

fn check_task(kind: &str, text: &TaskText, problems: &mut Vec<String>) {
    for (field, value) in [("title", &text.title), ("why", &text.why), ("missed", &text.missed)] {
        check_template(&format!("task.{kind}.{field}"), value, problems);
    }
    if let Some(reply) = &text.reply {
        check_template(&format!("task.{kind}.reply"), reply, problems);
    }
    for (outcome, word) in &text.outcomes {
        let key = format!("task.{kind}.outcomes.{outcome}");
        if TaskOutcome::from_word(outcome).is_none() {
            problems.push(format!("{key} names nothing: remove it"));
        }
        check_plain(&key, word, problems);
    }
    for &platform in Platform::ALL {
        if steps_on(text, platform).is_none() {
            problems.push(format!("task.{kind}.steps.{platform} is missing: give a list, or \"{NOT_ON_THIS_PLATFORM}\""));
        }
    }
    for (place, steps) in &text.steps {
        let key = format!("task.{kind}.steps.{place}");
        if place != EVERYWHERE && Platform::from_word(place).is_none() {
            problems.push(format!("{key} names no platform: one of {}, {EVERYWHERE}", Platform::WORDS.join(", ")));
        }
        match steps {
            RawSteps::List(steps) if steps.is_empty() => problems.push(format!("{key} is empty")),
            RawSteps::List(steps) => steps.iter().for_each(|step| check_plain(&key, step, problems)),
            RawSteps::Word(_) if place == EVERYWHERE => problems.push(format!("{key}: give a list")),
            RawSteps::Word(word) if word != NOT_ON_THIS_PLATFORM => {
                problems.push(format!("{key}: give a list, or \"{NOT_ON_THIS_PLATFORM}\""));
            }
            RawSteps::Word(_) => {}
        }
    }
}

fn check_words(words: &BTreeMap<String, BTreeMap<String, String>>, problems: &mut Vec<String>) {
    for (table, known) in WORD_TABLES {
        match words.get(*table) {
            Some(has) => check_keys(table, has.keys(), known, problems),
            None => problems.push(format!("{table} is missing")),
        }
    }
    for (table, has) in words {
        if !WORD_TABLES.iter().any(|(known, _)| known == table) {
            problems.push(format!("{table} names nothing: remove it"));
        }
        for (word, text) in has {
            check_plain(&key(table, word), text, problems);
        }
    }
}

/// A text that is shown as it stands.
fn check_plain(key: &str, text: &str, problems: &mut Vec<String>) {
    if text.trim().is_empty() {
        problems.push(format!("{key} is missing"));
    }
    if text.contains(['{', '}']) || text.contains("[[") {
        problems.push(format!("{key} is shown as it stands: no placeholders here"));
    }
}

/// A text that is filled.
fn check_template(key: &str, template: &str, problems: &mut Vec<String>) {
    if template.trim().is_empty() {
        problems.push(format!("{key} is missing"));
    }
    problems.extend(
        placeholders(template).filter(|name| !PLACEHOLDERS.contains(name)).map(|name| format!("{key}: unknown placeholder {{{name}}}")),
    );
    if template.matches('{').count() != placeholders(template).count() || template.matches('}').count() != placeholders(template).count() {
        problems.push(format!("{key}: a brace without its partner"));
    }
    let pieces_closed = template.split("[[").skip(1).all(|piece| piece.matches("]]").count() == 1);
    if !pieces_closed || template.matches("[[").count() != template.matches("]]").count() {
        problems.push(format!("{key}: `[[` and `]]` do not match"));
    }
}

fn placeholders(template: &str) -> impl Iterator<Item = &str> {
    template.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

/// Fills a template. A `[[…]]` part is left out where one of its placeholders has no value; elsewhere such a placeholder becomes nothing.
#[must_use]
pub fn fill(template: &str, values: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(template.len() + 24);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("[[") {
        fill_part(before, values, &mut out);
        let (part, tail) = after.split_once("]]").unwrap_or((after, ""));
        let kept = out.len();
        if !fill_part(part, values, &mut out) {
            out.truncate(kept);
        }
        rest = tail;
    }
    fill_part(rest, values, &mut out);
    out
}

/// Appends a part without `[[`; whether every placeholder had a value.
fn fill_part(part: &str, values: &dyn Fn(&str) -> Option<String>, out: &mut String) -> bool {
    let mut whole = true;
    let mut rest = part;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        match values(name).filter(|value| !value.is_empty()) {
            Some(value) => out.push_str(&value),
            None => whole = false,
        }
        rest = tail;
    }
    out.push_str(rest);
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_what_it_knows() {
        let values = |name: &str| (name == "waybill").then(|| "YT1".to_owned());
        assert_eq!(fill("parcel {waybill} at {place}!", &values), "parcel YT1 at !");
        assert_eq!(fill("parcel {waybill}[[, last seen at {place}]]!", &values), "parcel YT1!");
        assert_eq!(fill("order[[ with parcel {waybill}]][[ at {place}]]", &values), "order with parcel YT1");
        assert_eq!(fill("nothing to fill {", &values), "nothing to fill {");
    }

    #[test]
    fn says_what_is_wrong_with_a_template() {
        let problems = |template: &str| {
            let mut problems = Vec::new();
            check_template("here", template, &mut problems);
            problems
        };
        assert_eq!(problems("{waybill}[[ at {place}]]"), Vec::<String>::new());
        assert_eq!(problems("{waybill} {nonsense}"), ["here: unknown placeholder {nonsense}"]);
        assert_eq!(problems("{waybill"), ["here: a brace without its partner"]);
        for bracket in ["a [[b", "a b]]", "[[a [[b]] c]]", "]]a[["] {
            assert_eq!(problems(bracket), ["here: `[[` and `]]` do not match"], "{bracket}");
        }
        assert_eq!(problems(" "), ["here is missing"]);
    }
}
