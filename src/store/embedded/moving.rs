//! Holding changes: the writer asks before each of them, so a hold begins between two acts.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use uuid::Uuid;

use super::EmbeddedStore;
use super::schema::{Snapshot, TxnError};
use super::txn::Txn;
use crate::store::metrics::Op;
use crate::store::{HELD_FOR, HoldStep, Moving, Result, StoreError};

/// Whether changes are held.
pub(super) struct Holding(Mutex<Option<Held>>);

/// By which move, and until when.
#[derive(Clone, Copy)]
struct Held {
    by: Uuid,
    /// `None`: for good.
    until: Option<Instant>,
}

impl Holding {
    /// As the last process left it: held if the store has moved.
    pub(super) fn of(at: &Snapshot) -> std::result::Result<Self, redb::StorageError> {
        let held = at.moved.get(())?.is_some().then_some(Held { by: Uuid::nil(), until: None });
        Ok(Self(Mutex::new(held)))
    }

    /// Refuses a change while changes are held.
    pub(super) fn refuse(&self) -> std::result::Result<(), TxnError> {
        if self.held().is_some() { Err(TxnError::Record(StoreError::Held)) } else { Ok(()) }
    }

    fn held(&self) -> Option<Held> {
        let held = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.filter(|held| held.until.is_none_or(|until| Instant::now() < until))
    }

    fn is_by(&self, by: Uuid) -> bool {
        self.held().is_some_and(|held| held.by == by)
    }

    /// What is held for good stays so, also if a step from before arrives late.
    fn set(&self, by: Uuid, lasts: Option<Duration>) {
        if self.held().is_some_and(|held| held.until.is_none()) {
            return;
        }
        let until = lasts.map(|lasts| Instant::now() + lasts);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Held { by, until });
    }

    fn lift(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

#[async_trait]
impl Moving for EmbeddedStore {
    async fn hold(&self, step: HoldStep) -> Result<bool> {
        let holding = Arc::clone(&self.inner.holding);
        let lifts = matches!(step, HoldStep::Lift { .. } | HoldStep::Undo);
        let taken = self.write(Op::Backup, move |txn| txn.hold(&holding, &step)).await?;
        // Only when the mark is gone from disk: a process that takes changes has none.
        if taken && lifts {
            self.inner.holding.lift();
        }
        Ok(taken)
    }

    async fn moved_to(&self) -> Result<Option<String>> {
        self.read(Op::Backup, |snapshot| {
            let moved = snapshot.moved.get(()).map_err(TxnError::from)?;
            Ok(moved.map(|to| to.value().to_owned()))
        })
    }
}

impl Txn<'_> {
    fn hold(&mut self, holding: &Holding, step: &HoldStep) -> std::result::Result<bool, TxnError> {
        match step {
            HoldStep::Begin { by } if holding.held().is_none() || holding.is_by(*by) => {
                holding.set(*by, Some(HELD_FOR));
            }
            HoldStep::Renew { by } if holding.is_by(*by) => holding.set(*by, Some(HELD_FOR)),
            HoldStep::Keep { by, to } if holding.is_by(*by) => {
                self.changed = true;
                self.tables.moved.insert((), &**to)?;
                // Before it is on disk: a commit that fails may be there all the same.
                holding.set(*by, None);
            }
            HoldStep::Lift { by } if holding.is_by(*by) => self.unmark()?,
            HoldStep::Undo => self.unmark()?,
            HoldStep::Begin { .. } | HoldStep::Renew { .. } | HoldStep::Keep { .. } | HoldStep::Lift { .. } => {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn unmark(&mut self) -> std::result::Result<(), TxnError> {
        self.changed = true;
        self.tables.moved.remove(())?;
        Ok(())
    }
}
