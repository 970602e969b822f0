//! Rules, calendars and texts from their folders, compiled by casework; each problem is put down to its file.

use super::extract::{Merged, unknown};
use super::files::{ConfigFiles, TomlFile};
use super::problem::Problem;
use figment::value::{Dict, Map};
use figment::{Metadata, Profile, Provider};
use parcelward_casework::rules::{RawCalendar, RawRules, Rules};
use parcelward_casework::text::{RawTexts, Texts};
use parcelward_casework::words::Language;
use std::collections::BTreeMap;

/// The tables that rule files may hold.
const TABLES: &[&str] = &["rule", "task", "staffed", "policy"];

/// The language of rules is set in `parcelward.toml`; this brings it to them.
struct LanguageLayer(Language);

impl Provider for LanguageLayer {
    fn metadata(&self) -> Metadata {
        Metadata::named("parcelward.toml")
    }
    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        Ok(Profile::Default.collect(Dict::from([("language".to_owned(), self.0.word().into())])))
    }
}

/// The rules as written and compiled; `None` with what is wrong among the problems.
pub(super) fn rules(files: &ConfigFiles, language: Language, texts: Texts, problems: &mut Vec<Problem>) -> Option<(RawRules, Rules)> {
    let merged = Merged::of("rules/*.toml", &files.folder("rules", problems), problems);
    for name in merged.top_keys().iter().filter(|name| !TABLES.contains(&name.as_str())) {
        problems.push(merged.problem(name, unknown(name, TABLES)));
    }
    let merged = merged.merge(LanguageLayer(language));
    let mut misfits = Vec::new();
    let raw: Option<RawRules> = merged.extract(&mut misfits);
    let calendars = calendars(files, problems);
    let compiled = raw.and_then(|raw| match Rules::compile(&raw, &calendars, texts) {
        Ok(rules) => misfits.is_empty().then_some((raw, rules)),
        Err(found) => {
            for problem in found {
                // A value that was taken out because it did not fit is not missing as well, and calendars are checked file by file.
                let told = misfits.iter().any(|m| m.key == problem.key || m.key.starts_with(&format!("{}.", problem.key)));
                if !told && !problem.key.starts_with("calendar.") {
                    problems.push(merged.problem(&problem.key, problem.message));
                }
            }
            None
        }
    });
    problems.append(&mut misfits);
    compiled
}

/// Every calendar: files of one name are one calendar.
fn calendars(files: &ConfigFiles, problems: &mut Vec<Problem>) -> Vec<RawCalendar> {
    let mut calendars = Vec::new();
    for (name, group) in by_stem(files.folder("calendars", problems)) {
        let merged = Merged::of(&format!("calendars/{name}.toml"), &group, problems);
        let known = ["covers_until", "days_off", "makeup_workdays"];
        for key in merged.top_keys().iter().filter(|key| !known.contains(&key.as_str())) {
            problems.push(merged.problem(key, unknown(key, &known)));
        }
        let Some(calendar) = merged.extract::<RawCalendar>(problems) else { continue };
        let days = calendar.days_off.iter().map(|d| ("days_off", d)).chain(calendar.makeup_workdays.iter().map(|d| ("makeup_workdays", d)));
        for (key, text) in days.chain([("covers_until", &calendar.covers_until)]) {
            if text.parse::<jiff::civil::Date>().is_err() {
                problems.push(merged.problem(key, format!("`{text}` is not a day: write `2026-01-31`")));
            }
        }
        calendars.push(calendar);
    }
    if calendars.is_empty() {
        problems.push(Problem { file: "calendars".to_owned(), key: String::new(), message: "there is no calendar".to_owned() });
    }
    calendars
}

/// The texts of every language that is written; the configured one must be among them.
pub(super) fn texts(files: &ConfigFiles, configured: Language, problems: &mut Vec<Problem>) -> Vec<(Language, Texts)> {
    let mut by_language: BTreeMap<Language, Vec<TomlFile>> = BTreeMap::new();
    let stated: Vec<(Option<Language>, TomlFile)> =
        files.folder("templates", problems).into_iter().map(|file| (language_of(&file), file)).collect();
    for (language, file) in stated {
        match language {
            Some(language) => by_language.entry(language).or_default().push(file),
            None => match file.syntax_problem() {
                Some(problem) => problems.push(problem),
                None => problems.push(Problem {
                    file: file.name,
                    key: "language".to_owned(),
                    message: format!("must be one of {}", Language::WORDS.join(", ")),
                }),
            },
        }
    }
    if !by_language.contains_key(&configured) {
        let message = format!("there is no template file in the configured language `{configured}`");
        problems.push(Problem { file: "templates".to_owned(), key: String::new(), message });
    }
    let mut all = Vec::new();
    for (language, group) in by_language {
        let merged = Merged::of(&format!("templates/{language}.toml"), &group, problems);
        let Some(raw) = merged.extract::<RawTexts>(problems) else { continue };
        match Texts::compile(raw) {
            Ok(texts) => all.push((language, texts)),
            Err(found) => problems.extend(found.into_iter().map(|text| {
                let (key, message) = split_key(&text);
                merged.problem(key, message)
            })),
        }
    }
    all
}

/// The language that a template file says, else the one that its name says.
fn language_of(file: &TomlFile) -> Option<Language> {
    let dict = toml::from_str::<toml::Table>(&file.text).ok()?;
    match dict.get("language") {
        Some(word) => word.as_str().and_then(Language::from_word),
        None => Language::ALL.iter().copied().find(|l| file.stem == l.word()),
    }
}

/// Casework says `task.ship_now.title is missing` or `task.ship_now.title: …`: the key and what is wrong with it.
fn split_key(text: &str) -> (&str, &str) {
    let end = text.find([' ', ':']).unwrap_or(text.len());
    (&text[..end], text[end..].trim_start_matches([':', ' ']))
}

/// Files by their name, for what several of them make together.
pub(super) fn by_stem(files: Vec<TomlFile>) -> BTreeMap<String, Vec<TomlFile>> {
    let mut groups: BTreeMap<String, Vec<TomlFile>> = BTreeMap::new();
    for file in files {
        groups.entry(file.stem.clone()).or_default().push(file);
    }
    groups
}
