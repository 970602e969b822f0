//! `POST /v1/import`: a merchant's export (CSV, XLSX) or JSON Lines of facts, as a file.
//!
//! The good rows land together and share one time of receipt; each bad one is named with its row, column and reason. Importing a file
//! again adds nothing twice. Deliberately absent: what the columns mean (`config/imports`).

use super::app::App;
use super::facts::{FactAnswer, FactAnswers, FactResult, hand_in};
use super::params::{Params, Query};
use super::problem::{Kind, Problem};
use super::read_body;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Request, State};
use axum::http::{HeaderMap, header};
use parcelward_casework::parse::parse_fact;
use parcelward_import::{FactLine, ImportError, Options, Report};
use parcelward_scheduler::Incoming;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Refused facts that are shown.
const SHOWN: usize = 1_000;
/// A file may be so many times as large as another body: it cannot be sent in parts, because its facts share one time of receipt.
const LARGER: usize = 4;

/// A reason why a row did not land.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RowReason {
    /// The row as a spreadsheet counts it, from 1 (for JSON Lines: the line).
    pub row: u64,
    /// The column's letter, where one cell is to blame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The column's header, or the field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// Why.
    pub reason: String,
}

/// What came of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ImportReport {
    /// The file's name.
    pub file: String,
    /// The mapping that it was read under; `facts` for JSON Lines.
    pub kind: String,
    /// How it was written.
    pub format: String,
    /// The worksheet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// Rows read.
    pub rows: u64,
    /// Rows left out on purpose.
    pub skipped: u64,
    /// Rows that did not land.
    pub rejected: u64,
    /// Facts taken.
    pub taken: usize,
    /// Those of them that wait until the order of their waybill is known.
    pub parked: usize,
    /// Facts that were known.
    pub duplicates: usize,
    /// Facts that were read and not taken: in conflict with others, or without effect.
    pub not_taken: usize,
    /// Facts read, by type.
    pub facts: BTreeMap<&'static str, u64>,
    /// Why rows did not land, the first thousand reasons.
    pub problems: Vec<RowReason>,
    /// Facts that were read and not taken, the first thousand; `index` is the row.
    pub refused: Vec<FactAnswer>,
    /// Headers that the mapping does not use.
    pub unused_headers: Vec<String>,
}

/// How the file is to be read.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "written for the description of the API; read through `Params`")]
pub struct ImportQuery {
    /// The file's name, for messages; else the one of the upload.
    file: Option<String>,
    /// The shop whose export it is, where the file has no column for it.
    shop: Option<String>,
    /// The mapping to use, where several fit.
    kind: Option<String>,
}

/// Reads a file.
#[utoipa::path(
    post, path = "/v1/import", operation_id = "import_file", tag = "facts", params(ImportQuery),
    request_body(
        description = "The file itself, or a form with it as `file`",
        content((Vec<u8> = "application/octet-stream"), (Vec<u8> = "multipart/form-data"))
    ),
    responses(
        (status = 200, description = "What came of it, row by row", body = ImportReport),
        (status = 413, description = "The file is too large", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The file is no table that a mapping knows", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn post(
    State(app): State<Arc<App>>,
    Query(pairs): Query<Vec<(String, String)>>,
    request: Request,
) -> Result<Json<ImportReport>, Problem> {
    let mut params = Params::new(pairs);
    let (named, shop, kind) = (params.text("file"), params.text("shop"), params.text("kind"));
    params.finish()?;
    let _room = app.room_for(LARGER).await;
    let (sent_as, bytes) = file(request, app.config().settings.server.max_body.saturating_mul(LARGER)).await?;
    let name = named.or(sent_as).unwrap_or_else(|| "(upload)".to_owned());
    let importer = Arc::clone(&app.config().importer);
    let options = Options { shop, kind, ..Options::default() };
    // Reading a workbook takes a while of computing: not on a thread that serves others.
    let read = tokio::task::spawn_blocking(move || {
        let mut lines: Vec<FactLine> = Vec::new();
        importer.read(&name, Cursor::new(bytes), &options, &mut lines).map(|report| (report, lines))
    });
    let (report, lines) = read.await.map_err(|_| Problem::new(Kind::Internal).detail("the log says more"))?.map_err(unread)?;
    let facts = lines.into_iter().map(|line| {
        let row = usize::try_from(line.row).unwrap_or(usize::MAX);
        (row, parse_fact(&line.json).map(|fact| Incoming { fact, json: line.json }))
    });
    let answers = hand_in(&app, facts.collect()).await?;
    Ok(Json(summary(report, answers)))
}

fn summary(report: Report, answers: FactAnswers) -> ImportReport {
    let FactAnswers { taken, duplicates, rejected, items } = answers;
    let good = [FactResult::Accepted, FactResult::Parked, FactResult::Duplicate];
    let parked = items.iter().filter(|item| item.result == FactResult::Parked).count();
    let refused = items.into_iter().filter(|item| !good.contains(&item.result)).take(SHOWN).collect();
    let reasons = report.problems.into_iter().map(|p| RowReason { row: p.row, column: p.letter, header: p.header, reason: p.reason });
    ImportReport {
        file: report.file,
        kind: report.kind,
        format: report.format,
        sheet: report.sheet,
        rows: report.rows,
        skipped: report.skipped,
        rejected: report.rejected,
        taken,
        parked,
        duplicates,
        not_taken: rejected,
        facts: report.by_type,
        problems: reasons.collect(),
        refused,
        unused_headers: report.unused_headers,
    }
}

/// The file of a request, with the name that it was sent under.
async fn file(request: Request, most: usize) -> Result<(Option<String>, Bytes), Problem> {
    let is_form =
        request.headers().get(header::CONTENT_TYPE).is_some_and(|v| v.to_str().unwrap_or_default().starts_with("multipart/form-data"));
    if !is_form {
        let name = disposition(request.headers());
        return Ok((name, read_body(request, most).await?));
    }
    // The form is read whole under the same limit, then taken apart.
    let (parts, body) = request.into_parts();
    let body = read_body(Request::new(body), most).await?;
    let bad = || Problem::bad("file", "the form could not be read: send multipart/form-data with the file as `file`");
    let mut form = Multipart::from_request(Request::from_parts(parts, body.into()), &()).await.map_err(|_| bad())?;
    while let Some(field) = form.next_field().await.map_err(|_| bad())? {
        if field.name() == Some("file") {
            let name = field.file_name().map(|name| name.chars().take(200).collect());
            return Ok((name, field.bytes().await.map_err(|_| bad())?));
        }
    }
    Err(Problem::bad("file", "is missing in the form"))
}

/// The name in `Content-Disposition: attachment; filename="orders.csv"`.
fn disposition(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::CONTENT_DISPOSITION)?.to_str().ok()?;
    let (_, rest) = text.split_once("filename=")?;
    Some(rest.split(';').next()?.trim().trim_matches('"').chars().take(200).collect())
}

fn unread(error: ImportError) -> Problem {
    match &error {
        ImportError::TooLarge { .. } => Problem::new(Kind::TooLarge).detail(error.to_string()),
        ImportError::NoSuchKind { .. } | ImportError::Ambiguous(_) => Problem::bad("kind", error.to_string()),
        ImportError::NoShop { .. } => Problem::bad("shop", error.to_string().replace("(`--shop`)", "(`shop`)")),
        // Nothing of a file that cannot be read to its end is handed in.
        ImportError::Stopped { row, reason, .. } => {
            Problem::bad("file", format!("cannot be read on at row {row}: {reason}; nothing of it was taken"))
        }
        _ => Problem::bad("file", error.to_string()),
    }
}
