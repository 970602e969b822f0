//! From what the port asks to what JD is sent: the path, and the body as a list of arguments, written once. Pure.

use crate::config::{Config, Owner};
use crate::wire::{Cancel, Parcel};
use parcelward_courier::signing::jd::{JdSigned, jd_sign};
use parcelward_courier::{CourierError, ExposeSecret, Instant, json, local_time};

const VERSION: &str = "2.0";

/// A request that is whole.
pub(crate) struct Request {
    pub(crate) path: &'static str,
    pub(crate) body: String,
}

fn parcel<'a>(number: &'a str, owner: &'a Owner) -> Parcel<'a> {
    Parcel { waybill_code: number, order_origin: owner.origin.code(), customer_code: &owner.customer_code }
}

pub(crate) fn track(number: &str, owner: &Owner) -> Result<Request, CourierError> {
    Ok(Request { path: "/ecap/v1/orders/trace/query", body: json::write(&[parcel(number, owner)])? })
}

pub(crate) fn signature(number: &str, owner: &Owner) -> Result<Request, CourierError> {
    Ok(Request { path: "/ecap/v1/orders/signature/query", body: json::write(&[parcel(number, owner)])? })
}

pub(crate) fn intercept(number: &str, config: &Config) -> Result<Request, CourierError> {
    let body = Cancel {
        parcel: parcel(number, &config.owner),
        cancel_reason: &config.cancel_reason,
        cancel_reason_code: "1",
        cancel_type: 1,
        subscribe_intercept: if config.subscribe_intercept { "1" } else { "" },
    };
    Ok(Request { path: "/ecap/v1/orders/cancel", body: json::write(&[body])? })
}

/// The query that carries the signature over path and body.
pub(crate) fn query(request: &Request, config: &Config, now: Instant) -> String {
    let timestamp = local_time::format(now);
    let (token, key) = (config.access_token.expose_secret(), config.app_key.as_str());
    let sign = jd_sign(
        config.algorithm,
        &JdSigned {
            secret: config.app_secret.expose_secret(),
            token,
            key,
            path: request.path,
            body: &request.body,
            timestamp: &timestamp,
            version: VERSION,
        },
    );
    let pairs = [
        ("LOP-DN", config.lop_dn.as_str()),
        ("app_key", key),
        ("access_token", token),
        ("timestamp", &timestamp),
        ("v", VERSION),
        ("algorithm", config.algorithm.word()),
        ("sign", &sign),
    ];
    pairs.map(|(name, value)| format!("{name}={}", encode(value))).join("&")
}

/// Encodes a value of a query: letters, digits and `-._~` stay, all else is `%XX`.
fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Origin;
    use parcelward_courier::signing::jd::JdAlgorithm;

    fn config(algorithm: JdAlgorithm) -> Config {
        Config {
            base_url: String::new(),
            lop_dn: "ECAP".into(),
            lop_tz: String::new(),
            app_key: "testappkey0000000000000000000000".into(),
            app_secret: "testappsecret000000000000000000a".into(),
            access_token: "testaccesstoken00000000000000000".into(),
            algorithm,
            owner: Owner { origin: Origin::B2c, customer_code: "010K000001".into() },
            cancel_reason: "测试".into(),
            subscribe_intercept: true,
        }
    }

    #[test]
    fn the_published_question_is_written_and_signed() {
        let now = Instant::parse("2024-01-02T03:04:05+08:00").unwrap();
        let config = config(JdAlgorithm::Md5Salt);
        let request = track("JDV000000000001", &config.owner).unwrap();
        assert_eq!(request.body, r#"[{"waybillCode":"JDV000000000001","orderOrigin":1,"customerCode":"010K000001"}]"#);
        let asked = query(&request, &config, now);
        assert!(asked.ends_with("&v=2.0&algorithm=md5-salt&sign=3ae77a1484d968986048e1ddc50733bf"), "{asked}");
        assert!(asked.contains("timestamp=2024-01-02%2003%3A04%3A05"), "{asked}");
        let hmac = query(&request, &self::config(JdAlgorithm::HmacSha256), now);
        assert!(hmac.ends_with("algorithm=HMacSHA256&sign=5FvOCibNF9Fd2xMGlh6Wl9APqN%2B8fevEgm3JTd2u5xU%3D"), "{hmac}");
    }

    #[test]
    fn c2c_orders_have_no_customer() {
        let owner = Owner { origin: Origin::C2c, customer_code: String::new() };
        assert_eq!(track("JDV1", &owner).unwrap().body, r#"[{"waybillCode":"JDV1","orderOrigin":0}]"#);
    }
}
