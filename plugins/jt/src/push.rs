//! What J&T pushes: a parcel's scans within a form, signed in a header as our requests are. Pure.

use crate::adapter::Jt;
use crate::responses;
use crate::wire::Parcel;
use parcelward_courier::signing::md5_base64;
use parcelward_courier::{
    Acknowledgement, Courier, PushIn, PushProblem, PushReceipt, PushRequest, Pushed, PushedItem, Verification, Waybill, json, verify,
};

impl PushIn for Jt {
    fn verification(&self) -> Verification {
        if self.config().push_signed { Verification::Signed } else { Verification::Unsigned }
    }

    fn receive(&self, push: &PushRequest<'_>) -> Result<PushReceipt, PushProblem> {
        let fields = push.fields()?;
        // Signed over the text as it came, before it is read.
        let content = fields.needed("bizContent")?;
        if self.config().push_signed {
            verify(&self.config().sign(content), push.header("digest"))?;
        }
        let value: serde_json::Value = json::from_text(content).map_err(PushProblem::Malformed)?;
        let malformed = |error: parcelward_courier::CourierError| PushProblem::Malformed(error.to_string());
        let parcel: Parcel = json::shaped(value, "bizContent").map_err(malformed)?;
        let items = if parcel.details.is_null() && parcel.scan_type.clone().given().is_some() {
            // The state of an order, of which the warehouse knows already.
            vec![PushedItem { key: md5_base64(&["order", content]), tells: Pushed::Other("order".to_owned()) }]
        } else {
            let number = parcel.bill_code.given().ok_or_else(|| PushProblem::Malformed("bizContent.billCode is missing".to_owned()))?;
            let events = responses::events(parcel.details, "bizContent.details").map_err(malformed)?;
            let mut items: Vec<PushedItem> = Vec::new();
            for event in events {
                let item = PushedItem::scan(Waybill { courier: Courier::Jt, number: number.clone() }, event);
                if !items.iter().any(|known| known.key == item.key) {
                    items.push(item);
                }
            }
            items
        };
        Ok(PushReceipt { items, acknowledge: Acknowledgement::json(r#"{"code":"1","msg":"success"}"#) })
    }

    fn decline(&self, _: &PushProblem) -> Acknowledgement {
        Acknowledgement::json(r#"{"code":"0","msg":"not accepted"}"#)
    }
}
