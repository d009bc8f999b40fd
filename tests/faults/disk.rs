//! A disk that can lose its power and run full.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::StorageBackend;

/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

/// A disk. What was not synced is lost in a power cut, or kept in part, a sector at a time and in any order.
#[derive(Clone, Debug)]
pub struct Disk(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    /// What is on the platter.
    durable: Vec<u8>,
    /// What readers see.
    current: Vec<u8>,
    /// What was written since the last sync, in order.
    unsynced: Vec<Written>,
    /// How many more operations there is power for.
    operations: u64,
    full: bool,
    chance: Chance,
}

#[derive(Debug)]
enum Written {
    Length(usize),
    Bytes(usize, Vec<u8>),
}

impl Disk {
    /// A disk that holds `image` and loses its power in the middle of an operation after `operations` others.
    pub fn new(image: Vec<u8>, operations: u64, chance: Chance) -> Self {
        let inner =
            Inner { durable: image.clone(), current: image, unsynced: Vec::new(), operations, full: false, chance };
        Self(Arc::new(Mutex::new(inner)))
    }

    /// What is left after the power cut.
    pub fn survives(&self) -> Vec<u8> {
        let mut disk = self.lock();
        disk.operations = 0;
        let disk = &mut *disk;
        // Sometimes everything is lost, sometimes next to nothing.
        let kept_in_ten = disk.chance.below(11);
        let mut image = std::mem::take(&mut disk.durable);
        for written in disk.unsynced.drain(..) {
            match written {
                Written::Length(length) if disk.chance.below(10) < kept_in_ten => image.resize(length, 0),
                Written::Length(_) => {}
                Written::Bytes(offset, bytes) => {
                    let mut at = offset;
                    for sector in bytes.chunks(SECTOR) {
                        if disk.chance.below(10) < kept_in_ten {
                            put(&mut image, at, sector);
                        }
                        at += sector.len();
                    }
                }
            }
        }
        image
    }

    /// From now on nothing can be written, or everything can again.
    pub fn set_full(&self, full: bool) {
        self.lock().full = full;
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn powered(&self) -> io::Result<MutexGuard<'_, Inner>> {
        let mut disk = self.lock();
        disk.operations = disk.operations.saturating_sub(1);
        if disk.operations == 0 { Err(io::Error::other("no power")) } else { Ok(disk) }
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.powered()?.current.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let disk = self.powered()?;
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let bytes = disk.current.get(start..start + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(bytes);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let length = usize::try_from(len).map_err(io::Error::other)?;
        let mut disk = self.powered()?;
        if disk.full && length > disk.current.len() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        disk.current.resize(length, 0);
        disk.unsynced.push(Written::Length(length));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut disk = self.powered()?;
        let disk = &mut *disk;
        for written in disk.unsynced.drain(..) {
            match written {
                Written::Length(length) => disk.durable.resize(length, 0),
                Written::Bytes(offset, bytes) => put(&mut disk.durable, offset, &bytes),
            }
        }
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let mut disk = self.lock();
        if disk.full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        // The write in which the power fails may still reach the platter in part.
        disk.unsynced.push(Written::Bytes(start, data.to_vec()));
        drop(disk);
        let mut disk = self.powered()?;
        put(&mut disk.current, start, data);
        Ok(())
    }
}

fn put(image: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if image.len() < end {
        image.resize(end, 0);
    }
    image[offset..end].copy_from_slice(bytes);
}

/// Chance that can be repeated (Steele, Lea, Flood: Fast splittable pseudorandom number generators).
#[derive(Clone, Debug)]
pub struct Chance(pub u64);

impl Chance {
    /// A number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}
