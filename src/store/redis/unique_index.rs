//! Who an address, or a subject at an identity provider, belongs to. A claim is made before the account has it, so that
//! two accounts never share one, and counts only if the account is there and has it. A claim whose account never came
//! to have it is taken over once its time has passed; after that time the account cannot come to have it any more, and
//! a sweep removes the claim.

use super::codec::encode;
use super::user::new_commit_id;
use super::{RedisStore, scripts};
use crate::domain::{Account, SessionIndex, UserId, UserState};
use crate::store::{Creation, Result, StoreError};

/// A claim as it stands in Redis.
pub(super) struct Claim {
    value: Vec<u8>,
    /// Whose it is.
    pub(super) user: UserId,
    /// When it may be taken over, if the account does not have it by then.
    until: u64,
}

/// How long a claim stands without its account, in milliseconds.
const STANDS: u64 = 10_000;
/// How long before its claim's end an account must be made, in milliseconds: allows for the clocks of a cluster's
/// servers to differ.
const MARGIN: u64 = 5_000;

impl Claim {
    fn read(value: Vec<u8>) -> Result<Self> {
        let damaged = || StoreError::Unreadable("address: damaged".into());
        let (user, until) = value.split_first_chunk().ok_or_else(damaged)?;
        let user = UserId(uuid::Uuid::from_bytes(*user));
        let until = std::str::from_utf8(until).ok().and_then(|until| until.parse().ok()).ok_or_else(damaged)?;
        Ok(Self { value, user, until })
    }

    /// Until when its account may come to have it, by the time of the server that the account lies on.
    pub(super) const fn latest(&self) -> u64 {
        self.until.saturating_sub(MARGIN)
    }
}

impl RedisStore {
    /// The claim in a key, counting or not.
    pub(super) async fn claim_in(&self, key: &[u8]) -> Result<Option<Claim>> {
        let value: Option<Vec<u8>> = self.client.command(redis::cmd("GET").arg(key)).await?;
        value.map(Claim::read).transpose()
    }

    /// The claim in a key, with the key, if it is this user's.
    pub(super) async fn claim_of(&self, user: UserId, key: Vec<u8>) -> Result<Option<(Vec<u8>, Claim)>> {
        let claim = self.claim_in(&key).await?;
        Ok(claim.filter(|claim| claim.user == user).map(|claim| (key, claim)))
    }

    /// Removes the claim in a key if it does not count and never will: its account was not made in time, or is gone.
    pub(super) async fn drop_abandoned(&self, key: &[u8]) -> Result<()> {
        let Some(claim) = self.claim_in(key).await? else { return Ok(()) };
        if self.account_with(claim.user).await?.is_some_and(|account| self.has(&account, key)) {
            return Ok(());
        }
        // Once more, with the time of the server that lets the account have it or not.
        let loaded = self.load(claim.user).await?;
        let counts = loaded.holdings.is_some_and(|(holdings, _)| self.has(&holdings.account, key));
        if counts || loaded.now.millis() <= claim.latest() {
            return Ok(());
        }
        self.client.eval(&scripts::FORGET, &[key], &[&claim.value]).await
    }

    /// Removes a claim, unless it has been made anew.
    pub(super) async fn give_back(&self, key: &[u8], claim: &Claim) -> Result<()> {
        self.client.eval(&scripts::FORGET, &[key], &[&claim.value]).await
    }

    /// Whether an account has the address or the subject that a key is about.
    pub(super) fn has(&self, account: &Account, key: &[u8]) -> bool {
        let subject = account.profile.subject.as_ref();
        self.keys.email(&account.email) == key
            || subject.is_some_and(|subject| self.keys.subject(&subject.digest()) == key)
    }

    /// Creates one account.
    pub(super) async fn create(&self, account: &Account) -> Result<Creation> {
        let exists: bool = self.client.command(redis::cmd("EXISTS").arg(self.keys.user(account.id))).await?;
        if exists {
            return Ok(Creation::IdTaken);
        }
        let email = self.keys.email(&account.email);
        let claim = match self.claim(&email, account.id).await? {
            Ok(claim) => claim,
            Err(owner) => return Ok(Creation::EmailTaken(owner)),
        };
        let id = new_commit_id()?;
        let holdings = UserState::new(account.clone(), SessionIndex::default());
        let (value, latest) = (encode(id, &holdings), claim.latest().to_string());
        let arguments: [&[u8]; 3] = [&id, &value, latest.as_bytes()];
        match self.client.eval(&scripts::CREATE, &[&self.keys.user(account.id)], &arguments).await? {
            1 => Ok(Creation::Created),
            0 => {
                let there = self.account_with(account.id).await?;
                if there.is_none_or(|there| there.email != account.email) {
                    self.give_back(&email, &claim).await?;
                }
                Ok(Creation::IdTaken)
            }
            _late => Err(StoreError::Unavailable("Redis was reached too late".into())),
        }
    }

    /// Claims a key for a user, or tells whose it is, or may yet become.
    pub(super) async fn claim(&self, key: &[u8], user: UserId) -> Result<std::result::Result<Claim, UserId>> {
        let standing = match self.try_claim(key, user, &[]).await? {
            Ok(claim) => return Ok(Ok(claim)),
            Err(standing) => standing,
        };
        if self.account_with(standing.user).await?.is_some_and(|owner| self.has(&owner, key)) {
            return Ok(Err(standing.user));
        }
        Ok(self.try_claim(key, user, &standing.value).await?.map_err(|standing| standing.user))
    }

    /// Claims a key if it is free, the user's own already, or held by the claim known to be `abandoned` whose time has
    /// passed; else tells the claim that stands.
    async fn try_claim(&self, key: &[u8], user: UserId, abandoned: &[u8]) -> Result<std::result::Result<Claim, Claim>> {
        let stands = STANDS.to_string();
        let arguments = [user.0.as_bytes(), stands.as_bytes(), abandoned];
        let (claimed, value): (bool, Vec<u8>) = self.client.eval(&scripts::CLAIM, &[key], &arguments).await?;
        let claim = Claim::read(value)?;
        Ok(if claimed { Ok(claim) } else { Err(claim) })
    }
}
