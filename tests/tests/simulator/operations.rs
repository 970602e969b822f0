//! Everything that an adapter can ask for: taken once, seen in the ledger, and seen in the parcel's scans.

use crate::stand::{How, RIGHT, Stand, address, intercept, ticket, waybill};
use parcelward_casework::fact::Waybill;
use parcelward_casework::money::Money;
use parcelward_casework::words::{Courier, OperationKind};
use parcelward_courier::{
    Ability, Accepted, AddressChangeRequest, ClaimCause, ClaimRequest, ClientReference, CourierAdapter, CourierError, LookUpQuery, Looked,
    PhoneChangeRequest, Progress, ProofAnswer, ProofKind, ProofQuery, RefusalKind, SubscribeQuery, TrackingStatus as T, UrgeRequest,
    WorkOrderKind, WorkOrderRequest,
};
use parcelward_simulator::{Life, Service, Step, TurnState};

/// Asks one ability about a parcel, as something that changes; none where the ability is a question.
pub async fn change(
    stand: &Stand,
    adapter: &dyn CourierAdapter,
    ability: Ability,
    parcel: &Waybill,
    reference: &str,
) -> Option<Result<Accepted, CourierError>> {
    let (call, ticket) = (stand.call(), ticket(parcel, reference));
    Some(match ability {
        Ability::InterceptToSender => adapter.intercept_to_sender()?.turn_to_sender(&call, &intercept(parcel, reference)).await,
        Ability::InterceptToOutlet => adapter.intercept_to_outlet()?.turn_to_outlet(&call, &intercept(parcel, reference)).await,
        Ability::InterceptToAddress => adapter.intercept_to_address()?.turn_to_address(&call, &intercept(parcel, reference)).await,
        Ability::AddressChange => {
            let request = AddressChangeRequest { ticket, address: address(), payer: None, fee: None };
            adapter.address_change()?.change_address(&call, &request).await
        }
        Ability::PhoneChange => {
            adapter.phone_change()?.change_phone(&call, &PhoneChangeRequest { ticket, phone: "13000009999".into() }).await
        }
        Ability::Urge => adapter.urge()?.hurry(&call, &UrgeRequest { ticket, text: "请尽快派送".into() }).await,
        Ability::Claim => {
            let request =
                ClaimRequest { ticket, cause: ClaimCause::Lost, amount: Money::parse("59.90").unwrap(), statement: "遗失".into() };
            adapter.claims()?.file_claim(&call, &request).await
        }
        Ability::WorkOrder => {
            let orders = adapter.work_orders()?;
            let request = WorkOrderRequest { ticket, kind: orders.kinds()[0], text: "未收到".into() };
            orders.open_work_order(&call, &request).await
        }
        _ => return None,
    })
}

/// Of the ledger.
const fn kind(ability: Ability) -> &'static str {
    match ability {
        Ability::InterceptToSender | Ability::InterceptToOutlet | Ability::InterceptToAddress => "intercept",
        Ability::AddressChange => "address_change",
        Ability::PhoneChange => "phone_change",
        Ability::Urge => "urge",
        Ability::Claim => "claim",
        _ => "work_order",
    }
}

/// Every interface, courier and ability that changes something, each with a parcel of its own.
fn all(stand: &Stand) -> Vec<(Service, std::sync::Arc<dyn CourierAdapter>, Ability, Waybill)> {
    let mut all = Vec::new();
    for service in Service::ALL {
        for adapter in stand.adapters(service, RIGHT) {
            for ability in Ability::ALL {
                if ability.is_of(adapter.as_ref()) {
                    let n = 1000 + u32::try_from(all.len()).unwrap();
                    let parcel = stand.parcel(adapter.identity().courier, n, Life::Ordinary, 13.0);
                    all.push((service, adapter.clone(), ability, parcel));
                }
            }
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_an_adapter_can_ask_for_is_taken_and_stands_in_the_ledger() {
    let stand = Stand::begin().await;
    let mut asked = 0;
    for (service, adapter, ability, parcel) in all(&stand) {
        let Some(answer) = change(&stand, adapter.as_ref(), ability, &parcel, "op-0123456789ab").await else { continue };
        assert!(answer.is_ok(), "{service} {} {ability:?}: {answer:?}", parcel.courier);
        let entry = stand.sim.ledger().entry(parcel.courier, &parcel.number, kind(ability));
        assert_eq!((entry.counts.asked, entry.counts.accepted), (1, 1), "{service} {ability:?}");
        assert_eq!(entry.services.into_iter().collect::<Vec<_>>(), [service]);
        // Our own name for it, where the interface has a field for it.
        let named = if service == Service::Zto { "op-0123456789ab" } else { "" };
        assert_eq!(entry.references.keys().collect::<Vec<_>>(), [named], "{service}");
        asked += 1;
    }
    assert!(asked >= 25, "{asked}");
    assert!(stand.sim.ledger().accepted_twice().is_empty());
}

#[tokio::test]
async fn accounts_that_are_set_otherwise_are_let_in_too() {
    let stand = Stand::begin().await;
    for (n, (service, otherwise)) in (0_u32..).zip([
        (Service::Sf, "timestamp = 'seconds'"),
        (
            Service::Zto,
            "digest = 'sha256'\nencoding = 'hex'\nsend_timestamp = true\nkey_header = 'x-companyid'\ndigest_header = 'x-datadigest'",
        ),
        (Service::Zto, "digest = 'hmac-sha256'\nhmac_key = { env = 'SIM_ZTO_HMAC' }"),
        (Service::Yto, "body = 'form'"),
        (Service::Jt, "numbers = 'list'\nsubscriber_field = 'Id'\nuuid = 'abc-1'"),
        (Service::Jd, "algorithm = 'HMacMD5'\nlop_tz = '8'"),
        (Service::Jd, "algorithm = 'HMacSHA1'\norder_origin = 'c2b'"),
        (Service::Jd, "algorithm = 'HMacSHA256'\nsubscribe_intercept = true"),
        (Service::Jd, "algorithm = 'HMacSHA512'"),
        (Service::Kuaidi100, "sign_type = 'SHA256'\nresultv2 = '1'\norder_id_field = 'orderid'"),
    ]) {
        let courier = service.courier().unwrap_or(Courier::Deppon);
        let adapter = stand.adapter_of(service, courier, How { otherwise, ..RIGHT });
        let parcel = stand.parcel(courier, 500 + n, Life::Ordinary, 13.0);
        assert_eq!(stand.events(adapter.as_ref(), &parcel.number).await.len(), 4, "{service} {otherwise}");
        let answer = change(&stand, adapter.as_ref(), Ability::InterceptToSender, &parcel, "intercept-1").await.unwrap();
        assert!(answer.is_ok(), "{service} {otherwise}: {answer:?}");
        if let Some(able) = adapter.subscription() {
            let phone_tail = parcelward_courier::PhoneTail::of("13000001234");
            let taken = able.subscribe(&stand.call(), &[SubscribeQuery { number: parcel.number.clone(), phone_tail }]).await;
            assert_eq!(taken, Ok(vec![Ok(())]), "{service} {otherwise}");
        }
    }
}

#[tokio::test]
async fn an_intercepted_parcel_turns_round_and_comes_home() {
    let stand = Stand::begin().await;
    for service in [Service::Sf, Service::Zto, Service::Yto, Service::Sto, Service::Jt, Service::Jd] {
        let (adapter, courier) = (stand.adapter(service), service.courier().unwrap());
        let parcel = stand.parcel(courier, 0, Life::Ordinary, 13.0);
        change(&stand, adapter.as_ref(), Ability::InterceptToSender, &parcel, "intercept-1").await.unwrap().unwrap();
        // Accepted is not done.
        assert!(!stand.statuses(adapter.as_ref(), &parcel.number).await.contains(&T::Returning), "{service}");
        stand.hours(5);
        let events = stand.events(adapter.as_ref(), &parcel.number).await;
        assert_eq!(events.last().unwrap().status, T::Returning, "{service}");
        stand.hours(40);
        let number = match events.iter().find_map(|event| event.new_number.clone()) {
            Some(number) => {
                assert!(matches!(courier, Courier::Sf | Courier::Jd), "{service} issues no new numbers");
                number
            }
            None => {
                assert!(!matches!(courier, Courier::Sf | Courier::Jd), "{service} issues a new number");
                parcel.number.clone()
            }
        };
        let last = *stand.statuses(adapter.as_ref(), &number).await.last().unwrap();
        assert!(matches!(last, T::Returned | T::Delivered), "{service}: {last}");
        assert_eq!(stand.sim.world().parcel(courier, &number).unwrap().scans.last().unwrap().step, Step::BackHome, "{service}");
    }
}

#[tokio::test]
async fn a_redirected_parcel_goes_on_and_is_delivered_elsewhere() {
    let stand = Stand::begin().await;
    for service in [Service::Sf, Service::Zto, Service::Yto, Service::Sto, Service::Jt] {
        let (adapter, courier) = (stand.adapter(service), service.courier().unwrap());
        let parcel = stand.parcel(courier, 0, Life::Ordinary, 13.0);
        change(&stand, adapter.as_ref(), Ability::AddressChange, &parcel, "address-1").await.unwrap().unwrap();
        stand.hours(50);
        let events = stand.events(adapter.as_ref(), &parcel.number).await;
        assert!(events.iter().all(|event| event.status != T::Returning), "{service}: it does not come back");
        let number = events.iter().find_map(|event| event.new_number.clone()).unwrap_or(parcel.number);
        assert_eq!(stand.statuses(adapter.as_ref(), &number).await.last(), Some(&T::Delivered), "{service}");
    }
}

#[tokio::test]
async fn a_withdrawn_intercept_lets_the_parcel_go_on() {
    let stand = Stand::begin().await;
    for service in [Service::Sf, Service::Zto, Service::Yto, Service::Sto] {
        let (adapter, courier) = (stand.adapter(service), service.courier().unwrap());
        let parcel = stand.parcel(courier, 0, Life::Ordinary, 13.0);
        let taken = change(&stand, adapter.as_ref(), Ability::InterceptToSender, &parcel, "intercept-1").await.unwrap().unwrap();
        let able = adapter.intercept_cancel().unwrap();
        let (ours, theirs) = (ClientReference::new("intercept-1"), taken.reference.as_deref());
        let cancelled = able.cancel_intercept(&stand.call(), &ticket(&parcel, "cancel-1"), ours.as_ref(), theirs).await;
        assert!(cancelled.is_ok(), "{service}: {cancelled:?}");
        assert_eq!(stand.accepted(&parcel, "intercept_cancel"), 1);
        stand.hours(60);
        assert_eq!(stand.statuses(adapter.as_ref(), &parcel.number).await.last(), Some(&T::Delivered), "{service}");
        let again = able.cancel_intercept(&stand.call(), &ticket(&parcel, "cancel-2"), ours.as_ref(), theirs).await;
        assert!(matches!(again, Err(CourierError::Refused(_))), "{service}: {again:?}");
    }
}

#[tokio::test]
async fn zto_says_why_a_parcel_cannot_be_turned() {
    let stand = Stand::begin().await;
    let adapter = stand.adapter(Service::Zto);
    let refused = async |parcel: &Waybill| match change(&stand, adapter.as_ref(), Ability::InterceptToSender, parcel, "intercept-9").await {
        Some(Err(CourierError::Refused(refusal))) => (refusal.code, refusal.kind),
        other => panic!("{other:?}"),
    };
    for (n, life, age, code, kind) in [
        (0, Life::NotCollected, 0.0, "E23119", RefusalKind::NotYet),
        (1, Life::Signed, 0.0, "E23101", RefusalKind::Final),
        (2, Life::Ordinary, 38.5, "E23120", RefusalKind::Final),
    ] {
        let parcel = stand.parcel(Courier::Zto, n, life, age);
        assert_eq!(refused(&parcel).await, (code.to_owned(), kind), "{life:?}");
    }
    let parcel = stand.parcel(Courier::Zto, 3, Life::Ordinary, 13.0);
    change(&stand, adapter.as_ref(), Ability::InterceptToSender, &parcel, "intercept-1").await.unwrap().unwrap();
    assert_eq!(refused(&parcel).await, ("E23121".to_owned(), RefusalKind::AlreadyAsked));
    stand.hours(4);
    assert_eq!(refused(&parcel).await, ("E23123".to_owned(), RefusalKind::Final));
    let entry = stand.sim.ledger().entry(Courier::Zto, &parcel.number, "intercept");
    assert_eq!((entry.counts.asked, entry.counts.accepted), (3, 1));
    let stranger = stand.parcel(Courier::Zto, 4, Life::Ordinary, 13.0);
    change(&stand, adapter.as_ref(), Ability::InterceptToSender, &stranger, "intercept-1").await.unwrap().unwrap();
    let other = ClientReference::new("intercept-2");
    let cancelled =
        adapter.intercept_cancel().unwrap().cancel_intercept(&stand.call(), &ticket(&stranger, "c"), other.as_ref(), None).await;
    assert!(matches!(cancelled, Err(CourierError::Refused(refusal)) if refusal.code == "E23135"));
}

#[tokio::test]
async fn other_couriers_refuse_what_cannot_be_turned_in_codes_that_no_table_has() {
    let stand = Stand::begin().await;
    for service in [Service::Sf, Service::Yto, Service::Sto, Service::Jt, Service::Jd] {
        let (adapter, courier) = (stand.adapter(service), service.courier().unwrap());
        let signed = stand.parcel(courier, 0, Life::Signed, 0.0);
        let answer = change(&stand, adapter.as_ref(), Ability::InterceptToSender, &signed, "intercept-1").await.unwrap();
        assert!(
            matches!(&answer, Err(CourierError::Refused(refusal)) if refusal.kind == RefusalKind::Unrecognized),
            "{service}: {answer:?}"
        );
        assert_eq!(stand.accepted(&signed, "intercept"), 0);
    }
    // The aggregator passes them on for the couriers of its dictionary.
    let adapter = stand.adapter_of(Service::Kuaidi100, Courier::Ems, RIGHT);
    let signed = stand.parcel(Courier::Ems, 0, Life::Signed, 0.0);
    let answer = change(&stand, adapter.as_ref(), Ability::InterceptToSender, &signed, "intercept-1").await.unwrap();
    assert!(matches!(answer, Err(CourierError::Refused(_))), "{answer:?}");
}

#[tokio::test]
async fn jd_cancels_the_order_of_a_parcel_that_was_not_collected() {
    let stand = Stand::begin().await;
    let parcel = stand.parcel(Courier::Jd, 0, Life::NotCollected, 0.0);
    change(&stand, stand.adapter(Service::Jd).as_ref(), Ability::InterceptToSender, &parcel, "intercept-1").await.unwrap().unwrap();
    stand.hours(48);
    assert_eq!(stand.statuses(stand.adapter(Service::Jd).as_ref(), &parcel.number).await, [T::Registered]);
}

#[tokio::test]
async fn zto_can_be_asked_how_an_intercept_stands() {
    let stand = Stand::begin().await;
    let adapter = stand.adapter(Service::Zto);
    let parcel = stand.parcel(Courier::Zto, 0, Life::Ordinary, 13.0);
    let state = async || adapter.intercept_state().unwrap().state_of_intercept(&stand.call(), &parcel, None).await.unwrap();
    assert_eq!(state().await, Looked::NotSeen);
    change(&stand, adapter.as_ref(), Ability::InterceptToOutlet, &parcel, "intercept-1").await.unwrap().unwrap();
    for (hours, progress) in [(0, Progress::Pending), (4, Progress::UnderWay), (40, Progress::Succeeded)] {
        stand.hours(hours);
        assert!(matches!(state().await, Looked::Seen(state) if state.progress == progress), "after {hours} more hours");
    }
    assert_eq!(stand.sim.world().parcel(Courier::Zto, &parcel.number).unwrap().turn, Some(TurnState::Done));
}

#[tokio::test]
async fn zto_answers_claims_after_days_and_an_urge_wakes_a_parcel() {
    let stand = Stand::begin().await;
    let adapter = stand.adapter(Service::Zto);
    let lost = stand.parcel(Courier::Zto, 0, Life::Lost, 200.0);
    let filed = change(&stand, adapter.as_ref(), Ability::Claim, &lost, "claim-1").await.unwrap().unwrap();
    let number = filed.reference.unwrap();
    let claim = async || adapter.claims().unwrap().claim_state(&stand.call(), &lost, &number).await.unwrap();
    assert_eq!(claim().await.state.progress, Progress::Pending);
    stand.hours(71);
    let progress = claim().await;
    assert_eq!((progress.state.progress, progress.replies.len()), (Progress::UnderWay, 1));
    stand.hours(2);
    let progress = claim().await;
    assert_eq!(progress.state.progress, Progress::Closed);
    assert!(progress.replies[1].text.contains("59.9"), "{:?}", progress.replies);

    let stalled = stand.parcel(Courier::Zto, 1, Life::Stalls, 100.0);
    change(&stand, adapter.as_ref(), Ability::Urge, &stalled, "urge-1").await.unwrap().unwrap();
    stand.hours(24);
    assert_eq!(stand.statuses(adapter.as_ref(), &stalled.number).await.last(), Some(&T::Delivered));

    let orders = adapter.work_orders().unwrap();
    let request = WorkOrderRequest { ticket: ticket(&lost, "order-1"), kind: WorkOrderKind::SignedNotReceived, text: "未收到".into() };
    let number = orders.open_work_order(&stand.call(), &request).await.unwrap().reference.unwrap();
    stand.hours(13);
    assert_eq!(orders.work_order_state(&stand.call(), &lost, &number).await.unwrap().state.progress, Progress::Closed);
}

#[tokio::test]
async fn a_changed_phone_is_the_one_that_is_asked_for() {
    let stand = Stand::begin().await;
    for service in [Service::Sf, Service::Zto] {
        let courier = service.courier().unwrap();
        let parcel = stand.parcel(courier, 0, Life::Ordinary, 13.0);
        change(&stand, stand.adapter(service).as_ref(), Ability::PhoneChange, &parcel, "phone-1").await.unwrap().unwrap();
        let aggregator = stand.adapter_of(Service::Kuaidi100, courier, RIGHT);
        // The stand asks with another phone.
        let told = stand.asked(aggregator.as_ref(), &parcel.number).await;
        assert!(matches!(told, parcelward_courier::Tracked::Refused(_)), "{service}: {told:?}");
    }
}

#[tokio::test]
async fn pictures_come_where_the_courier_gives_any() {
    let stand = Stand::begin().await;
    let query = |waybill: &Waybill| ProofQuery { waybill: waybill.clone(), kind: ProofKind::Signature, phone_tail: None };
    let sf = stand.parcel(Courier::Sf, 0, Life::Signed, 0.0);
    let answer = stand.adapter(Service::Sf).proof().unwrap().pictures(&stand.call(), &query(&sf)).await;
    assert_eq!(answer, Ok(ProofAnswer::WillBePushed));
    let jd = stand.adapter(Service::Jd);
    for (n, life, count) in [(0, Life::Signed, 1), (1, Life::Stalls, 0)] {
        let parcel = stand.parcel(Courier::Jd, n, life, 20.0);
        match jd.proof().unwrap().pictures(&stand.call(), &query(&parcel)).await {
            Ok(ProofAnswer::Pictures(pictures)) => assert_eq!(pictures.len(), count, "{life:?}"),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn subscriptions_are_taken_and_refused_number_by_number() {
    let stand = Stand::begin().await;
    for service in Service::ALL {
        for adapter in stand.adapters(service, RIGHT) {
            let (Some(able), courier) = (adapter.subscription(), adapter.identity().courier) else { continue };
            let parcel = stand.parcel(courier, 0, Life::Ordinary, 13.0);
            let query =
                |number: &str| SubscribeQuery { number: number.to_owned(), phone_tail: parcelward_courier::PhoneTail::of("13000001234") };
            for _ in 0..2 {
                let taken = able.subscribe(&stand.call(), &[query(&parcel.number)]).await;
                assert_eq!(taken, Ok(vec![Ok(())]), "{service} {courier}");
            }
            let unknown = able.subscribe(&stand.call(), &[query(adapter.sample_number())]).await.unwrap();
            // YTO is told of nothing but the number, and takes it.
            assert_eq!(unknown[0].is_ok(), service == Service::Yto, "{service} {courier}: {unknown:?}");
        }
    }
}

#[tokio::test]
async fn a_courier_that_takes_the_same_twice_is_found_out() {
    let stand = Stand::begin().await;
    let parcel = stand.parcel(Courier::Yto, 0, Life::Ordinary, 13.0);
    for _ in 0..2 {
        change(&stand, stand.adapter(Service::Yto).as_ref(), Ability::InterceptToSender, &parcel, "intercept-1").await.unwrap().unwrap();
    }
    let twice = stand.sim.ledger().accepted_twice();
    assert_eq!((twice.len(), twice[0].entry.counts.accepted), (1, 2));
    // Whichever way it was asked.
    let jd = stand.parcel(Courier::Jd, 0, Life::Ordinary, 13.0);
    for service in [Service::Jd, Service::Kuaidi100] {
        let adapter = stand.adapter_of(service, Courier::Jd, RIGHT);
        change(&stand, adapter.as_ref(), Ability::InterceptToSender, &jd, "intercept-1").await.unwrap().unwrap();
    }
    assert_eq!(stand.sim.ledger().accepted_twice().len(), 2);
}

#[tokio::test]
async fn what_was_taken_and_never_answered_is_found_by_looking_it_up() {
    let stand = Stand::begin().await;
    let adapter = stand.adapter(Service::Zto);
    let parcel = stand.parcel(Courier::Zto, 0, Life::Ordinary, 13.0);
    let look = async |parcel: &Waybill| {
        let (kind, reference) = (OperationKind::Intercept, ClientReference::new("intercept-1").unwrap());
        let query = LookUpQuery { waybill: parcel.clone(), kind, reference, courier_reference: None };
        adapter.look_up().unwrap().find(&stand.call(), &query).await.unwrap()
    };
    stand.sim.faults().set(&"zto=drop".parse().unwrap());
    let answer = change(&stand, adapter.as_ref(), Ability::InterceptToSender, &parcel, "intercept-1").await.unwrap();
    assert!(answer.as_ref().is_err_and(CourierError::is_unconfirmed), "{answer:?}");
    assert_eq!(stand.accepted(&parcel, "intercept"), 1);
    assert!(matches!(look(&parcel).await, Looked::Seen(state) if state.progress == Progress::Pending));
    let other = stand.parcel(Courier::Zto, 1, Life::Ordinary, 13.0);
    assert_eq!(look(&other).await, Looked::NotSeen);
    assert_eq!(waybill(Courier::Zto, 1), other);
}
