//! What STO pushes: scans and the states of orders, signed, within a form. Pure.

use crate::adapter::Sto;
use crate::responses;
use crate::wire::Push;
use parcelward_courier::signing::md5_base64;
use parcelward_courier::{
    Acknowledgement, Courier, CourierError, PushIn, PushProblem, PushReceipt, PushRequest, Pushed, PushedItem, Verification, Waybill, json,
    verify,
};

impl PushIn for Sto {
    fn verification(&self) -> Verification {
        Verification::Signed
    }

    /// A scan is known by `outBizCode`: STO pushes it again where our answer was late.
    fn receive(&self, push: &PushRequest<'_>) -> Result<PushReceipt, PushProblem> {
        let fields = push.fields()?;
        // Signed over the text as it came, before it is read.
        let content = fields.needed("content")?;
        verify(&self.config().sign(content), fields.get("data_digest"))?;
        let item = told(content)?;
        Ok(PushReceipt { items: vec![item], acknowledge: Acknowledgement::json(r#"{"success":true,"errorCode":"","errorMsg":""}"#) })
    }

    fn decline(&self, _: &PushProblem) -> Acknowledgement {
        Acknowledgement::json(r#"{"success":false,"errorCode":"1","errorMsg":"not accepted"}"#)
    }
}

/// What the signed text tells. The interface's name (`api_name`) stands outside of it, so what it is is read from the text itself: a scan, the
/// state of an order, or something else.
fn told(content: &str) -> Result<PushedItem, PushProblem> {
    let malformed = |error: CourierError| PushProblem::Malformed(error.to_string());
    let push: Push = json::shaped(json::from_text(content).map_err(PushProblem::Malformed)?, "content").map_err(malformed)?;
    let Some(scan) = push.trace else {
        let kind = push.event.given().unwrap_or_else(|| "not a scan".to_owned());
        return Ok(PushedItem { key: md5_base64(&[&kind, content]), tells: Pushed::Other(kind) });
    };
    let number = push.waybill_no.given().ok_or_else(|| PushProblem::Malformed("content.waybillNo is missing".to_owned()))?;
    let event = responses::event(scan, "content.trace").map_err(malformed)?;
    Ok(PushedItem::scan(Waybill { courier: Courier::Sto, number }, event))
}
