//! Money: decimal yuan, written as a string (`"59.90"`). Never a float.

use rust_decimal::Decimal;

/// An amount in yuan, at most two decimals kept as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Money(Decimal);

impl Money {
    /// Nothing.
    pub const ZERO: Money = Money(Decimal::ZERO);

    /// Reads a decimal string such as `59.90`.
    ///
    /// # Errors
    /// [`BadMoney`] where it is no plain decimal of yuan between 0 and 1,000,000,000 with at most two decimals.
    pub fn parse(text: &str) -> Result<Self, BadMoney> {
        let bad = || BadMoney(text.chars().take(40).collect());
        let plain = !text.is_empty() && text.len() <= 16 && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        if !plain {
            return Err(bad());
        }
        let amount = Decimal::from_str_exact(text).map_err(|_| bad())?;
        if amount.scale() > 2 || amount > Decimal::from(1_000_000_000_u32) { Err(bad()) } else { Ok(Money(amount)) }
    }

    /// From whole fen.
    #[must_use]
    pub fn from_fen(fen: i64) -> Self {
        Money(Decimal::new(fen, 2))
    }

    /// In whole fen, for indexes and sums.
    #[must_use]
    pub fn fen(self) -> i64 {
        (self.0 * Decimal::ONE_HUNDRED).try_into().unwrap_or(i64::MAX)
    }
}

impl std::ops::Add for Money {
    type Output = Money;
    fn add(self, other: Money) -> Money {
        Money(self.0.saturating_add(other.0))
    }
}

impl std::ops::Mul<u32> for Money {
    type Output = Money;
    fn mul(self, times: u32) -> Money {
        Money(self.0.saturating_mul(Decimal::from(times)))
    }
}

impl std::fmt::Display for Money {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.2}", self.0)
    }
}

impl serde::Serialize for Money {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Money {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Text;
        impl serde::de::Visitor<'_> for Text {
            type Value = Money;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a decimal string in yuan such as \"59.90\"")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Money, E> {
                Money::parse(text).map_err(E::custom)
            }
        }
        d.deserialize_str(Text)
    }
}

/// A text that is no amount in yuan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an amount in yuan (such as 59.90)")]
pub struct BadMoney(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_yuan() {
        assert_eq!(Money::parse("129").unwrap().to_string(), "129.00");
        assert_eq!(Money::parse("59.90").unwrap().fen(), 5990);
        for bad in ["", "-1", "1e3", "1.234", "abc", "１２", "99999999999"] {
            assert!(Money::parse(bad).is_err(), "{bad}");
        }
    }
}
