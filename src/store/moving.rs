//! Holding changes, so that a store can move to another one without losing any.

use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use super::Result;

/// How long changes are held unless that is renewed. So a move that was killed is in nobody's way for long.
pub const HELD_FOR: Duration = Duration::from_secs(15);

/// A step of a move. `by` is a random id of the move: no other one goes on with what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HoldStep {
    /// Hold changes for [`HELD_FOR`], if nobody holds them. What the move holds for good stays so.
    Begin {
        /// Of the move.
        by: Uuid,
    },
    /// Hold them for [`HELD_FOR`] from now on, if the move has held them without a gap. What it holds for good stays so.
    Renew {
        /// Of the move.
        by: Uuid,
    },
    /// Hold them for good, if the move has held them without a gap: everything is in another store. Taken again, it
    /// tells whether they are held still.
    Keep {
        /// Of the move.
        by: Uuid,
        /// The URL of the other store.
        to: Box<str>,
    },
    /// Hold them no more, if this move does, also for good.
    Lift {
        /// Of the move.
        by: Uuid,
    },
    /// Hold them no more, whoever does.
    Undo,
}

/// What a store does for a move to another one.
#[async_trait]
pub trait Moving: Send + Sync {
    /// Takes a step. False if it could not be taken; then a move that held changes has lost its hold.
    ///
    /// While changes are held, everything that would change what a [`Dump`](super::Dump) has fails with
    /// [`StoreError::Held`](super::StoreError::Held), on every server of the store. Once [`HoldStep::Begin`] has returned,
    /// what is acknowledged is in every dump that begins then. Reads, and what no dump has, go on; so does what fills a store.
    /// As with every error, a change that failed so may have happened all the same.
    async fn hold(&self, step: HoldStep) -> Result<bool>;

    /// The URL of the store to which this one has moved: changes are held for good.
    async fn moved_to(&self) -> Result<Option<String>>;
}
