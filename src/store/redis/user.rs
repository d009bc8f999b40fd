//! An act on a user: load what its rule needs, ask the rule, and commit the effects by one script.
//!
//! The commit compares what was loaded. If it has changed, the act begins again. So of several acts on one session or
//! one account, on any servers, one comes first; acts on different sessions of one user do not hinder each other.

use std::collections::HashMap;
use std::time::Duration;

use super::codec::{Version, decode_keyed_session, decode_user, encode_changed_account, encode_loaded, timer};
use super::{RedisStore, new_id, scripts};
use crate::domain::{
    Account, AccountEffect, Command, Denied, Effects, Expire, Limits, Ruling, SessionIndex, SessionKey, Shard, Stop,
    Timestamp, TokenKind, UserId, UserState, Wanted,
};
use crate::store::codec::encode;
use crate::store::{Result, StoreError};

/// How many sessions of a user are loaded at once to find those that have ended.
const PAGE: i64 = 32;
/// How often an act may begin. From the second time on, the acts of a process on one user queue.
const MAX_ATTEMPTS: usize = 100;
/// How long a receipt tells that an act took effect: longer than `store.timeout_ms`, within which its script may be
/// sent again.
const RECEIPT_KEPT: Duration = Duration::from_secs(60);
/// A directory session that was closed cannot be opened again for this long after it was opened: the longest time that
/// a login may take (`directory.time_to_authenticate`), and a minute.
const LOGIN_KEPT: Duration = Duration::from_secs(3660);

/// Which of a user's sessions to load.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Selection<'a> {
    pub(super) keys: &'a [SessionKey],
    /// Besides: of each kind at least so many of those that go first.
    pub(super) first_out: usize,
    /// Besides: from this to that place in the index; -1 is the last one.
    pub(super) places: Option<(i64, i64)>,
}

impl Selection<'_> {
    pub(super) const EVERYTHING: Self = Self { keys: &[], first_out: 0, places: Some((0, -1)) };
}

/// How many sessions of each kind a user may have. A commit that opens one more does nothing.
#[derive(Clone, Copy)]
pub(super) struct Room {
    pub(super) clients: usize,
    pub(super) directory: usize,
}

impl Room {
    /// For commands that open none.
    pub(super) const ANY: Self = Self { clients: u32::MAX as usize, directory: u32::MAX as usize };

    pub(super) fn for_client(limits: &Limits) -> Self {
        Self { clients: limits.sessions_per_user.max(1), ..Self::ANY }
    }

    pub(super) fn for_directory(limits: &Limits) -> Self {
        Self { directory: limits.directory_sessions_per_user.max(1), ..Self::ANY }
    }
}

/// What `load.lua` answers: time, user, the sessions asked for by key, the others.
type Answer = (u64, Option<Vec<u8>>, Vec<Option<Vec<u8>>>, Vec<Vec<u8>>);

/// A user as loaded: what a commit compares, and what a rule works on.
pub(super) struct LoadedUser {
    version: Version,
    /// How many sessions had ever been opened, if all were loaded: tells the commit whether these are still all.
    opened: Option<u32>,
    records: HashMap<SessionKey, Record>,
    pub(super) state: UserState,
}

/// A session's record.
struct Record {
    value: Vec<u8>,
    opened: Timestamp,
}

impl RedisStore {
    /// Carries out a command.
    pub(super) async fn run<C>(&self, user: UserId, command: &C, room: Room) -> Result<Ruling<C::Answer>>
    where
        C: Command<Answer: Send> + Sync,
    {
        self.run_before(None, user, command, room).await
    }

    /// Carries out a command, but not after `latest` by the clock of Redis.
    pub(super) async fn run_before<C>(
        &self,
        latest: Option<Timestamp>,
        user: UserId,
        command: &C,
        room: Room,
    ) -> Result<Ruling<C::Answer>>
    where
        C: Command<Answer: Send> + Sync,
    {
        let mut wanted = command.wants();
        let (mut queue, mut removal) = (None, None);
        for _ in 0..MAX_ATTEMPTS {
            let selection = match &wanted {
                Wanted::Sessions { keys, first_out } => Selection { keys, first_out: *first_out, places: None },
                Wanted::Everything => Selection::EVERYTHING,
            };
            let (now, Some(mut loaded)) = self.load(user, &selection, room).await? else {
                // The first attempt may have removed the user, and its answer been lost.
                return Ok(removal.ok_or(Denied::NoSuchUser));
            };
            let account = loaded.state.account.clone();
            let (answer, effects) = match command.rule(&mut loaded.state, now) {
                Ok(done) => done,
                Err(Stop::Denied(denied)) => return Ok(Err(denied)),
                Err(Stop::LoadMore) => {
                    wanted = wanted.widen();
                    continue;
                }
            };
            // An act that has loaded everything and raises the generation ends everything.
            if loaded.opened.is_none() || loaded.state.account.generation == account.generation {
                match self.commit(now, &loaded, &effects, room, latest).await? {
                    Ok(true) => {
                        self.shared.events.report(effects.happened);
                        self.shared.events.emit(effects.closed);
                        self.shared.events.tell(effects.told);
                        return Ok(Ok(answer));
                    }
                    Ok(false) => {}
                    Err(denied) => return Ok(Err(denied)),
                }
            } else if let Some(ended) = self.end_all(&loaded, &effects).await? {
                self.shared.events.report(effects.happened);
                self.shared.events.tell(effects.told);
                // Others may have ended than were loaded. The rule says why.
                if let Ok((_, effects)) = command.rule(&mut decode_state(account, &ended)?, now) {
                    self.shared.events.emit(effects.closed);
                }
                return Ok(Ok(answer));
            } else if effects.account == AccountEffect::Removed {
                removal = Some(answer);
            }
            if queue.is_none() {
                queue = Some(self.queue(user).await);
            }
        }
        Err(StoreError::Unavailable("too many others change the same user".into()))
    }

    /// Removes the sessions and tokens of a user that have ended, a page of sessions at a time.
    pub(super) async fn prune(&self, user: UserId) -> Result<()> {
        let mut first = 0;
        loop {
            let places = Some((first, first + PAGE - 1));
            let selection = Selection { places, ..Selection::default() };
            let (now, Some(mut loaded)) = self.load(user, &selection, Room::ANY).await? else { return Ok(()) };
            let looked_at = loaded.records.len();
            let Ok((_, effects)) = Expire { session: None }.rule(&mut loaded.state, now) else { return Ok(()) };
            let gone = i64::try_from(effects.removed.len()).unwrap_or(PAGE);
            // What somebody else changes meanwhile is left to the next sweep.
            if self.commit(now, &loaded, &effects, Room::ANY, None).await? == Ok(true) {
                self.shared.events.emit(effects.closed);
            }
            if i64::try_from(looked_at).is_ok_and(|looked_at| looked_at < PAGE) {
                return Ok(());
            }
            first += PAGE - gone;
        }
    }

    /// Loads a user and some of the user's sessions, as they are at one instant. Says the instant in any case.
    pub(super) async fn load(
        &self,
        user: UserId,
        selection: &Selection<'_>,
        room: Room,
    ) -> Result<(Timestamp, Option<LoadedUser>)> {
        let mut keys = vec![self.keys.user(user), self.keys.index(user)];
        keys.extend(selection.keys.iter().map(|key| self.keys.session(user, key)));
        let mut call = scripts::LOAD.on(&keys);
        // Those beyond are loaded, so that the rule can push them out to make room for one more.
        call.arg(self.keys.sessions(user)).arg(room.clients - 1).arg(room.directory - 1).arg(selection.first_out);
        call.optional(selection.places.map(|(first, _)| first)).optional(selection.places.map(|(_, last)| last));
        let (now, record, wanted, more): Answer = self.client.eval(&call).await?;
        let now = Timestamp::from_millis(now);
        let Some(record) = record else { return Ok((now, None)) };
        let record = decode_user(&record)?;
        let keyed = |value: Vec<u8>| Ok::<_, StoreError>((decode_keyed_session(&value)?, value));
        let more = more.into_iter().map(keyed).collect::<Result<Vec<_>>>()?;
        let first_out = more.iter().map(|(session, _)| session.key()).collect();
        let mut state = UserState::new(record.account, SessionIndex { totals: record.totals, first_out });
        let mut records = HashMap::new();
        let wanted = wanted.into_iter().flatten().map(keyed).collect::<Result<Vec<_>>>()?;
        for (session, value) in wanted.into_iter().chain(more) {
            records.insert(session.key(), Record { value, opened: session.opened() });
            session.load_into(&mut state);
        }
        let everything = *selection == Selection::EVERYTHING;
        if everything {
            state = state.complete();
        }
        let opened = everything.then_some(record.opened);
        Ok((now, Some(LoadedUser { version: record.version, opened, records, state })))
    }

    /// Makes the effects of a rule true, all or none. False if what they rest on has changed since it was loaded.
    async fn commit(
        &self,
        now: Timestamp,
        loaded: &LoadedUser,
        effects: &Effects,
        room: Room,
        latest: Option<Timestamp>,
    ) -> Result<Ruling<bool>> {
        if *effects == Effects::default() {
            return Ok(Ok(true));
        }
        let (state, user) = (&loaded.state, loaded.state.account.id);
        let issues = effects.access.is_some() || !effects.issued.is_empty() || effects.opened.is_some();
        let ends = !effects.revoked.is_empty() || !effects.removed.is_empty();
        let script = if ends && !issues { &scripts::COMMIT_ENDING } else { &scripts::COMMIT };
        let mut call = script.on(&self.account_keys(user));

        let changes_account = effects.account == AccountEffect::Stored;
        let rests_on_account = changes_account || effects.opened.is_some() || effects.access.is_some();
        call.optional(rests_on_account.then_some(&loaded.version));
        call.optional(loaded.opened.filter(|_| changes_account));
        call.arg(if changes_account { encode_changed_account(new_id()?, &state.account) } else { Vec::new() });
        call.optional(latest.map(Timestamp::millis)).arg(room.clients).arg(room.directory);

        let sessions = effects.stored.iter().chain(&effects.removed).map(|key| {
            let read = loaded.records.get(key).map_or(&[][..], |record| &record.value);
            (self.keys.session(user, key), read, encode_loaded(state, key).unwrap_or_default())
        });
        call.list(&sessions.collect::<Vec<_>>());
        call.optional(effects.opened.as_ref().map(|(key, _)| self.keys.closed(user, key)));
        call.list(&self.new_records(now, loaded, effects)?);
        call.list(&effects.revoked.iter().map(|(kind, digest)| self.keys.token(*kind, *digest)).collect::<Vec<_>>());
        let removed = effects.removed.iter().map(|key| (key, String::new()));
        let opened = effects.opened.iter().map(|(key, at)| (key, at.millis().to_string()));
        let timers = removed.chain(opened).filter_map(|(key, at)| Some((timer(user, key)?.to_vec(), at)));
        call.list(&timers.collect::<Vec<_>>());

        let done =
            if ends || issues { self.client.eval_replicated(&call).await? } else { self.client.eval(&call).await? };
        match done {
            1 => Ok(Ok(true)),
            0 => Ok(Ok(false)),
            -2 => Ok(Err(Denied::SessionClosed)),
            _late => Err(StoreError::Unavailable("Redis was reached too late".into())),
        }
    }

    /// What a commit writes besides account and sessions. The first one, if there is any, is written by no other
    /// commit: a second delivery finds it.
    fn new_records(&self, now: Timestamp, loaded: &LoadedUser, effects: &Effects) -> Result<Vec<NewRecord>> {
        let user = loaded.state.account.id;
        let mut records = Vec::new();
        if let Some((digest, token)) = &effects.access {
            records.push((self.keys.token(TokenKind::Access, *digest), encode(token), token.expires.millis()));
        }
        for (kind, digest, owner) in &effects.issued {
            records.push((self.keys.token(*kind, *digest), encode(owner), owner.expires.millis()));
        }
        if records.is_empty() && (effects.opened.is_some() || !effects.removed.is_empty()) {
            records.push((self.keys.receipt(user, new_id()?), Vec::new(), now.plus(RECEIPT_KEPT).millis()));
        }
        for key in effects.removed.iter().filter(|key| matches!(key, SessionKey::Directory(_))) {
            let opened = loaded.records.get(key).map_or(now, |record| record.opened);
            let may_open_until = opened.plus(LOGIN_KEPT);
            if may_open_until > now {
                records.push((self.keys.closed(user, key), Vec::new(), may_open_until.millis()));
            }
        }
        Ok(records)
    }

    /// Ends every session that a user has by then, and stores or removes the account. Returns the sessions; `None` if
    /// the account is not as it was loaded.
    async fn end_all(&self, loaded: &LoadedUser, effects: &Effects) -> Result<Option<Vec<Vec<u8>>>> {
        let user = loaded.state.account.id;
        let mut call = scripts::END_ALL.on(&self.account_keys(user));
        let is_removed = effects.account == AccountEffect::Removed;
        let account = if is_removed { Vec::new() } else { encode_changed_account(new_id()?, &loaded.state.account) };
        call.arg(&loaded.version).arg(account).arg(self.keys.sessions(user));
        for kind in [TokenKind::Access, TokenKind::RememberMe, TokenKind::Cross] {
            call.arg(self.keys.tokens(kind, user));
        }
        call.arg(user.0.as_bytes());
        for (kind, digest) in effects.revoked.iter().filter(|(kind, _)| *kind == TokenKind::SignOn) {
            call.arg(self.keys.token(*kind, *digest));
        }
        let (done, ended): (bool, Vec<Vec<u8>>) = self.client.eval_replicated(&call).await?;
        Ok(done.then_some(ended))
    }

    /// The user's record, index and timers, and what holds changes of the user.
    pub(super) fn account_keys(&self, user: UserId) -> [Vec<u8>; 4] {
        let shard = Shard::of_user(user);
        [self.keys.user(user), self.keys.index(user), self.keys.timers(shard), self.keys.hold(shard)]
    }
}

/// Key, value, and expiry in milliseconds.
pub(super) type NewRecord = (Vec<u8>, Vec<u8>, u64);

/// A user with these sessions and no others.
fn decode_state(account: Account, sessions: &[Vec<u8>]) -> Result<UserState> {
    let mut state = UserState::new(account, SessionIndex::default());
    for value in sessions {
        decode_keyed_session(value)?.load_into(&mut state);
    }
    Ok(state.complete())
}
