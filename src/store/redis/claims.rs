//! Who an address belongs to. A claim is made before the account, so that two accounts never share one address, and
//! counts only if the account is there and has that address. A claim whose account was never made is taken over once
//! its time has passed; after that time the account cannot be made any more, and a sweep removes the claim.

use super::{RedisStore, aggregate, scripts};
use crate::domain::{Account, Email, Holdings, UserId};
use crate::store::{Creation, Result, StoreError};

/// A claim as it stands in Redis.
pub(super) struct Claim {
    value: Vec<u8>,
    /// Whose it is.
    pub(super) user: UserId,
    /// When it may be taken over, if the account was not made by then.
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

    /// Until when its account may be made, by the time of the server that the account lies on.
    const fn latest(&self) -> u64 {
        self.until.saturating_sub(MARGIN)
    }
}

impl RedisStore {
    /// The claim on an address, counting or not.
    pub(super) async fn claim_on(&self, email: &Email) -> Result<Option<Claim>> {
        self.claim_in(&self.keys.email(email)).await
    }

    async fn claim_in(&self, key: &[u8]) -> Result<Option<Claim>> {
        let value: Option<Vec<u8>> = self.link.ask(redis::cmd("GET").arg(key)).await?;
        value.map(Claim::read).transpose()
    }

    /// Removes the claim in a key if it does not count and never will: its account was not made in time, or is gone.
    pub(super) async fn drop_abandoned(&self, key: &[u8]) -> Result<()> {
        let Some(claim) = self.claim_in(key).await? else { return Ok(()) };
        let counts = |account: &Account| self.keys.email(&account.email) == key;
        if self.account_with(claim.user).await?.as_ref().is_some_and(counts) {
            return Ok(());
        }
        // Once more, with the time of the server that lets the account be made or not.
        let loaded = self.load(claim.user).await?;
        let counts = loaded.holdings.is_some_and(|(holdings, _)| counts(&holdings.account));
        if counts || loaded.now.millis() <= claim.latest() {
            return Ok(());
        }
        self.link.run(&scripts::FORGET, &[key], &[&claim.value]).await
    }

    /// Removes a claim, unless it has been made anew.
    pub(super) async fn give_back(&self, email: &Email, claim: &Claim) -> Result<()> {
        self.link.run(&scripts::FORGET, &[&self.keys.email(email)], &[&claim.value]).await
    }

    /// Creates one account.
    pub(super) async fn create(&self, account: &Account) -> Result<Creation> {
        let exists: bool = self.link.ask(redis::cmd("EXISTS").arg(self.keys.user(account.id))).await?;
        if exists {
            return Ok(Creation::IdTaken);
        }
        let claim = match self.claim(account, &[]).await? {
            Ok(claim) => claim,
            Err(standing) => {
                let owner = self.account_with(standing.user).await?;
                if owner.is_some_and(|owner| owner.email == account.email) {
                    return Ok(Creation::EmailTaken(standing.user));
                }
                match self.claim(account, &standing.value).await? {
                    Ok(claim) => claim,
                    Err(standing) => return Ok(Creation::EmailTaken(standing.user)),
                }
            }
        };
        let id = aggregate::new_commit_id()?;
        let holdings = Holdings::of(account.clone());
        let (value, latest) = (aggregate::encode(id, &holdings), claim.latest().to_string());
        let arguments: [&[u8]; 3] = [&id, &value, latest.as_bytes()];
        match self.link.run(&scripts::CREATE, &[&self.keys.user(account.id)], &arguments).await? {
            1 => Ok(Creation::Created),
            0 => {
                let there = self.account_with(account.id).await?;
                if there.is_none_or(|there| there.email != account.email) {
                    self.give_back(&account.email, &claim).await?;
                }
                Ok(Creation::IdTaken)
            }
            _late => Err(StoreError::Unavailable("Redis was reached too late".into())),
        }
    }

    /// Claims an account's address if it is free, its own already, or held by the claim known to be `abandoned` whose
    /// time has passed; else tells the claim that stands.
    async fn claim(&self, account: &Account, abandoned: &[u8]) -> Result<std::result::Result<Claim, Claim>> {
        let stands = STANDS.to_string();
        let arguments = [account.id.0.as_bytes(), stands.as_bytes(), abandoned];
        let (claimed, value): (bool, Vec<u8>) =
            self.link.run(&scripts::CLAIM, &[&self.keys.email(&account.email)], &arguments).await?;
        let claim = Claim::read(value)?;
        Ok(if claimed { Ok(claim) } else { Err(claim) })
    }
}
