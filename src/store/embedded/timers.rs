//! Timers: what ends by itself is found without looking at everything.
//!
//! A timer says when to look at something, never that it has ended: when it fires and the session has been kept alive
//! since, it is set anew. So a heartbeat writes one record and no timer. Each act that makes something sets its first
//! timer in the same transaction, at the latest for its deadline.

use std::time::Duration;

use redb::ReadableTable as _;

use super::tables::{TxnError, user_id};
use super::txn::Txn;
use crate::domain::{
    CloseReason, ClosedSession, NativeLogin, SessionCommand, SessionId, Timestamp, TokenDigest, UserId,
};

/// How many timers one act looks at.
const MOST: usize = 100;
/// When to look again at what could not be read.
const AGAIN: Duration = Duration::from_secs(60);

/// What to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timer {
    Session(UserId, SessionId),
    Login(TokenDigest),
    Native(TokenDigest),
}

impl Timer {
    fn to_bytes(self) -> Vec<u8> {
        match self {
            Self::Session(user, session) => {
                [&[1], user.0.as_bytes().as_slice(), session.0.as_bytes().as_slice()].concat()
            }
            Self::Login(state) => [&[2], state.0.as_slice()].concat(),
            Self::Native(native) => [&[3], native.0.as_slice()].concat(),
        }
    }

    /// `None` if it is of a kind that a later release knows.
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (kind, rest) = bytes.split_first()?;
        let (id, rest) = rest.split_first_chunk()?;
        match kind {
            1 => Some(Self::Session(user_id(id), SessionId(uuid::Uuid::from_slice(rest).ok()?))),
            2 => Some(Self::Login(TokenDigest(*id))),
            3 => Some(Self::Native(TokenDigest(*id))),
            _ => None,
        }
    }
}

impl Txn<'_> {
    /// Sets a timer.
    pub(super) fn set_timer(&mut self, when: Timestamp, timer: Timer) -> Result<(), TxnError> {
        self.changed = true;
        self.directory.timers.insert((when.millis(), timer.to_bytes().as_slice()), ())?;
        Ok(())
    }

    /// Takes away the timer that was set for then.
    pub(super) fn clear_timer(&mut self, when: Timestamp, timer: Timer) -> Result<(), TxnError> {
        self.changed = true;
        self.directory.timers.remove((when.millis(), timer.to_bytes().as_slice()))?;
        Ok(())
    }

    /// Looks at some of what timers have run out for, and ends what is due.
    pub(super) fn close_due(&mut self, now: Timestamp) -> Result<Vec<ClosedSession>, TxnError> {
        let mut fired = Vec::new();
        for entry in self.directory.timers.range((0, [].as_slice())..(now.millis() + 1, [].as_slice()))?.take(MOST) {
            let (key, _) = entry?;
            let (when, timer) = key.value();
            fired.push((when, timer.to_vec()));
        }
        let mut ended = Vec::new();
        for (when, key) in fired {
            let next = match Timer::from_bytes(&key).map(|timer| self.fire(timer, now, &mut ended)) {
                Some(Ok(next)) => next,
                // One record that cannot be read must not keep the others from ending.
                Some(Err(TxnError::Record(_))) | None => Some(now.plus(AGAIN)),
                Some(Err(fault)) => return Err(fault),
            };
            self.changed = true;
            self.directory.timers.remove((when, key.as_slice()))?;
            if let Some(next) = next {
                self.directory.timers.insert((next.millis(), key.as_slice()), ())?;
            }
        }
        Ok(ended)
    }

    /// Ends it, if it is due; else says when to look again.
    fn fire(
        &mut self,
        timer: Timer,
        now: Timestamp,
        ended: &mut Vec<ClosedSession>,
    ) -> Result<Option<Timestamp>, TxnError> {
        match timer {
            Timer::Session(user, id) => {
                let Some(mut held) = self.holdings(user)? else { return Ok(None) };
                let Some(session) = held.directory.get(&id) else { return Ok(None) };
                let Some(why) = session.overdue(now) else { return Ok(Some(session.deadline())) };
                if let Some((_, changes)) = held.update_session(&SessionCommand::Lapse { session: id }, now) {
                    self.apply(&held, &changes)?;
                    ended.push(ClosedSession { session: id, user: Some(user), why });
                }
                Ok(None)
            }
            Timer::Login(state) => {
                let Some(login) = self.login(state)? else { return self.forget_used(state).map(|()| None) };
                if login.expires > now {
                    return Ok(Some(login.expires));
                }
                self.remove_login(state)?;
                if let Some(native) = login.native {
                    self.fail_native(native, now)?;
                }
                ended.push(ClosedSession { session: login.session, user: None, why: CloseReason::NotAuthenticated });
                Ok(None)
            }
            Timer::Native(native) => match self.native(native)? {
                Some((until, _)) if until > now => Ok(Some(until)),
                Some((_, NativeLogin::Pending)) => self.fail_native(native, now).map(|()| None),
                Some(_) => self.remove_native(native).map(|()| None),
                None => Ok(None),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_timer_reads_as_written_and_nothing_else_does(ids in any::<[[u8; 16]; 2]>(), bytes in any::<Vec<u8>>()) {
            let session = SessionId(uuid::Uuid::from_bytes(ids[1]));
            let (one, other) = (TokenDigest(ids[0]), TokenDigest(ids[1]));
            for timer in [Timer::Session(user_id(&ids[0]), session), Timer::Login(one), Timer::Native(other)] {
                prop_assert_eq!(Timer::from_bytes(&timer.to_bytes()), Some(timer));
            }
            if let Some(timer) = Timer::from_bytes(&bytes) {
                prop_assert!(bytes.starts_with(&timer.to_bytes()));
            }
        }
    }
}
