//! Every scenario file through `parcelward replay`: one line a file, named as the file.
//!
//! `cargo test -p parcelward-tests --test scenarios -- stalled` runs those whose name has the word.

use libtest_mimic::{Arguments, Failed, Trial};
use parcelward_casework::words::CaseKind;
use parcelward_tests::scenario::{self, Scenario};
use parcelward_tests::{binary, verdict};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// How many scenarios each case kind has at the least: the good end, the missed deadline, the odd one.
const PER_CASE_KIND: usize = 3;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let files = match scenario::all() {
        Ok(files) => files,
        Err(error) => {
            eprintln!("tests/scenarios cannot be read: {error}");
            return ExitCode::FAILURE;
        }
    };
    let mut trials: Vec<Trial> = CaseKind::ALL.iter().map(|&kind| covered(kind, &files)).collect();
    trials.extend(files.into_iter().map(|(name, path)| Trial::test(format!("scenario::{name}"), move || hold(&path))));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn hold(path: &Path) -> Result<(), Failed> {
    let scenario = Scenario::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let failures = verdict::on(binary::path()?, &scenario);
    if failures.is_empty() { Ok(()) } else { Err(format!("{}\n  - {}", scenario.about, failures.join("\n  - ")).into()) }
}

/// Whether a case kind has enough scenarios (`<case kind>-<what>.json`), and one of them at least expects such a case.
fn covered(kind: CaseKind, files: &[(String, PathBuf)]) -> Trial {
    let of_kind = |name: &str| name.split_once('-').is_some_and(|(case, _)| case == kind.word());
    let paths: Vec<_> = files.iter().filter(|(name, _)| of_kind(name)).map(|(_, path)| path.clone()).collect();
    Trial::test(format!("coverage::{kind}"), move || {
        if paths.len() < PER_CASE_KIND {
            return Err(format!("{} scenarios are named `{kind}-…`; {PER_CASE_KIND} are the least", paths.len()).into());
        }
        let expected = paths.iter().filter_map(|path| Scenario::read(path).ok()).any(|scenario| scenario.expects_case(kind));
        if expected { Ok(()) } else { Err(format!("no scenario named `{kind}-…` expects such a case").into()) }
    })
}
