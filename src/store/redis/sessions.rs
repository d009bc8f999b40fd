//! Sessions and what is issued on them.

use async_trait::async_trait;
use futures_util::future::try_join;

use super::RedisStore;
use super::user::Fate;
use crate::domain::{ClientKey, Effects, Issue, Issued, MintCross, Minted, TokenDigest, TokenOwner, UserId, UserState};
use crate::store::codec::{decode, encode};
use crate::store::{Result, Sessions};

#[async_trait]
impl Sessions for RedisStore {
    async fn issue(&self, user: UserId, act: &Issue) -> Result<Option<Issued>> {
        self.client
            .act(async {
                let _alone = self.lock(user).await;
                let mut earlier: Option<(Issued, Effects)> = None;
                let rule = |holdings: &mut UserState, now| {
                    if earlier.is_some() && holds(holdings, act) {
                        // This very login took effect: what it still asks for is asked for again, and nothing twice.
                        return earlier.clone();
                    }
                    earlier = holdings.issue(act, now);
                    earlier.clone()
                };
                let Some(done) = self.change(user, Fate::Stays, rule).await? else { return Ok(None) };
                let Effects { access, remember_me, .. } = &done.changes;
                let access = async {
                    match access {
                        Some(token) => self.put_access(token, done.at).await,
                        None => Ok(true),
                    }
                };
                let remember_me = async {
                    match remember_me {
                        Some((digest, at)) => self.point(self.keys.remember_me(*digest), at).await,
                        None => Ok(()),
                    }
                };
                let (alive, ()) = try_join(access, remember_me).await?;
                self.finish(user, &done).await?;
                Ok(alive.then_some(done.answer))
            })
            .await
    }

    async fn cross_token(&self, digest: TokenDigest) -> Result<Option<TokenOwner>> {
        self.client.act(self.pointer(self.keys.cross(digest))).await
    }

    async fn remember_me_token(&self, digest: TokenDigest) -> Result<Option<TokenOwner>> {
        self.client.act(self.pointer(self.keys.remember_me(digest))).await
    }

    async fn mint_cross(&self, user: UserId, act: &MintCross) -> Result<Option<Minted>> {
        self.client
            .act(async {
                let _alone = self.lock(user).await;
                let rule = |holdings: &mut UserState, now| holdings.mint_cross(act, now);
                let Some(done) = self.change(user, Fate::Stays, rule).await? else { return Ok(None) };
                if let Some((digest, at)) = &done.changes.cross {
                    self.point(self.keys.cross(*digest), at).await?;
                }
                self.finish(user, &done).await?;
                Ok(Some(done.answer))
            })
            .await
    }

    async fn revoke(&self, user: UserId, client: &ClientKey, token: TokenDigest) -> Result<()> {
        self.client
            .act(async {
                let _alone = self.lock(user).await;
                let rule = |holdings: &mut UserState, now| Some(((), holdings.revoke(client, token, now)));
                match self.change(user, Fate::Stays, rule).await? {
                    Some(done) => self.finish(user, &done).await,
                    None => self.bury(token).await,
                }
            })
            .await
    }

    async fn close_session(&self, user: UserId, client: &ClientKey) -> Result<bool> {
        self.client
            .act(async {
                let _alone = self.lock(user).await;
                let mut closed = false;
                let rule = |holdings: &mut UserState, _| {
                    let changes = holdings.close(client);
                    closed |= !changes.closed.is_empty();
                    Some((closed, changes))
                };
                let Some(done) = self.change(user, Fate::Stays, rule).await? else { return Ok(false) };
                self.finish(user, &done).await?;
                Ok(done.answer)
            })
            .await
    }

    async fn holdings(&self, user: UserId) -> Result<Option<UserState>> {
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
fn holds(holdings: &UserState, act: &Issue) -> bool {
    let session = holdings.sessions.get(&act.client);
    session.is_some_and(|session| session.access.iter().any(|token| token.digest == act.access.0))
}

impl RedisStore {
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
