//! Logins under way, and the native clients that wait for them. All of it lies in one slot, so that one script may
//! touch whatever it needs.
//!
//! The value of a login is the random id of the act that wrote it, and the record. When the login has ended, the id of
//! the act that ended it stands there alone, for a minute.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::stream::BoxStream;

use super::expired_logins::entry;
use super::{RedisStore, new_id, pubsub, scripts};
use crate::domain::{
    Begun, ClientInfo, CloseReason, CloseSession, ClosedSession, ConsumedLogin, Denied, NativeLogin, OpenSession,
    PendingLimits, PendingLogin, Ruling, SessionCommand, SessionKey, SessionWithAccount, Timestamp, TokenDigest,
    UsedState,
};
use crate::store::codec::{decode, encode};
use crate::store::metrics::Op;
use crate::store::{Logins, Result, Sessions as _, WAITING_CLIENT_KEPT};

#[async_trait]
impl Logins for RedisStore {
    async fn begin_login(&self, state: TokenDigest, login: &PendingLogin, limits: PendingLimits) -> Result<Begun> {
        let mut call = scripts::BEGIN.on(&self.keys_of(state, login));
        call.arg(value(login)?).arg(entry(state, login)).arg(&state.0).arg(login.expires.millis());
        call.arg(limits.total).arg(limits.per_network);
        call.arg(encode(&NativeLogin::Pending)).arg(encode(&NativeLogin::Failed));
        let (begun, native): (u8, Vec<u8>) = self.act(Op::Login, self.client.eval(&call)).await?;
        match begun {
            0 => Ok(Begun::TooMany),
            1 => Ok(Begun::Yes),
            3 => Ok(Begun::Used),
            _ => Ok(Begun::NativeInUse(decode(&native)?)),
        }
    }

    async fn login(&self, state: TokenDigest) -> Result<Option<PendingLogin>> {
        let value = self.act(Op::Find, self.client.get(self.keys.login(state))).await?;
        let record = value.as_ref().and_then(|value| value.get(8..)).filter(|record| !record.is_empty());
        record.map(decode).transpose()
    }

    async fn advance_login(&self, state: TokenDigest, from: &PendingLogin, to: &PendingLogin) -> Result<bool> {
        let mut call = scripts::ADVANCE.on(&[self.keys.login(state)]);
        self.act(Op::Login, self.client.eval(call.arg(encode(from)).arg(value(to)?))).await
    }

    async fn end_login(&self, state: TokenDigest, login: &PendingLogin) -> Result<bool> {
        let end = self.end(state, login, UsedState::Ended, NativeLogin::Failed, NativeLogin::FAILURE_KEPT);
        let ended = self.act(Op::Login, end).await?;
        if ended {
            self.shared.events.emit([ClosedSession::never_opened(login.session)]);
        }
        Ok(ended)
    }

    /// The session opens first, then the login ends. Simultaneous calls open the same session, and one of them ends the
    /// login.
    async fn complete(
        &self,
        state: TokenDigest,
        login: &PendingLogin,
        open: &OpenSession,
    ) -> Result<Ruling<SessionWithAccount>> {
        let user = open.proof.user;
        if self.login(state).await?.as_ref() != Some(login) {
            return Ok(Err(Denied::LoginOver));
        }
        let mut opened = self.update_session(user, &SessionCommand::Open(Box::new(open.clone()))).await?;
        if opened == Err(Denied::AlreadyOpen) {
            let session = self.directory_session(user, login.session, open.now).await?;
            opened = session.ok_or(Denied::LoginOver);
        }
        let opened = match opened {
            Ok(opened) => opened,
            Err(denied) => {
                return Ok(Err(if self.end_login(state, login).await? { denied } else { Denied::LoginOver }));
            }
        };
        let consumed = ConsumedLogin { user, session: login.session };
        let outcome = NativeLogin::Open { user, session: login.session };
        let lives = opened.session.end_of_life.since(open.now);
        if self.act(Op::Login, self.end(state, login, UsedState::Spent(consumed), outcome, lives)).await? {
            return Ok(Ok(opened));
        }
        if self.used_state(state).await? != Some(UsedState::Spent(consumed)) {
            // Somebody else has ended the login meanwhile, so the session must end, too.
            let session = SessionKey::Directory(login.session);
            let close = CloseSession { session, ask_again: false, why: CloseReason::NotAuthenticated };
            let _closed = self.close_session(user, &close).await?;
        }
        Ok(Err(Denied::LoginOver))
    }

    async fn used_state(&self, state: TokenDigest) -> Result<Option<UsedState>> {
        self.find(self.keys.used(state)).await
    }

    async fn use_state(&self, state: TokenDigest, until: Timestamp) -> Result<()> {
        let mut set = redis::cmd("SET");
        set.arg(self.keys.used(state)).arg(encode(&UsedState::Ended)).arg("NX").arg("PXAT").arg(until.millis());
        self.act(Op::Login, self.client.command::<Option<String>>(&set)).await.map(drop)
    }

    async fn native_login(&self, native: TokenDigest) -> Result<Option<NativeLogin>> {
        self.find(self.keys.native(native)).await
    }

    async fn delete_native_login(&self, native: TokenDigest, was: NativeLogin) -> Result<()> {
        let mut call = scripts::FORGET.on(&[self.keys.native(native)]);
        self.act(Op::Login, self.client.eval(call.arg(encode(&was)))).await
    }

    async fn record_waiting_client(&self, native: TokenDigest, client: &ClientInfo) -> Result<()> {
        let mut set = redis::cmd("SET");
        let record = [&native.0[..], &encode(client)].concat();
        set.arg(self.keys.waiting_client(native)).arg(record).arg("PX").arg(WAITING_CLIENT_KEPT.as_millis());
        self.act(Op::Login, self.client.command(&set)).await
    }

    async fn waiting_client(&self, native: TokenDigest) -> Result<Option<ClientInfo>> {
        let record = self.act(Op::Find, self.client.get(self.keys.waiting_client(native))).await?;
        // Another client may have taken the place.
        let own = record.as_ref().and_then(|record| record.strip_prefix(&native.0));
        own.map(decode).transpose()
    }

    fn decisions(&self) -> BoxStream<'static, Option<TokenDigest>> {
        pubsub::listen(self.shared.clone(), self.client.clone(), self.keys.decided())
    }
}

impl RedisStore {
    /// Ends a login and tells its native client the outcome, which is kept for as long as `keep`. `left` is what stays
    /// of the login until its time is over.
    async fn end(
        &self,
        state: TokenDigest,
        login: &PendingLogin,
        left: UsedState,
        outcome: NativeLogin,
        keep: Duration,
    ) -> Result<bool> {
        let mut call = scripts::END.on(&self.keys_of(state, login));
        call.arg(&new_id()?).arg(entry(state, login)).arg(&state.0);
        call.arg(encode(login)).arg(encode(&left)).arg(login.expires.millis());
        if let Some(native) = login.native {
            let keep = keep.as_millis().max(1);
            call.arg(encode(&outcome)).arg(keep).arg(self.keys.decided()).arg(&native.0);
        }
        self.client.eval_replicated(&call).await
    }

    /// The keys that are written when a login begins or ends.
    fn keys_of(&self, state: TokenDigest, login: &PendingLogin) -> Vec<Vec<u8>> {
        let network = self.keys.logins_from(login.network);
        let mut keys = vec![self.keys.login(state), self.keys.logins(), network, self.keys.used(state)];
        keys.extend(login.native.map(|native| self.keys.native(native)));
        keys
    }
}

fn value(login: &PendingLogin) -> Result<Vec<u8>> {
    Ok([new_id()?.to_vec(), encode(login)].concat())
}
