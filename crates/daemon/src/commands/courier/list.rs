//! `parcelward courier list`: the table of abilities, and what is off.

use super::table::{CourierRow, Source, is_direct, rows, shops, why_off};
use crate::carriers;
use crate::client::table::{Column, Look, Table, heading};
use crate::client::text::clean;
use crate::commands::{ConfigArgs, print};
use crate::config::Couriers;
use serde_json::{Value, json};
use std::fmt::Write;
use std::process::ExitCode;

/// Needs no network and no database.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit status: 0 shown, 2 not.")]
pub struct Args {
    /// One courier only, with every account that is asked
    code: Option<String>,
    #[command(flatten)]
    config: ConfigArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Shows it.
///
/// # Errors
/// Where the configuration is wrong or there is no such courier.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let couriers = args.config.load()?.couriers;
    let mut rows = rows(&couriers);
    if let Some(code) = &args.code {
        rows.retain(|row| row.courier.word() == code);
        if rows.is_empty() {
            anyhow::bail!("there is no courier `{}`: there are {}", clean(code), parcelward_courier::Courier::WORDS.join(", "));
        }
    }
    let text = match (args.json, rows.as_slice()) {
        (true, _) => serde_json::to_string_pretty(&as_json(&rows, &couriers))? + "\n",
        (false, [one]) if args.code.is_some() => detail(one, &couriers),
        (false, _) => whole(&rows, &couriers),
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

const fn look(source: Source) -> Look {
    match source {
        Source::Direct | Source::Aggregator | Source::Both => Look::Plain,
        Source::Unrouted | Source::Unset => Look::Warning,
        Source::Off | Source::Nobody => Look::Faint,
    }
}

fn whole(rows: &[CourierRow], couriers: &Couriers) -> String {
    let heads = rows.iter().map(|row| Column::new(row.courier.word()));
    let columns: Vec<Column> = [Column::new("ability")].into_iter().chain(heads).collect();
    let mut table = Table::new(&columns);
    for (at, ability) in parcelward_courier::Ability::ALL.iter().enumerate() {
        let sources: Vec<Source> = rows.iter().filter_map(|row| row.cells.get(at)).map(|cell| cell.source()).collect();
        let cells = sources.iter().map(|source| (source.word().to_owned(), look(*source)));
        table.styled([(ability.word().to_owned(), Look::Plain)].into_iter().chain(cells));
    }
    let mut out = table.render();
    out.push_str(LEGEND);
    out.push_str(&heading("Carriers"));
    out.push_str(&carriers_table(couriers));
    out
}

/// What the words of the table mean.
const LEGEND: &str = "
direct  the courier itself does it              unset     its account lacks a setting that this needs
aggr.   an aggregator does it for the courier   unrouted  an account could, and no route names it
both    either; the courier is asked first      off       an interface could, with an account
                                                –         nobody's interface does it
What changes something is asked of the first alone; an intercept, a change, an urge or a claim that nobody can be asked
for becomes a task for a person.

intercept_state  how an intercept stands can be asked      subscription  it is asked to push a parcel's scans
work_order       a matter for its staff to answer          push_in       its pushes are taken
proof            the picture of the delivery               look_up       whether a request arrived can be asked
";

fn carriers_table(couriers: &Couriers) -> String {
    let mut table = Table::new(&[Column::new(""), Column::new(""), Column::new(""), Column::new("").flexible()]);
    for plugin in carriers::all() {
        match why_off(plugin.code, &couriers.accounts) {
            Some(why) => table.row(Look::Plain, &[plugin.code, plugin.name, "off", &clean(&why)]),
            None => {
                let own = couriers.accounts.iter().filter(|account| account.adapter == plugin.code);
                for account in own {
                    let mut says = format!("account {}: {}", account.name, shops(account.shops.as_ref()));
                    if account.takes_pushes {
                        says.push_str(", takes pushes");
                    }
                    if !account.is_on() {
                        says = format!("account {}: {}", account.name, account.missing.join("; "));
                    }
                    table.row(Look::Plain, &[plugin.code, plugin.name, if account.is_on() { "on" } else { "off" }, &clean(&says)]);
                }
            }
        }
    }
    table.render()
}

fn detail(row: &CourierRow, couriers: &Couriers) -> String {
    let mut out = format!("{}\n\n", Look::Strong.on(&format!("{}  {}", row.courier, row.name)));
    let mut table = Table::new(&[Column::new("ability"), Column::new(""), Column::new("from").flexible()]);
    for cell in &row.cells {
        let source = cell.source();
        let from = match source {
            Source::Off => format!("{} could, with an account", cell.could.join(", ")),
            Source::Unrouted => format!("no route names {}", cell.unrouted.join(", ")),
            Source::Unset => {
                let codes = cell.unset.join(", ");
                format!("{codes} could; its account lacks a setting that couriers/*.toml shows, for what is pushed perhaps push.public_url")
            }
            Source::Nobody => String::new(),
            Source::Direct | Source::Aggregator | Source::Both => {
                let of = |lane: &str| couriers.accounts.iter().find(|account| account.name == lane).and_then(|a| a.shops.as_ref());
                let from = cell
                    .from
                    .iter()
                    .map(|route| format!("{} (account {}, {})", route.adapter.identity().adapter, route.lane, shops(of(&route.lane))));
                from.collect::<Vec<_>>().join(", then ")
            }
        };
        table.row(look(source), &[cell.ability.word(), source.word(), &clean(&from)]);
    }
    out.push_str(&table.render());
    out.push('\n');
    for plugin in carriers::all().iter().filter(|plugin| plugin.couriers.contains(&row.courier)) {
        if let Some(why) = why_off(plugin.code, &couriers.accounts) {
            let _ = writeln!(out, "{} is off: {}", plugin.code, clean(&why));
        }
    }
    out
}

fn as_json(rows: &[CourierRow], couriers: &Couriers) -> Value {
    let abilities = |row: &CourierRow| -> Vec<Value> {
        let cells = row.cells.iter().map(|cell| {
            let from: Vec<Value> = cell
                .from
                .iter()
                .map(|r| json!({"account": r.lane, "adapter": r.adapter.identity().adapter, "direct": is_direct(r)}))
                .collect();
            json!({"ability": cell.ability, "source": source_word(cell.source()), "from": from, "unrouted": cell.unrouted, "unset": cell.unset, "could": cell.could})
        });
        cells.collect()
    };
    let rows: Vec<Value> = rows.iter().map(|row| json!({"courier": row.courier, "name": row.name, "abilities": abilities(row)})).collect();
    let accounts: Vec<Value> = couriers
        .accounts
        .iter()
        .map(|a| {
            json!({"account": a.name, "adapter": a.adapter, "on": a.is_on(), "shops": a.shops, "takes_pushes": a.takes_pushes, "missing": a.missing})
        })
        .collect();
    let carriers: Vec<Value> = carriers::all()
        .iter()
        .map(|plugin| json!({"code": plugin.code, "name": plugin.name, "off": why_off(plugin.code, &couriers.accounts)}))
        .collect();
    json!({"couriers": rows, "carriers": carriers, "accounts": accounts})
}

const fn source_word(source: Source) -> &'static str {
    match source {
        Source::Direct => "direct",
        Source::Aggregator => "aggregator",
        Source::Both => "both",
        Source::Unrouted => "unrouted",
        Source::Unset => "unset",
        Source::Off => "off",
        Source::Nobody => "nobody",
    }
}
