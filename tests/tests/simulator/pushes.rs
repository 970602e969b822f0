//! Pushes: sent as each courier pushes, read by its adapter, answered to its taste, and pushed again where they were not.

use crate::operations::change;
use crate::stand::{How, PLUGINS, RIGHT, Stand, waybill};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use parcelward_casework::instant::Length;
use parcelward_casework::words::Courier;
use parcelward_courier::{Ability, CourierAdapter, PushProblem, PushRequest, Pushed, PushedItem, SubscribeQuery, Verification};
use parcelward_simulator::{Life, PushTarget, Service};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// Somebody who is pushed to: reads with the adapter of the courier in the path, and answers what it says.
#[derive(Clone, Default)]
struct Desk {
    adapters: Arc<Mutex<BTreeMap<String, Arc<dyn CourierAdapter>>>>,
    taken: Arc<Mutex<Vec<(String, PushedItem)>>>,
    /// Nothing can be stored.
    full: Arc<Mutex<bool>>,
}

async fn receive(
    State(desk): State<Desk>,
    Path((courier, secret)): Path<(String, String)>,
    headers: HeaderMap,
    uri: Uri,
    body: Bytes,
) -> Response {
    assert_eq!(secret, "s3cret");
    let headers: Vec<(String, String)> =
        headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned())).collect();
    let adapter = desk.adapters.lock().unwrap()[&courier].clone();
    let able = adapter.push_in().unwrap();
    let answer = match able.receive(&PushRequest { headers: &headers, query: uri.query().unwrap_or_default(), body: &body }) {
        Ok(_) if *desk.full.lock().unwrap() => able.decline(&PushProblem::NotStored),
        Ok(receipt) => {
            desk.taken.lock().unwrap().extend(receipt.items.into_iter().map(|item| (courier.clone(), item)));
            receipt.acknowledge
        }
        Err(problem) => able.decline(&problem),
    };
    (StatusCode::from_u16(answer.status).unwrap(), [(header::CONTENT_TYPE, answer.content_type)], answer.body).into_response()
}

impl Desk {
    /// Its address for pushes, without the courier.
    async fn open(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/push/{courier}/{secret}", axum::routing::post(receive)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}/push")
    }

    fn take(&self) -> Vec<(String, PushedItem)> {
        std::mem::take(&mut *self.taken.lock().unwrap())
    }
}

async fn begin() -> (Stand, Desk, String) {
    let desk = Desk::default();
    let base = desk.open().await;
    let url = format!("{base}/{{courier}}/s3cret");
    let stand = Stand::with(|settings| {
        let target = url.parse::<PushTarget>().unwrap();
        parcelward_simulator::SimulatorSettings { push_to: vec![target], ..settings }
    })
    .await;
    (stand, desk, base)
}

/// The interfaces whose adapters read pushes, each with a parcel that is subscribed where that is wanted.
async fn subscribed(stand: &Stand, desk: &Desk, base: &str, how: How<'_>) -> Vec<(Service, Arc<dyn CourierAdapter>, String)> {
    let mut all = Vec::new();
    for (service, _) in PLUGINS {
        let courier = service.courier().unwrap_or(Courier::Deppon);
        let url = format!("{base}/{service}/s3cret");
        let adapter = stand.adapter_of(service, courier, How { push_url: Some(&url), ..RIGHT });
        if adapter.push_in().is_none() {
            continue;
        }
        let parcel = stand.parcel(courier, 0, Life::Ordinary, 0.0);
        if let Some(able) = adapter.subscription() {
            let phone_tail = parcelward_courier::PhoneTail::of("13000001234");
            let query = SubscribeQuery { number: parcel.number.clone(), phone_tail };
            able.subscribe(&stand.call(), &[query]).await.unwrap().remove(0).unwrap();
        }
        let reader = stand.adapter_of(service, courier, How { push_url: Some(&url), ..how });
        desk.adapters.lock().unwrap().insert(service.word().to_owned(), reader);
        all.push((service, adapter, parcel.number));
    }
    all
}

#[tokio::test]
async fn what_is_pushed_is_what_would_have_been_told() {
    let (stand, desk, base) = begin().await;
    let all = subscribed(&stand, &desk, &base, RIGHT).await;
    let services: Vec<Service> = all.iter().map(|(service, ..)| *service).collect();
    assert_eq!(services, [Service::Sf, Service::Zto, Service::Yto, Service::Sto, Service::Jt, Service::Ems, Service::Kuaidi100]);
    assert!(stand.sim.push_due().await.is_empty(), "nothing has happened yet");
    let mut pushed: BTreeMap<String, BTreeMap<String, PushedItem>> = BTreeMap::new();
    for _ in 0..6 {
        stand.hours(8);
        let made = stand.sim.push_due().await;
        assert!(made.iter().all(|push| push.acknowledged), "{made:?}");
        for (courier, item) in desk.take() {
            pushed.entry(courier).or_default().insert(item.key.clone(), item);
        }
    }
    assert!(stand.sim.push_due().await.is_empty(), "everything was told");
    for (service, adapter, number) in all {
        let asked = stand.events(adapter.as_ref(), &number).await;
        let mut told: Vec<_> = pushed[service.word()]
            .values()
            .map(|item| match &item.tells {
                Pushed::Scan(waybill, event) => {
                    assert_eq!(waybill.number, number, "{service}");
                    (event.at, event.status)
                }
                other => panic!("{service}: {other:?}"),
            })
            .collect();
        told.sort_by_key(|(at, _)| *at);
        let asked: Vec<_> = asked.iter().map(|event| (event.at, event.status)).collect();
        assert_eq!(told, asked, "{service}");
    }
}

#[tokio::test]
async fn what_could_not_be_stored_is_pushed_again() {
    let (stand, desk, base) = begin().await;
    let all = subscribed(&stand, &desk, &base, RIGHT).await;
    stand.hours(3);
    *desk.full.lock().unwrap() = true;
    let made = stand.sim.push_due().await;
    assert_eq!(made.len(), all.len());
    assert!(made.iter().all(|push| push.status == Some(200) && !push.acknowledged), "{made:?}");
    *desk.full.lock().unwrap() = false;
    assert!(stand.sim.push_due().await.is_empty(), "couriers wait before they try again");
    stand.clock.advance(Length::minutes(35));
    let made = stand.sim.push_due().await;
    assert!(made.len() == all.len() && made.iter().all(|push| push.acknowledged), "{made:?}");
    assert_eq!(desk.take().len(), all.len());
}

#[tokio::test]
async fn a_push_that_is_not_the_couriers_is_declined() {
    let (stand, desk, base) = begin().await;
    // The reader has other secrets than the couriers.
    let all = subscribed(&stand, &desk, &base, How { wrong_secrets: true, ..RIGHT }).await;
    stand.hours(3);
    let made = stand.sim.push_due().await;
    for (service, adapter, _) in &all {
        let push = made.iter().find(|push| push.service == *service).unwrap();
        // SF's pushes are not signed; EMS' are enciphered with a key of which only half is right here: they do not open.
        let signed = adapter.push_in().unwrap().verification() == Verification::Signed;
        assert_eq!(push.acknowledged, !signed && *service == Service::Sf, "{service}");
    }
    assert!(desk.take().iter().all(|(courier, _)| courier == "sf"));
}

#[tokio::test]
async fn pushes_out_of_order_and_twice_tell_the_same() {
    let (stand, desk, base) = begin().await;
    let all = subscribed(&stand, &desk, &base, RIGHT).await;
    for fault in ["all=out_of_order", "all=duplicate_scans"] {
        stand.sim.faults().set(&fault.parse().unwrap());
    }
    stand.hours(48);
    assert!(stand.sim.push_due().await.iter().all(|push| push.acknowledged));
    stand.sim.faults().clear(None);
    let taken = desk.take();
    for (service, adapter, number) in all {
        let keys: std::collections::BTreeSet<&str> =
            taken.iter().filter(|(courier, _)| courier == service.word()).map(|(_, item)| item.key.as_str()).collect();
        assert_eq!(keys.len(), stand.events(adapter.as_ref(), &number).await.len(), "{service}");
    }
}

#[tokio::test]
async fn kuaidi100_calls_back_how_an_intercept_stands() {
    let (stand, desk, base) = begin().await;
    let url = format!("{base}/kuaidi100/s3cret");
    let adapter = stand.adapter_of(Service::Kuaidi100, Courier::Ems, How { push_url: Some(&url), ..RIGHT });
    desk.adapters.lock().unwrap().insert("kuaidi100".to_owned(), adapter.clone());
    let ems = stand.adapter(Service::Ems);
    desk.adapters.lock().unwrap().insert("ems".to_owned(), ems);
    let parcel = stand.parcel(Courier::Ems, 0, Life::Ordinary, 13.0);
    change(&stand, adapter.as_ref(), Ability::InterceptToSender, &parcel, "intercept-1").await.unwrap().unwrap();
    let states = |taken: Vec<(String, PushedItem)>| {
        let requests = taken.into_iter().filter_map(|(_, item)| match item.tells {
            Pushed::Request { waybill, state, .. } => Some((waybill, state.text.unwrap_or_default())),
            _ => None,
        });
        requests.collect::<Vec<_>>()
    };
    stand.sim.push_due().await;
    assert!(states(desk.take()).is_empty(), "taken is not turned");
    for (hours, words) in [(4, "拦截中，已退改"), (40, "拦截成功")] {
        stand.hours(hours);
        stand.sim.push_due().await;
        assert_eq!(states(desk.take()), [(waybill(Courier::Ems, 0), words.to_owned())]);
    }
}
