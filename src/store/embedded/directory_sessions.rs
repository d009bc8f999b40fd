//! Directory sessions, and the browsers signed on with them.

use async_trait::async_trait;

use super::EmbeddedStore;
use crate::domain::{Account, DirectoryAct, Ended, Held, Located, SessionId, Timestamp, TokenDigest, UserId};
use crate::store::{DirectorySessions, Result};

#[async_trait]
impl DirectorySessions for EmbeddedStore {
    async fn directory_session(&self, user: UserId, session: SessionId, now: Timestamp) -> Result<Option<Held>> {
        let snapshot = self.0.snapshot.load();
        let session = snapshot.directory_session(user, session)?.filter(|session| session.overdue(now).is_none());
        let (Some(session), Some(account)) = (session, snapshot.account(user)?) else { return Ok(None) };
        Ok(Some(Held { account, session }))
    }

    async fn direct(&self, user: UserId, act: &DirectoryAct) -> Result<Option<Held>> {
        let (act, clock) = (act.clone(), self.0.clock.clone());
        self.change(user, move |held| held.direct(&act, clock.now())).await
    }

    async fn sign_on(&self, digest: TokenDigest) -> Result<Option<Located>> {
        self.0.snapshot.load().directory.sign_on(digest)
    }

    /// Asks the snapshot first, so that nothing due costs nothing.
    async fn close_due(&self) -> Result<Vec<Ended>> {
        if !self.0.snapshot.load().directory.anything_due(self.0.clock.now())? {
            return Ok(Vec::new());
        }
        let clock = self.0.clock.clone();
        self.0.writer.act(move |txn| txn.close_due(clock.now())).await
    }

    async fn account_by_subject(&self, issuer: &str, subject: &str) -> Result<Option<Account>> {
        let snapshot = self.0.snapshot.load();
        let Some(owner) = snapshot.directory.subject_owner(issuer, subject)? else { return Ok(None) };
        let account = snapshot.account(owner)?;
        // What finds it is a digest.
        Ok(account.filter(|account| account.profile.subject.as_ref().is_some_and(|known| known.is(issuer, subject))))
    }
}
