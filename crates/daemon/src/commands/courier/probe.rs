//! `parcelward courier probe`: one harmless call for each account, and what came of it in words.

use crate::carriers;
use crate::client::table::Look;
use crate::client::text::clean;
use crate::commands::{ConfigArgs, print};
use anyhow::Context;
use parcelward_courier::{
    Call, Courier, CourierAdapter, CourierError, NotSentReason, PhoneTail, RefusalKind, Tracked, TrackingQuery, UnclearReason,
};
use parcelward_scheduler::{AccountLane, Clock, WallClock};
use serde_json::json;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The longest that a call may take, in all.
const LONGEST: Duration = Duration::from_secs(60);

/// Asks about a number of the right shape that belongs to no parcel. Changes nothing at the courier, and counts as a call there.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit status: 0 every account works, 1 one does not, 2 nothing could be asked.")]
pub struct Args {
    /// The courier or the aggregator (zto, kuaidi100)
    code: String,
    /// This account only
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    #[command(flatten)]
    config: ConfigArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// A word for programs.
    pub(crate) word: &'static str,
    /// In words for people.
    pub(crate) words: String,
}

impl Verdict {
    fn new(word: &'static str, words: impl Into<String>) -> Self {
        Verdict { word, words: words.into() }
    }

    /// Whether the account works.
    fn is_well(&self) -> bool {
        self.word == "ok"
    }
}

/// Asks each account.
///
/// # Errors
/// Where the configuration is wrong, or there is nothing to ask.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let couriers = args.config.load()?.couriers;
    let code = clean(&args.code);
    let asked: Vec<(&Arc<AccountLane>, &Arc<dyn CourierAdapter>)> = couriers
        .routes
        .lanes()
        .iter()
        .filter(|lane| args.account.as_ref().is_none_or(|name| lane.name == *name))
        .filter_map(|lane| Some((lane, adapter_for(lane, &code)?)))
        .collect();
    if asked.is_empty() {
        anyhow::bail!(nothing_to_ask(&code, args.account.as_deref(), &couriers.accounts));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the runtime")?;
    let (mut well, mut out, mut all) = (true, String::new(), Vec::new());
    for (lane, adapter) in asked {
        let (verdict, took) = runtime.block_on(probe(&**adapter));
        let ms = took.as_millis();
        well &= verdict.is_well();
        let mark = if verdict.is_well() { Look::Plain.on("works") } else { Look::Alarm.on("does not work") };
        let head = format!("{} through {}, account {}", adapter.identity().courier, adapter.identity().adapter, lane.name);
        out.push_str(&format!("{head}: {mark} ({ms} ms)\n  {}\n", clean(&verdict.words)));
        all.push(json!({
            "courier": adapter.identity().courier, "adapter": adapter.identity().adapter, "account": lane.name,
            "result": verdict.word, "words": verdict.words, "ms": u64::try_from(ms).unwrap_or(u64::MAX),
        }));
    }
    print(&if args.json { serde_json::to_string_pretty(&all)? + "\n" } else { out })?;
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The adapter of an account that a code means: the carrier's own, or the one for a courier's parcels.
fn adapter_for<'l>(lane: &'l AccountLane, code: &str) -> Option<&'l Arc<dyn CourierAdapter>> {
    let of_carrier = lane.adapters.iter().find(|adapter| adapter.identity().adapter == code);
    of_carrier.or_else(|| Courier::from_word(code).and_then(|courier| lane.adapter(courier)))
}

fn nothing_to_ask(code: &str, account: Option<&str>, accounts: &[crate::config::AccountState]) -> String {
    let known: Vec<&str> = carriers::all().iter().map(|plugin| plugin.code).collect();
    if !known.contains(&code) && Courier::from_word(code).is_none() {
        return format!("there is no courier `{code}`: there are {}", known.join(", "));
    }
    let own = accounts.iter().filter(|a| a.adapter == code && account.is_none_or(|name| a.name == name));
    let off: Vec<String> = own.filter(|a| !a.is_on()).map(|a| format!("account {}: {}", a.name, a.missing.join("; "))).collect();
    match (off.is_empty(), account) {
        (false, _) => format!("{code} is off: {}", off.join("; ")),
        (true, Some(name)) => format!("{code} has no account `{}` that is on", clean(name)),
        (true, None) => format!("{code} is off: no account of it is configured; couriers/{code}.toml shows one"),
    }
}

/// Asks about the adapter's sample number.
async fn probe(adapter: &dyn CourierAdapter) -> (Verdict, Duration) {
    let query = TrackingQuery { number: adapter.sample_number().to_owned(), phone_tail: PhoneTail::of("0000") };
    let (answer, took) = ask_within(adapter, &query).await;
    let verdict = match answer {
        Ok(Tracked::Refused(refusal)) => verdict_of_error(&CourierError::Refused(refusal)),
        Ok(Tracked::Known(_)) => Verdict::new("ok", "It answers, and knows the sample number."),
        Ok(Tracked::NotFound | Tracked::NotMentioned) => {
            Verdict::new("ok", "It answers. It does not know the sample number, which belongs to no parcel.")
        }
        Err(error) => verdict_of_error(&error),
    };
    (verdict, took)
}

/// Asks about one parcel, once.
pub(crate) async fn ask_within(adapter: &dyn CourierAdapter, query: &TrackingQuery) -> (Result<Tracked, CourierError>, Duration) {
    let call = Call::at(WallClock.now(), uuid::Uuid::now_v7().to_string()).within(LONGEST);
    let began = Instant::now();
    let report = adapter.track(&call, std::slice::from_ref(query)).await;
    let answer = report.map(|report| report.into_parcels().into_iter().next().map_or(Tracked::NotMentioned, |parcel| parcel.outcome));
    (answer, began.elapsed())
}

/// What went wrong, and where to look.
pub(crate) fn verdict_of_error(error: &CourierError) -> Verdict {
    use NotSentReason as N;
    use UnclearReason as U;
    match error {
        CourierError::NotSent { reason, detail, retry_after } => {
            let later = retry_after.map(|after| format!(" Not before {} s from now.", after.as_secs().max(1))).unwrap_or_default();
            let (word, words) = match reason {
                N::Unreachable => {
                    ("unreachable", format!("No connection ({detail}). Is the address right, and does the network let it out?"))
                }
                N::Throttled => ("throttled", format!("It answers, and turns the call away: too many, or not now ({detail}).{later}")),
                N::Limited => ("limited", format!("The account's own limit is spent.{later}")),
                N::OutOfTime => ("out_of_time", "The time for the call was over before anything was sent.".to_owned()),
                N::NoToken => ("no_token", format!("No access token could be had ({detail}). Are key and secret right?")),
                N::Incomplete => ("incomplete", format!("It wants more than was given: {detail}.")),
                N::Misconfigured => ("misconfigured", format!("The account's settings cannot work: {detail}.")),
                N::Unsupported => ("unsupported", format!("This cannot be asked: {detail}.")),
            };
            Verdict::new(word, words)
        }
        CourierError::Refused(refusal) => {
            let said = if refusal.code.is_empty() { refusal.text.clone() } else { format!("{}, {}", refusal.code, refusal.text) };
            match refusal.kind {
                RefusalKind::Account => Verdict::new(
                    "account_refused",
                    format!("It refuses the account ({said}). Wrong signature, unknown key, or this interface is not opened for it."),
                ),
                RefusalKind::Input | RefusalKind::Final | RefusalKind::NotYet | RefusalKind::AlreadyAsked => {
                    Verdict::new("ok", format!("It answers, and takes the account. It refuses the number ({said})."))
                }
                RefusalKind::Unrecognized => Verdict::new(
                    "unrecognized",
                    format!("It answers with a code that is in no table ({said}). Its documents say what it means."),
                ),
            }
        }
        CourierError::Unconfirmed { reason, detail } => {
            let (word, words) = match reason {
                U::Timeout => ("timeout", format!("It was sent, and no answer came ({detail}).")),
                U::Broken => ("broken", format!("The connection broke while waiting for the answer ({detail}).")),
                U::CourierFailed => ("courier_failed", format!("The courier's side failed ({detail}). Try again later.")),
                U::Malformed => (
                    "malformed",
                    format!("What came is not this interface's answer ({detail}). Is the address another product's, or a proxy's page?"),
                ),
                U::TooLarge => ("too_large", format!("The answer is larger than is read ({detail}).")),
                U::Redirected => ("redirected", format!("It points elsewhere ({detail}): the address has changed.")),
            };
            Verdict::new(word, words)
        }
    }
}
