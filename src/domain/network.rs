//! The network an attempt comes from: an IPv4 address, or the /64 of an IPv6 address.

use std::net::{IpAddr, Ipv6Addr};

/// One network as throttling counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network([u8; 9]);

impl Network {
    /// The network of an address; an IPv4-mapped IPv6 address counts as its IPv4 address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        let mut bytes = [0; 9];
        match address.to_canonical() {
            IpAddr::V4(v4) => {
                bytes[0] = 4;
                bytes[1..5].copy_from_slice(&v4.octets());
            }
            IpAddr::V6(v6) => {
                bytes[0] = 6;
                bytes[1..9].copy_from_slice(&Ipv6Addr::octets(&v6)[..8]);
            }
        }
        Self(bytes)
    }

    /// A stable form for keys and records: the IP version, then the address or prefix, zero-padded.
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
}
