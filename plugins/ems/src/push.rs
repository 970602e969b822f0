//! What EMS pushes: scans, enciphered and not signed. Pure.

use crate::adapter::Ems;
use crate::config::Config;
use crate::responses;
use crate::wire::{PushAnswer, Trace};
use parcelward_courier::signing::md5_hex;
use parcelward_courier::signing::sm4::ems_open;
use parcelward_courier::{
    Acknowledgement, Courier, CourierError, ExposeSecret, PushIn, PushProblem, PushReceipt, PushRequest, PushedItem, Verification, Waybill,
    json,
};
use serde_json::Value;

impl PushIn for Ems {
    fn verification(&self) -> Verification {
        Verification::Unsigned
    }

    fn receive(&self, push: &PushRequest<'_>) -> Result<PushReceipt, PushProblem> {
        let fields = push.fields()?;
        // A form that was not encoded has a space for each plus of the Base64.
        let sealed = fields.needed("logitcsInterface")?.trim().replace(' ', "+");
        let config = self.config();
        let text = ems_open(&sealed, config.key.expose_secret())
            .map_err(|_| PushProblem::Unverified("it does not open with this account's key"))?;
        let items = scans(&text)?;
        let serial = fields.get("serialNo").filter(|serial| !serial.is_empty()).map_or_else(|| serial_of(&sealed), str::to_owned);
        Ok(PushReceipt { items, acknowledge: answer(config, &serial, "00000", "成功") })
    }

    fn decline(&self, _: &PushProblem) -> Acknowledgement {
        answer(self.config(), "", "99999", "失败")
    }
}

fn answer(config: &Config, serial_no: &str, code: &'static str, code_message: &'static str) -> Acknowledgement {
    let answer = PushAnswer { serial_no, code, code_message, sender_no: &config.sender_no };
    // Four texts cannot fail to be written.
    Acknowledgement::json(json::write(&answer).unwrap_or_default())
}

/// A number of the form of a UUID, the same for the same push.
fn serial_of(sealed: &str) -> String {
    let hex = md5_hex(&[sealed]);
    let (a, rest) = hex.split_at(8);
    let (b, rest) = rest.split_at(4);
    let (c, rest) = rest.split_at(4);
    let (d, e) = rest.split_at(4);
    [a, b, c, d, e].join("-")
}

fn scans(text: &str) -> Result<Vec<PushedItem>, PushProblem> {
    let malformed = |error: CourierError| PushProblem::Malformed(error.to_string());
    let value: Value = json::from_text(text).map_err(PushProblem::Malformed)?;
    let traces = responses::traces(value).map_err(malformed)?;
    if traces.is_empty() {
        return Err(PushProblem::Malformed("no scans".to_owned()));
    }
    let scan = |(n, trace): (usize, Value)| {
        let mut trace: Trace = json::shaped(trace, &format!("scan {n}")).map_err(malformed)?;
        let number = std::mem::take(&mut trace.waybill_no).given();
        let number = number.ok_or_else(|| PushProblem::Malformed(format!("waybillNo is missing at scan {n}")))?;
        let event = responses::event(trace).ok_or_else(|| PushProblem::Malformed(format!("no time at scan {n}")))?;
        Ok(PushedItem::scan(Waybill { courier: Courier::Ems, number }, event))
    };
    traces.into_iter().enumerate().map(scan).collect()
}
