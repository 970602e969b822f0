//! Takes what is personal out of an explanation, wherever it may have got in: an order's names, phones and streets, and any mobile number.
//!
//! An explanation holds none of it by its make; titles, a courier's answers and people's words may. Deliberately absent: finding names that
//! the order does not know.

use parcelward_casework::casefile::CaseFile;
use parcelward_casework::fact::Address;
use parcelward_courier::mask::phones;
use serde_json::Value;

/// Texts shorter than this (in letters) stand in too many words to be looked for.
const LEAST: usize = 2;

/// What is not to be seen.
pub(super) struct Hidden(Vec<String>);

impl Hidden {
    /// What an order knows of people.
    pub(super) fn of(file: &CaseFile) -> Self {
        let recipient = file.order.as_ref().and_then(|o| o.recipient.as_ref());
        let asked = file.requests.iter().filter_map(|r| r.new_address.as_ref());
        let new = file.cases.iter().filter_map(|c| c.new_address.as_ref());
        let all = recipient.into_iter().chain(asked).chain(new);
        let parts = |a: &Address| [a.name.clone(), a.phone.clone(), a.detail.clone()].into_iter().flatten().collect::<Vec<_>>();
        let mut hidden: Vec<String> = all.flat_map(parts).map(|text| text.trim().to_owned()).collect();
        hidden.retain(|text| text.chars().count() >= LEAST);
        hidden.sort_by_key(|text| std::cmp::Reverse(text.len()));
        hidden.dedup();
        Hidden(hidden)
    }

    /// Masks it in every text of a value.
    pub(super) fn from(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                for hidden in &self.0 {
                    if text.contains(hidden.as_str()) {
                        *text = text.replace(hidden.as_str(), "***");
                    }
                }
                let masked = phones(text);
                if masked != *text {
                    *text = masked;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.from(item)),
            Value::Object(fields) => fields.values_mut().for_each(|field| self.from(field)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}
