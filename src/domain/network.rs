//! The network a request comes from: an IPv4 address, or the /64 of an IPv6 address and the wider networks around it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// One network as throttling counts it.
///
/// A household or a rented server has an IPv6 /56 or /48, which is 256 or 65,536 of the /64 that one machine usually
/// gets. So a bound for each /64 alone bounds nobody: see [`Self::levels`].
///
/// ```
/// use bimgate::domain::Network;
///
/// let (one, other) = (Network::of("2001:db8:1:2::1".parse()?), Network::of("2001:db8:1:3::1".parse()?));
/// assert_ne!(one, other);
/// assert_eq!(one.widest(), other.widest());
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network([u8; 9]);

/// The first byte of an IPv4 address.
const V4: u8 = 4;
/// The first byte of an IPv6 /64.
const V6: u8 = 6;

impl Network {
    /// The network of an address; an IPv4-mapped IPv6 address counts as its IPv4 address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        let mut bytes = [0; 9];
        match address.to_canonical() {
            IpAddr::V4(v4) => {
                bytes[0] = V4;
                bytes[1..5].copy_from_slice(&v4.octets());
            }
            IpAddr::V6(v6) => {
                bytes[0] = V6;
                bytes[1..9].copy_from_slice(&Ipv6Addr::octets(&v6)[..8]);
            }
        }
        Self(bytes)
    }

    /// The network of an address as people write it; an IPv6 network also as this is [displayed](fmt::Display).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let address = text.strip_suffix("/64").filter(|prefix| prefix.contains(':')).unwrap_or(text);
        address.parse().ok().map(Self::of)
    }

    /// This network and the wider ones around it, from narrow to wide: of an IPv6 /64 also its /56 and its /48; an IPv4
    /// address stands alone.
    pub fn levels(self) -> impl Iterator<Item = Self> + Clone {
        let widths: &[u8] = if self.0[0] == V6 { &[56, 48] } else { &[] };
        std::iter::once(self).chain(widths.iter().map(move |&bits| {
            let mut bytes = self.0;
            bytes[0] = bits;
            bytes[1 + usize::from(bits) / 8..].fill(0);
            Self(bytes)
        }))
    }

    /// The widest of [`Self::levels`]: a bound for it also bounds the others.
    #[must_use]
    pub fn widest(self) -> Self {
        self.levels().last().unwrap_or(self)
    }

    /// Its first address.
    #[must_use]
    pub fn first(self) -> IpAddr {
        let [kind, prefix @ ..] = self.0;
        if kind == V4 {
            let [a, b, c, d, ..] = prefix;
            return Ipv4Addr::new(a, b, c, d).into();
        }
        let mut address = [0; 16];
        address[..8].copy_from_slice(&prefix);
        Ipv6Addr::from(address).into()
    }

    /// A stable form for keys and records: the kind of network, then the address or prefix, zero-padded.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 9] {
        self.0
    }

    /// The network whose [`Self::to_bytes`] these are.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 9]) -> Self {
        Self(bytes)
    }
}

/// `192.0.2.7`, `2001:db8:1:2::/64`
impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.first(), self.0[0]) {
            (address, V4) => address.fmt(f),
            (prefix, V6) => write!(f, "{prefix}/64"),
            (prefix, bits) => write!(f, "{prefix}/{bits}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(address: &str) -> Option<Network> {
        address.parse().ok().map(Network::of)
    }

    #[test]
    fn v6_counts_by_its_64_and_mapped_v4_as_v4() {
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::9"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("::ffff:192.0.2.7"), network("192.0.2.7"));
        assert_ne!(network("192.0.2.7"), network("192.0.2.8"));
    }

    #[test]
    fn a_network_is_written_as_people_write_it() {
        let written = |address: &str| -> Option<Vec<String>> {
            Some(network(address)?.levels().map(|network| network.to_string()).collect())
        };
        assert_eq!(written("192.0.2.7"), Some(vec!["192.0.2.7".to_owned()]));
        let levels = ["2001:db8:1:203::/64", "2001:db8:1:200::/56", "2001:db8:1::/48"];
        assert_eq!(written("2001:db8:1:203::9"), Some(levels.map(str::to_owned).to_vec()));
    }

    #[test]
    fn a_network_is_read_as_it_is_written() {
        for (given, read) in [
            ("192.0.2.7", Some("192.0.2.7")),
            ("::ffff:192.0.2.7", Some("192.0.2.7")),
            ("2001:db8:1:203::9", Some("2001:db8:1:203::/64")),
            ("2001:db8:1:203::/64", Some("2001:db8:1:203::/64")),
            ("2001:db8:1::/48", None),
            ("192.0.2.7/64", None),
            ("192.0.2.0/24", None),
            ("example.org", None),
            ("", None),
        ] {
            assert_eq!(Network::parse(given).map(|network| network.to_string()).as_deref(), read, "{given}");
        }
    }

    #[test]
    fn neighbours_share_the_wider_levels_and_no_two_levels_are_one() {
        let shared = |one: &str, other: &str| -> Option<Vec<bool>> {
            let pairs = network(one)?.levels().zip(network(other)?.levels());
            Some(pairs.map(|(one, other)| one == other).collect())
        };
        assert_eq!(shared("2001:db8:1:2::1", "2001:db8:1:ff::1"), Some(vec![false, true, true]));
        assert_eq!(shared("2001:db8:1:2::1", "2001:db8:1:102::1"), Some(vec![false, false, true]));
        assert_eq!(shared("2001:db8:1:2::1", "2001:db8:2:2::1"), Some(vec![false, false, false]));
        assert_eq!(shared("192.0.2.7", "192.0.2.7"), Some(vec![true]));
        let all: std::collections::HashSet<_> = network("2001:db8::1").into_iter().flat_map(Network::levels).collect();
        assert_eq!(all.len(), 3);
    }
}
