//! Words and lines for a terminal: time left, local times, wrapping and padding that know that Chinese letters take two columns.
//!
//! Deliberately absent: tables (`table`), and any choice of what to show.

use console::{Term, measure_text_width};
use parcelward_casework::instant::Instant;
use parcelward_import::record::OrderRef;

/// The width of lines where the output is no terminal and nothing is cut.
const PAPER: usize = 110;

/// The columns of the terminal; `None` where the output is none, so that nothing is cut.
#[must_use]
pub fn terminal_width() -> Option<usize> {
    let out = Term::stdout();
    let told = std::env::var("COLUMNS").ok().and_then(|text| text.parse::<usize>().ok());
    out.is_term().then(|| told.or_else(|| out.size_checked().map(|(_, columns)| usize::from(columns))).unwrap_or(80).max(40))
}

/// The columns for running text.
#[must_use]
pub fn text_width() -> usize {
    terminal_width().unwrap_or(PAPER).min(PAPER)
}

/// `in 3 h 20 min`, `2 h ago`, `in 2 d 4 h`, `now`: two units at most while it is near, one once it is past.
#[must_use]
pub fn time_left(seconds: i64) -> String {
    let minutes = seconds.unsigned_abs() / 60;
    let (d, h, m) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    let ahead = seconds > 0;
    let length = match (d, h, m) {
        (0, 0, 0) => return if ahead { "in under 1 min".to_owned() } else { "now".to_owned() },
        (0, 0, m) => format!("{m} min"),
        (0, h, 0) => format!("{h} h"),
        (0, h, _) if !ahead => format!("{h} h"),
        (0, h, m) => format!("{h} h {m} min"),
        (d, 0, _) => format!("{d} d"),
        (d, _, _) if !ahead => format!("{d} d"),
        (d, h, _) => format!("{d} d {h} h"),
    };
    if ahead { format!("in {length}") } else { format!("{length} ago") }
}

/// The time from `now` until an instant of the API, in words; empty where it is no instant.
#[must_use]
pub fn from_now(at: &str, now: Instant) -> String {
    Instant::parse(at).map_or_else(|_| String::new(), |at| time_left(at.since(now).as_millis().div_euclid(1000)))
}

/// An instant of the API as local time (UTC+8): `2026-03-10 08:00`; as it stands where it is none.
#[must_use]
pub fn local(at: &str) -> String {
    Instant::parse(at).map_or_else(|_| clean(at), |at| at.local().strftime("%Y-%m-%d %H:%M").to_string())
}

/// The same without the year.
#[must_use]
pub fn local_short(at: &str) -> String {
    Instant::parse(at).map_or_else(|_| clean(at), |at| at.local().strftime("%m-%d %H:%M").to_string())
}

/// Local time and the time left: `2026-03-10 08:00 (in 3 h 20 min)`.
#[must_use]
pub fn local_and_left(at: &str, now: Instant) -> String {
    format!("{} ({})", local(at), from_now(at, now))
}

/// One line without control characters: what merchants' files hold must not steer a terminal.
#[must_use]
pub fn clean(text: &str) -> String {
    let spaced = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
    spaced
        .filter(|c| !c.is_control() && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
        .collect::<String>()
        .trim()
        .to_owned()
}

/// With spaces up to a width.
#[must_use]
pub fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(measure_text_width(text))))
}

/// Lines of at most `width` columns: broken at spaces, and inside Chinese text anywhere.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(10);
    let mut lines = Vec::new();
    for part in text.lines().map(clean) {
        let (mut line, mut columns) = (String::new(), 0);
        for word in words(&part) {
            let wide = measure_text_width(word);
            if columns + measure_text_width(word.trim_end()) > width && !line.trim().is_empty() {
                lines.push(line.trim_end().to_owned());
                (line, columns) = (String::new(), 0);
            }
            line.push_str(word);
            columns += wide;
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// Pieces that a line may be broken between, spaces at their ends. A closing mark stays with what it closes.
fn words(text: &str) -> Vec<&str> {
    const CLOSING: &str = "，。、；：？！）》」』”’…,.;:?!)%";
    let (mut pieces, mut start, mut before) = (Vec::new(), 0, None);
    for (at, c) in text.char_indices() {
        let wide = |c: char| measure_text_width(c.encode_utf8(&mut [0; 4])) == 2;
        let breaks = before.is_some_and(|b: char| b == ' ' || ((wide(b) || wide(c)) && !CLOSING.contains(c)));
        if breaks && c != ' ' {
            pieces.push(&text[start..at]);
            start = at;
        }
        before = Some(c);
    }
    if start < text.len() {
        pieces.push(&text[start..]);
    }
    pieces
}

/// A heading and what belongs to it, indented and wrapped: `  due        2026-03-10 08:00`.
pub fn field(out: &mut String, name: &str, value: &str) {
    const NAME: usize = 12;
    if value.trim().is_empty() {
        return;
    }
    let lines = wrap(value, text_width().saturating_sub(NAME + 2));
    for (i, line) in lines.iter().enumerate() {
        let head = if i == 0 { pad(name, NAME) } else { " ".repeat(NAME) };
        out.push_str(&format!("  {head}{line}\n"));
    }
}

/// An order as it is written on the command line.
#[must_use]
pub fn order_name(platform: &str, shop: &str, order_id: &str) -> String {
    clean(&format!("{platform}/{shop}/{order_id}"))
}

/// Reads a time as `record` reads it: RFC 3339, `2026-03-10 08:00`, `08:30` today, `+2h`, `-30m`.
///
/// # Errors
/// Says how a time is written.
pub fn when(text: &str, now: Instant) -> Result<Instant, String> {
    use parcelward_casework::instant::Length;
    let bad = || format!("`{text}` is no time (write 2026-03-10 08:00, 08:30 for today, +2h, -30m, or 2026-03-10T08:00:00+08:00)");
    let trimmed = text.trim();
    if let Ok(at) = Instant::parse(trimmed) {
        return Ok(at);
    }
    if let Some(length) = trimmed.strip_prefix('+') {
        return Length::parse(length).map(|l| now + l).map_err(|_| bad());
    }
    if let Some(length) = trimmed.strip_prefix('-') {
        return Length::parse(length).map(|l| now - l).map_err(|_| bad());
    }
    let clock = |text: &str| {
        let (hour, minute) = text.split_once(':')?;
        jiff::civil::Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
    };
    let local = match trimmed.split_once([' ', 'T']) {
        None => clock(trimmed).map(|time| now.local().date().to_datetime(time)),
        Some((date, time)) => {
            date.replace('/', "-").parse::<jiff::civil::Date>().ok().zip(clock(time.trim())).map(|(d, t)| d.to_datetime(t))
        }
    };
    local.map(Instant::from_local).ok_or_else(bad)
}

/// Reads an order from its three parts or from one `PLATFORM/SHOP/ORDER`.
///
/// # Errors
/// Says how an order is written.
pub fn order_of(parts: &[String]) -> Result<OrderRef, String> {
    match parts {
        [one] => one.parse(),
        [platform, shop, order] => format!("{platform}/{shop}/{order}").parse(),
        _ => Err("write PLATFORM SHOP ORDER, or PLATFORM/SHOP/ORDER".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_is_said_as_people_say_it() {
        for (seconds, said) in [
            (12_000, "in 3 h 20 min"),
            (7_200, "in 2 h"),
            (-7_500, "2 h ago"),
            (-90, "1 min ago"),
            (30, "in under 1 min"),
            (-30, "now"),
            (187_200, "in 2 d 4 h"),
            (86_400, "in 1 d"),
            (-300_000, "3 d ago"),
        ] {
            assert_eq!(time_left(seconds), said, "{seconds}");
        }
    }

    #[test]
    fn times_are_shown_local() {
        assert_eq!(local("2026-03-10T01:05:00Z"), "2026-03-10 09:05");
        assert_eq!(local_short("2026-03-10T08:00:00+08:00"), "03-10 08:00");
        let now = Instant::parse("2026-03-10T08:00:00+08:00").unwrap();
        assert_eq!(local_and_left("2026-03-10T09:30:00+08:00", now), "2026-03-10 09:30 (in 1 h 30 min)");
    }

    #[test]
    fn a_text_cannot_steer_the_terminal() {
        assert_eq!(clean("a\u{1b}[31mred\u{202e}\nb"), "a[31mred b");
    }

    #[test]
    fn lines_are_broken_where_a_reader_would() {
        assert_eq!(wrap("the platform asks for an answer", 14), ["the platform", "asks for an", "answer"]);
        let chinese = wrap("快递超过二十四小时没有揽收，平台会按虚假发货处罚。", 20);
        assert!(chinese.iter().all(|line| measure_text_width(line) <= 22), "{chinese:?}");
        assert!(chinese.iter().all(|line| !line.starts_with('，') && !line.starts_with('。')), "{chinese:?}");
        assert_eq!(chinese.concat(), "快递超过二十四小时没有揽收，平台会按虚假发货处罚。");
    }

    #[test]
    fn times_as_people_write_them() {
        let now = Instant::parse("2026-03-10T12:00:00+08:00").unwrap();
        for (text, at) in [
            ("2026-03-10T08:00:00Z", "2026-03-10T16:00:00+08:00"),
            ("2026-03-11 08:00", "2026-03-11T08:00:00+08:00"),
            ("2026/03/11 8:05", "2026-03-11T08:05:00+08:00"),
            ("18:30", "2026-03-10T18:30:00+08:00"),
            ("+1d2h", "2026-03-11T14:00:00+08:00"),
            ("-30m", "2026-03-10T11:30:00+08:00"),
        ] {
            assert_eq!(when(text, now).map(|t| t.to_string()).as_deref(), Ok(at), "{text}");
        }
        for bad in ["tomorrow", "25:00", "+", "2026-02-30 10:00", "", "2026-03-11"] {
            assert!(when(bad, now).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_order_in_one_part_or_three() {
        let parts = |list: &[&str]| order_of(&list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>());
        assert_eq!(parts(&["pinduoduo", "a shop", "26-1"]), parts(&["pinduoduo/a shop/26-1"]));
        assert!(parts(&["pinduoduo", "shop"]).is_err());
        assert!(parts(&["pdd", "shop", "1"]).is_err());
    }
}
