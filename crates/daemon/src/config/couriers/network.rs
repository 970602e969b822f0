//! Addresses and networks, as operators write them: `218.17.248.5`, `218.17.248.0/24`, `2001:db8::/32`.

use std::net::IpAddr;

/// A network: every address that begins with the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// Reads one. A bare address is a network of its own.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.trim().split_once('/') {
            Some((address, bits)) => (address.parse::<IpAddr>().ok()?, Some(bits.parse::<u8>().ok()?)),
            None => (text.trim().parse::<IpAddr>().ok()?, None),
        };
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        (bits <= most).then_some(Network { address, bits })
    }

    /// Whether it is every address that there is.
    #[must_use]
    pub const fn is_everybody(&self) -> bool {
        self.bits == 0
    }

    /// Whether an address belongs to it. An IPv4 address that came over IPv6 counts as itself.
    #[must_use]
    pub fn holds(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => same(own.to_bits().into(), other.to_bits().into(), 32 - self.bits),
            (IpAddr::V6(own), IpAddr::V6(other)) => same(own.to_bits(), other.to_bits(), 128 - self.bits),
            _ => false,
        }
    }
}

/// Whether two addresses differ in the last bits only.
fn same(a: u128, b: u128, last: u8) -> bool {
    a.checked_shr(last.into()).unwrap_or(0) == b.checked_shr(last.into()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_what_begins_alike() {
        let holds = |network: &str, address: &str| Network::parse(network).unwrap().holds(address.parse().unwrap());
        assert!(holds("218.17.248.0/24", "218.17.248.255") && !holds("218.17.248.0/24", "218.17.249.0"));
        assert!(holds("218.17.248.5", "::ffff:218.17.248.5") && !holds("218.17.248.5", "218.17.248.6"));
        assert!(holds("2001:db8::/32", "2001:db8:1::1") && !holds("2001:db8::/32", "2001:db9::1"));
        assert!(holds("0.0.0.0/0", "1.2.3.4") && !holds("0.0.0.0/0", "::1") && holds("::/0", "::1"));
        for bad in ["", "218.17.248", "218.17.248.0/33", "::/129", "a/8", "1.2.3.4/", "1.2.3.4/-1"] {
            assert_eq!(Network::parse(bad), None, "{bad}");
        }
    }
}
