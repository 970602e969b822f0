//! `docs/rules.md`.

use super::{cell, code};
use crate::config::Loaded;
use parcelward_casework::rule_kind::RuleKind;
use parcelward_casework::rules::{RawLadder, RawRule, rule_ids};
use std::fmt::Write as _;

/// The sections: a prefix of rule ids, and whose rules these are.
const SECTIONS: &[(&str, &str)] = &[
    ("pdd", "Pinduoduo"),
    ("tb", "Taobao and Tmall"),
    ("jd", "JD"),
    ("dy", "Douyin"),
    ("other", "Other platforms"),
    ("courier", "Couriers, on every platform"),
    ("internal", "Our own promises, on every platform"),
];

/// Every deadline rule, as Markdown.
#[must_use]
pub fn rules(loaded: &Loaded) -> String {
    let mut out = String::from(
        "# Deadline rules\n\n\
         Made by `parcelward docs rules` from `config/rules/`; edit there. Every number is a default: a file of the same name in your own\n\
         `--config` folder replaces it key by key.\n\n\
         The due time is the one that the platform itself gave, else start + length. A rung acts that long before it; `at due` acts at the due\n\
         time itself, within the queue's staffed hours. Confidence says how sure the number is; platforms change theirs without much notice.\n",
    );
    for (prefix, whose) in SECTIONS {
        let ids: Vec<_> = rule_ids().into_iter().filter(|(id, _, _)| id.split('.').next() == Some(prefix)).collect();
        section(&mut out, loaded, whose, &ids);
    }
    out.push_str("\n## What they are called, and what a breach costs\n");
    for (language, texts) in &loaded.texts {
        let _ = write!(out, "\n### {language}\n\n| rule | name | when missed |\n| --- | --- | --- |\n");
        for kind in RuleKind::ALL {
            let (title, consequence) = (cell(texts.rule_title(*kind)), cell(texts.consequence(*kind)));
            let _ = writeln!(out, "| {} | {title} | {consequence} |", code(kind.word()));
        }
    }
    out
}

fn section(out: &mut String, loaded: &Loaded, whose: &str, ids: &[(String, &'static str, RuleKind)]) {
    let _ = write!(
        out,
        "\n## {whose}\n\n| rule | length | ladder | queue | source | as of | confidence |\n| --- | --- | --- | --- | --- | --- | --- |\n"
    );
    for (id, _, _) in ids {
        let Some(rule) = loaded.raw_rules.rule.get(id) else { continue };
        row(out, &code(id), rule, None);
        for version in &rule.versions {
            let from = version.effective_from.as_deref().unwrap_or("the beginning");
            let until = version.effective_until.as_deref().map(|day| format!(" until {day}")).unwrap_or_default();
            row(out, &format!("… from {from}{until}"), version, Some(rule));
        }
    }
}

fn row(out: &mut String, name: &str, rule: &RawRule, base: Option<&RawRule>) {
    let text =
        |own: &Option<String>, base: Option<&Option<String>>| own.clone().or_else(|| base.and_then(Clone::clone)).unwrap_or_default();
    let queue = rule.queue.or_else(|| base.and_then(|b| b.queue)).map(|q| q.word()).unwrap_or_default();
    let signed = rule.ladder_signed.as_ref().map(|l| format!("; once signed {}", ladder(l))).unwrap_or_default();
    let rungs = rule.ladder.as_ref().or_else(|| base.and_then(|b| b.ladder.as_ref())).map(ladder).unwrap_or_default();
    let variants: String = rule.variants.iter().map(|(name, length)| format!("; {}: {length}", name.replace('_', " "))).collect();
    let length = text(&rule.length, base.map(|b| &b.length));
    let source = cell(&text(&rule.source, base.map(|b| &b.source)));
    let as_of = text(&rule.as_of, base.map(|b| &b.as_of));
    let confidence = text(&rule.confidence, base.map(|b| &b.confidence));
    let _ = writeln!(out, "| {name} | {length}{variants} | {rungs}{signed} | {queue} | {source} | {as_of} | {confidence} |");
}

fn ladder(ladder: &RawLadder) -> String {
    match ladder {
        RawLadder::Before(rungs) => rungs.join(", "),
        RawLadder::Word(word) => word.clone(),
    }
}
