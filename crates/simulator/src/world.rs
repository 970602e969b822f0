//! The parcels, moved by the world's clock, and what may be asked of them.
//!
//! Everything is worked out when it is asked: what has happened is what was planned for before now. Parcels are registered, or appear when they
//! are first asked about, with a life that follows from the seed and the number.

use crate::chance;
use crate::clock::WorldClock;
use crate::incident::{Incident, IncidentKind};
use crate::life::Stop;
use crate::life::{Life, Step, UNTIL_TURNED, WAY_BACK, WAY_ON, WOKEN};
use crate::parcel::{Parcel, Scan, Turn, TurnState, Way, scaled};
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::words::Courier;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A parcel to register.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewParcel {
    /// Who carries it (`sf`).
    pub courier: Courier,
    /// Its number.
    pub number: String,
    /// What happens to it.
    pub life: Life,
    /// How many hours of its life have passed already; 0 where absent.
    #[serde(default)]
    pub age_hours: f64,
    /// The last four digits of its recipient's phone.
    #[serde(default)]
    pub phone_tail: Option<String>,
    /// It was sent by another merchant.
    #[serde(default)]
    pub foreign: bool,
}

impl NewParcel {
    /// One of the account's own, ordered now.
    #[must_use]
    pub fn new(courier: Courier, number: impl Into<String>, life: Life) -> Self {
        NewParcel { courier, number: number.into(), life, age_hours: 0.0, phone_tail: None, foreign: false }
    }

    /// So many hours old.
    #[must_use]
    pub fn aged(mut self, hours: f64) -> Self {
        self.age_hours = hours;
        self
    }
}

/// A parcel as it stands.
#[derive(Debug, Clone, Serialize)]
pub struct ParcelStanding {
    /// Who carries it.
    pub courier: Courier,
    /// Its number.
    pub number: String,
    /// Its life.
    pub life: Life,
    /// What has happened, oldest first.
    pub scans: Vec<Scan>,
    /// How its latest intercept or redirect stands.
    pub turn: Option<TurnState>,
    /// Whether an urge woke it.
    pub woken: bool,
}

/// What a courier's own rules say of turning parcels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TurnTerms {
    /// Not any more once it was taken out for delivery.
    pub(crate) until_dispatch: bool,
    /// A second request while one is open is refused, not taken again.
    pub(crate) refuses_again: bool,
    /// The parcel goes on under a new number.
    pub(crate) reissues: bool,
    /// Before it is collected the same request cancels the order.
    pub(crate) cancels_before: bool,
}

/// The courier's yes to an intercept or a redirect.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    /// The courier's number of it.
    pub(crate) number: String,
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    NoSuchParcel,
    NotCollected,
    Ended,
    Dispatched,
    TurnedAlready,
    AskedBefore,
    NothingToCancel,
    TooLateToCancel,
    AskedByAnother,
}

#[derive(Debug, Default)]
struct State {
    parcels: BTreeMap<(Courier, String), Parcel>,
    incidents: BTreeMap<String, Incident>,
}

#[derive(Debug)]
struct Inner {
    clock: WorldClock,
    /// An hour of a life, on the world's clock.
    hour: Length,
    seed: u64,
    appear: bool,
    state: Mutex<State>,
}

/// The world. Clones are the same.
#[derive(Debug, Clone)]
pub struct World(Arc<Inner>);

impl World {
    pub(crate) fn new(clock: WorldClock, hour: Length, seed: u64, appear: bool) -> Self {
        World(Arc::new(Inner { clock, hour, seed, appear, state: Mutex::default() }))
    }

    /// What its clock shows.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.0.clock.now()
    }

    /// How long an hour of a life is on the world's clock.
    #[must_use]
    pub fn hour(&self) -> Length {
        self.0.hour
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing here fails half-way, so what a panic left behind is whole.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a parcel into the world; one of the same number is replaced.
    pub fn register(&self, new: NewParcel) {
        let now = self.now();
        let number = new.number.to_ascii_uppercase();
        let mut parcel = Parcel::new(new.courier, &number, new.life, self.0.seed, now);
        let age = if new.life == Life::Signed { new.age_hours.max(48.0) } else { new.age_hours };
        parcel.plan(now - scaled(age, self.0.hour), new.life.plan(), self.0.hour);
        (parcel.phone_tail, parcel.foreign) = (new.phone_tail, new.foreign);
        self.state().parcels.insert((new.courier, number), parcel);
    }

    /// Puts a parcel into the world of which something is known already: what was seen of it, oldest first, and how its life goes on from
    /// there. What comes next comes after now.
    pub fn carry_on(&self, courier: Courier, number: &str, seen: &[(Instant, Step)], life: Life) {
        let (now, inner) = (self.now(), &self.0);
        let number = number.to_ascii_uppercase();
        let from = seen.first().map_or(now, |(at, _)| *at);
        let mut parcel = Parcel::new(courier, &number, life, inner.seed, from.min(now));
        let scans = seen.iter().map(|(at, step)| parcel.scan(*at, *step, Stop::of(*step), None));
        parcel.scans = scans.collect();
        let plan = life.plan();
        let begun =
            seen.last().map_or(0, |(_, last)| plan.iter().rposition(|(_, step, _)| step == last).map_or(plan.len(), |place| place + 1));
        let hours_lived = begun.checked_sub(1).and_then(|place| plan.get(place)).map_or(0.0, |(hours, ..)| *hours);
        let rest: Vec<_> = plan[begun..].iter().map(|(hours, step, stop)| (hours - hours_lived, *step, *stop)).collect();
        parcel.plan(now, &rest, inner.hour);
        self.state().parcels.insert((courier, number), parcel);
    }

    /// A parcel as it stands; nothing where the world has none of that number (this question lets none appear).
    #[must_use]
    pub fn parcel(&self, courier: Courier, number: &str) -> Option<ParcelStanding> {
        let now = self.now();
        let state = self.state();
        let parcel = state.parcels.get(&(courier, number.to_ascii_uppercase())).filter(|parcel| parcel.known_from <= now)?;
        Some(standing(parcel, now))
    }

    /// Every parcel as it stands.
    #[must_use]
    pub fn parcels(&self) -> Vec<ParcelStanding> {
        let now = self.now();
        self.state().parcels.values().filter(|parcel| parcel.known_from <= now).map(|parcel| standing(parcel, now)).collect()
    }

    /// Looks at a parcel; lets it appear where it may.
    pub(crate) fn with<R>(&self, courier: Courier, number: &str, look: impl FnOnce(&mut Parcel, Instant) -> R) -> Option<R> {
        let now = self.now();
        let mut state = self.state();
        Self::found(&mut state, &self.0, courier, number, now).map(|parcel| look(parcel, now))
    }

    fn found<'a>(state: &'a mut State, world: &Inner, courier: Courier, number: &str, now: Instant) -> Option<&'a mut Parcel> {
        let key = (courier, number.to_ascii_uppercase());
        if !state.parcels.contains_key(&key) {
            if !world.appear || !belongs_to_a_parcel(number) {
                return None;
            }
            let told = [courier.word(), &key.1];
            let life = Life::by_share(chance::share(world.seed, &["life", told[0], told[1]]));
            let mut parcel = Parcel::new(courier, &key.1, life, world.seed, now);
            // Between 3 and 27 hours old: collected, and still on its way.
            let age = 3.0 + 24.0 * chance::share(world.seed, &["age", told[0], told[1]]);
            parcel.plan(now - scaled(age, world.hour), life.plan(), world.hour);
            state.parcels.insert(key.clone(), parcel);
        }
        state.parcels.get_mut(&key).filter(|parcel| parcel.known_from <= now)
    }

    /// Asks for an intercept or a redirect. Taken is not turned.
    pub(crate) fn turn(&self, courier: Courier, number: &str, way: Way, reference: &str, terms: TurnTerms) -> Result<Taken, Why> {
        let (now, inner) = (self.now(), &self.0);
        let mut state = self.state();
        let parcel = Self::found(&mut state, inner, courier, number, now).ok_or(Why::NoSuchParcel)?;
        let name = |n: u32| format!("{:016}", chance::number(inner.seed, &["turn", courier.word(), &parcel.number, &n.to_string()]) >> 14);
        let number_of_it = name(parcel.turns);
        let Some(latest) = parcel.latest(now) else {
            if !terms.cancels_before || way == Way::On {
                return Err(Why::NotCollected);
            }
            parcel.take_future(now);
            let scan = parcel.scan(now, Step::Cancelled, Stop::Outlet, None);
            parcel.scans.push(scan);
            return Ok(Taken { number: number_of_it });
        };
        let step = latest.step;
        match step {
            _ if step.is_last() => return Err(Why::Ended),
            _ if parcel.past(now).iter().any(|scan| scan.step.is_turned()) => return Err(Why::TurnedAlready),
            Step::OutForDelivery | Step::AtStation | Step::Failed if terms.until_dispatch => return Err(Why::Dispatched),
            _ => {}
        }
        parcel.turns += 1;
        if parcel.turn.as_ref().is_some_and(|turn| !turn.cancelled) {
            // The worst courier: it takes the same twice, which the ledger shows.
            return if terms.refuses_again { Err(Why::AskedBefore) } else { Ok(Taken { number: number_of_it }) };
        }
        let turns_at = now + scaled(UNTIL_TURNED, inner.hour);
        let chance_of_race = chance::share(inner.seed, &["race", courier.word(), &parcel.number]);
        let lost_race = step == Step::OutForDelivery && chance_of_race < 0.25;
        let mut turn = Turn {
            client_reference: reference.to_owned(),
            number: number_of_it.clone(),
            turns_at,
            held: Vec::new(),
            lost_race,
            cancelled: false,
            asked_at: now,
            new_number: None,
        };
        let mut second = None;
        if !lost_race && parcel.life != Life::Lost {
            turn.held = parcel.take_future(now);
            let first = if way == Way::Back { Step::Turned } else { Step::Redirected };
            let scan = parcel.scan(turns_at, first, Stop::FarHub, None);
            parcel.scans.push(scan);
            if terms.reissues {
                let other = reissued(parcel, turns_at + inner.hour, inner);
                turn.new_number = Some(other.number.clone());
                second = Some(other);
            } else {
                parcel.plan(turns_at, if way == Way::Back { &WAY_BACK } else { &WAY_ON }, inner.hour);
            }
        }
        parcel.turn = Some(turn);
        if let Some(other) = second {
            state.parcels.insert((courier, other.number.clone()), other);
        }
        Ok(Taken { number: number_of_it })
    }

    /// Withdraws an intercept or a redirect. `named` says whether the given name is its.
    pub(crate) fn cancel_turn(&self, courier: Courier, number: &str, named: impl FnOnce(&Turn) -> bool) -> Result<(), Why> {
        let now = self.now();
        let mut state = self.state();
        let parcel = Self::found(&mut state, &self.0, courier, number, now).ok_or(Why::NoSuchParcel)?;
        let turn = parcel.turn.as_mut().filter(|turn| !turn.cancelled).ok_or(Why::NothingToCancel)?;
        if !named(turn) {
            return Err(Why::AskedByAnother);
        }
        if now >= turn.turns_at {
            return Err(Why::TooLateToCancel);
        }
        turn.cancelled = true;
        let (held, new_number, waited) = (std::mem::take(&mut turn.held), turn.new_number.take(), now.since(turn.asked_at));
        let lost_race = turn.lost_race;
        if !lost_race {
            parcel.take_future(now);
            parcel.scans.extend(held.into_iter().map(|scan| Scan { at: scan.at + waited, ..scan }));
        }
        if let Some(other) = new_number {
            state.parcels.remove(&(courier, other));
        }
        Ok(())
    }

    /// Urges. A parcel that stands still moves again.
    pub(crate) fn urge(&self, courier: Courier, number: &str) -> Result<(), Why> {
        let hour = self.0.hour;
        let urged = self.with(courier, number, |parcel, now| {
            if parcel.latest(now).is_some_and(|scan| scan.step.is_last()) {
                return Err(Why::Ended);
            }
            let stands = parcel.scans.last().is_none_or(|scan| scan.at <= now);
            if parcel.life == Life::Stalls && stands && !parcel.woken {
                parcel.woken = true;
                parcel.plan(now, &WOKEN, hour);
            }
            Ok(())
        });
        urged.unwrap_or(Err(Why::NoSuchParcel))
    }

    /// Gives a parcel another phone.
    pub(crate) fn change_phone(&self, courier: Courier, number: &str, phone: &str) -> Result<(), Why> {
        let changed = self.with(courier, number, |parcel, now| {
            if parcel.latest(now).is_some_and(|scan| scan.step.is_last()) {
                return Err(Why::Ended);
            }
            parcel.phone_tail = phone.get(phone.len().saturating_sub(4)..).map(str::to_owned);
            Ok(())
        });
        changed.unwrap_or(Err(Why::NoSuchParcel))
    }

    /// Opens an incident: an urge, a claim, a work order.
    pub(crate) fn open_incident(&self, courier: Courier, number: &str, kind: IncidentKind, amount: &str) -> Result<String, Why> {
        self.with(courier, number, |_, _| ()).ok_or(Why::NoSuchParcel)?;
        let now = self.now();
        let mut state = self.state();
        let nth = state.incidents.len().to_string();
        let name = format!("{:014}", chance::number(self.0.seed, &["incident", courier.word(), number, &nth]) >> 20);
        let incident = Incident { courier, number: number.to_ascii_uppercase(), kind, amount: amount.to_owned(), at: now };
        state.incidents.insert(name.clone(), incident);
        Ok(name)
    }

    /// An incident, and the life of its parcel.
    pub(crate) fn incident(&self, name: &str) -> Option<(Incident, Life, bool)> {
        let now = self.now();
        let state = self.state();
        let incident = state.incidents.get(name)?.clone();
        let parcel = state.parcels.get(&(incident.courier, incident.number.clone()))?;
        let delivered = parcel.past(now).iter().any(|scan| scan.step == Step::Signed);
        Some((incident, parcel.life, delivered))
    }
}

fn standing(parcel: &Parcel, now: Instant) -> ParcelStanding {
    ParcelStanding {
        courier: parcel.courier,
        number: parcel.number.clone(),
        life: parcel.life,
        scans: parcel.past(now).to_vec(),
        turn: parcel.turn_state(now),
        woken: parcel.woken,
    }
}

/// The parcel under the number that it travels under from `at` on; the old number says so.
fn reissued(parcel: &mut Parcel, at: Instant, world: &Inner) -> Parcel {
    let back = parcel.scans.iter().any(|scan| scan.step == Step::Turned);
    let digits = chance::number(world.seed, &["new number", parcel.courier.word(), &parcel.number, &parcel.turns.to_string()]);
    let number = match parcel.courier {
        Courier::Jd => format!("JDV{:012}", digits % 1_000_000_000_000),
        _ => format!("SF{:013}", digits % 10_000_000_000_000),
    };
    let (step, way) = if back { (Step::RelabelledBack, &WAY_BACK[..]) } else { (Step::RelabelledOn, &WAY_ON[..]) };
    let scan = parcel.scan(at, step, Stop::FarHub, Some(number.clone()));
    parcel.scans.push(scan);
    let mut other = Parcel::new(parcel.courier, &number, parcel.life, world.seed, at);
    (other.phone_tail, other.foreign) = (parcel.phone_tail.clone(), parcel.foreign);
    other.plan(at, way, world.hour);
    other
}

/// A number of nothing but zeros at its end belongs to no parcel: it is what accounts are tried with.
fn belongs_to_a_parcel(number: &str) -> bool {
    (8..=32).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_alphanumeric()) && !number.ends_with("00000000")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::HandClock;

    const YTO: TurnTerms = TurnTerms { until_dispatch: true, refuses_again: false, reissues: false, cancels_before: false };

    fn world() -> (World, HandClock) {
        let clock = HandClock::at(Instant::from_millis(1_773_100_800_000));
        (World::new(clock.clock(), Length::hours(1), 1, true), clock)
    }

    fn steps(world: &World, number: &str) -> Vec<Step> {
        world.parcel(Courier::Yto, number).unwrap().scans.iter().map(|scan| scan.step).collect()
    }

    #[test]
    fn an_intercept_turns_the_parcel_round_after_a_while_and_brings_it_home() {
        let (world, clock) = world();
        world.register(NewParcel::new(Courier::Yto, "YT1000000000001", Life::Ordinary).aged(13.0));
        world.turn(Courier::Yto, "YT1000000000001", Way::Back, "", YTO).unwrap();
        assert_eq!(steps(&world, "YT1000000000001").last(), Some(&Step::Departed));
        clock.advance(Length::hours(3));
        assert_eq!(steps(&world, "YT1000000000001").last(), Some(&Step::Turned));
        assert_eq!(world.parcel(Courier::Yto, "YT1000000000001").unwrap().turn, Some(TurnState::UnderWay));
        clock.advance(Length::hours(24));
        assert_eq!(steps(&world, "YT1000000000001").last(), Some(&Step::BackHome));
        assert_eq!(world.parcel(Courier::Yto, "YT1000000000001").unwrap().turn, Some(TurnState::Done));
    }

    #[test]
    fn a_withdrawn_intercept_lets_the_parcel_go_on_as_it_would_have() {
        let (world, clock) = world();
        world.register(NewParcel::new(Courier::Yto, "YT1000000000002", Life::Ordinary).aged(13.0));
        world.turn(Courier::Yto, "YT1000000000002", Way::Back, "", YTO).unwrap();
        clock.advance(Length::hours(1));
        world.cancel_turn(Courier::Yto, "YT1000000000002", |_| true).unwrap();
        clock.advance(Length::hours(40));
        assert_eq!(steps(&world, "YT1000000000002").last(), Some(&Step::Signed));
        assert_eq!(world.cancel_turn(Courier::Yto, "YT1000000000002", |_| true), Err(Why::NothingToCancel));
    }

    #[test]
    fn what_cannot_be_turned_is_not() {
        let (world, clock) = world();
        let turn = |number: &str| world.turn(Courier::Yto, number, Way::Back, "", YTO).map(|_| ());
        world.register(NewParcel::new(Courier::Yto, "YT1000000000003", Life::NotCollected));
        world.register(NewParcel::new(Courier::Yto, "YT1000000000004", Life::Signed));
        world.register(NewParcel::new(Courier::Yto, "YT1000000000005", Life::Ordinary).aged(38.5));
        assert_eq!(turn("YT1000000000003"), Err(Why::NotCollected));
        assert_eq!(turn("YT1000000000004"), Err(Why::Ended));
        assert_eq!(turn("YT1000000000005"), Err(Why::Dispatched));
        assert_eq!(turn("YT0000000000000"), Err(Why::NoSuchParcel));
        world.register(NewParcel::new(Courier::Yto, "YT1000000000006", Life::Ordinary).aged(13.0));
        assert_eq!(turn("YT1000000000006"), Ok(()));
        clock.advance(Length::hours(4));
        assert_eq!(turn("YT1000000000006"), Err(Why::TurnedAlready));
    }

    #[test]
    fn an_urge_wakes_what_stands_still_and_not_what_is_lost() {
        let (world, clock) = world();
        for (number, life) in [("YT1000000000007", Life::Stalls), ("YT1000000000008", Life::Lost)] {
            world.register(NewParcel::new(Courier::Yto, number, life).aged(60.0));
            world.urge(Courier::Yto, number).unwrap();
        }
        clock.advance(Length::hours(48));
        assert_eq!(steps(&world, "YT1000000000007").last(), Some(&Step::Signed));
        assert_eq!(steps(&world, "YT1000000000008").last(), Some(&Step::Departed));
    }

    #[test]
    fn a_reissued_parcel_is_not_known_before_its_number_is_told() {
        let (world, clock) = world();
        let terms = TurnTerms { until_dispatch: false, reissues: true, ..YTO };
        world.register(NewParcel::new(Courier::Sf, "SF1000000000001", Life::Ordinary).aged(13.0));
        world.turn(Courier::Sf, "SF1000000000001", Way::Back, "", terms).unwrap();
        assert_eq!(world.parcels().len(), 1);
        clock.advance(Length::hours(5));
        let old = world.parcel(Courier::Sf, "SF1000000000001").unwrap();
        let new = old.scans.last().unwrap().new_number.clone().unwrap();
        clock.advance(Length::hours(48));
        assert_eq!(world.parcel(Courier::Sf, &new).unwrap().scans.last().unwrap().step, Step::BackHome);
        assert_eq!(world.parcel(Courier::Sf, "SF1000000000001").unwrap().scans.len(), old.scans.len());
    }

    #[test]
    fn a_parcel_of_which_something_was_seen_goes_on_from_there() {
        let (world, clock) = world();
        let seen = [(world.now() - Length::days(9), Step::Collected), (world.now() - Length::days(8), Step::OutForDelivery)];
        for (number, life, latest) in
            [("YT1000000000011", Life::Ordinary, Step::Signed), ("YT1000000000012", Life::Stalls, Step::OutForDelivery)]
        {
            world.carry_on(Courier::Yto, number, &seen, life);
            assert_eq!(steps(&world, number), [Step::Collected, Step::OutForDelivery]);
            clock.advance(Length::hours(5));
            assert_eq!(steps(&world, number).last(), Some(&latest), "{life:?}");
        }
        world.carry_on(Courier::Yto, "YT1000000000013", &[], Life::Ordinary);
        assert!(steps(&world, "YT1000000000013").is_empty());
        clock.advance(Length::hours(3));
        assert_eq!(steps(&world, "YT1000000000013"), [Step::Collected]);
    }

    #[test]
    fn lives_follow_from_seed_and_number() {
        let ((one, _), (two, _)) = (world(), world());
        for n in 1..200_u64 {
            let number = format!("YT{:013}", n * 7919);
            let life = |world: &World| world.with(Courier::Yto, &number, |parcel, _| (parcel.life, parcel.scans.clone()));
            assert_eq!(life(&one), life(&two));
        }
        let lives: std::collections::BTreeSet<&str> = one.parcels().iter().map(|parcel| parcel.life.word()).collect();
        assert!(lives.len() >= 6, "{lives:?}");
    }
}
