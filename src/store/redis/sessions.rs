//! Sessions and what is issued on them.

use async_trait::async_trait;
use futures_util::future::try_join;

use super::RedisStore;
use super::user::Fate;
use crate::domain::{
    Account, ClientKey, CloseSession, Command, Denied, Effects, Issue, Issued, MintCross, Minted, Revoke, Ruling,
    Session, TokenDigest, TokenOwner, UserId, UserState,
};
use crate::store::codec::{decode, encode};
use crate::store::{Result, Sessions};

#[async_trait]
impl Sessions for RedisStore {
    async fn issue(&self, user: UserId, login: &Issue) -> Result<Ruling<Issued>> {
        self.client
            .act(async {
                let _alone = self.lock(user).await;
                let mut earlier: Option<(Issued, Effects)> = None;
                let rule = |state: &mut UserState, now| {
                    if let Some(earlier) = earlier.as_ref().filter(|_| holds(state, login)) {
                        // This very login took effect: what it still asks for is asked for again, and nothing twice.
                        return Ok(earlier.clone());
                    }
                    let issued = login.rule(state, now)?;
                    earlier = Some(issued.clone());
                    Ok(issued)
                };
                let done = match self.change(user, Fate::Stays, rule).await? {
                    Ok(done) => done,
                    Err(denied) => return Ok(Err(denied)),
                };
                let access = async {
                    match &done.changes.access {
                        Some(token) => self.put_access(token, done.at).await,
                        None => Ok(true),
                    }
                };
                let (alive, ()) = try_join(access, self.point_at(&done.changes)).await?;
                self.finish(user, &done).await?;
                Ok(if alive { Ok(done.answer) } else { Err(Denied::UnknownToken) })
            })
            .await
    }

    async fn cross_token(&self, digest: TokenDigest) -> Result<Option<TokenOwner>> {
        self.client.act(self.pointer(self.keys.cross(digest))).await
    }

    async fn remember_me_token(&self, digest: TokenDigest) -> Result<Option<TokenOwner>> {
        self.client.act(self.pointer(self.keys.remember_me(digest))).await
    }

    async fn mint_cross(&self, user: UserId, mint: &MintCross) -> Result<Ruling<Minted>> {
        self.command(user, mint).await
    }

    async fn revoke(&self, user: UserId, revoke: &Revoke) -> Result<()> {
        match self.command(user, revoke).await? {
            Ok(()) => Ok(()),
            Err(_) => self.client.act(self.bury(revoke.token)).await,
        }
    }

    async fn close_session(&self, user: UserId, close: &CloseSession) -> Result<Ruling<()>> {
        self.command(user, close).await
    }

    async fn client_session(&self, user: UserId, client: &ClientKey) -> Result<Option<(Account, Session)>> {
        let mut state = self.user_state(user).await?;
        let session = state.as_mut().and_then(|state| state.clients.remove(client));
        Ok(state.map(|state| state.account).zip(session))
    }

    async fn user_state(&self, user: UserId) -> Result<Option<UserState>> {
        self.client
            .act(async {
                let loaded = self.load(user).await?;
                Ok(loaded.holdings.map(|(holdings, _)| holdings.open_at(loaded.now)))
            })
            .await
    }

    async fn sweep(&self) -> Result<()> {
        self.client.act(self.sweep_some()).await
    }
}

/// Whether the login's access token is part of its session.
fn holds(state: &UserState, login: &Issue) -> bool {
    let session = state.clients.get(&login.client);
    session.is_some_and(|session| session.access.iter().any(|token| token.digest == login.access.0))
}

impl RedisStore {
    /// Does what is asked of a person, all in one commit.
    pub(super) async fn command<C: Command + Sync>(&self, user: UserId, command: &C) -> Result<Ruling<C::Answer>>
    where
        C::Answer: Send + Sync,
    {
        self.client
            .act(async {
                let _alone = self.lock(user).await;
                let rule = |state: &mut UserState, now| command.rule(state, now);
                let done = match self.change(user, Fate::Stays, rule).await? {
                    Ok(done) => done,
                    Err(denied) => return Ok(Err(denied)),
                };
                self.point_at(&done.changes).await?;
                self.finish(user, &done).await?;
                Ok(Ok(done.answer))
            })
            .await
    }

    /// Makes the tokens be found that an act issued, but for an access token.
    async fn point_at(&self, changes: &Effects) -> Result<()> {
        for (kind, digest, owner) in &changes.issued {
            self.point(self.keys.token(*kind, *digest), owner).await?;
        }
        Ok(())
    }

    pub(super) async fn point(&self, key: Vec<u8>, at: &TokenOwner) -> Result<()> {
        let mut set = redis::cmd("SET");
        set.arg(key).arg(encode(at)).arg("PXAT").arg(at.expires.millis());
        self.client.command(&set).await
    }

    pub(super) async fn pointer(&self, key: Vec<u8>) -> Result<Option<TokenOwner>> {
        let record: Option<Vec<u8>> = self.client.command(redis::cmd("GET").arg(key)).await?;
        record.map(|record| decode(&record)).transpose()
    }
}
