//! Users.

use std::ops::Bound;

use async_trait::async_trait;
use uuid::Uuid;

use super::EmbeddedStore;
use super::tables::TxnError;
use super::txn::Txn;
use crate::domain::{Account, AccountChange, Email, UserId};
use crate::store::codec::decode;
use crate::store::{Accounts, Creation, MAX_BATCH, Page, Result, StoreError};

#[async_trait]
impl Accounts for EmbeddedStore {
    async fn account(&self, id: UserId) -> Result<Option<Account>> {
        self.0.snapshot.load().account(id)
    }

    async fn account_by_email(&self, email: &Email) -> Result<Option<Account>> {
        self.0.snapshot.load().account_by_email(email)
    }

    async fn create_accounts(&self, accounts: &[Account]) -> Result<Vec<Creation>> {
        if accounts.len() > MAX_BATCH {
            return Err(StoreError::Unavailable(format!("more than {MAX_BATCH} accounts at once")));
        }
        let accounts = accounts.to_vec();
        self.0.writer.act(move |txn| accounts.iter().map(|account| create(txn, account)).collect()).await
    }

    async fn change_account(&self, id: UserId, change: &AccountChange) -> Result<Option<Account>> {
        let change = change.clone();
        let act = move |txn: &mut Txn<'_>| {
            let Some(mut held) = txn.holdings(id)? else { return Ok(None) };
            let was = held.account.clone();
            let Some(changes) = held.change(&change) else { return Ok(None) };
            if let AccountChange::Link { subject, .. } = &change {
                if txn.directory.subject_owner(subject)?.is_some_and(|owner| owner != id) {
                    return Ok(None);
                }
                txn.directory.free_subject(&was)?;
                txn.directory.own_subject(&held.account)?;
            }
            if let AccountChange::Unlink { .. } = &change {
                txn.directory.free_subject(&was)?;
            }
            txn.apply(&held, &changes)?;
            Ok(Some(held.account))
        };
        self.0.writer.act(act).await
    }

    async fn delete_account(&self, id: UserId) -> Result<bool> {
        let act = move |txn: &mut Txn<'_>| {
            let Some(mut held) = txn.holdings(id)? else { return Ok(false) };
            let changes = held.close_all();
            txn.apply(&held, &changes)?;
            txn.remove_account(&held.account)?;
            Ok(true)
        };
        self.0.writer.act(act).await
    }

    /// In the order of their ids; the cursor is the last one.
    async fn accounts(&self, after: Option<&str>, limit: usize) -> Result<Page<Account>> {
        let after = after.map(Uuid::try_parse).transpose().map_err(|_| StoreError::NoSuchPlace)?;
        let start = after.as_ref().map_or(Bound::Unbounded, |id| Bound::Excluded(id.as_bytes()));
        let snapshot = self.0.snapshot.load();
        let mut entries = snapshot.accounts.range::<&[u8; 16]>((start, Bound::Unbounded)).map_err(TxnError::from)?;
        let mut items: Vec<Account> = Vec::new();
        for entry in entries.by_ref().take(limit) {
            let (_, record) = entry.map_err(TxnError::from)?;
            items.push(decode(record.value())?);
        }
        let more = entries.next().is_some();
        let next = items.last().filter(|_| more).map(|last| last.id.to_string());
        Ok(Page { items, next })
    }
}

fn create(txn: &mut Txn<'_>, account: &Account) -> std::result::Result<Creation, TxnError> {
    match txn.owner(&account.email)? {
        Some(owner) if owner != account.id => return Ok(Creation::EmailTaken(owner)),
        _ => {}
    }
    if txn.has_account(account.id)? {
        return Ok(Creation::IdTaken);
    }
    txn.insert_account(account)?;
    Ok(Creation::Created)
}
