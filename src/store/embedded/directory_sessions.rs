//! Directory sessions, and the browsers signed on with them.

use std::time::{Duration, Instant};

use async_trait::async_trait;

use super::EmbeddedStore;
use crate::domain::{
    Account, Ruling, SessionCommand, SessionId, SessionWithAccount, Timestamp, TokenDigest, TokenOwner, UserId,
};
use crate::store::metrics::Op;
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
        self.read(Op::Find, |snapshot| {
            let session = snapshot.directory_session(user, session)?.filter(|session| session.overdue(now).is_none());
            let (Some(session), Some(account)) = (session, snapshot.account(user)?) else { return Ok(None) };
            Ok(Some(SessionWithAccount { account, session }))
        })
    }

    async fn update_session(&self, user: UserId, command: &SessionCommand) -> Result<Ruling<SessionWithAccount>> {
        self.command(Op::Session, user, command).await
    }

    async fn sign_on(&self, digest: TokenDigest) -> Result<Option<TokenOwner>> {
        self.read(Op::Find, |snapshot| snapshot.sign_on(digest))
    }

    /// As many acts as it takes, so that others come in between. Asks the snapshot first, so that nothing due costs nothing.
    async fn close_due(&self) -> Result<()> {
        let close = |limit| async move {
            let (began, EmbeddedStore { inner, .. }) = (Instant::now(), self);
            while began.elapsed() < TOGETHER && inner.snapshot.load().anything_due(inner.clock.now())? {
                let clock = inner.clock.clone();
                inner.writer.act(limit, move |txn| txn.close_due(clock.now())).await?;
            }
            Ok(())
        };
        self.calls.run(Op::Sweep, close).await
    }

    async fn account_by_subject(&self, issuer: &str, subject: &str) -> Result<Option<Account>> {
        self.read(Op::Find, |snapshot| {
            let Some(owner) = snapshot.subject_owner(issuer, subject)? else { return Ok(None) };
            let account = snapshot.account(owner)?;
            // What finds it is a digest.
            Ok(account
                .filter(|account| account.profile.subject.as_ref().is_some_and(|known| known.is(issuer, subject))))
        })
    }
}
