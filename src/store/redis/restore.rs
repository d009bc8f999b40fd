//! Entries of a backup, into an empty prefix.

use std::collections::HashSet;

use futures_util::future::try_join_all;

use super::codec::{encode_loaded, encode_new_user, timer};
use super::user::{NewRecord, Room};
use super::{RedisStore, new_id, scripts};
use crate::domain::{Borrow, DeleteAccount, SessionKey, Shard, TokenKind, UserId};
use crate::store::codec::encode;
use crate::store::{Entry, Person, Result, StoreError};

impl RedisStore {
    /// Whether no two of the entries are about one person, and none about a person who is there: then they may be put in all
    /// at once.
    pub(super) async fn are_new(&self, entries: &[Entry]) -> Result<bool> {
        let users: Vec<_> = entries.iter().filter_map(Entry::user).collect();
        let distinct: HashSet<_> = users.iter().collect();
        if distinct.len() < users.len() {
            return Ok(false);
        }
        let there = users.iter().map(async |user| {
            let mut exists = redis::cmd("EXISTS");
            exists.arg(self.keys.user(*user));
            self.client.command::<bool>(&exists).await
        });
        Ok(!try_join_all(there).await?.contains(&true))
    }

    /// Puts an entry in, in place of an earlier one of the same person.
    pub(super) async fn replace_entry(&self, entry: &Entry) -> Result<()> {
        if let Some(user) = entry.user() {
            self.take_out(user).await?;
        }
        self.put(entry).await
    }

    /// Puts an entry in.
    pub(super) async fn put(&self, entry: &Entry) -> Result<()> {
        let mut set = redis::cmd("SET");
        match entry {
            Entry::Person(person) => return self.put_person(person).await,
            Entry::Gone(_) => return Ok(()),
            Entry::License(borrow) => return self.put_license(borrow).await,
            Entry::RedirectUrl(url) => {
                return self.client.command(redis::cmd("SADD").arg(self.keys.redirects()).arg(&**url)).await;
            }
            Entry::TakenOver(digest, over) => {
                set.arg(self.keys.taken_over(*digest)).arg(encode(over)).arg("PXAT").arg(over.expires.millis());
            }
            Entry::ProviderSession(session, owner) => {
                set.arg(self.keys.provider_session(*session)).arg(encode(owner));
                set.arg("PXAT").arg(owner.expires.millis());
            }
            Entry::Groups(groups) => {
                set.arg(self.keys.groups()).arg(Self::versioned_value(groups.version, groups)?);
            }
            Entry::KeyRing(ring) => {
                set.arg(self.keys.signing()).arg(Self::versioned_value(ring.version, ring)?);
            }
            Entry::UpstreamUntil(until) => {
                set.arg(self.keys.upstream_until()).arg(until.millis());
            }
        }
        self.client.command(&set).await
    }

    /// The account, then by one script all that is open.
    async fn put_person(&self, person: &Person) -> Result<()> {
        let (account, user) = (&person.account, person.account.id);
        let mut latest = None;
        for unique in account.uniques() {
            let Ok(claim) = self.claim(&self.keys.unique(&unique), user).await? else {
                let sentence = format!("{user} of the backup has what another person of it has");
                return Err(StoreError::Unreadable(sentence));
            };
            latest = latest.or(Some(claim.latest()));
        }
        let mut create = scripts::CREATE.on(&[self.keys.user(user), self.keys.hold(Shard::of_user(user))]);
        create.arg(encode_new_user(new_id()?, account)).arg(latest.unwrap_or_default().millis());
        if self.client.eval::<i8>(&create).await? != 1 {
            return Err(StoreError::Unavailable("Redis was reached too late".into()));
        }
        let access = person.access.iter().map(|(digest, token)| {
            (self.keys.token(TokenKind::Access, *digest), encode(token), token.expires.millis())
        });
        let others = person
            .owners()
            .map(|(kind, digest, owner)| (self.keys.token(kind, digest), encode(&owner), owner.expires.millis()));
        let records: Vec<NewRecord> = access.chain(others).collect();
        let (state, keys): (_, Vec<_>) = (person.state(), person.sessions().collect());
        if records.is_empty() && keys.is_empty() {
            return Ok(());
        }
        let mut call = scripts::COMMIT.on(&self.account_keys(user));
        let nothing = None::<&str>;
        call.optional(nothing).optional(nothing).optional(nothing).optional(nothing);
        call.arg(Room::ANY.clients).arg(Room::ANY.directory);
        let sessions = keys
            .iter()
            .map(|key| (self.keys.session(user, key), Vec::new(), encode_loaded(&state, key).unwrap_or_default()));
        call.list(&sessions.collect::<Vec<(Vec<u8>, Vec<u8>, Vec<u8>)>>());
        call.optional(nothing).list(&records).arg(0);
        let deadlines = person.directory.iter().filter_map(|session| {
            let key = SessionKey::Directory(session.id);
            Some((timer(user, &key)?.to_vec(), session.deadline().millis().to_string()))
        });
        call.list(&deadlines.collect::<Vec<_>>());
        match self.client.eval(&call).await? {
            1 => Ok(()),
            _something_is_there => Err(StoreError::Unavailable("somebody else writes to the store".into())),
        }
    }

    async fn put_license(&self, borrow: &Borrow) -> Result<()> {
        let record = [&new_id()?[..], borrow.user.0.as_bytes(), borrow.session.0.as_bytes()].concat();
        let mut call = scripts::LEND.on(&self.borrowing());
        call.arg(&borrow.native.0).arg(record).arg(borrow.since.millis()).arg(borrow.until.millis());
        self.client.eval(&call).await
    }

    /// Removes what an earlier entry has put in of a person. Nobody need be told.
    async fn take_out(&self, user: UserId) -> Result<()> {
        let Some(account) = self.account_with(user).await? else { return Ok(()) };
        let claims = self.claims_of(&account, |_| true).await?;
        let _removed = self.run(user, &DeleteAccount, Room::ANY).await?;
        for (key, claim) in claims {
            self.give_back(&key, &claim).await?;
        }
        Ok(())
    }
}
