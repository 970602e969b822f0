//! Which mapping a table's headers fit, and where its columns stand.

use crate::cell::{fold, letters, undress};
use crate::error::ImportError;
use crate::importer::Options;
use crate::mapping::{FileKind, Spellings};
use crate::rows::{Row, Rows, Stop};

/// How many rows may stand above the header (a title, the export's date).
const ROWS_ABOVE: usize = 10;

/// A mapping laid over a table.
pub(crate) struct Layout<'k> {
    pub(crate) kind: &'k FileKind,
    /// As they stand in the file.
    pub(crate) headers: Vec<String>,
    /// For each column of the mapping, where it stands in the file.
    pub(crate) positions: Vec<Option<usize>>,
}

/// What the search for a header row came to.
pub(crate) enum Search<'k> {
    Found(Layout<'k>),
    /// No mapping fits; the text says what came nearest.
    Nothing(String),
}

/// Reads up to and with the header row.
///
/// # Errors
/// As reading; [`ImportError::Ambiguous`], [`ImportError::MissingColumns`], [`ImportError::DuplicateHeaders`].
pub(crate) fn search<'k>(kinds: &[&'k FileKind], rows: &mut dyn Rows, options: &Options) -> Result<Search<'k>, Stop> {
    let mut nearest: Option<(usize, String)> = None;
    let mut seen = 0;
    while seen < ROWS_ABOVE {
        let Some(row) = rows.next_row()? else { break };
        if row.is_empty() {
            continue;
        }
        seen += 1;
        let folded: Vec<String> = row.cells.iter().map(|c| fold(&c.text)).collect();
        let fitting: Vec<&FileKind> = kinds.iter().copied().filter(|k| fits(k, &folded)).collect();
        match best(&fitting) {
            Some(Ok(kind)) => return lay(kind, &row, &folded).map(Search::Found).map_err(Stop::from),
            Some(Err(several)) => return Err(ImportError::Ambiguous(several).into()),
            None => note_nearest(kinds, &folded, &mut nearest),
        }
    }
    let missing = match (nearest, options.kind.is_some(), seen) {
        (_, _, 0) => "it has no rows".to_owned(),
        (Some((_, text)), _, _) => text,
        (None, _, _) => format!(
            "none of its first {seen} rows is a header row of {}",
            kinds.iter().map(|k| k.name.as_str()).collect::<Vec<_>>().join(", ")
        ),
    };
    Ok(Search::Nothing(missing))
}

fn fits(kind: &FileKind, folded: &[String]) -> bool {
    kind.recognise.iter().all(|h| h.stand_in(folded)) && !kind.not.iter().any(|h| h.stand_in(folded))
}

/// The mapping that asks for most headers; two alike are for a person to choose from.
fn best<'k>(fitting: &[&'k FileKind]) -> Option<Result<&'k FileKind, Vec<String>>> {
    let most = fitting.iter().map(|k| k.recognise.len()).max()?;
    let best: Vec<&&FileKind> = fitting.iter().filter(|k| k.recognise.len() == most).collect();
    match best.as_slice() {
        [one] => Some(Ok(one)),
        several => Some(Err(several.iter().map(|k| k.name.clone()).collect())),
    }
}

fn note_nearest(kinds: &[&FileKind], folded: &[String], nearest: &mut Option<(usize, String)>) {
    for kind in kinds {
        let missing: Vec<String> = kind.recognise.iter().filter(|h| !h.stand_in(folded)).map(ToString::to_string).collect();
        let found = kind.recognise.len() - missing.len();
        if found > 0 && nearest.as_ref().is_none_or(|(n, _)| found > *n) {
            let text = match missing.is_empty() {
                false => format!(
                    "nearest is `{}`, which is known by the headers {} (missing: {})",
                    kind.name,
                    list(&kind.recognise),
                    missing.join(", ")
                ),
                true => format!("nearest is `{}`, which must not have the headers {}", kind.name, list(&kind.not)),
            };
            *nearest = Some((found, text));
        }
    }
}

fn list(headers: &[Spellings]) -> String {
    headers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn lay<'k>(kind: &'k FileKind, row: &Row, folded: &[String]) -> Result<Layout<'k>, ImportError> {
    let (mut positions, mut missing, mut twice) = (Vec::new(), Vec::new(), Vec::new());
    for column in &kind.columns {
        // The first spelling that is there: the mapping puts the best one first.
        let places = column.headers.iter().map(|h| fold(h)).find_map(|header| {
            let places: Vec<usize> = folded.iter().enumerate().filter(|(_, h)| **h == header).map(|(i, _)| i).collect();
            (!places.is_empty()).then_some(places)
        });
        let first = places.as_ref().and_then(|p| p.first().copied());
        if let Some(places) = places.filter(|p| p.len() > 1) {
            let columns: Vec<String> = places.iter().map(|&i| letters(i)).collect();
            twice.push(format!("the header `{}` stands over columns {}", undress(&row.cells[places[0]].text), columns.join(" and ")));
        }
        if first.is_none() && column.required {
            let spellings: Vec<String> = column.headers.iter().map(|h| format!("`{h}`")).collect();
            missing.push(spellings.join(" or "));
        }
        positions.push(first);
    }
    if !missing.is_empty() {
        return Err(ImportError::MissingColumns { kind: kind.name.clone(), missing });
    }
    if !twice.is_empty() {
        twice.dedup();
        return Err(ImportError::DuplicateHeaders { kind: kind.name.clone(), twice });
    }
    let headers = row.cells.iter().map(|c| undress(&c.text).to_owned()).collect();
    Ok(Layout { kind, headers, positions })
}

impl Layout<'_> {
    /// The headers that the mapping does not use.
    pub(crate) fn unused(&self) -> Vec<String> {
        let used = |i: &usize| self.positions.contains(&Some(*i));
        self.headers.iter().enumerate().filter(|(i, h)| !used(i) && !h.is_empty()).map(|(_, h)| h.clone()).collect()
    }
}
