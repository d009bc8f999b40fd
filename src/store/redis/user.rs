//! What a user has, as one value of one key: loaded whole, changed by a rule of the domain, and stored if nobody else
//! has stored meanwhile.

use super::codec::{CommitId, decode, encode};
use super::{RedisStore, scripts};
use crate::domain::{
    Command as _, Denied, Effects, Expire, Ruling, SessionKey, Stop, Timestamp, TokenDigest, TokenKind, UserId,
    UserState,
};
use crate::store::{Result, StoreError};

/// How long after a user's mark tokens may be noted to be killed, in milliseconds: so long before a sweep may remove the
/// mark that the clocks of a cluster's servers may differ by as much.
const MARKED: u64 = super::sweep::OVERDUE / 2;

/// A user as found.
pub(super) struct LoadedUser {
    /// The server's time.
    pub(super) now: Timestamp,
    /// What the user has, and the commit that wrote it.
    pub(super) holdings: Option<(UserState, CommitId)>,
    /// Tokens whose killing was begun.
    pub(super) kills: Vec<TokenDigest>,
}

/// What becomes of the account by an act.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Stays,
    Goes,
}

/// An act that took effect in the user's key; tokens are still to be written and killed.
pub(super) struct Committed<T> {
    /// What the rule answered.
    pub(super) answer: T,
    /// What is to be done.
    pub(super) changes: Effects,
    /// The server's time when it took effect.
    pub(super) at: Timestamp,
    /// The user's mark among those with killings under way.
    pub(super) mark: Option<u64>,
}

impl RedisStore {
    /// One user's account, sessions and killings, at one instant.
    pub(super) async fn load(&self, user: UserId) -> Result<LoadedUser> {
        let (u, k) = (self.keys.user(user), self.keys.kills(user));
        let (now, value, kills): (u64, Option<Vec<u8>>, Option<Vec<u8>>) =
            self.client.eval(&scripts::LOAD, &[&u, &k], &[]).await?;
        Ok(LoadedUser {
            now: Timestamp::from_millis(now),
            holdings: value.map(|value| decode(&value)).transpose()?,
            kills: digests(&kills.unwrap_or_default()),
        })
    }

    /// Changes what a user has by `rule`, which may be asked again: when another server was faster, or when this act's
    /// own commit took effect but another came before its answer, and it was delivered again in vain. Everything that the
    /// user has is loaded.
    ///
    /// Not so with a commit that opens or ends a directory session: that leaves word of itself.
    ///
    /// The caller holds the user's lock, and goes on with [`Self::finish`].
    pub(super) async fn change<T>(
        &self,
        user: UserId,
        fate: Fate,
        rule: impl FnMut(&mut UserState, Timestamp) -> std::result::Result<(T, Effects), Stop>,
    ) -> Result<Ruling<Committed<T>>> {
        self.change_by(None, user, fate, rule).await
    }

    /// As [`Self::change`], but never later than `latest`, in milliseconds by the time of the user's server.
    pub(super) async fn change_by<T>(
        &self,
        latest: Option<u64>,
        user: UserId,
        fate: Fate,
        mut rule: impl FnMut(&mut UserState, Timestamp) -> std::result::Result<(T, Effects), Stop>,
    ) -> Result<Ruling<Committed<T>>> {
        let mut removed = None;
        loop {
            let loaded = self.load(user).await?;
            if !loaded.kills.is_empty() {
                self.kill(user, &loaded.kills).await?;
            }
            let Some((mut holdings, before)) = loaded.holdings else {
                return Ok(removed.inspect(|done: &Committed<T>| self.report(&done.changes)).ok_or(Denied::NoSuchUser));
            };
            let (answer, changes) = match rule(&mut holdings, loaded.now) {
                Ok(done) => done,
                Err(Stop::Denied(denied)) => return Ok(Err(denied)),
                Err(Stop::LoadMore) => return Err(StoreError::Unreadable("user: there is no more to load".into())),
            };
            if changes == Effects::default() && fate == Fate::Stays {
                return Ok(Ok(Committed { answer, changes, at: loaded.now, mark: None }));
            }
            let mark =
                if revoked(&changes, TokenKind::Access).is_empty() { None } else { Some(self.mark(user).await?) };
            let armed = match changes.opened {
                Some((SessionKey::Directory(session), deadline)) => {
                    Some(self.arm(user, session, deadline, loaded.now).await?)
                }
                _ => None,
            };
            let latest = [latest, mark.map(|mark| mark / 1000 + MARKED), armed].into_iter().flatten().min();
            let holdings = (fate == Fate::Stays).then_some(&holdings);
            let at = self.commit(user, before, holdings, &changes, latest).await?;
            let done = Committed { answer, changes, at: at.unwrap_or(loaded.now), mark };
            if at.is_some() {
                self.report(&done.changes);
                return Ok(Ok(done));
            }
            // If the user is gone when looked for again, this act may have done it.
            removed = (fate == Fate::Goes).then_some(done);
        }
    }

    /// Reports the sessions that an act has closed.
    fn report(&self, changes: &Effects) {
        self.shared.events.emit(changes.closed.iter().copied());
    }

    /// Stores what a user has, or that the user is gone, if `before` still stands and it is not later than `latest`.
    /// The time it took effect, or `None`.
    async fn commit(
        &self,
        user: UserId,
        before: CommitId,
        holdings: Option<&UserState>,
        changes: &Effects,
        latest: Option<u64>,
    ) -> Result<Option<Timestamp>> {
        let id = new_commit_id()?;
        let (u, k, a) = (self.keys.user(user), self.keys.kills(user), self.keys.applied(user, &id));
        let keys: [&[u8]; 3] = [&u, &k, &a];
        let value = holdings.map(|holdings| encode(id, holdings)).unwrap_or_default();
        let kills = concat(&revoked(changes, TokenKind::Access));
        let latest = latest.map_or_else(String::new, |latest| latest.to_string());
        let arguments: [&[u8]; 5] = [&before, &id, &value, &kills, latest.as_bytes()];
        let count = if is_told_once(changes) { 3 } else { 2 };
        match self.client.eval::<Option<i64>>(&scripts::COMMIT, &keys[..count], &arguments).await? {
            None => Ok(None),
            Some(at) => match u64::try_from(at) {
                Ok(at) => Ok(Some(Timestamp::from_millis(at))),
                Err(_late) => Err(StoreError::Unavailable("Redis was reached too late".into())),
            },
        }
    }

    /// Removes what has ended of a user, if anything has. Directory sessions that should have been closed by now are
    /// looked at again: a failover may have lost their place among those that are due.
    pub(super) async fn prune(&self, user: UserId) -> Result<()> {
        let _alone = self.lock(user).await;
        let pruned = self
            .change(user, Fate::Stays, |holdings, now| {
                let (_, changes) = Expire { session: None }.rule(holdings, now)?;
                let overdue = holdings.directory.values().filter(|session| session.overdue(now).is_some());
                let overdue: Vec<_> = overdue.map(|session| (session.id, session.deadline())).collect();
                Ok((overdue, changes))
            })
            .await?;
        let Ok(pruned) = pruned else { return Ok(()) };
        for (session, deadline) in &pruned.answer {
            self.arm(user, *session, *deadline, pruned.at).await?;
        }
        self.finish(user, &pruned).await
    }
}

/// Whether a change must be answered for once, however often its commit is delivered and whatever comes in between.
fn is_told_once(changes: &Effects) -> bool {
    let opens = matches!(changes.opened, Some((SessionKey::Directory(_), _)));
    opens || !changes.removed.is_empty()
}

pub(super) fn new_commit_id() -> Result<CommitId> {
    let mut id = CommitId::default();
    getrandom::fill(&mut id).map_err(|_| StoreError::Unavailable("the system gives no random bytes".into()))?;
    Ok(id)
}

/// The tokens of a kind that an act revokes.
pub(super) fn revoked(changes: &Effects, kind: TokenKind) -> Vec<TokenDigest> {
    changes.revoked.iter().filter(|(of, _)| *of == kind).map(|(_, digest)| *digest).collect()
}

/// The digests in a row.
pub(super) fn concat(digests: &[TokenDigest]) -> Vec<u8> {
    digests.iter().flat_map(|digest| digest.0).collect()
}

fn digests(row: &[u8]) -> Vec<TokenDigest> {
    row.as_chunks().0.iter().map(|digest| TokenDigest(*digest)).collect()
}
