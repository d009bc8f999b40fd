//! The memory that argon2 works in: kept between hashes, allocated for hashes that need more, bounded in sum.

use std::sync::Arc;

use argon2::Block;
use futures_executor::block_on;
use tokio::sync::Semaphore;

use crate::domain::PasswordHash;

/// One thread's memory. Nothing is allocated before the first hash.
///
/// It is not wiped between hashes, which would cost a tenth of the time. Every block is a digest of salt and password,
/// so it reveals no more than the stored hash, and the next hash overwrites it.
pub(super) struct Memory {
    kept: Vec<Block>,
    keep: usize,
    surplus: Arc<Semaphore>,
}

impl Memory {
    /// Memory that keeps `keep` blocks of 1 KiB once it has needed any.
    pub fn new(keep: usize, surplus: Arc<Semaphore>) -> Self {
        Self { kept: Vec::new(), keep, surplus }
    }

    /// Works in `count` blocks, at most [`PasswordHash::MAX_MEMORY_KIB`].
    ///
    /// If that is more than are kept, the kept ones are freed, and as many as needed are allocated for this once, as
    /// soon as the surplus has room for them.
    pub fn with<T>(&mut self, count: usize, work: impl FnOnce(&mut [Block]) -> T) -> argon2::Result<T> {
        if count <= self.keep {
            resize(&mut self.kept, self.keep)?;
            return Ok(work(&mut self.kept));
        }
        let blocks = u32::try_from(count).map_err(|_| argon2::Error::MemoryTooMuch)?;
        self.aside(blocks, || {
            let mut once = Vec::new();
            resize(&mut once, count)?;
            Ok(work(&mut once))
        })
    }

    /// Does work that allocates so much memory itself, at most [`PasswordHash::MAX_MEMORY_KIB`]. The kept blocks are
    /// freed first, if it is more than them.
    pub fn aside<T>(&mut self, kib: u32, work: impl FnOnce() -> T) -> T {
        if usize::try_from(kib).unwrap_or(usize::MAX) > self.keep {
            self.kept = Vec::new();
        }
        // It fails for closed semaphores only, and nothing closes this one.
        let _share = block_on(self.surplus.acquire_many(kib));
        work()
    }
}

fn resize(blocks: &mut Vec<Block>, count: usize) -> argon2::Result<()> {
    let missing = count.saturating_sub(blocks.len());
    blocks.try_reserve_exact(missing).map_err(|_| argon2::Error::OutOfMemory)?;
    blocks.resize(count, Block::new());
    Ok(())
}

/// Memory for all threads together beyond what they keep, in blocks of 1 KiB: [`PasswordHash::MAX_MEMORY_KIB`], so one
/// such hash at least. First come, first served: many small hashes cannot starve a large one.
pub(super) fn surplus() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(PasswordHash::MAX_MEMORY_KIB as usize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_kept_up_to_the_usual_and_given_back_beyond() -> argon2::Result<()> {
        let surplus = surplus();
        let left = || surplus.available_permits();
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
    fn more_than_is_kept_waits_until_there_is_room() -> Result<(), Box<dyn std::error::Error>> {
        let surplus = surplus();
        let mut memory = Memory::new(16, Arc::clone(&surplus));
        let (report, reported) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            let all = surplus.try_acquire_many(PasswordHash::MAX_MEMORY_KIB)?;
            scope.spawn(move || report.send(memory.with(64, |blocks| blocks.len())));
            assert!(reported.try_recv().is_err());
            drop(all);
            assert_eq!(reported.recv()?, Ok(64));
            Ok(())
        })
    }
}
