//! The reference pages: every rule and every kind of task, as Markdown, from the configuration itself.
//!
//! Deliberately absent: wording of their own. What stands here stands in `config/` or in the contract.

mod rules;
mod settings;
mod tasks;

pub use rules::rules;
pub use settings::settings;
pub use tasks::tasks;

/// A text inside a table's cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// A value as code, or nothing.
fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("`{}`", cell(text)) }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    fn is_current(name: &str, made: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        let command = format!("cargo run -p parcelward -- docs {} > docs/{name}", name.trim_end_matches(".md"));
        assert!(committed == made, "docs/{name} is not what the configuration says now; write it anew: {command}");
    }

    #[test]
    fn the_committed_pages_are_current() {
        let shipped = crate::config::load_with(None, std::iter::empty()).unwrap();
        is_current("rules.md", &super::rules(&shipped));
        is_current("tasks.md", &super::tasks(&shipped));
        is_current("settings.md", &super::settings());
    }

    #[test]
    fn every_rule_and_task_has_its_place() {
        let shipped = crate::config::load_with(None, std::iter::empty()).unwrap();
        let (rules, tasks) = (super::rules(&shipped), super::tasks(&shipped));
        for (id, _, _) in parcelward_casework::rules::rule_ids() {
            let numbers = rules.split("## What they are called").next().unwrap();
            assert_eq!(numbers.lines().filter(|line| line.starts_with(&format!("| `{id}` |"))).count(), 1, "{id}");
        }
        for kind in parcelward_casework::words::TaskKind::ALL {
            assert_eq!(tasks.lines().filter(|line| *line == format!("## `{kind}`")).count(), 1, "{kind}");
        }
    }
}
