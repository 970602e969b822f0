//! Each fault, as each adapter must take it: was it sent, and when may it be asked again?

use crate::operations::change;
use crate::stand::{How, RIGHT, Stand, waybill};
use parcelward_casework::fact::Waybill;
use parcelward_casework::words::Courier;
use parcelward_courier::{
    Ability, Accepted, CourierAdapter, CourierError, NotSentReason, PhoneTail, RefusalKind, TrackingQuery, UnclearReason,
};
use parcelward_simulator::{Life, Service};
use std::sync::Arc;
use std::time::Duration;

/// The interfaces that take intercepts.
const TAKE_INTERCEPTS: [Service; 7] = [Service::Sf, Service::Zto, Service::Yto, Service::Sto, Service::Jt, Service::Jd, Service::Kuaidi100];

fn courier(service: Service) -> Courier {
    service.courier().unwrap_or(Courier::Deppon)
}

async fn intercept(stand: &Stand, service: Service, n: u32, how: How<'_>) -> (Waybill, Result<Accepted, CourierError>) {
    let adapter = stand.adapter_of(service, courier(service), how);
    let parcel = stand.parcel(courier(service), n, Life::Ordinary, 13.0);
    let answer = change(stand, adapter.as_ref(), Ability::InterceptToSender, &parcel, "intercept-1").await.unwrap();
    (parcel, answer)
}

async fn question(stand: &Stand, service: Service, how: How<'_>) -> Result<(), CourierError> {
    let adapter: Arc<dyn CourierAdapter> = stand.adapter_of(service, courier(service), how);
    let number = waybill(courier(service), 5000).number;
    let query = TrackingQuery { phone_tail: PhoneTail::of("13000001234"), ..TrackingQuery::number(number) };
    adapter.track(&stand.call(), &[query]).await.map(|_| ())
}

fn unclear(answer: &Result<Accepted, CourierError>) -> Option<UnclearReason> {
    match answer {
        Err(CourierError::Unconfirmed { reason, .. }) => Some(*reason),
        _ => None,
    }
}

#[tokio::test]
async fn taken_and_never_answered_is_unconfirmed() {
    let stand = Stand::begin().await;
    for (n, service) in (0_u32..).zip(TAKE_INTERCEPTS) {
        for (m, fault, reason) in [(0, "drop", UnclearReason::Broken), (100, "error", UnclearReason::CourierFailed)] {
            stand.sim.faults().set(&format!("{service}={fault}").parse().unwrap());
            let (parcel, answer) = intercept(&stand, service, n + m, RIGHT).await;
            assert_eq!(unclear(&answer), Some(reason), "{service} {fault}: {answer:?}");
            assert_eq!(stand.accepted(&parcel, "intercept"), 1, "{service} {fault}");
            // A question changes nothing, so nothing was taken.
            assert!(question(&stand, service, RIGHT).await.is_ok(), "{service} {fault}");
            stand.sim.faults().clear(Some(service));
        }
    }
    assert!(stand.sim.ledger().accepted_twice().is_empty());
}

#[tokio::test]
async fn an_answer_that_comes_too_late_leaves_what_was_taken() {
    let stand = Stand::begin().await;
    stand.sim.faults().set(&"all=slow:1:60".parse().unwrap());
    let hasty = How { total_ms: 300, ..RIGHT };
    for (n, service) in (0_u32..).zip(TAKE_INTERCEPTS) {
        let (parcel, answer) = intercept(&stand, service, n, hasty).await;
        assert_eq!(unclear(&answer), Some(UnclearReason::Timeout), "{service}: {answer:?}");
        assert_eq!(stand.accepted(&parcel, "intercept"), 1, "{service}");
    }
    let answer = question(&stand, Service::Ems, hasty).await;
    assert!(matches!(answer, Err(CourierError::Unconfirmed { reason: UnclearReason::Timeout, .. })), "{answer:?}");
}

#[tokio::test]
async fn too_many_calls_are_told_as_each_courier_tells_it() {
    let stand = Stand::begin().await;
    stand.sim.faults().set(&"all=throttled:1:77".parse().unwrap());
    for service in Service::ALL {
        // A code of its own, without a time, or HTTP 429 with one.
        let own_code = matches!(service, Service::Sf | Service::Zto);
        let wait = (!own_code).then(|| Duration::from_secs(77));
        let answer = question(&stand, service, RIGHT).await;
        let throttled =
            matches!(&answer, Err(CourierError::NotSent { reason: NotSentReason::Throttled, retry_after, .. }) if *retry_after == wait);
        assert!(throttled, "{service}: {answer:?}");
    }
    for (n, service) in (0_u32..).zip(TAKE_INTERCEPTS) {
        let (parcel, answer) = intercept(&stand, service, n, RIGHT).await;
        match (&answer, service) {
            (Err(CourierError::NotSent { reason: NotSentReason::Throttled, .. }), Service::Sf | Service::Zto) => {}
            // HTTP 429 may come from behind the gateway, after it was taken.
            (Err(CourierError::Unconfirmed { reason: UnclearReason::CourierFailed, .. }), s)
                if !matches!(s, Service::Sf | Service::Zto) => {}
            _ => panic!("{service}: {answer:?}"),
        }
        assert_eq!(stand.accepted(&parcel, "intercept"), 0, "{service}");
    }
}

#[tokio::test]
async fn a_courier_that_is_unavailable_may_have_taken_it_and_one_that_does_not_listen_has_not() {
    let stand = Stand::begin().await;
    for (n, service) in (0_u32..).zip(Service::ALL) {
        stand.sim.faults().set(&format!("{service}=unavailable").parse().unwrap());
        assert!(question(&stand, service, RIGHT).await.is_err_and(|e| e.is_unconfirmed()), "{service}");
        if TAKE_INTERCEPTS.contains(&service) {
            let (parcel, answer) = intercept(&stand, service, n, RIGHT).await;
            assert_eq!(unclear(&answer), Some(UnclearReason::CourierFailed), "{service}: {answer:?}");
            assert_eq!(stand.accepted(&parcel, "intercept"), 0);
        }
        stand.sim.faults().clear(Some(service));
        stand.sim.faults().set(&format!("{service}=outage").parse().unwrap());
        stand.sim.faults().settled().await;
        let unreachable = |error: &CourierError| matches!(error, CourierError::NotSent { reason: NotSentReason::Unreachable, .. });
        assert!(question(&stand, service, RIGHT).await.is_err_and(|e| unreachable(&e)), "{service}");
        if TAKE_INTERCEPTS.contains(&service) {
            let (_, answer) = intercept(&stand, service, 100 + n, RIGHT).await;
            assert!(answer.as_ref().is_err_and(unreachable), "{service}: {answer:?}");
        }
        stand.sim.faults().clear(Some(service));
        stand.sim.faults().settled().await;
        assert!(question(&stand, service, RIGHT).await.is_ok(), "{service} is back");
    }
}

#[tokio::test]
async fn a_duplicate_answer_is_a_no_over_something_that_was_taken() {
    let stand = Stand::begin().await;
    stand.sim.faults().set(&"all=duplicate".parse().unwrap());
    for (n, service) in (0_u32..).zip(TAKE_INTERCEPTS) {
        let (parcel, answer) = intercept(&stand, service, n, RIGHT).await;
        let Err(CourierError::Refused(refusal)) = answer else { panic!("{service}: {answer:?}") };
        // Two couriers publish a code for it.
        let known = matches!(service, Service::Sf | Service::Zto);
        assert_eq!(refusal.kind, if known { RefusalKind::AlreadyAsked } else { RefusalKind::Unrecognized }, "{service}: {refusal}");
        assert_eq!(stand.accepted(&parcel, "intercept"), 1, "{service}");
    }
}

#[tokio::test]
async fn scans_out_of_order_and_told_twice_are_the_same_history() {
    let stand = Stand::begin().await;
    for service in Service::ALL {
        let adapter = stand.adapter_of(service, courier(service), RIGHT);
        let parcel = stand.parcel(courier(service), 0, Life::FailedDelivery, 200.0);
        let plain = stand.events(adapter.as_ref(), &parcel.number).await;
        for fault in ["out_of_order", "duplicate_scans"] {
            stand.sim.faults().set(&format!("{service}={fault}").parse().unwrap());
        }
        assert_eq!(stand.events(adapter.as_ref(), &parcel.number).await, plain, "{service}");
    }
}

#[tokio::test]
async fn a_wrong_clock_at_the_courier_is_wrong_the_same_way_every_time() {
    let stand = Stand::begin().await;
    stand.sim.faults().set(&"all=skew:1:-3600".parse().unwrap());
    for service in Service::ALL {
        let adapter = stand.adapter_of(service, courier(service), RIGHT);
        let parcel = stand.parcel(courier(service), 0, Life::Ordinary, 20.0);
        let scans = stand.sim.world().parcel(courier(service), &parcel.number).unwrap().scans;
        let events = stand.events(adapter.as_ref(), &parcel.number).await;
        assert_eq!(events.len(), scans.len());
        assert!(events.iter().zip(&scans).all(|(event, scan)| scan.at.since(event.at).as_millis() == 3_600_000), "{service}");
        assert_eq!(stand.events(adapter.as_ref(), &parcel.number).await, events, "{service}");
    }
}
