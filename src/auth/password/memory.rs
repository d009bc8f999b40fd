//! The memory that argon2 works in: kept between hashes, borrowed for hashes that need more, bounded in sum.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use argon2::Block;

use crate::domain::PasswordHash;

/// One thread's memory. Nothing is allocated before the first hash.
///
/// It is not wiped between hashes, which would cost a tenth of the time: every block is a digest of salt and password,
/// worth no more to who can read it than the stored hash, and the next hash overwrites it.
pub(super) struct Memory {
    kept: Vec<Block>,
    keep: usize,
    surplus: Arc<SpareMemory>,
}

impl Memory {
    /// Memory that keeps `keep` blocks of 1 KiB once it has needed any.
    pub fn new(keep: usize, surplus: Arc<SpareMemory>) -> Self {
        Self { kept: Vec::new(), keep, surplus }
    }

    /// Works in `count` blocks, at most [`PasswordHash::MAX_MEMORY_KIB`].
    ///
    /// More than are kept are allocated for this once, instead of those kept, and wait until the sum that all threads
    /// have so allocated leaves room for them.
    pub fn with<T>(&mut self, count: usize, work: impl FnOnce(&mut [Block]) -> T) -> argon2::Result<T> {
        if count <= self.keep {
            resize(&mut self.kept, self.keep)?;
            return Ok(work(&mut self.kept));
        }
        self.kept = Vec::new();
        let _share = self.surplus.borrow(count);
        let mut once = Vec::new();
        resize(&mut once, count)?;
        Ok(work(&mut once))
    }
}

fn resize(blocks: &mut Vec<Block>, count: usize) -> argon2::Result<()> {
    let missing = count.saturating_sub(blocks.len());
    blocks.try_reserve_exact(missing).map_err(|_| argon2::Error::OutOfMemory)?;
    blocks.resize(count, Block::new());
    Ok(())
}

/// What all threads together may allocate beyond what they keep: [`PasswordHash::MAX_MEMORY_KIB`], so one such hash at least.
pub(super) struct SpareMemory {
    /// Whoever waits holds it, so that many small shares cannot starve a large one.
    turn: Mutex<()>,
    left: Mutex<usize>,
    returned: Condvar,
}

impl SpareMemory {
    pub fn new() -> Self {
        Self { turn: Mutex::new(()), left: Mutex::new(PasswordHash::MAX_MEMORY_KIB as usize), returned: Condvar::new() }
    }

    fn borrow(&self, count: usize) -> Share<'_> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let left = self.returned.wait_while(left, |left| *left < count);
        *left.unwrap_or_else(PoisonError::into_inner) -= count;
        Share { of: self, count }
    }
}

struct Share<'a> {
    of: &'a SpareMemory,
    count: usize,
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        *self.of.left.lock().unwrap_or_else(PoisonError::into_inner) += self.count;
        self.of.returned.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_kept_up_to_the_usual_and_given_back_beyond() -> argon2::Result<()> {
        let surplus = Arc::new(SpareMemory::new());
        let left = || surplus.left.lock().map(|left| *left).unwrap_or_default();
        let all = left();
        let mut memory = Memory::new(16, Arc::clone(&surplus));
        assert_eq!(memory.kept.capacity(), 0);
        assert_eq!(memory.with(8, |blocks| blocks.len())?, 16);
        assert_eq!(memory.kept.capacity(), 16);
        assert_eq!(memory.with(64, |blocks| (blocks.len(), left()))?, (64, all - 64));
        assert_eq!((memory.kept.capacity(), left()), (0, all));
        Ok(())
    }

    #[test]
    fn a_share_waits_until_there_is_room() -> Result<(), Box<dyn std::error::Error>> {
        let surplus = SpareMemory::new();
        let (report, reported) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            let all = surplus.borrow(PasswordHash::MAX_MEMORY_KIB as usize);
            scope.spawn(|| {
                let _one = surplus.borrow(1);
                report.send(())
            });
            assert!(reported.try_recv().is_err());
            drop(all);
            reported.recv()
        })?;
        Ok(())
    }
}
