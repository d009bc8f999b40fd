//! Users.

use std::collections::HashSet;

use async_trait::async_trait;
use futures_util::future::try_join_all;
use uuid::Uuid;

use super::RedisStore;
use super::codec::decode_account_of;
use super::user::Fate;
use crate::domain::{Account, AccountChange, Command as _, DeleteAccount, Denied, Email, Ruling, UserId, UserState};
use crate::store::{Accounts, Creation, Page, Result};

/// How many accounts are created at once, within one deadline.
const CHUNK: usize = 250;
/// How much of a user's value holds the account, but for one with an uncommonly long name; its sessions lie behind.
const HEAD: usize = 1024;

#[async_trait]
impl Accounts for RedisStore {
    async fn account(&self, id: UserId) -> Result<Option<Account>> {
        self.client.act(self.account_with(id)).await
    }

    async fn account_by_email(&self, email: &Email) -> Result<Option<Account>> {
        self.client
            .act(async {
                let claim = self.claim_in(&self.keys.email(email)).await?;
                // An unknown address costs the same two reads.
                let account = self.account_with(claim.map_or(UserId(Uuid::nil()), |claim| claim.user)).await?;
                Ok(account.filter(|account| account.email == *email))
            })
            .await
    }

    /// The deadline is for every 250 accounts.
    async fn create_accounts(&self, accounts: &[Account]) -> Result<Vec<Creation>> {
        let mut outcomes = Vec::with_capacity(accounts.len());
        while outcomes.len() < accounts.len() {
            let some = distinct(&accounts[outcomes.len()..]);
            let work = async { try_join_all(some.iter().map(|account| self.create(account))).await };
            outcomes.extend(self.client.act(work).await?);
        }
        Ok(outcomes)
    }

    async fn change_account(&self, id: UserId, change: &AccountChange) -> Result<Ruling<Account>> {
        self.client
            .act(async {
                let _alone = self.lock(id).await;
                // Read before the account lets it go: a claim made for another account must stay.
                let claim = match change {
                    AccountChange::Unlink { .. } | AccountChange::Link { relinks: true, .. } => {
                        match self.account_with(id).await? {
                            Some(account) => self.subject_claim(&account).await?,
                            None => None,
                        }
                    }
                    _ => None,
                };
                let rule = |state: &mut UserState, now| change.rule(state, now);
                let done = match change {
                    AccountChange::Link { subject, .. } => self.link_subject(id, subject, rule).await?,
                    _ => self.change(id, Fate::Stays, rule).await?,
                };
                let done = match done {
                    Ok(done) => done,
                    Err(denied) => return Ok(Err(denied)),
                };
                self.finish(id, &done).await?;
                if let Some((key, claim)) = claim.filter(|(key, _)| !self.has(&done.answer, key)) {
                    self.give_back(&key, &claim).await?;
                }
                Ok(Ok(done.answer))
            })
            .await
    }

    async fn delete_account(&self, id: UserId) -> Result<Ruling<()>> {
        self.client
            .act(async {
                let _alone = self.lock(id).await;
                let Some(account) = self.account_with(id).await? else { return Ok(Err(Denied::NoSuchUser)) };
                // Read before the account goes: claims made for a new account must stay.
                let email = self.keys.email(&account.email);
                let mut claims: Vec<_> = self.subject_claim(&account).await?.into_iter().collect();
                claims.extend(self.claim_of(id, email).await?);
                let rule = |state: &mut UserState, now| DeleteAccount.rule(state, now);
                let done = match self.change(id, Fate::Goes, rule).await? {
                    Ok(done) => done,
                    Err(denied) => return Ok(Err(denied)),
                };
                self.finish(id, &done).await?;
                for (key, claim) in claims {
                    self.give_back(&key, &claim).await?;
                }
                Ok(Ok(()))
            })
            .await
    }

    async fn accounts(&self, after: Option<&str>, limit: usize) -> Result<Page<Account>> {
        self.client.act(self.page(after, limit)).await
    }
}

impl RedisStore {
    pub(super) async fn account_with(&self, id: UserId) -> Result<Option<Account>> {
        let key = self.keys.user(id);
        let mut get = redis::cmd("GETRANGE");
        get.arg(&key).arg(0).arg(HEAD - 1);
        let head: Vec<u8> = self.client.command(&get).await?;
        match decode_account_of(&head) {
            _ if head.is_empty() => Ok(None),
            Err(_) if head.len() == HEAD => {
                let value: Option<Vec<u8>> = self.client.command(redis::cmd("GET").arg(&key)).await?;
                value.map(|value| decode_account_of(&value)).transpose()
            }
            done => done.map(Some),
        }
    }
}

/// As many of the first accounts as can be created in any order: no two with one id or one address.
fn distinct(accounts: &[Account]) -> &[Account] {
    let (mut ids, mut emails) = (HashSet::new(), HashSet::new());
    let distinct = accounts.iter().take(CHUNK).take_while(|a| ids.insert(a.id) & emails.insert(&a.email));
    let count = distinct.count();
    &accounts[..count]
}
