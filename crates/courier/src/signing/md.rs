//! Signatures made of one digest over texts put together.

use super::hex;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha2::Sha256;

fn md5(parts: &[&str]) -> [u8; 16] {
    let mut hash = Md5::new();
    for part in parts {
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}

/// `Base64(MD5(parts…))` over the raw 16 bytes.
#[must_use]
pub fn md5_base64(parts: &[&str]) -> String {
    STANDARD.encode(md5(parts))
}

/// `hex(MD5(parts…))`, lower case.
#[must_use]
pub fn md5_hex(parts: &[&str]) -> String {
    hex(&md5(parts), false)
}

/// `HEX(MD5(parts…))`, upper case.
#[must_use]
pub fn md5_hex_upper(parts: &[&str]) -> String {
    hex(&md5(parts), true)
}

/// `HEX(SHA256(parts…))`, upper case.
#[must_use]
pub fn sha256_hex_upper(parts: &[&str]) -> String {
    hex(&Sha256::digest(parts.concat()), true)
}

/// `Base64(hex(MD5(parts…)))`: Base64 of the 32 letters, not of the bytes.
#[must_use]
pub fn md5_hex_base64(parts: &[&str]) -> String {
    STANDARD.encode(md5_hex(parts))
}

/// J&T's digest within the body of order-type requests. `salt` is a constant of its documents.
#[must_use]
pub fn jt_business_digest(customer_code: &str, password: &str, salt: &str, private_key: &str) -> String {
    md5_base64(&[customer_code, &md5_hex_upper(&[password, salt]), private_key])
}

/// SF's `msgDigest`: the text is encoded as a form's before it is digested (many samples forget that).
#[must_use]
pub fn sf_digest(msg: &str, timestamp: &str, checkword: &str) -> String {
    md5_base64(&[&crate::text::form_encode(&[msg, timestamp, checkword].concat())])
}

/// Which digest an application is set to in ZTO's console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
pub enum Algorithm {
    /// MD5, the default.
    #[default]
    #[serde(rename = "md5")]
    Md5,
    /// SHA-256.
    #[serde(rename = "sha256")]
    Sha256,
    /// HMAC-SHA-256 with a key of its own.
    #[serde(rename = "hmac-sha256")]
    HmacSha256,
}

/// How a digest is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// Base64 of the bytes, the default.
    #[default]
    Base64,
    /// Lower-case hexadecimal.
    Hex,
}

/// What stands around the body in the signed text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wrapping<'a> {
    /// Before it: the timestamp, where the application is set to send one.
    pub timestamp: Option<&'a str>,
    /// Behind it.
    pub secret: &'a str,
}

/// ZTO's `x-dataDigest`. `key` is the separate key that HMAC wants; the other digests ignore it.
#[must_use]
pub fn zto_digest(algorithm: Algorithm, encoding: Encoding, body: &str, around: Wrapping<'_>, key: &str) -> String {
    let text = [around.timestamp.unwrap_or_default(), body, around.secret].concat();
    let bytes = match algorithm {
        Algorithm::Md5 => md5(&[&text]).to_vec(),
        Algorithm::Sha256 => Sha256::digest(&text).to_vec(),
        Algorithm::HmacSha256 => hmac::<Hmac<Sha256>>(key.as_bytes(), text.as_bytes()),
    };
    match encoding {
        Encoding::Base64 => STANDARD.encode(bytes),
        Encoding::Hex => hex(&bytes, false),
    }
}

/// An HMAC. A key of any length is taken, so there is nothing that could fail.
pub(super) fn hmac<M: Mac + KeyInit>(key: &[u8], text: &[u8]) -> Vec<u8> {
    <M as KeyInit>::new_from_slice(key).map(|mac| mac.chain_update(text).finalize().into_bytes().to_vec()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zto(algorithm: Algorithm, encoding: Encoding, timestamp: Option<&str>, secret: &str) -> String {
        zto_digest(algorithm, encoding, r#"{"billCode":"73100057041226"}"#, Wrapping { timestamp, secret }, "hmac_key")
    }

    #[test]
    fn zto_vectors() {
        assert_eq!(zto(Algorithm::Md5, Encoding::Base64, None, "test_secret"), "8MNPgNJttpK0gfrzqG0I/w==");
        assert_eq!(zto(Algorithm::Md5, Encoding::Hex, None, "test_secret"), "f0c34f80d26db692b481faf3a86d08ff");
        assert_eq!(zto(Algorithm::Md5, Encoding::Base64, Some("1700000000000"), "test_secret"), "9aXE/y0MPV7ruTx57UCIfw==");
        assert_eq!(zto(Algorithm::Sha256, Encoding::Base64, None, "test_secret"), "ywbZ3hgEP4rx2RBr2BAYWN2iWBu5KLdxHX1ak4jWCPc=");
        assert_eq!(zto(Algorithm::HmacSha256, Encoding::Base64, None, "test_secret"), "d6L51mPjRkipHRepriBV0DwQC8tM+3Aez0XvEp742Ec=");
        assert_eq!(zto(Algorithm::Md5, Encoding::Base64, None, "kfpttestkey=="), "DcMy2bJ6U43ZiZeTxUahyQ==");
    }

    #[test]
    fn yto_vectors() {
        assert_eq!(md5_base64(&["opentest", "123456"]), "YLstCNa3x8ijQx16e/jqOA==");
        assert_eq!(md5_base64(&["<order></order>", "123456"]), "LghTkEmsD2tbQ3fsIBRcBg==");
        let yto = |param: &str, method: &str, secret: &str| md5_base64(&[param, method, "v1", secret]);
        assert_eq!(yto(r#"{"NUMBER":"YT2600227881409"}"#, "track_query_adapter", "123456"), "uhSL6hg8txxadZi26YPYPg==");
        assert_eq!(yto(r#"{"NUMBER":"YT2600227881409"}"#, "track_query_adapter", "1QLlIZ"), "A5VvsQJFjUk8wEHg6wxDsQ==");
        let wanted = r#"{"waybillNo":"YT2600227881409","wantedDesc":"拦截退回"}"#;
        assert_eq!(yto(wanted, "wanted_report_adapter", "123456"), "TSZTAYQAuQvMQ6mBdT4W6w==");
    }

    #[test]
    fn sto_jt_cainiao_vectors() {
        for (text, secret, digest) in [
            (r#"{"order":"asc","waybillNoList":["777031922725111"]}"#, "test_secret", "eXgoIM6z9UDV16wU17YdXg=="),
            (r#"{"waybillNo":"777031922725111","interceptForAct":"DEFAULT"}"#, "test_secret", "p0V42DQc8/R09BM8dwjT9g=="),
            (r#"{"billCodes":"JT2099306666983"}"#, "test_key", "FX9d0hkb7ujMaH8R/nuTOA=="),
            (r#"{"mailNo":"JT2099306666983","applyTypeCode":4}"#, "test_key", "ZNRoDy9KC2rArkxqDz5GxA=="),
            (r#"{"arg0":{"appCode":"demo","mailNo":"777174159154537","cpCode":"STO"}}"#, "test_secret", "iGBXy8lWWmnJ3D6ow9WL7Q=="),
        ] {
            assert_eq!(md5_base64(&[text, secret]), digest, "{text}");
        }
    }

    #[test]
    fn jt_business_digest_is_two_digests() {
        // No published vector: the formula written out by hand.
        let inner = md5_hex_upper(&["password", "jadada236t2"]);
        assert_eq!(jt_business_digest("J001", "password", "jadada236t2", "key"), md5_base64(&["J001", &inner, "key"]));
        assert!(inner.len() == 32 && inner == inner.to_uppercase());
    }

    #[test]
    fn yunda_deppon_kdniao_vectors() {
        assert_eq!(md5_hex(&[r#"{"mailno":"4312345678901"}"#, "_", "test_secret"]), "155142af9a1b7ce0ba62bb659b69540a");
        let deppon = [r#"{"mailNo":"6291370455"}"#, "test_appkey", "1700000000000"];
        assert_eq!(md5_hex(&deppon), "6f078a4048f50d96c42a5692e9403fd2");
        assert_eq!(md5_hex_base64(&deppon), "NmYwNzhhNDA0OGY1MGQ5NmM0MmE1NjkyZTk0MDNmZDI=");
        assert_eq!(md5_hex_base64(&["{}", "key"]), "NjI5ODI3ODRhYzdhNDJlZTdhNTEwYzc0MGZlNWFlOGQ=");
        let kdniao = r#"{"OrderCode":"","ShipperCode":"ZTO","LogisticCode":"73000000000001"}"#;
        assert_eq!(md5_hex_base64(&[kdniao, "TESTAPIKEY-0000-0000"]), "M2VlOGYwMDNjYjdjZTU5NGExZTQzOWJmODA2ZjdmNjg=");
    }

    #[test]
    fn kuaidi100_vectors() {
        let query = r#"{"com":"yuantong","num":"YT0000000000001","phone":"","resultv2":"4"}"#;
        assert_eq!(md5_hex_upper(&[query, "TESTKEY1", "TESTCUSTOMER1"]), "43B23F7E87D03E2970C84BE7D7333031");
        assert_eq!(
            sha256_hex_upper(&[query, "TESTKEY1", "TESTCUSTOMER1"]),
            "16A370E51C64117BF47C4AD608A98B0F7D219BF6960FF86005779368E88074C7"
        );
        let label = r#"{"kuaidicom":"jd","kuaidinum":"JD0000000000001","interceptType":"RETURN_SEND_ADDR","partnerId":"010K000001","reason":"test","salt":"abc","callbackUrl":"https://example.invalid/k100/intercept"}"#;
        assert_eq!(md5_hex_upper(&[label, "1700000000000", "TESTKEY1", "TESTSECRET1"]), "FEADA743E53D640B7230624197A9B600");
        let push = r#"{"status":"polling","billstatus":"","message":"","lastResult":{"message":"ok","state":"0","status":"200","condition":"","ischeck":"0","com":"yuantong","nu":"YT0000000000001","data":[]}}"#;
        assert_eq!(md5_hex_upper(&[push, "abc"]), "CEDD1203CB8E18D7AADC798E7A086007");
    }

    #[test]
    fn sf_vectors() {
        let sf = |msg: &str| sf_digest(msg, "1700000000000", "TESTCHECKWORD0123456789");
        let route = r#"{"language":"zh-CN","trackingType":"1","trackingNumber":["SF1234567890123"],"methodType":"1"}"#;
        assert_eq!(sf(route), "NZdVRh9e7ZsMnRJaqmyhMQ==");
        let intercept = |address: &str| {
            format!(
                r#"{{"waybillNo":"SF1234567890123","serviceCode":"2","role":"1","payMode":"4","monthlyCardNo":"0000000000","newDestAddress":{{"province":"广东省","city":"深圳市","county":"南山区","address":"{address}","contact":"张三","phone":"13000000000"}}}}"#
            )
        };
        let plain = intercept("测试路 1号(A)座!");
        assert_eq!(sf(&plain), "ANaLOL9OJPI+HtF02XzUeA==");
        assert_eq!(
            md5_base64(&[&plain, "1700000000000", "TESTCHECKWORD0123456789"]),
            "FABTj0vLbu/+y1T71ceZaw==",
            "what forgetting to encode gives"
        );
        assert_eq!(sf(&intercept("测试路 1号*(A)~座!")), "TpH/2J4fvcbQjQdaf8aGnA==");
        let xml = "<Request service='RouteService' lang='zh-CN'><Head>TESTCLIENT</Head><Body><RouteRequest tracking_type='1' method_type='1' tracking_number='444000000001'/></Body></Request>";
        assert_eq!(md5_base64(&[xml, "TESTCHECKWORD0123456789"]), "cNxXOum7R+uSLDRnhqNdng==");
    }
}
