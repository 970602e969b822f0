//! `POST /v1/facts`: one fact, a batch, or JSON Lines; an answer to each.
//!
//! Deliberately absent: what a fact leads to. When an answer says `accepted`, the fact and everything decided from it is durable.

use super::app::App;
use super::problem::{FieldError, Kind, Problem};
use super::read_body;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use parcelward_casework::Refusal;
use parcelward_casework::fact::{FactBody, OrderKey};
use parcelward_casework::parse::{BadFact, parse_fact};
use parcelward_scheduler::{Incoming, Receipt, Refused};
use serde::Serialize;
use serde_json::value::RawValue;
use std::sync::Arc;
use utoipa::ToSchema;

/// The most facts of one request.
const MOST: usize = 100_000;

/// An order, by the three names that stand in every fact about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OrderName {
    /// The platform.
    #[schema(example = "pinduoduo")]
    pub platform: &'static str,
    /// The shop.
    pub shop: String,
    /// The order's number there.
    pub order_id: String,
}

impl From<&OrderKey> for OrderName {
    fn from(key: &OrderKey) -> Self {
        OrderName { platform: key.platform.word(), shop: key.shop.clone(), order_id: key.order_id.clone() }
    }
}

/// What became of a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FactResult {
    /// Journalled and decided.
    Accepted,
    /// Journalled; it waits until the order of its waybill is known.
    Parked,
    /// Said before in the same words; nothing changed.
    Duplicate,
    /// Its source and id stand for a different fact; nothing changed.
    Conflict,
    /// It has no effect; the errors say why.
    Refused,
    /// It is no fact; the errors name the field.
    Invalid,
}

/// The answer to one fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FactAnswer {
    /// Its place in the request: from 0, or its line from 1 for JSON Lines.
    pub index: usize,
    /// Its source, where it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Its id, where it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What became of it.
    pub result: FactResult,
    /// The status that a request of this fact alone would have had.
    pub status: u16,
    /// The order that it went to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderName>,
    /// Its `time` lay more than ten minutes in the future; it was taken at the time of its receipt.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub clock_skew: bool,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// The answers to the facts of a request, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FactAnswers {
    /// How many were taken: accepted or parked.
    pub taken: usize,
    /// How many were known.
    pub duplicates: usize,
    /// How many were not taken: conflict, refused or invalid.
    pub rejected: usize,
    /// One for each fact.
    pub items: Vec<FactAnswer>,
}

/// How the facts stand in the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// One object; an array is taken as a batch.
    Json,
    Batch,
    Lines,
}

fn shape(headers: &HeaderMap) -> Result<Shape, Problem> {
    let text = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    match text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "application/json" | "application/cloudevents+json" => Ok(Shape::Json),
        "application/cloudevents-batch+json" => Ok(Shape::Batch),
        "application/x-ndjson" | "application/jsonl" | "application/jsonlines" | "application/x-jsonlines" => Ok(Shape::Lines),
        _ => Err(Problem::new(Kind::UnsupportedType).detail(
            "send one fact as application/cloudevents+json, several as application/cloudevents-batch+json, or JSON Lines as application/x-ndjson",
        )),
    }
}

/// A fact as it was read, or why it is none.
type ReadFact = (usize, Result<Incoming, BadFact>);

/// Hands facts in.
#[utoipa::path(
    post, path = "/v1/facts", operation_id = "hand_in_facts", tag = "facts",
    request_body(
        description = "CloudEvents 1.0 in the JSON format: one, a batch, or one a line",
        content((Object = "application/cloudevents+json"), (Vec<Object> = "application/cloudevents-batch+json"), (String = "application/x-ndjson"))
    ),
    responses(
        (status = 200, description = "An answer to each fact; one fact alone gets its own answer", body = FactAnswers),
        (status = 409, description = "One fact alone whose source and id stand for a different one, or a task that is closed", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body's type is not known", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "One fact alone that is wrong, or a body that holds no facts", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was taken", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn post(State(app): State<Arc<App>>, request: Request) -> Result<Response, Problem> {
    let shape = shape(request.headers())?;
    let _room = app.room().await;
    let body = read_body(request, app.config().settings.server.max_body).await?;
    let text = std::str::from_utf8(&body).map_err(|e| Problem::bad("(body)", format!("is not UTF-8 (byte {})", e.valid_up_to() + 1)))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim();
    let batch = shape == Shape::Batch || shape == Shape::Json && text.starts_with('[');
    let read: Vec<ReadFact> = if batch {
        read_array(text)?
    } else if shape == Shape::Lines {
        text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(|(i, line)| (i + 1, read_one(line))).collect()
    } else {
        return one(&app, text).await;
    };
    if read.len() > MOST {
        return Err(Problem::bad("(body)", format!("holds more than {MOST} facts; send them in several requests")));
    }
    Ok(Json(hand_in(&app, read).await?).into_response())
}

async fn one(app: &App, text: &str) -> Result<Response, Problem> {
    let answers = hand_in(app, vec![(0, read_one(text))]).await?;
    let answer = answers.items.into_iter().next().ok_or_else(|| Problem::new(Kind::Internal))?;
    match answer.result {
        FactResult::Accepted | FactResult::Parked | FactResult::Duplicate => Ok((StatusCode::OK, Json(answer)).into_response()),
        FactResult::Conflict | FactResult::Refused | FactResult::Invalid => {
            let kind = if answer.status == 409 { Kind::Conflict } else { Kind::BadRequest };
            let mut problem = Problem::new(kind);
            if let (Some(source), Some(id)) = (&answer.source, &answer.id) {
                problem = problem.detail(format!("source `{source}`, id `{id}`"));
            }
            problem.errors = answer.errors;
            Err(problem)
        }
    }
}

fn read_array(text: &str) -> Result<Vec<ReadFact>, Problem> {
    let facts: Vec<&RawValue> = serde_json::from_str(text)
        .map_err(|e| Problem::bad("(body)", format!("is no JSON array of facts (line {}, column {})", e.line(), e.column())))?;
    Ok(facts.into_iter().enumerate().map(|(i, fact)| (i, read_one(fact.get()))).collect())
}

fn read_one(json: &str) -> Result<Incoming, BadFact> {
    Ok(Incoming { fact: parse_fact(json)?, json: json.to_owned() })
}

/// Hands facts in and answers each, wrong ones in their place.
pub(super) async fn hand_in(app: &App, read: Vec<ReadFact>) -> Result<FactAnswers, Problem> {
    let mut items = Vec::with_capacity(read.len());
    let mut good = Vec::with_capacity(read.len());
    for (index, fact) in read {
        match fact {
            // Rules come with the files that a daemon starts from.
            Ok(incoming) if matches!(incoming.fact.body, FactBody::Configuration(_)) => {
                let mut item = answer(index, Some(incoming.fact.id.source), Some(incoming.fact.id.id));
                let message = "rules are not told, they are applied: `parcelward apply`".to_owned();
                item.errors.push(FieldError { field: "type".to_owned(), message });
                (item.result, item.status) = (FactResult::Invalid, 422);
                items.push(item);
            }
            Ok(incoming) => {
                items.push(answer(index, Some(incoming.fact.id.source.clone()), Some(incoming.fact.id.id.clone())));
                good.push(incoming);
            }
            Err(bad) => {
                let mut item = answer(index, bad.source_name, bad.id);
                item.errors.push(FieldError { field: bad.field, message: bad.message });
                (item.result, item.status) = (FactResult::Invalid, 422);
                items.push(item);
            }
        }
    }
    let receipts = app.desk.submit(good).await?;
    let waiting = items.iter_mut().filter(|item| item.result != FactResult::Invalid);
    for (item, receipt) in waiting.zip(receipts) {
        fill(item, receipt);
    }
    let count = |wanted: &[FactResult]| items.iter().filter(|item| wanted.contains(&item.result)).count();
    let (taken, duplicates) = (count(&[FactResult::Accepted, FactResult::Parked]), count(&[FactResult::Duplicate]));
    let rejected = items.len() - taken - duplicates;
    super::metrics::unread(count(&[FactResult::Invalid]));
    Ok(FactAnswers { taken, duplicates, rejected, items })
}

const fn answer(index: usize, source: Option<String>, id: Option<String>) -> FactAnswer {
    FactAnswer { index, source, id, result: FactResult::Accepted, status: 200, order: None, clock_skew: false, errors: Vec::new() }
}

fn fill(item: &mut FactAnswer, receipt: Receipt) {
    let mut wrong = |status: u16, field: &str, message: String| {
        item.status = status;
        item.errors.push(FieldError { field: field.to_owned(), message });
    };
    match receipt {
        Receipt::Accepted { order, parked, clock_skew } => {
            item.order = order.as_ref().map(OrderName::from);
            item.clock_skew = clock_skew;
            item.result = if parked { FactResult::Parked } else { FactResult::Accepted };
        }
        Receipt::Duplicate { order } => {
            item.order = order.as_ref().map(OrderName::from);
            item.result = FactResult::Duplicate;
        }
        Receipt::Conflict => {
            wrong(409, "id", "stands for a different fact of this source already".to_owned());
            item.result = FactResult::Conflict;
        }
        Receipt::Refused(refused) => {
            wrong(refused_kind(&refused).status().as_u16(), &refused_field(&refused), without_field(&refused.to_string()));
            item.result = FactResult::Refused;
        }
    }
}

/// What kind of problem a refusal is.
pub(super) const fn refused_kind(refused: &Refused) -> Kind {
    match refused {
        Refused::Engine(Refusal::TaskClosed { .. } | Refusal::ClaimedBy { .. } | Refusal::Stale { .. }) => Kind::Conflict,
        Refused::Engine(Refusal::NoSuchTask { .. } | Refusal::NoSuchOperation { .. } | Refusal::Invalid { .. })
        | Refused::NoSuchTask
        | Refused::NoSuchOperation => Kind::BadRequest,
        Refused::FileBroken(_) => Kind::Unavailable,
    }
}

/// The field that a refusal is about.
pub(super) fn refused_field(refused: &Refused) -> String {
    match refused {
        Refused::Engine(refusal) => refusal.field(),
        Refused::NoSuchTask => "data.task_id".to_owned(),
        Refused::NoSuchOperation => "data.operation_id".to_owned(),
        Refused::FileBroken(_) => "data.order_id".to_owned(),
    }
}

/// A refusal's words without the field that they begin with: it is named beside them.
pub(super) fn without_field(message: &str) -> String {
    match message.strip_prefix("field `").and_then(|rest| rest.split_once("`: ")) {
        Some((_, rest)) => rest.to_owned(),
        None => message.to_owned(),
    }
}
