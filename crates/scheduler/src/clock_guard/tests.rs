//! The guard on clocks that are stepped by hand: jumps forward and back, a clock in the past, and what stays possible meanwhile.
use super::*;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// Clocks that stand until they are stepped.
#[derive(Debug)]
struct ByHand {
    wall: AtomicI64,
    steady: AtomicU64,
}

const NOON: i64 = 1_773_000_000_000;

impl ByHand {
    fn guard() -> (Arc<Self>, Arc<ClockGuard>) {
        let clocks = Arc::new(ByHand { wall: AtomicI64::new(NOON), steady: AtomicU64::new(5_000) });
        (Arc::clone(&clocks), ClockGuard::new(clocks))
    }

    /// Time passes, by both clocks.
    fn pass(&self, seconds: i64) {
        self.wall.fetch_add(seconds * 1000, Ordering::SeqCst);
        self.steady.fetch_add(seconds.unsigned_abs() * 1000, Ordering::SeqCst);
    }

    /// The wall clock is set, by so much.
    fn jump(&self, seconds: i64) {
        self.wall.fetch_add(seconds * 1000, Ordering::SeqCst);
    }
}

impl Clocks for ByHand {
    fn wall(&self) -> Instant {
        Instant::from_millis(self.wall.load(Ordering::SeqCst))
    }

    fn steady(&self) -> Duration {
        Duration::from_millis(self.steady.load(Ordering::SeqCst))
    }
}

fn at(seconds: i64) -> Instant {
    Instant::from_millis(NOON + seconds * 1000)
}

#[test]
fn a_clock_that_goes_as_it_should_holds_nothing() {
    let (clocks, guard) = ByHand::guard();
    for second in 1..=300 {
        clocks.pass(1);
        assert_eq!((guard.now(), guard.may_send()), (at(second), Ok(())));
    }
    // The machine slept for a night: both clocks know.
    clocks.pass(8 * 3600);
    assert_eq!((guard.now(), guard.may_send()), (at(300 + 8 * 3600), Ok(())));
}

#[test]
fn a_jump_forward_holds_for_a_minute_and_time_follows_it() {
    let (clocks, guard) = ByHand::guard();
    clocks.pass(1);
    clocks.jump(31);
    assert_eq!(guard.may_send(), Err(Held::Jumped { by: Length::millis(31_000), left: HOLD }));
    assert_eq!(guard.now(), at(32), "tasks are opened by the new time");
    clocks.pass(59);
    assert!(matches!(guard.may_send(), Err(Held::Jumped { left, .. }) if left == Duration::from_secs(1)));
    clocks.pass(1);
    assert_eq!(guard.may_send(), Ok(()));
}

#[test]
fn a_second_jump_holds_anew_and_a_small_step_not_at_all() {
    let (clocks, guard) = ByHand::guard();
    clocks.jump(30);
    assert_eq!(guard.may_send(), Ok(()), "half a minute is no jump");
    clocks.jump(3600);
    assert!(guard.may_send().is_err());
    clocks.pass(50);
    clocks.jump(3600);
    assert!(guard.may_send().is_err());
    clocks.pass(50);
    assert!(guard.may_send().is_err(), "the minute of the second has not passed");
    clocks.pass(10);
    assert_eq!(guard.may_send(), Ok(()));
}

#[test]
fn a_jump_is_noticed_by_whoever_looks_next_however_late() {
    let (clocks, guard) = ByHand::guard();
    clocks.pass(1000);
    clocks.jump(7200);
    clocks.pass(1000);
    assert!(matches!(guard.may_send(), Err(Held::Jumped { by, .. }) if by == Length::hours(2)));
}

#[test]
fn a_jump_back_never_stops_time_and_meets_the_wall_again() {
    let (clocks, guard) = ByHand::guard();
    clocks.pass(100);
    assert_eq!(guard.now(), at(100));
    clocks.jump(-3600);
    assert_eq!(guard.now(), at(100), "time does not go back");
    clocks.pass(600);
    assert_eq!(guard.now(), at(100 + 540), "and goes on");
    assert!(matches!(guard.may_send(), Err(Held::Behind { .. })));
    // An hour is made good in ten.
    let mut before = guard.now();
    for _ in 0..10 * 60 {
        clocks.pass(60);
        let now = guard.now();
        let step = now.since(before).as_millis();
        assert!((54_000..=60_000).contains(&step), "a minute was one of {step} ms");
        before = now;
    }
    assert_eq!((guard.now(), guard.may_send()), (clocks.wall(), Ok(())));
}

#[test]
fn a_wall_that_is_set_right_again_is_followed_at_once() {
    let (clocks, guard) = ByHand::guard();
    clocks.jump(-86_400);
    clocks.pass(100);
    assert_eq!(guard.now(), at(90));
    clocks.jump(86_400);
    assert_eq!(guard.now(), at(100));
    assert!(matches!(guard.may_send(), Err(Held::Jumped { .. })), "for a minute nobody knows whether it stays");
    clocks.pass(60);
    assert_eq!((guard.now(), guard.may_send()), (at(160), Ok(())));
}

#[test]
fn looks_that_follow_at_once_lose_no_time() {
    let (clocks, guard) = ByHand::guard();
    clocks.jump(-3600);
    for _ in 0..10_000 {
        clocks.steady.fetch_add(1, Ordering::SeqCst);
        guard.now();
    }
    assert_eq!(guard.now(), at(9));
}

#[test]
fn a_machine_whose_clock_is_in_the_past_sends_nothing_and_goes_on_from_what_is_known() {
    let (clocks, guard) = ByHand::guard();
    let year = 365 * 86_400;
    guard.start_from(at(year));
    assert_eq!(guard.may_send(), Err(Held::Behind { by: Length::days(365) }));
    clocks.pass(10);
    assert_eq!(guard.now(), at(year + 9), "the wake lane is not silenced for a year");
    assert!(guard.doubt().is_some_and(|why| why.contains("behind")));
    // The time server answered at last.
    clocks.jump(year);
    assert!(matches!(guard.may_send(), Err(Held::Jumped { .. })));
    clocks.pass(60);
    assert_eq!((guard.may_send(), guard.doubt(), guard.now()), (Ok(()), None, at(year + 70)));
}

#[test]
fn a_database_that_is_as_old_as_it_should_be_holds_nothing() {
    let (clocks, guard) = ByHand::guard();
    guard.start_from(at(-5));
    assert_eq!((guard.now(), guard.may_send()), (at(0), Ok(())));
    // Another daemon's clock is a little ahead.
    guard.start_from(at(20));
    assert_eq!(guard.may_send(), Ok(()));
    clocks.pass(1);
    assert!(guard.now() >= at(20));
}

#[test]
fn this_machine_s_clocks_go_forward() {
    let clocks = MachineClocks::default();
    let (wall, steady) = (clocks.wall(), clocks.steady());
    std::thread::sleep(Duration::from_millis(5));
    assert!(clocks.steady() >= steady + Duration::from_millis(5));
    assert!(clocks.wall() > Instant::from_millis(1_700_000_000_000) && clocks.wall() >= wall);
    assert!(steady > Duration::ZERO);
}
