//! Ending logins whose time is up.

use futures_util::future::join_all;
use uuid::Uuid;

use super::{RedisStore, new_id, scripts};
use crate::domain::{ClosedSession, NativeLogin, Network, PendingLogin, SessionId, TokenDigest};
use crate::store::codec::encode;
use crate::store::{Result, StoreError};

/// How many logins are ended at once.
const AT_ONCE: usize = 100;

impl RedisStore {
    /// Ends some logins whose time is up. True if there may be more.
    pub(super) async fn give_up_some(&self) -> Result<bool> {
        let mut past = scripts::PAST.on(&[self.keys.logins()]);
        let entries: Vec<Vec<u8>> = self.client.eval(past.arg(AT_ONCE)).await?;
        let mut failed = None;
        for outcome in join_all(entries.iter().map(|entry| self.give_up(entry))).await {
            match outcome {
                Ok(session) => self.shared.events.emit(session.map(ClosedSession::never_opened)),
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(entries.len() == AT_ONCE), Err)
    }

    /// Ends a login, and tells its native client. Returns the id that its session would have had; `None` if somebody
    /// else has ended the login.
    async fn give_up(&self, entry: &[u8]) -> Result<Option<SessionId>> {
        let (state, session, network, native) = read_entry(entry)?;
        let mut keys = vec![self.keys.login(state), self.keys.logins(), self.keys.logins_from(network)];
        keys.extend(native.map(|native| self.keys.native(native)));
        let mut call = scripts::GIVE_UP.on(&keys);
        call.arg(&new_id()?).arg(entry).arg(&state.0);
        if let Some(native) = native {
            call.arg(encode(&NativeLogin::Pending)).arg(encode(&NativeLogin::Failed));
            call.arg(NativeLogin::FAILURE_KEPT.as_millis()).arg(self.keys.decided()).arg(&native.0);
        }
        let ended: bool = self.client.eval(&call).await?;
        Ok(ended.then_some(session))
    }
}

/// A login's entry in the sorted set of all logins. It has what ending the login takes, since the record may be gone by
/// then: state, session, network, and the native token if there is one.
pub(super) fn entry(state: TokenDigest, login: &PendingLogin) -> Vec<u8> {
    let native = login.native.map_or_else(Vec::new, |native| native.0.to_vec());
    [&state.0[..], login.session.0.as_bytes(), &login.network.to_bytes(), &native].concat()
}

type LoginEntry = (TokenDigest, SessionId, Network, Option<TokenDigest>);

fn read_entry(entry: &[u8]) -> Result<LoginEntry> {
    let parts = || {
        let (state, rest) = entry.split_first_chunk()?;
        let (session, rest) = rest.split_first_chunk()?;
        let (network, native) = rest.split_first_chunk()?;
        let session = SessionId(Uuid::from_bytes(*session));
        let native = if native.is_empty() { None } else { Some(TokenDigest(native.try_into().ok()?)) };
        Some((TokenDigest(*state), session, Network::from_bytes(*network), native))
    };
    parts().ok_or_else(damaged)
}

fn damaged() -> StoreError {
    StoreError::Unreadable("login under way: damaged".into())
}
