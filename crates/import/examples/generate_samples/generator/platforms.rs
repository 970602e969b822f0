//! Two more shops, a dozen orders each: what the back offices of Taobao and JD export. Everybody in them is invented, as in the large shop; phones are
//! masked and some names encrypted, as these platforms hand them out.

use super::goods::{GOODS, Recipient, recipient};
use super::rng::Rng;
use super::tables::csv;
use parcelward_casework::instant::{Instant, Length};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, XlsxError};

/// A parcel: hours before the present at which it was handed in, courier, number.
type Sent = (i64, &'static str, &'static str);
/// An after-sale: hours before the present at which it was asked for, kind, state, system's doing, the number of the parcel that comes back.
type Asked = (i64, &'static str, &'static str, &'static str, &'static str);

/// An order's story: hours before the present at which it was paid, its state, its parcel, its after-sale.
struct Told {
    paid: i64,
    state: &'static str,
    sent: Option<Sent>,
    asked: Option<Asked>,
}

const fn told(paid: i64, state: &'static str, sent: Option<Sent>, asked: Option<Asked>) -> Told {
    Told { paid, state, sent, asked }
}

const WAITS: &str = "买家已付款，等待卖家发货";
const SENT: &str = "卖家已发货，等待买家确认";

/// Not shipped in time; quiet; nobody has scanned it; refund asked, agreed, sent back, refunded by the system; closed before and after shipping; never paid.
const TAOBAO: [Told; 10] = [
    told(60, WAITS, None, None),
    told(5, WAITS, None, None),
    told(70, SENT, Some((30, "中通快递", "No:78000000000101")), None),
    told(150, SENT, Some((130, "圆通速递", "No:YT0000000000102")), Some((110, "否", "买家已经申请退款，等待卖家同意", "", ""))),
    told(52, SENT, Some((20, "申通快递", "No:77000000000103")), Some((6, "否", "卖家已经同意退款，等待买家退货", "手工退款", ""))),
    told(
        190,
        "交易成功",
        Some((170, "韵达快递", "No:43000000000104")),
        Some((60, "是", "买家已经退货，等待卖家确认收货", "", "SF0000000000105")),
    ),
    told(90, "交易关闭", None, None),
    told(110, "交易关闭", Some((90, "顺丰速运", "No:SF0000000000106")), Some((40, "否", "退款成功", "系统退款", ""))),
    told(4, "等待买家付款", None, None),
    told(9, SENT, Some((2, "极兔速递", "No:JT0000000000107")), None),
];

/// Not shipped in time; quiet; not scanned; review waits; goods come back; exchanged; cancelled; never paid.
const JD: [Told; 8] = [
    told(60, "等待出库", None, None),
    told(5, "(锁定)等待出库", None, None),
    told(70, "等待确认收货", Some((30, "京东快递", "JDVA00000000201")), None),
    told(150, "完成", Some((140, "中通快递", "78000000000202")), Some((15, "退货", "待审核", "", ""))),
    told(200, "完成", Some((190, "京东快递", "JDVA00000000203")), Some((70, "退货", "待收货", "", "SF0000000000204"))),
    told(220, "完成", Some((210, "京东快递", "JDVA00000000205")), Some((100, "换货", "完成", "", ""))),
    told(80, "(删除)等待出库", None, None),
    told(2, "等待付款", None, None),
];

/// The files, by name. Workbooks as rows of texts: see [`workbook`].
pub struct Files {
    pub csv: Vec<(&'static str, Vec<u8>)>,
    pub xlsx: Vec<(&'static str, &'static str, Vec<Vec<String>>)>,
}

struct Row {
    id: String,
    told: &'static Told,
    to: Recipient,
    goods: (&'static str, &'static str, i64),
}

fn rows(rng: &mut Rng, stories: &'static [Told], id: fn(usize) -> String) -> Vec<Row> {
    stories.iter().enumerate().map(|(i, told)| Row { id: id(i + 1), told, to: recipient(rng), goods: rng.pick(&GOODS) }).collect()
}

/// Makes both shops.
pub fn files(seed: u64) -> Files {
    let mut rng = Rng::new(seed);
    let taobao = rows(&mut rng, &TAOBAO, |n| format!("2600000000000{n:06}"));
    let jd = rows(&mut rng, &JD, |n| format!("30000000{n:04}"));
    let gb = |rows: Vec<Vec<String>>| encoding_rs::GB18030.encode(&csv(rows.into_iter())).0.into_owned();
    let utf8 = |rows: Vec<Vec<String>>| csv(rows.into_iter()).into_bytes();
    Files {
        csv: vec![
            ("taobao_orders.csv", gb(taobao_orders(&taobao))),
            ("taobao_refunds.csv", gb(taobao_refunds(&taobao))),
            ("jd_orders.csv", gb(jd_orders(&jd))),
            ("jd_outbound.csv", utf8(jd_outbound(&jd))),
        ],
        xlsx: vec![("taobao_shipments.xlsx", "发货单", taobao_shipments(&taobao)), ("jd_after_sales.xlsx", "服务单", jd_after_sales(&jd))],
    }
}

fn at(hours_ago: i64) -> String {
    let at: Instant = super::present() - Length::hours(hours_ago);
    at.local().strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

fn masked(phone: &str) -> String {
    format!("{}****{}", &phone[..3], &phone[7..])
}

fn place(to: &Recipient, sign: &str) -> String {
    [to.place.province, to.place.city, to.district].join(sign)
}

fn table<const N: usize>(header: [&str; N], rows: impl Iterator<Item = [String; N]>) -> Vec<Vec<String>> {
    std::iter::once(header.map(str::to_owned).to_vec()).chain(rows.map(Vec::from)).collect()
}

fn taobao_orders(rows: &[Row]) -> Vec<Vec<String>> {
    let header = [
        "订单编号",
        "买家会员名",
        "买家应付货款",
        "总金额",
        "买家实际支付金额",
        "订单状态",
        "收货人姓名",
        "收货地址",
        "联系手机",
        "订单创建时间",
        "订单付款时间",
        "宝贝标题",
        "物流单号",
        "物流公司",
        "订单备注",
        "宝贝总数量",
        "店铺名称",
        "订单关闭原因",
    ];
    table(
        header,
        rows.iter().enumerate().map(|(i, r)| {
            let paid = r.told.state != "等待买家付款";
            // Some names come as a cipher text.
            let name = if i % 4 == 2 { "~AgAAAAEYpQAAAHhx2zYyJq000000~4~".to_owned() } else { format!("{}**", &r.to.name[..3]) };
            [
                format!("=\"{}\"", r.id),
                format!("t***{i}"),
                yuan(r.goods.2),
                yuan(r.goods.2),
                if paid { yuan(r.goods.2) } else { "0.00".to_owned() },
                r.told.state.to_owned(),
                name,
                format!("{} {}", place(&r.to, " "), "****"),
                format!("'{}", masked(&r.to.phone)),
                at(r.told.paid),
                if paid { at(r.told.paid) } else { String::new() },
                r.goods.1.to_owned(),
                r.told.sent.map_or("", |s| s.2).to_owned(),
                r.told.sent.map_or("", |s| s.1).to_owned(),
                String::new(),
                "1".to_owned(),
                "青山家居".to_owned(),
                if r.told.state == "交易关闭" { "买家申请退款" } else { "订单未关闭" }.to_owned(),
            ]
        }),
    )
}

fn taobao_refunds(rows: &[Row]) -> Vec<Vec<String>> {
    let header = [
        "订单编号",
        "退款编号",
        "订单付款时间",
        "退款完结时间",
        "买家实际支付金额",
        "宝贝标题",
        "买家退款金额",
        "手工退款/系统退款",
        "是否需要退货",
        "退款的申请时间",
        "超时时间",
        "退款状态",
        "货物状态",
        "客服介入状态",
        "退货物流单号",
        "退货物流公司",
        "买家退款原因",
        "买家退款说明",
        "买家退货时间",
    ];
    let asked = rows.iter().filter_map(|r| Some((r, r.told.asked?)));
    table(
        header,
        asked.map(|(r, (when, back, state, by, number))| {
            let over = state == "退款成功";
            [
                format!("=\"{}\"", r.id),
                format!("=\"9{}\"", r.id),
                at(r.told.paid),
                if over { at(when - 2) } else { String::new() },
                yuan(r.goods.2),
                r.goods.1.to_owned(),
                yuan(r.goods.2),
                by.to_owned(),
                back.to_owned(),
                at(when),
                if over { String::new() } else { at(when - 120) },
                state.to_owned(),
                if number.is_empty() { "买家未收到货" } else { "买家已退货" }.to_owned(),
                "不需客服介入".to_owned(),
                number.to_owned(),
                if number.is_empty() { "" } else { "顺丰速运" }.to_owned(),
                "多拍/错拍/不想要".to_owned(),
                String::new(),
                if number.is_empty() { String::new() } else { at(when - 20) },
            ]
        }),
    )
}

fn taobao_shipments(rows: &[Row]) -> Vec<Vec<String>> {
    let header = ["订单编号", "物流公司", "运单号", "发货时间", "发货类型", "收货地址"];
    let sent = rows.iter().filter_map(|r| Some((r, r.told.sent?)));
    table(
        header,
        sent.map(|(r, (when, courier, number))| {
            let number = number.trim_start_matches("No:").to_owned();
            [r.id.clone(), courier.to_owned(), number, at(when), "正常发货".to_owned(), place(&r.to, " ")]
        }),
    )
}

fn jd_orders(rows: &[Row]) -> Vec<Vec<String>> {
    let header = [
        "订单号",
        "商品ID",
        "商品名称",
        "订购数量",
        "支付方式",
        "下单时间",
        "京东价",
        "订单金额",
        "结算金额",
        "应付金额",
        "订单状态",
        "订单类型",
        "客户姓名",
        "客户地址",
        "联系电话",
        "商家备注",
        "付款确认时间",
        "货号",
        "订单完成时间",
    ];
    table(
        header,
        rows.iter().enumerate().map(|(i, r)| {
            let paid = r.told.state != "等待付款";
            let name = if i % 4 == 1 { "AAECAwQFBgcICQoLDA0ODxAREhMUFRYX".to_owned() } else { format!("{}**", &r.to.name[..3]) };
            [
                format!("\t{}", r.id),
                format!("\t1000{i:08}"),
                r.goods.1.to_owned(),
                "1".to_owned(),
                "在线支付".to_owned(),
                at(r.told.paid),
                yuan(r.goods.2),
                yuan(r.goods.2),
                yuan(r.goods.2),
                yuan(r.goods.2),
                r.told.state.to_owned(),
                "销售订单".to_owned(),
                name,
                format!("{}****", place(&r.to, "")),
                masked(&r.to.phone),
                String::new(),
                if paid { at(r.told.paid) } else { "0001-01-01 00:00:00".to_owned() },
                r.goods.0.to_owned(),
                if r.told.state == "完成" { at(r.told.paid - 60) } else { String::new() },
            ]
        }),
    )
}

fn jd_outbound(rows: &[Row]) -> Vec<Vec<String>> {
    let header = ["订单号", "出库类型", "出库时间", "承运商", "运单号", "客户地址"];
    let sent = rows.iter().filter_map(|r| Some((r, r.told.sent?)));
    table(
        header,
        sent.map(|(r, (when, courier, number))| {
            [r.id.clone(), "销售出库".to_owned(), at(when), courier.to_owned(), number.to_owned(), format!("{}****", place(&r.to, ""))]
        }),
    )
}

fn jd_after_sales(rows: &[Row]) -> Vec<Vec<String>> {
    let header = [
        "服务单号",
        "订单号",
        "商品名称",
        "申请时间",
        "客户期望处理方式",
        "服务单状态",
        "退款金额",
        "申请原因",
        "审核时间",
        "客户发货物流公司",
        "客户发货运单号",
        "客户发货时间",
        "完成时间",
    ];
    let asked = rows.iter().filter_map(|r| Some((r, r.told.asked?)));
    table(
        header,
        asked.map(|(r, (when, kind, state, _, number))| {
            let reviewed = if state == "待审核" { String::new() } else { at(when - 5) };
            [
                format!("7{}", r.id),
                r.id.clone(),
                r.goods.1.to_owned(),
                at(when),
                kind.to_owned(),
                state.to_owned(),
                yuan(r.goods.2),
                "商品与描述不符".to_owned(),
                reviewed,
                if number.is_empty() { "" } else { "顺丰速运" }.to_owned(),
                number.to_owned(),
                if number.is_empty() { String::new() } else { at(when - 20) },
                if state == "完成" { at(when - 50) } else { String::new() },
            ]
        }),
    )
}

/// Rows as a workbook, all of them texts.
///
/// # Errors
/// What the writer says.
pub fn workbook(sheet: &str, rows: &[Vec<String>]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let when = ExcelDateTime::from_ymd(2026, 3, 22)?.and_hms(18, 0, 0)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&when));
    let page = book.add_worksheet().set_name(sheet)?;
    for (row, cells) in (0..).zip(rows) {
        for (column, cell) in (0..).zip(cells) {
            if !cell.is_empty() {
                page.write(row, column, cell.as_str())?;
            }
        }
    }
    book.save_to_buffer()
}
