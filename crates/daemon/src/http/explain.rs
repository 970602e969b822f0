//! `GET /v1/explain/{id}` and `/v1/explain/{what}/{id}`: why a task, a deadline, a case or a courier operation is as it is, and what comes.
//!
//! This file finds the thing and brings the parts together. Deliberately absent: the parts themselves: sums (`sums`), where the rule stood
//! (`written`), causes (`because`), what does not count and why (`reasons`), couriers (`exchanges`), what comes by itself (`foresight`).

use super::app::App;
use super::because::{Step, Told};
use super::deadlines::state_word;
use super::exchanges::{self, Known, OperationAccount, ParcelWatch};
use super::facts::OrderName;
use super::foresight::{About, Foreseen, foresee};
use super::hide::Hidden;
use super::outages::{self, OutageAccount};
use super::params::Path;
use super::problem::{Problem, shown};
use super::reasons::RuleSays;
use super::spoken::{Speech, ZONE};
use super::sums::{Book, RuleAccount};
use super::written::Law;
use axum::Json;
use axum::extract::State;
use parcelward_casework::casefile::{CaseFile, DeadlineState, Index, Subject};
use parcelward_casework::considered::parcel_of;
use parcelward_casework::fact::OrderKey;
use parcelward_casework::rules::Rules;
use parcelward_casework::world::World;
use parcelward_store::JournalRow;
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;
use utoipa::ToSchema;

/// Lines of a journal that are read at a time.
const PAGE: u32 = 500;
/// What can be explained: its name, and the letter of its ids.
const KINDS: [(&str, char); 4] = [("task", 't'), ("deadline", 'l'), ("case", 'c'), ("operation", 'o')];

/// Why something is as it is. Every time stands in it as an instant, on the local clock and in UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Explanation {
    /// Its id.
    pub id: String,
    /// `task`, `deadline`, `case` or `operation`.
    pub what: &'static str,
    /// Its kind; of a deadline its rule.
    pub kind: String,
    /// Its name in words.
    pub title: String,
    /// Where it stands.
    pub state: String,
    /// The zone of local times.
    pub zone: &'static str,
    /// Its order; absent where it is about an account with a courier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderName>,
    /// What it is about (`parcel yto:YT1`, `the order`).
    pub about: String,
    /// How its due time comes about. A case and an operation have none; there it is the rule that led to them, where one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleAccount>,
    /// Why a task is as urgent as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub urgency: Option<String>,
    /// What was decided about it, in order, and because of what.
    pub steps: Vec<Step>,
    /// The other rules about the same thing: those that apply first, then those that do not, and why.
    pub others: Vec<RuleSays>,
    /// How the courier is asked, for an operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<OperationAccount>,
    /// The account that is down, for a task about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outage: Option<OutageAccount>,
    /// What was said with couriers about its parcel.
    pub tracking: Vec<ParcelWatch>,
    /// What comes next by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Foreseen>,
    /// What comes by itself if nobody acts and nothing is told, as the rules stand today.
    pub if_nobody_acts: Vec<Foreseen>,
}

/// Explains something by its id.
#[utoipa::path(
    get, path = "/v1/explain/{id}", operation_id = "explain", tag = "orders",
    params(("id" = String, Path, description = "The id of a task (`…-t12`), a deadline (`…-l7`), a case (`…-c3`) or a courier operation (`…-o5`)")),
    responses(
        (status = 200, description = "Rule, sums, facts, attempts, and what comes", body = Explanation),
        (status = 404, description = "There is no such thing", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn get(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    explain(&app, None, &id).await
}

/// Explains something of a kind by its id.
#[utoipa::path(
    get, path = "/v1/explain/{what}/{id}", operation_id = "explain_kind", tag = "orders",
    params(
        ("what" = String, Path, description = "`task`, `deadline`, `case` or `operation`"),
        ("id" = String, Path, description = "Its id"),
    ),
    responses(
        (status = 200, description = "Rule, sums, facts, attempts, and what comes", body = Explanation),
        (status = 404, description = "There is no such thing", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn get_kind(State(app): State<Arc<App>>, Path((what, id)): Path<(String, String)>) -> Result<Json<Value>, Problem> {
    explain(&app, Some(&what), &id).await
}

async fn explain(app: &App, what: Option<&str>, id: &str) -> Result<Json<Value>, Problem> {
    if let Some(what) = what.filter(|what| !KINDS.iter().any(|(kind, _)| kind == what)) {
        return Err(Problem::not_found(format!("`{}` is nothing that can be explained: task, deadline, case or operation", shown(what))));
    }
    if outages::is_one(id) && what.is_none_or(|what| what == "task") {
        let Some(explanation) = outages::explain(app, id).await? else { return Err(unknown(what, id, None)) };
        return Ok(Json(serde_json::to_value(&explanation).unwrap_or_default()));
    }
    let Some((order, world)) = look_up(app, id).await? else { return Err(unknown(what, id, None)) };
    let missing = || unknown(what, id, Some(&order));
    let stored = app.store.case_file(&order).await?.ok_or_else(missing)?;
    let found = Found::find(&stored.file, id).ok_or_else(missing)?;
    if let Some(what) = what.filter(|what| *what != found.what()) {
        let (is, id) = (found.what(), shown(id));
        return Err(Problem::not_found(format!("`{id}` is no {what} but a {is}: `parcelward explain {is} {id}`")));
    }
    let rows = whole_timeline(app, &order).await?;
    let explanation = Scene { app, world: &world, file: &stored.file, rows: &rows }.explain(found, id).await?;
    let mut json = serde_json::to_value(&explanation).unwrap_or_default();
    Hidden::of(&stored.file).from(&mut json);
    Ok(Json(json))
}

/// The error for an id that stands for nothing.
fn unknown(what: Option<&str>, id: &str, order: Option<&OrderKey>) -> Problem {
    let (id, what) = (shown(id), what.unwrap_or("task, deadline, case or operation"));
    let known: Vec<String> = KINDS.iter().map(|(kind, letter)| format!("…-{letter}7 a {kind}")).collect();
    Problem::not_found(match order {
        Some(o) => format!("there is no {what} `{id}`: the order {}/{}/{} has nothing of that id", o.platform, o.shop, o.order_id),
        None => format!(
            "there is no {what} `{id}`: no order has ids that begin like that. Twelve letters and digits stand for the order, then {}; \
             `parcelward order PLATFORM/SHOP/ORDER` lists an order's ids",
            known.join(", ")
        ),
    })
}

/// The order for whose ids this one's first part stands, and the world as it is known.
async fn look_up(app: &App, id: &str) -> Result<Option<(OrderKey, World)>, Problem> {
    let Some((tag, rest)) = id.split_once('-') else { return Ok(None) };
    if tag.len() != 12 || rest.is_empty() || !tag.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
        return Ok(None);
    }
    let mut tx = app.store.begin().await?;
    let orders = tx.orders_of_tags(&[tag.to_owned()]).await;
    let changes = tx.world_from(0).await;
    tx.rollback().await;
    let mut world = World::default();
    changes?.into_iter().for_each(|change| world.push(change));
    Ok(orders?.into_iter().next().flatten().map(|order| (order, world)))
}

async fn whole_timeline(app: &App, order: &OrderKey) -> Result<Vec<JournalRow>, Problem> {
    let (mut rows, mut after) = (Vec::new(), Some(0));
    while let Some(line) = after {
        let page = app.store.timeline(order, line, PAGE).await?;
        rows.extend(page.rows);
        after = page.next;
    }
    Ok(rows)
}

/// What an id stands for in its case file.
#[derive(Debug, Clone, Copy)]
enum Found {
    Task(usize),
    Deadline(usize),
    Case(usize),
    Operation(usize),
}

impl Found {
    fn find(file: &CaseFile, id: &str) -> Option<Self> {
        let task = file.tasks.iter().position(|task| task.id == id).map(Found::Task);
        let deadline = || file.deadlines.iter().position(|deadline| deadline.id == id).map(Found::Deadline);
        let case = || file.cases.iter().position(|case| case.id == id).map(Found::Case);
        let operation = || file.operations.iter().position(|operation| operation.id == id).map(Found::Operation);
        task.or_else(deadline).or_else(case).or_else(operation)
    }

    const fn what(self) -> &'static str {
        match self {
            Found::Task(_) => "task",
            Found::Deadline(_) => "deadline",
            Found::Case(_) => "case",
            Found::Operation(_) => "operation",
        }
    }
}

/// What an explanation is made of.
struct Scene<'a> {
    app: &'a App,
    world: &'a World,
    file: &'a CaseFile,
    rows: &'a [JournalRow],
}

fn position(at: usize) -> Index {
    Index::try_from(at).unwrap_or(Index::MAX)
}

impl Scene<'_> {
    async fn explain(&self, found: Found, id: &str) -> Result<Explanation, Problem> {
        let (app, file, now) = (self.app, self.file, self.app.now());
        let (config, today) = (app.config(), app.desk.rules());
        let speech = Speech::at(now);
        let told = Told { rows: self.rows, world: self.world, speech };
        let deadline = self.deadline_of(found, &told);
        let law = Law::of(app, &told, deadline.map(|at| &file.deadlines[at]), id).await?;
        let book = Book { law: law.book(), world: self.world, file, speech };
        let account = match (deadline, found) {
            (Some(at), _) => Some(book.deadline(&file.deadlines[at])),
            (None, Found::Task(at)) => Some(book.task(&file.tasks[at])),
            _ => None,
        };
        let account = account.map(|mut account| {
            let table = if account.deadline_id.is_some() { "rule" } else { "task" };
            account.written = Some(law.written(&[table, &account.rule], &config));
            account
        });
        let subjects = self.subjects(found, deadline);
        let own = deadline.map(|at| file.deadlines[at].rule).filter(|_| matches!(found, Found::Deadline(_) | Found::Task(_)));
        let ids = self.ids(found, id);
        let first = subjects.first().copied().unwrap_or(Subject::Order);
        let parcel = subjects.iter().find_map(|s| parcel_of(file, *s)).and_then(|i| file.parcels.get(i as usize));
        let rule = account.as_ref().filter(|a| a.deadline_id.is_some()).map(|a| a.rule.as_str());
        let mut foreseen_ids = ids.clone();
        foreseen_ids.extend(deadline.map(|at| file.deadlines[at].id.clone()));
        if matches!(found, Found::Case(_) | Found::Operation(_)) {
            let own = file.deadlines.iter().filter(|d| d.state == DeadlineState::Running && subjects.contains(&d.subject));
            foreseen_ids.extend(own.map(|d| d.id.clone()));
        }
        let about = About { ids: foreseen_ids, rule, number: parcel.map(|p| p.waybill.number.as_str()) };
        let if_nobody_acts = foresee(file, &today, self.world, now, &about);
        let tracking = match parcel {
            Some(parcel) => {
                let name = format!("{}:{}", parcel.waybill.courier, parcel.waybill.number);
                let (states, said) = (app.store.poll_states(&parcel.waybill).await?, app.store.questions(&parcel.waybill).await?);
                exchanges::watch(&name, &states, &said, speech)
            }
            None => Vec::new(),
        };
        let (kind, title, state) = self.named(found, &today, speech, account.as_ref()).await?;
        Ok(Explanation {
            id: id.to_owned(),
            what: found.what(),
            kind,
            title,
            state,
            zone: ZONE,
            order: Some(OrderName::from(&file.key)),
            about: book.subject(first),
            urgency: if let Found::Task(at) = found { Some(book.urgency(&file.tasks[at])) } else { None },
            steps: told.steps(&ids),
            others: book.others(&subjects, own),
            operation: self.operation(found, speech).await?,
            outage: None,
            tracking,
            next: if_nobody_acts.first().cloned(),
            if_nobody_acts,
            rule: account,
        })
    }

    /// The deadline that something is due with; of a case and an operation, the one whose rule led to them.
    fn deadline_of(&self, found: Found, told: &Told<'_>) -> Option<usize> {
        let file = self.file;
        let (id, parcel) = match found {
            Found::Deadline(at) => return Some(at),
            Found::Task(at) => return file.tasks[at].deadline.map(|d| d as usize),
            Found::Case(at) => (&file.cases[at].id, file.cases[at].parcel),
            Found::Operation(at) => (&file.operations[at].id, Some(file.operations[at].parcel)),
        };
        let ids = [id.clone()];
        let (_, data) = told.about(&ids).next()?;
        let rule = data["because"].as_array()?.iter().find_map(|cause| cause["rule"].as_str().map(str::to_owned))?;
        let of_it = |d: &parcelward_casework::casefile::Deadline| {
            d.rule.id(file.key.platform) == rule && parcel.is_none_or(|p| parcel_of(file, d.subject).is_none_or(|own| own == p))
        };
        file.deadlines.iter().rposition(of_it)
    }

    /// What the other rules are asked about.
    fn subjects(&self, found: Found, deadline: Option<usize>) -> Vec<Subject> {
        let file = self.file;
        let mut subjects = match found {
            Found::Deadline(at) => vec![file.deadlines[at].subject],
            Found::Task(at) => {
                let task = &file.tasks[at];
                let of_deadline = deadline.map(|at| file.deadlines[at].subject);
                let of_case = task.case.and_then(|c| file.cases.get(c as usize)).map(|c| c.subject);
                let of_parcel = task.parcel.map(Subject::Parcel);
                [of_deadline, of_case, of_parcel].into_iter().flatten().collect()
            }
            Found::Case(at) => {
                let case = &file.cases[at];
                let sale = case.after_sale.map(Subject::AfterSale);
                [Some(case.subject), case.parcel.map(Subject::Parcel), sale, Some(Subject::Case(position(at)))]
                    .into_iter()
                    .flatten()
                    .collect()
            }
            Found::Operation(at) => vec![Subject::Operation(position(at))],
        };
        let mut seen = Vec::new();
        subjects.retain(|s| {
            let new = !seen.contains(s);
            seen.push(*s);
            new
        });
        if subjects.is_empty() { vec![Subject::Order] } else { subjects }
    }

    /// The id itself, and of an operation also the tasks that do it by hand.
    fn ids(&self, found: Found, id: &str) -> Vec<String> {
        let operation = if let Found::Operation(at) = found { Some(position(at)) } else { None };
        let does_it = self.file.tasks.iter().filter(|task| operation.is_some() && task.operation == operation);
        std::iter::once(id.to_owned()).chain(does_it.map(|task| task.id.clone())).collect()
    }

    /// Kind, title and state.
    async fn named(
        &self,
        found: Found,
        rules: &Rules,
        speech: Speech,
        account: Option<&RuleAccount>,
    ) -> Result<(String, String, String), Problem> {
        let (file, texts) = (self.file, &rules.texts);
        Ok(match found {
            Found::Task(at) => {
                let task = &file.tasks[at];
                let row = self.app.store.task(&task.id).await?;
                let title = row.map(|row| super::tasks::item(self.app, &row, self.app.now()).title);
                (task.kind.word().to_owned(), title.unwrap_or_else(|| task.kind.word().to_owned()), task.state.word().to_owned())
            }
            Found::Deadline(at) => {
                let deadline = &file.deadlines[at];
                let title = account.map(|account| account.title.clone()).unwrap_or_default();
                (deadline.rule.id(file.key.platform), title, state_word(deadline.state).to_owned())
            }
            Found::Case(at) => {
                let case = &file.cases[at];
                let state = match case.closed {
                    None => "open".to_owned(),
                    Some((at, outcome)) => format!("{}, closed {}", outcome.word().replace('_', " "), speech.time(at)),
                };
                (case.kind.word().to_owned(), texts.case_title(case.kind).to_owned(), state)
            }
            Found::Operation(at) => {
                let operation = &file.operations[at];
                let kind = operation.kind.word();
                let state = match operation.settled_at {
                    Some(at) => format!("settled {}", speech.time(at)),
                    None if operation.requested => "asked, not settled yet".to_owned(),
                    None => "done by hand".to_owned(),
                };
                (kind.to_owned(), texts.word("operation", kind).to_owned(), state)
            }
        })
    }

    async fn operation(&self, found: Found, speech: Speech) -> Result<Option<OperationAccount>, Problem> {
        let Found::Operation(at) = found else { return Ok(None) };
        let operation = &self.file.operations[at];
        let Some(parcel) = self.file.parcels.get(operation.parcel as usize) else { return Ok(None) };
        let known = Known {
            requested: operation.requested && !operation.taken_over,
            settled: !operation.is_live(),
            courier: parcel.waybill.courier.word(),
            reference: operation.reference.as_deref(),
        };
        let lane = self.app.store.operation_lane(&operation.id).await?;
        let attempts = self.app.store.attempts(&operation.id).await?;
        Ok(Some(exchanges::operation(&known, lane.as_ref(), &attempts, speech)))
    }
}
