//! EMS' body: SM4 in ECB mode with PKCS#7 padding, no signature. Who holds the shared key can read and write it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sm4::Sm4;
use sm4::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};

const MARK: &str = "|$4|";
const BLOCK: usize = 16;

/// A text that is no such body, or a key that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Sm4Problem {
    /// The key is not 16 bytes in Base64.
    #[error("the key is not 16 bytes in Base64")]
    Key,
    /// The text is not `|$4|` and whole blocks in Base64.
    #[error("not `|$4|` and whole blocks in Base64")]
    Text,
    /// It does not open with this key.
    #[error("it does not open with this key")]
    Opens,
}

fn cipher(key_text: &str) -> Result<Sm4, Sm4Problem> {
    let key = STANDARD.decode(key_text).map_err(|_| Sm4Problem::Key)?;
    Sm4::new_from_slice(&key).map_err(|_| Sm4Problem::Key)
}

/// `|$4|` and the Base64 of the enciphered `body` with the key's own text behind it, as EMS wants it.
///
/// # Errors
/// Where the key is none.
pub fn ems_seal(body: &str, key_text: &str) -> Result<String, Sm4Problem> {
    let cipher = cipher(key_text)?;
    let mut bytes = [body, key_text].concat().into_bytes();
    let pad = BLOCK - bytes.len() % BLOCK;
    // A pad is 1 to 16.
    bytes.extend(std::iter::repeat_n(u8::try_from(pad).unwrap_or(1), pad));
    let (blocks, _) = Array::slice_as_chunks_mut(&mut bytes);
    cipher.encrypt_blocks(blocks);
    Ok(format!("{MARK}{}", STANDARD.encode(&bytes)))
}

/// The body of what [`ems_seal`] made; the key's text behind it is taken off where it is there.
///
/// # Errors
/// Where it does not open. A wrong key shows only by what comes out, so what opens still has to be read as JSON.
pub fn ems_open(sealed: &str, key_text: &str) -> Result<String, Sm4Problem> {
    let cipher = cipher(key_text)?;
    let text = sealed.trim();
    let mut bytes = STANDARD.decode(text.strip_prefix(MARK).unwrap_or(text)).map_err(|_| Sm4Problem::Text)?;
    if bytes.is_empty() || bytes.len() % BLOCK != 0 {
        return Err(Sm4Problem::Text);
    }
    let (blocks, _) = Array::slice_as_chunks_mut(&mut bytes);
    cipher.decrypt_blocks(blocks);
    let pad = usize::from(bytes.last().copied().unwrap_or(0));
    let padded = (1..=BLOCK).contains(&pad) && bytes[bytes.len() - pad..].iter().all(|b| usize::from(*b) == pad);
    if !padded {
        return Err(Sm4Problem::Opens);
    }
    bytes.truncate(bytes.len() - pad);
    let text = String::from_utf8(bytes).map_err(|_| Sm4Problem::Opens)?;
    Ok(text.strip_suffix(key_text).map(str::to_owned).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFICIAL: (&str, &str, &str) = (
        "TvaBgrhE46sft3nZlfe7xw==",
        r#"{"language":"zh-CN","orderId":"QIAO-20200618-004"}"#,
        "|$4|efB6PnjDpgHG4xfrvYlXonyBuMJoGTynkfasopHvbl2u3nmNeP+rznA3DyRwb/2GeZL7I3rL6HKD5+Tv3Uy6x8jIDISbYG8Bg14caH2flYE=",
    );
    const COMPUTED: (&str, &str, &str) = (
        "MDEyMzQ1Njc4OWFiY2RlZg==",
        r#"{"waybillNo":"9800000000001","direction":"0"}"#,
        "|$4|Ox3IT1paIHnnqDeh722mHzx+6qIPo7fM6/2QexmF7/bBEAzgMwF29by1oQ0/LbI3/vkPai/Ngto8XCYTZqKy1DJdUB/WoUhfa6ykyLZ7yWA=",
    );

    #[test]
    fn vectors() {
        for (key, body, sealed) in [OFFICIAL, COMPUTED] {
            assert_eq!(ems_seal(body, key).as_deref(), Ok(sealed));
            assert_eq!(ems_open(sealed, key).as_deref(), Ok(body));
        }
    }

    #[test]
    fn what_is_no_body_is_refused() {
        let (key, body, sealed) = COMPUTED;
        assert_eq!(ems_seal(body, "c2hvcnQ="), Err(Sm4Problem::Key));
        assert_eq!(ems_open("|$4|????", key), Err(Sm4Problem::Text));
        assert_eq!(ems_open("|$4|AAAA", key), Err(Sm4Problem::Text));
        assert!(ems_open(sealed, OFFICIAL.0).is_err());
    }
}
