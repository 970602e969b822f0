//! Bytes to text and back: charsets and forms as couriers write them.

/// Bytes as text: by the charset that the content type names, else UTF-8, else (where they are none) GBK, which old gateways answer
/// without saying so. Never fails: what is in no charset becomes U+FFFD, and is then malformed as JSON or shown as it is.
#[must_use]
pub fn decode_text(bytes: &[u8], content_type: Option<&str>) -> String {
    let named = content_type.and_then(|t| t.split(';').find_map(|part| part.trim().strip_prefix("charset=")));
    let named = named.and_then(|label| encoding_rs::Encoding::for_label(label.trim_matches('"').as_bytes()));
    // Bytes that are UTF-8 are UTF-8, whatever the header says: several gateways name GBK and answer UTF-8.
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
    }
    let encoding = named.filter(|e| *e != encoding_rs::UTF_8).unwrap_or(encoding_rs::GB18030);
    let (text, _, wrong) = encoding.decode(bytes);
    if wrong { String::from_utf8_lossy(bytes).into_owned() } else { text.into_owned() }
}

/// Encodes as `java.net.URLEncoder` does, and as forms are: `A-Za-z0-9.-*_` stay, a space becomes `+`, all else `%XX` in upper case.
#[must_use]
pub fn form_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 2);
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'*' | b'_' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// Decodes a form's value. What is no `%XX` stays as it is; bytes that are no UTF-8 become U+FFFD.
#[must_use]
pub fn form_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|h| std::str::from_utf8(h).ok()).and_then(|h| u8::from_str_radix(h, 16).ok());
        match (bytes[at], hex) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (b'+', _) => {
                out.push(b' ');
                at += 1;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The fields of a form, decoded, in order.
#[must_use]
pub fn form_fields(body: &str) -> Vec<(String, String)> {
    let pairs = body.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(name, value)| (form_decode(name), form_decode(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_gbk_where_it_is_gbk_and_utf8_where_it_is_utf8() {
        let (gbk, _, _) = encoding_rs::GBK.encode("已签收");
        assert_eq!(decode_text(&gbk, Some("text/html; charset=GBK")), "已签收");
        assert_eq!(decode_text(&gbk, Some("application/json")), "已签收");
        assert_eq!(decode_text("已签收".as_bytes(), Some("text/html;charset=gbk")), "已签收");
        assert_eq!(decode_text(b"\xef\xbb\xbf{}", None), "{}");
        assert!(decode_text(&[0xff, 0xff, b'{'], None).contains('{'));
    }

    #[test]
    fn forms_go_there_and_back() {
        let text = "测试路 1号*(A)~座!&a=b+c%";
        assert_eq!(form_encode("a b*~"), "a+b*%7E");
        assert_eq!(form_decode(&form_encode(text)), text);
        assert_eq!(form_decode("%zz%4"), "%zz%4");
        assert_eq!(form_fields("a=1&b=%7B%7D&c"), [("a".into(), "1".into()), ("b".into(), "{}".into()), ("c".into(), String::new())]);
    }
}
