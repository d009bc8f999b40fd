//! A store that counts how long each act takes and how often it fails, and holds a request's acts to one deadline,
//! whatever store is behind it.

mod directory;
mod times;

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

pub use times::StoreTimes;

use times::Act;

/// The store behind it, observed.
pub struct Observed {
    store: Arc<dyn Store>,
    times: StoreTimes,
}

impl Observed {
    /// Counts what `store` does into `times`.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, times: StoreTimes) -> Self {
        Self { store, times }
    }
}

impl Store for Observed {
    fn for_worker(&self) -> Arc<dyn Store> {
        Arc::new(Self::new(self.store.for_worker(), self.times.clone()))
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
                self.times.note(Act::Check, start.elapsed(), result.is_err());
                Either::Left(ready(result))
            }
            Either::Right(pending) => Either::Right(Box::pin(async move {
                let result = pending.await;
                let took = start.elapsed();
                // A request's first act, always: no second timer where speed counts most.
                budget::spent(took);
                self.times.note(Act::Check, took, result.is_err());
                result
            })),
        }
    }
}

#[async_trait]
impl Accounts for Observed {
    async fn account(&self, id: UserId) -> Result<Option<Account>> {
        self.times.time(Act::Find, self.store.account(id)).await
    }

    async fn account_by_email(&self, email: &Email) -> Result<Option<Account>> {
        self.times.time(Act::Find, self.store.account_by_email(email)).await
    }

    async fn create_accounts(&self, accounts: &[Account]) -> Result<Vec<Creation>> {
        self.times.time(Act::Account, self.store.create_accounts(accounts)).await
    }

    async fn change_account(&self, id: UserId, change: &AccountChange) -> Result<Ruling<Account>> {
        self.times.time(Act::Account, self.store.change_account(id, change)).await
    }

    async fn delete_account(&self, id: UserId) -> Result<Ruling<()>> {
        self.times.time(Act::Account, self.store.delete_account(id)).await
    }

    async fn accounts(&self, after: Option<&str>, limit: usize) -> Result<Page<Account>> {
        self.times.time(Act::Account, self.store.accounts(after, limit)).await
    }
}

#[async_trait]
impl Sessions for Observed {
    async fn issue(&self, user: UserId, login: &Issue) -> Result<Ruling<Issued>> {
        self.times.time(Act::Issue, self.store.issue(user, login)).await
    }

    async fn cross_token(&self, digest: TokenDigest) -> Result<Option<TokenOwner>> {
        self.times.time(Act::Find, self.store.cross_token(digest)).await
    }

    async fn remember_me_token(&self, digest: TokenDigest) -> Result<Option<TokenOwner>> {
        self.times.time(Act::Find, self.store.remember_me_token(digest)).await
    }

    async fn mint_cross(&self, user: UserId, mint: &MintCross) -> Result<Ruling<Minted>> {
        self.times.time(Act::MintCross, self.store.mint_cross(user, mint)).await
    }

    async fn revoke(&self, user: UserId, revoke: &Revoke) -> Result<()> {
        self.times.time(Act::Revoke, self.store.revoke(user, revoke)).await
    }

    async fn close_session(&self, user: UserId, close: &CloseSession) -> Result<Ruling<()>> {
        self.times.time(Act::Revoke, self.store.close_session(user, close)).await
    }

    async fn client_session(&self, user: UserId, client: &ClientKey) -> Result<Option<(Account, Session)>> {
        self.times.time(Act::Find, self.store.client_session(user, client)).await
    }

    async fn user_state(&self, user: UserId) -> Result<Option<UserState>> {
        self.times.time(Act::Find, self.store.user_state(user)).await
    }

    async fn sweep(&self) -> Result<()> {
        self.times.time(Act::Sweep, self.store.sweep()).await
    }
}

#[async_trait]
impl Throttle for Observed {
    async fn admit(&self, attempt: &Attempt) -> Result<std::result::Result<Admission, RetryAfter>> {
        self.times.time(Act::Throttle, self.store.admit(attempt)).await
    }

    async fn put_back(&self, buckets: &[Bucket]) -> Result<()> {
        self.times.time(Act::Throttle, self.store.put_back(buckets)).await
    }

    async fn remember(&self, account: [u8; 16], marks: &[(Mark, Remember)]) -> Result<()> {
        self.times.time(Act::Throttle, self.store.remember(account, marks)).await
    }
}

#[async_trait]
impl Health for Observed {
    async fn time(&self) -> Result<Timestamp> {
        self.times.time(Act::Health, self.store.time()).await
    }

    async fn takes_logins(&self) -> Result<bool> {
        self.times.time(Act::Health, self.store.takes_logins()).await
    }

    async fn warnings(&self) -> Result<Vec<String>> {
        self.times.time(Act::Health, self.store.warnings()).await
    }

    async fn close(&self) {
        self.store.close().await;
    }
}
