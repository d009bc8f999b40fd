//! Logins under way and the native clients that wait for them. All of it is on disk like everything else: a restart
//! in the middle of a login goes unnoticed.

use std::future::{pending, ready};
use std::sync::PoisonError;

use async_trait::async_trait;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use redb::{ReadableTable as _, ReadableTableMetadata as _};
use tokio::sync::broadcast::error::RecvError;

use super::EmbeddedStore;
use super::schema::TxnError;
use super::timers::Timer;
use super::txn::Txn;
use crate::domain::{
    Begun, ClientInfo, ClosedSession, ConsumedLogin, Denied, NativeLogin, OpenSession, PendingLimits, PendingLogin,
    Ruling, SessionCommand, SessionWithAccount, Timestamp, TokenDigest, UsedState,
};
use crate::store::codec::{decode, encode};
use crate::store::metrics::Op;
use crate::store::{Logins, Result};

#[async_trait]
impl Logins for EmbeddedStore {
    async fn begin_login(&self, state: TokenDigest, login: &PendingLogin, limits: PendingLimits) -> Result<Begun> {
        let (login, clock) = (login.clone(), self.inner.clock.clone());
        self.write(Op::Login, move |txn| txn.begin_login(state, &login, limits, clock.now())).await
    }

    async fn login(&self, state: TokenDigest) -> Result<Option<PendingLogin>> {
        self.read(Op::Find, |snapshot| snapshot.login(state))
    }

    async fn advance_login(&self, state: TokenDigest, from: &PendingLogin, to: &PendingLogin) -> Result<bool> {
        let (from, to) = (from.clone(), to.clone());
        let act = move |txn: &mut Txn<'_>| {
            let is_under_way = txn.is_under_way(state, &from)?;
            if is_under_way {
                txn.remove_login(state)?;
                txn.put_login(state, &to)?;
            }
            Ok(is_under_way)
        };
        self.write(Op::Login, act).await
    }

    async fn end_login(&self, state: TokenDigest, login: &PendingLogin) -> Result<bool> {
        let (login, clock) = (login.clone(), self.inner.clock.clone());
        let act = move |txn: &mut Txn<'_>| {
            let ended = txn.is_under_way(state, &login)?;
            if ended {
                txn.end_login(state, &login, clock.now())?;
            }
            Ok(ended)
        };
        self.write(Op::Login, act).await
    }

    async fn complete(
        &self,
        state: TokenDigest,
        login: &PendingLogin,
        open: &OpenSession,
    ) -> Result<Ruling<SessionWithAccount>> {
        let (login, user, clock) = (login.clone(), open.proof.user, self.inner.clock.clone());
        let open = SessionCommand::Open(Box::new(open.clone()));
        let act = move |txn: &mut Txn<'_>| {
            if !txn.is_under_way(state, &login)? {
                return Ok(Err(Denied::LoginOver));
            }
            let now = clock.now();
            let opened = txn.command(user, &open, now)?;
            match &opened {
                Ok(opened) => txn.consume_login(state, &login, opened)?,
                Err(_) => txn.end_login(state, &login, now)?,
            }
            Ok(opened)
        };
        self.write(Op::Login, act).await
    }

    async fn used_state(&self, state: TokenDigest) -> Result<Option<UsedState>> {
        self.read(Op::Find, |snapshot| snapshot.used_state(state))
    }

    async fn use_state(&self, state: TokenDigest, until: Timestamp) -> Result<()> {
        let act = move |txn: &mut Txn<'_>| {
            if txn.is_used(state)? { Ok(()) } else { txn.put_used(state, UsedState::Ended, until) }
        };
        self.write(Op::Login, act).await
    }

    async fn native_login(&self, native: TokenDigest) -> Result<Option<NativeLogin>> {
        self.read(Op::Find, |snapshot| {
            let Some(entry) = snapshot.natives.get(&native.0).map_err(TxnError::from)? else { return Ok(None) };
            let (until, record) = entry.value();
            let outcome = decode(record)?;
            Ok(counts(Timestamp::from_millis(until), outcome, self.inner.clock.now()).then_some(outcome))
        })
    }

    async fn delete_native_login(&self, native: TokenDigest, was: NativeLogin) -> Result<()> {
        let act = move |txn: &mut Txn<'_>| match txn.native(native)? {
            Some((_, outcome)) if outcome == was => txn.remove_native(native),
            _ => Ok(()),
        };
        self.write(Op::Login, act).await
    }

    async fn record_waiting_client(&self, native: TokenDigest, client: &ClientInfo) -> Result<()> {
        self.calls.run_now(Op::Login, || {
            let mut clients = self.inner.introduced.lock().unwrap_or_else(PoisonError::into_inner);
            clients.note(native, client, self.inner.clock.now());
            Ok(())
        })
    }

    async fn waiting_client(&self, native: TokenDigest) -> Result<Option<ClientInfo>> {
        self.calls.run_now(Op::Find, || {
            let clients = self.inner.introduced.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(clients.of(native, self.inner.clock.now()))
        })
    }

    fn decisions(&self) -> BoxStream<'static, Option<TokenDigest>> {
        let heard = stream::unfold(self.inner.decided.subscribe(), |mut heard| async move {
            let decision = match heard.recv().await {
                Ok(decision) => decision,
                Err(RecvError::Lagged(_)) => None,
                Err(RecvError::Closed) => pending().await,
            };
            Some((decision, heard))
        });
        Box::pin(stream::once(ready(None)).chain(heard))
    }
}

/// Whether a native login is still kept. One that waits is kept until it is decided.
fn counts(until: Timestamp, outcome: NativeLogin, now: Timestamp) -> bool {
    outcome == NativeLogin::Pending || until > now
}

impl Txn<'_> {
    fn begin_login(
        &mut self,
        state: TokenDigest,
        login: &PendingLogin,
        limits: PendingLimits,
        now: Timestamp,
    ) -> std::result::Result<Begun, TxnError> {
        if let Some(native) = login.native
            && let Some((until, outcome)) = self.native(native)?
            && outcome != NativeLogin::Failed
            && counts(until, outcome, now)
        {
            return Ok(Begun::NativeInUse(outcome));
        }
        if self.login(state)?.is_some() || self.is_used(state)? {
            return Ok(Begun::Used);
        }
        let under_way = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
        let here = self.tables.login_networks.get(&login.network.widest().to_bytes())?.map_or(0, |count| count.value());
        if under_way(self.tables.logins.len()?) >= limits.total || under_way(here) >= limits.per_network {
            return Ok(Begun::TooMany);
        }
        self.put_login(state, login)?;
        if let Some(native) = login.native {
            self.put_native(native, NativeLogin::Pending, login.expires)?;
        }
        Ok(Begun::Yes)
    }

    pub(super) fn login(&self, state: TokenDigest) -> std::result::Result<Option<PendingLogin>, TxnError> {
        let record = self.tables.logins.get(&state.0)?;
        record.map(|record| decode(record.value())).transpose().map_err(TxnError::Record)
    }

    /// Whether a login still is exactly this one.
    fn is_under_way(&self, state: TokenDigest, login: &PendingLogin) -> std::result::Result<bool, TxnError> {
        Ok(self.login(state)?.is_some_and(|found| found == *login))
    }

    /// Ends a login that came to nothing.
    fn end_login(
        &mut self,
        state: TokenDigest,
        login: &PendingLogin,
        now: Timestamp,
    ) -> std::result::Result<(), TxnError> {
        self.remove_login(state)?;
        self.put_used(state, UsedState::Ended, login.expires)?;
        self.closed.push(ClosedSession::never_opened(login.session));
        login.native.map_or(Ok(()), |native| self.fail_native(native, now))
    }

    /// Ends a login that has opened its session.
    fn consume_login(
        &mut self,
        state: TokenDigest,
        login: &PendingLogin,
        opened: &SessionWithAccount,
    ) -> std::result::Result<(), TxnError> {
        let (user, session) = (opened.account.id, opened.session.id);
        self.remove_login(state)?;
        self.put_used(state, UsedState::Spent(ConsumedLogin { user, session }), login.expires)?;
        if let Some(native) = login.native {
            self.put_native(native, NativeLogin::Open { user, session }, opened.session.end_of_life)?;
            self.decided.push(native);
        }
        Ok(())
    }

    fn is_used(&self, state: TokenDigest) -> std::result::Result<bool, TxnError> {
        Ok(self.tables.used_states.get(&state.0)?.is_some())
    }

    fn put_used(&mut self, state: TokenDigest, left: UsedState, until: Timestamp) -> std::result::Result<(), TxnError> {
        self.tables.used_states.insert(&state.0, encode(&left).as_slice())?;
        self.set_timer(until, &Timer::Login(state))
    }

    pub(super) fn forget_used(&mut self, state: TokenDigest) -> std::result::Result<(), TxnError> {
        self.changed |= self.tables.used_states.remove(&state.0)?.is_some();
        Ok(())
    }

    pub(super) fn remove_login(&mut self, state: TokenDigest) -> std::result::Result<(), TxnError> {
        let Some(login) = self.login(state)? else { return Ok(()) };
        self.changed = true;
        self.tables.logins.remove(&state.0)?;
        self.clear_timer(login.expires, &Timer::Login(state))?;
        self.count(&login, |here| here.saturating_sub(1))
    }

    fn put_login(&mut self, state: TokenDigest, login: &PendingLogin) -> std::result::Result<(), TxnError> {
        self.changed = true;
        self.tables.logins.insert(&state.0, encode(login).as_slice())?;
        self.count(login, |here| here + 1)?;
        self.set_timer(login.expires, &Timer::Login(state))
    }

    fn count(&mut self, login: &PendingLogin, step: impl FnOnce(u64) -> u64) -> std::result::Result<(), TxnError> {
        let network = login.network.widest().to_bytes();
        let here = self.tables.login_networks.get(&network)?.map_or(0, |count| count.value());
        match step(here) {
            0 => self.tables.login_networks.remove(&network)?,
            here => self.tables.login_networks.insert(&network, here)?,
        };
        Ok(())
    }

    /// How a native login stands, and how long that is kept.
    pub(super) fn native(
        &self,
        native: TokenDigest,
    ) -> std::result::Result<Option<(Timestamp, NativeLogin)>, TxnError> {
        let Some(entry) = self.tables.natives.get(&native.0)? else { return Ok(None) };
        let (until, record) = entry.value();
        Ok(Some((Timestamp::from_millis(until), decode(record).map_err(TxnError::Record)?)))
    }

    fn put_native(
        &mut self,
        native: TokenDigest,
        outcome: NativeLogin,
        until: Timestamp,
    ) -> std::result::Result<(), TxnError> {
        self.changed = true;
        self.tables.natives.insert(&native.0, (until.millis(), encode(&outcome).as_slice()))?;
        self.set_timer(until, &Timer::Native(native))
    }

    pub(super) fn remove_native(&mut self, native: TokenDigest) -> std::result::Result<(), TxnError> {
        self.changed = true;
        self.tables.natives.remove(&native.0)?;
        Ok(())
    }

    /// Tells a native client that still waits that its login has failed.
    pub(super) fn fail_native(&mut self, native: TokenDigest, now: Timestamp) -> std::result::Result<(), TxnError> {
        if let Some((_, NativeLogin::Pending)) = self.native(native)? {
            self.put_native(native, NativeLogin::Failed, now.plus(NativeLogin::FAILURE_KEPT))?;
            self.decided.push(native);
        }
        Ok(())
    }
}
