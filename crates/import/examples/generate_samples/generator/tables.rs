//! The shop's files: what a back office exports, and JSON Lines of everything else.

use super::goods::Place;
use super::shop::{AfterSale, Order, Shipment, Shop, yuan};
use jiff::civil;
use parcelward_casework::instant::Instant;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, XlsxError};

/// One shop's files, in memory.
pub struct Files {
    /// Order export: CSV as Excel on a Chinese Windows saves it (GB18030).
    pub orders_csv: Vec<u8>,
    /// Shipment export: a workbook, its rows also as text for comparison.
    pub shipments: Vec<Vec<String>>,
    /// After-sale export: CSV, UTF-8 with a byte order mark.
    pub after_sales_csv: Vec<u8>,
    /// Everything that is told in facts.
    pub facts_jsonl: Vec<u8>,
    /// What the staff did.
    pub staff_jsonl: Vec<u8>,
    /// Which order tells which story.
    pub situations_tsv: Vec<u8>,
}

/// The header of the shipment export.
pub const SHIPMENT_HEADER: [&str; 12] = [
    "订单号",
    "快递公司",
    "快递单号",
    "发货时间",
    "包裹类型",
    "面单类型",
    "预计送达时间",
    "运费(元)",
    "保价金额(元)",
    "原快递单号",
    "发货地址",
    "收货地区",
];
const DEPARTURE: &str = "浙江省金华市义乌市";

/// Writes everything.
pub fn files(shop: &Shop) -> Files {
    Files {
        orders_csv: encoding_rs::GB18030.encode(&orders(shop)).0.into_owned(),
        shipments: shop.shipments.iter().map(shipment).collect(),
        after_sales_csv: format!("\u{feff}{}", after_sales(shop)).into_bytes(),
        facts_jsonl: lines(&shop.facts),
        staff_jsonl: lines(&shop.staff),
        situations_tsv: situations(shop),
    }
}

fn lines(facts: &[(Instant, String)]) -> Vec<u8> {
    let mut sorted: Vec<&(Instant, String)> = facts.iter().collect();
    sorted.sort_by_key(|(at, _)| *at);
    let mut out = Vec::new();
    for (_, line) in sorted {
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
    }
    out
}

fn situations(shop: &Shop) -> Vec<u8> {
    let mut out = "# Which story of the playbook each order tells: order, case kind, end, story. Quiet orders are left out.\n".to_owned();
    for told in shop.told.iter().filter(|t| t.case != "quiet") {
        out.push_str(&format!("{}\t{}\t{}\t{}\n", told.order, told.case, told.end, told.story));
    }
    out.into_bytes()
}

/// `2026/3/9 20:05`: what Excel makes of a time.
fn excel(at: Instant) -> String {
    let t = at.local();
    format!("{}/{}/{} {}:{:02}", t.year(), t.month(), t.day(), t.hour(), t.minute())
}

/// `2026-03-09 20:05:00`: what the back office writes.
fn plain(at: Instant) -> String {
    at.local().strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Rows as a CSV with CRLF.
pub fn csv(rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut out = String::new();
    for row in rows {
        for (i, cell) in row.iter().enumerate() {
            if i > 0 {
                out.push(',');
            }
            if cell.contains(['"', ',', '\n']) {
                out.push('"');
                out.push_str(&cell.replace('"', "\"\""));
                out.push('"');
            } else {
                out.push_str(cell);
            }
        }
        out.push_str("\r\n");
    }
    out
}

fn courier_name(code: &str) -> &'static str {
    match code {
        "zto" => "中通快递",
        "yto" => "圆通速递",
        "sto" => "申通快递",
        "yunda" => "韵达快递",
        "jt" => "极兔速递",
        "sf" => "顺丰速运",
        _ => "邮政EMS",
    }
}

fn orders(shop: &Shop) -> String {
    let header = [
        "商品",
        "订单号",
        "订单状态",
        "商品总价(元)",
        "邮费(元)",
        "用户实付金额(元)",
        "商品数量(件)",
        "支付时间",
        "承诺发货时间",
        "发货时间",
        "商家编码-规格维度",
        "售后状态",
        "快递公司",
        "快递单号",
        "收货人",
        "手机",
        "省",
        "市",
        "区",
        "详细地址",
        "商家备注",
    ];
    let row = |o: &Order| -> Vec<String> {
        let sale = shop.after_sales.iter().find(|s| s.order == o.id);
        let refunded = sale.is_some_and(|s| s.fen == o.fen() && s.steps.last().is_some_and(|(_, status, _)| *status == "refunded"));
        let status = match (refunded, &o.number) {
            (true, None) => "未发货，退款成功",
            (true, Some(_)) => "已发货，退款成功",
            (false, Some(number)) if shop.signed.contains(number) => "已签收",
            _ => o.status,
        };
        let after = match sale.map(|s| s.steps.last().map_or("", |(_, status, _)| *status)) {
            None | Some("cancelled" | "closed" | "rejected") => "无售后或售后取消",
            Some("refunded") => "退款成功",
            Some(_) => "售后处理中",
        };
        let r = &o.recipient;
        [
            o.goods.1.to_owned(),
            format!("\t{}", o.id),
            status.to_owned(),
            format!("￥{}", grouped(o.fen())),
            "0".to_owned(),
            yuan(o.fen()),
            o.quantity.to_string(),
            plain(o.paid),
            plain(o.ship_by),
            o.shipped.map_or(String::new(), plain),
            o.goods.0.to_owned(),
            after.to_owned(),
            o.number.as_ref().map_or("", |_| courier_name(o.courier)).to_owned(),
            o.number.as_ref().map_or(String::new(), |n| format!("\t{n}")),
            r.name.clone(),
            format!("\t{}", r.phone),
            r.place.province.to_owned(),
            r.place.city.to_owned(),
            r.district.to_owned(),
            o.detail.clone(),
            o.remark.to_owned(),
        ]
        .into()
    };
    csv(std::iter::once(header.map(str::to_owned).to_vec()).chain(shop.orders.iter().map(row)))
}

/// `1,197.00`.
fn grouped(fen: i64) -> String {
    let whole = fen / 100;
    if whole >= 1000 { format!("{},{:03}.{:02}", whole / 1000, whole % 1000, fen % 100) } else { yuan(fen) }
}

fn area(place: Place, district: &str) -> String {
    format!("{} {} {district}", place.province, place.city)
}

fn shipment(s: &Shipment) -> Vec<String> {
    [
        s.order.clone(),
        courier_name(s.courier).to_owned(),
        s.number.clone(),
        plain(s.declared),
        s.direction.to_owned(),
        if s.electronic { "电子面单" } else { "普通面单" }.to_owned(),
        s.estimated.map_or(String::new(), plain),
        yuan(s.freight),
        s.insured.map_or(String::new(), yuan),
        s.replaces.as_ref().map_or(String::new(), |(_, number)| number.clone()),
        DEPARTURE.to_owned(),
        area(s.place, s.district),
    ]
    .into()
}

/// The shipment export as a workbook: times as serial numbers, money as numbers, numbers of parcels as text.
///
/// # Errors
/// What the writer says.
pub fn shipments_xlsx(rows: &[Vec<String>]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let when = ExcelDateTime::from_ymd(2026, 3, 22)?.and_hms(18, 0, 0)?;
    book.set_properties(&rust_xlsxwriter::DocProperties::new().set_creation_datetime(&when));
    let time = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss");
    let sheet = book.add_worksheet().set_name("包裹导出")?;
    for (column, header) in (0..).zip(SHIPMENT_HEADER) {
        sheet.write(0, column, header)?;
    }
    for (row, cells) in (1..).zip(rows) {
        for (column, cell) in (0..).zip(cells) {
            match column {
                _ if cell.is_empty() => {}
                3 | 6 => {
                    sheet.write_with_format(row, column, serial(cell)?, &time)?;
                }
                7 | 8 => {
                    sheet.write(row, column, cell.parse::<f64>().unwrap_or_default())?;
                }
                _ => {
                    sheet.write(row, column, cell.as_str())?;
                }
            }
        }
    }
    book.save_to_buffer()
}

fn serial(text: &str) -> Result<ExcelDateTime, XlsxError> {
    let at: civil::DateTime = text.replace(' ', "T").parse().unwrap_or_default();
    let part = |n: i8| u8::try_from(n).unwrap_or(0);
    ExcelDateTime::from_ymd(u16::try_from(at.year()).unwrap_or(0), part(at.month()), part(at.day()))?.and_hms(
        u16::try_from(at.hour()).unwrap_or(0),
        part(at.minute()),
        f64::from(at.second()),
    )
}

fn after_sales(shop: &Shop) -> String {
    let header = [
        "售后编号",
        "订单编号",
        "售后类型",
        "售后状态",
        "退款金额(元)",
        "售后原因",
        "申请时间",
        "处理截止时间",
        "状态更新时间",
        "退货快递公司",
        "退货快递单号",
    ];
    let row = |s: &AfterSale| -> Vec<String> {
        let (at, status, decided) = s.steps.last().copied().unwrap_or((super::present(), "requested", ""));
        let applied = s.steps.first().map_or(at, |(at, ..)| *at);
        // Only what was sent back is known by a number.
        let sent = s.steps.iter().any(|(_, status, _)| *status == "buyer_shipped");
        let back = s.return_waybill.as_ref().filter(|_| sent);
        [
            format!("\t{}", s.id),
            format!("\t{}", s.order),
            kind_name(s.kind).to_owned(),
            status_name(s.kind, status, decided).to_owned(),
            yuan(s.fen),
            s.reason.to_owned(),
            excel(applied),
            s.respond_by.map_or_else(|| "--".to_owned(), excel),
            excel(at),
            back.map_or("--", |(courier, _)| courier_name(courier)).to_owned(),
            back.map_or_else(|| "--".to_owned(), |(_, number)| format!("\t{number}")),
        ]
        .into()
    };
    csv(std::iter::once(header.map(str::to_owned).to_vec()).chain(shop.after_sales.iter().map(row)))
}

fn kind_name(kind: &str) -> &'static str {
    match kind {
        "refund_only" => "仅退款",
        "return_refund" => "退货退款",
        "exchange" => "换货",
        "reship" => "补寄",
        _ => "维修",
    }
}

fn status_name(kind: &str, status: &str, decided: &str) -> &'static str {
    match (status, decided) {
        ("requested", _) => "待商家处理",
        ("agreed", "platform") => "平台同意退款，退款中",
        ("agreed", _) if kind == "refund_only" => "商家同意退款，退款中",
        ("agreed", _) if kind == "reship" => "补寄待商家发货",
        ("agreed", _) => "商家同意退货，待买家退货",
        ("buyer_shipped", _) => "买家已退货，待商家收货",
        ("received", _) => "商家已收货",
        ("rejected", _) => "商家拒绝，待买家处理",
        ("refunded", "platform") => "平台退款成功",
        ("refunded", "timeout") => "超时自动退款",
        ("refunded", _) => "退款成功",
        ("closed", _) if kind == "exchange" => "换货成功",
        ("closed", _) if kind == "reship" => "补寄成功",
        ("closed", _) if kind == "repair" => "维修成功",
        ("closed", _) => "售后关闭",
        _ => "买家撤销",
    }
}
