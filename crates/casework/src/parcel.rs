//! Where a parcel stands, read from its scans. The state follows the newest scan by its own time.
//!
//! Deliberately absent: deadlines and cases (`wants`, `playbook`).

use crate::casefile::{Parcel, Scan};
use crate::instant::{Instant, Length};
use crate::words::{Direction, ExceptionReason, TrackingStatus};

/// Two scans of one status within this time may be one event seen twice.
const SAME_SCAN: Length = Length::minutes(30);

/// Where a parcel stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// No scan yet.
    Unscanned,
    /// On its way, not out for delivery.
    Moving,
    /// Out for delivery.
    OutForDelivery,
    /// Waiting at a pick-up point.
    Waiting,
    /// Signed for.
    Delivered,
    /// The recipient refused it; no scan of the way back yet.
    Refused,
    /// On its way back.
    Back,
    /// Home again (a return parcel: arrived).
    Home,
    /// Lost.
    Lost,
}

impl Phase {
    /// From the first scan until delivered, refused, lost or turned round.
    pub(crate) const fn is_on_its_way(self) -> bool {
        matches!(self, Phase::Moving | Phase::OutForDelivery | Phase::Waiting)
    }

    /// Delivered, refused, turned round or lost.
    pub(crate) const fn is_final(self) -> bool {
        !matches!(self, Phase::Unscanned) && !self.is_on_its_way()
    }

    /// Turned round, refused or home.
    pub(crate) const fn is_back(self) -> bool {
        matches!(self, Phase::Refused | Phase::Back | Phase::Home)
    }
}

impl Scan {
    /// Whether this scan shows the parcel on its way back.
    pub(crate) fn turns_round(&self) -> bool {
        matches!(self.status, TrackingStatus::Returning | TrackingStatus::Returned) || self.is_exception(ExceptionReason::Intercepted)
    }

    /// Whether this scan is an exception of that kind.
    pub(crate) fn is_exception(&self, reason: ExceptionReason) -> bool {
        self.status == TrackingStatus::Exception && self.reason == Some(reason)
    }

    /// Whether two tellings, at most half an hour apart, are one event.
    fn is_same_event(&self, other: &Scan) -> bool {
        let same_place = match (&self.place, &other.place) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        };
        self.status == other.status && self.reason == other.reason && (same_place || self.seen_by != other.seen_by)
    }

    fn rank(&self) -> (Instant, TrackingStatus, Option<ExceptionReason>) {
        (self.at, self.status, self.reason)
    }
}

impl Parcel {
    /// Takes a scan in at its place by time. Says whether it is news (not an event already seen).
    ///
    /// Which of several tellings of one event counts depends on their times alone, so that scans in any order end in the same state.
    pub(crate) fn note_scan(&mut self, scan: Scan) -> bool {
        let place = self.scans.partition_point(|s| s.rank() <= scan.rank());
        self.scans.insert(place, scan);
        for i in place..self.scans.len() {
            let (before, rest) = self.scans.split_at_mut(i);
            let Some(this) = rest.first_mut() else { break };
            let repeated =
                before.iter().rev().take_while(|s| this.at.since(s.at) <= SAME_SCAN).any(|s| !s.repeated && s.is_same_event(this));
            this.repeated = repeated;
        }
        !self.scans[place].repeated
    }

    /// The scans, oldest first, each event once.
    pub(crate) fn events(&self) -> impl DoubleEndedIterator<Item = &Scan> {
        self.scans.iter().filter(|s| !s.repeated)
    }

    /// The newest scan.
    pub(crate) fn newest(&self) -> Option<&Scan> {
        self.events().next_back()
    }

    /// When it was first scanned.
    pub(crate) fn first_scan(&self) -> Option<Instant> {
        self.events().next().map(|s| s.at)
    }

    /// Whether it was scanned at all.
    pub(crate) fn is_scanned(&self) -> bool {
        !self.scans.is_empty()
    }

    /// When it was lost, unless a later scan found it.
    pub(crate) fn lost_since(&self) -> Option<Instant> {
        let newest = self.newest();
        match newest {
            Some(scan) if scan.is_exception(ExceptionReason::Lost) => Some(scan.at),
            _ => self.lost_at.filter(|lost| newest.is_none_or(|scan| scan.at <= *lost)),
        }
    }

    /// Whether the newest scan is the one that found it after a loss.
    pub(crate) fn is_found_by_newest(&self) -> bool {
        let mut events = self.events().rev();
        let (Some(newest), before) = (events.next(), events.next()) else { return false };
        let lost_by_scan = before.is_some_and(|s| s.is_exception(ExceptionReason::Lost));
        let lost_by_word = self.lost_at.is_some_and(|lost| lost < newest.at && before.is_none_or(|s| s.at <= lost));
        !newest.is_exception(ExceptionReason::Lost) && (lost_by_scan || lost_by_word)
    }

    /// When it turned round (or was refused), if it is on its way back or home. A refusal is undone by a new delivery attempt.
    pub(crate) fn turned_since(&self) -> Option<Instant> {
        if self.direction == Direction::Return {
            return None;
        }
        let mut since = None;
        let mut firm = false;
        for scan in self.events() {
            if scan.turns_round() {
                since = since.or(Some(scan.at));
                firm = true;
            } else if scan.status == TrackingStatus::Refused {
                since = since.or(Some(scan.at));
            } else if !firm
                && matches!(scan.status, TrackingStatus::OutForDelivery | TrackingStatus::ReadyForPickup | TrackingStatus::Delivered)
            {
                since = None;
            }
        }
        let told = self.turned_at.filter(|told| !self.events().any(|s| s.at > *told && s.status == TrackingStatus::Delivered));
        match (since, told) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// When it came home: back at its sender, or, a return parcel, delivered.
    pub(crate) fn home_since(&self) -> Option<Instant> {
        let back = self.direction == Direction::Return || self.turned_since().is_some();
        self.events()
            .find(|s| s.status == TrackingStatus::Returned || (back && s.status == TrackingStatus::Delivered && !self.before_turn(s.at)))
            .map(|s| s.at)
    }

    fn before_turn(&self, at: Instant) -> bool {
        self.direction != Direction::Return && self.turned_since().is_some_and(|turned| at < turned)
    }

    /// Where it stands.
    pub(crate) fn phase(&self) -> Phase {
        if self.lost_since().is_some() {
            return Phase::Lost;
        }
        let Some(newest) = self.newest() else {
            return if self.turned_at.is_some() { Phase::Back } else { Phase::Unscanned };
        };
        if self.home_since().is_some() {
            return Phase::Home;
        }
        if self.turned_since().is_some() {
            return if newest.status == TrackingStatus::Refused { Phase::Refused } else { Phase::Back };
        }
        match newest.status {
            TrackingStatus::Delivered => Phase::Delivered,
            TrackingStatus::Refused => Phase::Refused,
            TrackingStatus::OutForDelivery => Phase::OutForDelivery,
            TrackingStatus::ReadyForPickup => Phase::Waiting,
            _ => Phase::Moving,
        }
    }

    /// Whether it was on its way at an instant, by the scans until then.
    pub(crate) fn was_on_its_way(&self, at: Instant) -> bool {
        let mut last = None;
        for scan in self.events().take_while(|s| s.at <= at) {
            if scan.turns_round() {
                return false;
            }
            last = Some(scan);
        }
        last.is_some_and(|s| {
            !matches!(s.status, TrackingStatus::Delivered | TrackingStatus::Refused) && !s.is_exception(ExceptionReason::Lost)
        })
    }

    /// Whether it takes part in anything: not replaced by another waybill.
    pub(crate) fn is_current(&self) -> bool {
        self.replaced_by.is_none()
    }

    /// Whether our own goods travel to the buyer in it.
    pub(crate) fn is_ours(&self) -> bool {
        self.direction != Direction::Return
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Waybill;
    use crate::words::{Courier, SeenBy};

    fn parcel(scans: &[(i64, TrackingStatus)]) -> Parcel {
        let mut parcel = Parcel::new(Waybill { courier: Courier::Zto, number: "1".into() }, Direction::Outbound, Instant::MIN);
        for (hour, status) in scans {
            parcel.note_scan(Scan {
                at: Instant::MIN + Length::hours(*hour),
                status: *status,
                reason: None,
                place: Some(format!("{hour}")),
                seen_by: SeenBy::Courier,
                repeated: false,
            });
        }
        parcel
    }

    #[test]
    fn the_newest_scan_by_its_own_time_tells_the_phase() {
        use TrackingStatus as T;
        for (scans, phase) in [
            (vec![], Phase::Unscanned),
            (vec![(5, T::Delivered), (1, T::Collected)], Phase::Delivered),
            (vec![(1, T::Collected), (2, T::Refused)], Phase::Refused),
            (vec![(1, T::Collected), (2, T::Refused), (3, T::InTransit)], Phase::Back),
            (vec![(1, T::Collected), (2, T::Refused), (3, T::OutForDelivery)], Phase::OutForDelivery),
            (vec![(1, T::Collected), (2, T::Returning), (3, T::InTransit)], Phase::Back),
            (vec![(1, T::Collected), (2, T::Returning), (3, T::Delivered)], Phase::Home),
            (vec![(1, T::Collected), (2, T::Returned)], Phase::Home),
        ] {
            assert_eq!(parcel(&scans).phase(), phase, "{scans:?}");
        }
    }

    #[test]
    fn one_event_seen_twice_is_one_scan() {
        let scan = |minute: i64, place: Option<&str>, seen_by| Scan {
            at: Instant::MIN + Length::minutes(minute),
            status: TrackingStatus::InTransit,
            reason: None,
            place: place.map(str::to_owned),
            seen_by,
            repeated: false,
        };
        let mut p = parcel(&[]);
        assert!(p.note_scan(scan(0, Some("长沙"), SeenBy::Courier)));
        assert!(!p.note_scan(scan(20, Some("长沙"), SeenBy::Courier)), "same place");
        assert!(!p.note_scan(scan(20, None, SeenBy::Courier)), "no place");
        assert!(!p.note_scan(scan(10, Some("武汉"), SeenBy::Platform)), "another pair of eyes");
        assert!(p.note_scan(scan(20, Some("武汉"), SeenBy::Courier)), "another place");
        assert!(p.note_scan(scan(60, Some("长沙"), SeenBy::Courier)), "much later");
    }
}
