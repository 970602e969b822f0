//! The couriers' signature families, each once, with its published vectors.
//!
//! | family | formula | who |
//! | --- | --- | --- |
//! | A | `Base64(MD5(text + secret))` | ZTO, STO, J&T header, Cainiao, pushes of ZTO, YTO, STO: [`md5_base64`] |
//! | A' | `Base64(MD5(param + method + version + secret))` | YTO: [`md5_base64`] |
//! | B | `hex(MD5(body + "_" + secret))` | Yunda: [`md5_hex`] |
//! | C | `Base64(hex(MD5(params + appkey + timestamp)))` | Deppon, Kdniao: [`md5_hex_base64`] |
//! | D | `Base64(MD5(customer + HEX(MD5(password + salt)) + key))` | J&T business digest: [`jt_business_digest`] |
//! | – | `Base64(MD5(form_encode(text + timestamp + checkword)))` | SF: [`sf_digest`] |
//! | – | `hex(MD5(…))` or `Base64(HMAC(secret, …))` | JD: [`jd_sign`] |
//! | – | `HEX(MD5(param + key + customer))` | Kuaidi100: [`md5_hex_upper`] |
//! | – | SM4, no signature | EMS: [`sm4`] |
//!
//! Sign the exact text that is sent: write it once, sign that, send that. MD5 here proves little and is what the couriers ask for; a
//! push is therefore also held to its idempotency key.

pub mod jd;
mod md;
pub mod sm4;

pub use jd::jd_sign;
pub use md::{
    Algorithm, Encoding, Wrapping, jt_business_digest, md5_base64, md5_hex, md5_hex_base64, md5_hex_upper, sf_digest, sha256_hex_upper,
    zto_digest,
};

use subtle::ConstantTimeEq;

/// Compares two signatures in a time that does not depend on where they differ.
#[must_use]
pub fn same(expected: &str, given: &str) -> bool {
    expected.as_bytes().ct_eq(given.as_bytes()).into()
}

/// The same for hexadecimal digests, which couriers write in either case.
#[must_use]
pub fn same_hex(expected: &str, given: &str) -> bool {
    same(&expected.to_ascii_lowercase(), &given.to_ascii_lowercase())
}

pub(crate) fn hex(bytes: &[u8], upper: bool) -> String {
    bytes.iter().map(|byte| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_whole_signatures() {
        assert!(same("abc=", "abc=") && !same("abc=", "ABC=") && !same("abc=", "abc") && !same("abc=", ""));
        assert!(same_hex("ABCD", "abcd") && !same_hex("ABCD", "abce"));
    }
}
