//! What is wrong with a configuration, as an operator reads it: file, line, key, and what would be right.
//!
//! Deliberately absent: how it is printed (`report`).

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The configuration is not used.
    Error,
    /// It is used, and probably does not do what was meant.
    Warning,
}

impl Severity {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// Where something stands.
#[derive(Clone, PartialEq, Eq)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Line of its end.
    pub end_line: usize,
    /// Column just behind its end.
    pub end_column: usize,
    /// The same in bytes of the text.
    pub span: Range<usize>,
    /// The text of the file.
    pub text: Arc<str>,
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

impl Place {
    /// The place of some bytes of a text.
    #[must_use]
    pub fn new(text: &Arc<str>, span: Range<usize>) -> Self {
        let floor = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let span = floor(span.start)..floor(span.end.max(span.start));
        let of = |at: usize| {
            let before = &text[..at];
            (before.matches('\n').count() + 1, before.rsplit('\n').next().unwrap_or_default().chars().count() + 1)
        };
        let ((line, column), (end_line, end_column)) = (of(span.start), of(span.end));
        Place { line, column, end_line, end_column, span, text: Arc::clone(text) }
    }

    /// The place of a line and a column, both from 1, for what knows no end.
    #[must_use]
    pub fn of_line(text: &Arc<str>, line: usize, column: usize) -> Self {
        let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let rest = text.get(start..).unwrap_or_default();
        let along = rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at);
        Place::new(text, start + along..start + along)
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, or the environment variable, that says it. `(built-in) …` is a file built into the binary.
    pub file: String,
    /// The dotted key (`rule."pdd.collect".length`); empty where the whole file is meant.
    pub key: String,
    /// What is wrong, and what would be right.
    pub message: String,
    /// Whether the configuration can be used all the same.
    pub severity: Severity,
    /// What sort of mistake it is (`unknown-key`): see `docs/configuration.md`.
    pub code: &'static str,
    /// Where in the file; none for what is no file.
    pub place: Option<Place>,
    /// What was probably meant, to be put in place of what is pointed at.
    pub suggestion: Option<String>,
    /// A word for those who read what is marked, and where else to look.
    pub also: Option<Box<Also>>,
}

/// Another place that has to do with a problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Also {
    /// The file.
    pub file: String,
    /// Where in it.
    pub place: Option<Place>,
}

impl Problem {
    /// An error of a file, or of what stands for one.
    pub fn new(file: impl Into<String>, key: impl Into<String>, message: impl Into<String>) -> Self {
        Problem {
            file: file.into(),
            key: key.into(),
            message: message.into(),
            severity: Severity::Error,
            code: "bad-value",
            place: None,
            suggestion: None,
            also: None,
        }
    }

    /// The same, of this sort.
    #[must_use]
    pub fn code(self, code: &'static str) -> Self {
        Problem { code, ..self }
    }

    /// The same, as a warning.
    #[must_use]
    pub fn warning(self) -> Self {
        Problem { severity: Severity::Warning, ..self }
    }

    /// The same, with what was probably meant.
    #[must_use]
    pub fn meant(self, suggestion: Option<&str>) -> Self {
        Problem { suggestion: suggestion.map(str::to_owned), ..self }
    }

    /// The same, at this place.
    #[must_use]
    pub fn at(self, place: Option<Place>) -> Self {
        Problem { place, ..self }
    }

    /// The same, pointed at a word within the value.
    #[must_use]
    pub fn word(self, word: &str) -> Self {
        let place = self.place.as_ref().and_then(|place| {
            let within = place.text.get(place.span.clone())?.find(word).filter(|_| !word.is_empty())?;
            Some(Place::new(&place.text, place.span.start + within..place.span.start + within + word.len()))
        });
        Problem { place: place.or(self.place), ..self }
    }

    /// Where it stands, as compilers write it: `rules/a.toml:3:10`.
    #[must_use]
    pub fn location(&self) -> String {
        match &self.place {
            Some(place) => format!("{}:{}:{}", self.file, place.line, place.column),
            None => self.file.clone(),
        }
    }

    /// What is wrong, with the key before it.
    #[must_use]
    pub fn what(&self) -> String {
        if self.key.is_empty() { self.message.clone() } else { format!("{}: {}", self.key, self.message) }
    }

    /// By file, then by place.
    pub(super) fn order(&self) -> (&str, usize, &str, &str) {
        (&self.file, self.place.as_ref().map_or(0, |p| p.span.start), &self.key, &self.message)
    }
}

/// One line: place, sort, key, what is wrong.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}[{}]: {}", self.location(), self.severity.word(), self.code, self.what())?;
        match &self.suggestion {
            Some(meant) => write!(f, "; did you mean `{meant}`?"),
            None => Ok(()),
        }
    }
}

/// Everything that is wrong, at least one error among it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// A fault that is no value's.
    pub(crate) fn of_fault(message: String) -> Self {
        Problems(vec![Problem::new("configuration", "", message).code("unreadable")])
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

impl Problems {
    /// The first one in a line, and how many more there are.
    #[must_use]
    pub fn in_short(&self) -> String {
        let first = self.0.first().map(|problem| format!("{}: {}", problem.location(), problem.what()));
        match self.0.len() {
            0 | 1 => first.unwrap_or_default(),
            n => format!("{}, and {} more", first.unwrap_or_default(), n - 1),
        }
    }
}

impl std::error::Error for Problems {}

/// The nearest known word, where one is near enough to have been meant.
#[must_use]
pub(super) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let known: Vec<&'k str> = known.into_iter().collect();
    let begun = |k: &&&str| word.chars().count() >= 2 && !k.is_empty() && (k.starts_with(word) || word.starts_with(**k));
    let begun = known.iter().filter(begun).min_by_key(|k| k.len().abs_diff(word.len())).copied();
    let scored = known.into_iter().map(|k| (strsim::damerau_levenshtein(word, k), strsim::jaro_winkler(word, k), k));
    let near = scored.filter(|(edits, alike, known)| *edits <= 1.max(known.chars().count().max(word.chars().count()) / 3) && *alike > 0.6);
    near.min_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1))).map(|(_, _, known)| known).or(begun)
}

/// Words as a sentence lists them.
pub(super) fn listed<'k>(words: impl IntoIterator<Item = &'k str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.as_slice() {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

/// A key as TOML would write it: segments with a dot in them are quoted; places in a list stand in brackets.
pub(super) fn dotted(path: &[String]) -> String {
    let mut out = String::new();
    for segment in path {
        if !out.is_empty() && !segment.is_empty() && segment.bytes().all(|b| b.is_ascii_digit()) {
            out.push_str(&format!("[{segment}]"));
            continue;
        }
        if !out.is_empty() {
            out.push('.');
        }
        let bare = !segment.is_empty() && segment.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        if bare { out.push_str(segment) } else { out.push_str(&format!("\"{segment}\"")) }
    }
    out
}

/// The segments of a dotted key.
pub(super) fn segments(key: &str) -> Vec<String> {
    let (mut out, mut segment, mut quoted) = (Vec::new(), String::new(), false);
    for c in key.chars() {
        match c {
            '"' => quoted = !quoted,
            '.' | '[' if !quoted => out.push(std::mem::take(&mut segment)),
            ']' if !quoted => {}
            c => segment.push(c),
        }
    }
    if !key.is_empty() {
        out.push(segment);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_are_written() {
        let path = ["rule", "pdd.collect", "versions", "1", "length"].map(str::to_owned);
        assert_eq!(dotted(&path), r#"rule."pdd.collect".versions[1].length"#);
        assert_eq!(segments(&dotted(&path)), path);
        assert_eq!(segments(""), Vec::<String>::new());
    }

    #[test]
    fn the_nearest_word_is_near() {
        let known = ["listen", "token_file", "max_body"];
        assert_eq!(nearest("lissten", known), Some("listen"));
        assert_eq!(nearest("token-file", known), Some("token_file"));
        assert_eq!(nearest("colour", known), None);
    }

    #[test]
    fn places_count_characters() {
        let text: Arc<str> = "a = 1\n\"快递\" = \"x\"\n".into();
        let at = text.find("\"x\"").unwrap();
        let place = Place::new(&text, at..at + 3);
        assert_eq!((place.line, place.column, place.end_line, place.end_column), (2, 8, 2, 11));
        assert_eq!(Place::of_line(&text, 2, 8).span.start, at);
    }
}
