//! Everything out of one snapshot, and into an empty file.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use redb::{AccessGuard, ReadOnlyTable};

use super::EmbeddedStore;
use super::read::user_id;
use super::schema::{Bytes, Id, Snapshot, TxnError};
use super::timers::Timer;
use super::txn::Txn;
use crate::domain::{
    DeleteAccount, Effects, ProviderSession, SessionKey, TakenOver, Timestamp, TokenDigest, TokenOwner, UserId,
};
use crate::store::codec::{Record, decode, encode};
use crate::store::metrics::Op;
use crate::store::{Dump, Entry, MAX_RESTORED, Person, Result, StoreError};

#[async_trait]
impl Dump for EmbeddedStore {
    /// All of the last snapshot. As long as the stream lives, the file does not reuse the pages of that snapshot.
    fn dump(&self) -> BoxStream<'static, Result<Entry>> {
        match entries(self.inner.snapshot.load_full()) {
            Ok(entries) => stream::iter(entries).boxed(),
            Err(error) => stream::once(async { Err(error) }).boxed(),
        }
    }

    async fn begin_restore(&self) -> Result<bool> {
        let act = |txn: &mut Txn<'_>| {
            if !txn.tables.are_empty()? {
                return Ok(false);
            }
            txn.changed = true;
            txn.tables.restoring.insert((), ())?;
            Ok(true)
        };
        self.write(Op::Backup, act).await
    }

    async fn restore(&self, entries: Vec<Entry>) -> Result<()> {
        if entries.len() > MAX_RESTORED {
            return Err(StoreError::Unavailable(format!("more than {MAX_RESTORED} entries at once")));
        }
        let now = self.inner.clock.now();
        let act = move |txn: &mut Txn<'_>| {
            txn.changed = true;
            entries.into_iter().try_for_each(|entry| txn.put(entry, now))
        };
        self.write(Op::Backup, act).await
    }

    async fn end_restore(&self) -> Result<()> {
        let act = |txn: &mut Txn<'_>| {
            txn.changed = true;
            txn.tables.restoring.remove(())?;
            Ok(())
        };
        self.write(Op::Backup, act).await
    }

    async fn is_half_restored(&self) -> Result<bool> {
        self.read(Op::Backup, |snapshot| Ok(snapshot.restoring.get(()).map_err(TxnError::from)?.is_some()))
    }
}

/// Everything in a snapshot.
fn entries(at: Arc<Snapshot>) -> Result<impl Iterator<Item = Result<Entry>> + Send> {
    let taken_over = by_digest(&at.taken_over, |digest, over: TakenOver| Entry::TakenOver(TokenDigest(digest), over))?;
    let noted = by_digest(&at.provider_sessions, |digest, owner: TokenOwner| {
        Entry::ProviderSession(ProviderSession(digest), owner)
    })?;
    let licenses = by_digest(&at.licenses, |_, borrow| Entry::License(borrow))?;
    let urls = at.redirect_urls.range::<&str>(..).map_err(TxnError::from)?;
    let urls = urls.map(|entry| Ok(Entry::RedirectUrl(entry.map_err(TxnError::from)?.0.value().into())));
    let mut single = vec![Ok(Entry::Groups(at.group_directory()?)), Ok(Entry::KeyRing(at.key_ring()?))];
    if let Some(until) = at.upstream_until.get(()).map_err(TxnError::from)? {
        single.push(Ok(Entry::UpstreamUntil(Timestamp::from_millis(until.value()))));
    }
    let users = at.accounts.range::<&[u8; 16]>(..).map_err(TxnError::from)?;
    let people = users.filter_map(move |entry| match entry {
        Ok((id, _)) => at.person(user_id(id.value())).transpose().map(|person| Ok(Entry::Person(person?.into()))),
        Err(error) => Some(Err(TxnError::from(error).into())),
    });
    Ok(people.chain(taken_over).chain(noted).chain(licenses).chain(urls).chain(single))
}

fn by_digest<R: Record, F: Fn([u8; 16], R) -> Entry + Send>(
    table: &ReadOnlyTable<Id, Bytes>,
    entry: F,
) -> Result<impl Iterator<Item = Result<Entry>> + Send + use<R, F>> {
    let records = table.range::<&[u8; 16]>(..).map_err(TxnError::from)?;
    Ok(records.map(move |found| {
        let (key, record): (AccessGuard<'_, Id>, AccessGuard<'_, Bytes>) = found.map_err(TxnError::from)?;
        Ok(entry(*key.value(), decode(record.value())?))
    }))
}

impl Snapshot {
    fn person(&self, user: UserId) -> Result<Option<Person>> {
        let Some(state) = self.user_state(user)? else { return Ok(None) };
        let mut access = Vec::new();
        for token in state.clients.values().flat_map(|session| &session.access) {
            access.extend(self.access_token(token.digest)?.map(|record| (token.digest, record)));
        }
        Ok(Some(Person::new(state, access)))
    }
}

impl Txn<'_> {
    fn put(&mut self, entry: Entry, now: Timestamp) -> std::result::Result<(), TxnError> {
        match entry {
            Entry::Person(person) => {
                self.take_out(person.account.id, now)?;
                self.put_person(&person)?;
            }
            Entry::Gone(user) => self.take_out(user, now)?,
            Entry::TakenOver(digest, over) => {
                self.set_timer(over.expires, &Timer::TakenOver(digest))?;
                self.tables.taken_over.insert(&digest.0, encode(&over).as_slice())?;
            }
            Entry::ProviderSession(session, owner) => {
                self.set_timer(owner.expires, &Timer::ProviderSession(session))?;
                self.tables.provider_sessions.insert(&session.0, encode(&owner).as_slice())?;
            }
            Entry::License(borrow) => self.put_borrow(&borrow)?,
            Entry::RedirectUrl(url) => drop(self.tables.redirect_urls.insert(&*url, ())?),
            Entry::Groups(groups) => drop(self.tables.groups.insert((), encode(&groups).as_slice())?),
            Entry::KeyRing(ring) => drop(self.tables.key_ring.insert((), encode(&ring).as_slice())?),
            Entry::UpstreamUntil(until) => drop(self.tables.upstream_until.insert((), until.millis())?),
        }
        Ok(())
    }

    fn put_person(&mut self, person: &Person) -> std::result::Result<(), TxnError> {
        let user = person.account.id;
        for unique in person.account.uniques() {
            if self.owner(&unique)?.is_some() {
                let sentence = format!("{user} of the backup has what another person of it has");
                return Err(TxnError::Record(StoreError::Unreadable(sentence)));
            }
            self.give(&unique, user)?;
        }
        self.tables.accounts.insert(user.0.as_bytes(), encode(&person.account).as_slice())?;
        let effects =
            Effects { stored: person.sessions().collect(), issued: person.owners().collect(), ..Effects::default() };
        self.write(&person.state(), effects)?;
        for (digest, token) in &person.access {
            self.tables.access.insert(&digest.0, encode(token).as_slice())?;
        }
        for (client, session) in &person.clients {
            self.set_timer(session.ends, &Timer::Session(user, SessionKey::Client(client.clone())))?;
        }
        for session in &person.directory {
            self.set_timer(session.deadline(), &Timer::Session(user, SessionKey::Directory(session.id)))?;
        }
        Ok(())
    }

    /// Removes what an earlier entry has put in of a person. Nobody need be told.
    fn take_out(&mut self, user: UserId, now: Timestamp) -> std::result::Result<(), TxnError> {
        let _who_is_not_there = self.command(user, &DeleteAccount, now)?;
        self.closed.clear();
        self.told = None;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::schema::NAMES;

    /// What a dump reads.
    const KEPT: [&str; 13] = [
        "accounts",
        "sessions",
        "access",
        "remember_me",
        "cross",
        "sign_ons",
        "provider_sessions",
        "redirect_urls",
        "key_ring",
        "groups",
        "licenses",
        "taken_over",
        "upstream_until",
    ];
    /// What a restore makes of that anew.
    const MADE_ANEW: [&str; 8] =
        ["emails", "subjects", "external_ids", "totals", "first_out", "timers", "license_returns", "license_borrowers"];
    /// What belongs to the store itself or to logins under way; what is written out as events; what is made again.
    const LEFT_OUT: [&str; 10] = [
        "logins",
        "used_states",
        "login_networks",
        "natives",
        "restoring",
        "moved",
        "events",
        "events_by_time",
        "events_by_user",
        "api_tokens",
    ];

    #[test]
    fn of_every_table_it_is_said_what_becomes_of_it_in_a_backup() {
        let told = KEPT.into_iter().chain(MADE_ANEW).chain(LEFT_OUT);
        assert_eq!(told.collect::<BTreeSet<_>>(), NAMES.iter().copied().collect());
    }
}
