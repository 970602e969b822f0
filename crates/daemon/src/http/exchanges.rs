//! What was said with couriers: every attempt of an operation with its exchanges, and how couriers are asked about a parcel.
//!
//! Exchanges were masked before they were stored. Deliberately absent: what an answer means for the order (the journal says that).

use super::schedules::Moment;
use super::spoken::{Speech, moment};
use parcelward_casework::instant::Instant;
use parcelward_store::lanes::{AttemptRow, OperationLane, PUSHED, Phase, PollState, Question, TroubledCall};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// One request and its answer, masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ExchangeView {
    /// `out`: we asked the courier; `in`: the courier told us by itself.
    pub direction: &'static str,
    /// When it was sent.
    pub at: Moment,
    /// Method, host and path; of a push the path here, without its secret.
    pub to: String,
    /// Whether it asked the courier to change something.
    pub changes: bool,
    /// What was sent, masked and cut.
    pub request: String,
    /// How it ended, in words.
    pub end: String,
    /// HTTP status, where one came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u64>,
    /// What came back, masked and cut.
    pub response: String,
    /// Milliseconds until the end.
    pub took_ms: u64,
}

/// An attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AttemptView {
    /// Its number.
    pub number: u64,
    /// `send`, `look` (whether an earlier one arrived) or `watch` (how it stands).
    pub mode: String,
    /// By which account.
    pub account: String,
    /// Since when.
    pub started_at: Moment,
    /// Until when; absent where it runs, or where its daemon died.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Moment>,
    /// How it ended, in one word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// What it was and how it ended, in words.
    pub text: String,
    /// What was said on the wire.
    pub exchanges: Vec<ExchangeView>,
}

/// How the courier was, is and will be asked for an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OperationAccount {
    /// `interface` or `phone`.
    pub by: &'static str,
    /// The account that asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// `planned`, `sending`, `unclear`, `watched` or `done`.
    pub phase: &'static str,
    /// Our name for it at the courier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub our_reference: Option<String>,
    /// The courier's number of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub courier_reference: Option<String>,
    /// Every attempt, in order.
    pub attempts: Vec<AttemptView>,
    /// What the lane does next, in words.
    pub then: String,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub then_at: Option<Moment>,
}

/// How a source is asked about a parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ParcelWatch {
    /// The parcel (`yto:YT1`).
    pub waybill: String,
    /// The account that asks; absent where nobody does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// When it was asked last, and is asked next, in words.
    pub text: String,
    /// When it was asked last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<Moment>,
    /// When it is asked next; absent where it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_at: Option<Moment>,
    /// The newest questions that brought news or went wrong, the oldest first. Of others nothing is kept.
    pub questions: Vec<QuestionView>,
}

/// A question about a parcel, or what the courier told of it by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct QuestionView {
    /// When it was asked, or told.
    pub at: Moment,
    /// By which account, or to which.
    pub account: String,
    /// `news`, `not_found`, `not_mentioned`, `refused` or `failed`; of a push `taken`, or `known` where it said nothing new.
    pub outcome: String,
    /// What came of it, in words.
    pub text: String,
    /// What was said on the wire.
    pub exchanges: Vec<ExchangeView>,
}

/// What the case file knows of an operation.
pub(super) struct Known<'a> {
    /// The courier's interface was to be asked.
    pub requested: bool,
    /// It ended.
    pub settled: bool,
    /// The courier's code.
    pub courier: &'a str,
    /// The courier's number of it.
    pub reference: Option<&'a str>,
}

/// An operation's account.
pub(super) fn operation(known: &Known<'_>, lane: Option<&OperationLane>, rows: &[AttemptRow], speech: Speech) -> OperationAccount {
    let attempts: Vec<AttemptView> = rows.iter().map(attempt).collect();
    let (then, then_at) = if !known.requested {
        ("a person asks the courier by phone; nothing is sent".to_owned(), None)
    } else {
        lane.map_or(("nothing is sent any more".to_owned(), None), |lane| then(known, lane, speech))
    };
    OperationAccount {
        by: if known.requested { "interface" } else { "phone" },
        account: lane.and_then(|lane| lane.account.clone()).filter(|_| known.requested),
        phase: lane.filter(|_| known.requested).map_or("done", |lane| lane.phase.word()),
        our_reference: lane.and_then(|lane| lane.client_ref.clone()),
        courier_reference: known.reference.map(str::to_owned),
        attempts,
        then,
        then_at: then_at.map(moment),
    }
}

/// What the lane does next.
fn then(known: &Known<'_>, lane: &OperationLane, speech: Speech) -> (String, Option<Instant>) {
    let account = lane.account.as_deref().unwrap_or_default();
    let when = |at| speech.time(at);
    if known.settled {
        return ("it is settled; nothing more is asked".to_owned(), None);
    }
    if lane.is_told {
        return ("an answer is stored; the desk takes it in a moment".to_owned(), None);
    }
    match lane.phase {
        Phase::Planned if account.is_empty() => {
            (format!("it waits for an account that serves {}; where none is configured, a person is asked to phone", known.courier), None)
        }
        Phase::Planned if lane.tries > 0 => {
            let tries = lane.tries;
            (
                format!("account {account} tries again, {tries} time{} not sent so far", if tries == 1 { "" } else { "s" }),
                Some(lane.not_before),
            )
        }
        Phase::Planned => (format!("account {account} sends it"), Some(lane.not_before)),
        Phase::Sending => {
            let until = lane
                .lease_until
                .map(|at| format!(" If nothing is heard of it by {}, it counts as unclear and is looked up, never sent twice.", when(at)));
            (format!("an attempt is under way.{}", until.unwrap_or_default()), lane.lease_until)
        }
        Phase::Unclear => {
            let looks = lane.looks;
            let text = "nobody knows whether the courier has it. It is looked up at the courier and never sent twice; where it cannot be found \
                        out, a person gets it";
            (format!("{text} ({looks} look-up{} so far)", if looks == 1 { "" } else { "s" }), Some(lane.not_before))
        }
        Phase::Watched => (format!("the courier has it; account {account} asks how it stands"), Some(lane.not_before)),
        Phase::Done => ("nothing more is asked; its end comes with the parcel's scans or a person's word".to_owned(), None),
    }
}

fn attempt(row: &AttemptRow) -> AttemptView {
    let what = match row.mode.as_str() {
        "send" => "sending",
        "look" => "looked for an earlier one",
        _ => "asked how it stands",
    };
    let end = match (&row.outcome, row.ended_at) {
        (Some(outcome), _) => ended(outcome),
        (None, Some(_)) => "ended",
        (None, None) => "no end is known: it runs, or its daemon died over it",
    };
    let detail = row.detail.as_deref().map(|detail| format!(" ({})", parcelward_courier::mask::phones(detail))).unwrap_or_default();
    AttemptView {
        number: row.number,
        mode: row.mode.clone(),
        account: row.account.clone(),
        started_at: moment(row.started_at),
        ended_at: row.ended_at.map(moment),
        outcome: row.outcome.clone(),
        text: format!("{what}: {end}{detail}"),
        exchanges: exchanges(row.exchange.as_deref()),
    }
}

/// How an attempt ended, in words.
fn ended(outcome: &str) -> &str {
    match outcome {
        "accepted" => "the courier took it",
        "succeeded" => "the courier has done it",
        "failed" => "the courier could not do it",
        "rejected" => "refused, or never sent: a person takes over",
        "unknown" => "nobody knows whether the courier has it: a person finds out",
        "not_sent" => "it never left; it is tried again",
        "not_yet" => "the courier says: not yet; it is tried again later",
        "already_asked" => "the courier says that it was asked already: that one is looked for",
        "unconfirmed" => "it left, and no clear answer came: it is looked for, not sent again",
        "looking_first" => "held back for a moment: the parcel is looked at first",
        "not_seen_yet" => "the courier does not show it yet",
        "look_failed" => "the courier did not answer; it is looked for again",
        "not_there" => "it never reached the courier: it is sent now",
        "pending" => "the courier is still at it",
        "closed" => "the courier has closed it without saying how: the scans say it",
        "ended" => "the courier has ended it",
        "not_answered" => "the courier did not answer; it is asked again",
        "nothing_to_ask" => "there is nothing to ask it by",
        "watched_long_enough" => "asked for long enough: no more",
        "no_account" => "the account serves this courier no longer",
        other => other,
    }
}

/// Exchanges as they were stored.
fn exchanges(json: Option<&str>) -> Vec<ExchangeView> {
    let list: Vec<Value> = json.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
    list.iter().map(exchange).collect()
}

fn exchange(one: &Value) -> ExchangeView {
    let text = |field: &str| one[field].as_str().unwrap_or_default().to_owned();
    let end = match &one["end"] {
        Value::String(word) if word == "answered" => "answered".to_owned(),
        Value::String(_) => "given up before an answer came; it may have left".to_owned(),
        Value::Object(ends) => match ends.iter().next() {
            Some((how, why)) if how == "never_left" => format!("never left: {}", why.as_str().unwrap_or_default()),
            Some((_, why)) => format!("left, and no whole answer came: {}", why.as_str().unwrap_or_default()),
            None => String::new(),
        },
        _ => String::new(),
    };
    ExchangeView {
        direction: if one["direction"] == "in" { "in" } else { "out" },
        at: moment(Instant::parse(&text("at")).unwrap_or(Instant::MIN)),
        to: format!("{} {}{}", text("method"), text("host"), text("path")),
        changes: one["changes"] == true,
        request: text("request"),
        end,
        status: one["status"].as_u64(),
        response: text("response"),
        took_ms: one["took_ms"].as_u64().unwrap_or_default(),
    }
}

/// A call that did not go well.
pub(super) fn troubled(call: &TroubledCall) -> QuestionView {
    let about = match (&call.operation, &call.waybill) {
        (Some(kind), waybill) => format!("{} for {}:{}", kind.word().replace('_', " "), waybill.courier, waybill.number),
        (None, waybill) => format!("asked about {}:{}", waybill.courier, waybill.number),
    };
    let end = match &call.operation {
        Some(_) => ended(&call.outcome),
        None => "no answer that can be read",
    };
    let detail = call.detail.as_deref().map(|detail| format!(" ({})", parcelward_courier::mask::phones(detail))).unwrap_or_default();
    QuestionView {
        at: moment(call.at),
        account: call.account.clone(),
        outcome: call.outcome.clone(),
        text: format!("{about}: {end}{detail}"),
        exchanges: exchanges(call.exchange.as_deref()),
    }
}

/// How the sources are asked about a parcel.
pub(super) fn watch(waybill: &str, states: &[PollState], questions: &[Question], speech: Speech) -> Vec<ParcelWatch> {
    let said = |place: u8| questions.iter().filter(|q| q.place == place).map(question).collect();
    let view = |state: &PollState| {
        let account = state.account.clone().filter(|account| !account.is_empty());
        let who = if state.place == 0 { "the courier's tracking" } else { "the other source" };
        let asked = match state.asked_at {
            None => "was never asked".to_owned(),
            Some(at) => format!("was asked {}", speech.time(at)),
        };
        let newest = state.newest.as_ref().map(|(status, at)| format!(", said {} of {}", status.replace('_', " "), speech.time(*at)));
        let failures = match state.failures {
            0 => String::new(),
            1 => "; the last question had no answer about it".to_owned(),
            n => format!("; the last {n} questions had no answer about it"),
        };
        let next = match &account {
            Some(account) => {
                let again = if state.asked_at.is_some() { " again" } else { "" };
                format!("; account {account} asks{again} {}", speech.time(state.next_at))
            }
            None => "; no account can ask, so its scans come by file, push or hand".to_owned(),
        };
        let text = format!("{who} {asked}{}{failures}{next}", newest.unwrap_or_default());
        ParcelWatch {
            waybill: waybill.to_owned(),
            account,
            text,
            asked_at: state.asked_at.map(moment),
            next_at: Some(moment(state.next_at)),
            questions: said(state.place),
        }
    };
    // The other source is wanted for few parcels; where nobody can ask it there is nothing to tell.
    let told = states.iter().filter(|s| s.place == 0 || s.asked_at.is_some() || s.account.as_deref().is_some_and(|a| !a.is_empty()));
    let mut all: Vec<ParcelWatch> = told.map(view).collect();
    let (pushes, asked): (Vec<&Question>, Vec<&Question>) = questions.iter().partition(|q| q.place == PUSHED);
    // Once a parcel is at its end nobody is asked any more; what was said is still there.
    if all.is_empty() && !asked.is_empty() {
        all.push(ParcelWatch {
            waybill: waybill.to_owned(),
            account: None,
            text: "nobody is asked about it any more".to_owned(),
            asked_at: asked.last().map(|q| moment(q.asked_at)),
            next_at: None,
            questions: asked.into_iter().map(question).collect(),
        });
    }
    if let Some(last) = pushes.last() {
        all.push(ParcelWatch {
            waybill: waybill.to_owned(),
            account: Some(last.account.clone()),
            text: format!("tells of it by itself to account {}, last {}", last.account, speech.time(last.asked_at)),
            asked_at: None,
            next_at: None,
            questions: pushes.into_iter().map(question).collect(),
        });
    }
    all
}

fn question(question: &Question) -> QuestionView {
    let pushed = match question.outcome.as_str() {
        "taken" => "it was news, and is taken",
        _ => "it was known already",
    };
    let came = match question.outcome.as_str() {
        "news" => "it had news",
        "not_found" => "it knows no such parcel",
        "not_mentioned" => "its answer says nothing of this parcel",
        "refused" => "it refused to say",
        _ => "no answer that can be read",
    };
    let detail = question.detail.as_deref().map(|detail| format!(" ({})", parcelward_courier::mask::phones(detail))).unwrap_or_default();
    QuestionView {
        at: moment(question.asked_at),
        account: question.account.clone(),
        outcome: question.outcome.clone(),
        text: if question.place == PUSHED {
            format!("pushed to account {}: {pushed}{detail}", question.account)
        } else {
            format!("account {} asked: {came}{detail}", question.account)
        },
        exchanges: exchanges(question.exchange.as_deref()),
    }
}
