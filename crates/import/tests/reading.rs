//! Exports of a back office, as merchants have them, read under the shipped mappings.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

mod common;

use common::*;
use parcelward_casework::parse::parse_fact;
use parcelward_import::{ImportError, Options};
use rust_xlsxwriter::{Format, Workbook};

#[test]
fn an_order_export_makes_orders_and_parcels() {
    let (report, kept) = read(ORDERS.as_bytes());
    assert_eq!((report.kind.as_str(), report.rows, report.facts, report.skipped, report.rejected), ("pinduoduo.orders", 3, 3, 1, 0));
    let facts = kept.json();
    assert_eq!(facts[0]["type"], "parcelward.order");
    assert_eq!(facts[0]["source"], "import:pinduoduo:shop1");
    assert_eq!(facts[0]["time"], "2026-03-09T20:00:00+08:00");
    let data = &facts[0]["data"];
    assert_eq!(data["order_id"], "260309-100000000000001");
    assert_eq!(data["platform"], "pinduoduo");
    assert_eq!(data["shop"], "shop1");
    assert_eq!(data["status"], "paid");
    assert_eq!(data["amount"], "129.00");
    assert_eq!(data["ship_by"], "2026-03-11T20:00:00+08:00");
    assert_eq!(data["recipient"]["city"], "武汉市");
    assert_eq!(data["recipient"]["phone"], "13900000001");
    assert_eq!(data["items"][0]["title"], "保温杯");
    assert_eq!(data["items"][0]["quantity"], 1);
    assert!(data.get("remark").is_none(), "an empty cell leaves its field out");
    assert_eq!(facts[1]["data"]["amount"], "1059.80");
    assert_eq!(facts[1]["data"]["order_id"], "260309-100000000000002");
    assert_eq!(facts[1]["data"]["items"][0]["title"], "雨伞, 长柄");
    assert_eq!(facts[2]["type"], "parcelward.shipment");
    assert_eq!(facts[2]["time"], "2026-03-10T09:00:00+08:00");
    assert_eq!(facts[2]["data"]["waybill"]["courier"], "zto");
    assert_eq!(facts[2]["data"]["waybill"]["number"], "78900000000001");
    assert_eq!(facts[2]["data"]["destination"]["province"], "广东省");
}

#[test]
fn every_fact_is_one_that_the_contract_takes() {
    for line in read(ORDERS.as_bytes()).1.facts {
        let fact = parse_fact(&line.json).unwrap();
        assert_eq!((fact.id.source, fact.id.id), (line.source, line.id));
    }
}

#[test]
fn encodings_and_separators_make_no_difference() {
    let plain = read(ORDERS.as_bytes()).1.facts;
    let gb = encoding_rs::GB18030.encode(ORDERS).0.into_owned();
    let bom = [b"\xef\xbb\xbf", ORDERS.as_bytes()].concat();
    let crlf = ORDERS.replace('\n', "\r\n").into_bytes();
    let titled = format!("订单导出 2026-03\n\n{ORDERS}").into_bytes();
    for (bytes, format) in [(gb, "GB18030"), (bom, "UTF-8 with BOM"), (crlf, "UTF-8"), (titled, "UTF-8")] {
        let (report, kept) = read(&bytes);
        assert_eq!(report.format, format);
        let json = |facts: &[parcelward_import::FactLine]| facts.iter().map(|f| f.json.clone()).collect::<Vec<_>>();
        assert_eq!(json(&kept.facts), json(&plain), "{format}");
    }
}

fn xlsx(fill: impl FnOnce(&mut Workbook)) -> Vec<u8> {
    let mut book = Workbook::new();
    fill(&mut book);
    book.save_to_buffer().unwrap()
}

const SHIPMENT_HEADERS: [&str; 9] =
    ["订单号", "快递公司", "快递单号", "发货时间", "包裹类型", "面单类型", "运费（元）", "原快递单号", "收货地址"];

#[test]
fn a_workbook_with_serial_dates_or_text_dates_makes_the_same_parcels() {
    // 2026-03-10 09:00 is 46091.375 days of the 1900 system.
    let book = |serial: bool| {
        xlsx(|book| {
            book.add_worksheet().set_name("说明").unwrap().write(0, 0, "仅供内部使用").unwrap();
            let sheet = book.add_worksheet().set_name("发货").unwrap();
            for (i, h) in SHIPMENT_HEADERS.iter().enumerate() {
                sheet.write(0, i as u16, *h).unwrap();
            }
            sheet.write(1, 0, "260309-1").unwrap().write(1, 1, "韵达速递").unwrap().write(1, 2, 4_312_345_678_901_f64).unwrap();
            if serial {
                sheet.write_with_format(1, 3, 46_091.375, &Format::new().set_num_format("yyyy/m/d hh:mm")).unwrap();
            } else {
                sheet.write(1, 3, "2026/3/10 9:00").unwrap();
            }
            sheet.write(1, 4, "首次发货").unwrap().write(1, 5, "电子面单").unwrap().write(1, 6, 3.2).unwrap();
            sheet.write(1, 8, "湖北省武汉市洪山区珞喻路1号").unwrap();
        })
    };
    let (report, serial) = read(&book(true));
    assert_eq!((report.kind.as_str(), report.sheet.as_deref(), report.facts), ("pinduoduo.shipments", Some("发货"), 1));
    let data = &serial.json()[0]["data"];
    assert_eq!(data["declared_at"], "2026-03-10T09:00:00+08:00");
    assert_eq!(data["waybill"]["number"], "4312345678901");
    assert_eq!(data["waybill"]["courier"], "yunda");
    assert_eq!(data["electronic_waybill"], true);
    assert_eq!(data["direction"], "outbound");
    assert_eq!(data["freight"], "3.20");
    assert_eq!(data["destination"]["district"], "洪山区");
    assert!(data.get("replaces").is_none(), "a courier alone is no replaced waybill: {data}");
    assert_eq!(serial.facts[0].id, read(&book(false)).1.facts[0].id);
}

#[test]
fn a_number_that_a_spreadsheet_has_cut_is_refused() {
    let book = xlsx(|book| {
        let sheet = book.add_worksheet();
        for (i, h) in SHIPMENT_HEADERS.iter().enumerate() {
            sheet.write(0, i as u16, *h).unwrap();
        }
        sheet
            .write(1, 0, 26_030_912_345_678_901_234.0)
            .unwrap()
            .write(1, 1, "中通")
            .unwrap()
            .write(1, 2, "1")
            .unwrap()
            .write(1, 3, "2026/3/10 9:00")
            .unwrap();
    });
    let (report, kept) = read(&book);
    assert_eq!((report.facts, report.rejected), (0, 1));
    assert!(kept.rejected[0].1[0].contains("column A `订单号`") && kept.rejected[0].1[0].contains("lost digits"), "{:?}", kept.rejected);
}

const AFTER_SALES: &str = "售后编号,订单编号,售后类型,售后状态,退款金额(元),售后原因,申请时间,处理截止时间,状态更新时间,退货快递公司,退货快递单号\n\
A1,P1,仅退款,待商家处理,59.90,不想要了,2026-03-10 10:00:00,2026-03-12 10:00:00,,,\n\
A2,P2,退货退款,\"买家已退货，待商家收货\",59.90,质量问题,2026-03-08 10:00:00,,2026-03-10 12:00:00,圆通速递,YT1\n\
A3,P3,仅退款,超时自动退款,,不想要了,2026-03-08 10:00:00,,2026-03-10 10:00:00,--,--\n\
A4,P4,换货,平台处理中,,尺码,2026-03-08 10:00:00,,2026-03-10 10:00:00,,\n";

#[test]
fn an_after_sale_export_tells_where_each_stands() {
    let (report, kept) = read(AFTER_SALES.as_bytes());
    assert_eq!((report.kind.as_str(), report.facts, report.skipped, report.rejected), ("pinduoduo.after_sales", 3, 1, 0));
    let facts = kept.json();
    assert_eq!(facts[0]["data"]["status"], "requested");
    assert_eq!(facts[0]["data"]["respond_by"], "2026-03-12T10:00:00+08:00");
    assert_eq!(facts[0]["time"], "2026-03-10T10:00:00+08:00");
    assert_eq!(facts[1]["data"]["status"], "buyer_shipped");
    assert_eq!(facts[1]["data"]["return_waybill"]["courier"], "yto");
    assert_eq!(facts[1]["time"], "2026-03-10T12:00:00+08:00");
    assert_eq!(facts[2]["data"]["status"], "refunded");
    assert_eq!(facts[2]["data"]["decided_by"], "timeout");
    assert!(facts[2]["data"].get("return_waybill").is_none());
}

#[test]
fn importing_twice_says_nothing_new_and_a_changed_row_says_one_thing() {
    let ids = |text: &str| read(text.as_bytes()).1.facts.into_iter().map(|f| f.id).collect::<Vec<_>>();
    assert_eq!(ids(ORDERS), ids(ORDERS));
    // The buyer's address was corrected in one row.
    let changed = ids(&ORDERS.replace("珞喻路1号", "珞喻路2号"));
    let before = ids(ORDERS);
    let new: Vec<&String> = changed.iter().filter(|id| !before.contains(id)).collect();
    assert_eq!(new.len(), 1);
    assert!(new[0].starts_with("order:260309-100000000000001:"), "{new:?}");
    // What the mapping does not read says nothing.
    assert_eq!(ids(&ORDERS.replace("商家备注", "内部列")).len(), before.len());
    let unmapped = ORDERS.replace("商家备注", "内部列");
    assert_eq!(ids(&unmapped), ids(&unmapped.replace("易碎", "改了")));
}

#[test]
fn a_bad_row_is_named_and_its_neighbours_land() {
    let text = ORDERS.replace("2026/3/9 21:05", "昨天晚上").replace("￥1,059.80", "很多钱");
    let (report, kept) = read(text.as_bytes());
    assert_eq!((report.facts, report.rejected), (1, 1));
    let problems = &kept.rejected[0];
    assert_eq!(problems.0, 3);
    assert!(problems.1.iter().any(|p| p.contains("row 3, column F `支付时间`: is not a time")), "{problems:?}");
    assert!(problems.1.iter().any(|p| p.contains("column E `用户实付金额(元)`: is not an amount")), "{problems:?}");
    assert!(!format!("{:?}", report.problems).contains("很多钱"), "a report never repeats a cell");
}

#[test]
fn rows_are_all_or_nothing() {
    // The waybill number is too long for the contract: its order does not land either.
    let text = ORDERS.replace("78900000000001", &"9".repeat(101));
    let (report, kept) = read(text.as_bytes());
    assert_eq!((report.facts, report.rejected), (1, 1));
    assert!(kept.rejected[0].1[0].contains("`快递单号`"), "{:?}", kept.rejected);
}

#[test]
fn an_unknown_word_is_named_and_what_is_empty_is_named() {
    let (_, kept) = read(ORDERS.replace("待发货", "预售中").as_bytes());
    assert!(kept.rejected[0].1[0].contains("`预售中` is not in the list `words.order_status`"), "{:?}", kept.rejected);
    let (_, kept) = read(ORDERS.replace("2026-03-09 20:00:00", "").as_bytes());
    assert!(kept.rejected[0].1[0].contains("column F `支付时间`: is empty"), "{:?}", kept.rejected);
    let (_, kept) = read(AFTER_SALES.replace("A1,", ",").as_bytes());
    assert!(kept.rejected[0].1[0].contains("column A `售后编号`: is empty"), "{:?}", kept.rejected);
    let (_, kept) = read(AFTER_SALES.replace("仅退款,待商家处理", ",待商家处理").as_bytes());
    assert!(kept.rejected[0].1[0].contains("column C `售后类型`: is empty"), "{:?}", kept.rejected);
}

#[test]
fn damaged_rows_are_rejected_alone() {
    for (from, to, reason) in
        [("李雷", "李\0雷", "NUL byte"), ("珞喻路1号,", "珞喻路1号,,多余", "more cells"), ("李雷", "李\u{fffd}", "encoding")]
    {
        let (report, kept) = read(ORDERS.replace(from, to).as_bytes());
        assert_eq!((report.facts, report.rejected), (2, 1), "{reason}");
        assert!(kept.rejected[0].1[0].contains(reason), "{:?}", kept.rejected);
    }
}

#[test]
fn what_cannot_be_read_says_why() {
    let none = Options::default();
    let error = |bytes: &[u8], options: &Options| try_read(bytes, options).0.unwrap_err().to_string();
    let options = for_shop();
    assert!(error(b"", &options).contains("empty"));
    assert!(error(b"\n\n,,\n", &options).contains("no rows"));
    assert!(error(b"a,b,c\n1,2,3\n", &options).contains("no mapping knows this file"));
    let nearest = error("订单号,订单状态\n1,待发货\n".as_bytes(), &options);
    assert!(nearest.contains("pinduoduo.orders") && nearest.contains("missing: 支付时间"), "{nearest}");
    assert!(error(ORDERS.as_bytes(), &none).contains("--shop"));
    let missing = error("订单号,快递单号,包裹类型\n1,2,3\n".as_bytes(), &options);
    assert!(missing.contains("`快递公司` or `物流公司`") && missing.contains("`发货时间`"), "{missing}");
    let twice = error("订单号,订单状态,支付时间,订单号\n1,待发货,2026-03-09,1\n".as_bytes(), &options);
    assert!(twice.contains("`订单号` stands over columns A and D"), "{twice}");
    let wrong = Options { kind: Some("shipment".to_owned()), ..for_shop() };
    assert!(error(ORDERS.as_bytes(), &wrong).contains("pinduoduo.shipments"));
    assert!(try_read(ORDERS.as_bytes(), &Options { kind: Some("orders".to_owned()), ..for_shop() }).0.is_ok());
}

#[test]
fn a_shop_column_names_the_shop_and_the_option_wins() {
    let text = "订单号,订单状态,支付时间,店铺名称\n1,待发货,2026-03-09 10:00,南山店\n2,待发货,2026-03-09 10:00,\n";
    let (report, kept) = try_read(text.as_bytes(), &Options::default());
    assert_eq!(report.unwrap().rejected, 1);
    assert_eq!(kept.facts[0].source, "import:pinduoduo:南山店");
    assert!(kept.rejected[0].1[0].contains("`店铺名称`: is empty"), "{:?}", kept.rejected);
    assert!(read(text.as_bytes()).1.facts.iter().all(|f| f.source == "import:pinduoduo:shop1"));
}

#[test]
fn an_address_in_one_column_is_split() {
    let text = "订单号,订单状态,支付时间,收货地址\n1,待发货,2026-03-09 10:00,新疆维吾尔自治区乌鲁木齐市天山区解放路1号\n";
    let recipient = &read(text.as_bytes()).1.json()[0]["data"]["recipient"];
    assert_eq!((recipient["province"].as_str(), recipient["city"].as_str()), (Some("新疆维吾尔自治区"), Some("乌鲁木齐市")));
    assert_eq!((recipient["district"].as_str(), recipient["detail"].as_str()), (Some("天山区"), Some("解放路1号")));
}

#[test]
fn json_lines_pass_as_they_stand_and_bad_lines_are_named() {
    let good = r#"{"specversion":"1.0","id":"1","source":"t","type":"parcelward.tracking","time":"2026-03-10T08:00:00+08:00","data":{"waybill":{"courier":"zto","number":"1"},"status":"collected"}}"#;
    let bad = good.replace("collected", "nowhere");
    let text = format!("\u{feff}{good}\r\n\n{bad}\n{{nonsense\n{}\n  {good}  ", "{".repeat(300_000));
    let (report, kept) = try_read(text.as_bytes(), &Options::default());
    let report = report.unwrap();
    assert_eq!((report.format.as_str(), report.rows, report.facts, report.rejected), ("JSON Lines", 5, 2, 3));
    assert_eq!(kept.facts[0].json, good);
    assert_eq!(kept.facts[1].row, 6);
    assert!(
        kept.rejected[0].1[0].contains("row 3, field `data.status`") && kept.rejected[0].1[0].contains("id `1`"),
        "{:?}",
        kept.rejected
    );
}

#[test]
fn a_landing_that_fails_ends_the_reading_and_says_how_far_it_came() {
    struct Full(u64);
    impl parcelward_import::Landing for Full {
        fn fact(&mut self, _: parcelward_import::FactLine) -> std::io::Result<()> {
            if self.0 == 2 {
                return Err(std::io::Error::other("the disk is full"));
            }
            self.0 += 1;
            Ok(())
        }
    }
    let error = importer().read("t", std::io::Cursor::new(ORDERS), &for_shop(), &mut Full(0)).unwrap_err();
    assert!(matches!(error, ImportError::NotLanded { landed: 2, .. }), "{error}");
}
