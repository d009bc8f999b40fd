//! Who has what only one user may have ([`Unique`]): an e-mail address, a subject at an identity provider, an external
//! id. A claim says so.
//!
//! A claim lies in another slot than its user, so no script can write both. The claim is made first, and counts only if
//! the account then has what it is about. The account must come to have it before the claim's time is over. After
//! that, another user may take the claim over, and the sweep removes it.

use super::codec::encode_new_user;
use super::user::{Room, Selection};
use super::{RedisStore, new_id, scripts};
use crate::domain::{Account, AccountChange, Denied, Ruling, Shard, Subject, Timestamp, Unique, UserId};
use crate::store::{Creation, Result, StoreError};

/// A claim in Redis.
pub(super) struct Claim {
    value: Vec<u8>,
    pub(super) user: UserId,
    /// From then on it may be taken over, if the account does not have what it is about.
    until: Timestamp,
}

/// How long a claim may not be taken over, in milliseconds.
const CLAIM_TTL: u64 = 10_000;
/// How long before that time is over the account must have it, in milliseconds. By as much the clocks of a Cluster's
/// servers may differ.
const CLOCK_SKEW: u64 = 5_000;

impl Claim {
    fn read(value: Vec<u8>) -> Result<Self> {
        let damaged = || StoreError::Unreadable("claim: damaged".into());
        let (user, until) = value.split_first_chunk().ok_or_else(damaged)?;
        let user = UserId(uuid::Uuid::from_bytes(*user));
        let until = std::str::from_utf8(until).ok().and_then(|until| until.parse().ok()).ok_or_else(damaged)?;
        Ok(Self { value, user, until: Timestamp::from_millis(until) })
    }

    /// Until when the account may come to have it, by the clock of its server.
    pub(super) const fn latest(&self) -> Timestamp {
        Timestamp::from_millis(self.until.millis().saturating_sub(CLOCK_SKEW))
    }
}

impl RedisStore {
    /// The claim in a key, whether it counts or not.
    pub(super) async fn claim_in(&self, key: &[u8]) -> Result<Option<Claim>> {
        self.client.get(key).await?.map(Claim::read).transpose()
    }

    /// The claims that are an account's for what it has, with their keys: those that are `meant`.
    pub(super) async fn claims_of(
        &self,
        account: &Account,
        meant: impl Fn(&Unique) -> bool,
    ) -> Result<Vec<(Vec<u8>, Claim)>> {
        let mut claims = Vec::new();
        for unique in account.uniques().filter(|unique| meant(unique)) {
            let key = self.keys.unique(&unique);
            let claim = self.claim_in(&key).await?.filter(|claim| claim.user == account.id);
            claims.extend(claim.map(|claim| (key, claim)));
        }
        Ok(claims)
    }

    /// Removes a claim, unless it has been made anew.
    pub(super) async fn give_back(&self, key: &[u8], claim: &Claim) -> Result<()> {
        self.client.eval(scripts::FORGET.on(&[key]).arg(&claim.value)).await
    }

    /// Removes the claim in a key if it does not count and never will.
    pub(super) async fn drop_abandoned(&self, key: &[u8]) -> Result<()> {
        let Some(claim) = self.claim_in(key).await? else { return Ok(()) };
        if self.account_with(claim.user).await?.is_some_and(|account| self.has(&account, key)) {
            return Ok(());
        }
        // Once more, by the clock of the account's server: it decides until when the account may come to have it.
        let (now, user) = self.load(claim.user, &Selection::default(), Room::ANY).await?;
        if now <= claim.latest() || user.is_some_and(|user| self.has(&user.state.account, key)) {
            return Ok(());
        }
        self.give_back(key, &claim).await
    }

    /// Whether an account has what this key is for.
    fn has(&self, account: &Account, key: &[u8]) -> bool {
        account.uniques().any(|unique| self.keys.unique(&unique) == key)
    }

    /// Creates one account.
    pub(super) async fn create(&self, account: &Account) -> Result<Creation> {
        let user = self.keys.user(account.id);
        if self.client.command(redis::cmd("EXISTS").arg(&user)).await? {
            return Ok(Creation::IdTaken);
        }
        let email = self.keys.email(&account.email);
        let claim = match self.claim(&email, account.id).await? {
            Ok(claim) => claim,
            Err(owner) => return Ok(Creation::EmailTaken(owner)),
        };
        let mut create = scripts::CREATE.on(&[user, self.keys.hold(Shard::of_user(account.id))]);
        create.arg(encode_new_user(new_id()?, account)).arg(claim.latest().millis());
        match self.client.eval(&create).await? {
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

    /// Changes an account. What it comes to have is claimed before, and what it had is free after.
    pub(super) async fn change(&self, user: UserId, change: &AccountChange) -> Result<Ruling<Account>> {
        // Read before the account is changed: a claim that another account makes then must stay.
        let earlier = match change.bare() {
            AccountChange::Email(_)
            | AccountChange::ExternalId(_)
            | AccountChange::Link { relinks: true, .. }
            | AccountChange::Unlink { .. } => match self.account_with(user).await? {
                Some(account) => self.claims_of(&account, |unique| change.may_free(unique)).await?,
                None => return Ok(Err(Denied::NoSuchUser)),
            },
            _ => Vec::new(),
        };
        let claimed = match change.claims() {
            Some(wanted) => {
                let key = self.keys.unique(&wanted);
                let Ok(claim) = self.claim(&key, user).await? else { return Ok(Err(wanted.taken())) };
                Some((key, claim))
            }
            None => None,
        };
        let latest = claimed.as_ref().map(|(_, claim)| claim.latest());
        let changed = self.run_before(latest, user, change, Room::ANY).await?;
        let given_up: Vec<_> = match &changed {
            Ok(account) => earlier.into_iter().filter(|(key, _)| !self.has(account, key)).collect(),
            Err(_) => claimed.into_iter().collect(),
        };
        for (key, claim) in given_up {
            self.give_back(&key, &claim).await?;
        }
        // A change away from it may have seen this claim while this change was on its way, and gives it back now.
        if changed.is_ok()
            && let Some(wanted) = change.claims()
        {
            let _made_anew = self.claim(&self.keys.unique(&wanted), user).await?;
        }
        Ok(changed)
    }

    /// See [`crate::store::Accounts::account_by_subject`].
    pub(super) async fn account_of(&self, issuer: &str, subject: &str) -> Result<Option<Account>> {
        let key = self.keys.subject(&Subject::digest_of(issuer, subject));
        let Some(claim) = self.claim_in(&key).await? else { return Ok(None) };
        let account = self.account_with(claim.user).await?;
        Ok(account.filter(|account| account.profile.subject.as_ref().is_some_and(|known| known.is(issuer, subject))))
    }

    /// Claims a key for a user. The inner error is the user who has it, or may still come to have it.
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

    /// Claims a key if it is free or the user's already, or if the claim in it is the `abandoned` one and its time is
    /// over. The inner error is the claim that stands.
    async fn try_claim(&self, key: &[u8], user: UserId, abandoned: &[u8]) -> Result<std::result::Result<Claim, Claim>> {
        let mut call = scripts::CLAIM.on(&[key]);
        call.arg(user.0.as_bytes()).arg(CLAIM_TTL).arg(abandoned);
        let (claimed, value): (bool, Vec<u8>) = self.client.eval(&call).await?;
        let claim = Claim::read(value)?;
        Ok(if claimed { Ok(claim) } else { Err(claim) })
    }
}
