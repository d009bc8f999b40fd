//! Many accounts at once, for an import.

use futures_util::future::try_join_all;

use super::{AdminError, Answer, Claim, ImportStatus, LOOKED_UP_AT_ONCE, MAX_BATCH, NewAccount, Response};
use crate::domain::{Account, Timestamp, UpstreamMark};
use crate::store::{self, Creation, Store};

/// How many accounts one call of the store creates: few enough for its deadline on a slow disk.
const CREATED_AT_ONCE: usize = 250;

pub(super) async fn check(store: &dyn Store, claims: &[Claim]) -> Response {
    bounded(claims.len())?;
    let mut standings = Vec::with_capacity(claims.len());
    for claims in claims.chunks(LOOKED_UP_AT_ONCE) {
        standings.extend(try_join_all(claims.iter().map(|claim| stands(store, claim))).await?);
    }
    Ok(Answer::Standings(standings))
}

pub(super) async fn create(store: &dyn Store, now: Timestamp, new: Vec<NewAccount>) -> Response {
    bounded(new.len())?;
    let with_id: Vec<bool> = new.iter().map(|account| account.id.is_some()).collect();
    let accounts: Vec<_> = new.into_iter().map(|account| to_come_over(account.into_account(now))).collect();
    let mut creations = Vec::with_capacity(accounts.len());
    for accounts in accounts.chunks(CREATED_AT_ONCE) {
        creations.extend(store.create_accounts(accounts).await?);
    }
    let mut standings = Vec::with_capacity(creations.len());
    for ((account, creation), with_id) in accounts.iter().zip(creations).zip(with_id) {
        standings.push(became(store, account, creation, with_id).await?);
    }
    Ok(Answer::Standings(standings))
}

/// Whoever is imported without a password may have one at the old service.
fn to_come_over(account: Account) -> Account {
    let upstream = account.password.is_none().then(|| UpstreamMark::new(account.generation));
    Account { upstream, ..account }
}

async fn stands(store: &dyn Store, claim: &Claim) -> store::Result<ImportStatus> {
    if let Some(holder) = store.account_by_email(&claim.email).await? {
        let same = claim.id.is_none_or(|id| id == holder.id);
        return Ok(if same { ImportStatus::AlreadyThere } else { ImportStatus::EmailTaken(holder.id) });
    }
    let Some(id) = claim.id else { return Ok(ImportStatus::New) };
    Ok(if store.account(id).await?.is_some() { ImportStatus::IdTaken } else { ImportStatus::New })
}

async fn became(
    store: &dyn Store,
    account: &Account,
    creation: Creation,
    with_id: bool,
) -> store::Result<ImportStatus> {
    Ok(match creation {
        Creation::Created => ImportStatus::New,
        Creation::EmailTaken(by) if by == account.id || !with_id => ImportStatus::AlreadyThere,
        Creation::EmailTaken(by) => ImportStatus::EmailTaken(by),
        Creation::IdTaken => {
            let holder = store.account(account.id).await?;
            let same = holder.is_some_and(|holder| holder.email == account.email);
            if same { ImportStatus::AlreadyThere } else { ImportStatus::IdTaken }
        }
    })
}

fn bounded(count: usize) -> Result<(), AdminError> {
    if count > MAX_BATCH {
        return Err(AdminError::Malformed(format!("at most {MAX_BATCH} accounts a request")));
    }
    Ok(())
}
