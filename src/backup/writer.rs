//! From a store to the bytes of a file.

use std::io::{self, Write as _};

use flate2::Compression;
use flate2::write::DeflateEncoder;
use futures_util::StreamExt as _;
use futures_util::stream::{self, Stream};
use sha2::{Digest as _, Sha256};

use super::{MAGIC, MAX_RECORD, Origin, VERSION};
use crate::domain::Timestamp;
use crate::store::codec::encode;
use crate::store::{Result, Store, StoreError};

/// How long a chunk is at least, in bytes; the last one may be shorter.
const CHUNK: usize = 64 << 10;
/// After how many entries others on the same thread have their turn.
const TURN: usize = 64;

/// A backup of a store, in chunks: the file is all of them, one after the other, and nothing is a backup that misses the
/// last. Compresses on the thread that asks, some milliseconds a chunk. Memory: a chunk and the longest record.
///
/// The dump begins with this call, and holds what it must of the store until the stream is dropped.
pub fn chunks(store: &dyn Store, now: Timestamp) -> impl Stream<Item = Result<Vec<u8>>> + Send + use<> {
    let entries = store.dump();
    let first = Encoder::new(&Origin { taken: now, release: env!("CARGO_PKG_VERSION").into() });
    stream::try_unfold(Some((entries, first)), |state| async move {
        let Some((mut entries, encoder)) = state else { return Ok(None) };
        let mut encoder = encoder?;
        for count in 1.. {
            let Some(entry) = entries.next().await else { break };
            if let Some(chunk) = encoder.add(&encode(&entry?))? {
                return Ok(Some((chunk, Some((entries, Ok(encoder))))));
            }
            if usize::is_multiple_of(count, TURN) {
                tokio::task::yield_now().await;
            }
        }
        Ok(Some((encoder.finish()?, None)))
    })
}

struct Encoder {
    body: DeflateEncoder<Vec<u8>>,
    sum: Sha256,
    entries: u64,
}

impl Encoder {
    fn new(origin: &Origin) -> Result<Self> {
        let head = [MAGIC, VERSION.to_string().as_bytes(), b"\n"].concat();
        let mut encoder = Self { body: DeflateEncoder::new(head, Compression::fast()), sum: Sha256::new(), entries: 0 };
        encoder.frame(&encode(origin)).map_err(|error| failed(&error))?;
        Ok(encoder)
    }

    /// Adds a record; a chunk, if there is enough for one.
    fn add(&mut self, record: &[u8]) -> Result<Option<Vec<u8>>> {
        if record.is_empty() || record.len() > MAX_RECORD {
            return Err(StoreError::Unreadable("one record is too long for a backup".into()));
        }
        self.frame(record).map_err(|error| failed(&error))?;
        self.entries += 1;
        if self.body.get_ref().len() < CHUNK {
            return Ok(None);
        }
        let chunk = std::mem::take(self.body.get_mut());
        self.sum.update(&chunk);
        Ok(Some(chunk))
    }

    fn frame(&mut self, record: &[u8]) -> io::Result<()> {
        self.body.write_all(&u32::try_from(record.len()).unwrap_or(u32::MAX).to_be_bytes())?;
        self.body.write_all(record)
    }

    fn finish(mut self) -> Result<Vec<u8>> {
        self.body.write_all(&[0; 4]).map_err(|error| failed(&error))?;
        self.body.write_all(&self.entries.to_be_bytes()).map_err(|error| failed(&error))?;
        let mut last = self.body.finish().map_err(|error| failed(&error))?;
        self.sum.update(&last);
        last.extend_from_slice(&self.sum.finalize());
        Ok(last)
    }
}

fn failed(error: &io::Error) -> StoreError {
    StoreError::Unavailable(format!("the backup cannot be compressed: {error}"))
}
