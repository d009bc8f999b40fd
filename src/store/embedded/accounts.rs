//! Users.

use std::ops::Bound;

use async_trait::async_trait;
use redb::ReadableTable as _;
use uuid::Uuid;

use super::EmbeddedStore;
use super::schema::TxnError;
use super::txn::Txn;
use crate::domain::{
    Account, AccountAct, AccountChange, DeleteAccount, Email, ExternalId, Happened, Ruling, Unique, UserId,
};
use crate::store::codec::decode;
use crate::store::metrics::Op;
use crate::store::{Accounts, Creation, MAX_BATCH, Page, Result, StoreError};

#[async_trait]
impl Accounts for EmbeddedStore {
    async fn account(&self, id: UserId) -> Result<Option<Account>> {
        self.read(Op::Find, |snapshot| snapshot.account(id))
    }

    async fn account_by_email(&self, email: &Email) -> Result<Option<Account>> {
        self.read(Op::Find, |snapshot| snapshot.account_by_email(email))
    }

    async fn account_by_subject(&self, issuer: &str, subject: &str) -> Result<Option<Account>> {
        self.read(Op::Find, |snapshot| {
            let Some(owner) = snapshot.subject_owner(issuer, subject)? else { return Ok(None) };
            let account = snapshot.account(owner)?;
            // The table has digests of subjects; the account has the subject itself.
            Ok(account
                .filter(|account| account.profile.subject.as_ref().is_some_and(|known| known.is(issuer, subject))))
        })
    }

    async fn account_by_external_id(&self, id: &ExternalId) -> Result<Option<Account>> {
        self.read(Op::Find, |snapshot| {
            let Some(owner) = snapshot.external_id_owner(id)? else { return Ok(None) };
            Ok(snapshot.account(owner)?.filter(|account| account.external_id.as_ref() == Some(id)))
        })
    }

    async fn create_accounts(&self, accounts: &[Account]) -> Result<Vec<Creation>> {
        if accounts.len() > MAX_BATCH {
            return Err(StoreError::Unavailable(format!("more than {MAX_BATCH} accounts at once")));
        }
        let accounts = accounts.to_vec();
        let act = move |txn: &mut Txn<'_>| {
            let created: std::result::Result<Vec<_>, _> = accounts.iter().map(|account| create(txn, account)).collect();
            let created = created?;
            if let ([account], [Creation::Created]) = (&accounts[..], &created[..]) {
                txn.happened.push(Happened::Account(account.id, AccountAct::Created));
            }
            Ok(created)
        };
        self.write(Op::Account, act).await
    }

    async fn change_account(&self, id: UserId, change: &AccountChange) -> Result<Ruling<Account>> {
        let (change, clock) = (change.clone(), self.inner.clock.clone());
        let act = move |txn: &mut Txn<'_>| {
            if let Some(wanted) = change.claims()
                && txn.owner(&wanted)?.is_some_and(|owner| owner != id)
            {
                return Ok(Err(wanted.taken()));
            }
            txn.command(id, &change, clock.now())
        };
        self.write(Op::Account, act).await
    }

    async fn delete_account(&self, id: UserId) -> Result<Ruling<()>> {
        self.command(Op::Account, id, &DeleteAccount).await
    }

    /// In the order of their ids; the cursor is the last one.
    async fn accounts(&self, after: Option<&str>, limit: usize) -> Result<Page<Account>> {
        let after = after.map(Uuid::try_parse).transpose().map_err(|_| StoreError::NoSuchPlace)?;
        let start = after.as_ref().map_or(Bound::Unbounded, |id| Bound::Excluded(id.as_bytes()));
        self.read(Op::Account, |snapshot| {
            let mut entries =
                snapshot.accounts.range::<&[u8; 16]>((start, Bound::Unbounded)).map_err(TxnError::from)?;
            let mut items: Vec<Account> = Vec::new();
            for entry in entries.by_ref().take(limit) {
                let (_, record) = entry.map_err(TxnError::from)?;
                items.push(decode(record.value())?);
            }
            let more = entries.next().is_some();
            let next = items.last().filter(|_| more).map(|last| last.id.to_string());
            Ok(Page { items, next })
        })
    }
}

fn create(txn: &mut Txn<'_>, account: &Account) -> std::result::Result<Creation, TxnError> {
    match txn.owner(&Unique::Email(account.email.clone()))? {
        Some(owner) if owner != account.id => return Ok(Creation::EmailTaken(owner)),
        _ => {}
    }
    if txn.tables.accounts.get(account.id.0.as_bytes())?.is_some() {
        return Ok(Creation::IdTaken);
    }
    txn.insert_account(account)?;
    Ok(Creation::Created)
}
