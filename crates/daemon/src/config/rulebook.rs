//! Rules, calendars and texts from their folders, compiled by casework; each problem is put down to its file.

use super::extract::{Merged, table};
use super::files::{ConfigFiles, TomlFile};
use super::problem::{Problem, nearest, segments};
use super::tree::Holds;
use figment::value::Value;
use parcelward_casework::rules::{RawCalendar, RawRules, RuleProblem, Rules};
use parcelward_casework::text::{PLACEHOLDERS, RawTexts, Texts, WORD_TABLES};
use parcelward_casework::words::{Advice, CaseKind, Language, Platform, TaskKind, TaskOutcome};
use parcelward_casework::{rule_kind::RuleKind, text::EVERYWHERE};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The tables that rule files may hold.
pub(super) const TABLES: &[&str] = &["rule", "task", "policy"];
/// What a rule file may not hold any more, or never did, and where it stands instead.
const ELSEWHERE: &[(&str, &str)] = &[("staffed", "parcelward.toml"), ("language", "parcelward.toml"), ("server", "parcelward.toml")];
/// The keys of a calendar file.
const CALENDAR: &[&str] = &["covers_until", "days_off", "makeup_workdays"];

/// The rules' files, merged, with what `parcelward.toml` says for them.
pub(super) fn merged_rules(files: &ConfigFiles, settings: &Merged, language: Language, problems: &mut Vec<Problem>) -> Merged {
    let merged = Merged::of("rules/*.toml", &files.folder("rules", problems), problems);
    for name in merged.top_keys() {
        if let Some((_, place)) = ELSEWHERE.iter().find(|(key, _)| *key == name) {
            let message = format!("`{name}` stands in {place}: move it there");
            problems.push(merged.problem_with_name(&name, message).code("unknown-key"));
        } else if !TABLES.contains(&name.as_str()) {
            problems.push(merged.unknown_key(&name, TABLES));
        }
    }
    if merged.says("policy.urgent_amount") {
        let message = "this amount stands in parcelward.toml, as `urgent_amount`";
        problems.push(merged.problem_with_name("policy.urgent_amount", message).code("unknown-key"));
    }
    let of_settings = |key: &str, otherwise: Value| settings.value_of(key).unwrap_or(otherwise);
    merged
        .with("staffed", of_settings("staffed", Value::from(figment::value::Dict::new())))
        .with("policy.urgent_amount", of_settings("urgent_amount", Value::from("0")))
        .with("language", Value::from(language.word()))
}

/// The rules as written, and compiled where nothing is wrong with them; what is wrong is among the problems.
pub(super) fn rules(
    merged: &Merged,
    settings: &Merged,
    calendars: &[RawCalendar],
    texts: Texts,
    problems: &mut Vec<Problem>,
) -> (Option<RawRules>, Option<Rules>) {
    let mut misfits = Vec::new();
    let raw: Option<RawRules> = merged.extract(&mut misfits);
    // What stands in `parcelward.toml` is checked and told there.
    misfits.retain(|m| !m.key.starts_with("staffed") && m.key != "policy.urgent_amount");
    let compiled = raw.as_ref().and_then(|raw| match Rules::compile(raw, calendars, texts) {
        Ok(rules) => misfits.is_empty().then_some(rules),
        Err(found) => {
            for problem in found {
                // A value that was taken out because it did not fit is not missing as well, and calendars are checked file by file.
                let beside = |key: &str| key.rsplit_once('.').map_or("", |(table, _)| table).to_owned();
                let told = misfits.iter().any(|m| {
                    m.key == problem.key
                        || m.key.starts_with(&format!("{}.", problem.key))
                        || matches!(problem.code, "overlap" | "missing") && beside(&m.key) == beside(&problem.key)
                });
                if !told && !problem.key.starts_with("calendar.") {
                    problems.push(located(merged, settings, problem));
                }
            }
            None
        }
    });
    problems.append(&mut misfits);
    (raw, compiled)
}

/// A problem of casework at its place; staffed hours stand in `parcelward.toml`.
fn located(rules: &Merged, settings: &Merged, p: RuleProblem) -> Problem {
    let merged = if p.key.starts_with("staffed.") { settings } else { rules };
    if p.code == "bad-ladder"
        && let Some((rule, rung)) = p.key.rsplit_once(".ladder[")
        && !rung.contains('.')
        && merged.blame(&[&p.key, &format!("{rule}.length")]) != p.key
    {
        // The shipped ladder was right until the operator made the rule shorter.
        let message = format!("{}; give `ladder` as well", p.message);
        return merged.problem(&format!("{rule}.length"), message).code(p.code);
    }
    let by_name = matches!(p.code, "unknown-name" | "missing" | "unstaffed");
    let problem = if by_name { merged.problem_with_name(&p.key, p.message) } else { merged.problem(&p.key, p.message) };
    problem.code(p.code).meant(p.suggestion.as_deref())
}

/// Every calendar: files of one name are one calendar. With the file that each comes from.
pub(super) fn calendars(files: &ConfigFiles, problems: &mut Vec<Problem>) -> Vec<(Merged, RawCalendar)> {
    let mut calendars = Vec::new();
    for (name, group) in by_stem(files.folder("calendars", problems)) {
        let merged = Merged::of(&format!("calendars/{name}.toml"), &group, problems);
        for key in merged.top_keys().iter().filter(|key| !CALENDAR.contains(&key.as_str())) {
            problems.push(merged.unknown_key(key, CALENDAR));
        }
        let before = problems.len();
        let Some(calendar) = merged.extract::<RawCalendar>(problems) else { continue };
        check_days(&merged, &calendar, problems[before..].iter().any(|p| p.key == "covers_until"), problems);
        calendars.push((merged, calendar));
    }
    if calendars.is_empty() {
        problems.push(Problem::new("calendars", "", "there is no calendar").code("missing"));
    }
    calendars
}

fn check_days(merged: &Merged, calendar: &RawCalendar, told: bool, problems: &mut Vec<Problem>) {
    let day = |text: &str| text.parse::<jiff::civil::Date>().ok();
    let mut wrong = |key: &str, text: &str| {
        let message = format!("`{text}` is not a day: write `2026-01-31`");
        problems.push(merged.problem(key, message).code("bad-date"));
    };
    for (list, days) in [("days_off", &calendar.days_off), ("makeup_workdays", &calendar.makeup_workdays)] {
        for (n, text) in days.iter().enumerate().filter(|(_, text)| day(text).is_none()) {
            wrong(&format!("{list}[{n}]"), text);
        }
    }
    if calendar.covers_until.is_empty() && !told {
        let message = "is missing: the last day that the notice covers, as in `covers_until = \"2026-12-31\"`";
        problems.push(merged.problem("covers_until", message).code("missing"));
    } else if !told && day(&calendar.covers_until).is_none() {
        wrong("covers_until", &calendar.covers_until);
    }
    let weekend = |day: jiff::civil::Date| matches!(day.weekday(), jiff::civil::Weekday::Saturday | jiff::civil::Weekday::Sunday);
    for (n, text) in calendar.makeup_workdays.iter().enumerate() {
        if calendar.days_off.contains(text) {
            let message = format!("{text} stands under days_off as well: people work on it or they do not");
            problems.push(merged.problem(&format!("makeup_workdays[{n}]"), message).code("contradiction"));
        } else if day(text).is_some_and(|day| !weekend(day)) {
            let message = format!("{text} is no Saturday or Sunday: it is a working day by itself");
            problems.push(merged.problem(&format!("makeup_workdays[{n}]"), message).code("bad-date").warning());
        }
    }
    for (n, text) in calendar.days_off.iter().enumerate() {
        if let (Some(off), Some(until)) = (day(text), day(&calendar.covers_until))
            && off > until
        {
            let message = format!("{text} lies after covers_until ({until}): does the notice reach further?");
            problems.push(merged.problem(&format!("days_off[{n}]"), message).code("calendar-cover").warning());
        }
    }
}

/// The texts of one language, and the files that they come from where an operator wrote some of them.
pub(super) struct Wording {
    pub language: Language,
    pub merged: Option<Merged>,
    pub texts: Texts,
}

/// The shipped texts, compiled once a process: most operators change none, and they are by far the most that there is to read.
static SHIPPED_TEXTS: LazyLock<BTreeMap<Language, Texts>> = LazyLock::new(|| {
    let mut problems = Vec::new();
    let files = ConfigFiles::default().folder("templates", &mut problems);
    let mut by_language: BTreeMap<Language, Vec<TomlFile>> = BTreeMap::new();
    files
        .into_iter()
        .filter_map(|file| Some((language_of(&file)?, file)))
        .for_each(|(l, file)| by_language.entry(l).or_default().push(file));
    let compiled =
        by_language.into_iter().filter_map(|(language, group)| Some((language, wording(language, &group, &mut problems)?.texts)));
    compiled.collect()
});

fn wording(language: Language, group: &[TomlFile], problems: &mut Vec<Problem>) -> Option<Wording> {
    let merged = Merged::of(&format!("templates/{language}.toml"), group, problems);
    let merged = fitting(merged, problems);
    let raw = merged.extract::<RawTexts>(problems)?;
    match Texts::compile(raw) {
        Ok(texts) => Some(Wording { language, merged: Some(merged), texts }),
        Err(found) => {
            problems.extend(found.iter().map(|text| text_problem(&merged, text)));
            None
        }
    }
}

/// The texts of every language that is written; the configured one must be among them.
pub(super) fn texts(files: &ConfigFiles, configured: Language, problems: &mut Vec<Problem>) -> Vec<Wording> {
    let mut by_language: BTreeMap<Language, Vec<TomlFile>> = BTreeMap::new();
    for file in files.folder("templates", problems) {
        if file.tree().is_none() {
            problems.extend(file.syntax_problems());
        } else if let Some(language) = language_of(&file) {
            by_language.entry(language).or_default().push(file);
        } else {
            let said = Merged::of(&file.name, std::slice::from_ref(&file), &mut Vec::new());
            let (what, code) = if said.says("language") { ("is not known", "unknown-name") } else { ("is missing", "missing") };
            let message = format!("{what}: write `language = \"{}\"`", Language::WORDS.join("\"` or `language = \""));
            problems.push(Problem { file: file.name, ..said.problem("language", message) }.code(code));
        }
    }
    if !by_language.contains_key(&configured) {
        let message = format!("there is no template file in the configured language `{configured}`");
        problems.push(Problem::new("templates", "", message).code("missing"));
    }
    let mut all = Vec::new();
    for (language, group) in by_language {
        let as_shipped = group.iter().all(|file| file.as_shipped);
        match SHIPPED_TEXTS.get(&language).filter(|_| as_shipped) {
            Some(texts) => all.push(Wording { language, merged: None, texts: texts.clone() }),
            None => all.extend(wording(language, &group, problems)),
        }
    }
    all
}

/// The known tables of a template file.
pub(super) fn text_tables() -> Vec<&'static str> {
    ["language", "task", "rule", "case", "advice"].into_iter().chain(WORD_TABLES.iter().map(|(table, _)| *table)).collect()
}

/// Without what is no table of texts: everything that is not known counts as words, and words are read as a whole.
fn fitting(merged: Merged, problems: &mut Vec<Problem>) -> Merged {
    let known = text_tables();
    let mut bad: Vec<(String, bool)> = Vec::new();
    for (path, node, _) in merged.effective() {
        let top = path.first().map(String::as_str).unwrap_or_default();
        if !known.contains(&top) {
            bad.push((top.to_owned(), false));
        } else if WORD_TABLES.iter().any(|(table, _)| *table == top) && !(path.len() == 2 && matches!(node.holds, Holds::Text(_))) {
            bad.push((super::problem::dotted(&path[..path.len().min(2)]), true));
        }
    }
    bad.dedup();
    for (key, is_word) in &bad {
        problems.push(if *is_word {
            merged.problem(key, "must be a text in quotes").code("wrong-type")
        } else {
            merged.unknown_key(key, &known)
        });
    }
    bad.into_iter().fold(merged, |merged, (key, _)| merged.without(&key))
}

/// The language that a template file says, else the one that its name says.
fn language_of(file: &TomlFile) -> Option<Language> {
    match file.tree().and_then(table)?.get("language") {
        Some(word) => word.text().and_then(Language::from_word),
        None => Language::ALL.iter().copied().find(|l| file.stem == l.word()),
    }
}

/// Casework says `task.ship_now.title is missing` or `task.ship_now.title: …`: the key and what is wrong with it.
fn text_problem(merged: &Merged, text: &str) -> Problem {
    let end = text.char_indices().scan(false, |quoted, (at, c)| {
        *quoted ^= c == '"';
        Some((at, !*quoted && (c == ' ' || c == ':')))
    });
    let end = end.filter(|(_, ends)| *ends).map(|(at, _)| at).next().unwrap_or(text.len());
    let (key, message) = (&text[..end], text[end..].trim_start_matches([':', ' ']));
    if let Some(name) = message.strip_prefix("unknown placeholder {").and_then(|rest| rest.strip_suffix('}')) {
        let problem = merged.problem(key, format!("there is no placeholder {{{name}}}")).code("placeholder");
        return problem
            .word(&format!("{{{name}}}"))
            .meant(nearest(name, PLACEHOLDERS.iter().copied()).map(|near| format!("{{{near}}}")).as_deref());
    }
    if message.starts_with("names nothing") {
        let path = segments(key);
        let name = path.last().map(String::as_str).unwrap_or_default();
        let problem = merged.problem_with_name(key, format!("no text of this name is ever shown: `{name}` names nothing"));
        return problem.code("unused-text").meant(nearest(name, names_beside(&path)));
    }
    let message = if message == "is missing" && merged.says(key) { "is empty" } else { message };
    let code = match message {
        _ if message.starts_with("is missing") || message.starts_with("is empty") => "missing-text",
        _ if message.contains("placeholder") || message.contains("brace") || message.contains("[[") => "placeholder",
        _ if message.starts_with("names no platform") => "unknown-name",
        _ => "bad-value",
    };
    match message.starts_with("names no platform") {
        true => {
            let name = segments(key).pop().unwrap_or_default();
            let platforms = Platform::WORDS.iter().copied().chain([EVERYWHERE]);
            merged.problem_with_name(key, message).code(code).meant(nearest(&name, platforms))
        }
        false => merged.problem(key, message).code(code),
    }
}

/// The names that could stand where the last segment of a template's key stands.
fn names_beside(path: &[String]) -> Vec<&'static str> {
    match path.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["task", _] => TaskKind::WORDS.to_vec(),
        ["task", _, "outcomes", _] => TaskOutcome::WORDS.to_vec(),
        ["rule", _] => RuleKind::WORDS.to_vec(),
        ["case", _] => CaseKind::WORDS.to_vec(),
        ["advice", _] => Advice::WORDS.to_vec(),
        [table, _] => WORD_TABLES.iter().find(|(name, _)| name == table).map(|(_, words)| words.to_vec()).unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// Files by their name, for what several of them make together.
pub(super) fn by_stem(files: Vec<TomlFile>) -> BTreeMap<String, Vec<TomlFile>> {
    let mut groups: BTreeMap<String, Vec<TomlFile>> = BTreeMap::new();
    for file in files {
        groups.entry(file.stem.clone()).or_default().push(file);
    }
    groups
}
