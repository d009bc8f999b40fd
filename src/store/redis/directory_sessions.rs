//! Directory sessions: part of what a user has, with a place among those that are due.

use std::time::Instant;

use async_trait::async_trait;

use super::RedisStore;
use super::codec::decode;
use super::user::Fate;
use crate::domain::{
    Account, ClosedSession, SessionCommand, SessionId, SessionWithAccount, Timestamp, TokenDigest, TokenOwner, UserId,
    UserState,
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
                Ok(decode(&value)?.0.directory_session(session, now))
            })
            .await
    }

    async fn update_session(&self, user: UserId, act: &SessionCommand) -> Result<Option<SessionWithAccount>> {
        self.client
            .act(async {
                let _alone = self.lock(user).await;
                let rule = |holdings: &mut UserState, now| holdings.update_session(act, now);
                let Some(done) = self.change(user, Fate::Stays, rule).await? else { return Ok(None) };
                if let Some((digest, at)) = &done.changes.sign_on {
                    self.point(self.keys.sign_on(*digest), at).await?;
                }
                self.finish(user, &done).await?;
                Ok(Some(done.answer))
            })
            .await
    }

    async fn sign_on(&self, digest: TokenDigest) -> Result<Option<TokenOwner>> {
        self.client.act(self.pointer(self.keys.sign_on(digest))).await
    }

    /// Goes on for a quarter of the deadline while there is a lot to end.
    async fn close_due(&self) -> Result<Vec<ClosedSession>> {
        self.client
            .act(async {
                let (began, mut ended) = (Instant::now(), Vec::new());
                loop {
                    // None may keep the others waiting, nor hide what has ended.
                    let sessions = self.expire_due(&mut ended).await;
                    let logins = self.give_up_some(&mut ended).await;
                    let natives = self.fail_some().await;
                    match sessions.and_then(|more| Ok(more | logins? | natives?)) {
                        Ok(true) if began.elapsed() < self.shared.limit / 4 => {}
                        Err(error) if ended.is_empty() => return Err(error),
                        _ => return Ok(ended),
                    }
                }
            })
            .await
    }

    async fn account_by_subject(&self, issuer: &str, subject: &str) -> Result<Option<Account>> {
        self.client.act(self.account_of(issuer, subject)).await
    }
}
