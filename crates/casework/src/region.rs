//! Provinces and prefecture-level cities: short names, same city or not, and addresses that name two provinces.
//!
//! A name counts where it stands as an administrative unit: in a field, before its ending, or bare at a text's start where what
//! follows is a place below it. Deliberately absent: any place below the prefecture, except to read what follows a bare name.

mod table;
#[cfg(test)]
mod tests;

use crate::casefile::Area;
use crate::fact::Address;
use std::borrow::Cow;
use table::{Kind, Stem, TABLE, Table};

/// Endings of provinces, longest first.
const PROVINCE_ENDINGS: [&str; 7] = ["维吾尔自治区", "特别行政区", "壮族自治区", "回族自治区", "自治区", "省", "市"];
/// Endings of what stands directly below a province.
const CITY_ENDINGS: [&str; 4] = ["自治州", "地区", "市", "盟"];
/// What follows an ending where the whole is a street, a building or an office somewhere else (`云南省大厦`, `拉萨市驻昆明办事处`).
const NOT_AFTER_ENDING: [&str; 16] =
    ["路", "街", "巷", "弄", "村", "驻", "大道", "大街", "大厦", "酒店", "大酒店", "饭店", "宾馆", "商会", "会馆", "办事处"];
/// Words that begin with 市 and are not the city's ending (`北京市场`).
const NOT_CITY: [&str; 5] = ["场", "集", "民", "立", "井"];
/// Words that begin with 省 and are not the province's ending (`河南省道`).
const NOT_PROVINCE: [&str; 3] = ["道", "级", "立"];
/// What follows a name and a space where the whole is still a street or a building.
const NOT_AFTER_SPACE: [&str; 20] = [
    "路", "街", "道", "东路", "西路", "南路", "北路", "中路", "大道", "大街", "大厦", "大楼", "小区", "花园", "公寓", "广场", "酒店",
    "饭店", "宾馆", "商城",
];
/// Zones that follow a city's bare name.
const ZONES: [&str; 4] = ["高新区", "高新技术", "经开区", "经济技术开发区"];
/// Words that only begin like a place.
const OTHER_WORDS: [&str; 5] = ["阿里巴巴", "阿里云", "大理石", "大理寺", "天水围"];
/// A street or town whose own name has one of these is not named after itself (`南京步行街12号`, `杭州梦想小镇`).
const GENERIC: [&str; 30] = [
    "步行", "商业", "商贸", "美食", "小吃", "风情", "民俗", "民族", "文化", "古玩", "花鸟", "酒吧", "高架", "快速", "高速", "环城", "大学",
    "学院", "公园", "广场", "医院", "车站", "火车", "大桥", "纪念", "小区", "市场", "特色", "中央", "大厦",
];
/// Characters that make a street of its own out of a place's name (`南京东路`, `中山东一路`, `北京站西街`).
const STREET_PARTS: &str = "东西南北中一二三四五六七八九十上下前后内外大小新老古正横环支站门湾城";

/// A province's name without its ending: `新疆维吾尔自治区` is `新疆`, `北京市` is `北京`.
#[must_use]
pub fn short_province(name: &str) -> String {
    match strip_any(name.trim(), &PROVINCE_ENDINGS) {
        "内蒙" => "内蒙古".to_owned(),
        short => short.to_owned(),
    }
}

/// The short names of the provinces, municipalities, regions and special regions.
#[must_use]
pub fn provinces() -> Vec<&'static str> {
    TABLE.units.iter().filter(|unit| unit.kind.is_province()).map(|unit| unit.stem).collect()
}

/// A prefecture-level unit's name without its ending and its peoples: `延边朝鲜族自治州` and `延边州` are `延边`.
///
/// `海南藏族自治州` is `海南州`: `海南` alone is the province.
#[must_use]
pub fn short_city(name: &str) -> String {
    let (table, name) = (&*TABLE, name.trim());
    if let Some(unit) = table.official(name) {
        return unit.short.clone().into_owned();
    }
    let short = strip_any(name, &CITY_ENDINGS);
    let stem = if short.len() == name.len() { name.strip_suffix('州').unwrap_or(name) } else { short };
    match table.stem(stem).and_then(|s| s.below).map(|i| &table.units[i]) {
        Some(unit) if unit.kind == Kind::Autonomous && stem.len() < name.len() => unit.short.clone().into_owned(),
        _ => short.to_owned(),
    }
}

/// Whether two places lie in one city; `None` where the city of either is not known.
///
/// A municipality (and Hong Kong, Macau) is its own city, and a county-level unit that the province administers directly its own.
#[must_use]
pub fn same_city(a: &Area, b: &Area) -> Option<bool> {
    let (city_a, city_b) = (city_of(a)?, city_of(b)?);
    let provinces = match (filled(a.province.as_ref()), filled(b.province.as_ref())) {
        (Some(a), Some(b)) => short_province(a) == short_province(b),
        _ => true,
    };
    Some(provinces && city_a == city_b)
}

/// A text that says something.
fn filled(text: Option<&String>) -> Option<&str> {
    text.map(|t| t.trim()).filter(|t| !t.is_empty())
}

fn city_of(area: &Area) -> Option<Cow<'static, str>> {
    let table = &*TABLE;
    // What the code tables write where there is no prefecture: 市辖区, 县, 省直辖县级行政区划.
    let city = filled(area.city.as_ref()).filter(|c| !matches!(*c, "市辖区" | "县" | "郊县") && !c.contains("直辖"));
    let own = filled(area.province.as_ref())
        .and_then(|p| table.stem(&short_province(p))?.province)
        .filter(|&i| matches!(table.units[i].kind, Kind::Municipality | Kind::Special));
    if let Some(own) = own {
        let elsewhere = city.is_some_and(|city| {
            let mut marks = Marks::default();
            marks.field(table, city);
            marks.list.iter().any(|m| m.mask & table.units[own].mask() == 0)
        });
        if !elsewhere {
            return Some(table.units[own].short.clone());
        }
    }
    match city {
        Some(city) => Some(Cow::Owned(short_city(city))),
        None => table.official(filled(area.district.as_ref())?).filter(|u| u.kind == Kind::Direct).map(|u| u.short.clone()),
    }
}

/// Two names of one address that cannot both be true, in the order in which they stand there, without endings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// The province or city named first.
    pub first: String,
    /// The one that does not lie in the same province.
    pub second: String,
}

/// The two-provinces check: the recipient names two provinces, or a city outside its province.
///
/// Two cities of one province are no contradiction, unknown names never count, and a name that several provinces have (`朝阳`, `海南`)
/// contradicts only where it fits none of them.
#[must_use]
pub fn contradiction(address: &Address) -> Option<Contradiction> {
    let table = &*TABLE;
    let mut marks = Marks::default();
    if let Some(name) = filled(address.province.as_ref()) {
        // There `海南` is the province, whatever else has that name.
        match table.stem(&short_province(name)).and_then(|stem| stem.province) {
            Some(unit) => marks.push(&table.units[unit].short, table.units[unit].mask()),
            None => marks.field(table, name),
        }
    }
    if let Some(name) = filled(address.city.as_ref()) {
        marks.field(table, name);
    }
    for text in [&address.district, &address.detail] {
        if let Some(text) = filled(text.as_ref()) {
            marks.text(table, text);
        }
    }
    let list = &marks.list;
    (1..list.len()).find_map(|second| {
        let first = list[..second].iter().find(|m| m.mask & list[second].mask == 0)?;
        Some(Contradiction { first: first.name.to_owned(), second: list[second].name.to_owned() })
    })
}

/// A name that counts, and the provinces in which it can lie.
struct Mark {
    name: &'static str,
    mask: u64,
}

#[derive(Default)]
struct Marks {
    list: Vec<Mark>,
}

impl Marks {
    fn push(&mut self, name: &'static str, mask: u64) {
        if mask != 0 && !self.list.iter().any(|m| m.mask == mask) {
            self.list.push(Mark { name, mask });
        }
    }

    /// A province or city field: a whole name, with or without ending, else as a text.
    fn field(&mut self, table: &'static Table, name: &str) {
        if let Some(unit) = table.official(name) {
            self.push(&unit.short, unit.mask());
        } else if let Some((key, stem)) = table.stems.get_key_value(name).filter(|(_, s)| s.bare_in_field) {
            self.push(key, stem.mask);
        } else {
            self.text(table, name);
        }
    }

    /// A text: bare names at its start, then names before their endings.
    fn text(&mut self, table: &'static Table, text: &str) {
        self.start(table, text);
        for (at, ending) in text.char_indices() {
            if matches!(ending, '省' | '市' | '州' | '盟' | '区')
                && let Some(unit) = ended(table, &text[..at], ending)
                && let unit = &table.units[unit]
                && stands(table, unit.province, ending, &text[at + ending.len_utf8()..])
            {
                self.push(&unit.short, unit.mask());
            }
        }
    }

    fn start(&mut self, table: &'static Table, text: &str) {
        let text = text.trim_start_matches(is_separator);
        let mut rest = text.strip_prefix("中国").unwrap_or(text).trim_start_matches(is_separator);
        // A province, its city, and once more for an ending between: no address begins with more.
        for _ in 0..3 {
            let Some((key, stem)) = table.stem_at_start(rest) else { return };
            let after = &rest[key.len()..];
            // 市中区 is a district, not an ending and a district.
            if let Some(length) = ending_at_start(table, stem, after).filter(|_| !is_county(table, stem, after)) {
                rest = after[length..].trim_start_matches(is_separator);
            } else if !OTHER_WORDS.iter().any(|w| rest.starts_with(w)) && is_followed_by_place(table, stem, after) {
                self.push(key, stem.mask);
                rest = after.trim_start_matches(is_separator);
            } else {
                return;
            }
        }
    }
}

/// The unit whose name stands directly before an ending.
fn ended(table: &Table, head: &str, ending: char) -> Option<usize> {
    let kind = |i: &usize| table.units[*i].kind;
    let province = |head: &str, kinds: &[Kind]| table.stem_at_end(head, |s| s.province.filter(|i| kinds.contains(&kind(i))));
    let below = |head: &str, kinds: &[Kind]| table.stem_at_end(head, |s| s.below.filter(|i| kinds.contains(&kind(i))));
    match ending {
        '省' => province(head, &[Kind::Province, Kind::Region]),
        '市' => table.stem_at_end(head, |s| {
            s.province.filter(|i| kind(i) == Kind::Municipality).or_else(|| {
                let unit = |i: &usize| &table.units[*i];
                s.below.filter(|i| match kind(i) {
                    Kind::City | Kind::Prefecture => true,
                    // The county-level city of the same name: 大理市, 恩施市.
                    Kind::Autonomous => unit(i).short == unit(i).stem,
                    _ => unit(i).official.ends_with('市'),
                })
            })
        }),
        '州' => match head.strip_suffix("自治") {
            Some(head) => table.autonomous.iter().copied().find(|&i| {
                let name = table.units[i].official.trim_end_matches("自治州");
                head.ends_with(name) || head.ends_with(table.units[i].stem)
            }),
            None => below(head, &[Kind::Autonomous]),
        },
        '盟' => below(head, &[Kind::League]),
        _ => {
            if let Some(head) = head.strip_suffix("自治") {
                let head = strip_any(head, &["维吾尔", "壮族", "回族"]);
                province(head, &[Kind::Region])
            } else if let Some(head) = head.strip_suffix("特别行政") {
                province(head, &[Kind::Special])
            } else {
                below(head.strip_suffix('地')?, &[Kind::City, Kind::Prefecture])
            }
        }
    }
}

/// Whether an ending with this behind it is one, of a unit in this province.
fn stands(table: &Table, province: u8, ending: char, after: &str) -> bool {
    let begins = |words: &[&str]| words.iter().any(|w| after.starts_with(w));
    // 河南省驻马店市, 台州市路桥区, 石家庄市井陉县: the word is the beginning of a place.
    let place = || county_at_start(table, province, after).is_some() || table.stem_at_start(after).is_some();
    let other = begins(&NOT_AFTER_ENDING)
        || match ending {
            '市' => begins(&NOT_CITY) || (after.starts_with('政') && !after.starts_with("政府")),
            '省' => begins(&NOT_PROVINCE),
            _ => false,
        };
    !other || place()
}

/// The length of the ending behind a name at a text's start.
fn ending_at_start(table: &Table, stem: &Stem, after: &str) -> Option<usize> {
    let official =
        [stem.province, stem.below].into_iter().flatten().map(|i| &table.units[i]).filter_map(|u| u.official.strip_prefix(u.stem));
    let spoken = ["自治区", "自治州", "地区", "省", "市", "州", "盟"].into_iter();
    official.chain(spoken).find(|ending| !ending.is_empty() && after.starts_with(ending)).map(str::len)
}

/// Whether a name at a text's start with this behind it is a place: nothing, a separator, a place below it, another unit
/// in full, a street with a number.
fn is_followed_by_place(table: &Table, stem: &Stem, after: &str) -> bool {
    let Some(next) = after.chars().next() else { return true };
    if is_separator(next) {
        let after = after.trim_start_matches(is_separator);
        return !NOT_AFTER_SPACE.iter().any(|w| after.starts_with(w));
    }
    let below_province = stem.province.is_some_and(|i| matches!(table.units[i].kind, Kind::Province | Kind::Region))
        && table.stem_at_start(after).is_some_and(|(key, next)| {
            let after = &after[key.len()..];
            next.below.is_some() && (ending_at_start(table, next, after).is_some() || is_followed_by_place(table, next, after))
        });
    let unit_in_full = table.stem_at_start(after).is_some_and(|(key, next)| {
        let after = &after[key.len()..];
        let ending = ending_at_start(table, next, after).unwrap_or_default();
        let (province, last) = (next.below.or(next.province).map(|i| table.units[i].province), after[..ending].chars().next_back());
        province.zip(last).is_some_and(|(province, last)| stands(table, province, last, &after[ending..]))
    });
    let is_city = stem.below.is_some() || stem.province.is_some_and(|i| table.units[i].kind == Kind::Municipality);
    below_province
        || unit_in_full
        || is_county(table, stem, after)
        || (is_city && (is_town_or_street(after) || ZONES.iter().any(|z| after.starts_with(z))))
}

/// Whether a text begins with a county-level unit of the name's own province.
fn is_county(table: &Table, stem: &Stem, text: &str) -> bool {
    [stem.province, stem.below].into_iter().flatten().map(|i| table.units[i].province).any(|province| {
        county_at_start(table, province, text).is_some_and(|length| {
            let ending = text[..length].chars().next_back().unwrap_or_default();
            stands(table, province, ending, &text[length..])
        })
    })
}

/// The length of the county-level name of a province with which a text begins.
fn county_at_start(table: &Table, province: u8, text: &str) -> Option<usize> {
    let ends = text.char_indices().take(16).filter(|(_, c)| matches!(c, '区' | '县' | '市' | '旗')).map(|(at, c)| at + c.len_utf8());
    ends.into_iter().find(|&end| table.is_county(province, &text[..end]))
}

/// Whether a text begins with a town, or with a street that has a name of its own and a house number.
fn is_town_or_street(text: &str) -> bool {
    let Some((at, end)) = text.char_indices().take(6).find(|(_, c)| matches!(c, '镇' | '乡' | '路' | '街' | '道' | '巷' | '弄'))
    else {
        return false;
    };
    let (name, after) = (&text[..at], &text[at + end.len_utf8()..]);
    if GENERIC.iter().any(|g| name.contains(g)) || !name.chars().all(is_han) {
        return false;
    }
    if matches!(end, '镇' | '乡') || (end == '街' && after.starts_with('道')) {
        return name.chars().count() >= 2 && !name.ends_with(['小', '古', '城']);
    }
    let own = name.trim_end_matches('大').trim_matches(|c| STREET_PARTS.contains(c));
    let named = own.chars().count() >= 2 || matches!(name.trim_end_matches('大'), "八一" | "五一" | "五四" | "七一");
    named && after.starts_with(|c: char| c.is_numeric() || "一二三四五六七八九十".contains(c))
}

/// A name without the first of these endings that leaves at least two characters.
fn strip_any<'a>(name: &'a str, endings: &[&str]) -> &'a str {
    endings.iter().find_map(|end| name.strip_suffix(end).filter(|rest| rest.chars().nth(1).is_some())).unwrap_or(name)
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || ",，.。、/／-－—·;；:：|｜_".contains(c)
}

fn is_han(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}
