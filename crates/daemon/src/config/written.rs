//! Where a table of a configuration that was kept stood written: each of its values with file and line, as they were.
//!
//! Deliberately absent: which configuration held when (the journal says that), and what the values mean.

use super::effective::Effective;
use super::extract::{Merged, Rank};
use super::files::TomlFile;
use super::kept::KeptFile;
use super::problem::dotted;
use super::tree::same;

/// What goes before the name of a shipped file.
const BUILT_IN: &str = "(built-in) ";

/// The values below a key (`["rule", "pdd.collect"]`) of the files of one folder (`rules`), by key, as they stood in these files, which
/// [`super::Kept`] wrote down. What cannot be read is left out.
#[must_use]
pub fn written(kept: &str, folder: &str, table: &[&str]) -> Vec<Effective> {
    let files: Vec<KeptFile<'_>> = serde_json::from_str(kept).unwrap_or_default();
    let of_folder = |name: &str| name.starts_with(&format!("{folder}/")) || name.starts_with(&format!("{folder}.d/"));
    let files: Vec<TomlFile> = files
        .iter()
        .filter(|file| of_folder(file.name.strip_prefix(BUILT_IN).unwrap_or(&file.name)))
        .map(|file| TomlFile::kept(&file.name, rank(&file.name), &file.text))
        .collect();
    // Its problems were told when it came into force.
    let merged = Merged::of(folder, &files, &mut Vec::new());
    let mut values = Vec::new();
    for (path, node, origin) in merged.effective() {
        if path.len() > table.len() && path.iter().zip(table).all(|(a, b)| a == b) {
            let changed = origin.rank > Rank::BuiltIn && !merged.shipped(&path).is_some_and(|shipped| same(shipped, node));
            values.push(Effective { key: dotted(&path[table.len()..]), value: node.to_toml(), origin, changed });
        }
    }
    values
}

fn rank(name: &str) -> Rank {
    if name.starts_with(BUILT_IN) {
        Rank::BuiltIn
    } else if name.contains(".d/") {
        Rank::DropIn
    } else {
        Rank::File
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_found_with_file_and_line_after_its_files_have_changed() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("rules")).unwrap();
        let mine = dir.path().join("rules/mine.toml");
        std::fs::write(&mine, "# ours\n[rule.\"pdd.collect\"]\nlength = \"18h\"\n").unwrap();
        let kept = super::super::load_with(Some(dir.path()), std::iter::empty()).unwrap().kept.clone();
        std::fs::write(&mine, "[rule.\"pdd.collect\"]\nlength = \"20h\"\n").unwrap();
        let said = written(&kept.files(), "rules", &["rule", "pdd.collect"]);
        let of = |key: &str| said.iter().find(|v| v.key == key).map(|v| (v.value.clone(), v.origin.to_string(), v.changed));
        assert_eq!(of("length"), Some(("\"18h\"".to_owned(), "rules/mine.toml:3".to_owned(), true)));
        let (value, place, changed) = of("ladder").unwrap();
        assert_eq!((value.as_str(), changed), ("[\"12h\", \"6h\", \"2h\"]", false));
        let line = place.strip_prefix("(built-in) rules/pinduoduo.toml:").and_then(|line| line.parse::<usize>().ok()).unwrap();
        let shipped = include_str!("../../../../config/rules/pinduoduo.toml");
        let (at, text) = shipped.lines().enumerate().nth(line - 1).unwrap();
        assert!(text.starts_with("ladder = ") && shipped.lines().take(at).any(|l| l == "[rule.\"pdd.collect\"]"), "{line}: {text}");
        assert!(written(&kept.files(), "rules", &["rule", "pdd.collected"]).is_empty());
        assert!(written("no JSON", "rules", &["rule"]).is_empty());
    }
}
