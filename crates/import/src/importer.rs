//! Reads a file under the mappings: a row in, facts out.

use crate::cell::letters;
use crate::convert::Value;
use crate::encoding::{Shape, Utf8, detect, shape, within};
use crate::error::{ImportError, Problem};
use crate::headers::{Layout, Search, search};
use crate::identity::{envelope, fact_id, source};
use crate::mapping::{Condition, FactRule, FileKind, names_order};
use crate::rejects::RejectedRow;
use crate::report::{FactLine, Report, RowProblem};
use crate::rows::{Row, Rows, Stop};
use crate::template::Values;
use crate::xlsx_rows::Workbook;
use parcelward_casework::parse::parse_fact;
use serde_json::{Map, Value as Json};
use std::io::{self, Read, Seek};

/// The mappings, ready to read files.
#[derive(Debug)]
pub struct Importer {
    kinds: Vec<FileKind>,
}

/// How a file is read.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The shop whose export it is. It wins over a shop column of the file.
    pub shop: Option<String>,
    /// The mapping to use (`pinduoduo.orders`), or the platform (`tmall`), or `orders` where the headers say which one; else it is found by the headers.
    pub kind: Option<String>,
    /// What is too large.
    pub limits: Limits,
}

/// Bounds on what is read.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The whole file, in bytes.
    pub file_bytes: u64,
    /// Data rows.
    pub rows: u64,
    /// One row (CSV) or one cell (XLSX), in bytes.
    pub row_bytes: usize,
    /// Cells in a row.
    pub columns: usize,
}

impl Default for Limits {
    /// 2 GiB, 5 million rows, 1 MiB a row, 1,024 columns.
    fn default() -> Limits {
        Limits { file_bytes: 2 << 30, rows: 5_000_000, row_bytes: 1 << 20, columns: 1_024 }
    }
}

/// Where facts and rejected rows go. An error ends the reading: [`ImportError::NotLanded`].
pub trait Landing {
    /// Takes a fact. Facts come in the order of the rows, an order before its parcel.
    ///
    /// # Errors
    /// Where it could not be taken.
    fn fact(&mut self, line: FactLine) -> io::Result<()>;

    /// Takes a rejected row (see [`crate::RejectsFile`]). Left out: the report's problems are all there is.
    ///
    /// # Errors
    /// Where it could not be kept.
    fn reject(&mut self, row: &RejectedRow<'_>) -> io::Result<()> {
        let _ = row;
        Ok(())
    }

    /// Hears of every row before it is read, for a progress bar.
    fn row(&mut self, number: u64) {
        let _ = number;
    }
}

/// Keeps every fact; for small files and tests.
impl Landing for Vec<FactLine> {
    fn fact(&mut self, line: FactLine) -> io::Result<()> {
        self.push(line);
        Ok(())
    }
}

/// A reading under way.
pub(crate) struct Progress<'l> {
    pub(crate) report: Report,
    pub(crate) landing: &'l mut dyn Landing,
}

impl Progress<'_> {
    fn failed(&self, source: io::Error) -> ImportError {
        ImportError::NotLanded { landed: self.report.facts, source }
    }

    pub(crate) fn land(&mut self, line: FactLine) -> Result<(), ImportError> {
        let word = line.fact_type.word();
        self.landing.fact(line).map_err(|e| self.failed(e))?;
        self.report.facts += 1;
        *self.report.by_type.entry(word).or_default() += 1;
        Ok(())
    }

    pub(crate) fn reject(&mut self, row: u64, headers: &[String], cells: &[String], problems: Vec<RowProblem>) -> Result<(), ImportError> {
        self.report.rejected += 1;
        let rejected = RejectedRow { row, headers, cells, problems: &problems };
        self.landing.reject(&rejected).map_err(|e| self.failed(e))?;
        let room = Report::MAX_PROBLEMS.saturating_sub(self.report.problems.len());
        self.report.problems.extend(problems.into_iter().take(room));
        Ok(())
    }
}

impl Importer {
    /// Compiles mappings, each with its name.
    ///
    /// # Errors
    /// Every problem of every mapping; then none is used.
    pub fn load(mappings: &[(&str, &str)]) -> Result<Importer, Vec<Problem>> {
        let (mut kinds, mut problems): (Vec<FileKind>, Vec<Problem>) = (Vec::new(), Vec::new());
        for (file, text) in mappings {
            match crate::compile::compile(file, text) {
                Err(more) => problems.extend(more),
                Ok(more) => {
                    for kind in more {
                        if kinds.iter().any(|k| k.name == kind.name) {
                            let message = "stands in two mappings".to_owned();
                            problems.push(Problem { file: (*file).to_owned(), line: 1, column: 1, key: kind.name.clone(), message });
                        }
                        kinds.push(kind);
                    }
                }
            }
        }
        if problems.is_empty() { Ok(Importer { kinds }) } else { Err(problems) }
    }

    /// The mappings' names (`pinduoduo.orders`).
    #[must_use]
    pub fn kinds(&self) -> Vec<&str> {
        self.kinds.iter().map(|k| k.name.as_str()).collect()
    }

    /// Reads one file: CSV, XLSX or JSON Lines, told by its content. `name` is for messages.
    ///
    /// Facts land row by row; a bad row lands nothing and is rejected.
    ///
    /// # Errors
    /// [`ImportError`]: everything but [`ImportError::Stopped`] and [`ImportError::NotLanded`] comes before anything landed.
    pub fn read<R: Read + Seek>(
        &self,
        name: &str,
        mut reader: R,
        options: &Options,
        landing: &mut dyn Landing,
    ) -> Result<Report, ImportError> {
        let report = Report { file: name.to_owned(), ..Report::default() };
        let mut progress = Progress { report, landing };
        let limits = &options.limits;
        match shape(&mut reader)? {
            Shape::JsonLines => {
                within(&mut reader, limits.file_bytes)?;
                progress.report.kind = "facts".to_owned();
                progress.report.format = "JSON Lines".to_owned();
                crate::json_lines::read(reader, &mut progress)?;
                Ok(progress.report)
            }
            Shape::Text => {
                let (encoding, format) = detect(&mut reader, limits.file_bytes)?;
                progress.report.format = format.to_owned();
                let mut rows = crate::csv_rows::CsvRows::new(Utf8::new(reader, encoding), limits)?;
                let found = search(&self.candidates(options)?, &mut rows, options).map_err(before)?;
                match found {
                    Search::Nothing(why) => Err(ImportError::UnknownFile(why)),
                    Search::Found(layout) => self.table(&layout, &mut rows, options, progress),
                }
            }
            Shape::Xlsx => {
                within(&mut reader, limits.file_bytes)?;
                progress.report.format = "XLSX".to_owned();
                self.workbook(reader, options, progress)
            }
        }
    }

    fn workbook<R: Read + Seek>(&self, reader: R, options: &Options, mut progress: Progress<'_>) -> Result<Report, ImportError> {
        let candidates = self.candidates(options)?;
        let mut workbook = Workbook::open(reader)?;
        let mut nearest = "it has no worksheet".to_owned();
        for sheet in workbook.sheets() {
            let mut rows = workbook.rows(&sheet, &options.limits)?;
            match search(&candidates, &mut rows, options).map_err(before)? {
                Search::Found(layout) => {
                    progress.report.sheet = Some(sheet);
                    return self.table(&layout, &mut rows, options, progress);
                }
                Search::Nothing(why) => nearest = format!("sheet `{sheet}`: {why}"),
            }
        }
        Err(ImportError::UnknownFile(nearest))
    }

    fn candidates(&self, options: &Options) -> Result<Vec<&FileKind>, ImportError> {
        let usual = self.kinds.iter().filter(|k| !k.only_named);
        let Some(name) = &options.kind else { return Ok(usual.collect()) };
        let exact: Vec<&FileKind> = self.kinds.iter().filter(|k| k.name == *name || k.platform.word() == name).collect();
        let found =
            if exact.is_empty() { usual.filter(|k| k.name.split_once('.').is_some_and(|(_, own)| own == name)).collect() } else { exact };
        if found.is_empty() {
            let known = self.kinds.iter().map(|k| k.name.clone()).collect();
            return Err(ImportError::NoSuchKind { name: name.clone(), known });
        }
        Ok(found)
    }

    fn table(
        &self,
        layout: &Layout<'_>,
        rows: &mut dyn Rows,
        options: &Options,
        mut progress: Progress<'_>,
    ) -> Result<Report, ImportError> {
        progress.report.kind.clone_from(&layout.kind.name);
        progress.report.unused_headers = layout.unused();
        let shop = options.shop.as_deref().map(str::trim).filter(|s| !s.is_empty());
        if shop.is_none() && layout.kind.shop.and_then(|c| layout.positions[c]).is_none() {
            return Err(ImportError::NoShop { kind: layout.kind.name.clone() });
        }
        let reading = Reading { layout, shop };
        loop {
            let row = match rows.next_row() {
                Ok(Some(row)) => row,
                Ok(None) => return Ok(progress.report),
                Err(stop) => return Err(stopped(stop, progress.report)),
            };
            if row.is_empty() {
                continue;
            }
            progress.report.rows += 1;
            if progress.report.rows > options.limits.rows {
                let reason = format!("there are more than {} rows", options.limits.rows);
                return Err(stopped(Stop::At { row: row.number, reason }, progress.report));
            }
            progress.landing.row(row.number);
            match reading.facts(&row) {
                Ok(facts) if facts.is_empty() => progress.report.skipped += 1,
                Ok(facts) => facts.into_iter().try_for_each(|fact| progress.land(fact))?,
                Err(problems) => {
                    let cells: Vec<String> = row.cells.iter().map(|c| c.text.clone()).collect();
                    progress.reject(row.number, &layout.headers, &cells, problems)?;
                }
            }
        }
    }
}

/// A stop before the header was found.
fn before(stop: Stop) -> ImportError {
    match stop {
        Stop::Input(error) => error,
        Stop::At { row, reason } => ImportError::Stopped { row, reason, report: Box::default() },
    }
}

fn stopped(stop: Stop, report: Report) -> ImportError {
    match stop {
        Stop::At { row, reason } => ImportError::Stopped { row, reason, report: Box::new(report) },
        Stop::Input(error) => {
            let row = report.rows + 1;
            ImportError::Stopped { row, reason: error.to_string(), report: Box::new(report) }
        }
    }
}

/// A mapping laid over a file, for one shop.
struct Reading<'r> {
    layout: &'r Layout<'r>,
    shop: Option<&'r str>,
}

impl Reading<'_> {
    /// The facts of a row: all or none.
    fn facts(&self, row: &Row) -> Result<Vec<FactLine>, Vec<RowProblem>> {
        let whole = |reason: String| vec![RowProblem { row: row.number, header: None, letter: None, reason }];
        if let Some(damage) = row.damaged {
            return Err(whole(damage.to_owned()));
        }
        let headers = self.layout.headers.len();
        let (values, mut problems) = self.values(row);
        if self.layout.kind.skip.iter().any(|c| holds(c, &values)) {
            return Ok(Vec::new());
        }
        if row.cells.iter().skip(headers).any(|c| !crate::cell::undress(&c.text).is_empty()) {
            return Err(whole(format!("has more cells than the {headers} headers: is a quote or a separator wrong?")));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let shop = match (self.shop, self.layout.kind.shop) {
            (Some(shop), _) => shop.to_owned(),
            (None, Some(column)) => match values.get(column).and_then(Option::as_ref) {
                Some(shop) => shop.as_word(),
                None => return Err(vec![self.problem(row, column, "is empty: which shop is it?".to_owned())]),
            },
            (None, None) => return Err(whole("names no shop".to_owned())),
        };
        let mut facts = Vec::new();
        for rule in &self.layout.kind.facts {
            let filled = |&c: &usize| values.get(c).is_some_and(Option::is_some);
            if !rule.needs.iter().all(filled) || rule.lacks.iter().any(filled) || !rule.when.iter().all(|c| holds(c, &values)) {
                continue;
            }
            match self.fact(rule, row, &values, &shop) {
                Ok(fact) => facts.push(fact),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() { Ok(facts) } else { Err(problems) }
    }

    fn values(&self, row: &Row) -> (Vec<Option<Value>>, Vec<RowProblem>) {
        let (mut values, mut problems) = (Vec::new(), Vec::new());
        for (i, column) in self.layout.kind.columns.iter().enumerate() {
            let cell = self.layout.positions[i].and_then(|at| row.cells.get(at));
            let value = cell.map_or(Ok(None), |cell| column.conversion.apply(cell, &self.layout.kind.empty));
            values.push(value.unwrap_or_else(|reason| {
                problems.push(self.problem(row, i, reason));
                None
            }));
        }
        (values, problems)
    }

    fn problem(&self, row: &Row, column: usize, reason: String) -> RowProblem {
        let position = self.layout.positions[column];
        let header = position.and_then(|at| self.layout.headers.get(at)).or(self.layout.kind.columns[column].headers.first());
        RowProblem { row: row.number, header: header.cloned(), letter: position.map(letters), reason }
    }

    fn fact(&self, rule: &FactRule, row: &Row, values: &Values, shop: &str) -> Result<FactLine, RowProblem> {
        let empty = |expression: &crate::template::Expression| {
            let column = expression.0.first().map_or(0, |c| c.column);
            self.problem(row, column, "is empty".to_owned())
        };
        let Some((Value::Time(time), _)) = rule.time.value(values) else { return Err(empty(&rule.time)) };
        let mut key = Vec::new();
        for expression in &rule.key {
            let (value, _) = expression.value(values).ok_or_else(|| empty(expression))?;
            key.push(value.as_word());
        }
        let (mut data, mut origins) = (Map::new(), Vec::new());
        if names_order(rule.fact_type) {
            data.insert("platform".to_owned(), Json::from(self.layout.kind.platform.word()));
            data.insert("shop".to_owned(), Json::from(shop));
        }
        for (name, template) in &rule.data {
            if let Some(value) = template.fill(values, &format!("data.{name}"), &mut origins) {
                data.insert(name.clone(), value);
            }
        }
        let (data, time) = (Json::Object(data), time.to_string());
        let source = source(self.layout.kind.platform, shop);
        let id = fact_id(rule.fact_type, &key.join("/"), &time, &data);
        let json = envelope(rule.fact_type, &source, &id, &time, &data);
        // The contract's own reader has the last word: what lands here lands everywhere.
        match parse_fact(&json) {
            Ok(_) => Ok(FactLine { json, fact_type: rule.fact_type, source, id, row: row.number }),
            Err(bad) => Err(self.blame(rule, row, &origins, &bad.field, &bad.message)),
        }
    }

    /// The cell behind a field that the contract refuses.
    fn blame(&self, rule: &FactRule, row: &Row, origins: &[(String, usize)], field: &str, message: &str) -> RowProblem {
        let filled = origins.iter().find(|(path, _)| path == field).map(|(_, column)| *column);
        // A field that was left out has no origin: the mapping says where it would have come from.
        let empty = || {
            let name = field.strip_prefix("data.")?.split(['.', '[']).next()?;
            let mut columns = Vec::new();
            rule.data.iter().find(|(n, _)| n == name)?.1.columns(&mut columns);
            columns.into_iter().find(|&c| !origins.iter().any(|(_, o)| *o == c))
        };
        match filled.or_else(empty) {
            Some(column) if filled.is_none() => self.problem(row, column, "is empty".to_owned()),
            Some(column) => self.problem(row, column, message.to_owned()),
            None => RowProblem { row: row.number, header: None, letter: None, reason: format!("field `{field}` {message}") },
        }
    }
}

fn holds(condition: &Condition, values: &Values) -> bool {
    let value = values.get(condition.column).and_then(Option::as_ref).map(Value::as_word).unwrap_or_default();
    condition.any_of.contains(&value)
}
