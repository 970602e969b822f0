//! The table of provinces, prefecture-level units and county-level names, read once from `data/`.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// What a unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// 省.
    Province,
    /// 直辖市.
    Municipality,
    /// 自治区.
    Region,
    /// 特别行政区.
    Special,
    /// A prefecture-level 市.
    City,
    /// 地区.
    Prefecture,
    /// 盟.
    League,
    /// 自治州.
    Autonomous,
    /// A county-level unit that its province administers directly.
    Direct,
}

impl Kind {
    fn parse(word: &str) -> Option<Kind> {
        Some(match word {
            "省" => Kind::Province,
            "直辖市" => Kind::Municipality,
            "自治区" => Kind::Region,
            "特别行政区" => Kind::Special,
            "市" => Kind::City,
            "地区" => Kind::Prefecture,
            "盟" => Kind::League,
            "自治州" => Kind::Autonomous,
            "直管" => Kind::Direct,
            _ => return None,
        })
    }

    pub(super) const fn is_province(self) -> bool {
        matches!(self, Kind::Province | Kind::Municipality | Kind::Region | Kind::Special)
    }
}

/// One row of `regions.tsv`.
#[derive(Debug)]
pub(super) struct Unit {
    /// Which province, counted from zero in the file's order.
    pub(super) province: u8,
    pub(super) kind: Kind,
    pub(super) official: &'static str,
    /// Without ending and peoples.
    pub(super) stem: &'static str,
    /// The stem; with 州 where the stem alone is a province.
    pub(super) short: Cow<'static, str>,
}

impl Unit {
    /// The unit's province as a bit.
    pub(super) const fn mask(&self) -> u64 {
        1 << self.province
    }
}

/// What a name without its ending can be.
#[derive(Debug, Default)]
pub(super) struct Stem {
    /// The province.
    pub(super) province: Option<usize>,
    /// The unit below a province.
    pub(super) below: Option<usize>,
    /// Every province in which a unit or a county-level place has this name.
    pub(super) mask: u64,
    /// Whether the bare name counts in a field: not that of a county.
    pub(super) bare_in_field: bool,
    /// Whether the bare name counts at a text's start: a province or a prefecture-level unit.
    bare_in_text: bool,
}

/// Everything that the check looks up.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) units: Vec<Unit>,
    pub(super) stems: HashMap<&'static str, Stem>,
    /// The autonomous prefectures.
    pub(super) autonomous: Vec<usize>,
    official: HashMap<&'static str, usize>,
    counties: HashSet<(u8, &'static str)>,
}

/// The longest stem, in characters.
const LONGEST: usize = 4;

pub(super) static TABLE: LazyLock<Table> =
    LazyLock::new(|| Table::parse(include_str!("../../data/regions.tsv"), include_str!("../../data/counties.tsv")));

/// The rows of a file, without comments.
pub(super) fn rows(file: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    file.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(|line| line.split('\t').collect())
}

impl Table {
    /// Rows that do not fit are left out; a test counts them.
    fn parse(regions: &'static str, counties: &'static str) -> Table {
        let mut table = Table::default();
        let mut provinces = HashMap::new();
        for row in rows(regions) {
            let &[province, kind, official, stem] = row.as_slice() else { continue };
            let Some(kind) = Kind::parse(kind) else { continue };
            let next = u8::try_from(provinces.len()).unwrap_or(u8::MAX).min(63);
            let province = *provinces.entry(province).or_insert(next);
            table.add(Unit { province, kind, official, stem, short: Cow::Borrowed(stem) });
        }
        for i in 0..table.units.len() {
            let unit = &mut table.units[i];
            if !unit.kind.is_province() && unit.kind == Kind::Autonomous && provinces.contains_key(unit.stem) {
                unit.short = Cow::Owned(format!("{}州", unit.stem));
            }
        }
        for row in rows(counties) {
            let (Some(&province), Some(names)) = (row.first().and_then(|p| provinces.get(p)), row.get(1)) else { continue };
            for name in names.split(' ') {
                table.counties.insert((province, name));
                let short = ["自治县", "自治旗", "区", "县", "市", "旗"].iter().find_map(|end| name.strip_suffix(end));
                if let Some(stem) = short.and_then(|short| table.stems.get_mut(short)) {
                    stem.mask |= 1 << province;
                }
            }
        }
        table
    }

    fn add(&mut self, unit: Unit) {
        let index = self.units.len();
        let stem = self.stems.entry(unit.stem).or_default();
        let place = if unit.kind.is_province() { &mut stem.province } else { &mut stem.below };
        *place = Some(index);
        stem.mask |= unit.mask();
        stem.bare_in_text |= unit.kind != Kind::Direct;
        stem.bare_in_field |= unit.kind != Kind::Direct || unit.official.ends_with('市');
        self.official.insert(unit.official, index);
        if unit.kind == Kind::Autonomous {
            self.autonomous.push(index);
        }
        if unit.official == "内蒙古自治区" {
            let spoken = Stem { province: Some(index), mask: unit.mask(), bare_in_field: true, bare_in_text: true, below: None };
            self.stems.insert("内蒙", spoken);
        }
        self.units.push(unit);
    }

    /// The unit of an official name.
    pub(super) fn official(&self, name: &str) -> Option<&Unit> {
        self.official.get(name).map(|&i| &self.units[i])
    }

    /// What a name without its ending can be.
    pub(super) fn stem(&self, name: &str) -> Option<&Stem> {
        self.stems.get(name)
    }

    /// Whether a province has a county-level unit of this official name.
    pub(super) fn is_county(&self, province: u8, name: &str) -> bool {
        self.counties.contains(&(province, name))
    }

    /// The longest name with which a text begins.
    pub(super) fn stem_at_start(&self, text: &str) -> Option<(&'static str, &Stem)> {
        let mut ends = [0; LONGEST];
        let mut count = 0;
        for ((at, c), end) in text.char_indices().zip(&mut ends) {
            *end = at + c.len_utf8();
            count += 1;
        }
        ends.get(1..count)?
            .iter()
            .rev()
            .find_map(|&end| self.stems.get_key_value(&text[..end]))
            .filter(|(_, s)| s.bare_in_text)
            .map(|(k, s)| (*k, s))
    }

    /// The longest name with which a text ends, of those that `pick` takes.
    pub(super) fn stem_at_end(&self, text: &str, pick: impl Fn(&Stem) -> Option<usize>) -> Option<usize> {
        let mut starts = [0; LONGEST];
        let mut count = 0;
        for ((at, _), start) in text.char_indices().rev().zip(&mut starts) {
            *start = at;
            count += 1;
        }
        starts.get(1..count)?.iter().rev().find_map(|&start| self.stems.get(&text[start..]).and_then(&pick))
    }
}
