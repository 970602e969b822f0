//! Scripted lives: what happens to a parcel, and after how many hours.

use serde::{Deserialize, Serialize};

/// A parcel's life, unless somebody steps in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Life {
    /// Collected, carried, delivered within two days.
    Ordinary,
    /// Stands still after it left; moves again when it is urged.
    Stalls,
    /// Left and never seen again; urging does not help, a claim is paid.
    Lost,
    /// Broken on the way and held; a claim is paid.
    Damaged,
    /// Carried to a wrong city first, then right.
    Misrouted,
    /// Brought in vain, then brought again.
    FailedDelivery,
    /// The buyer does not take it; it comes back.
    Refused,
    /// Lies at a pick-up point, and is not fetched.
    Uncollected,
    /// Signed already when it is first asked about.
    Signed,
    /// Ordered, and not handed over yet.
    NotCollected,
}

impl Life {
    /// Every one.
    pub const ALL: [Life; 10] = [
        Life::Ordinary,
        Life::Stalls,
        Life::Lost,
        Life::Damaged,
        Life::Misrouted,
        Life::FailedDelivery,
        Life::Refused,
        Life::Uncollected,
        Life::Signed,
        Life::NotCollected,
    ];

    /// Its name, as `POST /parcels` takes it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Life::Ordinary => "ordinary",
            Life::Stalls => "stalls",
            Life::Lost => "lost",
            Life::Damaged => "damaged",
            Life::Misrouted => "misrouted",
            Life::FailedDelivery => "failed_delivery",
            Life::Refused => "refused",
            Life::Uncollected => "uncollected",
            Life::Signed => "signed",
            Life::NotCollected => "not_collected",
        }
    }

    /// The life that a share of chance falls on: most parcels are ordinary.
    pub(crate) fn by_share(share: f64) -> Life {
        match share {
            s if s < 0.66 => Life::Ordinary,
            s if s < 0.74 => Life::Stalls,
            s if s < 0.77 => Life::Lost,
            s if s < 0.80 => Life::Damaged,
            s if s < 0.84 => Life::Misrouted,
            s if s < 0.91 => Life::FailedDelivery,
            s if s < 0.95 => Life::Refused,
            _ => Life::Uncollected,
        }
    }

    /// What happens, where, and how many hours after it was ordered.
    pub(crate) fn plan(self) -> &'static [(f64, Step, Stop)] {
        use Step as S;
        use Stop as P;
        match self {
            Life::NotCollected => &[],
            Life::Ordinary | Life::Signed => &[
                (2.0, S::Collected, P::Outlet),
                (4.0, S::Departed, P::Outlet),
                (10.0, S::Arrived, P::Hub),
                (12.0, S::Departed, P::Hub),
                (30.0, S::Arrived, P::FarHub),
                (36.0, S::Arrived, P::FarOutlet),
                (38.0, S::OutForDelivery, P::FarOutlet),
                (42.0, S::Signed, P::FarOutlet),
            ],
            Life::Stalls | Life::Lost => {
                &[(2.0, S::Collected, P::Outlet), (4.0, S::Departed, P::Outlet), (10.0, S::Arrived, P::Hub), (12.0, S::Departed, P::Hub)]
            }
            Life::Damaged => &[
                (2.0, S::Collected, P::Outlet),
                (4.0, S::Departed, P::Outlet),
                (10.0, S::Arrived, P::Hub),
                (12.0, S::Departed, P::Hub),
                (30.0, S::Arrived, P::FarHub),
                (31.0, S::Damaged, P::FarHub),
                (32.0, S::Held, P::FarHub),
            ],
            Life::Misrouted => &[
                (2.0, S::Collected, P::Outlet),
                (4.0, S::Departed, P::Outlet),
                (10.0, S::Arrived, P::Hub),
                (12.0, S::Departed, P::Hub),
                (28.0, S::Arrived, P::WrongHub),
                (29.0, S::Misrouted, P::WrongHub),
                (40.0, S::Departed, P::WrongHub),
                (60.0, S::Arrived, P::FarOutlet),
                (62.0, S::OutForDelivery, P::FarOutlet),
                (66.0, S::Signed, P::FarOutlet),
            ],
            Life::FailedDelivery => &[
                (2.0, S::Collected, P::Outlet),
                (4.0, S::Departed, P::Outlet),
                (12.0, S::Departed, P::Hub),
                (36.0, S::Arrived, P::FarOutlet),
                (38.0, S::OutForDelivery, P::FarOutlet),
                (43.0, S::Failed, P::FarOutlet),
                (62.0, S::OutForDelivery, P::FarOutlet),
                (66.0, S::Signed, P::FarOutlet),
            ],
            Life::Refused => &[
                (2.0, S::Collected, P::Outlet),
                (4.0, S::Departed, P::Outlet),
                (12.0, S::Departed, P::Hub),
                (36.0, S::Arrived, P::FarOutlet),
                (38.0, S::OutForDelivery, P::FarOutlet),
                (43.0, S::Refused, P::FarOutlet),
                (50.0, S::Turned, P::FarOutlet),
                (70.0, S::Arrived, P::Hub),
                (80.0, S::BackHome, P::Outlet),
            ],
            Life::Uncollected => &[
                (2.0, S::Collected, P::Outlet),
                (4.0, S::Departed, P::Outlet),
                (12.0, S::Departed, P::Hub),
                (36.0, S::Arrived, P::FarOutlet),
                (38.0, S::OutForDelivery, P::FarOutlet),
                (41.0, S::AtStation, P::FarOutlet),
            ],
        }
    }
}

/// What a scan says. Each courier has its own codes for these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// A courier took it from its sender.
    Collected,
    /// It left a place.
    Departed,
    /// It came to a place.
    Arrived,
    /// Somebody carries it to its recipient.
    OutForDelivery,
    /// It lies at a pick-up point.
    AtStation,
    /// It was signed for.
    Signed,
    /// It was brought in vain.
    Failed,
    /// Its recipient did not take it.
    Refused,
    /// Something of it is broken.
    Damaged,
    /// It is held.
    Held,
    /// It is in a wrong city.
    Misrouted,
    /// It is on its way back.
    Turned,
    /// It is on its way to another address.
    Redirected,
    /// It travels under another number from here on, back to its sender.
    RelabelledBack,
    /// It travels under another number from here on, to another address.
    RelabelledOn,
    /// It is back at its sender's.
    BackHome,
    /// Its order was cancelled before it was collected.
    Cancelled,
}

impl Step {
    /// Whether nothing comes after it.
    pub(crate) const fn is_last(self) -> bool {
        matches!(self, Step::Signed | Step::BackHome | Step::Cancelled | Step::RelabelledBack | Step::RelabelledOn)
    }

    /// Whether it is on its way back, or was.
    pub(crate) const fn is_turned(self) -> bool {
        matches!(self, Step::Turned | Step::Redirected | Step::RelabelledBack | Step::RelabelledOn | Step::Refused)
    }
}

/// Where on a parcel's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    Outlet,
    Hub,
    WrongHub,
    FarHub,
    FarOutlet,
}

impl Stop {
    /// Where a step of which no more is known happens.
    pub(crate) const fn of(step: Step) -> Self {
        match step {
            Step::Collected | Step::BackHome | Step::Cancelled => Stop::Outlet,
            Step::Departed | Step::Arrived => Stop::Hub,
            Step::Misrouted => Stop::WrongHub,
            Step::Damaged | Step::Held | Step::Turned | Step::Redirected | Step::RelabelledBack | Step::RelabelledOn => Stop::FarHub,
            Step::OutForDelivery | Step::AtStation | Step::Signed | Step::Failed | Step::Refused => Stop::FarOutlet,
        }
    }
}

/// Back to the sender: hours after it turned.
pub(crate) const WAY_BACK: [(f64, Step, Stop); 3] =
    [(5.0, Step::Departed, Stop::FarHub), (18.0, Step::Arrived, Stop::Hub), (24.0, Step::BackHome, Stop::Outlet)];
/// On to another address: hours after it was redirected.
pub(crate) const WAY_ON: [(f64, Step, Stop); 4] = [
    (5.0, Step::Departed, Stop::FarHub),
    (20.0, Step::Arrived, Stop::FarOutlet),
    (22.0, Step::OutForDelivery, Stop::FarOutlet),
    (26.0, Step::Signed, Stop::FarOutlet),
];
/// What an urge wakes: hours after it.
pub(crate) const WOKEN: [(f64, Step, Stop); 4] = [
    (6.0, Step::Arrived, Stop::FarHub),
    (12.0, Step::Arrived, Stop::FarOutlet),
    (14.0, Step::OutForDelivery, Stop::FarOutlet),
    (18.0, Step::Signed, Stop::FarOutlet),
];
/// From the courier's yes to the scan that shows it, in hours.
pub(crate) const UNTIL_TURNED: f64 = 3.0;
