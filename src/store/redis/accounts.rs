//! Users.

use std::collections::HashSet;

use async_trait::async_trait;
use futures_util::future::try_join_all;
use uuid::Uuid;

use super::RedisStore;
use super::codec::decode_user;
use super::user::Room;
use crate::domain::{
    Account, AccountAct, AccountChange, DeleteAccount, Denied, Email, ExternalId, Happened, Ruling, Unique, UserId,
};
use crate::store::metrics::Op;
use crate::store::{Accounts, Creation, Page, Result};

/// How many accounts are created at the same time, within one deadline.
const CHUNK: usize = 250;

#[async_trait]
impl Accounts for RedisStore {
    async fn account(&self, id: UserId) -> Result<Option<Account>> {
        self.act(Op::Find, self.account_with(id)).await
    }

    async fn account_by_email(&self, email: &Email) -> Result<Option<Account>> {
        self.act(Op::Find, async {
            let claim = self.claim_in(&self.keys.email(email)).await?;
            // An unknown address takes the same two reads.
            let account = self.account_with(claim.map_or(UserId(Uuid::nil()), |claim| claim.user)).await?;
            Ok(account.filter(|account| account.email == *email))
        })
        .await
    }

    async fn account_by_subject(&self, issuer: &str, subject: &str) -> Result<Option<Account>> {
        self.act(Op::Find, self.account_of(issuer, subject)).await
    }

    async fn account_by_external_id(&self, id: &ExternalId) -> Result<Option<Account>> {
        self.act(Op::Find, async {
            let Some(claim) = self.claim_in(&self.keys.unique(&Unique::ExternalId(id.digest()))).await? else {
                return Ok(None);
            };
            let account = self.account_with(claim.user).await?;
            Ok(account.filter(|account| account.external_id.as_ref() == Some(id)))
        })
        .await
    }

    /// Each 250 accounts have a deadline of their own.
    async fn create_accounts(&self, accounts: &[Account]) -> Result<Vec<Creation>> {
        let mut outcomes = Vec::with_capacity(accounts.len());
        while outcomes.len() < accounts.len() {
            let some = distinct(&accounts[outcomes.len()..]);
            let work = async { try_join_all(some.iter().map(|account| self.create(account))).await };
            let created = self.act(Op::Account, work).await?;
            if let ([account], [Creation::Created]) = (accounts, &created[..]) {
                self.shared.events.report([Happened::Account(account.id, AccountAct::Created)]);
            }
            outcomes.extend(created);
        }
        Ok(outcomes)
    }

    async fn change_account(&self, id: UserId, change: &AccountChange) -> Result<Ruling<Account>> {
        self.act(Op::Account, self.change(id, change)).await
    }

    async fn delete_account(&self, id: UserId) -> Result<Ruling<()>> {
        self.act(Op::Account, async {
            let Some(account) = self.account_with(id).await? else { return Ok(Err(Denied::NoSuchUser)) };
            // Read before the account is removed: claims that a new account makes then must stay.
            let claims = self.claims_of(&account, |_| true).await?;
            let deleted = self.run(id, &DeleteAccount, Room::ANY).await?;
            if deleted.is_ok() {
                for (key, claim) in claims {
                    self.give_back(&key, &claim).await?;
                }
            }
            Ok(deleted)
        })
        .await
    }

    async fn accounts(&self, after: Option<&str>, limit: usize) -> Result<Page<Account>> {
        self.act(Op::Account, self.page(after, limit)).await
    }
}

impl RedisStore {
    pub(super) async fn account_with(&self, id: UserId) -> Result<Option<Account>> {
        let record = self.client.get(self.keys.user(id)).await?;
        record.map(|record| Ok(decode_user(&record)?.account)).transpose()
    }
}

/// The first accounts, up to one whose id or address another of them has: these can be created at the same time.
fn distinct(accounts: &[Account]) -> &[Account] {
    let (mut ids, mut emails) = (HashSet::new(), HashSet::new());
    let distinct = accounts.iter().take(CHUNK).take_while(|a| ids.insert(a.id) & emails.insert(&a.email));
    let count = distinct.count();
    &accounts[..count]
}
