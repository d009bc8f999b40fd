//! Sessions and what is issued on them.

use async_trait::async_trait;

use super::EmbeddedStore;
use crate::domain::{
    Account, ClientKey, CloseSession, Command, Issue, Issued, MintCross, Minted, Revoke, Ruling, Session, TokenDigest,
    TokenOwner, UserId, UserState,
};
use crate::store::metrics::Op;
use crate::store::{Result, Sessions};

#[async_trait]
impl Sessions for EmbeddedStore {
    async fn issue(&self, user: UserId, login: &Issue) -> Result<Ruling<Issued>> {
        self.command(Op::Issue, user, login).await
    }

    async fn cross_token(&self, digest: TokenDigest) -> Result<Option<TokenOwner>> {
        self.read(Op::Find, |snapshot| snapshot.cross(digest))
    }

    async fn remember_me_token(&self, digest: TokenDigest) -> Result<Option<TokenOwner>> {
        self.read(Op::Find, |snapshot| snapshot.remember_me(digest))
    }

    async fn mint_cross(&self, user: UserId, mint: &MintCross) -> Result<Ruling<Minted>> {
        self.command(Op::MintCross, user, mint).await
    }

    async fn revoke(&self, user: UserId, revoke: &Revoke) -> Result<()> {
        // Of a user who is gone every token is refused.
        self.command(Op::Revoke, user, revoke).await.map(|_| ())
    }

    async fn close_session(&self, user: UserId, close: &CloseSession) -> Result<Ruling<()>> {
        self.command(Op::Revoke, user, close).await
    }

    async fn client_session(&self, user: UserId, client: &ClientKey) -> Result<Option<(Account, Session)>> {
        self.read(Op::Find, |snapshot| Ok(snapshot.account(user)?.zip(snapshot.client_session(user, client)?)))
    }

    async fn user_state(&self, user: UserId) -> Result<Option<UserState>> {
        let now = self.inner.clock.now();
        self.read(Op::Find, |snapshot| Ok(snapshot.user_state(user)?.map(|state| state.open_at(now))))
    }

    async fn sweep(&self) -> Result<()> {
        self.calls.run(Op::Sweep, |limit| self.sweep_some(limit)).await
    }
}

impl EmbeddedStore {
    /// Does what is asked of a person, by the time at which its turn comes.
    pub(super) async fn command<C>(&self, op: Op, user: UserId, command: &C) -> Result<Ruling<C::Answer>>
    where
        C: Command + Clone + Send + 'static,
        C::Answer: Send + 'static,
    {
        let (command, clock) = (command.clone(), self.inner.clock.clone());
        self.write(op, move |txn| txn.command(user, &command, clock.now())).await
    }
}
