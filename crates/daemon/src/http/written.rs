//! By which configuration something was decided: its rule with file and line, as they were then.
//!
//! A line of the journal names the configuration; that one is kept with its values and its files. Deliberately absent: what the rule means
//! for a clock (`sums`).

use super::app::App;
use super::because::Told;
use super::problem::Problem;
use super::schedules::Moment;
use super::spoken::moment;
use super::sums::Lawbook;
use crate::config::{KeptFile, Loaded, written_then};
use parcelward_casework::casefile::Deadline;
use parcelward_casework::rule_source::RuleSource;
use parcelward_casework::rules::{RawRules, Rules};
use parcelward_casework::world::News;
use parcelward_store::RevisionRow;
use serde::Serialize;
use utoipa::ToSchema;

/// A value of a rule, as it stood written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct WrittenLine {
    /// The key below the rule's table (`length`).
    pub key: String,
    /// Its value as TOML.
    pub value: String,
    /// The file, as its path below the configuration folder; one that the program came with has `(built-in) ` before it.
    pub file: String,
    /// The line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The line as it stood there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// A rule as it stood written when something was decided by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Written {
    /// The configuration's short word; absent where it is not stored which it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// When that came into force for the first time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Moment>,
    /// Who brought it in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// Whether these are the lines as they were then; else they are today's.
    pub as_then: bool,
    /// What there is to say about that.
    pub text: String,
    /// The rule's values.
    pub lines: Vec<WrittenLine>,
    /// The values that are different today.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub today: Vec<WrittenLine>,
}

/// The configuration by which something was decided.
pub(super) struct Law {
    rules: Rules,
    raw: RawRules,
    /// The files, as [`crate::config::Kept`] wrote them down.
    files: String,
    row: Option<RevisionRow>,
    /// Why it is today's in its place.
    instead: Option<&'static str>,
}

impl Law {
    /// Today's, and why it stands in the place of another.
    fn of_today(config: &Loaded, rules: &Rules, instead: Option<&'static str>) -> Self {
        Law { rules: rules.clone(), raw: config.raw_rules.clone(), files: config.kept.files(), row: None, instead }
    }

    /// The one by which a deadline runs; of other things, the one by which they were opened.
    pub(super) async fn of(app: &App, told: &Told<'_>, deadline: Option<&Deadline>, id: &str) -> Result<Self, Problem> {
        let row = match deadline {
            Some(deadline) => row_of(app, told, deadline).await?,
            None => match told.about(&[id.to_owned()]).next() {
                Some((line, _)) => found(app, line.config).await?,
                // Nothing was decided about it: it is as it is by what holds.
                None => return Ok(Law::of_today(&app.config(), &app.desk.rules(), None)),
            },
        };
        let (config, rules) = (app.config(), app.desk.rules());
        let row = match row {
            Ok(row) => row,
            Err(instead) => return Ok(Law::of_today(&config, &rules, Some(instead))),
        };
        let source: Option<RuleSource> = serde_json::from_str(&row.rules).ok();
        let compiled = source.and_then(|source| Some((source.compile(config.rules.texts.clone()).ok()?, source.rules)));
        let Some((rules, raw)) = compiled else {
            let other =
                "the configuration by which this was decided was written for another version of this program; these are today's lines";
            return Ok(Law::of_today(&config, &rules, Some(other)));
        };
        Ok(Law { rules, raw, files: row.files.clone(), row: Some(row), instead: None })
    }

    /// To add up by.
    pub(super) fn book(&self) -> Lawbook<'_> {
        Lawbook { rules: &self.rules, raw: &self.raw.rule }
    }

    /// A table of it (`rule`, `pdd.collect`) with files and lines, beside today's.
    pub(super) fn written(&self, table: &[&str], today: &Loaded) -> Written {
        let lines = lines(&self.files, table);
        let is_today = self.row.as_ref().is_none_or(|row| row.revision == today.revision);
        let now = if is_today { Vec::new() } else { self::lines(&today.kept.files(), table) };
        let differs = |line: &WrittenLine| !lines.iter().any(|l| l.key == line.key && l.value == line.value);
        let gone = |line: &&WrittenLine| !now.iter().any(|l| l.key == line.key);
        let removed = lines.iter().filter(gone).filter(|_| !is_today);
        let removed: Vec<&str> = removed.map(|line| line.key.as_str()).collect();
        let changed: Vec<WrittenLine> = now.iter().filter(|line| differs(line)).cloned().collect();
        let text = match (&self.row, self.instead) {
            (_, Some(instead)) => instead.to_owned(),
            (None, None) => "as it stands today".to_owned(),
            (Some(_), None) if is_today => "as it stood then, and stands today".to_owned(),
            (Some(_), None) if changed.is_empty() && removed.is_empty() => "as it stood then; the rule says the same today".to_owned(),
            (Some(_), None) if removed.is_empty() => "as it stood then; today the rule says something else".to_owned(),
            (Some(_), None) => format!("as it stood then; today the rule says something else, and nothing of {}", removed.join(", ")),
        };
        Written {
            revision: self.row.as_ref().map(|row| row.revision.clone()),
            since: self.row.as_ref().map(|row| moment(row.at)),
            who: self.row.as_ref().map(|row| row.who.clone()),
            as_then: self.row.is_some(),
            text,
            lines,
            today: changed,
        }
    }
}

/// Why a configuration is not there.
const NOT_STORED: &str =
    "by which configuration this was decided was not stored then (it was before this program stored it); these are today's lines";
const GONE: &str = "the configuration by which this was decided is not stored any more; these are today's lines";

/// A configuration by its number.
async fn found(app: &App, no: Option<u32>) -> Result<Result<RevisionRow, &'static str>, Problem> {
    let Some(no) = no else { return Ok(Err(NOT_STORED)) };
    Ok(app.store.revision(no).await?.ok_or(GONE))
}

/// The configuration by which a deadline runs: the one that was applied last before it was set, whenever that was written down.
async fn row_of(app: &App, told: &Told<'_>, deadline: &Deadline) -> Result<Result<RevisionRow, &'static str>, Problem> {
    if let Some(change) = deadline.ruled_by.checked_sub(1).and_then(|at| told.world.rule_change(at)) {
        return Ok(app.store.revision_named(&change.fact().revision).await?.ok_or(GONE));
    }
    let set = told.about(std::slice::from_ref(&deadline.id)).next().map(|(line, _)| line);
    // What was decided late, by the rules of its time, was written down under other ones: of those lines before them one says which.
    let first = told.world.changes().iter().find(|change| matches!(change.news, News::Rules(_))).map(|change| change.at);
    let line = match (set, first) {
        (Some(set), Some(first)) if set.recorded >= first => told.rows.iter().rfind(|row| row.recorded < first && row.config.is_some()),
        (set, _) => set,
    };
    found(app, line.and_then(|line| line.config)).await
}

/// A table's values, each with its line.
fn lines(kept: &str, table: &[&str]) -> Vec<WrittenLine> {
    let files: Vec<KeptFile<'_>> = serde_json::from_str(kept).unwrap_or_default();
    let of = |file: &str, line: usize| {
        let text = files.iter().rfind(|f| f.name == file)?;
        text.text.lines().nth(line - 1).map(|line| line.trim().to_owned())
    };
    let view = |value: crate::config::Effective| {
        let line = value.origin.place.as_ref().map(|place| place.line);
        let text = line.and_then(|line| of(&value.origin.name, line));
        WrittenLine { key: value.key, value: value.value, file: value.origin.name, line, text }
    };
    written_then(kept, "rules", table).into_iter().map(view).collect()
}
