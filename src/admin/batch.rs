//! Many accounts at once, for an import.

use futures_util::future::try_join_all;

use super::operator::Reach;
use super::{AdminError, Answer, Claim, ImportStatus, LOOKED_UP_AT_ONCE, MAX_BATCH, NewAccount, Response};
use crate::domain::{Account, AccountChange, Denied, Subject, Timestamp, UpstreamMark, UserId};
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

pub(super) async fn create(store: &dyn Store, now: Timestamp, reach: Reach, new: Vec<NewAccount>) -> Response {
    bounded(new.len())?;
    let with_id: Vec<bool> = new.iter().map(|account| account.id.is_some()).collect();
    let subjects: Vec<_> = new.iter().map(|account| account.profile.subject.clone()).collect();
    let accounts: Vec<_> = new.into_iter().map(|account| to_come_over(account.into_account(now))).collect();
    let mut creations = Vec::with_capacity(accounts.len());
    for accounts in accounts.chunks(CREATED_AT_ONCE) {
        creations.extend(store.create_accounts(accounts).await?);
    }
    let mut standings = Vec::with_capacity(creations.len());
    let mut links = Vec::new();
    for (((account, creation), with_id), subject) in accounts.iter().zip(creations).zip(with_id).zip(subjects) {
        let user = match creation {
            Creation::EmailTaken(by) => by,
            Creation::Created | Creation::IdTaken => account.id,
        };
        let standing = became(store, account, creation, with_id).await?;
        if let (ImportStatus::New | ImportStatus::AlreadyThere, Some(subject)) = (standing, subject) {
            links.push((standings.len(), user, subject));
        }
        standings.push(standing);
    }
    for some in links.chunks(LOOKED_UP_AT_ONCE) {
        let linked = try_join_all(some.iter().map(|(_, user, subject)| link(store, reach, *user, subject))).await?;
        for ((row, _, _), linked) in some.iter().zip(linked) {
            match linked {
                Ok(()) => standings[*row] = ImportStatus::New,
                Err(taken) => standings[*row] = taken,
            }
        }
    }
    Ok(Answer::Standings(standings))
}

/// Whoever is imported without a password may have one at the old service.
fn to_come_over(account: Account) -> Account {
    let upstream = account.password.is_none().then(|| UpstreamMark::new(account.generation));
    Account { upstream, ..account }
}

/// Links a user to the subject of their row.
async fn link(
    store: &dyn Store,
    reach: Reach,
    user: UserId,
    subject: &Subject,
) -> store::Result<Result<(), ImportStatus>> {
    let change = AccountChange::Link { subject: subject.clone(), name: None, teams: None, relinks: false };
    Ok(match store.change_account(user, &reach.bounds(change)).await? {
        Ok(_) => Ok(()),
        // Nothing of theirs was changed.
        Err(Denied::IsOperator) => Err(ImportStatus::AlreadyThere),
        Err(Denied::NoSuchUser) => Err(ImportStatus::IdTaken),
        Err(_) => Err(ImportStatus::SubjectTaken),
    })
}

async fn stands(store: &dyn Store, claim: &Claim) -> store::Result<ImportStatus> {
    let linked = match &claim.subject {
        Some(known) => store.account_by_subject(&known.issuer, &known.subject).await?,
        None => None,
    };
    if let Some(holder) = store.account_by_email(&claim.email).await? {
        if claim.id.is_some_and(|id| id != holder.id) {
            return Ok(ImportStatus::EmailTaken(holder.id));
        }
        return Ok(match (&claim.subject, linked) {
            (Some(_), Some(linked)) if linked.id != holder.id => ImportStatus::SubjectTaken,
            // An import may have been interrupted before it linked them.
            (Some(_), None) if holder.profile.subject.is_none() => ImportStatus::New,
            _ => ImportStatus::AlreadyThere,
        });
    }
    if let Some(id) = claim.id
        && store.account(id).await?.is_some()
    {
        return Ok(ImportStatus::IdTaken);
    }
    Ok(if linked.is_some() { ImportStatus::SubjectTaken } else { ImportStatus::New })
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
