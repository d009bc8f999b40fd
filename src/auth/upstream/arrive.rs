//! How somebody whom the old service has proven gets their account here, or their password into it.
//!
//! Each step is one act of the store, so two servers may be at it at once, and either may stop anywhere: an account is made
//! with its password or not at all, and a password is stored only where there still is none.

use super::Person;
use crate::auth::{Identity, Proof};
use crate::domain::event::LoginWay;
use crate::domain::{Account, AccountChange, Denied, Email, PasswordHash, Timestamp, UpstreamMark};
use crate::error::ServiceError;
use crate::store::Creation;

impl Identity {
    /// The proof of a person whose password for `email` the old service has found to be right, after which `hash` is kept.
    /// `account` is what was here before it was asked.
    pub(in crate::auth) async fn arrive_by_password(
        &self,
        email: &Email,
        account: Option<Account>,
        person: Person,
        hash: PasswordHash,
    ) -> Result<Proof, ServiceError> {
        if person.email != *email {
            log_conflict(&person, "its person has another e-mail address than the one that they logged in with");
            return Err(ServiceError::InvalidCredentials(Denied::UpstreamConflict));
        }
        let now = self.clock.now();
        let there = match account {
            Some(account) => account,
            None => match self.make_account(&person, Some(hash.clone())).await? {
                Ok(account) => return Ok(proof(&account, account.generation, now)),
                Err(there) => there,
            },
        };
        agree(&there, &person)?;
        // What ends everything in the meantime ends this login too.
        let generation = there.generation;
        let change = AccountChange::ComeOver { password: hash, now };
        match self.store.change_account(there.id, &change).await? {
            Ok(account) => {
                log_arrival(&account, "password");
                Ok(proof(&account, generation, now))
            }
            // The same person has come over elsewhere meanwhile.
            Err(Denied::HashChanged) => Ok(proof(&there, generation, now)),
            Err(denied) => Err(ServiceError::InvalidCredentials(denied)),
        }
    }

    /// The account of a person whose token the old service has found to count: the one that is here, or a new one.
    ///
    /// # Errors
    /// [`ServiceError::InvalidCredentials`]: not for this person. [`ServiceError::Store`].
    pub async fn account_of(&self, person: &Person) -> Result<Account, ServiceError> {
        let there = match self.store.account(person.id).await? {
            Some(account) => account,
            None => match self.store.account_by_email(&person.email).await? {
                Some(account) => account,
                None if self.upstream.as_ref().is_some_and(|upstream| upstream.takes_strangers(&person.email)) => {
                    match self.make_account(person, None).await? {
                        Ok(account) | Err(account) => account,
                    }
                }
                None => return Err(ServiceError::InvalidCredentials(Denied::NoSuchUser)),
            },
        };
        agree(&there, person)?;
        Ok(there)
    }

    /// Makes an account; `Err` is the one that somebody else has made meanwhile.
    async fn make_account(
        &self,
        person: &Person,
        password: Option<PasswordHash>,
    ) -> Result<Result<Account, Account>, ServiceError> {
        let now = self.clock.now();
        let new = Account::new(person.id, person.email.clone(), uuid::Uuid::new_v4().as_fields().0, now);
        let upstream = Some(UpstreamMark::new(new.generation).arrived(now));
        let how = if password.is_some() { "password" } else { "token" };
        let new = Account { name: person.name.clone(), password, upstream, ..new };
        let created = self.store.create_accounts(std::slice::from_ref(&new)).await?;
        let there = match created.first() {
            Some(Creation::Created) => {
                log_arrival(&new, how);
                return Ok(Ok(new));
            }
            Some(Creation::EmailTaken(by)) => self.store.account(*by).await?,
            Some(Creation::IdTaken) | None => self.store.account(person.id).await?,
        };
        // Nobody: it was deleted at this moment.
        there.map(Err).ok_or(ServiceError::InvalidCredentials(Denied::NoSuchUser))
    }
}

/// One person has one id and one address, here and there.
fn agree(account: &Account, person: &Person) -> Result<(), ServiceError> {
    if account.id == person.id && account.email == person.email {
        return Ok(());
    }
    let what = if account.id == person.id {
        "the user of this id has another e-mail address here"
    } else {
        "the user of this e-mail address has another id here"
    };
    tracing::warn!(user = %account.id, "the old service and this one disagree");
    log_conflict(person, what);
    Err(ServiceError::InvalidCredentials(Denied::UpstreamConflict))
}

fn log_conflict(person: &Person, what: &str) {
    tracing::warn!(upstream_user = %person.id, "somebody cannot come over from the old service: {what}");
}

fn log_arrival(account: &Account, by: &str) {
    tracing::info!(user = %account.id, by, "a person has come over from the old service");
}

fn proof(account: &Account, generation: u32, proven: Timestamp) -> Proof {
    Proof { user: account.id, generation, way: LoginWay::OldService, ..Proof::of(account, proven, None) }
}
