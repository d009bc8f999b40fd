//! The hash tags of the shards. The keys of all that a user has carry the tag of the user's shard, so they lie in one
//! slot.

use crate::domain::Shard;

pub(super) const fn tag(shard: Shard) -> &'static str {
    TAGS[shard.index()]
}

/// The i-th tag lies in the i-th 256 of a Cluster's 16,384 slots, so that the primaries that share the slots evenly
/// share the users evenly.
#[rustfmt::skip]
const TAGS: [&str; Shard::COUNT] = [
    "mm", "6q", "9i", "e8", "29", "21", "ap", "ax", "0j", "kv", "dn", "df", "3g", "o6", "gc", "xw",
    "8g", "d6", "lc", "02", "g3", "4c", "on", "4r", "99", "91", "1d", "m5", "fm", "yy", "2i", "iu",
    "7a", "k0", "ce", "8y", "4l", "op", "x9", "x1", "jf", "1z", "zj", "b3", "ik", "2w", "yg", "fs",
    "bk", "9w", "6o", "ms", "af", "an", "5b", "i3", "c5", "dp", "kh", "0t", "xi", "xa", "he", "44",
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The slot of a tag, by the specification of Redis Cluster: CRC-16/XMODEM modulo 16,384.
    fn slot(tag: &str) -> usize {
        let crc = tag.bytes().fold(0_u16, |crc, byte| {
            (0..8).fold(crc ^ u16::from(byte) << 8, |crc, _| if crc >> 15 == 1 { crc << 1 ^ 0x1021 } else { crc << 1 })
        });
        usize::from(crc % 16_384)
    }

    #[test]
    fn the_shards_lie_evenly_over_the_slots() {
        assert_eq!(slot("123456789"), 0x31C3, "the check value of the specification");
        let stretches: Vec<_> = TAGS.iter().map(|tag| slot(tag) / 256).collect();
        assert_eq!(stretches, (0..Shard::COUNT).collect::<Vec<_>>());
    }
}
