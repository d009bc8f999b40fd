//! Directory sessions, and the browsers signed on with them.

use std::time::{Duration, Instant};

use async_trait::async_trait;

use super::EmbeddedStore;
use crate::domain::{
    Account, ClosedSession, SessionCommand, SessionId, SessionWithAccount, Timestamp, TokenDigest, TokenOwner, UserId,
};
use crate::store::{DirectorySessions, Result};

/// How long one call may go on ending what is due. Less than the time between two calls.
const TOGETHER: Duration = Duration::from_millis(200);

#[async_trait]
impl DirectorySessions for EmbeddedStore {
    async fn directory_session(
        &self,
        user: UserId,
        session: SessionId,
        now: Timestamp,
    ) -> Result<Option<SessionWithAccount>> {
        let snapshot = self.0.snapshot.load();
        let session = snapshot.directory_session(user, session)?.filter(|session| session.overdue(now).is_none());
        let (Some(session), Some(account)) = (session, snapshot.account(user)?) else { return Ok(None) };
        Ok(Some(SessionWithAccount { account, session, pushed_out: Vec::new() }))
    }

    async fn update_session(&self, user: UserId, act: &SessionCommand) -> Result<Option<SessionWithAccount>> {
        let (act, clock) = (act.clone(), self.0.clock.clone());
        self.change(user, move |held| held.update_session(&act, clock.now())).await
    }

    async fn sign_on(&self, digest: TokenDigest) -> Result<Option<TokenOwner>> {
        self.0.snapshot.load().directory.sign_on(digest)
    }

    async fn close_due(&self) -> Result<Vec<ClosedSession>> {
        let (began, mut ended) = (Instant::now(), Vec::new());
        while began.elapsed() < TOGETHER {
            match self.close_some().await {
                Ok(Some(some)) => ended.extend(some),
                Err(error) if ended.is_empty() => return Err(error),
                Ok(None) | Err(_) => break,
            }
        }
        Ok(ended)
    }

    async fn account_by_subject(&self, issuer: &str, subject: &str) -> Result<Option<Account>> {
        let snapshot = self.0.snapshot.load();
        let Some(owner) = snapshot.directory.subject_owner(issuer, subject)? else { return Ok(None) };
        let account = snapshot.account(owner)?;
        // What finds it is a digest.
        Ok(account.filter(|account| account.profile.subject.as_ref().is_some_and(|known| known.is(issuer, subject))))
    }
}

impl EmbeddedStore {
    /// Ends some of what is due: as many acts as it takes, so that others come in between. `None` if nothing is. Asks the
    /// snapshot first, so that nothing due costs nothing.
    async fn close_some(&self) -> Result<Option<Vec<ClosedSession>>> {
        if !self.0.snapshot.load().directory.anything_due(self.0.clock.now())? {
            return Ok(None);
        }
        let clock = self.0.clock.clone();
        self.0.writer.act(move |txn| txn.close_due(clock.now())).await.map(Some)
    }
}
