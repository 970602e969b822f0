//! Every scenario file through `parcelward replay`: one line a file, named as the file.
//!
//! `cargo test -p parcelward-tests --test scenarios -- stalled` runs those whose name has the word.

use libtest_mimic::{Arguments, Failed, Trial};
use parcelward_casework::words::CaseKind;
use parcelward_tests::scenario::{self, Scenario};
use parcelward_tests::{binary, verdict};
use std::path::Path;
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

/// Whether enough scenarios expect a case of this kind.
fn covered(kind: CaseKind, files: &[(String, std::path::PathBuf)]) -> Trial {
    let paths: Vec<_> = files.iter().map(|(_, path)| path.clone()).collect();
    Trial::test(format!("coverage::{kind}"), move || {
        let count = paths.iter().filter_map(|path| Scenario::read(path).ok()).filter(|scenario| scenario.expects_case(kind)).count();
        if count >= PER_CASE_KIND { Ok(()) } else { Err(format!("{count} scenarios expect a `{kind}` case, not {PER_CASE_KIND}").into()) }
    })
}
