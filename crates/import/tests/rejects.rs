//! The rejects file: what a person opens, puts right and imports again.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

mod common;

use common::*;
use parcelward_import::{FactLine, Landing, RejectedRow, RejectsFile};
use std::io::Cursor;

struct ToFile {
    rejects: RejectsFile,
    facts: Vec<FactLine>,
}

impl Landing for ToFile {
    fn fact(&mut self, line: FactLine) -> std::io::Result<()> {
        self.facts.push(line);
        Ok(())
    }
    fn reject(&mut self, row: &RejectedRow<'_>) -> std::io::Result<()> {
        self.rejects.write(row)
    }
}

#[test]
fn a_rejects_file_holds_the_cells_and_the_reasons_and_can_be_imported_again() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("三月订单.csv");
    let text = ORDERS.replace("2026/3/9 21:05", "昨天,晚上").replace("易碎", "=HYPERLINK(1)").replace(",昨天,晚上,", ",\"昨天,晚上\",");
    let mut landing = ToFile { rejects: RejectsFile::beside(&input), facts: Vec::new() };
    importer().read("三月订单.csv", Cursor::new(text), &for_shop(), &mut landing).unwrap();
    let path = landing.rejects.finish().unwrap().unwrap();
    assert_eq!(path, folder.path().join("三月订单.csv.rejects.csv"));
    let written = std::fs::read_to_string(&path).unwrap();
    let mut lines = written.lines();
    assert!(lines.next().unwrap().starts_with("\u{feff}行号,原因,订单号,订单状态"));
    let row = lines.next().unwrap();
    assert!(row.starts_with("3,F `支付时间`: is not a time") && row.contains("昨天,晚上") && row.contains("韩梅梅"), "{row}");
    assert!(row.contains("\t=HYPERLINK(1)") && row.contains("\t78900000000001"), "nothing runs, no digit is lost: {row}");
    assert_eq!(lines.next(), None);

    // Put right in the rejects file itself.
    let corrected = written.replace("昨天,晚上", "2026/3/9 21:05").replace("\t=HYPERLINK(1)", "易碎");
    let (report, kept) = read(corrected.as_bytes());
    assert_eq!((report.facts, report.rejected), (2, 0));
    let whole = read(ORDERS.as_bytes()).1.facts;
    assert_eq!(kept.facts[0].id, whole[1].id, "the same facts as if the row had been right at once");
}

#[test]
fn no_rejected_row_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("orders.csv");
    let mut landing = ToFile { rejects: RejectsFile::beside(&input), facts: Vec::new() };
    importer().read("orders.csv", Cursor::new(ORDERS), &for_shop(), &mut landing).unwrap();
    assert_eq!(landing.rejects.finish().unwrap(), None);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
