//! The simulator's own page: the same as its Rust interface, over HTTP.

use crate::operations::change;
use crate::stand::Stand;
use parcelward_casework::words::Courier;
use parcelward_courier::Ability;
use parcelward_simulator::{Life, Service, Simulator, SimulatorSettings};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::new()
}

#[tokio::test]
async fn ledger_faults_parcels_and_accounts_are_served() {
    let (stand, client) = (Stand::begin().await, client());
    let url = |path: &str| format!("http://{}{path}", stand.sim.addr());
    let get = async |path: &str| client.get(url(path)).send().await.unwrap().json::<Value>().await.unwrap();

    let new = json!({ "courier": "yto", "number": "YT1000000000077", "life": "ordinary", "age_hours": 13 });
    let made = client.post(url("/parcels")).json(&new).send().await.unwrap();
    assert_eq!(made.status(), StatusCode::CREATED);
    assert_eq!(get("/parcels/yto/YT1000000000077").await["scans"].as_array().unwrap().len(), 4);
    for bad in [
        json!({ "courier": "yto", "number": "YT 1", "life": "ordinary" }),
        json!({ "courier": "dhl", "number": "YT1000000000078", "life": "ordinary" }),
        json!({ "courier": "yto" }),
    ] {
        let answer = client.post(url("/parcels")).json(&bad).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
    }
    assert_eq!(client.get(url("/parcels/yto/YT1000000000079")).send().await.unwrap().status(), StatusCode::NOT_FOUND);

    let parcel = parcelward_casework::fact::Waybill { courier: Courier::Yto, number: "YT1000000000077".into() };
    for _ in 0..2 {
        change(&stand, stand.adapter(Service::Yto).as_ref(), Ability::InterceptToSender, &parcel, "intercept-1").await.unwrap().unwrap();
    }
    let ledger = get("/ledger").await;
    assert_eq!(ledger["entries"][0]["waybill"], "YT1000000000077");
    assert_eq!((&ledger["entries"][0]["asked"], &ledger["accepted_twice"][0]["accepted"]), (&json!(2), &json!(2)));
    assert_eq!(ledger["calls"]["yto"], 2);

    let set = |fault: &str| client.put(url("/faults")).json(&json!({ "fault": fault })).send();
    assert_eq!(set("yto=outage").await.unwrap().status(), StatusCode::OK);
    let down = stand.adapter(Service::Yto).track(&stand.call(), &[parcelward_courier::TrackingQuery::number("YT1000000000077")]).await;
    assert!(down.is_err());
    assert_eq!(get("/faults").await["yto"][0]["kind"], "outage");
    assert_eq!(set("yto=burn").await.unwrap().status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(client.delete(url("/faults/yto")).send().await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(get("/faults").await, json!({}));
    assert!(!stand.events(stand.adapter(Service::Yto).as_ref(), "YT1000000000077").await.is_empty());

    let accounts = get("/accounts").await;
    assert_eq!(accounts.as_object().unwrap().len(), 10);
    assert!(accounts["sf"]["settings"].as_str().unwrap().contains("checkword = { env = \"SIM_SF_CHECKWORD\" }"));
}

#[tokio::test]
async fn it_listens_on_this_machine_only_and_says_what_is_wrong() {
    for (settings, said) in [
        (SimulatorSettings { listen: ([0, 0, 0, 0], 0).into(), ..SimulatorSettings::default() }, "not on loopback"),
        (SimulatorSettings { speed: 0.0, ..SimulatorSettings::default() }, "a speed of 0"),
    ] {
        let problem = Simulator::start(settings).await.unwrap_err().to_string();
        assert!(problem.contains(said), "{problem}");
    }
    let first = Simulator::start(SimulatorSettings::default()).await.unwrap();
    let taken = Simulator::start(SimulatorSettings { listen: first.addr(), ..SimulatorSettings::default() }).await.unwrap_err();
    assert!(taken.to_string().contains("listening on"), "{taken}");
}

#[tokio::test]
async fn whatever_is_sent_is_answered_and_nothing_is_taken() {
    let (stand, client) = (Stand::begin().await, client());
    stand.parcel(Courier::Yto, 0, Life::Ordinary, 13.0);
    for service in Service::ALL {
        for path in ["/", "/std/service", "/open/a/b/c/d", "/gateway/link.do", "/poll", "/label/order", "/ecap/v1/orders/cancel?sign=x"] {
            for body in ["", "{}", "[]", "a=b&c", "%zz", "<x/>", "\u{0}\u{1}"] {
                let answer = client.post(format!("{}{path}", stand.sim.base(service))).body(body).send().await.unwrap();
                assert!(answer.status().is_success() || answer.status() == StatusCode::NOT_FOUND, "{service} {path} {body:?}");
            }
        }
    }
    assert!(stand.sim.ledger().lines().is_empty());
}
