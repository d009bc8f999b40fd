//! A store that counts how long each act takes and how often it fails, and holds a request's acts to one deadline,
//! whatever store is behind it.

mod directory;

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use futures_util::future::{Either, ready};

use super::{
    AccessTokens, Accounts, Admission, Attempt, Bucket, Creation, Health, Lookup, Mark, Page, Remember, Result,
    RetryAfter, SessionEvents, Sessions, Store, Throttle, budget,
};
use crate::domain::{
    Account, AccountChange, ClientKey, CloseSession, Email, Issue, Issued, MintCross, Minted, Revoke, Ruling, Session,
    Timestamp, TokenDigest, TokenOwner, UserId, UserState,
};

use super::metrics::{Op, StoreMetrics};

/// The store behind it, observed.
pub struct Observed {
    store: Arc<dyn Store>,
    metrics: Arc<StoreMetrics>,
}

impl Observed {
    /// Counts what `store` does into `metrics`.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, metrics: Arc<StoreMetrics>) -> Self {
        Self { store, metrics }
    }
}

impl Observed {
    /// Does an act within what is left for its request.
    async fn time<T>(&self, op: Op, work: impl Future<Output = Result<T>>) -> Result<T> {
        let start = Instant::now();
        let result = budget::spend(work).await;
        self.metrics.count(op, start.elapsed(), result.is_err());
        result
    }
}

impl Store for Observed {
    fn for_worker(&self) -> Arc<dyn Store> {
        Arc::new(Self::new(self.store.for_worker(), Arc::clone(&self.metrics)))
    }

    fn session_events(&self) -> &SessionEvents {
        self.store.session_events()
    }
}

impl AccessTokens for Observed {
    fn access_token(&self, digest: TokenDigest) -> Lookup<'_> {
        let start = Instant::now();
        match self.store.access_token(digest) {
            Either::Left(at_once) => {
                let result = at_once.into_inner();
                self.metrics.count(Op::Check, start.elapsed(), result.is_err());
                Either::Left(ready(result))
            }
            Either::Right(pending) => Either::Right(Box::pin(async move {
                let result = pending.await;
                let took = start.elapsed();
                // A request's first act, always: no second timer where speed counts most.
                budget::spent(took);
                self.metrics.count(Op::Check, took, result.is_err());
                result
            })),
        }
    }
}

#[async_trait]
impl Accounts for Observed {
    async fn account(&self, id: UserId) -> Result<Option<Account>> {
        self.time(Op::Find, self.store.account(id)).await
    }

    async fn account_by_email(&self, email: &Email) -> Result<Option<Account>> {
        self.time(Op::Find, self.store.account_by_email(email)).await
    }

    async fn create_accounts(&self, accounts: &[Account]) -> Result<Vec<Creation>> {
        self.time(Op::Account, self.store.create_accounts(accounts)).await
    }

    async fn change_account(&self, id: UserId, change: &AccountChange) -> Result<Ruling<Account>> {
        self.time(Op::Account, self.store.change_account(id, change)).await
    }

    async fn delete_account(&self, id: UserId) -> Result<Ruling<()>> {
        self.time(Op::Account, self.store.delete_account(id)).await
    }

    async fn accounts(&self, after: Option<&str>, limit: usize) -> Result<Page<Account>> {
        self.time(Op::Account, self.store.accounts(after, limit)).await
    }
}

#[async_trait]
impl Sessions for Observed {
    async fn issue(&self, user: UserId, login: &Issue) -> Result<Ruling<Issued>> {
        self.time(Op::Issue, self.store.issue(user, login)).await
    }

    async fn cross_token(&self, digest: TokenDigest) -> Result<Option<TokenOwner>> {
        self.time(Op::Find, self.store.cross_token(digest)).await
    }

    async fn remember_me_token(&self, digest: TokenDigest) -> Result<Option<TokenOwner>> {
        self.time(Op::Find, self.store.remember_me_token(digest)).await
    }

    async fn mint_cross(&self, user: UserId, mint: &MintCross) -> Result<Ruling<Minted>> {
        self.time(Op::MintCross, self.store.mint_cross(user, mint)).await
    }

    async fn revoke(&self, user: UserId, revoke: &Revoke) -> Result<()> {
        self.time(Op::Revoke, self.store.revoke(user, revoke)).await
    }

    async fn close_session(&self, user: UserId, close: &CloseSession) -> Result<Ruling<()>> {
        self.time(Op::Revoke, self.store.close_session(user, close)).await
    }

    async fn client_session(&self, user: UserId, client: &ClientKey) -> Result<Option<(Account, Session)>> {
        self.time(Op::Find, self.store.client_session(user, client)).await
    }

    async fn user_state(&self, user: UserId) -> Result<Option<UserState>> {
        self.time(Op::Find, self.store.user_state(user)).await
    }

    async fn sweep(&self) -> Result<()> {
        self.time(Op::Sweep, self.store.sweep()).await
    }
}

#[async_trait]
impl Throttle for Observed {
    async fn admit(&self, attempt: &Attempt) -> Result<std::result::Result<Admission, RetryAfter>> {
        self.time(Op::Throttle, self.store.admit(attempt)).await
    }

    async fn put_back(&self, buckets: &[Bucket]) -> Result<()> {
        self.time(Op::Throttle, self.store.put_back(buckets)).await
    }

    async fn remember(&self, account: [u8; 16], marks: &[(Mark, Remember)]) -> Result<()> {
        self.time(Op::Throttle, self.store.remember(account, marks)).await
    }
}

#[async_trait]
impl Health for Observed {
    async fn time(&self) -> Result<Timestamp> {
        self.time(Op::Health, self.store.time()).await
    }

    async fn takes_logins(&self) -> Result<bool> {
        self.times.time(Act::Health, self.store.takes_logins()).await
    }

    async fn warnings(&self) -> Result<Vec<String>> {
        self.time(Op::Health, self.store.warnings()).await
    }

    async fn close(&self) {
        self.store.close().await;
    }
}
