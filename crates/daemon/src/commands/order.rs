//! `parcelward order`: everything that is known and open about an order, with its timeline.

use crate::client::model::{Line, Matter, OrderView, Parcel, waybill_name};
use crate::client::table::{Column, Look, Table, heading};
use crate::client::text::{clean, field, from_now, local, local_and_left, local_short, order_of};
use crate::client::{Answer, Api, DaemonArgs, show};
use parcelward_casework::instant::Instant;
use parcelward_scheduler::{Clock, WallClock};
use reqwest::Method;
use serde_json::Value;
use std::process::ExitCode;

/// What `order` is given.
#[derive(Debug, clap::Args)]
#[command(after_help = "Names, phones and streets are masked; --personal shows them, and the daemon's log says who asked.\n\n\
    Exit status: 0 shown, 2 not.")]
pub struct Args {
    /// PLATFORM SHOP ORDER, or PLATFORM/SHOP/ORDER
    #[arg(value_name = "ORDER", required = true, num_args = 1..=3)]
    order: Vec<String>,
    /// The whole timeline; else its last 20 lines
    #[arg(long)]
    timeline: bool,
    /// Show names, phones and streets as they are
    #[arg(long)]
    personal: bool,
    /// Print the API's JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    daemon: DaemonArgs,
}

/// Lines of the timeline that are shown.
const LINES: usize = 20;

/// Runs it.
///
/// # Errors
/// Where the daemon does not answer, or nothing is known of the order.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let key = order_of(&args.order).map_err(anyhow::Error::msg)?.0;
    let api = args.daemon.api()?;
    let path = ["v1", "orders", key.platform.word(), &key.shop, &key.order_id];
    crate::client::run(async {
        let answer = ask(&api, &path, args.personal, 0).await?;
        if args.json {
            super::print(&format!("{}\n", answer.json))?;
            return Ok(ExitCode::SUCCESS);
        }
        let mut view = answer.body;
        while let Some(after) = view.timeline_next.take() {
            let more = ask(&api, &path, args.personal, after).await?.body;
            view.timeline.extend(more.timeline);
            view.timeline_next = more.timeline_next;
        }
        super::print(&page(&view, if args.timeline { usize::MAX } else { LINES }, WallClock.now()))?;
        Ok(ExitCode::SUCCESS)
    })
}

async fn ask(api: &Api, path: &[&str], personal: bool, after: u64) -> anyhow::Result<Answer<OrderView>> {
    let personal = if personal { "show" } else { "mask" };
    Ok(api.ask(api.request(Method::GET, path).query(&[("personal", personal), ("after_line", &after.to_string())])).await?)
}

fn page(view: &OrderView, lines: usize, now: Instant) -> String {
    let mut out = format!("{}\n", Look::Strong.on(&clean(&view.name.name())));
    if let Some(order) = &view.order {
        let amount = order.amount.as_ref().map(|a| format!(", ¥{a}")).unwrap_or_default();
        field(&mut out, "status", &format!("{}{amount}, paid {}", order.status, local(&order.paid_at)));
        field(&mut out, "ship by", &order.ship_by.as_deref().map(local).unwrap_or_default());
        for item in &order.items {
            let name = item.title.as_deref().or(item.sku.as_deref()).unwrap_or_default();
            field(&mut out, "goods", &format!("{} × {name}", item.quantity));
        }
        let recipient = order.recipient.iter().flat_map(|parts| {
            ["name", "phone", "province", "city", "district", "detail"].iter().filter_map(|part| parts.get(*part).cloned().flatten())
        });
        field(&mut out, "recipient", &recipient.collect::<Vec<_>>().join(" "));
        field(&mut out, "courier", order.planned_courier.as_deref().unwrap_or_default());
    }
    let evidence: Vec<String> = view.evidence.iter().map(|e| format!("{} ({})", e.kind, e.evidence_id)).collect();
    field(&mut out, "evidence", &evidence.join(", "));
    field(&mut out, "next look", &view.next_wake_at.as_deref().map(|at| local_and_left(at, now)).unwrap_or_default());
    let open: Vec<_> = view.tasks.iter().filter(|t| t.state != "closed").cloned().collect();
    for (head, table) in [
        ("Open tasks", show::tasks(&open)),
        ("Parcels", parcels(&view.parcels)),
        ("After-sales, promises, claims", matters(&view.matters, now)),
        ("Cases", show::cases(&view.cases)),
        ("Deadlines", show::clocks(&view.deadlines, now)),
        ("Couriers", show::operations(&view.operations)),
    ] {
        if !table.is_empty() {
            out.push_str(&heading(head));
            out.push_str(&table.render());
        }
    }
    let from = view.timeline.len().saturating_sub(lines);
    let head = if from > 0 {
        format!("Timeline, its last {lines} lines of {} (--timeline shows all)", view.timeline.len())
    } else {
        "Timeline".to_owned()
    };
    out.push_str(&heading(&head));
    out.push_str(&timeline(&view.timeline[from..]).render());
    out
}

fn parcels(parcels: &[Parcel]) -> Table {
    let columns = ["PARCEL", "DIRECTION", "STATUS", "LAST SEEN", "WHERE", "EXPECTED"].map(Column::new);
    let [parcel, direction, status, seen, place, expected] = columns;
    let mut table = Table::new(&[parcel, direction.leaves(1), status, seen, place.flexible(), expected.leaves(0)]);
    for parcel in parcels {
        let last = parcel.scans.iter().rev().find(|scan| !scan.repeated);
        let place = parcel.scans.iter().rev().find_map(|scan| scan.place.clone()).unwrap_or_default();
        let replaced = parcel.replaced_by.as_ref().map(|by| format!("replaced by {}", by.name()));
        let status = replaced.or_else(|| {
            let scan = last?;
            Some(scan.reason.as_ref().map_or_else(|| scan.status.clone(), |reason| format!("{}: {reason}", scan.status)))
        });
        let status = status.unwrap_or_else(|| "not seen yet".to_owned());
        let seen = last.map(|scan| local_short(&scan.time)).unwrap_or_default();
        let expected = parcel.estimated_delivery_at.as_deref().map(local_short).unwrap_or_default();
        table.row(Look::Plain, &[&parcel.waybill.name(), &parcel.direction, &status, &seen, &place, &expected]);
    }
    table
}

fn matters(matters: &[Matter], now: Instant) -> Table {
    let columns = ["WHAT", "KIND", "STATUS", "SINCE", "ANSWER BY", "YUAN", "PARCEL", "NUMBER"].map(Column::new);
    let [what, kind, status, since, by, yuan, parcel, number] = columns;
    let mut table = Table::new(&[what, kind, status, since.leaves(1), by, yuan.right(), parcel.leaves(0), number.flexible()]);
    for matter in matters {
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        let by = matter.due_at.as_deref().map(|at| format!("{} ({})", local_short(at), from_now(at, now))).unwrap_or_default();
        let since = matter.since.as_deref().map(local_short).unwrap_or_default();
        let (what, parcel) = (matter.matter.replace('_', " "), waybill_name(matter.waybill.as_ref()));
        table.row(
            Look::Plain,
            &[&what, &text(&matter.kind), &text(&matter.status), &since, &by, &text(&matter.amount), &parcel, &text(&matter.id)],
        );
    }
    table
}

fn timeline(lines: &[Line]) -> Table {
    let mut table = Table::new(&[Column::new(""), Column::new(""), Column::new("").flexible(), Column::new("").leaves(0)]);
    for line in lines {
        let type_ = line.type_.strip_prefix("parcelward.").unwrap_or(&line.type_);
        let (look, from) = if line.what == "fact" { (Look::Plain, line.source.as_str()) } else { (Look::Faint, "") };
        table.row(look, &[&local_short(&line.time), type_, &told(type_, &line.data), from]);
    }
    table
}

/// What a line says, from the fields that say most.
fn told(type_: &str, data: &Value) -> String {
    // A task's title says it all; what happens to it afterwards is said by its kind.
    if type_ == "task.opened" {
        return data["title"].as_str().unwrap_or_default().to_owned();
    }
    const FIELDS: [&str; 18] = [
        "rule",
        "kind",
        "request",
        "promise",
        "case",
        "status",
        "reason",
        "outcome",
        "place",
        "amount",
        "text",
        "urgency",
        "assignee",
        "by",
        "waived",
        "late_news",
        "serves",
        "province",
    ];
    let value = |name: &str| match &data[name] {
        Value::String(text) => Some(text.clone()),
        Value::Bool(true) => Some(name.replace('_', " ")),
        _ => None,
    };
    let parcel = match (data["waybill"]["courier"].as_str(), data["waybill"]["number"].as_str()) {
        (Some(courier), Some(number)) if !type_.contains('.') => Some(format!("{courier}:{number}")),
        _ => None,
    };
    let mut parts: Vec<String> = parcel.into_iter().chain(FIELDS.iter().filter_map(|name| value(name))).collect();
    if let Some(due) = data["due_at"].as_str() {
        parts.push(format!("due {}", local_short(due)));
    }
    // A deadline that was set anew because other rules were applied: by whom, and why.
    let applied = |name: &str| data["applied"][name].as_str().map(|text| format!(" {text}")).unwrap_or_default();
    if data["applied"].is_object() {
        let why = applied("reason");
        parts.push(format!("rules{} applied by{}{}{why}", applied("revision"), applied("by"), if why.is_empty() { "" } else { ":" }));
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_line_says_what_matters() {
        assert_eq!(
            told("tracking", &json!({"waybill": {}, "status": "exception", "reason": "lost", "place": "杭州"})),
            "exception lost 杭州"
        );
        assert_eq!(told("task.opened", &json!({"kind": "ship_now", "title": "马上发货"})), "马上发货");
        let breached = json!({"rule": "pdd.collect", "due_at": "2026-03-10T08:00:00+08:00", "waived": true});
        assert_eq!(told("deadline.breached", &breached), "pdd.collect waived due 03-10 08:00");
        let applied = json!({"revision": "1cfe5949d0f6", "by": "xiaowang", "reason": "a day at rest is not late yet"});
        let moved = json!({"rule": "pdd.movement", "due_at": "2026-03-10T08:00:00+08:00", "applied": applied});
        let said = "pdd.movement due 03-10 08:00 rules 1cfe5949d0f6 applied by xiaowang: a day at rest is not late yet";
        assert_eq!(told("deadline.moved", &moved), said);
    }

    #[test]
    fn a_page_holds_every_part_once() {
        let view: OrderView = serde_json::from_value(json!({
            "platform": "pinduoduo", "shop": "s", "order_id": "1",
            "order": {"status": "paid", "paid_at": "2026-03-10T08:00:00+08:00", "amount": "59.90", "recipient": {"name": "李*", "city": "杭州市", "phone": null}},
            "parcels": [{"waybill": {"courier": "yto", "number": "YT1"}, "direction": "outbound", "scans": []}],
            "deadlines": [{"deadline_id": "d-l1", "rule": "pdd.collect", "title": "揽收", "due_at": "2026-03-10T09:00:00+08:00", "state": "running"}],
            "timeline": [{"what": "fact", "type": "parcelward.order", "time": "2026-03-10T08:00:00+08:00", "source": "erp", "data": {}}]
        }))
        .unwrap();
        let page = page(&view, 20, Instant::parse("2026-03-10T08:00:00+08:00").unwrap());
        for part in [
            "pinduoduo/s/1",
            "paid, ¥59.90, paid 2026-03-10 08:00",
            "李* 杭州市",
            "yto:YT1",
            "not seen yet",
            "in 1 h",
            "d-l1",
            "Timeline\n",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert!(!page.contains("Open tasks") && !page.contains("Couriers"), "what is empty is left out: {page}");
    }
}
