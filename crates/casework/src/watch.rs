//! Which parcels want to be looked at, how often, and by when: what the courier lanes spend their budget by.
//!
//! Deliberately absent: who is asked, and what a courier allows (the lanes').

use crate::casefile::{CaseFile, Deadline, DeadlineState, Operation, OperationState, Parcel};
use crate::fact::Waybill;
use crate::instant::{Instant, Length};
use crate::look::index;
use crate::parcel::Phase;
use crate::words::{CaseKind, Courier, OperationKind, OperationStatus, OrderStatus};

/// Within this time before a rung a parcel is to be asked about.
pub const BEFORE_RUNG: Length = Length::hours(1);
/// A parcel becomes due for that this long before the rung: a little less, so that a look counts for its rung.
const DUE_BEFORE_RUNG: Length = Length::minutes(55);
/// Two questions about one parcel lie at least this far apart, whatever is at stake.
const LEAST: Length = Length::minutes(10);
/// And at most this far, while it is watched at all.
const MOST: Length = Length::hours(24);
/// How long a look that nothing presses may be put off before it goes ahead of later rungs.
const PATIENCE: Length = Length::hours(24);

/// A parcel to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch<'a> {
    /// Which.
    pub waybill: &'a Waybill,
    /// How often, where nothing presses.
    pub every: Length,
    /// The next rung or due time of what runs about it; nothing where nothing runs.
    pub acts_at: Option<Instant>,
    /// The courier and an aggregator are both to be asked: it stands still, or money hangs on it.
    pub both: bool,
}

/// The parcels of a case file that want to be looked at. One that is final by what is known, or was replaced, is not among them.
#[must_use]
pub fn watches(file: &CaseFile) -> Vec<Watch<'_>> {
    let all = file.parcels.iter().enumerate();
    all.filter(|(_, p)| p.is_current() && p.waybill.courier != Courier::Other).filter_map(|(i, p)| watch(file, index(i), p)).collect()
}

fn watch<'a>(file: &'a CaseFile, at: u32, parcel: &'a Parcel) -> Option<Watch<'a>> {
    let open_case = |kind| file.open_case_on(kind, at).is_some();
    let is_live = |kind| file.live_operation(at, kind).is_some();
    let slow_case = [CaseKind::Stalled, CaseKind::Uncollected, CaseKind::Undelivered, CaseKind::Lost, CaseKind::Misrouted];
    let called_off = file.order.as_ref().is_some_and(|o| o.status != OrderStatus::Paid);
    let acts_at = file.deadlines.iter().filter(|d| is_about(file, d, at)).map(next_act).min();
    let every = match parcel.phase() {
        Phase::Delivered | Phase::Home => return None,
        Phase::Lost if open_case(CaseKind::Lost) => Length::hours(24),
        Phase::Lost => return None,
        Phase::Unscanned if called_off && !file.is_open() => return None,
        _ if is_live(OperationKind::Intercept) || is_live(OperationKind::InterceptCancel) => Length::minutes(20),
        Phase::OutForDelivery => Length::hours(1),
        _ if is_live(OperationKind::AddressChange) => Length::hours(1),
        _ if slow_case.into_iter().any(open_case) => Length::hours(2),
        Phase::Back | Phase::Refused => Length::hours(6),
        _ if acts_at.is_some() => Length::hours(4),
        _ => Length::hours(12),
    };
    let doubtful = [CaseKind::Stalled, CaseKind::Lost, CaseKind::NotReceived].into_iter().any(open_case);
    let money = || file.tasks.iter().any(|t| t.is_open() && t.parcel == Some(at) && t.money.is_some());
    Some(Watch { waybill: &parcel.waybill, every, acts_at, both: doubtful || is_live(OperationKind::Claim) || money() })
}

/// Whether what runs is about this parcel: about it alone, or about the whole order.
fn is_about(file: &CaseFile, deadline: &Deadline, parcel: u32) -> bool {
    deadline.state == DeadlineState::Running && file.parcel_of_subject(deadline.subject).is_none_or(|p| p == parcel)
}

fn next_act(deadline: &Deadline) -> Instant {
    deadline.rungs.get(usize::from(deadline.acted)).copied().unwrap_or(deadline.acts_at)
}

/// Whether a parcel is final by what is known (delivered, turned round, home, lost), or goes on under another number: nothing can be
/// changed about it any more.
#[must_use]
pub fn is_final(file: &CaseFile, waybill: &Waybill) -> bool {
    file.parcel_of(waybill).is_none_or(|at| {
        let parcel = file.parcel(at);
        parcel.phase().is_final() || !parcel.is_current()
    })
}

/// The last four digits of the phone under which the courier has a parcel, which some couriers want before they show a history: that of the
/// order's recipient, or the one that the courier took since.
#[must_use]
pub fn phone_tail(file: &CaseFile, waybill: &Waybill) -> Option<String> {
    let parcel = file.parcel_of(waybill);
    let taken = |o: &&Operation| {
        Some(o.parcel) == parcel && matches!(o.state, OperationState::Accepted | OperationState::Settled(OperationStatus::Succeeded))
    };
    let changed = file.operations.iter().rev().filter(taken).find_map(|operation| operation.phone_tail.clone());
    changed.or_else(|| tail_of(file.order.as_ref()?.recipient.as_ref()?.phone.as_ref()?))
}

/// The last four digits of a phone; of a virtual number, the four behind its `-`.
pub(crate) fn tail_of(phone: &str) -> Option<String> {
    let part = phone.rsplit(['-', '转']).find(|part| part.chars().filter(char::is_ascii_digit).count() >= 4)?;
    let digits: Vec<char> = part.chars().filter(char::is_ascii_digit).collect();
    Some(digits[digits.len() - 4..].iter().collect())
}

/// What was asked about a parcel so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Looks {
    /// When it was asked last.
    pub asked_at: Instant,
    /// When the answer last said something new.
    pub changed_at: Instant,
    /// Questions in a row that brought no answer about it.
    pub failures: u32,
    /// The courier tells of it by itself: it is asked more seldom, and in the hour before a rung all the same.
    pub pushed: bool,
}

/// When a parcel is to be asked about next, and its rank among those that are due then: the smaller, the earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextLook {
    /// Not before.
    pub at: Instant,
    /// The rank: the rung that it is wanted by, or later where the rung was looked at already.
    pub rank: Instant,
}

/// How often a parcel is looked at of which the courier tells by itself: less, unless it is looked at several times an hour because something is
/// under way.
fn pushed_every(every: Length) -> Length {
    if every < Length::hours(1) { every } else { Length::millis(every.as_millis() * 3).min(MOST) }
}

/// After a look. `spread` is a random number from 0 to 1: looks are spread, so that what began together does not stay together.
#[must_use]
pub fn next_look(looks: Looks, every: Length, acts_at: Option<Instant>, spread: f64) -> NextLook {
    let asked = looks.asked_at;
    let unmoved = Length::millis(asked.since(looks.changed_at).as_millis() / 16);
    let every = if looks.pushed { pushed_every(every) } else { every };
    let mut pause = every.max(unmoved).min(MOST);
    let part = if looks.pushed { 2 } else { 4 };
    let near = acts_at.filter(|at| *at > asked).map(|at| Length::millis(at.since(asked).as_millis() / part));
    if let Some(near) = near {
        pause = pause.min(near.max(LEAST));
    }
    if looks.failures > 0 {
        // Who is not known, or got no answer, is asked less and less.
        let doubled = LEAST.as_millis() << looks.failures.min(7);
        pause = pause.max(Length::millis(doubled)).min(MOST);
    }
    // Between three quarters of the pause and the whole of it.
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a day in milliseconds is exact")]
    let spread = (pause.as_millis() as f64 * (0.75 + 0.25 * spread.clamp(0.0, 1.0))) as i64;
    let mut at = asked + Length::millis(spread).max(LEAST);
    // The hour before a rung has a look of its own; where this was it, the pause alone holds.
    if let Some(rung) = acts_at.filter(|rung| asked + BEFORE_RUNG < *rung) {
        at = at.min(rung - DUE_BEFORE_RUNG);
    }
    NextLook { at, rank: rank(at, asked, acts_at) }
}

/// The rank of a look that is due at `at`: by the next rung, behind all others' where the hour before that rung was looked at already.
#[must_use]
pub fn rank(at: Instant, asked_at: Instant, acts_at: Option<Instant>) -> Instant {
    let patience = at + PATIENCE;
    match acts_at {
        Some(rung) if asked_at + BEFORE_RUNG >= rung => (rung + BEFORE_RUNG).min(patience),
        Some(rung) => rung.min(patience),
        None => patience,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Instant {
        Instant::from_millis(1_773_000_000_000) + Length::minutes(minutes)
    }

    fn looks(asked: i64) -> Looks {
        Looks { asked_at: at(asked), changed_at: at(asked), failures: 0, pushed: false }
    }

    #[test]
    fn a_rung_far_off_is_looked_at_within_its_last_hour() {
        let next = next_look(looks(0), Length::hours(12), Some(at(150)), 1.0);
        assert!(next.at <= at(95), "a quarter of the time, or the last hour");
        let near = next_look(looks(90), Length::hours(12), Some(at(150)), 1.0);
        assert!(near.at <= at(105) && near.at >= at(100), "{}", near.at);
    }

    #[test]
    fn who_was_asked_in_the_last_hour_goes_behind_who_was_not() {
        let done = rank(at(10), at(0), Some(at(30)));
        let not_yet = rank(at(10), at(-120), Some(at(60)));
        assert!(not_yet < done);
        assert!(rank(at(10), at(-120), Some(at(20))) < not_yet, "the earlier rung first");
        assert!(rank(at(10), at(-120), None) > done, "nothing at stake last");
        assert_eq!(rank(at(0), at(-120), None), at(24 * 60), "and even that is put off for a day at most");
    }

    #[test]
    fn what_the_courier_tells_by_itself_is_asked_about_less_and_before_a_rung_all_the_same() {
        let count = |pushed| {
            let mut asked = vec![0];
            while asked[asked.len() - 1] < 24 * 60 {
                let next = next_look(Looks { pushed, ..looks(asked[asked.len() - 1]) }, Length::hours(4), Some(at(24 * 60)), 1.0).at;
                asked.push(next.since(at(0)).as_millis() / 60_000);
            }
            assert!(asked.iter().any(|minute| (23 * 60..24 * 60).contains(minute)), "one lies in the last hour: {asked:?}");
            asked.len()
        };
        assert!(count(true) * 3 <= count(false) * 2, "{} and {}", count(true), count(false));
        let intercepted = next_look(Looks { pushed: true, ..looks(0) }, Length::minutes(20), None, 1.0);
        assert_eq!(intercepted.at, at(20), "something is under way");
    }

    #[test]
    fn what_does_not_move_and_what_is_not_known_is_asked_less() {
        let moving = next_look(looks(0), Length::hours(4), None, 1.0).at;
        let still = Looks { changed_at: at(-200 * 60), ..looks(0) };
        assert!(next_look(still, Length::hours(4), None, 1.0).at > moving);
        let failed = Looks { failures: 6, ..looks(0) };
        assert!(next_look(failed, Length::hours(4), None, 1.0).at > moving);
        let for_ever = Looks { failures: 90, changed_at: at(-20_000 * 60), ..looks(0) };
        assert_eq!(next_look(for_ever, Length::hours(4), None, 1.0).at, at(24 * 60));
    }
}
