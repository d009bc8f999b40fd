//! Who a subject at an identity provider is here: found by a claim, as an address is, see [`claims`](super::unique_index).

use super::RedisStore;
use super::unique_index::Claim;
use super::user::{Committed, Fate};
use crate::domain::{Account, Denied, Effects, Ruling, Stop, Subject, Timestamp, UserId, UserState};
use crate::store::Result;

impl RedisStore {
    /// Links a user to a subject by `rule`, unless the subject is another user's. The caller holds the user's lock.
    pub(super) async fn link_subject<T>(
        &self,
        user: UserId,
        subject: &Subject,
        rule: impl FnMut(&mut UserState, Timestamp) -> std::result::Result<(T, Effects), Stop>,
    ) -> Result<Ruling<Committed<T>>> {
        let key = self.keys.subject(&subject.digest());
        let Ok(claim) = self.claim(&key, user).await? else { return Ok(Err(Denied::LinkedToAnother)) };
        let linked = self.change_by(Some(claim.latest()), user, Fate::Stays, rule).await?;
        if linked.is_err() {
            self.give_back(&key, &claim).await?;
        }
        Ok(linked)
    }

    /// The claim by which an account is found by its subject, and its key.
    pub(super) async fn subject_claim(&self, account: &Account) -> Result<Option<(Vec<u8>, Claim)>> {
        let Some(subject) = &account.profile.subject else { return Ok(None) };
        self.claim_of(account.id, self.keys.subject(&subject.digest())).await
    }

    /// See [`crate::store::DirectorySessions::account_by_subject`].
    pub(super) async fn account_of(&self, issuer: &str, subject: &str) -> Result<Option<Account>> {
        let key = self.keys.subject(&Subject::digest_of(issuer, subject));
        let Some(claim) = self.claim_in(&key).await? else { return Ok(None) };
        let account = self.account_with(claim.user).await?;
        Ok(account.filter(|account| account.profile.subject.as_ref().is_some_and(|known| known.is(issuer, subject))))
    }
}
