//! One cell as it stands in a table, and the dressing that back offices and Excel put around values.

use jiff::civil;

/// A cell. `text` is what a person sees there.
#[derive(Clone, Default)]
pub(crate) struct Cell {
    pub(crate) text: String,
    pub(crate) kind: CellKind,
}

/// What a spreadsheet says of a cell; a CSV knows only text.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) enum CellKind {
    #[default]
    Text,
    Number(f64),
    DateTime(civil::DateTime),
    /// `#N/A` and its kin.
    Broken,
}

impl Cell {
    pub(crate) fn text(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), kind: CellKind::Text }
    }
}

/// Takes off what is not part of the value: `="…"`, a leading apostrophe, tabs, spaces of all widths, byte order and zero-width marks.
pub(crate) fn undress(text: &str) -> &str {
    let mut text = trim(text);
    if let Some(formula) = text.strip_prefix("=\"").and_then(|t| t.strip_suffix('"')) {
        text = trim(formula);
    }
    if let Some(rest) = text.strip_prefix('\'') {
        text = trim(rest);
    }
    // A pair of quotes that survived a doubled export.
    if text.len() >= 2 && text.starts_with('"') && text.ends_with('"') {
        text = trim(&text[1..text.len() - 1]);
    }
    text
}

fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}'))
}

/// Full-width letters, digits and signs as ASCII (`（元）` is `(元)`, `，` is `,`).
pub(crate) fn half_width(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
            '\u{3000}' => ' ',
            '￥' => '¥',
            c => c,
        })
        .collect()
}

/// A header or a word of a list, so that spellings which only look different are equal: no spaces, half width, lower case.
pub(crate) fn fold(text: &str) -> String {
    half_width(undress(text)).chars().filter(|c| !c.is_whitespace() && !c.is_control()).flat_map(char::to_lowercase).collect()
}

/// A column's letters: 0 is `A`, 26 is `AA`.
pub(crate) fn letters(mut column: usize) -> String {
    let mut out = Vec::new();
    loop {
        out.push(b'A' + u8::try_from(column % 26).unwrap_or(0));
        column /= 26;
        if column == 0 {
            break;
        }
        column -= 1;
    }
    out.iter().rev().map(|&b| char::from(b)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undresses_what_exports_put_around_values() {
        for (dressed, value) in [
            ("\t260309-123456789", "260309-123456789"),
            ("=\"260309-123456789\"", "260309-123456789"),
            ("'78901234567890", "78901234567890"),
            ("\u{feff}订单号", "订单号"),
            ("\u{3000}张 三\u{a0}", "张 三"),
            ("\"\"", ""),
            ("\"", "\""),
            ("=\"\"", ""),
            ("=", "="),
            ("", ""),
        ] {
            assert_eq!(undress(dressed), value, "{dressed:?}");
        }
    }

    #[test]
    fn folds_spellings_that_only_look_different() {
        assert_eq!(fold("商品总价（元）"), fold(" 商品总价(元)\t"));
        assert_eq!(fold("商品ID"), fold("商品id"));
        assert_eq!(fold("已发货，待签收"), fold("已发货,待签收"));
        assert_ne!(fold("订单号"), fold("订单编号"));
    }

    #[test]
    fn counts_columns_as_spreadsheets_do() {
        for (column, name) in [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")] {
            assert_eq!(letters(column), name);
        }
    }
}
