//! An address in one text, split into province, city, district and the rest.
//!
//! Deliberately modest: what it does not recognise stays in `detail`, nothing is guessed from a street's name, nothing is corrected.

/// The parts of an address text. A part that was not found is empty.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct AddressParts {
    pub(crate) province: String,
    pub(crate) city: String,
    pub(crate) district: String,
    pub(crate) detail: String,
}

impl AddressParts {
    /// The parts that are there, by the contract's names.
    pub(crate) fn parts(self) -> Vec<(&'static str, String)> {
        [("province", self.province), ("city", self.city), ("district", self.district), ("detail", self.detail)]
            .into_iter()
            .filter(|(_, text)| !text.is_empty())
            .collect()
    }
}

const PROVINCES: [(&str, &str); 34] = [
    ("北京", "市"),
    ("天津", "市"),
    ("上海", "市"),
    ("重庆", "市"),
    ("河北", "省"),
    ("山西", "省"),
    ("辽宁", "省"),
    ("吉林", "省"),
    ("黑龙江", "省"),
    ("江苏", "省"),
    ("浙江", "省"),
    ("安徽", "省"),
    ("福建", "省"),
    ("江西", "省"),
    ("山东", "省"),
    ("河南", "省"),
    ("湖北", "省"),
    ("湖南", "省"),
    ("广东", "省"),
    ("海南", "省"),
    ("四川", "省"),
    ("贵州", "省"),
    ("云南", "省"),
    ("陕西", "省"),
    ("甘肃", "省"),
    ("青海", "省"),
    ("台湾", "省"),
    ("内蒙古", "自治区"),
    ("广西", "壮族自治区"),
    ("西藏", "自治区"),
    ("宁夏", "回族自治区"),
    ("新疆", "维吾尔自治区"),
    ("香港", "特别行政区"),
    ("澳门", "特别行政区"),
];

/// Splits an address. Spaces, commas and slashes between parts help but are not needed.
pub(crate) fn split(text: &str) -> AddressParts {
    let mut parts = AddressParts::default();
    let mut rest = skip(text);
    let mut municipality = false;
    if let Some((province, tail, own_city)) = province(rest) {
        parts.province = province;
        municipality = own_city;
        rest = skip(tail);
    }
    if let Some((city, tail)) = unit(rest, &["自治州", "地区", "盟", "市"], &[&BEYOND[..], &['区', '县']].concat(), 12) {
        parts.city = city;
        rest = skip(tail);
    } else if municipality {
        parts.city.clone_from(&parts.province);
    }
    // Some exports write 市辖区 or 省直辖 where there is no unit.
    for filler in ["市辖区", "省直辖县级行政区划", "自治区直辖县级行政区划"] {
        rest = skip(rest.strip_prefix(filler).unwrap_or(rest));
    }
    let placed = !parts.province.is_empty() || !parts.city.is_empty();
    if let Some((district, tail)) = unit(rest, &["区", "县", "旗", "市"], &BEYOND, 15).filter(|_| placed) {
        parts.district = district;
        rest = skip(tail);
    }
    parts.detail = rest.to_owned();
    parts
}

fn skip(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\u{3000}', ',', '，', '/', '-', '|', ';', '；'])
}

fn province(text: &str) -> Option<(String, &str, bool)> {
    let (name, ending) = PROVINCES.iter().find(|(name, _)| text.starts_with(name))?;
    let tail = &text[name.len()..];
    let municipality = *ending == "市" && tail.starts_with("市");
    let endings: &[&str] = if *ending == "省" {
        &["省"]
    } else {
        &["壮族自治区", "回族自治区", "维吾尔自治区", "自治区", "特别行政区", "市"]
    };
    let found = endings.iter().find(|e| tail.starts_with(**e));
    match found {
        // 吉林市, 海南州 stand for themselves: the province's name is not written there.
        None if tail.starts_with('市') || tail.starts_with('州') => None,
        Some(e) => Some((format!("{name}{e}"), &tail[e.len()..], municipality)),
        // A bare name counts where the next part follows after a gap (`湖北 武汉`) or at once (`湖北武汉市`).
        None => Some(((*name).to_owned(), tail, *ending == "市")),
    }
}

/// Characters after which no administrative unit is named any more: a street, a town, a village.
const BEYOND: [char; 6] = ['路', '街', '镇', '乡', '村', '号'];

/// The shortest head of at least two Chinese characters that ends in one of the endings and has no `barred` character before it.
fn unit<'a>(text: &'a str, endings: &[&str], barred: &[char], longest: usize) -> Option<(String, &'a str)> {
    let chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    for (count, (at, c)) in text.char_indices().enumerate().take(longest) {
        // The first character may be anything: 路北区, 道里区.
        if !chinese(c) || (count > 0 && barred.contains(&c) && !endings.iter().any(|e| text[..at + c.len_utf8()].ends_with(e))) {
            return None;
        }
        let end = at + c.len_utf8();
        if count > 0 && endings.iter().any(|e| text[..end].ends_with(e) && text[..end].len() > e.len()) {
            return Some((text[..end].to_owned(), &text[end..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_what_back_offices_write() {
        for (text, expected) in [
            ("湖北省武汉市洪山区珞喻路1号", ["湖北省", "武汉市", "洪山区", "珞喻路1号"]),
            ("湖北省 武汉市 洪山区 珞喻路1号", ["湖北省", "武汉市", "洪山区", "珞喻路1号"]),
            ("湖北 武汉市 洪山区 珞喻路1号", ["湖北", "武汉市", "洪山区", "珞喻路1号"]),
            ("北京市朝阳区建国路8号", ["北京市", "北京市", "朝阳区", "建国路8号"]),
            ("上海市上海市浦东新区世纪大道1号", ["上海市", "上海市", "浦东新区", "世纪大道1号"]),
            ("吉林省吉林市船营区北京路3号", ["吉林省", "吉林市", "船营区", "北京路3号"]),
            ("吉林市船营区北京路3号", ["", "吉林市", "船营区", "北京路3号"]),
            ("新疆维吾尔自治区伊犁哈萨克自治州伊宁市解放路1号", ["新疆维吾尔自治区", "伊犁哈萨克自治州", "伊宁市", "解放路1号"]),
            ("内蒙古自治区锡林郭勒盟锡林浩特市额尔敦街2号", ["内蒙古自治区", "锡林郭勒盟", "锡林浩特市", "额尔敦街2号"]),
            ("西藏自治区拉萨市城关区北京中路5号", ["西藏自治区", "拉萨市", "城关区", "北京中路5号"]),
            ("广东省东莞市南城街道鸿福路1号", ["广东省", "东莞市", "", "南城街道鸿福路1号"]),
            ("一个不知名的地方", ["", "", "", "一个不知名的地方"]),
            ("", ["", "", "", ""]),
        ] {
            let got = split(text);
            assert_eq!([got.province.as_str(), &got.city, &got.district, &got.detail], expected, "{text}");
        }
    }
}
