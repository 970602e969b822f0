//! The simulator's own page: parcels, faults, accounts, ledger.

use crate::faults::{FaultKind, FaultSpec};
use crate::life::Life;
use crate::server::Stage;
use crate::service::Service;
use crate::world::NewParcel;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use parcelward_casework::words::Courier;
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt::Write as _;

pub(crate) fn router(stage: Stage) -> Router {
    Router::new()
        .route("/", get(about))
        .route("/ledger", get(ledger))
        .route("/accounts", get(accounts))
        .route("/faults", get(faults).put(set_fault).delete(clear_all))
        .route("/faults/{courier}", axum::routing::delete(clear_one))
        .route("/parcels", get(parcels).post(register))
        .route("/parcels/{courier}/{number}", get(parcel))
        .route("/pushes", axum::routing::post(push_now))
        .with_state(stage)
}

/// A no, in words.
fn refused(status: StatusCode, why: &str) -> Response {
    (status, Json(json!({ "error": why }))).into_response()
}

async fn about(State(stage): State<Stage>) -> String {
    let mut text = String::from(
        "Simulated couriers\n\n\
         GET    /ledger                    what was asked and taken, by waybill and kind\n\
         GET    /accounts                  settings and secrets for the adapters\n\
         GET    /faults                    the faults that are on\n\
         PUT    /faults                    {\"fault\": \"sf=throttled:0.2\"} switches one on; a share of 0 switches it off\n\
         DELETE /faults[/COURIER]          switches all off\n\
         GET    /parcels[/COURIER/NUMBER]  the parcels as they stand\n\
         POST   /parcels                   {\"courier\": \"sf\", \"number\": \"SF1000000000001\", \"life\": \"stalls\", \"age_hours\": 13}\n\
         POST   /pushes                    makes every push that is due now\n\n",
    );
    let lives: Vec<&str> = Life::ALL.iter().map(|life| life.word()).collect();
    let faults: Vec<&str> = FaultKind::ALL.iter().map(|fault| fault.word()).collect();
    let _ = write!(text, "Lives: {}\nFaults: {}\n\n", lives.join(", "), faults.join(", "));
    for service in Service::ALL {
        let _ = writeln!(text, "{:10} {}", service.word(), stage.base(service));
    }
    text
}

async fn ledger(State(stage): State<Stage>) -> Response {
    Json(stage.ledger.page()).into_response()
}

async fn accounts(State(stage): State<Stage>) -> Json<Value> {
    let accounts = stage.accounts().into_iter().map(|(service, account)| {
        let secrets: serde_json::Map<String, Value> =
            account.secrets.iter().map(|(name, secret)| ((*name).to_owned(), (*secret).into())).collect();
        (service.word().to_owned(), json!({ "settings": account.settings, "secrets": secrets }))
    });
    Json(Value::Object(accounts.collect()))
}

async fn faults(State(stage): State<Stage>) -> Response {
    Json(stage.faults.on()).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Switch {
    fault: String,
}

async fn set_fault(State(stage): State<Stage>, Json(switch): Json<Switch>) -> Response {
    match switch.fault.parse::<FaultSpec>() {
        Ok(spec) => {
            stage.faults.set(&spec);
            stage.faults.settled().await;
            Json(stage.faults.on()).into_response()
        }
        Err(why) => refused(StatusCode::UNPROCESSABLE_ENTITY, &why.to_string()),
    }
}

async fn clear_all(State(stage): State<Stage>) -> Response {
    stage.faults.clear(None);
    stage.faults.settled().await;
    StatusCode::NO_CONTENT.into_response()
}

async fn clear_one(State(stage): State<Stage>, Path(courier): Path<String>) -> Response {
    let Some(service) = Service::from_word(&courier) else { return refused(StatusCode::NOT_FOUND, "no such courier") };
    stage.faults.clear(Some(service));
    stage.faults.settled().await;
    StatusCode::NO_CONTENT.into_response()
}

async fn parcels(State(stage): State<Stage>) -> Response {
    Json(stage.world.parcels()).into_response()
}

async fn register(State(stage): State<Stage>, Json(new): Json<NewParcel>) -> Response {
    let (courier, number) = (new.courier, new.number.clone());
    let usual = (6..=32).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_alphanumeric());
    if !usual || courier == Courier::Other || !(0.0..=100_000.0).contains(&new.age_hours) {
        return refused(
            StatusCode::UNPROCESSABLE_ENTITY,
            "number has 6 to 32 letters and digits, age_hours is not negative, courier is one of the nine",
        );
    }
    stage.world.register(new);
    (StatusCode::CREATED, Json(stage.world.parcel(courier, &number))).into_response()
}

async fn parcel(State(stage): State<Stage>, Path((courier, number)): Path<(String, String)>) -> Response {
    let found = Courier::from_word(&courier).and_then(|courier| stage.world.parcel(courier, &number));
    found.map_or_else(|| refused(StatusCode::NOT_FOUND, "no such parcel yet"), |parcel| Json(parcel).into_response())
}

async fn push_now(State(stage): State<Stage>) -> Response {
    Json(crate::pushing::push_due(&stage).await).into_response()
}
