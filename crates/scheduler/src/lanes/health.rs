//! What a call's end says of the account: breaker, and what the courier said about waiting.

use super::lane::Own;
use super::{LaneError, outage};
use parcelward_casework::instant::{Instant, Length};
use parcelward_courier::{CourierError, NotSentReason, RefusalKind};
use parcelward_store::lanes::GateKind;
use std::sync::atomic::{AtomicI64, Ordering};

/// The longest pause of a breaker.
const LONGEST_PAUSE: Length = Length::minutes(15);
/// How long to wait where a courier turns calls away and does not say how long.
const TURNED_AWAY: Length = Length::millis(30_000);
/// A success is written down this often while nothing goes wrong: it ends what another daemon counts as failures in a row.
const NOTED_EACH: Length = Length::millis(500);

/// When success was last written down, by kind of call, in milliseconds UTC; long ago where something went wrong since.
#[derive(Debug, Default)]
pub(super) struct Health([AtomicI64; 2]);

impl Health {
    fn of(&self, kind: GateKind) -> &AtomicI64 {
        &self.0[match kind {
            GateKind::Ask => 0,
            GateKind::Act => 1,
        }]
    }

    /// Something is wrong, or was: the next success is written down.
    pub(super) fn doubt(&self, kind: GateKind) {
        self.of(kind).store(0, Ordering::Relaxed);
    }

    /// Whether it was written down lately, and nothing went wrong since.
    fn is_known(&self, kind: GateKind, now: Instant) -> bool {
        let since = now.millis() - self.of(kind).load(Ordering::Relaxed);
        (0..NOTED_EACH.as_millis()).contains(&since)
    }

    fn noted(&self, kind: GateKind, now: Instant) {
        self.of(kind).store(now.millis(), Ordering::Relaxed);
    }
}

impl Own {
    /// Learns from a call's end whether the account works: breaker, and what the courier said about waiting.
    pub(super) async fn learn(&self, kind: GateKind, error: Option<&CourierError>) -> Result<(), LaneError> {
        let (shared, name, now) = (&self.shared, self.account.name.as_str(), self.shared.now());
        if let Some(CourierError::NotSent { reason: NotSentReason::Throttled, retry_after, detail }) = error {
            let wait = retry_after.map_or(TURNED_AWAY, |wait| Length::millis(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX / 4)));
            let spread = Length::millis(crate::lanes::spread_of(wait.as_millis() / 10));
            // The courier means the account, not the kind of call.
            for kind in [GateKind::Ask, GateKind::Act] {
                shared.store.block(name, kind, now + wait + spread, detail).await?;
            }
            return Ok(());
        }
        match error.filter(|error| is_failure(error)) {
            Some(error) => self.failed(kind, now, error).await,
            None if error.is_some_and(says_nothing) => Ok(()),
            None if self.health.is_known(kind, now) => Ok(()),
            None => {
                self.health.noted(kind, now);
                if shared.store.note_success(name, kind).await? {
                    outage::close(shared, name).await?;
                }
                Ok(())
            }
        }
    }

    async fn failed(&self, kind: GateKind, now: Instant, error: &CourierError) -> Result<(), LaneError> {
        self.health.doubt(kind);
        let shared = &self.shared;
        let known = shared.store.gates().await?;
        let earlier = known.iter().find(|gate| gate.account == self.account.name && gate.kind == kind.word()).map_or(0, |g| g.failures);
        let over = earlier.saturating_add(1).saturating_sub(shared.options.failures).min(8);
        let pause = Length::millis(shared.options.pause.as_millis() << over).min(LONGEST_PAUSE);
        // At least half of it, so that daemons do not try at one moment and yet nobody hammers.
        let open_until = now + Length::millis(pause.as_millis() / 2 + crate::lanes::spread_of(pause.as_millis() / 2));
        let why = error.to_string();
        let since = shared.store.note_failure(&self.account.name, kind, now, shared.options.failures, open_until, &why).await?;
        match since {
            Some(since) => outage::open(shared, &self.account, since, &why).await,
            None => Ok(()),
        }
    }
}

/// Whether an error says that the account, or the courier, does not work.
fn is_failure(error: &CourierError) -> bool {
    match error {
        CourierError::NotSent { reason, .. } => {
            matches!(reason, NotSentReason::Unreachable | NotSentReason::NoToken | NotSentReason::Misconfigured)
        }
        CourierError::Refused(refusal) => refusal.kind == RefusalKind::Account,
        CourierError::Unconfirmed { .. } => true,
    }
}

/// Whether the courier was not even asked.
const fn says_nothing(error: &CourierError) -> bool {
    matches!(error, CourierError::NotSent { .. })
}
