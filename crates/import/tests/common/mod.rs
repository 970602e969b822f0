//! What the tests of reading share.
#![allow(dead_code, clippy::unwrap_used, reason = "each test file uses its part, and a test that fails says so")]

use parcelward_import::{FactLine, ImportError, Importer, Landing, Options, RejectedRow, Report, SHIPPED_MAPPINGS};
use serde_json::Value;
use std::io::Cursor;

/// Keeps what lands and what does not.
#[derive(Default)]
pub struct Kept {
    pub facts: Vec<FactLine>,
    pub rejected: Vec<(u64, Vec<String>)>,
}

impl Landing for Kept {
    fn fact(&mut self, line: FactLine) -> std::io::Result<()> {
        self.facts.push(line);
        Ok(())
    }
    fn reject(&mut self, row: &RejectedRow<'_>) -> std::io::Result<()> {
        self.rejected.push((row.row, row.problems.iter().map(ToString::to_string).collect()));
        Ok(())
    }
}

impl Kept {
    pub fn json(&self) -> Vec<Value> {
        self.facts.iter().map(|f| serde_json::from_str(&f.json).unwrap()).collect()
    }
}

pub fn importer() -> Importer {
    Importer::load(SHIPPED_MAPPINGS).unwrap_or_else(|p| panic!("{p:#?}"))
}

pub fn for_shop() -> Options {
    Options { shop: Some("shop1".to_owned()), ..Options::default() }
}

pub fn try_read(bytes: &[u8], options: &Options) -> (Result<Report, ImportError>, Kept) {
    let mut kept = Kept::default();
    let report = importer().read("test", Cursor::new(bytes), options, &mut kept);
    (report, kept)
}

pub fn read(bytes: &[u8]) -> (Report, Kept) {
    let (report, kept) = try_read(bytes, &for_shop());
    (report.unwrap(), kept)
}

pub const ORDERS: &str = "订单号,订单状态,商品,商品数量(件),用户实付金额(元),支付时间,承诺发货时间,发货时间,快递公司,快递单号,收货人,手机,省,市,区,街道,商家备注\n\
\t260309-100000000000001,待发货,保温杯,1,129.00,2026-03-09 20:00:00,2026-03-11 20:00:00,,,,李雷,13900000001,湖北省,武汉市,洪山区,珞喻路1号,\n\
\"=\"\"260309-100000000000002\"\"\",\"已发货，待签收\",\"雨伞, 长柄\",2件,\"￥1,059.80\",2026/3/9 21:05,2026/3/11 21:05,2026/3/10 9:00,中通快递,\t78900000000001,韩梅梅,13900000002,广东省,深圳市,南山区,科技路1号,易碎\n\
\t260309-100000000000003,待付款,保温杯,1,129.00,,,,,,,,,,,,\n";
