//! `parcelward track`: asks a courier where a parcel is and shows its scans. Asks once, stores nothing.

use super::courier::{ask_within, verdict_of_error};
use super::{ConfigArgs, print};
use crate::client::table::{Column, Look, Table};
use crate::client::text::clean;
use anyhow::Context;
use parcelward_casework::instant::Instant;
use parcelward_courier::{Courier, CourierError, History, PhoneTail, Tracked, TrackingQuery, mask};
use parcelward_scheduler::Route;
use serde_json::json;
use std::fmt::Write;
use std::process::ExitCode;

/// Needs no daemon: the account of the configuration is used. Times are local.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit status: 0 the courier knows the parcel, 1 it does not or will not say, 2 it could not be asked.")]
pub struct Args {
    /// The courier (sf, zto, …)
    courier: String,
    /// The waybill's number
    number: String,
    /// The last four digits of the recipient's or sender's phone: SF and some others ask for them
    #[arg(long, value_name = "DIGITS")]
    phone_tail: Option<String>,
    /// As this shop: its own account is asked
    #[arg(long, value_name = "SHOP")]
    shop: Option<String>,
    /// Ask through this account
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    #[command(flatten)]
    config: ConfigArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Asks and shows.
///
/// # Errors
/// Where the configuration is wrong, or nobody can be asked.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let courier = Courier::from_word(&args.courier)
        .with_context(|| format!("there is no courier `{}`: there are {}", clean(&args.courier), Courier::WORDS.join(", ")))?;
    let number = args.number.trim();
    if number.is_empty() || number.len() > 64 || !number.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        anyhow::bail!("`{}` is no waybill number: letters and digits, 64 at most", clean(number));
    }
    let tail = args.phone_tail.as_deref().map(tail).transpose()?;
    let couriers = args.config.load()?.couriers;
    let route = route(args, courier, &couriers)?;
    let query = TrackingQuery { number: number.to_owned(), phone_tail: tail };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the runtime")?;
    let (answer, took) = runtime.block_on(ask_within(&*route.adapter, &query));
    let asked = format!("{} (account {}), {} ms", route.adapter.identity().adapter, route.lane, took.as_millis());
    let (outcome, words, history) = match &answer {
        Ok(Tracked::Known(history)) if history.events().is_empty() => {
            ("known", "It is known there, and has no scan yet.".to_owned(), Some(history))
        }
        Ok(Tracked::Known(history)) => ("known", String::new(), Some(history)),
        Ok(Tracked::NotFound) => ("not_found", "The courier does not know this number (yet, or any more).".to_owned(), None),
        Ok(Tracked::NotMentioned) => ("not_mentioned", "The courier answered, and said nothing about this number.".to_owned(), None),
        Ok(Tracked::Refused(refusal)) => ("refused", will_not_say(refusal), None),
        Err(CourierError::Refused(refusal)) if refusal.kind != parcelward_courier::RefusalKind::Account => {
            ("refused", will_not_say(refusal), None)
        }
        Err(error) => {
            let verdict = verdict_of_error(error);
            anyhow::bail!("{}, account {}: {}", route.adapter.identity().adapter, route.lane, clean(&verdict.words));
        }
    };
    if args.json {
        let events = history.map(History::events).unwrap_or_default();
        let shown = json!({
            "courier": courier, "number": number, "adapter": route.adapter.identity().adapter, "account": route.lane,
            "result": outcome, "words": words, "events": events,
        });
        print(&(serde_json::to_string_pretty(&shown)? + "\n"))?;
    } else {
        print(&page(courier, number, &asked, &words, history))?;
    }
    Ok(if history.is_some() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn will_not_say(refusal: &parcelward_courier::Refusal) -> String {
    format!("The courier will not say: {}. Some want the last four digits of the phone (--phone-tail).", clean(&refusal.to_string()))
}

fn tail(text: &str) -> anyhow::Result<PhoneTail> {
    let four = text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit());
    PhoneTail::of(text).filter(|_| four).context("--phone-tail: four digits are needed")
}

fn route(args: &Args, courier: Courier, couriers: &crate::config::Couriers) -> anyhow::Result<Route> {
    let of_lane = |lane: &parcelward_scheduler::AccountLane| {
        Some(Route { lane: lane.name.clone(), adapter: std::sync::Arc::clone(lane.adapter(courier)?) })
    };
    let mut routes: Vec<Route> = match (&args.account, &args.shop) {
        (Some(name), _) => couriers.routes.lane(name).and_then(|lane| of_lane(lane)).into_iter().collect(),
        (None, Some(shop)) => couriers.routes.trackers(courier, shop),
        (None, None) => {
            let every = couriers.routes.trackers(courier, "");
            // Where each account serves shops of its own, any of them may ask.
            if every.is_empty() { couriers.routes.lanes().iter().filter_map(|lane| of_lane(lane)).collect() } else { every }
        }
    };
    if routes.is_empty() {
        let which = args.account.as_ref().map(|name| format!(" with the name `{}`", clean(name))).unwrap_or_default();
        anyhow::bail!(
            "nobody can be asked about parcels of {courier}: no account{which} is on; `parcelward courier list {courier}` says why"
        );
    }
    Ok(routes.swap_remove(0))
}

fn page(courier: Courier, number: &str, asked: &str, words: &str, history: Option<&History>) -> String {
    let newest = history.and_then(History::latest).map(|event| format!(": {}", event.status)).unwrap_or_default();
    let mut out = format!("{}\n", Look::Strong.on(&format!("{courier} {number}{newest}")));
    let _ = writeln!(out, "{}", Look::Faint.on(&format!("asked {asked}")));
    if !words.is_empty() {
        let _ = writeln!(out, "{words}");
    }
    let events = history.map(History::events).unwrap_or_default();
    if !events.is_empty() {
        let columns = [
            Column::new("TIME"),
            Column::new("STATUS"),
            Column::new("PLACE").leaves(1),
            Column::new("DESCRIPTION").flexible(),
            Column::new("CODE").leaves(0),
        ];
        let mut table = Table::new(&columns);
        for event in events {
            let status = event.reason.map_or_else(|| event.status.to_string(), |reason| format!("{} ({reason})", event.status));
            let goes_on = event.new_number.as_ref().map(|new| format!(" → goes on as {new}")).unwrap_or_default();
            let description = format!("{}{goes_on}", mask::phones(event.description.as_deref().unwrap_or_default()));
            let place = event.place.clone().unwrap_or_default();
            table.row(Look::Plain, &[&local_seconds(event.at), &status, &clean(&place), &clean(&description), &clean(&event.code)]);
        }
        out.push('\n');
        out.push_str(&table.render());
    }
    out
}

fn local_seconds(at: Instant) -> String {
    at.local().strftime("%Y-%m-%d %H:%M:%S").to_string()
}
