//! Logins under way, and the native clients that wait for them. All keys lie together, so that one script may touch what
//! it needs.
//!
//! A login's value is the random id of the act that wrote it, then the record; the id alone, for a minute: it has
//! ended. An entry among all logins says what is needed to end it without its record: state, session, network, and
//! native token if there is one.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::join_all;
use futures_util::stream::BoxStream;
use uuid::Uuid;

use super::aggregate::new_commit_id;
use super::deadlines::AT_ONCE;
use super::{RedisStore, decisions, scripts};
use crate::domain::{Begun, Ended, Ending, NativeLogin, Network, PendingLimits, PendingLogin, SessionId, TokenDigest};
use crate::store::records::{decode_native, decode_pending, encode_native, encode_pending};
use crate::store::{Logins, Result, StoreError};

/// How long a native client is told that its login took too long, in milliseconds.
const FAILED_FOR: &[u8] = b"120000";

#[async_trait]
impl Logins for RedisStore {
    async fn begin_login(&self, state: TokenDigest, login: &PendingLogin, limits: PendingLimits) -> Result<Begun> {
        let mut keys = vec![self.keys.login(state), self.keys.logins(), self.keys.logins_from(login.network)];
        keys.extend(login.native.map(|native| self.keys.native(native)));
        let arguments = [
            value(login)?,
            entry(state, login),
            state.0.to_vec(),
            number(&login.expires.millis()),
            number(&limits.total),
            number(&limits.per_network),
            encode_native(NativeLogin::Pending),
            encode_native(NativeLogin::Failed),
        ];
        let (begun, native): (u8, Vec<u8>) =
            self.link.act(self.link.run(&scripts::BEGIN, &slices(&keys), &slices(&arguments))).await?;
        match begun {
            0 => Ok(Begun::TooMany),
            1 => Ok(Begun::Yes),
            _ => Ok(Begun::NativeInUse(decode_native(&native)?)),
        }
    }

    async fn login(&self, state: TokenDigest) -> Result<Option<PendingLogin>> {
        let value: Option<Vec<u8>> =
            self.link.act(self.link.ask(redis::cmd("GET").arg(self.keys.login(state)))).await?;
        let record = value.as_ref().and_then(|value| value.get(8..)).filter(|record| !record.is_empty());
        record.map(decode_pending).transpose()
    }

    async fn advance_login(&self, state: TokenDigest, from: &PendingLogin, to: &PendingLogin) -> Result<bool> {
        let arguments = [encode_pending(from), value(to)?];
        self.link.act(self.link.run(&scripts::ADVANCE, &[&self.keys.login(state)], &slices(&arguments))).await
    }

    async fn end_login(&self, state: TokenDigest, login: &PendingLogin) -> Result<bool> {
        let keys = [self.keys.login(state), self.keys.logins(), self.keys.logins_from(login.network)];
        let arguments = [new_commit_id()?.to_vec(), entry(state, login), state.0.to_vec(), encode_pending(login)];
        self.link.act(self.link.run(&scripts::END, &slices(&keys), &slices(&arguments))).await
    }

    async fn decide_native(&self, native: TokenDigest, outcome: NativeLogin, keep: Duration) -> Result<()> {
        let keep = number(&keep.as_millis().max(1));
        let arguments = [encode_native(outcome), keep, self.keys.decided(), native.0.to_vec()];
        self.link.act(self.link.run(&scripts::DECIDE, &[&self.keys.native(native)], &slices(&arguments))).await
    }

    async fn native_login(&self, native: TokenDigest) -> Result<Option<NativeLogin>> {
        let record: Option<Vec<u8>> =
            self.link.act(self.link.ask(redis::cmd("GET").arg(self.keys.native(native)))).await?;
        record.map(|record| decode_native(&record)).transpose()
    }

    async fn forget_native(&self, native: TokenDigest, was: NativeLogin) -> Result<()> {
        self.link.act(self.link.run(&scripts::FORGET, &[&self.keys.native(native)], &[&encode_native(was)])).await
    }

    fn decisions(&self) -> BoxStream<'static, Option<TokenDigest>> {
        decisions::listen(self.shared.clone(), self.link.clone(), self.keys.decided())
    }
}

impl RedisStore {
    /// Ends some logins whose time is up, and says whether there may be more.
    pub(super) async fn give_up_some(&self, ended: &mut Vec<Ended>) -> Result<bool> {
        let count = AT_ONCE.to_string();
        let entries: Vec<Vec<u8>> = self.link.run(&scripts::PAST, &[&self.keys.logins()], &[count.as_bytes()]).await?;
        let given_up = join_all(entries.iter().map(|entry| self.give_up(entry))).await;
        let mut failed = None;
        for outcome in given_up {
            match outcome {
                Ok(session) => ended.extend(session.map(|session| {
                    let why = Ending::NotAuthenticated;
                    Ended { session, user: None, why }
                })),
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(entries.len() == AT_ONCE), Err)
    }

    /// Ends a login, and tells its native client. `None` if somebody else has ended it.
    async fn give_up(&self, entry: &[u8]) -> Result<Option<SessionId>> {
        let (state, session, network, native) = read_entry(entry)?;
        let mut keys = vec![self.keys.login(state), self.keys.logins(), self.keys.logins_from(network)];
        keys.extend(native.map(|native| self.keys.native(native)));
        let arguments = [
            new_commit_id()?.to_vec(),
            entry.to_vec(),
            state.0.to_vec(),
            encode_native(NativeLogin::Pending),
            encode_native(NativeLogin::Failed),
            FAILED_FOR.to_vec(),
            self.keys.decided(),
            native.map_or_else(Vec::new, |native| native.0.to_vec()),
        ];
        let ended: bool = self.link.run(&scripts::GIVE_UP, &slices(&keys), &slices(&arguments)).await?;
        Ok(ended.then_some(session))
    }
}

fn value(login: &PendingLogin) -> Result<Vec<u8>> {
    Ok([new_commit_id()?.to_vec(), encode_pending(login)].concat())
}

fn entry(state: TokenDigest, login: &PendingLogin) -> Vec<u8> {
    let native = login.native.map_or_else(Vec::new, |native| native.0.to_vec());
    [&state.0[..], login.session.0.as_bytes(), &login.network.to_bytes(), &native].concat()
}

type Entry = (TokenDigest, SessionId, Network, Option<TokenDigest>);

fn read_entry(entry: &[u8]) -> Result<Entry> {
    let parts = || {
        let (state, rest) = entry.split_first_chunk()?;
        let (session, rest) = rest.split_first_chunk()?;
        let (network, native) = rest.split_first_chunk()?;
        let session = SessionId(Uuid::from_bytes(*session));
        let native = if native.is_empty() { None } else { Some(TokenDigest(native.try_into().ok()?)) };
        Some((TokenDigest(*state), session, Network::from_bytes(*network), native))
    };
    parts().ok_or_else(|| StoreError::Unreadable("login under way: damaged".into()))
}

fn number(number: &impl ToString) -> Vec<u8> {
    number.to_string().into_bytes()
}

fn slices(parts: &[Vec<u8>]) -> Vec<&[u8]> {
    parts.iter().map(Vec::as_slice).collect()
}
