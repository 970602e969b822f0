//! Problems as they are printed: with the line and a caret for people, as JSON for editors.
//!
//! Deliberately absent: the one-line form for logs, which is a problem's `Display`.

use super::problem::{Place, Problem, Problems, Severity};
use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteSpanContents, SourceCode, SourceSpan, SpanContents,
    ThemeCharacters, ThemeStyles,
};
use serde_json::{Value, json};
use std::fmt::{self, Write as _};
use std::path::Path;

/// How problems are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// With colours.
    pub colour: bool,
    /// With lines and arrows of Unicode, or of ASCII.
    pub unicode: bool,
    /// How wide, in columns.
    pub width: usize,
}

/// Without colours, as files and tests see it.
impl Default for Look {
    fn default() -> Self {
        Look { colour: false, unicode: true, width: 100 }
    }
}

impl Problem {
    /// The same, with its file named from where the command was started instead of from the folder.
    #[must_use]
    pub fn below(mut self, dir: Option<&Path>) -> Self {
        let named = |file: &str| dir.map(|dir| dir.join(file)).filter(|path| !file.is_empty() && path.exists());
        if let Some(path) = named(&self.file) {
            self.file = path.display().to_string();
        }
        if let Some(also) = &mut self.also
            && let Some(path) = named(&also.file)
        {
            also.file = path.display().to_string();
        }
        self
    }
}

impl Problems {
    /// The same, with files named from where the command was started.
    #[must_use]
    pub fn below(self, dir: Option<&Path>) -> Self {
        Problems(self.0.into_iter().map(|problem| problem.below(dir)).collect())
    }
}

/// Problems with their lines and carets, an empty line between.
#[must_use]
pub fn pretty(problems: &[Problem], look: Look) -> String {
    let theme = GraphicalTheme {
        characters: if look.unicode { ThemeCharacters::unicode() } else { ThemeCharacters::ascii() },
        styles: if look.colour { ThemeStyles::ansi() } else { ThemeStyles::none() },
    };
    let handler =
        GraphicalReportHandler::new_themed(theme).with_width(look.width).with_context_lines(1).with_wrap_lines(false).with_links(false);
    let mut out = String::new();
    for problem in problems {
        let mut one = String::new();
        if handler.render_report(&mut one, &Drawn { problem, source: Source::of(problem) }).is_err() {
            // A report that cannot be drawn is said plainly.
            one = format!("{problem}\n");
        }
        let lines: Vec<&str> = one.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
        writeln!(out, "{}\n", lines.join("\n")).ok();
    }
    out
}

/// How many of each, in words.
#[must_use]
pub fn summary(problems: &[Problem]) -> String {
    let count = |severity: Severity| problems.iter().filter(|p| p.severity == severity).count();
    let some = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    match (count(Severity::Error), count(Severity::Warning)) {
        (0, 0) => "nothing is wrong".to_owned(),
        (errors, 0) => some(errors, "error"),
        (0, warnings) => some(warnings, "warning"),
        (errors, warnings) => format!("{} and {}", some(errors, "error"), some(warnings, "warning")),
    }
}

/// Problems for editors: an array of objects with `file`, `line`, `column`, `end_line`, `end_column`, `severity`, `code`, `key`, `message`
/// and `suggestion`. Lines and columns count from 1, columns in characters; what stands in no file has none.
#[must_use]
pub fn json(problems: &[Problem]) -> Value {
    let place = |place: &Option<Place>| match place {
        Some(p) => (Some(p.line), Some(p.column), Some(p.end_line), Some(p.end_column)),
        None => (None, None, None, None),
    };
    problems
        .iter()
        .map(|p| {
            let (line, column, end_line, end_column) = place(&p.place);
            json!({
                "file": p.file, "line": line, "column": column, "end_line": end_line, "end_column": end_column,
                "severity": p.severity, "code": p.code, "key": p.key, "message": p.message, "suggestion": p.suggestion,
            })
        })
        .collect()
}

/// A problem as miette draws it.
#[derive(Debug)]
struct Drawn<'a> {
    problem: &'a Problem,
    source: Option<Source<'a>>,
}

impl fmt::Display for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let p = self.problem;
        if self.source.is_none() {
            write!(f, "{}: ", p.location())?;
        }
        f.write_str(&p.what())
    }
}

impl std::error::Error for Drawn<'_> {}

impl Diagnostic for Drawn<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(format!("{}[{}]", self.problem.severity.word(), self.problem.code)))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.problem.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.problem.suggestion.as_ref().map(|meant| Box::new(format!("did you mean `{meant}`?")) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let place = self.source.as_ref()?.place;
        let (start, length) = match place.text.get(place.span.start..).and_then(|rest| rest.chars().next()) {
            Some(c) if c != '\n' => (place.span.start, place.span.len().max(c.len_utf8())),
            // At the end of a line its last character is pointed at.
            _ => {
                let before = place.text.get(..place.span.start).unwrap_or_default();
                let last = before.chars().next_back().filter(|c| *c != '\n').map_or(0, char::len_utf8);
                (place.span.start - last, last.max(1))
            }
        };
        Some(Box::new(std::iter::once(LabeledSpan::new_primary_with_span(None, (start, length)))))
    }
}

/// The line that a problem stands on.
#[derive(Debug)]
struct Source<'a> {
    file: &'a str,
    place: &'a Place,
}

impl<'a> Source<'a> {
    /// `None` where there is no line, or the line gives a secret away.
    fn of(problem: &'a Problem) -> Option<Self> {
        let place = problem.place.as_ref()?;
        let line = place.text.lines().nth(place.line - 1).unwrap_or_default();
        (!may_hold_a_secret(line)).then_some(Source { file: &problem.file, place })
    }
}

impl SourceCode for Source<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, miette::MietteError> {
        let text = self.place.text.as_bytes();
        if before == 0 {
            // Asked for the place alone, for the head of the drawing.
            let at = text.read_span(span, 0, after)?;
            let (line, column, lines) = (at.line(), at.column(), at.line_count());
            return Ok(Box::new(MietteSpanContents::new_named(self.file.to_owned(), at.data(), *at.span(), line, column, lines)));
        }
        // The whole line, and no other.
        let (start, end) = (span.offset().min(text.len()), (span.offset() + span.len()).min(text.len()));
        let from = text[..start].iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        let until = text[end..].iter().position(|b| *b == b'\n').map_or(text.len(), |at| end + at);
        let (from, until) = (from.min(until), until);
        let lines = text[from..until].iter().filter(|b| **b == b'\n').count() + 1;
        Ok(Box::new(MietteSpanContents::new_named(
            self.file.to_owned(),
            &text[from..until],
            (from, until - from).into(),
            self.place.line - 1,
            0,
            lines,
        )))
    }
}

/// Whether a line sets something that must not be shown again: a URL with a password, a token, an application's key.
fn may_hold_a_secret(line: &str) -> bool {
    let key = line.split('=').next().unwrap_or_default().to_lowercase();
    line.contains('=')
        && (["secret", "token", "password", "url", "key", "checkword", "authorization", "salt"].iter().any(|word| key.contains(word)))
        && !key.contains("token_file")
        || line.contains("://") && line.contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_with_a_secret_is_not_drawn() {
        for line in [
            "url = \"postgres://w:pw@db/p\"",
            "app_key = 5",
            "checkword = \"x\"",
            "authorization = \"x\"",
            "salt = \"x\"",
            "x = \"https://a:b@c\"",
            "Secret=\"x\"",
        ] {
            assert!(may_hold_a_secret(line), "{line}");
        }
        for line in ["length = \"24h\"", "token_file = 5", "keys", "title = \"{waybill}\""] {
            assert!(!may_hold_a_secret(line), "{line}");
        }
    }
}
