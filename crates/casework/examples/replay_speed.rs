//! How fast the core alone decides: `cargo run --release -p parcelward-casework --example replay_speed FACTS.jsonl`.
//!
//! Reads everything first; prints the time for parsing, and for deciding on one core. Deliberately absent: writing decisions.

use parcelward_casework::parse::parse_fact;
use parcelward_casework::replay::{MemoryShelf, Player};
use parcelward_casework::rules::{RawCalendar, RawRules, Rules};
use parcelward_casework::text::{RawTexts, Texts};
use std::time::Instant as Stopwatch;

type Failure = Box<dyn std::error::Error>;

fn rules() -> Result<Rules, Failure> {
    let config = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config");
    let mut table = toml::Table::new();
    for name in ["pinduoduo", "taobao", "jd", "douyin", "other", "courier", "internal", "policy", "tasks"] {
        let text = std::fs::read_to_string(format!("{config}/rules/{name}.toml"))?;
        for (key, value) in text.parse::<toml::Table>()? {
            match (table.get_mut(&key), value) {
                (Some(toml::Value::Table(known)), toml::Value::Table(more)) => known.extend(more),
                (_, value) => {
                    table.insert(key, value);
                }
            }
        }
    }
    // Staffed hours and the urgent amount are the daemon's own settings.
    let own = std::fs::read_to_string(format!("{config}/parcelward.toml"))?.parse::<toml::Table>()?;
    table.insert("staffed".to_owned(), own["staffed"].clone());
    table["policy"].as_table_mut().ok_or("no policy")?.insert("urgent_amount".to_owned(), own["urgent_amount"].clone());
    table.insert("language".to_owned(), "zh-CN".into());
    let raw: RawRules = table.try_into()?;
    let texts: RawTexts = toml::from_str(&std::fs::read_to_string(format!("{config}/templates/zh-CN.toml"))?)?;
    let calendar: RawCalendar = toml::from_str(&std::fs::read_to_string(format!("{config}/calendars/cn-2026.toml"))?)?;
    let texts = Texts::compile(texts).map_err(|p| p.join("\n"))?;
    Ok(Rules::compile(&raw, &[calendar], texts).map_err(|p| p.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?)
}

fn main() -> Result<(), Failure> {
    let path = std::env::args().nth(1).ok_or("usage: replay_speed FACTS.jsonl")?;
    let text = std::fs::read_to_string(path)?;
    let rules = rules()?;
    let watch = Stopwatch::now();
    let facts = text.lines().map(parse_fact).collect::<Result<Vec<_>, _>>()?;
    let parsed = watch.elapsed();
    let (mut player, mut decisions) = (Player::new(&rules, MemoryShelf::default()), 0_u64);
    let mut last = None;
    let watch = Stopwatch::now();
    for fact in &facts {
        last = Some(fact.decided_at());
        player.fact(fact, &mut |_| {
            decisions += 1;
            Ok(())
        })?;
    }
    if let Some(until) = last {
        player.run_on(until, &mut |_| {
            decisions += 1;
            Ok(())
        })?;
    }
    let decided = watch.elapsed();
    let each = |time: std::time::Duration| time.as_secs_f64() * 1e6 / facts.len().max(1) as f64;
    println!("{} facts, {decisions} decisions: parse {:.2} us each, decide {:.2} us each", facts.len(), each(parsed), each(decided));
    Ok(())
}
