//! The two-provinces check and its traps, names without endings, and what one city is.
//!
//! An address is written `province|city|district|detail`, an empty part is one that is not there.

use super::table::{Kind, TABLE, Unit, rows};
use super::*;
use proptest::prelude::*;

fn address(parts: &str) -> Address {
    let mut parts = parts.split('|').map(|part| (!part.is_empty()).then(|| part.to_owned()));
    let mut next = || parts.next().flatten();
    Address { province: next(), city: next(), district: next(), detail: next(), ..Address::default() }
}

fn area(parts: &str) -> Area {
    let Address { province, city, district, .. } = address(parts);
    Area { province, city, district }
}

fn found(parts: &str) -> String {
    contradiction(&address(parts)).map_or_else(String::new, |c| format!("{} {}", c.first, c.second))
}

/// Every row must be told `expected`; all that are not are shown together.
fn check_all<'a>(rows: impl IntoIterator<Item = (&'a str, &'a str)>) {
    let wrong: Vec<String> = rows
        .into_iter()
        .filter(|(parts, expected)| found(parts) != *expected)
        .map(|(parts, expected)| format!("{parts}: `{}`, not `{expected}`", found(parts)))
        .collect();
    assert!(wrong.is_empty(), "\n  {}\n", wrong.join("\n  "));
}

fn check_sound(rows: &[&str]) {
    check_all(rows.iter().map(|parts| (*parts, "")));
}

#[test]
fn two_provinces_are_seen() {
    check_all([
        // The three of the playbook, in fields and in texts.
        ("云南省|昆明市|五华区|拉萨市城关区江苏路1号", "云南 拉萨"),
        ("云南省|拉萨市|城关区|江苏路1号", "云南 拉萨"),
        ("云南|拉萨||城关区", "云南 拉萨"),
        ("|||云南省拉萨市城关区江苏路1号", "云南 拉萨"),
        ("|||云南拉萨城关区江苏路1号", "云南 拉萨"),
        ("|||云南 拉萨 城关区", "云南 拉萨"),
        ("宁夏回族自治区|银川市|兴庆区|乌鲁木齐市天山区解放路1号", "宁夏 乌鲁木齐"),
        ("|银川市||乌鲁木齐市天山区解放路1号", "银川 乌鲁木齐"),
        ("|||银川市乌鲁木齐市天山区解放路1号", "银川 乌鲁木齐"),
        ("|||银川乌鲁木齐市天山区解放路1号", "银川 乌鲁木齐"),
        ("河北省|石家庄市|长安区|呼和浩特市赛罕区大学街1号", "河北 呼和浩特"),
        ("|||石家庄市呼和浩特市赛罕区大学街1号", "石家庄 呼和浩特"),
        ("|石家庄|呼和浩特市赛罕区|大学街1号", "石家庄 呼和浩特"),
        // A city outside its province.
        ("河北省|呼和浩特市|赛罕区|大学街1号", "河北 呼和浩特"),
        ("新疆维吾尔自治区|拉萨市|城关区|江苏路1号", "新疆 拉萨"),
        ("陕西省|太原市|小店区|学府街1号", "陕西 太原"),
        ("安徽省|苏州市|姑苏区|人民路1号", "安徽 苏州"),
        ("黑龙江省|宜春市|袁州区|秀江路1号", "黑龙江 宜春"),
        ("广东省|三沙市|西沙区|北京路1号", "广东 三沙"),
        ("湖北省||济源市|沁园路1号", "湖北 济源"),
        ("湖北省|省直辖县级行政区划|济源市|沁园路1号", "湖北 济源"),
        ("北京市|深圳市|南山区|科技路1号", "北京 深圳"),
        ("广东省|香港特别行政区|九龙城区|太子道1号", "广东 香港"),
        ("上海市|江苏省|吴江区|中山路1号", "上海 江苏"),
        // Named in the text, before each ending.
        ("广东省|深圳市|南山区|湖南省长沙市岳麓区麓山路1号", "广东 湖南"),
        ("湖南省|长沙市|岳麓区|科技路1号，转拉萨市城关区", "湖南 拉萨"),
        ("湖南省|长沙市|岳麓区|科技路1号（新疆维吾尔自治区的朋友代收）", "湖南 新疆"),
        ("贵州省|贵阳市|云岩区|大理州大理市下关镇", "贵州 大理"),
        ("贵州省|贵阳市|云岩区|大理白族自治州大理市下关镇", "贵州 大理"),
        ("湖南省|怀化市|鹤城区|黔东南州凯里市北京路1号", "湖南 黔东南"),
        ("四川省|成都市|武侯区|甘南州合作市当周街1号", "四川 甘南"),
        ("宁夏回族自治区|银川市|金凤区|锡林郭勒盟锡林浩特市团结街1号", "宁夏 锡林郭勒"),
        ("西藏自治区|拉萨市|城关区|喀什地区疏附县人民路1号", "西藏 喀什"),
        ("新疆维吾尔自治区|喀什地区|疏附县|阿里地区噶尔县狮泉河镇", "新疆 阿里"),
        ("广西壮族自治区|南宁市|青秀区|云南省昆明市盘龙区北京路1号", "广西 云南"),
        ("湖北省|武汉市|湖南省长沙市岳麓区|麓山路1号", "湖北 湖南"),
        // Bare at the text's start.
        ("浙江省|杭州市|西湖区|江苏南京鼓楼区中山北路1号", "浙江 江苏"),
        ("北京市|北京市|海淀区|上海浦东新区世纪大道1号", "北京 上海"),
        ("广东省|深圳市|南山区|武汉洪山区珞喻路1号", "广东 武汉"),
        ("湖南省|长沙市|岳麓区|武汉珞喻路1号", "湖南 武汉"),
        ("湖南省|长沙市|岳麓区|武汉，洪山区", "湖南 武汉"),
        ("湖南省|长沙市|岳麓区|中国武汉洪山区珞喻路1号", "湖南 武汉"),
        ("江西省|南昌市|西湖区|内蒙包头市昆都仑区钢铁大街1号", "江西 内蒙"),
        // 海南 is a province and a prefecture of Qinghai.
        ("海南省|海南藏族自治州|共和县|青海湖大街1号", "海南 海南州"),
        ("海南省|海口市|龙华区|海南州共和县青海湖大街1号", "海南 海南州"),
        ("青海省|西宁市|城中区|海南省海口市龙华区海秀路1号", "青海 海南"),
        // 朝阳 lies in Liaoning as a city, in Beijing and Jilin as a district.
        ("广东省|朝阳市|双塔区|新华路1号", "广东 朝阳"),
        ("北京市|朝阳市|双塔区|新华路1号", "北京 朝阳"),
    ]);
}

#[test]
fn streets_are_no_provinces() {
    check_sound(&[
        "广东省|广州市|越秀区|北京路238号",
        "云南省|昆明市|盘龙区|北京路155号",
        "广东省|广州市|越秀区|北京路街道文德社区1号",
        "湖北省|武汉市|江岸区|上海街道1号",
        "西藏自治区|拉萨市|城关区|江苏路1号",
        "新疆维吾尔自治区|乌鲁木齐市|新市区|北京北路1号",
        "上海市|上海市|黄浦区|南京东路100号",
        "上海市|上海市|黄浦区|南京东路步行街100号",
        "上海市|上海市|静安区|南京西路1266号",
        "上海市|上海市|黄浦区|西藏中路1号",
        "上海市|上海市|黄浦区|河南中路1号",
        "上海市|上海市|虹口区|四川北路1号",
        "上海市|上海市|徐汇区|陕西南路1号",
        "上海市|上海市|徐汇区|天津路1号",
        "上海市|上海市|浦东新区|东方路1号",
        "上海市|上海市|长宁区|江苏路1号",
        "天津市|天津市|和平区|南京路1号",
        "天津市|天津市|南开区|鞍山西道1号",
        "山东省|青岛市|市南区|香港中路1号",
        "山东省|青岛市|市南区|山东路1号",
        "山东省|青岛市|市南区|台湾路1号",
        "浙江省|杭州市|拱墅区|中山北路1号",
        "浙江省|杭州市|上城区|中山路1号",
        "江苏省|南京市|鼓楼区|北京西路1号",
        "江苏省|南京市|玄武区|长江路1号",
        "北京市|北京市|海淀区|苏州街18号",
        "北京市|北京市|东城区|朝阳门内大街1号",
        "北京市|北京市|丰台区|丽泽路1号",
        "福建省|厦门市|思明区|厦门大学路1号",
        "辽宁省|大连市|中山区|上海路1号",
        "辽宁省|大连市|沙河口区|长春路1号",
        "黑龙江省|哈尔滨市|南岗区|吉林街1号",
        "湖北省|武汉市|江岸区|天津街1号",
        "湖北省|武汉市|硚口区|解放大道河南省道路口",
    ]);
}

#[test]
fn buildings_and_shops_are_no_provinces() {
    check_sound(&[
        "四川省|成都市|武侯区|西藏大厦5楼",
        "四川省|成都市|武侯区|科技路1号西藏大厦5楼",
        "北京市|北京市|海淀区|新疆饭店3号楼",
        "北京市|北京市|海淀区|广西大厦",
        "北京市|北京市|西城区|内蒙古宾馆",
        "北京市|北京市|朝阳区|云南省大厦",
        "云南省|昆明市|官渡区|拉萨市驻昆明办事处",
        "湖北省|武汉市|洪山区|重庆火锅店",
        "湖北省|武汉市|洪山区|光谷步行街重庆火锅店",
        "陕西省|西安市|碑林区|兰州拉面馆",
        "陕西省|西安市|碑林区|兰州牛肉面(南门店)",
        "广东省|深圳市|福田区|新疆大盘鸡",
        "广东省|深圳市|福田区|云南过桥米线",
        "广东省|深圳市|福田区|海南鸡饭",
        "江苏省|苏州市|姑苏区|扬州炒饭",
        "江苏省|南京市|鼓楼区|武汉大学南京校友会",
        "广东省|深圳市|南山区|武汉大学深圳产学研大楼",
        "广东省|深圳市|南山区|北京大学深圳医院",
        "广东省|珠海市|香洲区|北京师范大学珠海校区",
        "江苏省|徐州市|泉山区|南京银行",
        "江苏省|徐州市|泉山区|上海银行3楼",
        "河北省|保定市|莲池区|北京市场3号",
        "浙江省|杭州市|余杭区|阿里巴巴西溪园区",
        "福建省|泉州市|南安市|大理石市场2号",
        "香港特别行政区||元朗区|天水围天盛苑",
        "江苏省|苏州市|吴中区|中山公园东门",
        "湖南省|长沙市|岳麓区|拉萨花园3栋",
        "湖南省|长沙市|岳麓区|科技路1号上海城小区",
        "湖南省|长沙市|岳麓区|深圳湾畔",
        "湖南省|长沙市|岳麓区|南京小区",
        "湖南省|长沙市|岳麓区|上海 花园 3栋",
        "河南省|郑州市|金水区|中山路8号南京超市",
    ]);
}

#[test]
fn sound_addresses_pass() {
    check_sound(&[
        "湖北省|武汉市|洪山区|珞喻路1号",
        "湖北|武汉|洪山区|珞喻路1号",
        " 湖北省 | 武汉市 |洪山区|珞喻路1号",
        "湖北省|武汉市|洪山区|湖北省武汉市洪山区珞喻路1号",
        "湖北省|武汉市|洪山区|湖北武汉洪山区珞喻路1号",
        "湖北省|湖北省|武汉市|洪山区珞喻路1号",
        // A province and its city of one name; the same letters elsewhere.
        "吉林省|吉林市|昌邑区|中兴街1号",
        "吉林省|吉林市|船营区|吉林大街1号",
        "|||吉林省吉林市船营区吉林大街1号",
        "|||吉林吉林市船营区吉林大街1号",
        "吉林|吉林||吉林市船营区吉林大街1号",
        "吉林省|长春市|朝阳区|人民大街1号",
        "北京市|北京市|朝阳区|朝阳路1号",
        "北京市|朝阳区||朝阳路1号",
        "北京市|朝阳||朝阳路1号",
        "北京|北京|朝阳|朝阳路1号",
        "|||北京市朝阳区朝阳路1号",
        "|||北京朝阳区朝阳路1号",
        "|||北京朝阳朝阳路1号",
        "辽宁省|朝阳市|双塔区|新华路1号",
        "辽宁省|朝阳市|朝阳县|柳城街道1号",
        "青海省|海南藏族自治州|共和县|青海湖大街1号",
        "青海省|海南州|共和县|青海湖大街1号",
        "|||青海省海南州共和县青海湖大街1号",
        "|||青海海南州共和县青海湖大街1号",
        "|||青海省海南藏族自治州共和县青海湖大街1号",
        "青海省|海西蒙古族藏族自治州|格尔木市|昆仑路1号",
        "内蒙古自治区|乌海市|海南区|海南区拉僧仲街1号",
        "天津市|天津市|河北区|中山路1号",
        "|||天津市河北区中山路1号",
        "|||天津河北区中山路1号",
        "江西省|南昌市|西湖区|抚河路1号",
        "上海市|上海市|普陀区|长寿路1号",
        "上海市|上海市|宝山区|牡丹江路1号",
        "山东省|济南市|市中区|经十路1号",
        "重庆市|重庆市|江北区|观音桥1号",
        // What stands where there is no prefecture.
        "北京市|市辖区|东城区|王府井大街1号",
        "重庆市|县|云阳县|滨江路1号",
        "重庆市|郊县|云阳县|滨江路1号",
        "湖北省|省直辖县级行政区划|仙桃市|仙桃大道1号",
        "湖北省|仙桃市||仙桃大道1号",
        "湖北省|神农架林区|松柏镇|神农大道1号",
        "河南省|济源市||沁园路1号",
        "海南省|省直辖县级行政单位|文昌市|文建路1号",
        "海南省|儋州市||那大镇中兴大街1号",
        "海南省|三沙市|西沙区|永兴岛北京路1号",
        "新疆维吾尔自治区|自治区直辖县级行政区划|石河子市|北三路1号",
        // Endings of provinces and what is below them.
        "内蒙|包头|昆都仑区|钢铁大街1号",
        "内蒙古|锡林郭勒盟|锡林浩特市|团结街1号",
        "广西|南宁市|青秀区|民族大道1号",
        "宁夏自治区|银川市|金凤区|北京路1号",
        "新疆自治区|伊犁哈萨克自治州|伊宁市|解放路1号",
        "新疆|伊犁州|伊宁市|解放路1号",
        "西藏|那曲地区|色尼区|浙江路1号",
        "西藏自治区|那曲市|色尼区|浙江路1号",
        "黑龙江省|大兴安岭地区|漠河市|振兴街1号",
        "吉林省|延边朝鲜族自治州|延吉市|人民路1号",
        "吉林省|延边州|延吉市|人民路1号",
        "云南省|大理州|大理市|下关镇1号",
        "四川省|甘孜藏族自治州|康定市|向阳街1号",
        "香港||九龙城区|太子道1号",
        "澳门特别行政区|||新马路1号",
        "台湾省|台北市|信义区|市府路1号",
        // Two cities of one province are no contradiction.
        "广东省|广州市|天河区|深圳市南山区科技路1号",
        // A bare name counts at the text's start only.
        "湖南省|长沙市|岳麓区|科技路1号 拉萨",
        "湖南省|长沙市|岳麓区|科技路1号武汉洪山区",
    ]);
}

#[test]
fn what_says_nothing_names_nothing() {
    check_sound(&[
        "",
        "|||",
        " | |　| ",
        "火星省|月球市|环形山区|一号坑",
        "|||路1号",
        "|||市",
        "省|市|区|",
        "|||省市州盟区",
        "某某省|某某市||",
    ]);
    let person =
        Address { name: Some("云南省小李".to_owned()), phone: Some("拉萨市".to_owned()), ..address("湖北省|武汉市||") };
    assert_eq!(contradiction(&person), None, "a name is no place");
}

#[test]
fn a_corrected_address_is_sound() {
    assert_eq!(found("云南省|昆明市|五华区|拉萨市城关区江苏路1号"), "云南 拉萨");
    assert_eq!(found("西藏自治区|拉萨市|城关区|江苏路1号"), "");
    assert_eq!(found("西藏自治区|拉萨市|城关区|西藏自治区拉萨市城关区江苏路1号"), "");
}

#[test]
fn provinces_lose_their_endings() {
    let table = [
        ("湖北省", "湖北"),
        ("湖北", "湖北"),
        (" 湖北省 ", "湖北"),
        ("北京市", "北京"),
        ("内蒙古自治区", "内蒙古"),
        ("内蒙古", "内蒙古"),
        ("内蒙", "内蒙古"),
        ("广西壮族自治区", "广西"),
        ("广西自治区", "广西"),
        ("宁夏回族自治区", "宁夏"),
        ("新疆维吾尔自治区", "新疆"),
        ("新疆", "新疆"),
        ("西藏自治区", "西藏"),
        ("香港特别行政区", "香港"),
        ("澳门特别行政区", "澳门"),
        ("台湾省", "台湾"),
        ("", ""),
        ("省", "省"),
        ("某省", "某省"),
    ];
    for (name, short) in table {
        assert_eq!(short_province(name), short, "{name}");
    }
}

#[test]
fn cities_lose_their_endings() {
    let table = [
        ("武汉市", "武汉"),
        ("武汉", "武汉"),
        (" 武汉市 ", "武汉"),
        ("延边朝鲜族自治州", "延边"),
        ("延边州", "延边"),
        ("延边", "延边"),
        ("海南藏族自治州", "海南州"),
        ("海南州", "海南州"),
        ("锡林郭勒盟", "锡林郭勒"),
        ("喀什地区", "喀什"),
        ("大理白族自治州", "大理"),
        ("大理市", "大理"),
        ("伊犁哈萨克自治州", "伊犁"),
        ("仙桃市", "仙桃"),
        ("神农架林区", "神农架"),
        ("杭州市", "杭州"),
        ("杭州", "杭州"),
        ("苏州", "苏州"),
        ("州", "州"),
        ("", ""),
    ];
    for (name, short) in table {
        assert_eq!(short_city(name), short, "{name}");
    }
}

#[test]
fn one_city_or_not() {
    let (yes, no, unknown) = (Some(true), Some(false), None);
    let table = [
        ("广东省|深圳市|南山区", "广东|深圳|福田区", yes),
        ("广东省|深圳市", "广东省|广州市", no),
        ("广东省|深圳市", "湖北省|武汉市", no),
        ("广东省|深圳市", "|深圳市", yes),
        ("广东省|深圳市", "广东省", unknown),
        ("广东省", "广东省", unknown),
        ("", "广东省|深圳市", unknown),
        ("", "", unknown),
        ("广东省| ", "广东省|深圳市", unknown),
        ("吉林省|吉林市", "吉林省|长春市", no),
        ("吉林省|吉林市", "吉林|吉林", yes),
        ("吉林省|延边州", "吉林省|延边朝鲜族自治州", yes),
        ("青海省|海南州", "青海省|海南藏族自治州", yes),
        ("青海省|海南州", "海南省|海口市", no),
        ("辽宁省|朝阳市", "北京市|朝阳区", no),
        // A municipality is one city, whatever stands below it.
        ("北京市", "北京市", yes),
        ("北京市|北京市|朝阳区", "北京|市辖区|海淀区", yes),
        ("北京市|朝阳区", "北京市|海淀区", yes),
        ("重庆市|重庆市|渝中区", "重庆市|县|云阳县", yes),
        ("上海市|上海市", "|上海市", yes),
        ("上海市", "江苏省|苏州市", no),
        ("北京市", "天津市", no),
        ("香港特别行政区", "香港", yes),
        ("香港", "澳门", no),
        // What a province administers directly is a city of its own.
        ("湖北省|省直辖县级行政区划|仙桃市", "湖北省|仙桃市", yes),
        ("湖北省|省直辖县级行政区划|仙桃市", "湖北省|省直辖县级行政区划|潜江市", no),
        ("湖北省|省直辖县级行政区划", "湖北省|省直辖县级行政区划", unknown),
        ("湖北省||仙桃市", "湖北省|武汉市", no),
        ("新疆|自治区直辖县级行政区划|石河子市", "新疆维吾尔自治区||石河子市", yes),
    ];
    for (a, b, expected) in table {
        assert_eq!(same_city(&area(a), &area(b)), expected, "{a} and {b}");
        assert_eq!(same_city(&area(b), &area(a)), expected, "{b} and {a}");
    }
}

#[test]
fn the_table_is_whole() {
    let regions: Vec<_> = rows(include_str!("../../data/regions.tsv")).collect();
    assert_eq!(TABLE.units.len(), regions.len(), "a row does not fit");
    let count = |kinds: &[Kind]| TABLE.units.iter().filter(|unit| kinds.contains(&unit.kind)).count();
    // 23 provinces, 5 regions, 4 municipalities, 2 special regions.
    assert_eq!((count(&[Kind::Province]), count(&[Kind::Region])), (23, 5));
    assert_eq!((count(&[Kind::Municipality]), count(&[Kind::Special])), (4, 2));
    // 333 prefecture-level units: 293 cities, 7 prefectures, 30 autonomous prefectures, 3 leagues.
    assert_eq!((count(&[Kind::City]), count(&[Kind::Prefecture]), count(&[Kind::Autonomous]), count(&[Kind::League])), (293, 7, 30, 3));
    for row in rows(include_str!("../../data/counties.tsv")) {
        assert_eq!(row.len(), 2, "{row:?}");
        assert!(TABLE.stem(row[0]).is_some_and(|stem| stem.province.is_some()), "{row:?} names no province");
    }
}

/// A name is short already where it has no ending, and an ending put back changes nothing.
#[test]
fn endings_come_and_go() {
    for unit in &TABLE.units {
        if unit.kind.is_province() {
            assert_eq!(short_province(unit.official), unit.short);
            assert_eq!(short_province(&unit.short), unit.short);
            continue;
        }
        let spoken = match unit.kind {
            Kind::City => "市",
            Kind::Prefecture => "地区",
            Kind::League => "盟",
            Kind::Autonomous => "州",
            _ => "",
        };
        for name in [unit.official, &unit.short, &format!("{}{spoken}", unit.stem)] {
            assert_eq!(short_city(name), unit.short, "{name}");
        }
    }
}

/// Every prefecture-level unit in its own province is sound, in fields and in a text; in another it is not.
#[test]
fn every_unit_lies_in_its_own_province_only() {
    let provinces: Vec<_> = TABLE.units.iter().filter(|unit| unit.kind.is_province()).collect();
    for unit in TABLE.units.iter().filter(|unit| !unit.kind.is_province() && unit.kind != Kind::Direct) {
        for province in &provinces {
            let expected = if province.province == unit.province { String::new() } else { format!("{} {}", province.short, unit.short) };
            for parts in [
                format!("{}|{}||", province.official, unit.official),
                format!("|||{}{}某某路1号", province.official, unit.official),
                format!("{}|||{}某某路1号", province.short, unit.official),
            ] {
                assert_eq!(found(&parts), expected, "{parts}");
            }
        }
    }
}

/// No county's name hides the unit before it: 河南省驻马店市, 台州市路桥区, 石家庄市井陉县, 武威市民勤县.
#[test]
fn every_county_leaves_the_unit_before_it_seen() {
    let mut wrong = Vec::new();
    for row in rows(include_str!("../../data/counties.tsv")) {
        let province = TABLE.stem(row[0]).unwrap().province.unwrap();
        let own = |unit: &&Unit| unit.province == TABLE.units[province].province && unit.kind != Kind::Direct;
        for county in row[1].split(' ') {
            for unit in TABLE.units.iter().filter(own) {
                if unit.short == "大理" && county.starts_with('石') {
                    continue; // 大理石 is marble.
                }
                let named = [format!("{}{county}1号", unit.official), format!("{}{county}1号", unit.short)];
                for parts in named.map(|text| format!("台湾省|||{text}")) {
                    if found(&parts).is_empty() {
                        wrong.push(parts);
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} rows\n  {}\n", wrong.len(), wrong[..wrong.len().min(40)].join("\n  "));
}

/// No name is a place where it is a part of a street, a building or a shop, at a text's start or within.
#[test]
fn every_name_may_be_a_part_of_another() {
    let others = [
        "路1号",
        "东路1号",
        "北路1号",
        "中路1号",
        "一路1号",
        "街1号",
        "大街1号",
        "大道1号",
        "大厦3楼",
        "饭店",
        "宾馆",
        "大酒店",
        "商会",
        "火锅店",
        "拉面馆",
        "烤鸭店",
        "小吃",
        "特产店",
        "大学",
        "银行",
        "花园3栋",
        "小区3栋",
        "广场3号",
        "公寓",
        "会馆",
        "驻京办",
        "村1号",
        "人家",
        "老乡鸡",
    ];
    let mut wrong = Vec::new();
    for unit in &TABLE.units {
        for other in others {
            for parts in [format!("台湾省|||{}{other}", unit.stem), format!("台湾省|||某某路1号{}{other}", unit.stem)] {
                if !found(&parts).is_empty() {
                    wrong.push(format!("{parts}: {}", found(&parts)));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} rows\n  {}\n", wrong.len(), wrong[..wrong.len().min(40)].join("\n  "));
}

/// Texts out of names, endings and what misleads, so that chance meets the odd corners.
fn text() -> impl Strategy<Value = String> {
    let pieces = [
        "云南",
        "拉萨",
        "吉林",
        "海南",
        "朝阳",
        "内蒙",
        "内蒙古",
        "北京",
        "石家庄",
        "呼和浩特",
        "重庆",
        "武汉",
        "省",
        "市",
        "州",
        "盟",
        "区",
        "县",
        "地区",
        "自治",
        "自治区",
        "自治州",
        "特别行政",
        "维吾尔",
        "路",
        "街",
        "大厦",
        "1号",
        " ",
        "，",
        "中国",
        "城关区",
        "a",
        "é",
        "🙂",
        "\u{0}",
        "\u{300}",
    ];
    prop_oneof![prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..12).prop_map(|pieces| pieces.concat()), any::<String>(),]
}

fn part() -> impl Strategy<Value = Option<String>> {
    prop::option::of(text())
}

fn unit() -> impl Strategy<Value = &'static Unit> {
    prop::sample::select(TABLE.units.iter().filter(|unit| !unit.kind.is_province() && unit.kind != Kind::Direct).collect::<Vec<_>>())
}

proptest! {
    #[test]
    fn no_text_is_too_odd(province in part(), city in part(), district in part(), detail in part()) {
        let address = Address { province: province.clone(), city: city.clone(), district: district.clone(), detail, ..Address::default() };
        if let Some(found) = contradiction(&address) {
            prop_assert_ne!(found.first, found.second);
        }
        let area = Area { province, city, district };
        if let Some(same) = same_city(&area, &area) {
            prop_assert!(same, "a place lies in its own city");
        }
    }

    /// Taking an ending off never leaves a name of one character, nor one that was not there.
    #[test]
    fn no_ending_takes_the_name_along(name in text()) {
        let short = short_province(&name);
        prop_assert!(short == "内蒙古" || name.contains(&short));
        prop_assert!(short.chars().count() >= 2 || short == name.trim());
    }

    /// Whether the parts of an address carry their endings or not makes no difference to the verdict, unless the bare name is a county's
    /// there as well (西安 in 吉林 can be 西安区, 西安市 cannot).
    #[test]
    fn endings_make_no_difference(place in unit(), elsewhere in unit()) {
        let province = TABLE.units.iter().find(|u| u.kind.is_province() && u.province == elsewhere.province).unwrap();
        let county = TABLE.stem(place.stem).is_some_and(|s| s.mask & province.mask() != 0) && place.province != province.province;
        prop_assume!(!county);
        let with = found(&format!("{}|{}||", province.official, place.official));
        let without = found(&format!("{}|{}||", province.short, place.short));
        prop_assert_eq!(with, without);
    }

    /// What follows a sound address in words that name no place never makes it unsound.
    #[test]
    fn a_house_number_is_no_place(number in 1..9999_u32, unit in 1..30_u8, floor in 1..60_u8) {
        let parts = format!("湖北省|武汉市|洪山区|珞喻路{number}号{unit}单元{floor}楼");
        prop_assert_eq!(found(&parts), "");
    }
}
