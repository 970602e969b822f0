//! `parcelward explain`: why a task, a deadline, a case or a courier operation is as it is: its rule, the sums in words, the facts behind, what
//! does not count and why, what was said with couriers, and what comes.

use crate::client::DaemonArgs;
use crate::client::explained::{
    Attempt, Exchange, Explanation, Foreseen, Moment, OperationAccount, Outage, Reason, RuleAccount, RuleSays, Step, Written, WrittenLine,
};
use crate::client::table::{Column, Look, Table, heading, indented};
use crate::client::text::{clean, field, from_now, local, text_width, wrap};
use parcelward_casework::instant::Instant;
use parcelward_scheduler::{Clock, WallClock};
use reqwest::Method;
use std::process::ExitCode;

/// What can be explained.
const KINDS: [&str; 4] = ["task", "deadline", "case", "operation"];

/// What `explain` is given.
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "parcelward explain [OPTIONS] [task|deadline|case|operation] ID",
    after_help = "An id begins with the order's twelve letters and digits; then -t12 is a task, -l7 a deadline, -c3 a case, -o5 a courier operation. A task about an account is courier_outage-ACCOUNT-…. \
                  `parcelward tasks` and `parcelward order PLATFORM/SHOP/ORDER` list them. The id alone is enough.\n\n\
                  Exit status: 0 explained, 2 not."
)]
pub struct Args {
    /// Its id, with or without what it is before it (task, deadline, case, operation)
    #[arg(value_name = "ID", num_args = 1..=2, required = true)]
    what: Vec<String>,
    /// Show every exchange with couriers whole
    #[arg(long)]
    exchanges: bool,
    /// Print the API's JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    daemon: DaemonArgs,
}

/// Runs it.
///
/// # Errors
/// Where the daemon does not answer, or there is no such thing.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let path = path_of(&args.what)?;
    let api = args.daemon.api()?;
    let answer = crate::client::run(async { Ok(api.ask::<Explanation>(api.request(Method::GET, &path)).await?) })?;
    super::print(&if args.json { format!("{}\n", answer.json) } else { page(&answer.body, WallClock.now(), args.exchanges) })?;
    Ok(ExitCode::SUCCESS)
}

/// The API's path for what was named.
fn path_of(what: &[String]) -> anyhow::Result<Vec<&str>> {
    let of = |words: &[String]| words.iter().position(|word| KINDS.contains(&word.as_str()));
    match what {
        [kind] if KINDS.contains(&kind.as_str()) => anyhow::bail!("which {kind}? Give its id: parcelward explain {kind} ID"),
        [id] => Ok(vec!["v1", "explain", id]),
        // In either order: people write both.
        [a, b] => match of(what) {
            Some(0) => Ok(vec!["v1", "explain", a, b]),
            Some(_) => Ok(vec!["v1", "explain", b, a]),
            None => anyhow::bail!("`{}` is nothing that can be explained: write task, deadline, case or operation, and its id", clean(a)),
        },
        _ => anyhow::bail!("one id, please"),
    }
}

fn page(explanation: &Explanation, now: Instant, exchanges: bool) -> String {
    let mut out = format!("{}\n", Look::Strong.on(&clean(&explanation.title)));
    let state = explanation.state.replace('_', " ");
    field(&mut out, explanation.what.as_str(), &format!("{} {}, {state}", explanation.kind, explanation.id));
    field(&mut out, "about", &explanation.about);
    field(&mut out, "order", &explanation.order.as_ref().map(crate::client::model::Order::name).unwrap_or_default());
    field(&mut out, "", &explanation.urgency.clone().unwrap_or_default());
    if let Some(operation) = &explanation.operation {
        out.push_str(&asked(operation, now, exchanges));
    }
    if let Some(outage) = &explanation.outage {
        out.push_str(&down(outage, now, exchanges));
    }
    if let Some(rule) = &explanation.rule {
        let led = matches!(explanation.what.as_str(), "case" | "operation");
        out.push_str(&account(rule, led, now));
    }
    out.push_str(&ahead(&explanation.if_nobody_acts, now));
    if !explanation.steps.is_empty() {
        out.push_str(&heading("What happened, and because of what"));
        out.push_str(&steps(&explanation.steps));
    }
    out.push_str(&others(&explanation.others));
    out.push_str(&tracking(explanation, exchanges));
    out.push_str(&format!(
        "\n{}\n",
        Look::Faint.on(&format!("Times are local ({}, UTC+8); --json has them in UTC as well.", clean(&explanation.zone)))
    ));
    out
}

/// A text below a heading, wrapped and indented.
fn paragraph(text: &str) -> String {
    indented(&wrap(text, text_width().saturating_sub(2)).join("\n"))
}

/// The rule, and how its due time comes about.
fn account(rule: &RuleAccount, led: bool, now: Instant) -> String {
    let what = match (&rule.deadline_id, led) {
        (Some(id), true) => format!("It began with the rule {} {} (deadline {})", rule.rule, rule.title, id),
        (Some(id), false) => format!("Due by the rule {} {} (deadline {})", rule.rule, rule.title, id),
        (None, _) => format!("Due by {}", rule.title),
    };
    let mut out = heading(&clean(&what));
    out.push_str(&paragraph(&rule.words));
    out.push('\n');
    let mut sum = Table::new(&[Column::new("").flexible(), Column::new(""), Column::new("")]);
    for line in &rule.sum {
        sum.row(Look::Plain, &[line.text.as_str(), &local(&line.at.at), ""]);
    }
    let left = if rule.state == "running" || rule.deadline_id.is_none() { from_now(&rule.due_at.at, now) } else { rule.state.clone() };
    sum.row(Look::Strong, &["= due", &local(&rule.due_at.at), &left]);
    out.push_str(&indented(&sum.render()));
    if !rule.rungs.is_empty() {
        let mut rungs = Table::new(&[Column::new("RUNG"), Column::new("AT"), Column::new(""), Column::new("").flexible()]);
        for rung in &rule.rungs {
            let (when, look) = if rung.acted { ("acted".to_owned(), Look::Faint) } else { (from_now(&rung.at.at, now), Look::Plain) };
            let moved = rung.moved.as_ref().map(|why| format!("not {}: {why}", local(&rung.planned.at))).unwrap_or_default();
            rungs.row(look, &[&format!("{} before", rung.before), &local(&rung.at.at), &when, &moved]);
        }
        out.push('\n');
        out.push_str(&indented(&rungs.render()));
    }
    out.push('\n');
    field(&mut out, "if missed", &rule.consequence);
    if let Some(written) = &rule.written {
        out.push_str(&stood(written));
    }
    let known = [("as of", &rule.as_of), ("confidence", &rule.confidence)];
    let known: Vec<String> = known.iter().filter_map(|(name, value)| value.as_ref().map(|value| format!("{name} {value}"))).collect();
    let known = if known.is_empty() { String::new() } else { format!(" ({})", known.join(", ")) };
    field(&mut out, "source", &rule.source.as_ref().map(|source| format!("{source}{known}")).unwrap_or_default());
    for other in &rule.other_lengths {
        field(&mut out, "not", &format!("{} ({}): {}", other.length, other.name, other.why));
    }
    for disruption in &rule.disruptions {
        field(&mut out, "disruption", &format!("{} ({}): {}", disruption.disruption_id, disruption.effect, disruption.text));
    }
    for note in &rule.notes {
        field(&mut out, "note", note);
    }
    out
}

/// Where the rule stood written.
fn stood(written: &Written) -> String {
    let mut out = String::new();
    // What the number and its rungs are; source and the like are told for themselves.
    let told = |key: &str| !matches!(key, "source" | "as_of" | "confidence");
    let mut lines: Vec<&WrittenLine> = written.lines.iter().filter(|line| told(&line.key)).collect();
    lines.sort_by_key(|line| place_in_list(&line.key));
    for (at, line) in lines.into_iter().enumerate() {
        field(&mut out, if at == 0 { "written" } else { "" }, &stands(line));
    }
    let by = [
        written.revision.as_ref().map(|revision| format!("configuration {revision}")),
        written.since.as_ref().map(|since| format!("since {}", local(&since.at))),
        written.who.as_ref().map(|who| format!("brought in by {who}")),
    ];
    let by: Vec<String> = by.into_iter().flatten().collect();
    let by = if by.is_empty() { String::new() } else { format!(" ({})", by.join(", ")) };
    field(&mut out, "", &format!("{}{by}", written.text));
    let mut today: Vec<&WrittenLine> = written.today.iter().collect();
    today.sort_by_key(|line| place_in_list(&line.key));
    for line in today {
        field(&mut out, "today", &stands(line));
    }
    out
}

/// The number first, then its rungs.
fn place_in_list(key: &str) -> usize {
    ["length", "hours", "ladder"].iter().position(|first| *first == key).unwrap_or(usize::MAX)
}

/// A value with its file and line.
fn stands(line: &WrittenLine) -> String {
    let place = line.line.map_or_else(|| line.file.clone(), |n| format!("{}:{n}", line.file));
    format!("{place}: {} = {}", line.key, line.value)
}

/// What comes by itself.
fn ahead(foreseen: &[Foreseen], now: Instant) -> String {
    let mut out = heading("What comes, if nobody acts and nothing is told");
    if foreseen.is_empty() {
        out.push_str("  Nothing: it waits for a person or for news.\n");
    }
    let mut before = "";
    for one in foreseen {
        let what = one.consequence.as_ref().map_or_else(|| one.text.clone(), |costs| format!("{}: {costs}", one.text));
        // What happens at one moment stands under one time.
        let time = if one.at.at == before { String::new() } else { format!("{} ({})", local(&one.at.at), from_now(&one.at.at, now)) };
        out.push_str(&lines_of(&time, &what));
        before = &one.at.at;
    }
    out
}

/// A line with its time before it; more lines of the same stand below its text.
fn lines_of(time: &str, text: &str) -> String {
    const TIME: usize = 36;
    let width = text_width().saturating_sub(TIME + 2);
    let mut out = String::new();
    for (at, line) in wrap(text, width).iter().enumerate() {
        out.push_str(&format!("  {}{line}\n", crate::client::text::pad(if at == 0 { time } else { "" }, TIME)));
    }
    out
}

/// What was decided, each with what caused it on the lines below.
fn steps(steps: &[Step]) -> String {
    let mut out = String::new();
    for step in steps {
        let text = if step.text.is_empty() { step.decision.clone() } else { format!("{}: {}", step.decision, step.text) };
        let late = step.written.as_ref().map(|at| format!(" (written down {})", local(&at.at))).unwrap_or_default();
        out.push_str(&format!("  {}  {}{late}\n", local(&step.time.at), clean(&text)));
        for reason in &step.because {
            for (at, line) in wrap(&because(reason), text_width().saturating_sub(30)).iter().enumerate() {
                let head = if at == 0 { "because " } else { "        " };
                out.push_str(&format!("{}{}\n", " ".repeat(20), Look::Faint.on(&format!("{head}{line}"))));
            }
        }
    }
    out
}

fn because(reason: &Reason) -> String {
    let when = |at: &Option<Moment>, word: &str| at.as_ref().map(|at| format!("{word}{}", local(&at.at)));
    let (happened, received) = (when(&reason.time, ""), when(&reason.received, "received "));
    let from = reason.source.as_ref().zip(reason.id.as_ref()).map(|(source, id)| format!("from {source}, {id}"));
    // What is told at once needs one time only.
    let same = reason.time.as_ref().zip(reason.received.as_ref()).is_some_and(|(a, b)| local(&a.at) == local(&b.at));
    let parts: Vec<String> = [happened, received.filter(|_| !same), from].into_iter().flatten().collect();
    if parts.is_empty() { reason.text.clone() } else { format!("{} ({})", reason.text, parts.join("; ")) }
}

/// The other rules: those that apply, and those that do not.
fn others(all: &[RuleSays]) -> String {
    let (apply, do_not): (Vec<&RuleSays>, Vec<&RuleSays>) = all.iter().partition(|one| one.applies);
    let several = all.iter().any(|one| one.about != all[0].about);
    let name = |one: &RuleSays| if several { format!("{} ({})", one.rule, one.about) } else { one.rule.clone() };
    let mut out = String::new();
    if !apply.is_empty() {
        out.push_str(&heading("Other rules about the same"));
        let mut table = Table::new(&[Column::new(""), Column::new("").flexible()]);
        for one in apply {
            let id = one.deadline_id.as_ref().map(|id| format!(" ({id})")).unwrap_or_default();
            table.row(Look::Plain, &[name(one), format!("{}{id}", one.text)]);
        }
        out.push_str(&indented(&table.render()));
    }
    // Many have one reason: it is said once.
    let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
    for one in do_not {
        match reasons.iter_mut().find(|(text, _)| *text == one.text) {
            Some((_, names)) => names.push(name(one)),
            None => reasons.push((&one.text, vec![name(one)])),
        }
    }
    if !reasons.is_empty() {
        out.push_str(&heading("Rules that do not apply, and why"));
    }
    for (text, names) in reasons {
        out.push_str(&format!("  {}:\n", clean(text)));
        for line in wrap(&names.join(", "), text_width().saturating_sub(4)) {
            out.push_str(&format!("    {}\n", Look::Faint.on(&line)));
        }
    }
    out
}

/// How the courier was, is and will be asked.
fn asked(operation: &OperationAccount, now: Instant, whole: bool) -> String {
    let mut out = heading("How the courier is asked");
    let account = operation.account.as_ref().map(|account| format!("account {account}")).unwrap_or_default();
    let by = if operation.by == "phone" { "a person, by phone".to_owned() } else { format!("its interface, {account}") };
    field(&mut out, "by", by.trim_end_matches([',', ' ']));
    let names = [("ours", &operation.our_reference), ("the courier's", &operation.courier_reference)];
    let names: Vec<String> = names.iter().filter_map(|(whose, name)| name.as_ref().map(|name| format!("{whose} {name}"))).collect();
    field(&mut out, "reference", &names.join(", "));
    if operation.attempts.is_empty() && operation.by != "phone" {
        out.push_str("  No attempt has been made yet.\n");
    }
    for attempt in &operation.attempts {
        out.push_str(&attempted(attempt, whole));
    }
    let then = operation.then_at.as_ref().map(|at| format!(", {} ({})", local(&at.at), from_now(&at.at, now))).unwrap_or_default();
    field(&mut out, "next", &format!("{}{then}", operation.then));
    out
}

/// The account that is down: since when, how, what that endangers, and what was said.
fn down(outage: &Outage, now: Instant, whole: bool) -> String {
    let mut out = heading("The account that is down");
    let until = outage.until.as_ref().map(|at| format!(", until {}", local(&at.at))).unwrap_or_default();
    let since = format!("{} ({}){until}", local(&outage.since.at), from_now(&outage.since.at, now));
    field(&mut out, "since", &since);
    field(&mut out, "what failed", &outage.reason);
    for gate in &outage.gates {
        field(&mut out, &gate.calls, &gate.text);
    }
    field(&mut out, "waiting", &outage.waiting);
    out.push_str(&heading("Deadlines that it endangers, within a day"));
    if outage.endangered.is_empty() {
        out.push_str("  None.\n");
    } else {
        let mut table = Table::new(&[
            Column::new("RULE"),
            Column::new("HOW MANY").right(),
            Column::new("FIRST DUE"),
            Column::new(""),
            Column::new("").flexible(),
        ]);
        for one in &outage.endangered {
            let (count, due) = (one.count.to_string(), local(&one.first_due_at));
            table.row(
                Look::Plain,
                &[&one.rule, &count, &due, &from_now(&one.first_due_at, now), &format!("{} ({})", one.title, one.courier)],
            );
        }
        out.push_str(&indented(&table.render()));
    }
    if !outage.calls.is_empty() {
        out.push_str(&heading("Calls that failed around that time"));
    }
    for call in &outage.calls {
        field(&mut out, "", &format!("{}  {}", local(&call.at.at), call.text));
        call.exchanges.iter().for_each(|exchange| out.push_str(&exchanged(exchange, whole)));
    }
    out
}

fn attempted(attempt: &Attempt, whole: bool) -> String {
    let mut out = String::new();
    field(&mut out, &format!("attempt {}", attempt.number), &format!("{}  {}", local(&attempt.started_at.at), attempt.text));
    attempt.exchanges.iter().for_each(|exchange| out.push_str(&exchanged(exchange, whole)));
    out
}

/// One exchange; cut to a line each where it need not be whole.
fn exchanged(exchange: &Exchange, whole: bool) -> String {
    const SHORT: usize = 160;
    let cut = |text: &str| match text.char_indices().nth(SHORT).filter(|_| !whole) {
        Some((at, _)) => format!("{}… (--exchanges shows it whole)", &text[..at]),
        None => text.to_owned(),
    };
    let status = exchange.status.map(|status| format!(", HTTP {status}")).unwrap_or_default();
    let mut out = String::new();
    let (there, back) = if exchange.direction == "in" { ("←", "→") } else { ("→", "←") };
    let what = if exchange.changes || exchange.direction == "in" { "" } else { " (a question)" };
    field(&mut out, "", &format!("{there} {}{what}", exchange.to));
    field(&mut out, "", &format!("  {}", cut(&exchange.request)));
    field(&mut out, "", &format!("{back} {}{status} after {} ms", exchange.end, exchange.took_ms));
    field(&mut out, "", &format!("  {}", cut(&exchange.response)));
    out
}

/// What was said with couriers about the parcel.
fn tracking(explanation: &Explanation, whole: bool) -> String {
    let mut out = String::new();
    for source in &explanation.tracking {
        field(&mut out, "parcel", &format!("{}: {}", source.waybill, source.text));
        for question in &source.questions {
            field(&mut out, "", &format!("{}  {}", local(&question.at.at), question.text));
            question.exchanges.iter().for_each(|exchange| out.push_str(&exchanged(exchange, whole)));
        }
    }
    if out.is_empty() { out } else { format!("{}{out}", heading("What was said with couriers about the parcel")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_may_stand_before_or_after_the_id_or_not_at_all() {
        let path = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
            path_of(&words).map(|path| path.join("/")).map_err(|error| error.to_string())
        };
        assert_eq!(path(&["a-t1"]).unwrap(), "v1/explain/a-t1");
        for words in [["task", "a-t1"], ["a-t1", "task"]] {
            assert_eq!(path(&words).unwrap(), "v1/explain/task/a-t1");
        }
        assert_eq!(path(&["deadline"]).unwrap_err(), "which deadline? Give its id: parcelward explain deadline ID");
        assert!(path(&["order", "x"]).unwrap_err().starts_with("`order` is nothing that can be explained"));
    }
}
