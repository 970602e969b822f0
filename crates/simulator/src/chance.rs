//! Chance that can be repeated: a number from a seed and what it is for. The same on every machine and in every version.

/// A number from a seed and texts; FNV-1a, mixed so that neighbours differ in every bit.
pub(crate) fn number(seed: u64, parts: &[&str]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ seed;
    for part in parts {
        for byte in part.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    mixed(hash)
}

/// A number from 0 (included) to 1 (excluded).
pub(crate) fn share(seed: u64, parts: &[&str]) -> f64 {
    // 53 bits: all that an f64 holds exactly.
    #[allow(clippy::cast_precision_loss, reason = "53 bits fit")]
    let bits = (number(seed, parts) >> 11) as f64;
    bits / 9_007_199_254_740_992.0
}

/// The place of a number among `count`, 0 where there is none to choose from.
pub(crate) fn choice(seed: u64, parts: &[&str], count: usize) -> usize {
    let count = u64::try_from(count.max(1)).unwrap_or(1);
    usize::try_from(number(seed, parts) % count).unwrap_or(0)
}

const fn mixed(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_and_another_gives_another() {
        assert_eq!(number(1, &["a", "b"]), number(1, &["a", "b"]));
        assert_ne!(number(1, &["a", "b"]), number(2, &["a", "b"]));
        assert_ne!(number(1, &["a", "b"]), number(1, &["ab"]));
    }

    #[test]
    fn shares_are_spread_evenly() {
        let below = (0..10_000).filter(|n| share(7, &[&n.to_string()]) < 0.2).count();
        assert!((1_800..2_200).contains(&below), "{below}");
    }
}
