//! `docs/tasks.md`.

use super::{cell, code};
use crate::config::Loaded;
use parcelward_casework::task_table::ways;
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
        outcomes(&mut out, loaded, *kind);
        for (language, texts) in &loaded.texts {
            if let Some(text) = texts.task(*kind) {
                wording(&mut out, language.word(), text);
            }
        }
    }
    out
}

/// The ways in which a task may be done, what they are called on their buttons, and the answers that go with them.
fn outcomes(out: &mut String, loaded: &Loaded, kind: TaskKind) {
    let languages: String = loaded.texts.iter().map(|(language, _)| format!(" {language} |")).collect();
    let rule = "| --- ".repeat(loaded.texts.len() + 2);
    let _ = write!(out, "\n| outcome |{languages} answers (**required**) |\n{rule}|\n");
    for way in ways(kind) {
        let word = way.outcome.word();
        let titles: String = loaded.texts.iter().map(|(_, texts)| format!(" {} |", cell(texts.outcome(kind, way.outcome)))).collect();
        let required = way.required.iter().map(|answer| format!("**{answer}**"));
        let answers: Vec<String> = required.chain(way.optional.iter().map(|answer| answer.word().to_owned())).collect();
        let _ = writeln!(out, "| {} |{titles} {} |", code(word), answers.join(", "));
    }
}

fn wording(out: &mut String, language: &str, text: &TaskText) {
    let _ = write!(out, "\n**{language}: {}**\n\n- why: {}\n- when missed: {}\n", text.title, text.why, text.missed);
    if let Some(reply) = &text.reply {
        let _ = writeln!(out, "- reply: {}", reply.replace('\n', " "));
    }
    // Platforms with the same steps stand together.
    let mut said: Vec<(Vec<&str>, String)> = Vec::new();
    let order = Platform::WORDS.iter().copied().chain(text.steps.keys().map(String::as_str).filter(|name| !Platform::WORDS.contains(name)));
    for platform in order {
        let Some(steps) = text.steps.get(platform) else { continue };
        let words = match steps {
            RawSteps::List(steps) => steps.iter().map(|step| format!("\n  1. {step}")).collect(),
            RawSteps::Word(word) => format!(" {word}"),
        };
        match said.iter_mut().find(|(_, known)| *known == words) {
            Some((platforms, _)) => platforms.push(platform),
            None => said.push((vec![platform], words)),
        }
    }
    for (platforms, words) in said {
        let _ = writeln!(out, "- {}:{words}", platforms.join(", "));
    }
}
