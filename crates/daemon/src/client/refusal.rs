//! A problem (RFC 9457) as the API answers it, in words for a terminal.

use serde::Deserialize;
use std::fmt;

/// A field that was wrong.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RefusedField {
    /// Its name.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

/// A request that was refused, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The kind in words.
    pub title: String,
    /// This one in words.
    pub detail: Option<String>,
    /// Each field that is wrong.
    pub errors: Vec<RefusedField>,
}

impl Refusal {
    /// Every wrong field by its name, then what is wrong; where there is none, what was said of the whole.
    #[must_use]
    pub fn reasons(&self) -> String {
        if self.errors.is_empty() {
            return self.detail.clone().unwrap_or_else(|| self.title.clone());
        }
        self.errors.iter().map(|e| format!("{} {}", e.field, e.message)).collect::<Vec<_>>().join("; ")
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status {
            401 => {
                let why = self.detail.as_deref().filter(|d| d.contains("not known")).unwrap_or("it asks for a token");
                return write!(f, "the daemon does not let you in: {why}; give one with --token-file FILE or PARCELWARD_TOKEN");
            }
            404 => return f.write_str(self.detail.as_deref().unwrap_or(&self.title)),
            // What was said of this very request says more than its kind.
            _ => write!(f, "refused: {}", self.detail.as_deref().unwrap_or(&self.title))?,
        }
        for RefusedField { field, message } in &self.errors {
            write!(f, "\n  {field}: {message}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> Refusal {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_wrong_field_stands_on_a_line_of_its_own() {
        let refusal = of(
            r#"{"type":"urn:x","status":422,"title":"The request has wrong fields","errors":[{"field":"answers.amount","message":"is missing"}]}"#,
        );
        assert_eq!(refusal.to_string(), "refused: The request has wrong fields\n  answers.amount: is missing");
        assert_eq!(refusal.reasons(), "answers.amount is missing");
    }

    #[test]
    fn what_to_do_about_a_token_is_said() {
        let said = of(r#"{"status":401,"title":"A bearer token is needed","detail":"the token is not known"}"#).to_string();
        assert!(said.contains("the token is not known") && said.contains("--token-file"), "{said}");
    }

    #[test]
    fn what_is_not_there_is_said_without_ceremony() {
        assert_eq!(
            of(r#"{"status":404,"title":"There is no such thing","detail":"there is no task `x`"}"#).to_string(),
            "there is no task `x`"
        );
    }
}
