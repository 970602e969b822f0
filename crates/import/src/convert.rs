//! From a cell to a value: ids, money, counts, times, flags, words of a list, addresses.
//!
//! A reason why it cannot be done never repeats the cell (it may be a name or a phone), except a word that no list knows.

use crate::address;
use crate::cell::{Cell, CellKind, fold, half_width, undress};
use jiff::civil;
use parcelward_casework::instant::Instant;
use parcelward_casework::money::Money;
use std::collections::HashMap;
use std::sync::Arc;

/// Longest text that a fact takes from one cell, in characters: the rest of a novel is cut.
const MAX_TEXT: usize = 2_000;

/// How a column is read.
#[derive(Debug, Clone)]
pub(crate) enum Conversion {
    /// As written, without its dressing.
    Text,
    /// A number that names something: no spaces inside, no lost digits.
    Id,
    /// A name, a phone or a street. What the platform masked stays (`138****1234`); what it encrypted is left out, since nobody can read it.
    Person,
    /// Yuan.
    Money,
    /// A whole number.
    Count,
    /// A local time (UTC+8), or one with an offset.
    Time,
    /// 是 or 否.
    Flag,
    /// A whole address in one cell, split into parts.
    Address,
    /// A word of a list, as the contract's word.
    Word(Arc<Words>),
}

/// A list of words.
#[derive(Debug, Default)]
pub(crate) struct Words {
    pub(crate) name: String,
    /// By the folded word; `None`: the word says nothing.
    pub(crate) known: HashMap<String, Option<Value>>,
    /// What every other word is (`"*"`).
    pub(crate) other: Option<Option<Value>>,
}

/// A converted cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Count(u64),
    Flag(bool),
    Time(Instant),
    Parts(Vec<(&'static str, String)>),
}

impl Value {
    /// How a condition or a key sees it.
    pub(crate) fn as_word(&self) -> String {
        match self {
            Value::Text(text) => text.clone(),
            Value::Count(n) => n.to_string(),
            Value::Flag(yes) => yes.to_string(),
            Value::Time(at) => at.to_string(),
            Value::Parts(parts) => parts.iter().map(|(_, text)| text.as_str()).collect(),
        }
    }
}

impl Conversion {
    /// What `as` may say, beside `words.<list>`.
    pub(crate) const NAMES: &'static [&'static str] = &["text", "id", "person", "money", "count", "time", "flag", "address"];

    pub(crate) fn from_name(name: &str) -> Option<Conversion> {
        Some(match name {
            "text" => Conversion::Text,
            "id" => Conversion::Id,
            "person" => Conversion::Person,
            "money" => Conversion::Money,
            "count" => Conversion::Count,
            "time" => Conversion::Time,
            "flag" => Conversion::Flag,
            "address" => Conversion::Address,
            _ => return None,
        })
    }

    /// `None`: the cell is empty (or holds one of the mapping's marks for that).
    pub(crate) fn apply(&self, cell: &Cell, empty: &[String]) -> Result<Option<Value>, String> {
        if cell.kind == CellKind::Broken {
            return Err("holds a spreadsheet error instead of a value".to_owned());
        }
        let text = undress(&cell.text);
        if text.is_empty() || empty.iter().any(|e| e == text) {
            return Ok(None);
        }
        if text.contains('\u{fffd}') {
            return Err("holds bytes that are not in the file's encoding".to_owned());
        }
        match self {
            Conversion::Text => Ok(Some(Value::Text(text.chars().take(MAX_TEXT).collect()))),
            Conversion::Id => id(cell, text).map(|t| Some(Value::Text(t))),
            Conversion::Person => Ok(person(text).map(Value::Text)),
            Conversion::Money => money(cell.kind, text).map(|m| Some(Value::Text(m.to_string()))),
            Conversion::Count => count(cell.kind, text).map(|n| Some(Value::Count(n))),
            Conversion::Time => time(cell.kind, text).map(|t| t.map(Value::Time)),
            Conversion::Flag => flag(text).map(|f| Some(Value::Flag(f))),
            Conversion::Address => Ok(person(text).map(|text| Value::Parts(shown_parts(&text)))),
            Conversion::Word(words) => words.get(text),
        }
    }
}

impl Words {
    fn get(&self, text: &str) -> Result<Option<Value>, String> {
        if let Some(word) = self.known.get(&fold(text)).or(self.other.as_ref()) {
            return Ok(word.clone());
        }
        // A short word without digits is what an operator has to add to the list; anything else may be a person's.
        let shown =
            if text.chars().count() <= 20 && !text.chars().any(|c| c.is_ascii_digit()) { format!("`{text}` ") } else { String::new() };
        Err(format!("{shown}is not in the list `words.{}` of the mapping", self.name))
    }
}

/// The parts of an address that the platform shows.
fn shown_parts(text: &str) -> Vec<(&'static str, String)> {
    address::split(text).parts().into_iter().filter(|(_, part)| is_shown(part)).collect()
}

/// Not stars only.
fn is_shown(text: &str) -> bool {
    text.chars().any(|c| !matches!(c, '*' | '＊' | ' '))
}

/// What a cell tells of a person: nothing where it is stars only, or a cipher text.
fn person(text: &str) -> Option<String> {
    (is_shown(text) && !is_encrypted(text)).then(|| text.chars().take(MAX_TEXT).collect())
}

/// Platforms hand out names, phones and addresses as cipher texts: `~…~`, `$…$` or `#…#` around Base64 parts (Taobao, Pinduoduo, Douyin), or bare Base64 (JD).
fn is_encrypted(text: &str) -> bool {
    let base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '-' | '_');
    let wrapped = ['~', '$', '#'].into_iter().any(|sign| {
        let inner = text.strip_prefix(sign).and_then(|rest| rest.strip_suffix(sign));
        inner.is_some_and(|inner| inner.len() >= 8 && inner.chars().all(|c| base64(c) || c == sign))
    });
    let long = text.len() >= 24 && text.chars().all(base64) && text.bytes().any(|b| b.is_ascii_alphabetic());
    wrapped || long
}

fn id(cell: &Cell, text: &str) -> Result<String, String> {
    if let CellKind::Number(n) = cell.kind {
        // A double holds 15 digits: what lies beyond was lost when the number was typed or pasted.
        if n.fract() != 0.0 || !(0.0..1e15).contains(&n) {
            return Err("is a number from which the spreadsheet has lost digits: format the column as text and export again".to_owned());
        }
        return Ok(format!("{n:.0}"));
    }
    let text = half_width(text);
    let scientific = text.split_once(['E', 'e']).is_some_and(|(head, tail)| {
        tail.starts_with('+')
            && head.contains('.')
            && tail[1..].bytes().all(|b| b.is_ascii_digit())
            && head.bytes().all(|b| b.is_ascii_digit() || b == b'.')
    });
    if scientific {
        return Err(
            "was turned into scientific notation by a spreadsheet, its digits are lost: format the column as text and export again"
                .to_owned(),
        );
    }
    // Some exports write `No:7890…` before a waybill's number.
    let text = text.strip_prefix("No:").map_or_else(|| text.clone(), |number| number.trim().to_owned());
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err("has spaces inside a number".to_owned());
    }
    if text.len() > 100 { Err("is longer than 100 bytes".to_owned()) } else { Ok(text) }
}

/// Yuan: `59.9`, `￥1,234.50`, `59.90元`.
pub(crate) fn money(kind: CellKind, text: &str) -> Result<Money, String> {
    let bad = || "is not an amount in yuan (such as 59.90)".to_owned();
    let text = match kind {
        CellKind::Number(n) if n.is_finite() && n.abs() < 1e12 => {
            let fen = (n * 100.0).round();
            // What a double makes of 59.9 is within a millionth of a fen; 59.905 is not.
            if (n * 100.0 - fen).abs() > 1e-4 { return Err("has more than two decimals".to_owned()) } else { format!("{:.2}", fen / 100.0) }
        }
        _ => half_width(text),
    };
    let text = text.trim().trim_start_matches("RMB").trim_start_matches(['¥', '+']).trim_end_matches('元').trim();
    if let Some(rest) = text.strip_prefix('-') {
        return match rest.trim_start_matches('¥').bytes().all(|b| matches!(b, b'0' | b'.')) && rest.contains('0') {
            true => Ok(Money::ZERO),
            false => Err("is negative".to_owned()),
        };
    }
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let whole = ungroup(whole).ok_or_else(bad)?;
    let kept = decimals.trim_end_matches('0');
    if kept.len() > 2 && kept.bytes().all(|b| b.is_ascii_digit()) {
        return Err("has more than two decimals".to_owned());
    }
    if whole.is_empty() {
        return Err(bad());
    }
    let plain = if kept.is_empty() && decimals.bytes().all(|b| b == b'0') { whole } else { format!("{whole}.{kept}") };
    Money::parse(&plain).map_err(|_| bad())
}

/// `1,234,567` without its separators; `None` where they stand in odd places.
fn ungroup(whole: &str) -> Option<String> {
    let groups: Vec<&str> = whole.split(',').collect();
    let odd = groups.len() > 1 && (groups[0].is_empty() || groups[0].len() > 3 || groups[1..].iter().any(|g| g.len() != 3));
    if odd || !groups.iter().all(|g| g.bytes().all(|b| b.is_ascii_digit())) { None } else { Some(groups.concat()) }
}

fn count(kind: CellKind, text: &str) -> Result<u64, String> {
    let bad = || "is not a whole number".to_owned();
    match kind {
        CellKind::Number(n) if n.fract() == 0.0 && (0.0..4_000_000_000.0).contains(&n) => format!("{n:.0}").parse().map_err(|_| bad()),
        CellKind::Number(_) => Err(bad()),
        _ => {
            let text = half_width(text);
            let text = text.trim_end_matches(['件', '个', '份', '箱']).trim();
            let text = text.strip_suffix(".0").or(text.strip_suffix(".00")).unwrap_or(text);
            let n: u64 = ungroup(text).filter(|t| !t.is_empty()).and_then(|t| t.parse().ok()).ok_or_else(bad)?;
            if n > u64::from(u32::MAX) { Err(bad()) } else { Ok(n) }
        }
    }
}

fn flag(text: &str) -> Result<bool, String> {
    match fold(text).as_str() {
        "是" | "有" | "y" | "yes" | "true" | "1" | "√" => Ok(true),
        "否" | "无" | "n" | "no" | "false" | "0" | "×" => Ok(false),
        _ => Err("is neither 是 nor 否".to_owned()),
    }
}

/// A time in one of the usual spellings; `None` for the zeros that some databases write for "never".
pub(crate) fn time(kind: CellKind, text: &str) -> Result<Option<Instant>, String> {
    let bad = || "is not a time (such as 2026-03-09 20:00:00)".to_owned();
    let range = |at: Instant| {
        if at < Instant::MIN || at >= Instant::MAX { Err("lies outside the years 2000 to 2199".to_owned()) } else { Ok(Some(at)) }
    };
    match kind {
        CellKind::DateTime(at) => return range(Instant::from_local(at)),
        // A date cell that lost its format: a serial number between 2000 and 2199.
        CellKind::Number(n) if (36_526.0..109_575.0).contains(&n) => return range(Instant::from_local(serial(n).ok_or_else(bad)?)),
        CellKind::Number(_) => return Err(bad()),
        CellKind::Text | CellKind::Broken => {}
    }
    let text = half_width(text);
    if text.bytes().all(|b| matches!(b, b'0' | b'-' | b':' | b' ' | b'/')) && text.contains('0') {
        return Ok(None);
    }
    if text.is_ascii() && text.len() >= 20 && (text.ends_with(['Z', 'z']) || text[19..].contains(['+', '-'])) {
        return Instant::parse(&text).map(Some).map_err(|_| bad());
    }
    let (date, clock) = split_time(&text).ok_or_else(bad)?;
    range(Instant::from_local(civil::DateTime::from_parts(date, clock)))
}

/// Local date and clock of `2026-03-09 20:00:00`, `2026/3/9 20:00`, `2026年3月9日 20时05分`, `2026.3.9`, `20260309200000`.
fn split_time(text: &str) -> Option<(civil::Date, civil::Time)> {
    let mut numbers: Vec<(u32, usize)> = Vec::with_capacity(7);
    let mut inside = false;
    for c in text.chars() {
        match c.to_digit(10) {
            Some(digit) if c.is_ascii_digit() => {
                if !inside {
                    numbers.push((0, 0));
                }
                let (value, length) = numbers.last_mut()?;
                *value = value.checked_mul(10)?.checked_add(digit)?;
                *length += 1;
                if *length > 9 && text.len() != 14 {
                    return None;
                }
                inside = true;
                if numbers.len() > 7 {
                    return None;
                }
            }
            _ if matches!(c, '-' | '/' | '.' | ':' | ' ' | 'T' | 't' | '年' | '月' | '日' | '时' | '分' | '秒') => inside = false,
            _ => return None,
        }
        if numbers.len() == 1 && numbers[0].1 > 8 {
            break;
        }
    }
    if numbers.len() == 1 {
        return compact(text);
    }
    let part = |i: usize| numbers.get(i).map_or(0, |n: &(u32, usize)| n.0);
    // A year has four digits: 26/3/9 may be anything.
    if !(3..=7).contains(&numbers.len()) || numbers[0].1 != 4 || numbers.len() == 4 {
        return None;
    }
    let date = civil::Date::new(i16::try_from(part(0)).ok()?, i8::try_from(part(1)).ok()?, i8::try_from(part(2)).ok()?).ok()?;
    let (hour, minute, second) = (i8::try_from(part(3)).ok()?, i8::try_from(part(4)).ok()?, i8::try_from(part(5)).ok()?);
    Some((date, civil::Time::new(hour, minute, second, 0).ok()?))
}

fn compact(text: &str) -> Option<(civil::Date, civil::Time)> {
    if !text.bytes().all(|b| b.is_ascii_digit()) || !matches!(text.len(), 8 | 14) {
        return None;
    }
    let part = |from: usize, to: usize| text.get(from..to).and_then(|t| t.parse::<i8>().ok());
    let date = civil::Date::new(text[..4].parse().ok()?, part(4, 6)?, part(6, 8)?).ok()?;
    let time =
        if text.len() == 14 { civil::Time::new(part(8, 10)?, part(10, 12)?, part(12, 14)?, 0).ok()? } else { civil::Time::midnight() };
    Some((date, time))
}

/// A spreadsheet's serial number (1900 system) as a local time, to the second.
fn serial(days: f64) -> Option<civil::DateTime> {
    let epoch = civil::date(1899, 12, 30).at(0, 0, 0, 0);
    #[allow(clippy::cast_possible_truncation, reason = "the caller bounds it: at most 1e10 seconds")]
    let seconds = (days * 86_400.0).round() as i64;
    epoch.checked_add(jiff::SignedDuration::from_secs(seconds)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(conversion: &Conversion, text: &str) -> Result<Option<Value>, String> {
        conversion.apply(&Cell::text(text), &["-".to_owned(), "--".to_owned()])
    }

    fn number(conversion: &Conversion, n: f64) -> Result<Option<Value>, String> {
        conversion.apply(&Cell { text: n.to_string(), kind: CellKind::Number(n) }, &[])
    }

    #[test]
    fn money_in_the_usual_spellings() {
        for (text, yuan) in [
            ("59.9", "59.90"),
            ("￥1,234.50", "1234.50"),
            ("¥59.90", "59.90"),
            ("１２．５０", "12.50"),
            ("59.90元", "59.90"),
            ("1,234,567", "1234567.00"),
            ("0", "0.00"),
            ("-0.00", "0.00"),
            ("59.9000", "59.90"),
            ("129.", "129.00"),
            ("\t12.00", "12.00"),
        ] {
            assert_eq!(read(&Conversion::Money, text), Ok(Some(Value::Text(yuan.to_owned()))), "{text}");
        }
        for bad in ["-5.00", "1.234", "abc", "1,23", ",123", "12,34.5", "1e3", "¥", ".", "5.5.5", "99999999999"] {
            assert!(read(&Conversion::Money, bad).is_err(), "{bad}");
        }
        assert_eq!(read(&Conversion::Money, "--"), Ok(None));
        assert_eq!(number(&Conversion::Money, 59.9), Ok(Some(Value::Text("59.90".to_owned()))));
        assert_eq!(number(&Conversion::Money, 0.1 + 0.2), Ok(Some(Value::Text("0.30".to_owned()))));
        assert!(number(&Conversion::Money, 59.905).is_err());
        assert!(number(&Conversion::Money, f64::NAN).is_err());
    }

    #[test]
    fn times_in_the_usual_spellings() {
        for text in [
            "2026-03-09 20:05:00",
            "2026/3/9 20:05",
            "2026/03/09 20:05:00",
            "2026-03-09T20:05:00+08:00",
            "2026-03-09T12:05:00Z",
            "2026年3月9日 20:05",
            "2026年03月09日20时05分00秒",
            "2026.3.9 20:05:00",
            "20260309200500",
            "２０２６-03-09 20:05",
            "2026-03-09 20:05:00.0",
            "\t2026-03-09 20:05:00",
        ] {
            let Ok(Some(Value::Time(at))) = read(&Conversion::Time, text) else { panic!("{text}: {:?}", read(&Conversion::Time, text)) };
            assert_eq!(at.to_string(), "2026-03-09T20:05:00+08:00", "{text}");
        }
        assert_eq!(read(&Conversion::Time, "2026-03-09").unwrap().unwrap().as_word(), "2026-03-09T00:00:00+08:00");
        assert_eq!(read(&Conversion::Time, "0000-00-00 00:00:00"), Ok(None));
        for bad in [
            "26/3/9",
            "2026-13-01",
            "2026-02-30 10:00",
            "昨天",
            "2026-03-09 25:00",
            "1899-01-01 00:00:00",
            "12345",
            "2026-03",
            "20260309200",
            "2026-03-09 20",
        ] {
            assert!(read(&Conversion::Time, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn times_as_serial_numbers() {
        // 2026-03-09 is day 46090 of the 1900 system.
        for (n, local) in [(46_090.0, "2026-03-09T00:00:00+08:00"), (46_090.836_805_555_555, "2026-03-09T20:05:00+08:00")] {
            let Ok(Some(value)) = number(&Conversion::Time, n) else { panic!("{n}") };
            assert_eq!(value.as_word(), local);
        }
        for bad in [0.5, -1.0, 1e9, f64::NAN, f64::INFINITY] {
            assert!(number(&Conversion::Time, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn ids_keep_every_digit_or_are_refused() {
        for (text, id) in [
            ("\t260309-123456789012345", "260309-123456789012345"),
            ("=\"7890123456789012345\"", "7890123456789012345"),
            ("ＹＴ123", "YT123"),
        ] {
            assert_eq!(read(&Conversion::Id, text), Ok(Some(Value::Text(id.to_owned()))));
        }
        for bad in ["7.89012E+13", "12 34", "1\t2"] {
            assert!(read(&Conversion::Id, bad).is_err(), "{bad}");
        }
        // A waybill may hold an E, and a plus sign is somebody's own.
        assert!(read(&Conversion::Id, "1E+5").is_ok());
        assert_eq!(number(&Conversion::Id, 78_901_234_567_890.0), Ok(Some(Value::Text("78901234567890".to_owned()))));
        for bad in [2.603_091_234_567_89e20, 1.5, -3.0, f64::NAN] {
            assert!(number(&Conversion::Id, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_masked_stays_and_what_is_encrypted_is_left_out() {
        for kept in [
            "林*",
            "138****1234",
            "13900000001-2345",
            "洪山区珞喻路1号",
            "Anne-Marie O'Neil",
            "阳光花园3#",
            "Building 5, Nanjing Road West 1234",
        ] {
            assert_eq!(read(&Conversion::Person, kept), Ok(Some(Value::Text(kept.to_owned()))), "{kept}");
        }
        for gone in [
            "****",
            "** **",
            "~AgAAAAEYpQAAAHhx2zYyJq~4~",
            "$TVRrNUxqQXhNQT09$MTExMQ$1$",
            "#Zm9vYmFyYmF6cXV4#Zm9v#1#",
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYX==",
        ] {
            assert_eq!(read(&Conversion::Person, gone), Ok(None), "{gone}");
            assert_eq!(read(&Conversion::Address, gone), Ok(None), "{gone}");
        }
        assert_eq!(read(&Conversion::Id, "No:78900000000001"), Ok(Some(Value::Text("78900000000001".to_owned()))));
    }

    #[test]
    fn counts_and_flags() {
        for (text, n) in [("2", 2), ("1,000", 1_000), ("3件", 3), ("2.00", 2)] {
            assert_eq!(read(&Conversion::Count, text), Ok(Some(Value::Count(n))), "{text}");
        }
        for bad in ["-1", "1.5", "two", "99999999999"] {
            assert!(read(&Conversion::Count, bad).is_err(), "{bad}");
        }
        assert_eq!(read(&Conversion::Flag, "是"), Ok(Some(Value::Flag(true))));
        assert_eq!(read(&Conversion::Flag, "否"), Ok(Some(Value::Flag(false))));
        assert!(read(&Conversion::Flag, "也许").is_err());
    }

    #[test]
    fn words_name_what_is_missing_but_not_what_may_be_personal() {
        let mut words = Words { name: "courier".to_owned(), ..Words::default() };
        words.known.insert(fold("中通快递"), Some(Value::Text("zto".to_owned())));
        let conversion = Conversion::Word(Arc::new(words));
        assert_eq!(read(&conversion, " 中通快递\t"), Ok(Some(Value::Text("zto".to_owned()))));
        assert!(read(&conversion, "百世快递").unwrap_err().contains("百世快递"));
        assert!(!read(&conversion, "13900000001").unwrap_err().contains("139"));
        let other = Words { name: "courier".to_owned(), other: Some(Some(Value::Text("other".to_owned()))), ..Words::default() };
        assert_eq!(read(&Conversion::Word(Arc::new(other)), "百世快递"), Ok(Some(Value::Text("other".to_owned()))));
    }
}
