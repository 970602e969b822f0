//! XLSX as rows, one cell at a time. Only what [`crate::xlsx_guard`] has looked over is opened.

use crate::cell::{Cell, CellKind};
use crate::error::ImportError;
use crate::importer::Limits;
use crate::rows::{Row, Rows, Stop};
use calamine::{Data, DataRef, ExcelDateTime, Reader, SheetType, Xlsx};
use jiff::civil;
use std::io::{Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A workbook, open.
pub(crate) struct Workbook<R: Read + Seek> {
    xlsx: Xlsx<R>,
}

/// The workbook reader has arithmetic that panics on files that no spreadsheet writes. The guard turns away all that are known; should one be
/// left, it is this file's error and not the end of the daemon.
fn guarded<T>(work: impl FnOnce() -> Result<T, calamine::XlsxError>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("it holds numbers that no spreadsheet writes".to_owned()),
    }
}

impl<R: Read + Seek> Workbook<R> {
    pub(crate) fn open(mut reader: R) -> Result<Self, ImportError> {
        crate::xlsx_guard::check(&mut reader)?;
        let damaged = |reason: String| ImportError::NotATable(format!("the workbook is damaged ({reason}): save it again as .xlsx or CSV"));
        let xlsx = guarded(move || Xlsx::new(reader)).map_err(damaged)?;
        Ok(Workbook { xlsx })
    }

    /// The worksheets' names, in order.
    pub(crate) fn sheets(&self) -> Vec<String> {
        self.xlsx.sheets_metadata().iter().filter(|s| s.typ == SheetType::WorkSheet).map(|s| s.name.clone()).take(50).collect()
    }

    pub(crate) fn rows(&mut self, sheet: &str, limits: &Limits) -> Result<XlsxRows<'_>, ImportError> {
        let mut reader = guarded(|| self.xlsx.worksheet_cells_reader(sheet))
            .map_err(|reason| ImportError::NotATable(format!("sheet `{sheet}` cannot be read ({reason})")))?;
        let next = move || {
            guarded(|| {
                Ok(reader.next_cell()?.map(|cell| {
                    let ((row, column), value) = (cell.get_position(), cell.get_value());
                    Placed { row, column: column as usize, cell: (!matches!(value, DataRef::Empty)).then(|| convert(value)) }
                }))
            })
        };
        Ok(XlsxRows { next: Box::new(next), waiting: None, ended: false, last: 0, max_columns: limits.columns, max_cell: limits.row_bytes })
    }
}

/// A cell where it stands; `None` where it is empty.
struct Placed {
    row: u32,
    column: usize,
    cell: Option<Cell>,
}

type Next<'w> = dyn FnMut() -> Result<Option<Placed>, String> + 'w;

/// The rows of a worksheet.
pub(crate) struct XlsxRows<'w> {
    next: Box<Next<'w>>,
    /// The first cell of the next row.
    waiting: Option<(u32, usize, Cell)>,
    ended: bool,
    last: u64,
    max_columns: usize,
    max_cell: usize,
}

impl XlsxRows<'_> {
    fn cell(&mut self) -> Result<Option<(u32, usize, Cell)>, Stop> {
        if let Some(waiting) = self.waiting.take() {
            return Ok(Some(waiting));
        }
        while !self.ended {
            let next = (self.next)().map_err(|reason| Stop::At { row: self.last + 1, reason })?;
            self.ended = next.is_none();
            let Some(Placed { row, column, cell: Some(cell) }) = next else { continue };
            if column >= self.max_columns {
                return Err(Stop::At { row: u64::from(row) + 1, reason: format!("the row has more than {} cells", self.max_columns) });
            }
            if cell.text.len() > self.max_cell {
                return Err(Stop::At { row: u64::from(row) + 1, reason: format!("a cell is longer than {} bytes", self.max_cell) });
            }
            return Ok(Some((row, column, cell)));
        }
        Ok(None)
    }
}

impl Rows for XlsxRows<'_> {
    fn next_row(&mut self) -> Result<Option<Row>, Stop> {
        let Some((number, column, cell)) = self.cell()? else { return Ok(None) };
        let mut row = Row { number: u64::from(number) + 1, ..Row::default() };
        put(&mut row.cells, column, cell);
        while let Some((next, column, cell)) = self.cell()? {
            if next != number {
                self.waiting = Some((next, column, cell));
                break;
            }
            put(&mut row.cells, column, cell);
        }
        if row.cells.iter().any(|c| c.text.contains('\0')) {
            row.damaged = Some("holds a NUL byte");
        }
        self.last = row.number;
        Ok(Some(row))
    }
}

fn put(cells: &mut Vec<Cell>, column: usize, cell: Cell) {
    if cells.len() <= column {
        cells.resize_with(column + 1, Cell::default);
    }
    cells[column] = cell;
}

fn convert(value: &DataRef<'_>) -> Cell {
    match value {
        DataRef::Empty => Cell::default(),
        DataRef::String(text) => Cell::text(text.as_str()),
        DataRef::SharedString(text) => Cell::text(*text),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Cell::text(text.as_str()),
        DataRef::Bool(yes) => Cell::text(if *yes { "是" } else { "否" }),
        DataRef::Int(n) => Cell { text: n.to_string(), kind: CellKind::Number(*n as f64) },
        DataRef::Float(n) => Cell { text: plain(*n), kind: CellKind::Number(*n) },
        DataRef::DateTime(at) if at.is_datetime() && civil_of(at).is_some() => {
            let local = civil_of(at).unwrap_or_default();
            Cell { text: local.strftime("%Y-%m-%d %H:%M:%S").to_string(), kind: CellKind::DateTime(local) }
        }
        DataRef::DateTime(at) => Cell { text: plain(at.as_f64()), kind: CellKind::Number(at.as_f64()) },
        DataRef::Error(error) => Cell { text: Data::Error(error.clone()).to_string(), kind: CellKind::Broken },
    }
}

/// A date cell's local time, rounded to the second (serial numbers carry an error of some milliseconds); the 1904 system is reckoned with.
fn civil_of(at: &ExcelDateTime) -> Option<civil::DateTime> {
    if !(0.0..2_958_466.0).contains(&at.as_f64()) {
        return None;
    }
    let (year, month, day, hour, minute, second, milli) = at.to_ymd_hms_milli();
    let small = |n: u8| i8::try_from(n).ok();
    let date = civil::Date::new(i16::try_from(year).ok()?, small(month)?, small(day)?).ok()?;
    let time = civil::Time::new(small(hour)?, small(minute)?, small(second)?, i32::from(milli.min(999)) * 1_000_000).ok()?;
    date.to_datetime(time).round(jiff::Unit::Second).ok()
}

/// A number as a person sees it: whole ones without a point.
fn plain(n: f64) -> String {
    if n.fract() == 0.0 && n.abs() < 1e15 { format!("{n:.0}") } else { n.to_string() }
}
