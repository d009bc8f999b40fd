//! Directory sessions: part of what a user has, with a place among those that are due.

use std::time::Instant;

use async_trait::async_trait;

use super::RedisStore;
use super::codec::decode;
use crate::domain::{
    Account, Ruling, SessionCommand, SessionId, SessionWithAccount, Timestamp, TokenDigest, TokenOwner, UserId,
};
use crate::store::{DirectorySessions, Result};

#[async_trait]
impl DirectorySessions for RedisStore {
    async fn directory_session(
        &self,
        user: UserId,
        session: SessionId,
        now: Timestamp,
    ) -> Result<Option<SessionWithAccount>> {
        self.client
            .act(async {
                let value: Option<Vec<u8>> = self.client.command(redis::cmd("GET").arg(self.keys.user(user))).await?;
                let Some(value) = value else { return Ok(None) };
                let mut state = decode(&value)?.0;
                let session = state.directory.remove(&session).filter(|session| session.overdue(now).is_none());
                Ok(session.map(|session| SessionWithAccount { account: state.account, session }))
            })
            .await
    }

    async fn update_session(&self, user: UserId, command: &SessionCommand) -> Result<Ruling<SessionWithAccount>> {
        self.command(user, command).await
    }

    async fn sign_on(&self, digest: TokenDigest) -> Result<Option<TokenOwner>> {
        self.client.act(self.pointer(self.keys.sign_on(digest))).await
    }

    /// Goes on for a quarter of the deadline while there is a lot to end.
    async fn close_due(&self) -> Result<()> {
        self.client
            .act(async {
                let began = Instant::now();
                loop {
                    // None may keep the others waiting.
                    let sessions = self.expire_due().await;
                    let logins = self.give_up_some().await;
                    let natives = self.fail_some().await;
                    let more = sessions? | logins? | natives?;
                    if !more || began.elapsed() >= self.shared.limit / 4 {
                        return Ok(());
                    }
                }
            })
            .await
    }

    async fn account_by_subject(&self, issuer: &str, subject: &str) -> Result<Option<Account>> {
        self.client.act(self.account_of(issuer, subject)).await
    }
}
