//! `parcelward task`: one task, or what somebody does with tasks.

use crate::client::model::{Task, Way, waybill_name};
use crate::client::text::{clean, field, local, local_and_left, order_name, wrap};
use crate::client::{Api, ApiError, DaemonArgs, Refusal, local_user, show, table, text};
use anyhow::{Context, bail, ensure};
use parcelward_casework::task_table::Answer;
use parcelward_import::record::WaybillRef;
use parcelward_scheduler::{Clock, WallClock};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::process::ExitCode;

/// The parts of an address.
const ADDRESS: [&str; 6] = ["name", "phone", "province", "city", "district", "detail"];

/// What `task` is given.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit status: 0 done, 1 done with some of the tasks only, 2 not done.")]
pub struct Args {
    #[command(subcommand)]
    what: What,
    /// Print the API's JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    daemon: DaemonArgs,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Show a task: why, what to do, how it may be done
    Show {
        /// The task's id
        id: String,
    },
    /// Take tasks: they are yours until they are done
    Claim(Ids),
    /// Say that tasks are done, and how
    Done {
        #[command(flatten)]
        ids: Ids,
        /// How: one of the outcomes that `task show` lists
        #[arg(long, value_name = "WORD")]
        outcome: Option<String>,
        /// An answer that goes with the outcome: amount=5.00, fee=2.00, waybill=yto:YT1, until=+24h, reference=…, phone=…, address.city=…
        #[arg(long = "answer", value_name = "NAME=VALUE")]
        answers: Vec<String>,
    },
    /// Say that tasks need not be done
    Dismiss(Ids),
    /// Let tasks sleep until a time
    Snooze {
        #[command(flatten)]
        ids: Ids,
        /// Until when (+2h, 18:00, 2026-03-10 08:00)
        #[arg(long, value_name = "TIME")]
        until: String,
    },
    /// Open tasks again that were done by mistake, or give them back
    Reopen(Ids),
    /// Give tasks to somebody
    Assign {
        #[command(flatten)]
        ids: Ids,
        /// To whom
        #[arg(long, value_name = "NAME")]
        to: String,
    },
}

/// What every action takes.
#[derive(Debug, clap::Args)]
struct Ids {
    /// The tasks' ids, up to 200
    #[arg(value_name = "ID", required = true, num_args = 1..=200)]
    ids: Vec<String>,
    /// Who does it; the signed-in user where left out (with a token: its name)
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// A remark that stays with the order
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Answers {
    items: Vec<OneAnswer>,
}

#[derive(Debug, Deserialize)]
struct OneAnswer {
    task_id: String,
    task: Option<Task>,
    problem: Option<Refusal>,
}

/// Runs it.
///
/// # Errors
/// Where the daemon does not answer, or refuses all of it.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let api = args.daemon.api()?;
    let mut body = Map::new();
    let (verb, ids) = match &args.what {
        What::Show { id } => return crate::client::run(show_one(&api, id, args.json)),
        What::Claim(ids) => ("claim", ids),
        What::Dismiss(ids) => ("dismiss", ids),
        What::Reopen(ids) => ("reopen", ids),
        What::Snooze { ids, until } => {
            let until = text::when(until, WallClock.now()).map_err(|why| anyhow::anyhow!("--until: {why}"))?;
            body.insert("snooze_until".to_owned(), until.to_string().into());
            ("snooze", ids)
        }
        What::Assign { ids, to } => {
            body.insert("assignee".to_owned(), to.trim().into());
            ("assign", ids)
        }
        What::Done { ids, outcome, answers } => {
            let Some(outcome) = outcome else {
                let id = ids.ids.first().context("which task?")?;
                return crate::client::run(which_outcome(&api, id, "how was it done? Give one of these with --outcome"));
            };
            body.insert("outcome".to_owned(), outcome.trim().into());
            let answers = read_answers(answers)?;
            if !answers.is_empty() {
                body.insert("answers".to_owned(), answers.into());
            }
            ("done", ids)
        }
    };
    if let Some(note) = &ids.note {
        body.insert("note".to_owned(), note.trim().into());
    }
    // A token says who it is; without one somebody must.
    if let Some(by) = ids.by.clone().or_else(|| if api.has_token() { None } else { local_user() }) {
        body.insert("by".to_owned(), by.trim().into());
    }
    crate::client::run(act(&api, verb, &ids.ids, body, args.json))
}

/// Does it: one task by its own path, several at once.
async fn act(api: &Api, verb: &str, ids: &[String], mut body: Map<String, Value>, json: bool) -> anyhow::Result<ExitCode> {
    if let [id] = ids {
        let request = api.request(Method::POST, &["v1", "tasks", id, verb]).json(&body);
        let answer = match api.ask::<Task>(request).await {
            Ok(answer) => answer,
            Err(error) if is_about_the_outcome(&error) => {
                let given = body.get("outcome").and_then(Value::as_str).unwrap_or_default();
                return which_outcome(api, id, &format!("`{}` is no way to end this task; give one of these with --outcome", clean(given)))
                    .await;
            }
            Err(error) => return Err(in_words_of_the_command(&error).unwrap_or_else(|| error.into())),
        };
        super::print(&if json { format!("{}\n", answer.json) } else { done_line(&answer.body) })?;
        return Ok(ExitCode::SUCCESS);
    }
    body.insert("verb".to_owned(), verb.into());
    body.insert("tasks".to_owned(), json!(ids));
    let answer = api.ask::<Answers>(api.request(Method::POST, &["v1", "tasks", "batch"]).json(&body)).await?;
    let answers = answer.body.items;
    if json {
        super::print(&format!("{}\n", answer.json))?;
    }
    let mut refused = 0;
    for one in &answers {
        match (&one.task, &one.problem) {
            (Some(task), None) if !json => super::print(&done_line(task))?,
            (_, Some(problem)) => {
                refused += 1;
                eprintln!("{}: {}", clean(&one.task_id), clean(&problem.reasons()));
            }
            _ => {}
        }
    }
    Ok(match refused {
        0 => ExitCode::SUCCESS,
        n if n < answers.len() => ExitCode::from(1),
        _ => ExitCode::from(2),
    })
}

/// A refusal that names a field of the API, by the argument that stands for it here.
fn in_words_of_the_command(error: &ApiError) -> Option<anyhow::Error> {
    let refusal = error.refusal().filter(|refusal| !refusal.errors.is_empty())?;
    let argument = |field: &str| match field {
        "outcome" => "--outcome".to_owned(),
        "by" => "--by".to_owned(),
        "snooze_until" => "--until".to_owned(),
        "assignee" => "--to".to_owned(),
        other => other.strip_prefix("answers.").map_or_else(|| other.to_owned(), |name| format!("--answer {name}=…")),
    };
    let lines: Vec<String> = refusal.errors.iter().map(|e| format!("{}: {}", argument(&e.field), clean(&e.message))).collect();
    Some(anyhow::anyhow!("refused: {}", lines.join("\n  ")))
}

fn done_line(task: &Task) -> String {
    format!("{}  {}: {}\n", clean(&task.task_id), clean(&show::state(task)), clean(&task.title))
}

fn is_about_the_outcome(error: &ApiError) -> bool {
    error.refusal().is_some_and(|refusal| refusal.errors.iter().any(|e| e.field == "outcome"))
}

/// `--outcome` was left out or is none of the task's: says which there are.
async fn which_outcome(api: &Api, id: &str, why: &str) -> anyhow::Result<ExitCode> {
    let task = api.ask::<Task>(api.request(Method::GET, &["v1", "tasks", id])).await?.body;
    bail!("{why}:\n{}", ways(&task.outcomes).trim_end())
}

fn ways(ways: &[Way]) -> String {
    let mut lines = table::Table::new(&["", "", ""].map(table::Column::new));
    for way in ways {
        let needs = way.required.iter().map(|name| format!("--answer {name}=…"));
        let may = way.optional.iter().map(|name| format!("[--answer {name}=…]"));
        lines.row(table::Look::Plain, &[way.outcome.as_str(), &way.title, &needs.chain(may).collect::<Vec<_>>().join(" ")]);
    }
    table::indented(&lines.render())
}

/// `amount=5.00`, `waybill=yto:YT1`, `until=+24h`, `address.city=杭州市` as the API takes them.
fn read_answers(given: &[String]) -> anyhow::Result<Map<String, Value>> {
    let mut answers = Map::new();
    for pair in given {
        let (name, value) = pair.split_once('=').with_context(|| format!("--answer `{pair}`: write NAME=VALUE, such as amount=5.00"))?;
        let (name, value) = (name.trim(), value.trim());
        let (name, part) = name.split_once('.').map_or((name, None), |(name, part)| (name, Some(part)));
        ensure!(Answer::from_word(name).is_some(), "--answer `{name}` is no answer; there are {}", Answer::WORDS.join(", "));
        if name == "address" {
            let part = part.filter(|part| ADDRESS.contains(part));
            let part = part.with_context(|| {
                format!("--answer address: write one part a time, such as address.city=杭州市 ({})", ADDRESS.join(", "))
            })?;
            let address = answers.entry(name).or_insert_with(|| json!({}));
            ensure!(address[part].is_null(), "--answer address.{part} is given twice");
            address[part] = value.into();
            continue;
        }
        ensure!(part.is_none(), "--answer {name} has no parts");
        let value = match name {
            "waybill" => {
                let waybill = value.parse::<WaybillRef>().map_err(|why| anyhow::anyhow!("--answer waybill: {why}"))?.0;
                json!({"courier": waybill.courier.word(), "number": waybill.number})
            }
            "until" => text::when(value, WallClock.now()).map_err(|why| anyhow::anyhow!("--answer until: {why}"))?.to_string().into(),
            _ => value.into(),
        };
        ensure!(answers.insert(name.to_owned(), value).is_none(), "--answer {name} is given twice");
    }
    Ok(answers)
}

async fn show_one(api: &Api, id: &str, json: bool) -> anyhow::Result<ExitCode> {
    let answer = api.ask::<Task>(api.request(Method::GET, &["v1", "tasks", id])).await?;
    super::print(&if json { format!("{}\n", answer.json) } else { page(&answer.body) })?;
    Ok(ExitCode::SUCCESS)
}

/// A task as somebody reads it who is about to do it.
fn page(task: &Task) -> String {
    let now = WallClock.now();
    let look = table::Look::of_urgency(&task.urgency);
    let mut out = format!("{}\n", look.on(&clean(&task.title)));
    let due = if task.state == "closed" { local(&task.due_at) } else { local_and_left(&task.due_at, now) };
    field(&mut out, "due", &due);
    field(&mut out, "state", &format!("{}; {}, queue {}", show::state(task), task.urgency, task.queue));
    field(&mut out, "at stake", &task.money_at_stake.as_ref().map(|money| format!("¥{money}")).unwrap_or_default());
    field(&mut out, "account", task.account.as_deref().unwrap_or_default());
    if task.account.is_none() {
        field(&mut out, "order", &order_name(&task.order.platform, &task.order.shop, &task.order.order_id));
    }
    for one in &task.endangered {
        let first = local_and_left(&one.first_due_at, now);
        field(&mut out, "endangers", &format!("{} × {} ({}), the first due {first}", one.count, one.title, one.courier));
    }
    field(&mut out, "parcel", &waybill_name(task.waybill.as_ref()));
    for look in &task.sources {
        let who = look.account.as_deref().or(look.seen_by.as_deref()).unwrap_or("a source that is asked no more");
        let said = match (&look.status, &look.status_at) {
            (Some(status), Some(at)) => format!("{status}, {}", local(at)),
            _ => "knows nothing of it".to_owned(),
        };
        field(&mut out, "seen", &format!("{who}: {said} (asked {})", local(&look.asked_at)));
    }
    if let Some(disagreement) = &task.disagreement {
        field(&mut out, "sources disagree", &format!("{} (noticed {})", disagreement.text, local(&disagreement.noticed_at)));
    }
    let case = task.case_id.as_ref().map(|id| format!("{} {id}", task.case_kind.as_deref().unwrap_or_default()));
    field(&mut out, "case", &case.unwrap_or_default());
    field(&mut out, "why", &task.why);
    field(&mut out, "if missed", &task.missed);
    field(&mut out, "advice", task.advice_text.as_deref().unwrap_or_default());
    field(&mut out, "evidence", &task.evidence_wanted.join(", "));
    for link in &task.links {
        field(&mut out, "look at", &format!("{} {}", link.title, link.uri));
    }
    if !task.steps.is_empty() {
        out.push_str(&table::heading("What to do"));
        for (n, step) in task.steps.iter().enumerate() {
            field(&mut out, &format!("{:>2}.", n + 1), step);
        }
    }
    if let Some(reply) = &task.reply_template {
        out.push_str(&table::heading("What to write to the buyer"));
        out.push_str(&table::indented(&wrap(reply, text::text_width().saturating_sub(2)).join("\n")));
    }
    if task.state != "closed" {
        out.push_str(&table::heading(&format!("When it is done: parcelward task done {} --outcome …", clean(&task.task_id))));
        out.push_str(&ways(&task.outcomes));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(given: &[&str]) -> Result<Value, String> {
        let given: Vec<String> = given.iter().map(|s| (*s).to_owned()).collect();
        read_answers(&given).map(Value::from).map_err(|e| e.to_string())
    }

    #[test]
    fn answers_are_read_as_the_api_takes_them() {
        let read = answers(&[
            "amount=5.00",
            "waybill=yto:YT1",
            "reference=R=1",
            "until=2026-03-10 08:00",
            "address.province=浙江省",
            "address.city=杭州市",
        ]);
        let want = json!({"amount": "5.00", "waybill": {"courier": "yto", "number": "YT1"}, "reference": "R=1", "until": "2026-03-10T08:00:00+08:00",
            "address": {"province": "浙江省", "city": "杭州市"}});
        assert_eq!(read, Ok(want));
    }

    #[test]
    fn a_wrong_answer_is_named() {
        for (bad, said) in [
            ("amount", "NAME=VALUE"),
            ("colour=red", "`colour` is no answer"),
            ("waybill=YT1", "COURIER:NUMBER"),
            ("until=soon", "no time"),
            ("address=x", "address.city"),
        ] {
            let error = answers(&[bad]).unwrap_err();
            assert!(error.contains(said), "{bad}: {error}");
        }
        assert!(answers(&["fee=1", "fee=2"]).unwrap_err().contains("twice"));
    }

    #[test]
    fn a_refusal_names_the_argument() {
        let refusal: Refusal =
            serde_json::from_value(json!({"status": 422, "errors": [{"field": "answers.reference", "message": "is missing"}]})).unwrap();
        let error = in_words_of_the_command(&ApiError::Refused(Box::new(refusal))).unwrap();
        assert_eq!(error.to_string(), "refused: --answer reference=…: is missing");
    }
}
