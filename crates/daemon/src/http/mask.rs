//! Personal data as lists show it: `李*`, `139****0001`, and no street.
//!
//! Deliberately absent: free texts. What a person writes into a note is theirs to mind.

use parcelward_casework::fact::Address;
use serde_json::Value;

/// A name: its first character.
#[must_use]
pub fn name(name: &str) -> String {
    name.trim().chars().next().map(|first| format!("{first}*")).unwrap_or_default()
}

/// A phone: its first three and last four digits, where it is long enough to hide something between them.
#[must_use]
pub fn phone(phone: &str) -> String {
    let chars: Vec<char> = phone.trim().chars().collect();
    if chars.len() < 11 {
        return "****".to_owned();
    }
    let (head, tail): (String, String) = (chars[..3].iter().collect(), chars[chars.len() - 4..].iter().collect());
    format!("{head}****{tail}")
}

/// An address: province, city and district stay.
#[must_use]
pub fn address(address: &Address) -> Address {
    Address {
        name: address.name.as_deref().map(name),
        phone: address.phone.as_deref().map(phone),
        detail: address.detail.as_ref().map(|_| "****".to_owned()),
        ..address.clone()
    }
}

/// Everything personal inside a JSON object of the contract: the parts of every address, and phones that stand alone.
pub fn json(value: &mut Value) {
    match value {
        Value::Object(map) => {
            let is_address = map.keys().any(|key| matches!(key.as_str(), "province" | "city" | "detail"));
            for (key, inner) in map.iter_mut() {
                match (key.as_str(), &*inner) {
                    ("phone", Value::String(text)) => *inner = Value::String(phone(text)),
                    ("detail", Value::String(_)) if is_address => *inner = Value::String("****".to_owned()),
                    ("name", Value::String(text)) => *inner = Value::String(name(text)),
                    _ => json(inner),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(json),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_enough_to_tell_two_people_apart_and_no_more() {
        assert_eq!(name("李雷"), "李*");
        assert_eq!(phone("13900000001"), "139****0001");
        assert_eq!(phone("0571-88880000"), "057****0000");
        assert_eq!(phone("12345"), "****");
        let mut fact = serde_json::json!({"data": {"recipient": {"name": "李雷", "phone": "13900000001", "province": "云南", "detail": "1号"},
            "answers": {"phone": "13900000001", "address": {"name": "韩梅梅"}}, "items": [{"title": "cup"}], "note": "detail stays"}});
        json(&mut fact);
        let text = fact.to_string();
        for gone in ["李雷", "13900000001", "1号", "韩梅梅"] {
            assert!(!text.contains(gone), "{text}");
        }
        for kept in ["李*", "139****0001", "云南", "cup", "detail stays"] {
            assert!(text.contains(kept), "{text}");
        }
    }
}
