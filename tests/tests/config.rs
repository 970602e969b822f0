//! Every broken configuration in `tests/config/` and the exact words that `parcelward check` has for it: one line a file.
//!
//! How a file is written is told in `tests/config/README.md`. `PARCELWARD_UPDATE=1` writes the words anew: read them then, as the operator
//! who will get them.

use libtest_mimic::{Arguments, Failed, Trial};
use parcelward::config::{Look, Reading, Severity, json, pretty, read, summary};
use parcelward_tests::workspace::{root, walk};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

/// How many broken configurations there are at the least.
const AT_LEAST: usize = 60;
/// The day on which they are looked at, where a file names none.
const TODAY: &str = "2026-06-01";

/// One file: what is in the folder, and what is said of it.
struct Case {
    about: String,
    /// Name and text, in the order of the file.
    sections: Vec<(String, String)>,
}

impl Case {
    fn parse(text: &str) -> Result<Case, String> {
        let (mut about, mut sections) = (String::new(), Vec::<(String, String)>::new());
        for line in text.lines() {
            let name = line.strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --"));
            match (name, sections.last_mut()) {
                (Some(name), _) => sections.push((name.to_owned(), String::new())),
                (None, Some((_, text))) => *text += &format!("{line}\n"),
                (None, None) => about += &format!("{line}\n"),
            }
        }
        if about.trim().is_empty() {
            return Err("says nothing of what went wrong: begin with a sentence".to_owned());
        }
        Ok(Case { about, sections })
    }

    fn section(&self, name: &str) -> Option<&str> {
        self.sections.iter().find(|(n, _)| n == name).map(|(_, text)| text.as_str())
    }

    fn read(&self) -> Result<Reading, String> {
        let dir = tempfile::tempdir().map_err(|e| e.to_string())?;
        let (config, credentials) = (dir.path().join("config"), dir.path().join("credentials"));
        let write = |path: &Path, text: &[u8]| {
            path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, text)).map_err(|e| e.to_string())
        };
        fs::create_dir_all(&config).map_err(|e| e.to_string())?;
        let mut environment = Vec::new();
        for (name, text) in &self.sections {
            // The empty line before the next section is for the reader.
            let text = text.strip_suffix("\n\n").map_or(text.clone(), |text| format!("{text}\n"));
            if name == "environment" {
                environment.extend(text.lines().filter_map(|l| l.split_once('=')).map(|(k, v)| (k.to_owned(), v.to_owned())));
            } else if let Some(name) = name.strip_prefix("credential ") {
                write(&credentials.join(name), text.as_bytes())?;
                environment.push(("CREDENTIALS_DIRECTORY".to_owned(), credentials.display().to_string()));
            } else if let Some(name) = name.strip_prefix("bytes ") {
                // One byte a pair of digits, for what is no text.
                let bytes: Result<Vec<u8>, _> = text.split_whitespace().map(|pair| u8::from_str_radix(pair, 16)).collect();
                write(&config.join(name), &bytes.map_err(|e| e.to_string())?)?;
            } else if !matches!(name.as_str(), "check" | "today") {
                write(&config.join(name), text.as_bytes())?;
            }
        }
        let today = self.section("today").unwrap_or(TODAY).trim().parse().map_err(|e| format!("`today` is no day: {e}"))?;
        Ok(read(Some(&config), environment.into_iter(), Some(today)))
    }
}

fn said(reading: &Reading) -> String {
    format!("{}{} in the configuration\n", pretty(&reading.problems, Look::default()), summary(&reading.problems))
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let folder = root().join("tests/config");
    let paths = match walk(&folder, &|_| false) {
        Ok(paths) => paths.into_iter().filter(|path| path.extension().is_some_and(|e| e == "txt")).collect::<Vec<_>>(),
        Err(error) => {
            eprintln!("tests/config cannot be read: {error}");
            return ExitCode::FAILURE;
        }
    };
    let count = paths.len();
    let mut trials = vec![
        Trial::test("there_are_enough", move || {
            if count >= AT_LEAST { Ok(()) } else { Err(format!("{count} broken configurations; {AT_LEAST} are the least").into()) }
        }),
        Trial::test("every_sort_of_mistake_is_shown_and_documented", {
            let paths = paths.clone();
            move || every_code(&paths)
        }),
    ];
    trials.extend(paths.into_iter().map(|path| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Trial::test(format!("config::{name}"), move || hold(&path))
    }));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn hold(path: &Path) -> Result<(), Failed> {
    let text = fs::read_to_string(path)?;
    let case = Case::parse(&text)?;
    let reading = case.read()?;
    let said = said(&reading);
    if std::env::var_os("PARCELWARD_UPDATE").is_some() {
        let before = text.split("-- check --\n").next().unwrap_or_default().trim_end();
        fs::write(path, format!("{before}\n\n-- check --\n{said}"))?;
        return Ok(());
    }
    laws(&reading)?;
    match case.section("check") {
        Some(expected) if expected == said => Ok(()),
        Some(expected) => Err(format!("{}expected:\n{expected}\nsaid:\n{said}", case.about).into()),
        None => Err(format!("{}has no `-- check --`; said:\n{said}", case.about).into()),
    }
}

/// What holds for every problem, whatever it says.
fn laws(reading: &Reading) -> Result<(), Failed> {
    if reading.problems.is_empty() {
        return Err("nothing is wrong with it".into());
    }
    let errors = reading.problems.iter().any(|p| p.severity == Severity::Error);
    if errors == reading.loaded.is_some() {
        return Err("an error must stand in the way, and nothing else may".into());
    }
    for (problem, json) in reading.problems.iter().zip(json(&reading.problems).as_array().into_iter().flatten()) {
        let line = problem.to_string();
        if line.contains('\n') {
            return Err(format!("the form for logs has several lines: {line}").into());
        }
        let (from, to) = ((json["line"].as_u64(), json["column"].as_u64()), (json["end_line"].as_u64(), json["end_column"].as_u64()));
        if problem.place.is_some() && !(from.0 >= Some(1) && from.1 >= Some(1) && from <= to) {
            return Err(format!("its place is none: {json}").into());
        }
    }
    Ok(())
}

/// The sorts of mistakes in `docs/configuration.md` are those that the cases show.
fn every_code(paths: &[std::path::PathBuf]) -> Result<(), Failed> {
    if std::env::var_os("PARCELWARD_UPDATE").is_some() {
        return Ok(());
    }
    let docs = fs::read_to_string(root().join("docs/configuration.md"))?;
    let table = docs.split("## Kinds of problems").nth(1).unwrap_or_default();
    let documented: BTreeSet<String> =
        table.lines().filter_map(|l| l.strip_prefix("| `")?.split_once('`')).map(|(code, _)| code.to_owned()).collect();
    let mut shown = BTreeSet::new();
    for path in paths {
        shown.extend(Case::parse(&fs::read_to_string(path)?)?.read()?.problems.iter().map(|p| p.code.to_owned()));
    }
    if shown == documented {
        return Ok(());
    }
    let missing: Vec<_> = shown.difference(&documented).collect();
    let unseen: Vec<_> = documented.difference(&shown).collect();
    Err(format!("not in docs/configuration.md: {missing:?}; documented, and shown by no case: {unseen:?}").into())
}
