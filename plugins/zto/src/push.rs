//! What ZTO pushes: scans, signed, as a form or as JSON. Pure.

use crate::adapter::Zto;
use crate::codes;
use crate::config::ReturnKinds;
use crate::responses::place_of;
use crate::wire::PushedScan;
use parcelward_courier::signing::md5_base64;
use parcelward_courier::{
    Acknowledgement, Courier, ExposeSecret, PushIn, PushProblem, PushReceipt, PushRequest, Pushed, PushedItem, TrackingEvent,
    TrackingStatus, Verification, Waybill, json, local_time, verify,
};

impl PushIn for Zto {
    fn verification(&self) -> Verification {
        Verification::Signed
    }

    fn receive(&self, push: &PushRequest<'_>) -> Result<PushReceipt, PushProblem> {
        let fields = push.fields()?;
        // Signed over the text as it came, before it is read.
        let data = fields.needed("data")?;
        let signing = &self.config().signing;
        verify(&md5_base64(&[data, signing.secret.expose_secret()]), fields.get("data_digest"))?;
        if fields.get("company_id").is_some_and(|company| !company.is_empty() && company != signing.app_key) {
            return Err(PushProblem::Unverified("for another account"));
        }
        let items = told(data, &self.config().kinds)?;
        Ok(PushReceipt { items, acknowledge: Acknowledgement::json(r#"{"status":true,"message":"","result":"","statusCode":"0"}"#) })
    }

    fn decline(&self, _: &PushProblem) -> Acknowledgement {
        Acknowledgement::json(r#"{"status":false,"message":"not accepted","result":"","statusCode":"1"}"#)
    }
}

/// What the signed text tells. `msg_type` stands outside of it, so what it is is read from the text itself.
fn told(data: &str, kinds: &ReturnKinds) -> Result<Vec<PushedItem>, PushProblem> {
    let value: serde_json::Value = json::from_text(data).map_err(PushProblem::Malformed)?;
    let scans = json::listed(value);
    if scans.iter().all(|scan| scan.get("action").is_some()) && !scans.is_empty() {
        return scans.into_iter().map(|scan| item(scan, kinds)).collect();
    }
    Ok(vec![PushedItem { key: md5_base64(&["other", data]), tells: Pushed::Other("not a scan".to_owned()) }])
}

fn item(scan: serde_json::Value, kinds: &ReturnKinds) -> Result<PushedItem, PushProblem> {
    let scan: PushedScan = json::shaped(scan, "data").map_err(|error| PushProblem::Malformed(error.to_string()))?;
    let number = scan.bill_code.given().ok_or_else(|| PushProblem::Malformed("data.billCode is missing".to_owned()))?;
    let at = local_time::parse(scan.action_time.as_str()).ok_or_else(|| PushProblem::Malformed("no time at data.actionTime".to_owned()))?;
    let (mut status, reason) = codes::action(scan.action.as_str());
    let mut code = scan.action.0;
    let kind = scan.return_update_type.given().or_else(|| scan.return_type.given());
    if let ("RETURN_SCAN", Some(kind)) = (code.as_str(), kind) {
        status = return_scan(&kind, kinds);
        code = format!("{code}/{kind}");
    } else if let Some(problem) = scan.problem_code.given().filter(|_| code == "PROBLEM") {
        code = format!("{code}/{problem}");
    }
    let mut event = TrackingEvent::new(at, code, status, reason);
    event.place = place_of(scan.city, scan.facility_name);
    event.description = scan.desc.given();
    Ok(PushedItem::scan(Waybill { courier: Courier::Zto, number }, event))
}

/// A return or a change of address, by the word that ZTO gives it. A word that the account's settings do not know moves nothing.
fn return_scan(kind: &str, kinds: &ReturnKinds) -> TrackingStatus {
    let among = |list: &[String]| list.iter().any(|known| known == kind);
    if among(&kinds.redirected) {
        TrackingStatus::InTransit
    } else if among(&kinds.returned) {
        TrackingStatus::Returning
    } else {
        TrackingStatus::Unrecognized
    }
}
