//! Whether all of a backup has arrived.

use sha2::{Digest as _, Sha256};

use super::SUM;

/// Watches a backup go by, chunk by chunk.
#[derive(Default)]
pub struct Arriving {
    sum: Sha256,
    /// The last bytes so far, which are the sum if nothing follows.
    last: Vec<u8>,
}

impl Arriving {
    /// Takes note of the next chunk.
    pub fn pass(&mut self, chunk: &[u8]) {
        self.last.extend_from_slice(chunk);
        let before = self.last.len().saturating_sub(SUM);
        self.sum.update(&self.last[..before]);
        self.last.drain(..before);
    }

    /// Whether what went by is a whole backup.
    #[must_use]
    pub fn is_whole(self) -> bool {
        *self.last == *self.sum.finalize()
    }
}
