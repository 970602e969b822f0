//! Masking: what of a request or an answer may be kept and shown.
//!
//! Bodies are masked by field name, in JSON, in forms, and in JSON that stands as text inside either. A field is masked where its name
//! speaks of a person, a place to live, a signature or a secret; telephone numbers are masked wherever they stand.

use serde_json::Value;

/// The longest text that is kept of a body, in characters.
const LONGEST: usize = 4096;
/// Nesting of text in text beyond which a text is hidden whole.
const DEEPEST: usize = 4;
const HIDDEN: &str = "***";

/// Parts of a field name (lower case, letters and digits only) that make its value secret.
const SECRET_PARTS: [&str; 13] = [
    "secret",
    "password",
    "passwd",
    "pwd",
    "token",
    "digest",
    "checkword",
    "authorization",
    "signature",
    "privatekey",
    "appkey",
    "psw",
    "verifycode",
];
/// Parts that make its value personal.
const PERSONAL_PARTS: [&str; 18] = [
    "phone",
    "mobile",
    "contact",
    "address",
    "username",
    "receiver",
    "recipient",
    "sender",
    "signman",
    "signer",
    "consignee",
    "idcard",
    "signoffpeople",
    "empname",
    "staff",
    "operateuser",
    "accountname",
    "accountcode",
];
/// Whole names that are secret or personal.
const WHOLE: [&str; 15] = [
    "sign",
    "key",
    "name",
    "tel",
    "detail",
    "addr",
    "courier",
    "phoneno",
    "salt",
    "company",
    "partnerkey",
    "signoff",
    "logitcsinterface",
    "recmaninfo",
    "printaddr",
];

/// Whether a field of that name is kept from sight.
#[must_use]
pub fn is_hidden(field: &str) -> bool {
    let name: String = field.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    WHOLE.contains(&name.as_str()) || SECRET_PARTS.iter().chain(&PERSONAL_PARTS).any(|part| name.contains(part))
}

/// A body, masked and cut: JSON, a form, else text with telephone numbers masked. `also` names further fields to hide.
#[must_use]
pub fn body(text: &str, also: &[&str]) -> String {
    cut(&inner(text, also, 0))
}

/// The same, of a long one only the part about a word: an answer about a hundred parcels is long, and one parcel's part of it is wanted.
#[must_use]
pub fn body_about(text: &str, also: &[&str], word: &str, most: usize) -> String {
    let masked = inner(text, also, 0);
    let length = masked.chars().count();
    if length <= most {
        return masked;
    }
    // Letters of the word's place; a little of what stands before it says what it belongs to.
    let at = masked.find(word).map_or(0, |at| masked[..at].chars().count());
    let from = at.saturating_sub(most / 8).min(length - most);
    let part: String = masked.chars().skip(from).take(most).collect();
    format!("{}{part}{} ({} bytes)", if from > 0 { "…" } else { "" }, if from + most < length { "…" } else { "" }, masked.len())
}

fn inner(text: &str, also: &[&str], depth: usize) -> String {
    if depth > DEEPEST {
        return HIDDEN.to_owned();
    }
    let start = text.trim_start();
    if start.starts_with(['{', '['])
        && let Ok(mut value) = serde_json::from_str::<Value>(text)
    {
        json(&mut value, also, depth);
        return value.to_string();
    }
    if start.starts_with('<') {
        return xml(text, also);
    }
    if start.starts_with(['{', '[']) {
        // JSON that is cut off cannot be masked by field.
        return format!("({} bytes that are no whole JSON)", text.len());
    }
    if is_form(text) { form(text, also, depth) } else { phones(text) }
}

fn json(value: &mut Value, also: &[&str], depth: usize) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let empty = matches!(field, Value::Null | Value::Bool(_)) || field.as_str() == Some("");
                match field {
                    Value::Object(_) | Value::Array(_) if !also.contains(&name.as_str()) => json(field, also, depth),
                    _ if empty => {}
                    _ if is_hidden(name) || also.contains(&name.as_str()) => *field = Value::String(HIDDEN.to_owned()),
                    _ => json(field, also, depth),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| json(item, also, depth)),
        Value::String(text) => *text = inner(text, also, depth + 1),
        Value::Number(_) | Value::Bool(_) | Value::Null => {}
    }
}

fn is_form(text: &str) -> bool {
    let name = text.split('=').next().unwrap_or_default();
    name.len() < text.len() && !name.is_empty() && name.len() < 40 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
}

/// A form (or a query), its values decoded for reading.
#[must_use]
pub fn form(text: &str, also: &[&str], depth: usize) -> String {
    let mut out = String::new();
    for pair in text.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if !out.is_empty() {
            out.push('&');
        }
        out.push_str(name);
        out.push('=');
        if value.is_empty() {
        } else if is_hidden(name) || also.contains(&name) {
            out.push_str(HIDDEN);
        } else {
            out.push_str(&inner(&crate::text::form_decode(value), also, depth + 1));
        }
    }
    out
}

/// XML: the text of an element or attribute whose name is hidden goes; tags stay.
fn xml(text: &str, also: &[&str]) -> String {
    let mut out = String::new();
    let mut hide = false;
    for piece in text.split_inclusive(['<', '>']) {
        let (body, end) = piece.split_at(piece.len() - piece.chars().next_back().map_or(0, char::len_utf8));
        match end {
            ">" => {
                let name: String = body.chars().take_while(|c| c.is_alphanumeric() || "_-.:".contains(*c)).collect();
                hide = is_hidden(&name) || also.contains(&name.as_str());
                // Attributes may hold anything.
                out.push_str(body.split_once(char::is_whitespace).map_or(body, |(tag, _)| tag));
                out.push('>');
            }
            "<" => {
                let kept = if hide && !body.trim().is_empty() { HIDDEN.to_owned() } else { phones(body) };
                out.push_str(&kept);
                out.push('<');
                hide = false;
            }
            _ => out.push_str(&phones(piece)),
        }
    }
    out
}

/// A text with telephone numbers masked: 11 digits that begin as a mobile number keep three and four, those of a landline with its
/// area code keep the area. Runs of digits of other lengths (waybill numbers) stay.
#[must_use]
pub fn phones(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        // A number that continues a word (`SF1380…`, `YT138…`) is no telephone number.
        let joined = rest[..at].chars().next_back().or(out.chars().next_back()).is_some_and(|c| c.is_ascii_alphanumeric());
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let len = rest.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(rest.len());
        let (run, tail) = rest.split_at(len);
        let digits: String = run.chars().filter(char::is_ascii_digit).collect();
        let mobile = digits.strip_prefix("86").filter(|d| d.len() == 11).unwrap_or(&digits);
        if !joined && mobile.len() == 11 && mobile.starts_with('1') && !mobile.starts_with("10") && !mobile.starts_with("11") {
            out.push_str(&format!("{}****{}", &mobile[..3], &mobile[7..]));
        } else if !joined && run.starts_with('0') && run.contains('-') && (10..=12).contains(&digits.len()) {
            out.push_str(&format!("{}****", &digits[..4]));
        } else {
            out.push_str(run);
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}… ({} bytes)", &text[..at], text.len()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hides_people_and_secrets_in_json_and_in_json_within_forms() {
        let json =
            r#"{"billCode":"73100057041226","receivePhone":"13812345678","customer":{"name":"张三","type":2},"desc":"请催13812345678"}"#;
        let masked = body(json, &[]);
        assert_eq!(
            masked,
            r#"{"billCode":"73100057041226","customer":{"name":"***","type":2},"desc":"请催138****5678","receivePhone":"***"}"#
        );
        assert_eq!(body(json, &["desc"]).matches("***").count(), 3);
        let form = "content=%7B%22waybillNo%22%3A%22777%22%2C%22receiverName%22%3A%22%E6%9D%8E%22%7D&data_digest=abc&api_name=X";
        assert_eq!(body(form, &[]), r#"content={"receiverName":"***","waybillNo":"777"}&data_digest=***&api_name=X"#);
    }

    #[test]
    fn hides_people_in_xml() {
        let xml = "<UpdateInfo><mailNo>YT1</mailNo><signedName>王五</signedName><contactInfo>x</contactInfo><remark>电话13812345678</remark></UpdateInfo>";
        let masked = body(xml, &["signedName"]);
        assert_eq!(
            masked,
            "<UpdateInfo><mailNo>YT1</mailNo><signedName>***</signedName><contactInfo>***</contactInfo><remark>电话138****5678</remark></UpdateInfo>"
        );
    }

    #[test]
    fn telephone_numbers_are_masked_and_waybill_numbers_are_not() {
        for (text, masked) in [
            ("派件员13812345678正在派送", "派件员138****5678正在派送"),
            ("+8613812345678", "+138****5678"),
            ("电话021-62345678", "电话0216****"),
            ("73100057041226", "73100057041226"),
            ("YT13812345678", "YT13812345678"),
            ("SF1234567890123", "SF1234567890123"),
            ("2026-03-10 08:00:00", "2026-03-10 08:00:00"),
        ] {
            assert_eq!(phones(text), masked, "{text}");
        }
    }

    #[test]
    fn of_a_long_body_the_part_about_a_parcel_is_shown() {
        let parcel = |n: usize| format!(r#"{{"mailNo":"YT{n:04}","phone":"13812345678","place":"上海"}}"#);
        let text = format!("[{}]", (0..200).map(parcel).collect::<Vec<_>>().join(","));
        for n in [0, 77, 199] {
            let part = body_about(&text, &[], &format!("YT{n:04}"), 300);
            assert!(part.contains(&format!("YT{n:04}")) && part.chars().count() < 330, "{part}");
            assert!(!part.contains("13812345678"), "{part}");
        }
        assert_eq!(body_about("short", &[], "x", 300), "short");
        assert!(body_about(&text, &[], "nowhere", 300).starts_with('['));
    }

    #[test]
    fn what_cannot_be_read_is_not_shown() {
        assert_eq!(body(r#"{"name":"张三","pho"#, &[]), format!("({} bytes that are no whole JSON)", r#"{"name":"张三","pho"#.len()));
        assert!(body(&"x".repeat(10_000), &[]).len() < 5_000);
    }
}
