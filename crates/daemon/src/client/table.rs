//! Tables whose columns stand straight on a terminal, Chinese letters taking two columns.
//!
//! On a terminal a table fits its width: columns that may be left out go first, then the text that may be cut. Into a file or a pipe
//! everything goes whole and without colours. Deliberately absent: what the rows are.

use super::text::{clean, pad, terminal_width};
use console::{StyledObject, measure_text_width, style, truncate_str};

/// The space between two columns.
const GAP: usize = 2;
/// The least width of a text that may be cut.
const LEAST: usize = 24;

/// How a cell stands out on a terminal that shows colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// As it is.
    Plain,
    /// Past its time, or close to it.
    Alarm,
    /// Soon.
    Warning,
    /// By the way.
    Faint,
    /// A heading.
    Strong,
}

impl Look {
    /// The look of an urgency.
    #[must_use]
    pub fn of_urgency(word: &str) -> Look {
        match word {
            "critical" => Look::Alarm,
            "high" => Look::Warning,
            _ => Look::Plain,
        }
    }

    /// A text in this look, on a terminal that shows colours (`NO_COLOR` is heeded); else as it is.
    #[must_use]
    pub fn on(self, text: &str) -> String {
        let styled: StyledObject<&str> = style(text);
        let styled = match self {
            Look::Plain => return text.to_owned(),
            Look::Alarm => styled.red().bold(),
            Look::Warning => styled.yellow(),
            Look::Faint => styled.dim(),
            Look::Strong => styled.bold(),
        };
        styled.to_string()
    }
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    head: &'static str,
    right: bool,
    flexible: bool,
    leaves: Option<u8>,
}

impl Column {
    /// A column that is always whole.
    #[must_use]
    pub const fn new(head: &'static str) -> Self {
        Column { head, right: false, flexible: false, leaves: None }
    }

    /// Numbers stand at the right.
    #[must_use]
    pub const fn right(mut self) -> Self {
        self.right = true;
        self
    }

    /// Its text may be cut where the terminal is narrow.
    #[must_use]
    pub const fn flexible(mut self) -> Self {
        self.flexible = true;
        self
    }

    /// It may be left out where the terminal is narrow; the lowest number first.
    #[must_use]
    pub const fn leaves(mut self, turn: u8) -> Self {
        self.leaves = Some(turn);
        self
    }
}

/// A table.
#[derive(Debug)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<(String, Look)>>,
}

impl Table {
    /// With these columns.
    #[must_use]
    pub fn new(columns: &[Column]) -> Self {
        Table { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Adds a row in one look.
    pub fn row<T: AsRef<str>>(&mut self, look: Look, cells: &[T]) {
        self.rows.push(cells.iter().map(|cell| (clean(cell.as_ref()), look)).collect());
    }

    /// Adds a row whose cells have looks of their own.
    pub fn styled(&mut self, cells: impl IntoIterator<Item = (String, Look)>) {
        self.rows.push(cells.into_iter().map(|(text, look)| (clean(&text), look)).collect());
    }

    /// Whether it has no row.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// As lines for the present terminal.
    #[must_use]
    pub fn render(&self) -> String {
        self.render_in(terminal_width())
    }

    fn render_in(&self, width: Option<usize>) -> String {
        let (shown, widths) = self.layout(width);
        let heads: Vec<(String, Look)> = self.columns.iter().map(|c| (c.head.to_owned(), Look::Faint)).collect();
        let headed = self.columns.iter().any(|c| !c.head.is_empty());
        let mut out = String::new();
        for row in headed.then_some(&heads).into_iter().chain(&self.rows) {
            let last = shown.last().copied();
            let mut line = String::new();
            for &at in &shown {
                let Some((text, look)) = row.get(at) else { continue };
                let (column, width) = (self.columns[at], widths[at]);
                let cut = truncate_str(text, width, "…");
                let space = width.saturating_sub(measure_text_width(&cut));
                // Spaces stand outside of the colours, and none at the end of a line.
                let cell = look.on(&cut);
                if column.right {
                    line.push_str(&" ".repeat(space));
                    line.push_str(&cell);
                } else {
                    line.push_str(&cell);
                    line.push_str(&" ".repeat(if Some(at) == last { 0 } else { space }));
                }
                if Some(at) != last {
                    line.push_str(&" ".repeat(GAP));
                }
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }

    /// The columns that are shown, and the width of every one.
    fn layout(&self, width: Option<usize>) -> (Vec<usize>, Vec<usize>) {
        let natural = |at: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(at)).map(|(text, _)| measure_text_width(text));
            cells.max().unwrap_or(0).max(measure_text_width(self.columns[at].head))
        };
        let mut widths: Vec<usize> = (0..self.columns.len()).map(natural).collect();
        // A column that is empty in every row says nothing.
        let says = |at: &usize| self.rows.is_empty() || self.rows.iter().any(|row| row.get(*at).is_some_and(|(text, _)| !text.is_empty()));
        let mut shown: Vec<usize> = (0..self.columns.len()).filter(says).collect();
        let Some(width) = width else { return (shown, widths) };
        let least = |widths: &[usize], shown: &[usize]| {
            let cells = shown.iter().map(|&at| if self.columns[at].flexible { widths[at].min(LEAST) } else { widths[at] });
            cells.sum::<usize>() + GAP * shown.len().saturating_sub(1)
        };
        while least(&widths, &shown) > width {
            let next = shown.iter().copied().filter_map(|at| Some((self.columns[at].leaves?, at))).min();
            let Some((_, at)) = next else { break };
            shown.retain(|kept| *kept != at);
        }
        // What is left over goes to the texts that may be cut, evenly.
        let flexible: Vec<usize> = shown.iter().copied().filter(|&at| self.columns[at].flexible).collect();
        let fixed: usize = shown.iter().filter(|at| !flexible.contains(at)).map(|&at| widths[at]).sum();
        let mut room = width.saturating_sub(fixed + GAP * shown.len().saturating_sub(1));
        let mut left = flexible.len();
        let mut by_width = flexible;
        by_width.sort_by_key(|&at| widths[at]);
        for at in by_width {
            let share = (room / left.max(1)).max(10);
            widths[at] = widths[at].min(share);
            room = room.saturating_sub(widths[at]);
            left -= 1;
        }
        (shown, widths)
    }
}

/// A heading over a part.
#[must_use]
pub fn heading(text: &str) -> String {
    format!("\n{}\n", Look::Strong.on(text))
}

/// Lines with a little space before them.
#[must_use]
pub fn indented(lines: &str) -> String {
    lines.lines().map(|line| format!("{}{line}\n", pad("", 2))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let columns = [
            Column::new("LEFT"),
            Column::new("¥").right(),
            Column::new("QUEUE").leaves(0),
            Column::new("TITLE").flexible(),
            Column::new("ID"),
        ];
        let mut table = Table::new(&columns);
        table.row(Look::Plain, &["in 2 h", "59.90", "warehouse", "马上发货：订单已付款很久了，再不发就要赔给买家", "a-t1"]);
        table.row(Look::Plain, &["3 d ago", "1,059.90", "service", "reply", "abcdef-t22"]);
        table
    }

    #[test]
    fn columns_stand_straight_under_wide_letters() {
        let text = table().render_in(None);
        let lines: Vec<&str> = text.lines().collect();
        let column = |line: &str, word: &str| measure_text_width(&line[..line.find(word).unwrap()]);
        assert_eq!(column(lines[0], "ID"), column(lines[1], "a-t1"));
        assert_eq!(column(lines[1], "a-t1"), column(lines[2], "abcdef-t22"));
        assert_eq!(column(lines[1], "59.90") + 5, column(lines[2], "1,059.90") + 8, "numbers stand at the right");
        assert!(lines[1].contains("再不发就要赔给买家"), "nothing is cut in a file");
    }

    #[test]
    fn on_a_narrow_terminal_columns_leave_and_texts_are_cut() {
        for width in [60, 70, 80, 200] {
            let text = table().render_in(Some(width));
            assert!(text.lines().all(|line| measure_text_width(line) <= width), "{width}: {text}");
            assert!(text.contains("a-t1") && text.contains("abcdef-t22"), "an id is never cut: {text}");
        }
        assert!(!table().render_in(Some(60)).contains("QUEUE"));
        assert!(table().render_in(Some(80)).contains('…'));
        assert!(table().render_in(Some(200)).contains("QUEUE"));
    }

    #[test]
    fn an_empty_column_is_left_out() {
        let mut table = Table::new(&[Column::new("A"), Column::new("WHO"), Column::new("B")]);
        table.row(Look::Plain, &["1", "", "2"]);
        assert_eq!(table.render_in(None), "A  B\n1  2\n");
    }

    #[test]
    fn what_a_file_holds_does_not_steer_the_terminal() {
        let mut table = Table::new(&[Column::new("A")]);
        table.row(Look::Plain, &["\u{1b}[2J\nx"]);
        assert_eq!(table.render_in(None), "A\n[2J x\n");
    }
}
