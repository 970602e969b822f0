//! The exports of Taobao, Tmall and JD back offices, read under the shipped mappings.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

mod common;

use common::*;
use parcelward_casework::parse::parse_fact;
use parcelward_import::{ImportError, Options};
use serde_json::Value;
use std::collections::BTreeMap;

const TAOBAO: &str = "订单编号,买家会员名,买家应付货款,买家实际支付金额,订单状态,收货人姓名,收货地址,联系电话,联系手机,订单创建时间,订单付款时间,发货时间,宝贝标题,物流单号,物流公司,宝贝总数量,店铺名称,修改后的收货地址\n\
=\"2600000000000000001\",t**1,59.90,49.90,\"买家已付款，等待卖家发货\",林*,湖北省 武汉市 洪山区 珞喻路1号(430000),'0571-88880000,'138****1234,2026-03-09 20:00:00,2026-03-09 20:00:05,,保温杯,,,1,青山,\n\
=\"2600000000000000002\",t**2,59.90,59.90,\"卖家已发货,等待买家确认\",~AgAAAAEYpQAAAHhx2zYyJq~4~,湖北省 武汉市 洪山区 ****,,'138****1235,2026-03-09 20:00:00,2026-03-09 20:00:05,2026-03-10 09:00:00,保温杯,No:78000000000001,中通快递,1,青山,浙江省 杭州市 西湖区 ****\n\
=\"2600000000000000003\",t**3,59.90,0.00,等待买家付款,林*,湖北省 武汉市 洪山区 ****,,,2026-03-09 20:00:00,,,保温杯,,,1,青山,\n\
=\"2600000000000000004\",t**4,59.90,59.90,交易关闭,林*,湖北省 武汉市 洪山区 ****,,,2026-03-09 20:00:00,2026-03-09 20:00:05,,保温杯,,,1,青山,\n\
=\"2600000000000000005\",t**5,59.90,59.90,交易关闭,林*,湖北省 武汉市 洪山区 ****,,,2026-03-09 20:00:00,2026-03-09 20:00:05,2026-03-10 09:00:00,保温杯,No:78000000000005,百世快递,1,青山,\n\
=\"2600000000000000006\",t**6,59.90,0.00,交易关闭,林*,湖北省 武汉市 洪山区 ****,,,2026-03-09 20:00:00,,,保温杯,,,1,青山,\n";

fn of_type<'a>(facts: &'a [Value], word: &str) -> Vec<&'a Value> {
    facts.iter().filter(|f| f["type"] == format!("parcelward.{word}")).collect()
}

#[test]
fn a_taobao_order_export_makes_orders_and_parcels() {
    let (report, kept) = read(TAOBAO.as_bytes());
    assert_eq!((report.kind.as_str(), report.rows, report.rejected), ("taobao.orders", 6, 0), "{:?}", report.problems);
    // One that waits for its payment, and one that was closed without any.
    assert_eq!(report.skipped, 2);
    let facts = kept.json();
    let orders = of_type(&facts, "order");
    let status: Vec<&str> = orders.iter().map(|f| f["data"]["status"].as_str().unwrap()).collect();
    assert_eq!(status, ["paid", "paid", "cancelled", "paid"], "closed before shipping is cancelled, closed with a parcel under way is not");
    let first = &orders[0]["data"];
    assert_eq!(orders[0]["source"], "import:taobao:shop1");
    assert_eq!((first["platform"].as_str(), first["order_id"].as_str()), (Some("taobao"), Some("2600000000000000001")));
    assert_eq!((first["paid_at"].as_str(), first["amount"].as_str()), (Some("2026-03-09T20:00:05+08:00"), Some("49.90")));
    let recipient = &first["recipient"];
    assert_eq!((recipient["name"].as_str(), recipient["phone"].as_str()), (Some("林*"), Some("138****1234")), "masked, and kept as it is");
    assert_eq!((recipient["province"].as_str(), recipient["detail"].as_str()), (Some("湖北省"), Some("珞喻路1号(430000)")));
    let second = &orders[1]["data"]["recipient"];
    assert!(second.get("name").is_none(), "encrypted: {second}");
    assert!(second.get("detail").is_none(), "stars: {second}");
    assert_eq!(second["city"], "杭州市", "the changed address holds");
    let parcels = of_type(&facts, "shipment");
    assert_eq!(parcels.len(), 2);
    assert_eq!(parcels[0]["data"]["waybill"], serde_json::json!({"courier": "zto", "number": "78000000000001"}));
    assert_eq!(parcels[0]["data"]["destination"]["city"], "杭州市");
    assert_eq!(parcels[1]["data"]["waybill"]["courier"], "other");
}

#[test]
fn a_tmall_shop_is_asked_for_by_name() {
    for kind in ["tmall", "tmall.orders"] {
        let (report, kept) = try_read(TAOBAO.as_bytes(), &Options { kind: Some(kind.to_owned()), ..for_shop() });
        assert_eq!(report.unwrap().kind, "tmall.orders");
        assert_eq!(kept.json()[0]["data"]["platform"], "tmall");
        assert_eq!(kept.json()[0]["source"], "import:tmall:shop1");
    }
    let (wrong, _) = try_read(TAOBAO.as_bytes(), &Options { kind: Some("jd".to_owned()), ..for_shop() });
    assert!(matches!(wrong, Err(ImportError::UnknownFile(_))), "{wrong:?}");
}

const REFUNDS: &str = "订单编号,退款编号,订单付款时间,退款完结时间,买家退款金额,手工退款/系统退款,是否需要退货,退款的申请时间,超时时间,退款状态,退货物流单号,退货物流公司,买家退款原因,买家退货时间\n\
=\"2600000000000000001\",=\"101\",2026-03-09 20:00:05,,59.90,,否,2026-03-11 10:00:00,2026-03-13 10:00:00,\"买家已经申请退款，等待卖家同意\",,,不想要,\n\
=\"2600000000000000002\",=\"102\",2026-03-09 20:00:05,,59.90,,是,2026-03-12 10:00:00,2026-03-22 10:00:00,买家已经退货，等待卖家确认收货,SF0000000000001,顺丰速运,不想要,2026-03-13 10:00:00\n\
=\"2600000000000000003\",=\"103\",2026-03-09 20:00:05,2026-03-14 10:00:00,59.90,系统退款,否,2026-03-12 10:00:00,,退款成功,,,不想要,\n\
=\"2600000000000000004\",=\"104\",2026-03-09 20:00:05,,59.90,,是,2026-03-12 10:00:00,2026-03-20 10:00:00,\"卖家已经同意退款，等待买家退货\",,,不想要,\n\
=\"2600000000000000005\",=\"105\",2026-03-09 20:00:05,,59.90,,是,2026-03-12 10:00:00,,小二介入,,,不想要,\n\
=\"2600000000000000006\",=\"106\",2026-03-09 20:00:05,,59.90,,是,2026-03-12 10:00:00,,前所未闻,,,不想要,\n";

#[test]
fn a_taobao_refund_export_tells_where_each_stands() {
    let (report, kept) = read(REFUNDS.as_bytes());
    assert_eq!((report.kind.as_str(), report.skipped, report.rejected), ("taobao.after_sales", 1, 1));
    let facts = kept.json();
    let told: Vec<(&str, &str, &str)> = facts
        .iter()
        .map(|f| (f["data"]["kind"].as_str().unwrap(), f["data"]["status"].as_str().unwrap(), f["time"].as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            ("refund_only", "requested", "2026-03-11T10:00:00+08:00"),
            ("return_refund", "buyer_shipped", "2026-03-13T10:00:00+08:00"),
            ("refund_only", "refunded", "2026-03-14T10:00:00+08:00"),
            ("return_refund", "agreed", "2026-03-12T10:00:00+08:00"),
        ]
    );
    assert_eq!(facts[0]["data"]["respond_by"], "2026-03-13T10:00:00+08:00");
    assert_eq!(facts[1]["data"]["return_waybill"]["courier"], "sf");
    assert_eq!(facts[2]["data"]["decided_by"], "platform");
    assert!(facts[3]["data"].get("respond_by").is_none(), "that time is the buyer's");
    // An unknown state is reported with its row and column.
    let problem = report.problems[0].to_string();
    assert!(
        problem.contains("row 7") && problem.contains("退款状态") && problem.contains("column J") && problem.contains("前所未闻"),
        "{problem}"
    );
}

const JD: &str = "订单号,商品ID,商品名称,订购数量,支付方式,下单时间,京东价,订单金额,结算金额,余额支付,应付金额,订单状态,订单类型,下单帐号,客户姓名,客户地址,联系电话,商家备注,商家备注等级（等级1-5为由高到低）,付款确认时间,货号,订单完成时间\n\
\t300000000001,\t1001,\"杯, 大\",1,在线支付,2026-03-09 19:59:00,59.90,59.90,59.90,0.00,59.90,等待出库,销售订单,j**1,林**,江西南昌市青山湖区北京东路1号,138****1234,,,2026-03-09 20:00:00,BWB,\n\
\t300000000002,\t1001,杯,2,货到付款,2026-03-09 19:59:00,59.90,119.80,119.80,0.00,119.80,等待确认收货,销售订单,j**2,AAECAwQFBgcICQoLDA0ODxAREhMUFRYX,江西南昌市青山湖区****,138****1234,,,0001-01-01 00:00:00,BWB,\n\
\t300000000003,\t1001,杯,1,在线支付,2026-03-09 19:59:00,59.90,59.90,59.90,0.00,59.90,(删除)等待出库,销售订单,j**3,林**,江西南昌市青山湖区****,138****1234,,,2026-03-09 20:00:00,BWB,\n\
\t300000000004,\t1001,杯,1,在线支付,2026-03-09 19:59:00,59.90,59.90,59.90,0.00,59.90,等待付款,销售订单,j**4,林**,江西南昌市青山湖区****,138****1234,,,0001-01-01 00:00:00,BWB,\n";

#[test]
fn a_jd_order_export_makes_orders() {
    let (report, kept) = read(JD.as_bytes());
    assert_eq!((report.kind.as_str(), report.rows, report.skipped, report.rejected), ("jd.orders", 4, 1, 0), "{:?}", report.problems);
    let facts = kept.json();
    let first = &facts[0]["data"];
    assert_eq!((first["platform"].as_str(), first["paid_at"].as_str()), (Some("jd"), Some("2026-03-09T20:00:00+08:00")));
    assert_eq!((first["recipient"]["province"].as_str(), first["recipient"]["city"].as_str()), (Some("江西"), Some("南昌市")));
    assert_eq!((first["items"][0]["title"].as_str(), first["items"][0]["price"].as_str()), (Some("杯, 大"), Some("59.90")));
    let second = &facts[1]["data"];
    assert_eq!(second["paid_at"], "2026-03-09T19:59:00+08:00", "paid on delivery: the order's own time");
    assert!(second["recipient"].get("name").is_none(), "encrypted");
    assert_eq!(facts[2]["data"]["status"], "cancelled");
}

#[test]
fn jd_parcels_and_service_orders_are_read() {
    let outbound = "订单号,出库类型,出库时间,承运商,运单号,客户地址\n300000000001,销售出库,2026-03-10 09:00:00,京东快递,JDVA00000000001,江西省南昌市青山湖区****\n";
    let (report, kept) = read(outbound.as_bytes());
    assert_eq!((report.kind.as_str(), report.facts), ("jd.shipments", 1), "{:?}", report.problems);
    assert_eq!(kept.json()[0]["data"]["waybill"]["courier"], "jd");
    let service = "服务单号,订单号,申请时间,客户期望处理方式,服务单状态,退款金额,审核时间,客户发货物流公司,客户发货运单号,客户发货时间,完成时间\n\
        71,300000000001,2026-03-12 10:00:00,退货,待审核,59.90,,,,,\n\
        72,300000000002,2026-03-12 10:00:00,退货,待收货,59.90,2026-03-12 11:00:00,顺丰速运,SF0000000000002,2026-03-13 10:00:00,\n\
        73,300000000003,2026-03-12 10:00:00,退货,完成,59.90,2026-03-12 11:00:00,,,,2026-03-15 10:00:00\n\
        74,300000000004,2026-03-12 10:00:00,换货,完成,59.90,2026-03-12 11:00:00,,,,2026-03-15 10:00:00\n\
        75,300000000005,2026-03-12 10:00:00,以旧换新,完成,59.90,,,,,\n";
    let (report, kept) = read(service.as_bytes());
    assert_eq!((report.kind.as_str(), report.facts, report.rejected), ("jd.after_sales", 4, 1));
    let status: Vec<String> = kept.json().iter().map(|f| f["data"]["status"].as_str().unwrap().to_owned()).collect();
    assert_eq!(status, ["requested", "buyer_shipped", "refunded", "closed"]);
    let problem = report.problems[0].to_string();
    assert!(problem.contains("row 6") && problem.contains("column D") && problem.contains("以旧换新"), "{problem}");
}

#[test]
fn encodings_make_no_difference_and_every_fact_is_one_that_the_contract_takes() {
    for text in [TAOBAO, REFUNDS, JD] {
        let plain = read(text.as_bytes()).1.facts;
        let gb = read(&encoding_rs::GBK.encode(text).0).1.facts;
        assert_eq!(plain.iter().map(|f| &f.json).collect::<Vec<_>>(), gb.iter().map(|f| &f.json).collect::<Vec<_>>());
        for line in plain {
            assert!(parse_fact(&line.json).is_ok(), "{}", line.json);
        }
    }
}

/// No reason why a row is not taken repeats what may be a person's.
#[test]
fn a_damaged_row_is_rejected_alone_and_says_nothing_of_people() {
    let spoilt = TAOBAO.replace("2026-03-09 20:00:05,,保温杯", "13800001234,,保温杯").replace("'138****1235", "林小禾\u{fffd}");
    let (report, kept) = read(spoilt.as_bytes());
    assert!(report.rejected >= 2, "{:?}", report.problems);
    for reason in kept.rejected.iter().flat_map(|(_, reasons)| reasons) {
        assert!(!reason.contains("13800001234") && !reason.contains("林小禾"), "{reason}");
    }
    assert!(!kept.facts.is_empty());
}

/// What each of the small shops' files is taken for.
#[test]
fn the_sample_files_are_told_apart_and_read_without_a_bad_row() {
    let mut kinds = BTreeMap::new();
    for name in
        ["taobao_orders.csv", "taobao_refunds.csv", "taobao_shipments.xlsx", "jd_orders.csv", "jd_outbound.csv", "jd_after_sales.xlsx"]
    {
        let bytes = std::fs::read(format!("{}/../../samples/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let (report, kept) = read(&bytes);
        assert_eq!(report.rejected, 0, "{name}: {:?}", report.problems);
        assert!(kept.facts.iter().all(|f| parse_fact(&f.json).is_ok()));
        kinds.insert(name, (report.kind, report.facts, report.skipped));
    }
    let kind = |name: &str| (kinds[name].0.as_str(), kinds[name].1, kinds[name].2);
    assert_eq!(kind("taobao_orders.csv"), ("taobao.orders", 9, 1));
    assert_eq!(kind("taobao_refunds.csv"), ("taobao.after_sales", 4, 0));
    assert_eq!(kind("taobao_shipments.xlsx"), ("taobao.shipments", 6, 0));
    assert_eq!(kind("jd_orders.csv"), ("jd.orders", 7, 1));
    assert_eq!(kind("jd_outbound.csv"), ("jd.shipments", 4, 0));
    assert_eq!(kind("jd_after_sales.xlsx"), ("jd.after_sales", 3, 0));
}
