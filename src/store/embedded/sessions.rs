//! Sessions and what is issued on them.

use async_trait::async_trait;

use super::EmbeddedStore;
use super::txn::Txn;
use crate::domain::{ClientKey, Effects, Issue, Issued, MintCross, Minted, TokenDigest, TokenOwner, UserId, UserState};
use crate::store::{Result, Sessions};

#[async_trait]
impl Sessions for EmbeddedStore {
    async fn issue(&self, user: UserId, act: &Issue) -> Result<Option<Issued>> {
        let (act, now) = (act.clone(), self.0.clock.now());
        self.change(user, move |held| held.issue(&act, now)).await
    }

    async fn cross_token(&self, digest: TokenDigest) -> Result<Option<TokenOwner>> {
        self.0.snapshot.load().cross(digest)
    }

    async fn remember_me_token(&self, digest: TokenDigest) -> Result<Option<TokenOwner>> {
        self.0.snapshot.load().remember_me(digest)
    }

    async fn mint_cross(&self, user: UserId, act: &MintCross) -> Result<Option<Minted>> {
        let (act, now) = (act.clone(), self.0.clock.now());
        self.change(user, move |held| held.mint_cross(&act, now)).await
    }

    async fn revoke(&self, user: UserId, client: &ClientKey, token: TokenDigest) -> Result<()> {
        let (client, now) = (client.clone(), self.0.clock.now());
        self.change(user, move |held| Some(((), held.revoke(&client, token, now)))).await.map(|_| ())
    }

    async fn close_session(&self, user: UserId, client: &ClientKey) -> Result<bool> {
        let client = client.clone();
        let close = move |held: &mut UserState| {
            let changes = held.close(&client);
            Some((!changes.closed.is_empty(), changes))
        };
        self.change(user, close).await.map(Option::unwrap_or_default)
    }

    async fn holdings(&self, user: UserId) -> Result<Option<UserState>> {
        let held = self.0.snapshot.load().holdings(user)?;
        Ok(held.map(|held| held.open_at(self.0.clock.now())))
    }

    async fn sweep(&self) -> Result<()> {
        self.sweep_some().await
    }
}

impl EmbeddedStore {
    /// Applies one rule to what a user holds. `None` if there is no such user, or the rule says so.
    pub(super) async fn change<T: Send + 'static>(
        &self,
        user: UserId,
        rule: impl FnOnce(&mut UserState) -> Option<(T, Effects)> + Send + 'static,
    ) -> Result<Option<T>> {
        let act = move |txn: &mut Txn<'_>| {
            let Some(mut held) = txn.holdings(user)? else { return Ok(None) };
            let Some((outcome, changes)) = rule(&mut held) else { return Ok(None) };
            txn.apply(&held, &changes)?;
            Ok(Some(outcome))
        };
        self.0.writer.act(act).await
    }
}
