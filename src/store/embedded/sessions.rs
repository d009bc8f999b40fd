//! Sessions, and the browsers signed on with them.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use redb::ReadableTable as _;

use super::EmbeddedStore;
use super::schema::TxnError;
use super::timers::Timer;
use super::txn::Txn;
use crate::domain::{
    Account, ClientKey, CloseSession, Command, ProviderSession, Ruling, Session, SessionCommand, SessionId,
    SessionWithAccount, Timestamp, TokenDigest, TokenOwner, UserId, UserState,
};
use crate::store::codec::{decode, encode};
use crate::store::metrics::Op;
use crate::store::{Result, Sessions, Upkeep};

/// How long one call may take to end what is due: less than the time between two calls.
const MAX_RUN: Duration = Duration::from_millis(200);

#[async_trait]
impl Sessions for EmbeddedStore {
    async fn client_session(&self, user: UserId, client: &ClientKey) -> Result<Option<(Account, Session)>> {
        self.read(Op::Find, |snapshot| Ok(snapshot.account(user)?.zip(snapshot.client_session(user, client)?)))
    }

    async fn directory_session(
        &self,
        user: UserId,
        session: SessionId,
        now: Timestamp,
    ) -> Result<Option<SessionWithAccount>> {
        self.read(Op::Find, |snapshot| {
            let session = snapshot.directory_session(user, session)?.filter(|session| session.overdue(now).is_none());
            let (Some(session), Some(account)) = (session, snapshot.account(user)?) else { return Ok(None) };
            Ok(Some(SessionWithAccount { account, session }))
        })
    }

    async fn user_state(&self, user: UserId) -> Result<Option<UserState>> {
        let now = self.inner.clock.now();
        self.read(Op::Find, |snapshot| Ok(snapshot.user_state(user)?.map(|state| state.open_at(now))))
    }

    async fn update_session(&self, user: UserId, command: &SessionCommand) -> Result<Ruling<SessionWithAccount>> {
        self.command(Op::Session, user, command).await
    }

    async fn close_session(&self, user: UserId, close: &CloseSession) -> Result<Ruling<()>> {
        self.command(Op::Revoke, user, close).await
    }

    async fn sign_on(&self, digest: TokenDigest) -> Result<Option<TokenOwner>> {
        self.read(Op::Find, |snapshot| snapshot.sign_on(digest))
    }

    async fn note_provider_session(&self, session: ProviderSession, owner: &TokenOwner) -> Result<()> {
        let owner = owner.clone();
        let act = move |txn: &mut Txn<'_>| {
            let timer = Timer::ProviderSession(session);
            if let Some(before) = txn.provider_session(session)? {
                txn.clear_timer(before.expires, &timer)?;
            }
            txn.tables.provider_sessions.insert(&session.0, encode(&owner).as_slice())?;
            txn.set_timer(owner.expires, &timer)
        };
        self.write(Op::Login, act).await
    }

    async fn provider_session(&self, session: ProviderSession) -> Result<Option<TokenOwner>> {
        self.read(Op::Find, |snapshot| snapshot.provider_session(session))
    }
}

impl Txn<'_> {
    fn provider_session(&self, session: ProviderSession) -> std::result::Result<Option<TokenOwner>, TxnError> {
        let record = self.tables.provider_sessions.get(&session.0)?;
        record.map(|record| decode(record.value()).map_err(TxnError::Record)).transpose()
    }

    pub(super) fn forget_provider_session(&mut self, session: ProviderSession) -> std::result::Result<(), TxnError> {
        self.changed = true;
        self.tables.provider_sessions.remove(&session.0)?;
        Ok(())
    }
}

#[async_trait]
impl Upkeep for EmbeddedStore {
    /// Takes several acts if much is due, so that others come in between. Asks the snapshot first, so that it writes
    /// nothing if nothing is due.
    async fn close_due(&self) -> Result<()> {
        let close = |limit| async move {
            let (began, EmbeddedStore { inner, .. }) = (Instant::now(), self);
            while began.elapsed() < MAX_RUN && inner.snapshot.load().anything_due(inner.clock.now())? {
                let (clock, holding) = (inner.clock.clone(), inner.holding.clone());
                let act = move |txn: &mut Txn<'_>| {
                    holding.refuse()?;
                    txn.close_due(clock.now())
                };
                inner.writer.act(limit, act).await?;
            }
            Ok(())
        };
        self.calls.run(Op::Sweep, close).await
    }

    async fn sweep(&self) -> Result<()> {
        self.calls.run(Op::Sweep, |limit| self.sweep_some(limit)).await
    }
}

impl EmbeddedStore {
    /// Carries out a command by the time at which its turn comes.
    pub(super) async fn command<C>(&self, op: Op, user: UserId, command: &C) -> Result<Ruling<C::Answer>>
    where
        C: Command + Clone + Send + 'static,
        C::Answer: Send + 'static,
    {
        let (command, clock) = (command.clone(), self.inner.clock.clone());
        self.write(op, move |txn| txn.command(user, &command, clock.now())).await
    }
}
