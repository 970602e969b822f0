//! A parcel: what has happened to it, what is going to, and what it was asked.

use crate::chance;
use crate::life::{Life, Step, Stop};
use parcelward_casework::instant::{Instant, Length, rfc3339};
use parcelward_casework::words::Courier;
use serde::Serialize;

/// City, and a place in it.
const CITIES: [(&str, &str); 12] = [
    ("杭州市", "西湖"),
    ("广州市", "白云"),
    ("成都市", "双流"),
    ("武汉市", "东西湖"),
    ("西安市", "未央"),
    ("沈阳市", "浑南"),
    ("南京市", "江宁"),
    ("郑州市", "新郑"),
    ("长沙市", "雨花"),
    ("厦门市", "翔安"),
    ("济南市", "历城"),
    ("昆明市", "官渡"),
];

/// A scan, of the past or to come.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scan {
    /// When.
    #[serde(with = "rfc3339")]
    pub at: Instant,
    /// What it says.
    pub step: Step,
    /// In which city.
    pub city: &'static str,
    /// At which place there.
    pub site: String,
    /// The number that the parcel travels under from here on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_number: Option<String>,
    /// Its own number, the same however often it is told.
    pub id: u64,
}

/// Round, or to another address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Back to the sender, to the outlet, or to a given address.
    Back,
    /// On to another address.
    On,
}

/// An intercept or a redirect that was taken.
#[derive(Debug, Clone)]
pub(crate) struct Turn {
    /// What the caller calls it; empty where the interface has no field for it.
    pub(crate) client_reference: String,
    /// What the courier calls it.
    pub(crate) number: String,
    pub(crate) turns_at: Instant,
    /// What would have happened without it.
    pub(crate) held: Vec<Scan>,
    /// It comes too late: the parcel is delivered all the same.
    pub(crate) lost_race: bool,
    pub(crate) cancelled: bool,
    pub(crate) asked_at: Instant,
    pub(crate) new_number: Option<String>,
}

/// How an intercept or a redirect stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TurnState {
    /// Taken; the parcel has not turned yet.
    Asked,
    /// The parcel has turned.
    UnderWay,
    /// It is where it should go.
    Done,
    /// It was delivered all the same.
    Failed,
    /// Withdrawn before it turned.
    Cancelled,
}

#[derive(Debug, Clone)]
pub(crate) struct Parcel {
    pub(crate) courier: Courier,
    pub(crate) number: String,
    pub(crate) life: Life,
    /// In order of time; those after now are to come.
    pub(crate) scans: Vec<Scan>,
    /// Nobody knows the number before.
    pub(crate) known_from: Instant,
    /// The last four digits of its recipient's phone, where the world knows them.
    pub(crate) phone_tail: Option<String>,
    /// Of another merchant's account: couriers show it to who knows the phone.
    pub(crate) foreign: bool,
    pub(crate) turn: Option<Turn>,
    pub(crate) turns: u32,
    pub(crate) woken: bool,
    seed: u64,
}

impl Parcel {
    pub(crate) fn new(courier: Courier, number: &str, life: Life, seed: u64, known_from: Instant) -> Self {
        let (number, scans) = (number.to_owned(), Vec::new());
        Parcel { courier, number, life, scans, known_from, phone_tail: None, foreign: false, turn: None, turns: 0, woken: false, seed }
    }

    fn place(&self, stop: Stop) -> (&'static str, String) {
        let pick = |what: &str| chance::choice(self.seed, &[what, self.courier.word(), &self.number], CITIES.len());
        let (near, far) = (pick("near"), pick("far"));
        let far = if far == near { (far + 1) % CITIES.len() } else { far };
        // Neither of the two.
        let wrong = (0..CITIES.len()).find(|n| *n != near && *n != far).unwrap_or(0);
        let (city, kind) = match stop {
            Stop::Outlet => (near, "营业部"),
            Stop::Hub => (near, "转运中心"),
            Stop::WrongHub => (wrong, "转运中心"),
            Stop::FarHub => (far, "转运中心"),
            Stop::FarOutlet => (far, "营业部"),
        };
        let (city, district) = CITIES[city];
        (city, format!("{district}{kind}"))
    }

    /// Plans what comes: `after` hours of life behind `from`, each `hour` long.
    pub(crate) fn plan(&mut self, from: Instant, steps: &[(f64, Step, Stop)], hour: Length) {
        for (after, step, stop) in steps {
            let scan = self.scan(from + scaled(*after, hour), *step, *stop, None);
            self.scans.push(scan);
        }
        self.scans.sort_by_key(|scan| scan.at);
    }

    pub(crate) fn scan(&self, at: Instant, step: Step, stop: Stop, new_number: Option<String>) -> Scan {
        let (city, site) = self.place(stop);
        let told = [self.courier.word(), &self.number, &at.millis().to_string(), &format!("{step:?}")];
        Scan { at, step, city, site, new_number, id: chance::number(self.seed, &told) >> 16 }
    }

    /// What has happened by then, oldest first.
    pub(crate) fn past(&self, now: Instant) -> &[Scan] {
        &self.scans[..self.scans.partition_point(|scan| scan.at <= now)]
    }

    pub(crate) fn latest(&self, now: Instant) -> Option<&Scan> {
        self.past(now).last()
    }

    /// Takes what is to come away.
    pub(crate) fn take_future(&mut self, now: Instant) -> Vec<Scan> {
        let at = self.scans.partition_point(|scan| scan.at <= now);
        self.scans.split_off(at)
    }

    /// How its latest intercept or redirect stands.
    pub(crate) fn turn_state(&self, now: Instant) -> Option<TurnState> {
        let turn = self.turn.as_ref()?;
        let ended = self.latest(now).is_some_and(|scan| scan.step.is_last());
        Some(match (turn.cancelled, turn.lost_race) {
            (true, _) => TurnState::Cancelled,
            (false, true) if ended => TurnState::Failed,
            (false, true) => TurnState::Asked,
            _ if now < turn.turns_at || self.life == Life::Lost => TurnState::Asked,
            _ if ended && self.scans.last().is_some_and(|scan| scan.at <= now) => TurnState::Done,
            _ => TurnState::UnderWay,
        })
    }
}

/// So many hours of a life, each that long.
pub(crate) fn scaled(hours: f64, hour: Length) -> Length {
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a life is short")]
    let millis = (hours * hour.as_millis() as f64) as i64;
    Length::millis(millis)
}
