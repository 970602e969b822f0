//! From what the port asks to what EMS is sent: the interface's code and the enciphered body. Pure.

use crate::config::Config;
use crate::wire::TraceQuery;
use parcelward_courier::signing::sm4::ems_seal;
use parcelward_courier::{CourierError, ExposeSecret, Instant, NotSentReason, json, local_time};

/// A request that is whole.
pub(crate) struct Request {
    pub(crate) api: &'static str,
    pub(crate) body: String,
}

pub(crate) fn track(number: &str) -> Result<Request, CourierError> {
    Ok(Request { api: "040001", body: json::write(&TraceQuery { waybill_no: number, direction: "0" })? })
}

/// The form that is posted. The body's field is misspelt at EMS'.
pub(crate) fn form(request: &Request, config: &Config, now: Instant) -> Result<Vec<(&'static str, String)>, CourierError> {
    // The key was tried when the account was set up.
    let sealed = ems_seal(&request.body, config.key.expose_secret())
        .map_err(|problem| CourierError::not_sent(NotSentReason::Misconfigured, problem.to_string()))?;
    let mut form = vec![
        ("apiCode", request.api.to_owned()),
        ("senderNo", config.sender_no.clone()),
        ("authorization", config.authorization.expose_secret().to_owned()),
        ("timeStamp", local_time::format(now)),
        ("logitcsInterface", sealed),
        ("version", config.version.clone()),
    ];
    let given = [("msgType", &config.msg_type), ("userCode", &config.user_code)];
    form.extend(given.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, value.clone())));
    Ok(form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_body_is_written_and_enciphered() {
        let request = track("9800000000001").unwrap();
        assert_eq!(request.body, r#"{"waybillNo":"9800000000001","direction":"0"}"#);
        let sealed = ems_seal(&request.body, "MDEyMzQ1Njc4OWFiY2RlZg==");
        assert_eq!(
            sealed.as_deref(),
            Ok("|$4|Ox3IT1paIHnnqDeh722mHzx+6qIPo7fM6/2QexmF7/bBEAzgMwF29by1oQ0/LbI3/vkPai/Ngto8XCYTZqKy1DJdUB/WoUhfa6ykyLZ7yWA=")
        );
    }
}
