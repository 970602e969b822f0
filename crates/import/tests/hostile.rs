//! Hostile and broken input: an error or a report, never a panic, and never more memory than the limits allow.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

mod common;

use common::*;
use parcelward_import::{ImportError, Importer, Limits, Options, SHIPPED_MAPPINGS};
use proptest::prelude::*;
use rust_xlsxwriter::Workbook;
use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;

fn workbook() -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (i, h) in ["订单号", "快递公司", "快递单号", "发货时间", "包裹类型"].iter().enumerate() {
        sheet.write(0, i as u16, *h).unwrap();
    }
    for row in 1..6_u32 {
        sheet.write(row, 0, format!("P{row}")).unwrap().write(row, 1, "中通快递").unwrap().write(row, 2, format!("7890{row}")).unwrap();
        sheet.write(row, 3, 46_091.375).unwrap().write(row, 4, "首次发货").unwrap();
    }
    book.save_to_buffer().unwrap()
}

/// The workbook with one part replaced.
fn with_part(name: &str, content: &[u8]) -> Vec<u8> {
    let mut from = zip::ZipArchive::new(Cursor::new(workbook())).unwrap();
    let mut to = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for i in 0..from.len() {
        let part = from.by_index(i).unwrap();
        if part.name() == name {
            to.start_file(name, SimpleFileOptions::default()).unwrap();
            to.write_all(content).unwrap();
        } else {
            to.raw_copy_file(part).unwrap();
        }
    }
    to.finish().unwrap().into_inner()
}

fn part(name: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(workbook())).unwrap();
    std::io::read_to_string(archive.by_name(name).unwrap()).unwrap()
}

const SHEET: &str = "xl/worksheets/sheet1.xml";

#[test]
fn the_untouched_workbook_is_read() {
    let (report, kept) = read(&with_part("none", b""));
    assert_eq!(report.facts, 5, "{:?}", kept.rejected);
    assert_eq!(read(&with_part(SHEET, part(SHEET).as_bytes())).0.facts, 5);
}

#[test]
fn a_string_table_that_unpacks_to_hundreds_of_megabytes_is_refused() {
    let bomb = with_part(
        "xl/sharedStrings.xml",
        format!("<sst>{}</sst>", "<si><t>aaaaaaaaaaaaaaaaaaaaaaaaaaa</t></si>".repeat(3 << 20)).as_bytes(),
    );
    assert!(bomb.len() < 2 << 20, "it is a bomb: {}", bomb.len());
    let (error, _) = try_read(&bomb, &for_shop());
    assert!(matches!(error, Err(ImportError::TooLarge { .. })), "{error:?}");
}

#[test]
fn a_huge_cell_and_references_outside_every_sheet_are_refused() {
    let sheet = part(SHEET);
    let huge = sheet.replacen("<v>46091.375</v>", &format!("<v>{}</v>", "9".repeat(1 << 20)), 1);
    assert!(matches!(try_read(&with_part(SHEET, huge.as_bytes()), &for_shop()).0, Err(ImportError::TooLarge { .. })));
    for (from, to) in [
        ("r=\"A2\"", "r=\"A99999999999\""),
        ("r=\"A2\"", "r=\"ZZZZZZZZZZZZ2\""),
        ("<row r=\"2\"", "<row r=\"99999999999\""),
        ("ref=\"A1:E6\"", "ref=\"A1:E99999999999\""),
    ] {
        let odd = sheet.replacen(from, to, 1);
        assert_ne!(odd, sheet, "{from}");
        let (error, _) = try_read(&with_part(SHEET, odd.as_bytes()), &for_shop());
        assert!(matches!(error, Err(ImportError::NotATable(_))), "{to}: {error:?}");
    }
}

#[test]
fn a_workbook_that_breaks_off_says_where_and_keeps_what_came_before() {
    let sheet = part(SHEET);
    let cut = sheet.find("<row r=\"4\"").unwrap();
    let (result, kept) = try_read(&with_part(SHEET, &sheet.as_bytes()[..cut]), &for_shop());
    let Err(ImportError::Stopped { row, report, .. }) = result else { panic!("{result:?}") };
    assert!((3..=4).contains(&row), "{row}");
    assert_eq!(report.facts as usize, kept.facts.len());
    assert!(report.facts >= 1);
}

#[test]
fn a_cell_far_to_the_right_and_a_string_that_is_not_there() {
    let sheet = part(SHEET);
    let far = sheet.replacen("r=\"E3\"", "r=\"XFD3\"", 1);
    assert!(matches!(try_read(&with_part(SHEET, far.as_bytes()), &for_shop()).0, Err(ImportError::Stopped { row: 3, .. })));
    let missing = sheet.replacen("t=\"s\"><v>6</v>", "t=\"s\"><v>60000</v>", 1);
    assert_ne!(missing, sheet);
    assert!(try_read(&with_part(SHEET, missing.as_bytes()), &for_shop()).0.is_err());
}

#[test]
fn an_open_quote_stops_with_its_row_and_the_rows_before_it_land() {
    let text = format!("{ORDERS}4,待发货,\"保温杯{}", ",x\n".repeat(1_000_000));
    let (result, kept) = try_read(text.as_bytes(), &for_shop());
    let Err(ImportError::Stopped { row: 5, reason, report }) = result else { panic!("{result:?}") };
    assert!(reason.contains("quote"), "{reason}");
    assert_eq!((report.facts, kept.facts.len()), (3, 3));
}

#[test]
fn limits_hold() {
    let options = |limits| Options { limits, ..for_shop() };
    let (result, _) = try_read(ORDERS.as_bytes(), &options(Limits { file_bytes: 100, ..Limits::default() }));
    assert!(matches!(result, Err(ImportError::TooLarge { .. })), "{result:?}");
    let (result, kept) = try_read(ORDERS.as_bytes(), &options(Limits { rows: 1, ..Limits::default() }));
    assert!(matches!(result, Err(ImportError::Stopped { .. })) && kept.facts.len() == 1, "{result:?}");
    let (result, _) = try_read(ORDERS.as_bytes(), &options(Limits { columns: 3, ..Limits::default() }));
    assert!(matches!(result, Err(ImportError::Stopped { .. })), "{result:?}");
}

/// Some edits of a file: a byte changed, a piece cut out, a piece doubled.
fn edits() -> impl Strategy<Value = Vec<(u8, prop::sample::Index, prop::sample::Index, u8)>> {
    prop::collection::vec((0..3_u8, any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 1..6)
}

fn edited(mut bytes: Vec<u8>, edits: &[(u8, prop::sample::Index, prop::sample::Index, u8)]) -> Vec<u8> {
    for (kind, a, b, byte) in edits {
        if bytes.is_empty() {
            break;
        }
        let (a, b) = (a.index(bytes.len()), b.index(bytes.len()));
        let (from, to) = (a.min(b), a.max(b).min(a.min(b) + 200));
        match kind {
            0 => bytes[a] = *byte,
            1 => drop(bytes.drain(from..to)),
            _ => {
                let piece = bytes[from..to].to_vec();
                bytes.splice(from..from, piece);
            }
        }
    }
    bytes
}

/// What must hold of every reading: an error that says something, or a report that adds up.
fn sound(bytes: &[u8]) -> Result<(), TestCaseError> {
    let (result, kept) = try_read(bytes, &for_shop());
    let report = match result {
        Ok(report) => report,
        Err(ImportError::Stopped { report, .. }) => *report,
        Err(error) => {
            prop_assert!(error.to_string().len() > 5);
            prop_assert!(kept.facts.is_empty() && kept.rejected.is_empty(), "nothing half done: {error}");
            return Ok(());
        }
    };
    prop_assert_eq!(report.facts as usize, kept.facts.len());
    prop_assert_eq!(report.rejected as usize, kept.rejected.len());
    prop_assert!(kept.rejected.iter().all(|(row, why)| *row > 0 && !why.is_empty()));
    for line in &kept.facts {
        prop_assert!(parcelward_casework::parse::parse_fact(&line.json).is_ok(), "{}", line.json);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        sound(&bytes)?;
    }

    #[test]
    fn any_cells_under_good_headers(cells in prop::collection::vec("\\PC{0,12}|[0-9./:年月日 -]{0,20}", 17)) {
        let header = ORDERS.lines().next().unwrap_or_default();
        let row: Vec<String> = cells.iter().map(|c| format!("\"{}\"", c.replace('"', "\"\""))).collect();
        sound(format!("{header}\n{}\n", row.join(",")).as_bytes())?;
    }

    #[test]
    fn an_edited_csv(edits in edits(), gb in any::<bool>()) {
        let bytes = if gb { encoding_rs::GB18030.encode(ORDERS).0.into_owned() } else { ORDERS.as_bytes().to_vec() };
        sound(&edited(bytes, &edits))?;
    }

    #[test]
    fn an_edited_workbook(edits in edits()) {
        sound(&edited(workbook(), &edits))?;
    }

    #[test]
    fn an_edited_sheet_and_string_table(edits in edits(), strings in any::<bool>()) {
        let name = if strings { "xl/sharedStrings.xml" } else { SHEET };
        sound(&with_part(name, &edited(part(name).into_bytes(), &edits)))?;
    }

    #[test]
    fn an_edited_mapping(edits in edits()) {
        let text = String::from_utf8_lossy(&edited(SHIPPED_MAPPINGS[0].1.as_bytes().to_vec(), &edits)).into_owned();
        match Importer::load(&[("imports/test.toml", &text)]) {
            Err(problems) => prop_assert!(!problems.is_empty() && problems.iter().all(|p| p.line > 0 && p.column > 0)),
            Ok(importer) => {
                let mut kept = Kept::default();
                let _ = importer.read("t", Cursor::new(ORDERS), &for_shop(), &mut kept);
            }
        }
    }

    #[test]
    fn edited_json_lines(edits in edits()) {
        let line = r#"{"specversion":"1.0","id":"1","source":"t","type":"parcelward.tracking","time":"2026-03-10T08:00:00+08:00","data":{"waybill":{"courier":"zto","number":"1"},"status":"collected"}}"#;
        let mut bytes = edited(format!("{line}\n{line}\n").into_bytes(), &edits);
        bytes.insert(0, b'{');
        sound(&bytes)?;
    }
}
