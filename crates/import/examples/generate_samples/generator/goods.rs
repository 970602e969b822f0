//! Invented people, places that exist, goods of a household shop.

use super::rng::Rng;

/// Where a parcel goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub province: &'static str,
    pub city: &'static str,
    pub districts: &'static [&'static str],
    /// Legs between hubs, from the warehouse: 1 near, 2 far, 3 remote.
    pub legs: usize,
}

const fn place(province: &'static str, city: &'static str, districts: &'static [&'static str], legs: usize) -> Place {
    Place { province, city, districts, legs }
}

/// Destinations; the warehouse is in 浙江省义乌市.
pub const PLACES: [Place; 24] = [
    place("浙江省", "杭州市", &["西湖区", "余杭区", "滨江区"], 1),
    place("浙江省", "宁波市", &["鄞州区", "海曙区"], 1),
    place("江苏省", "南京市", &["玄武区", "江宁区"], 1),
    place("江苏省", "苏州市", &["姑苏区", "吴中区"], 1),
    place("上海市", "上海市", &["浦东新区", "闵行区", "杨浦区"], 1),
    place("安徽省", "合肥市", &["蜀山区", "包河区"], 1),
    place("福建省", "厦门市", &["思明区", "集美区"], 1),
    place("江西省", "南昌市", &["东湖区", "红谷滩区"], 1),
    place("广东省", "广州市", &["天河区", "番禺区", "白云区"], 2),
    place("广东省", "深圳市", &["南山区", "龙岗区"], 2),
    place("湖北省", "武汉市", &["洪山区", "江汉区"], 2),
    place("湖南省", "长沙市", &["岳麓区", "雨花区"], 2),
    place("河南省", "郑州市", &["金水区", "中原区"], 2),
    place("山东省", "济南市", &["历下区", "槐荫区"], 2),
    place("山东省", "青岛市", &["市南区", "崂山区"], 2),
    place("河北省", "石家庄市", &["长安区", "裕华区"], 2),
    place("北京市", "北京市", &["朝阳区", "海淀区", "丰台区"], 2),
    place("四川省", "成都市", &["武侯区", "青羊区"], 2),
    place("重庆市", "重庆市", &["渝中区", "渝北区"], 2),
    place("陕西省", "西安市", &["雁塔区", "碑林区"], 2),
    place("辽宁省", "沈阳市", &["和平区", "铁西区"], 2),
    place("内蒙古自治区", "呼和浩特市", &["新城区", "赛罕区"], 3),
    place("甘肃省", "兰州市", &["城关区", "七里河区"], 3),
    place("新疆维吾尔自治区", "乌鲁木齐市", &["天山区", "新市区"], 3),
];

/// Hubs that parcels pass.
pub const HUBS: [&str; 6] = ["嘉兴转运中心", "合肥转运中心", "武汉转运中心", "郑州转运中心", "长沙转运中心", "西安转运中心"];

const STREETS: [&str; 14] = [
    "桂花路",
    "梧桐街",
    "望湖路",
    "青年路",
    "新华街",
    "春晖路",
    "杏林路",
    "和平路",
    "北京路",
    "文汇街",
    "长乐路",
    "锦绣大道",
    "翠竹路",
    "学府路",
];
const ESTATES: [&str; 10] = ["翠湖苑", "阳光花园", "金桂小区", "和苑", "春江名庭", "书香里", "锦上园", "云栖府", "大学城三期", "安居新村"];
const SURNAMES: [&str; 24] = [
    "林", "沈", "方", "顾", "陆", "江", "程", "叶", "苏", "韩", "秦", "许", "何", "邓", "冯", "曹", "彭", "曾", "萧", "田", "董", "袁",
    "潘", "蒋",
];
const GIVEN: [&str; 30] = [
    "晓禾", "子墨", "雨桐", "一鸣", "思远", "佳音", "若溪", "明朗", "清越", "安然", "知秋", "望舒", "景行", "乐天", "念慈", "书瑶", "亦凡",
    "沐阳", "嘉木", "静姝", "云舟", "采薇", "长风", "南星", "半夏", "青禾", "小满", "立夏", "惊蛰", "白露",
];

/// What the shop sells: SKU, title, price in fen.
pub const GOODS: [(&str, &str, i64); 9] = [
    ("BWB-500", "不锈钢保温杯 500ml", 5_990),
    ("BWB-750", "不锈钢保温杯 750ml", 7_990),
    ("YS-8K", "八骨晴雨伞", 3_990),
    ("CJ-TC4", "陶瓷餐具四件套", 12_900),
    ("SN-3", "加厚收纳箱 三只装", 8_990),
    ("TD-LED", "护眼台灯", 15_900),
    ("MJ-10", "纯棉毛巾 十条装", 4_990),
    ("GT-5L", "砂锅炖汤锅 5L", 16_900),
    ("CZ-OAK", "橡木餐椅 两把", 39_900),
];

/// Where an order goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    pub name: String,
    pub phone: String,
    pub place: Place,
    pub district: &'static str,
    pub detail: String,
}

/// Somebody, somewhere.
pub fn recipient(rng: &mut Rng) -> Recipient {
    // Near places buy more; remote ones are few.
    let place = PLACES[rng.weighted(&PLACES.map(|p| [0, 7, 3, 1][p.legs]))];
    Recipient {
        name: format!("{}{}", rng.pick(&SURNAMES), rng.pick(&GIVEN)),
        phone: phone(rng),
        place,
        district: rng.pick(place.districts),
        detail: detail(rng),
    }
}

/// A phone that no mobile has.
pub fn phone(rng: &mut Rng) -> String {
    format!("100{:08}", rng.below(100_000_000))
}

/// A street and a door.
pub fn detail(rng: &mut Rng) -> String {
    format!(
        "{}{}号{}{}栋{}室",
        rng.pick(&STREETS),
        rng.between(1, 299),
        rng.pick(&ESTATES),
        rng.between(1, 20),
        rng.between(1, 6) * 100 + rng.between(1, 4)
    )
}
