//! Everything out of Redis. Redis has no instant at which all is as it is: a walk by `SCAN` finds every key that exists
//! throughout, and one script reads a person whole.
//!
//! While the walk goes on, what only one may have can pass from a person whom it has read to one whom it reads later. Then
//! the first one is read again, and is told before the other. For that a dump remembers who has what, as a number of 64
//! bits and an id: some 50 bytes a person.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;

use async_trait::async_trait;
use futures_util::future::try_join_all;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt as _, TryStreamExt as _};
use redis::cluster_routing::{Route, RoutingInfo, SingleNodeRoutingInfo, SlotAddr};

use super::client::unavailable;
use super::cluster::masters;
use super::codec::{decode_keyed_session, decode_user};
use super::connect::Connection;
use super::keys::Dumped;
use super::scan::ScanCursor;
use super::{RedisStore, scripts};
use crate::domain::{SessionIndex, Timestamp, TokenDigest, TokenKind, UserId, UserState};
use crate::store::codec::decode;
use crate::store::metrics::Op;
use crate::store::{
    Dump, Entry, Groups as _, Licenses as _, MAX_RESTORED, Person, RedirectUrls as _, Result, SigningKeys as _,
    StoreError,
};

/// How many people may be read again for one: they pass on what only one may have among them.
const MAX_TURNS: usize = 1000;
/// More licences than can be out.
const ALL: usize = u32::MAX as usize;

/// What `person.lua` answers: user, sessions, access tokens.
type Answer = (Option<Vec<u8>>, Vec<Vec<u8>>, Vec<(Vec<u8>, Vec<u8>)>);

#[async_trait]
impl Dump for RedisStore {
    fn dump(&self) -> BoxStream<'static, Result<Entry>> {
        let (shared, keys, client) = (self.shared.clone(), self.keys.clone(), self.client.clone());
        let store = Self { shared, keys, client, calls: self.calls.for_worker() };
        let walk = Walk { store, servers: None, owners: HashMap::new(), seed: RandomState::new() };
        let pages = stream::try_unfold(Some((walk, ScanCursor::default())), |at| async move {
            let Some((mut walk, place)) = at else { return Ok::<_, StoreError>(None) };
            let (mut page, next) = walk.page(place).await?;
            if next.is_none() {
                page.extend(walk.rest().await?);
            }
            Ok(Some((page, next.map(|next| (walk, next)))))
        });
        pages.map_ok(|page| stream::iter(page.into_iter().map(Ok))).try_flatten().boxed()
    }

    /// The mark is set first, so that a server that starts meanwhile sees it. What
    /// [`Health::time`](crate::store::Health::time) leaves counts as nothing.
    async fn begin_restore(&self) -> Result<bool> {
        let mark = self.keys.restoring();
        let mut set = redis::cmd("SET");
        set.arg(&mark).arg("").arg("NX");
        if self.act(Op::Backup, self.client.command::<Option<String>>(&set)).await?.is_none() {
            return Ok(false);
        }
        let (ours, mut place) = ([mark, self.keys.ready()], Some(ScanCursor::default()));
        while let Some(at) = place {
            let (keys, next) = self.act(Op::Backup, self.look(at, self.keys.all())).await?;
            if keys.iter().any(|key| !ours.contains(key)) {
                self.end_restore().await?;
                return Ok(false);
            }
            place = next;
        }
        Ok(true)
    }

    async fn restore(&self, entries: Vec<Entry>) -> Result<()> {
        if entries.len() > MAX_RESTORED {
            return Err(StoreError::Unavailable(format!("more than {MAX_RESTORED} entries at once")));
        }
        if self.act(Op::Backup, self.are_new(&entries)).await? {
            let all = async { try_join_all(entries.iter().map(|entry| self.put(entry))).await.map(drop) };
            return self.act(Op::Backup, all).await;
        }
        for entry in &entries {
            self.act(Op::Backup, self.replace_entry(entry)).await?;
        }
        Ok(())
    }

    async fn end_restore(&self) -> Result<()> {
        let mut remove = redis::cmd("UNLINK");
        remove.arg(self.keys.restoring());
        self.act(Op::Backup, self.client.command(&remove)).await
    }

    async fn is_half_restored(&self) -> Result<bool> {
        let mut exists = redis::cmd("EXISTS");
        exists.arg(self.keys.restoring());
        self.act(Op::Backup, self.client.command(&exists)).await
    }
}

/// A dump under way.
struct Walk {
    store: RedisStore,
    /// The servers at the beginning: a cursor is worth nothing on another one.
    servers: Option<Vec<String>>,
    /// Who of those told had what only one may have.
    owners: HashMap<u64, UserId>,
    seed: RandomState,
}

impl Walk {
    /// What some keys are about, and where the next page begins.
    async fn page(&mut self, place: ScanCursor) -> Result<(Vec<Entry>, Option<ScanCursor>)> {
        let store = &self.store;
        let read = async {
            if self.servers.is_none() {
                self.servers = Some(store.servers().await?);
            }
            let (keys, next) = store.look(place, store.keys.of_dump()).await?;
            let found = keys.iter().filter_map(|key| store.keys.dumped(key).map(|about| store.entry(about, key)));
            Ok((try_join_all(found).await?, next))
        };
        let (found, next) = store.act(Op::Backup, read).await?;
        let mut page = Vec::new();
        for entry in found.into_iter().flatten() {
            match entry {
                Entry::Person(person) => self.tell(*person, &mut page).await?,
                other => page.push(other),
            }
        }
        Ok((page, next))
    }

    /// Adds a person to a page; before them whoever had something that they have, as that one is now.
    async fn tell(&mut self, person: Person, page: &mut Vec<Entry>) -> Result<()> {
        let mut waiting = vec![person];
        for _ in 0..MAX_TURNS {
            let Some(person) = waiting.last() else { return Ok(()) };
            let (user, marks) = (person.account.id, self.marks(person));
            let rival = marks.iter().find_map(|mark| self.owners.get(mark).filter(|owner| **owner != user).copied());
            let Some(rival) = rival else {
                self.owners.extend(marks.into_iter().map(|mark| (mark, user)));
                page.extend(waiting.pop().map(|person| Entry::Person(person.into())));
                continue;
            };
            let again = self.store.act(Op::Backup, self.store.person(rival)).await?;
            let has_it_again =
                again.as_ref().is_some_and(|again| self.marks(again).iter().any(|mark| marks.contains(mark)));
            if has_it_again {
                // So the later one has it no more.
                waiting.pop();
                waiting.extend(self.store.act(Op::Backup, self.store.person(user)).await?);
                continue;
            }
            self.owners.retain(|_, owner| *owner != rival);
            match again {
                Some(again) => waiting.push(again),
                None => page.push(Entry::Gone(rival)),
            }
        }
        Err(StoreError::Unavailable("too many people change what only one may have, during a backup".into()))
    }

    fn marks(&self, person: &Person) -> Vec<u64> {
        person.account.uniques().map(|unique| self.seed.hash_one(self.store.keys.unique(&unique))).collect()
    }

    /// What is no key of its own, after all others.
    async fn rest(&self) -> Result<Vec<Entry>> {
        let store = &self.store;
        let urls = store.redirects().await?.into_iter().map(|url| Entry::RedirectUrl(url.into()));
        let licenses = store.licenses(ALL).await?.0.into_iter().map(Entry::License);
        let until = store.act(Op::Backup, store.upstream_end()).await?.map(Entry::UpstreamUntil);
        let single = [Entry::Groups(store.groups().await?), Entry::KeyRing(store.key_ring().await?)];
        let entries = urls.chain(licenses).chain(single).chain(until).collect();
        if self.servers.as_ref() != Some(&store.act(Op::Backup, store.servers()).await?) {
            let why = "another Redis took over during the backup, or it was started again: the backup is not whole";
            return Err(StoreError::Unavailable(why.into()));
        }
        Ok(entries)
    }
}

impl RedisStore {
    /// What a key is about; `None` if it is gone.
    async fn entry(&self, about: Dumped, key: &[u8]) -> Result<Option<Entry>> {
        if let Dumped::User(user) = about {
            return Ok(self.person(user).await?.map(|person| Entry::Person(person.into())));
        }
        let Some(record) = self.client.get(key.to_vec()).await? else { return Ok(None) };
        match about {
            Dumped::User(_) => Ok(None),
            Dumped::TakenOver(digest) => Ok(Some(Entry::TakenOver(digest, decode(&record)?))),
            Dumped::ProviderSession(session) => Ok(Some(Entry::ProviderSession(session, decode(&record)?))),
        }
    }

    async fn person(&self, user: UserId) -> Result<Option<Person>> {
        let mut call = scripts::PERSON.on(&[self.keys.user(user), self.keys.index(user)]);
        call.arg(self.keys.sessions(user)).arg(self.keys.tokens(TokenKind::Access, user));
        let (record, sessions, tokens): Answer = self.client.eval(&call).await?;
        let Some(record) = record else { return Ok(None) };
        let mut state = UserState::new(decode_user(&record)?.account, SessionIndex::default());
        for session in &sessions {
            decode_keyed_session(session)?.load_into(&mut state);
        }
        let token = |(digest, record): (Vec<u8>, Vec<u8>)| {
            let digest = digest.try_into().map_err(|_| StoreError::Unreadable("access token: damaged".into()))?;
            Ok((TokenDigest(digest), decode(&record)?))
        };
        let access = tokens.into_iter().map(token).collect::<Result<_>>()?;
        Ok(Some(Person::new(state, access)))
    }

    /// Until when the old service is asked, if that is stored.
    async fn upstream_end(&self) -> Result<Option<Timestamp>> {
        let stored: Option<u64> = self.client.command(redis::cmd("GET").arg(self.keys.upstream_until())).await?;
        Ok(stored.map(Timestamp::from_millis))
    }

    /// The servers that have the data, each by what it calls itself since it was started.
    async fn servers(&self) -> Result<Vec<String>> {
        let mut info = redis::cmd("INFO");
        info.arg("server");
        let told: Vec<String> = match self.client.connection().await? {
            Connection::One(_) => vec![self.client.command(&info).await?],
            Connection::Cluster(mut cluster) => {
                let mut told = Vec::new();
                for master in masters(&mut cluster).await? {
                    let route = Route::new(master.first_slot, SlotAddr::Master);
                    let route = RoutingInfo::SingleNode(SingleNodeRoutingInfo::SpecificNode(route));
                    let answer = cluster.route_command(info.clone(), route).await;
                    let answer = answer.and_then(|value| Ok(redis::from_redis_value(value.extract_error()?)?));
                    told.push(answer.map_err(|error| unavailable(&error))?);
                }
                told
            }
        };
        let id = |told: &String| told.lines().find(|line| line.starts_with("run_id:")).map(str::to_owned);
        told.iter()
            .map(id)
            .collect::<Option<_>>()
            .ok_or_else(|| StoreError::Unavailable("Redis does not say which server it is (INFO server)".into()))
    }
}
