//! The rules as they are shipped.

use parcelward_casework::rules::{RawRules, Rules};
use parcelward_casework::text::Texts;
use std::path::PathBuf;
use std::sync::Arc;

/// The shipped rules.
pub fn rules() -> Arc<Rules> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../config");
    let mut all = toml::Table::new();
    for file in ["courier", "douyin", "internal", "jd", "other", "pinduoduo", "policy", "taobao", "tasks"] {
        let text = std::fs::read_to_string(folder.join("rules").join(file).with_extension("toml")).unwrap();
        for (key, value) in text.parse::<toml::Table>().unwrap() {
            match (all.get_mut(&key), value) {
                (Some(toml::Value::Table(there)), toml::Value::Table(more)) => there.extend(more),
                (_, value) => drop(all.insert(key, value)),
            }
        }
    }
    // Staffed hours and the urgent amount are the daemon's own settings.
    let own = std::fs::read_to_string(folder.join("parcelward.toml")).unwrap().parse::<toml::Table>().unwrap();
    all.insert("staffed".to_owned(), own["staffed"].clone());
    all["policy"].as_table_mut().unwrap().insert("urgent_amount".to_owned(), own["urgent_amount"].clone());
    all.entry("language").or_insert_with(|| "zh-CN".into());
    let raw: RawRules = all.try_into().unwrap();
    let calendar = std::fs::read_to_string(folder.join("calendars/cn-2026.toml")).unwrap();
    Arc::new(Rules::compile(&raw, &[toml::from_str(&calendar).unwrap()], Texts::default()).unwrap())
}
