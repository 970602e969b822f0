//! What YTO pushes: scans in XML, signed, within a form. Pure.

use crate::adapter::Yto;
use crate::codes;
use crate::responses::place_of;
use crate::wire::PushedUpdate;
use parcelward_courier::json::Text;
use parcelward_courier::signing::md5_base64;
use parcelward_courier::{
    Acknowledgement, Courier, ExposeSecret, PushIn, PushProblem, PushReceipt, PushRequest, Pushed, PushedItem, TrackingEvent, Verification,
    Waybill, local_time, verify,
};
use quick_xml::escape::escape;

impl PushIn for Yto {
    fn verification(&self) -> Verification {
        Verification::Signed
    }

    fn receive(&self, push: &PushRequest<'_>) -> Result<PushReceipt, PushProblem> {
        let fields = push.fields()?;
        // Signed over the text as it came, before it is read.
        let xml = fields.needed("logistics_interface")?;
        verify(&md5_base64(&[xml, self.config().push_secret.expose_secret()]), fields.get("data_digest"))?;
        let info: PushedUpdate = quick_xml::de::from_str(xml)
            .map_err(|_| PushProblem::Malformed(format!("logistics_interface is no XML of a scan ({} bytes)", xml.len())))?;
        let acknowledge = answer(&info.tx_logistic_id, true, "");
        let kind = info.info_type.trim().to_owned();
        let item = if kind.is_empty() || kind == "STATUS" {
            scan(info)?
        } else {
            PushedItem { key: md5_base64(&[&kind, xml]), tells: Pushed::Other(kind) }
        };
        Ok(PushReceipt { items: vec![item], acknowledge })
    }

    fn decline(&self, _: &PushProblem) -> Acknowledgement {
        answer("", false, "not accepted")
    }
}

fn scan(info: PushedUpdate) -> Result<PushedItem, PushProblem> {
    let missing = |field: &str| PushProblem::Malformed(format!("{field} is missing"));
    let number = Text(info.mail_no).given().ok_or_else(|| missing("mailNo"))?;
    let code = Text(info.info_content).given().ok_or_else(|| missing("infoContent"))?;
    let at = local_time::parse(&info.accept_time).ok_or_else(|| PushProblem::Malformed("no time at acceptTime".to_owned()))?;
    let status = codes::scan_status(&code);
    let mut event = TrackingEvent::new(at, code, status, None);
    event.place = place_of([Text(info.city), Text(info.district), Text(info.org_name)]);
    event.description = Text(info.question_cause).given().or(Text(info.remark).given());
    Ok(PushedItem::scan(Waybill { courier: Courier::Yto, number }, event))
}

fn answer(order: &str, success: bool, reason: &str) -> Acknowledgement {
    let order = escape(order.trim());
    Acknowledgement {
        status: 200,
        content_type: "application/xml; charset=utf-8",
        body: format!(
            "<Response><logisticProviderID>YTO</logisticProviderID><txLogisticID>{order}</txLogisticID><success>{success}</success><reason>{reason}</reason></Response>"
        ),
    }
}
