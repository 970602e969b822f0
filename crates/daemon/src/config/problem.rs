//! What is wrong with a configuration, as an operator reads it: file, key, and what would be right.

use std::fmt;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file, or the environment variable, that says it. `(shipped) …` is a file built into the binary.
    pub file: String,
    /// The dotted key (`rule."pdd.collect".length`); empty where the whole file is meant.
    pub key: String,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.key.is_empty() {
            write!(f, "{}: {}", self.file, self.message)
        } else {
            write!(f, "{}: {}: {}", self.file, self.key, self.message)
        }
    }
}

/// Everything that is wrong, at least one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// A fault that is no value's.
    pub(crate) fn of_fault(message: String) -> Self {
        Problems(vec![Problem { file: "configuration".to_owned(), key: String::new(), message }])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.0.len();
        write!(f, "the configuration has {n} problem{}", if n == 1 { "" } else { "s" })?;
        for problem in &self.0 {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// A key as TOML would write it: segments with a dot in them are quoted.
pub(super) fn dotted(path: &[String]) -> String {
    let quoted = path.iter().map(|s| {
        let bare = !s.is_empty() && s.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        if bare { s.clone() } else { format!("\"{s}\"") }
    });
    quoted.collect::<Vec<_>>().join(".")
}

/// The segments of a dotted key.
pub(super) fn segments(key: &str) -> Vec<String> {
    let (mut out, mut segment, mut quoted) = (Vec::new(), String::new(), false);
    for c in key.chars() {
        match c {
            '"' => quoted = !quoted,
            '.' if !quoted => out.push(std::mem::take(&mut segment)),
            c => segment.push(c),
        }
    }
    out.push(segment);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_are_written() {
        let path = ["rule".to_owned(), "pdd.collect".to_owned(), "length".to_owned()];
        assert_eq!(dotted(&path), r#"rule."pdd.collect".length"#);
        assert_eq!(segments(&dotted(&path)), path);
    }
}
