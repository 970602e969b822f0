//! Scans in words, as couriers write them for buyers.

use crate::life::Step;
use crate::parcel::Scan;

/// A scan in words.
pub(super) fn told(scan: &Scan) -> String {
    let (city, site) = (scan.city, scan.site.as_str());
    let new_number = scan.new_number.as_deref().unwrap_or_default();
    match scan.step {
        Step::Collected => format!("【{city}】快件已被【{site}】揽收"),
        Step::Departed => format!("【{city}】快件已从【{site}】发出"),
        Step::Arrived => format!("【{city}】快件已到达【{site}】"),
        Step::OutForDelivery => format!("【{city}】快件正在派送途中，请保持电话畅通"),
        Step::AtStation => format!("【{city}】快件已存放至驿站，请及时取件"),
        Step::Signed => format!("【{city}】快件已签收"),
        Step::Failed => format!("【{city}】快件派送不成功，电话无人接听"),
        Step::Refused => format!("【{city}】快件派送不成功，客户拒收"),
        Step::Damaged => format!("【{city}】快件外包装破损"),
        Step::Held => format!("【{city}】快件暂存【{site}】"),
        Step::Misrouted => format!("【{city}】快件错发，正在转运"),
        Step::Turned => "应客户要求，快件正在退回中".to_owned(),
        Step::Redirected => "应客户要求，快件正在转寄中".to_owned(),
        Step::RelabelledBack => format!("快件已退回，新单号为: {new_number}"),
        Step::RelabelledOn => format!("快件已转寄，新单号为: {new_number}"),
        Step::BackHome => format!("【{city}】退回件已由寄件方签收"),
        Step::Cancelled => "订单已取消".to_owned(),
    }
}
