//! `parcelward hold`: orders that stay as they are whatever their age.

use crate::client::DaemonArgs;
use crate::client::text::{clean, local, order_of};
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use std::process::ExitCode;

/// What `hold` is given.
#[derive(Debug, clap::Args)]
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
    /// Have an order stay: it is neither erased nor archived until it is released
    Set(Word),
    /// Let it go its way again
    Release(Word),
    /// The orders that are held
    List,
}

#[derive(Debug, clap::Args)]
struct Word {
    /// PLATFORM SHOP ORDER, or PLATFORM/SHOP/ORDER
    #[arg(value_name = "ORDER", required = true, num_args = 1..=3)]
    order: Vec<String>,
    /// Why; it is kept
    #[arg(long)]
    why: String,
    /// Who says so; without it the token's name
    #[arg(long)]
    by: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Holds {
    items: Vec<Item>,
}

#[derive(Debug, Deserialize)]
struct Item {
    platform: String,
    shop: String,
    order_id: String,
    state: String,
    who: String,
    why: String,
    at: String,
}

/// Runs it.
///
/// # Errors
/// Where the daemon does not answer, or refuses.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let api = args.daemon.api()?;
    let request = match &args.what {
        What::List => api.request(Method::GET, &["v1", "holds"]),
        What::Set(word) => api.request(Method::POST, &["v1", "holds"]).json(&body(word)?),
        What::Release(word) => api.request(Method::POST, &["v1", "holds", "release"]).json(&body(word)?),
    };
    crate::client::run(async {
        let answer = api.ask::<Holds>(request).await?;
        super::print(&if args.json { format!("{}\n", answer.json) } else { table(&answer.body) })?;
        Ok(ExitCode::SUCCESS)
    })
}

fn body(word: &Word) -> anyhow::Result<serde_json::Value> {
    let key = order_of(&word.order).map_err(anyhow::Error::msg)?.0;
    Ok(json!({ "platform": key.platform.word(), "shop": key.shop, "order_id": key.order_id, "why": word.why, "who": word.by }))
}

fn table(holds: &Holds) -> String {
    if holds.items.is_empty() {
        return "no order is held\n".to_owned();
    }
    let mut out = String::new();
    for hold in &holds.items {
        let order = format!("{}/{}/{}", hold.platform, hold.shop, hold.order_id);
        out.push_str(&format!("{}  {:<8}  {}  {}: {}\n", local(&hold.at), hold.state, clean(&order), clean(&hold.who), clean(&hold.why)));
    }
    out
}
