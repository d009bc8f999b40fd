//! Timers: by them what ends by itself is found without a look at everything.
//!
//! A timer says when to look at something, never that it has ended. If the session lives on when the timer goes off, it
//! is set to the new deadline. So a heartbeat writes one record and no timer. An act that makes something sets its
//! first timer in the same transaction, not later than its deadline.

use std::time::Duration;

use redb::ReadableTable as _;

use super::read::{session_key, session_of};
use super::schema::TxnError;
use super::txn::Txn;
use crate::domain::{ClosedSession, Expire, NativeLogin, ProviderSession, SessionKey, Timestamp, TokenDigest, UserId};

/// How many timers one act looks at, at most.
const MAX_TIMERS: usize = 100;
/// When to look again at what could not be read.
const RETRY_DELAY: Duration = Duration::from_secs(60);

/// What to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Timer {
    Session(UserId, SessionKey),
    Login(TokenDigest),
    Native(TokenDigest),
    TakenOver(TokenDigest),
    ProviderSession(ProviderSession),
}

impl Timer {
    fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Session(user, session) => [&[1], session_key(*user, session).as_slice()].concat(),
            Self::Login(state) => [&[2], state.0.as_slice()].concat(),
            Self::Native(native) => [&[3], native.0.as_slice()].concat(),
            Self::TakenOver(token) => [&[4], token.0.as_slice()].concat(),
            Self::ProviderSession(session) => [&[5], session.0.as_slice()].concat(),
        }
    }

    /// `None` if it is of a kind that a later release knows.
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (kind, rest) = bytes.split_first()?;
        let digest = || rest.first_chunk().copied().map(TokenDigest);
        match kind {
            1 => session_of(rest).ok().map(|(user, session)| Self::Session(user, session)),
            2 => digest().map(Self::Login),
            3 => digest().map(Self::Native),
            4 => digest().map(Self::TakenOver),
            5 => digest().map(|digest| Self::ProviderSession(ProviderSession(digest.0))),
            _ => None,
        }
    }
}

impl Txn<'_> {
    /// Sets a timer.
    pub(super) fn set_timer(&mut self, when: Timestamp, timer: &Timer) -> Result<(), TxnError> {
        self.changed = true;
        self.tables.timers.insert((when.millis(), timer.to_bytes().as_slice()), ())?;
        Ok(())
    }

    /// Removes the timer that was set for this instant.
    pub(super) fn clear_timer(&mut self, when: Timestamp, timer: &Timer) -> Result<(), TxnError> {
        self.changed = true;
        self.tables.timers.remove((when.millis(), timer.to_bytes().as_slice()))?;
        Ok(())
    }

    /// Takes some timers that went off, and ends what is due.
    pub(super) fn close_due(&mut self, now: Timestamp) -> Result<(), TxnError> {
        let mut fired = Vec::new();
        for entry in self.tables.timers.range((0, [].as_slice())..(now.millis() + 1, [].as_slice()))?.take(MAX_TIMERS) {
            let (key, _) = entry?;
            let (when, timer) = key.value();
            fired.push((when, timer.to_vec()));
        }
        for (when, key) in fired {
            let next = match Timer::from_bytes(&key).map(|timer| self.fire(timer, now)) {
                Some(Ok(next)) => next,
                // A record that cannot be read does not keep the others from ending.
                Some(Err(TxnError::Record(_))) | None => Some(now.plus(RETRY_DELAY)),
                Some(Err(fault)) => return Err(fault),
            };
            self.changed = true;
            self.tables.timers.remove((when, key.as_slice()))?;
            if let Some(next) = next {
                self.tables.timers.insert((next.millis(), key.as_slice()), ())?;
            }
        }
        Ok(())
    }

    /// Ends it, if it is due; else says when to look again.
    fn fire(&mut self, timer: Timer, now: Timestamp) -> Result<Option<Timestamp>, TxnError> {
        match timer {
            Timer::Session(user, session) => {
                let next = self.command(user, &Expire { session: Some(session) }, now)?;
                // A user who is gone has no sessions.
                Ok(next.unwrap_or_default())
            }
            Timer::Login(state) => {
                let Some(login) = self.login(state)? else { return self.forget_used(state).map(|()| None) };
                if login.expires > now {
                    return Ok(Some(login.expires));
                }
                self.remove_login(state)?;
                self.closed.push(ClosedSession::never_opened(login.session));
                if let Some(native) = login.native {
                    self.fail_native(native, now)?;
                }
                Ok(None)
            }
            Timer::Native(native) => match self.native(native)? {
                Some((until, _)) if until > now => Ok(Some(until)),
                Some((_, NativeLogin::Pending)) => self.fail_native(native, now).map(|()| None),
                Some(_) => self.remove_native(native).map(|()| None),
                None => Ok(None),
            },
            // Its time never changes.
            Timer::TakenOver(token) => self.forget_taken_over(token).map(|()| None),
            // Another note clears the timer of the one before.
            Timer::ProviderSession(session) => self.forget_provider_session(session).map(|()| None),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{ClientKey, SessionId};
    use crate::store::embedded::read::user_id;

    proptest! {
        #[test]
        fn a_timer_reads_as_written_and_nothing_else_does(ids in any::<[[u8; 16]; 2]>(), text in ".{1,40}", bytes in any::<Vec<u8>>()) {
            let [one, other] = ids.map(uuid::Uuid::from_bytes);
            let user = user_id(&ids[0]);
            let [client, named] = [ClientKey::Uuid(other), ClientKey::Text(text.into())].map(SessionKey::Client);
            for timer in [
                Timer::Session(user, SessionKey::Directory(SessionId(other))),
                Timer::Session(user, client),
                Timer::Session(user, named),
                Timer::Login(TokenDigest(*one.as_bytes())),
                Timer::Native(TokenDigest(*other.as_bytes())),
                Timer::TakenOver(TokenDigest(*other.as_bytes())),
                Timer::ProviderSession(ProviderSession(*other.as_bytes())),
            ] {
                prop_assert_eq!(Timer::from_bytes(&timer.to_bytes()), Some(timer));
            }
            if let Some(timer) = Timer::from_bytes(&bytes) {
                prop_assert!(bytes.starts_with(&timer.to_bytes()));
            }
        }
    }
}
