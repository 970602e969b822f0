//! Asks couriers to tell of parcels by themselves, once a parcel and account.
//!
//! It is written down before a courier is asked, and stays written where nobody knows whether it was heard: Kuaidi100 takes four a month for a
//! number. A parcel of which the courier tells is asked about more seldom, not never.

use super::LaneError;
use super::lane::Own;
use parcelward_casework::fact::Waybill;
use parcelward_casework::instant::Length;
use parcelward_courier::{
    Call, CourierAdapter, CourierError, NotSentReason, PhoneTail, RefusalKind, SubscribeQuery, Subscription, UnclearReason,
};
use parcelward_store::lanes::{ClaimedPoll, GateKind, SubscriptionEnd};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// An account that may not subscribe is not asked to for so long.
const NOT_ALLOWED: Length = Length::hours(24);

/// A parcel of which the courier is to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) waybill: Waybill,
    phone_tail: Option<String>,
}

/// Whether, and when, a parcel in hand is to be subscribed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Never,
    /// While it is asked about as well.
    Beside,
    /// Before the courier answers questions about it.
    First,
}

/// For one account's parcel.
pub(super) fn when(own: &Own, poll: &ClaimedPoll) -> When {
    let Some(adapter) = own.account.adapter(poll.waybill.courier) else { return When::Never };
    let Some(subscription) = adapter.subscription().filter(|_| poll.unsubscribed) else { return When::Never };
    if own.no_subscriptions_until.load(Ordering::Relaxed) > own.shared.now().millis() {
        return When::Never;
    }
    if subscription.comes_first() {
        When::First
    } else if own.account.takes_pushes && adapter.push_in().is_some() && poll.answer.is_some() {
        // Before the first scan some couriers know no such number.
        When::Beside
    } else {
        When::Never
    }
}

impl From<&ClaimedPoll> for Wanted {
    fn from(poll: &ClaimedPoll) -> Self {
        Wanted { waybill: poll.waybill.clone(), phone_tail: poll.phone_tail.clone() }
    }
}

/// Asks about parcels of one courier in one call.
pub(super) async fn ask(own: &Own, wanted: Vec<Wanted>) {
    if let Err(error) = ask_and_record(own, wanted).await {
        tracing::warn!(account = own.account.name, %error, "whether a courier tells of parcels by itself could not be stored");
    }
}

async fn ask_and_record(own: &Own, wanted: Vec<Wanted>) -> Result<(), LaneError> {
    let (store, now) = (&own.shared.store, own.shared.now());
    let mut chosen = Vec::with_capacity(wanted.len());
    for one in wanted {
        if store.begin_subscription(&own.account.name, &one.waybill, now).await? {
            chosen.push(one);
        }
    }
    let Some(first) = chosen.first() else { return Ok(()) };
    let adapter = own.account.adapter(first.waybill.courier);
    let Some((adapter, subscription)) = adapter.and_then(|adapter| Some((adapter, adapter.subscription()?))) else { return Ok(()) };
    let query =
        |one: &Wanted| SubscribeQuery { number: one.waybill.number.clone(), phone_tail: one.phone_tail.as_deref().and_then(PhoneTail::of) };
    let queries: Vec<SubscribeQuery> = chosen.iter().map(query).collect();
    let answers = subscribe(own, &**adapter, subscription, &queries).await;
    // A courier that refuses this, or answers it badly, may answer questions well all the same.
    if let Err(error @ CourierError::NotSent { .. }) = &answers {
        own.learn(GateKind::Ask, Some(error)).await?;
    }
    let told = own.account.takes_pushes && adapter.push_in().is_some();
    for (at, one) in chosen.iter().enumerate() {
        let answer = match &answers {
            Ok(answers) => answers.get(at).map_or(Err(None), |answer| answer.as_ref().copied().map_err(Some)),
            Err(error) => Err(Some(error)),
        };
        let Some(end) = end(own, answer, told) else { continue };
        let detail = answer.err().flatten().map(ToString::to_string);
        store.end_subscription(&own.account.name, &one.waybill, end, detail.as_deref()).await?;
    }
    Ok(())
}

async fn subscribe(
    own: &Own,
    adapter: &dyn CourierAdapter,
    subscription: &dyn Subscription,
    queries: &[SubscribeQuery],
) -> Result<Vec<Result<(), CourierError>>, CourierError> {
    let limited = |_| CourierError::not_sent(NotSentReason::Limited, "the account's own gate");
    let permit = adapter.transport().gate().pass_within(Duration::from_secs(2)).await.map_err(limited)?;
    let call = Call::at(own.shared.now(), uuid::Uuid::new_v4().simple().to_string()).within(own.shared.options.call).with_permit(permit);
    let asked = tokio::time::timeout(own.shared.options.call, subscription.subscribe(&call, queries)).await;
    asked.unwrap_or_else(|_| Err(CourierError::unconfirmed(UnclearReason::Timeout, "no answer in the call's time")))
}

/// What an answer comes to; nothing where nobody knows whether it was heard.
fn end(own: &Own, answer: Result<(), Option<&CourierError>>, told: bool) -> Option<SubscriptionEnd> {
    match answer {
        Ok(()) => Some(SubscriptionEnd::Taken(told)),
        Err(Some(CourierError::NotSent { .. })) => Some(SubscriptionEnd::NotAsked),
        Err(Some(CourierError::Refused(refusal))) => Some(match refusal.kind {
            RefusalKind::AlreadyAsked => SubscriptionEnd::Taken(told),
            RefusalKind::NotYet => SubscriptionEnd::NotAsked,
            RefusalKind::Account => {
                let until = own.shared.now() + NOT_ALLOWED;
                if own.no_subscriptions_until.swap(until.millis(), Ordering::Relaxed) < own.shared.now().millis() {
                    tracing::warn!(account = own.account.name, %refusal, "the account may not ask the courier to tell of parcels by itself");
                }
                SubscriptionEnd::NotAsked
            }
            RefusalKind::Final | RefusalKind::Input | RefusalKind::Unrecognized => SubscriptionEnd::Refused,
        }),
        Err(Some(CourierError::Unconfirmed { .. }) | None) => None,
    }
}
