//! An act on a user: load what it wants, ask its rule, make the effects true by one script.
//!
//! Whatever a script finds changed since the load makes the act begin again. So of several acts on one session, or on one
//! account, one comes first, on whichever server; acts on different sessions of one user do not touch each other.

use std::collections::HashMap;
use std::time::Duration;

use super::codec::{Version, decode_keyed_session, decode_user, encode_changed_account, encode_loaded, timer};
use super::scripts::{self, Arguments};
use super::{RedisStore, new_id};
use crate::domain::{
    Account, AccountEffect, Command, Denied, Effects, Expire, Limits, Ruling, SessionIndex, SessionKey, Shard, Stop,
    Timestamp, TokenKind, UserId, UserState, Wanted,
};
use crate::store::codec::encode;
use crate::store::{Result, StoreError};

/// How many sessions of a user are looked at together when what has ended is removed.
const PAGE: i64 = 32;
/// How often an act begins again. Of one process only one act on a user does so at a time.
const MAX_ATTEMPTS: usize = 100;
/// How long it is known that an act took effect: longer than its script can be on its way.
const RECEIPT_KEPT: Duration = Duration::from_secs(60);
/// How long after it was opened a directory session that is closed cannot be opened anew: as long as its login can take at
/// most (`directory.time_to_authenticate`), and a minute.
const LOGIN_KEPT: Duration = Duration::from_secs(3660);

/// What is read of a user's sessions.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Selection<'a> {
    pub(super) keys: &'a [SessionKey],
    /// At least how many v2 sessions, and directory sessions, that go first.
    pub(super) first_out: usize,
    /// From which to which place in the index; -1 is the last one.
    pub(super) places: Option<(i64, i64)>,
}

impl Selection<'_> {
    pub(super) const EVERYTHING: Self = Self { keys: &[], first_out: 0, places: Some((0, -1)) };
}

/// How many sessions of each kind a user may have.
#[derive(Clone, Copy)]
pub(super) struct Room {
    clients: usize,
    directory: usize,
}

impl Room {
    /// For an act that opens none.
    pub(super) const ANY: Self = Self { clients: u32::MAX as usize, directory: u32::MAX as usize };

    pub(super) fn for_client(limits: &Limits) -> Self {
        Self { clients: limits.sessions_per_user.max(1), ..Self::ANY }
    }

    pub(super) fn for_directory(limits: &Limits) -> Self {
        Self { directory: limits.directory_sessions_per_user.max(1), ..Self::ANY }
    }
}

/// What `load.lua` answers: time, user, the sessions wanted, more sessions.
type Answer = (u64, Option<Vec<u8>>, Vec<Option<Vec<u8>>>, Vec<Vec<u8>>);

/// A user as read.
pub(super) struct LoadedUser {
    version: Version,
    opened: u32,
    /// The sessions' records.
    records: HashMap<SessionKey, Record>,
    pub(super) state: UserState,
}

struct Record {
    value: Vec<u8>,
    opened: Timestamp,
}

impl RedisStore {
    /// Carries out a command. It is asked again for as long as others change what it has read.
    pub(super) async fn run<C>(&self, user: UserId, command: &C, room: Room) -> Result<Ruling<C::Answer>>
    where
        C: Command<Answer: Send> + Sync,
    {
        self.run_before(None, user, command, room).await
    }

    /// As [`Self::run`], but not after this instant of Redis's clock.
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
            let everything = wanted == Wanted::Everything;
            let selection = match &wanted {
                Wanted::Sessions { keys, first_out } => Selection { keys, first_out: *first_out, places: None },
                Wanted::Everything => Selection::EVERYTHING,
            };
            let (now, Some(mut loaded)) = self.load(user, &selection, room).await? else {
                // An act that removed the user, but whose answer was lost, finds nobody the second time.
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
            if !everything || loaded.state.account.generation == account.generation {
                match self.commit(now, &loaded, &effects, everything, room, latest).await? {
                    Ok(true) => {
                        self.shared.events.emit(effects.closed);
                        return Ok(Ok(answer));
                    }
                    Ok(false) => {}
                    Err(denied) => return Ok(Err(denied)),
                }
            } else if let Some(ended) = self.end_all(&loaded, &effects).await? {
                // Other sessions may have ended than were loaded: the rule says why.
                if let Ok((_, effects)) = command.rule(&mut decode_state(account, &ended)?, now) {
                    self.shared.events.emit(effects.closed);
                }
                return Ok(Ok(answer));
            } else if effects.account == AccountEffect::Removed {
                removal = Some(answer);
            }
            // The first attempts of a process's acts on a user go side by side, the next ones one after the other.
            if queue.is_none() {
                queue = Some(self.queue(user).await);
            }
        }
        Err(StoreError::Unavailable("too many others change the same user".into()))
    }

    /// Removes what has ended of a user, some sessions after the other.
    pub(super) async fn prune(&self, user: UserId) -> Result<()> {
        let mut first = 0;
        loop {
            let places = Some((first, first + PAGE - 1));
            let selection = Selection { places, ..Selection::default() };
            let (now, Some(mut loaded)) = self.load(user, &selection, Room::ANY).await? else { return Ok(()) };
            let looked_at = loaded.records.len();
            let Ok((_, effects)) = Expire { session: None }.rule(&mut loaded.state, now) else { return Ok(()) };
            let gone = i64::try_from(effects.removed.len()).unwrap_or(PAGE);
            // What somebody else changes meanwhile is not old.
            if self.commit(now, &loaded, &effects, false, Room::ANY, None).await? == Ok(true) {
                self.shared.events.emit(effects.closed);
            }
            if i64::try_from(looked_at).is_ok_and(|looked_at| looked_at < PAGE) {
                return Ok(());
            }
            first += PAGE - gone;
        }
    }

    /// A user and some of the user's sessions, at one instant; the time, in any case.
    pub(super) async fn load(
        &self,
        user: UserId,
        selection: &Selection<'_>,
        room: Room,
    ) -> Result<(Timestamp, Option<LoadedUser>)> {
        let mut keys = vec![self.keys.user(user), self.keys.index(user)];
        keys.extend(selection.keys.iter().map(|key| self.keys.session(user, key)));
        let mut arguments = Arguments::default();
        arguments.bytes(self.keys.sessions(user));
        // One place must be free.
        arguments.number(room.clients - 1).number(room.directory - 1).number(selection.first_out);
        match selection.places {
            Some((first, last)) => arguments.number(first).number(last),
            None => arguments.bytes("").bytes(""),
        };
        let (now, record, wanted, more): Answer = self.client.eval(&scripts::LOAD, &keys, &arguments).await?;
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
        if *selection == Selection::EVERYTHING {
            state = state.complete();
        }
        Ok((now, Some(LoadedUser { version: record.version, opened: record.opened, records, state })))
    }

    /// Makes the effects of a rule true, or nothing at all. False if something has changed since it was read: with
    /// `everything`, also if a session has opened. Not after `latest`.
    async fn commit(
        &self,
        now: Timestamp,
        loaded: &LoadedUser,
        effects: &Effects,
        everything: bool,
        room: Room,
        latest: Option<Timestamp>,
    ) -> Result<Ruling<bool>> {
        if *effects == Effects::default() {
            return Ok(Ok(true));
        }
        let (state, user) = (&loaded.state, loaded.state.account.id);
        let changes_account = effects.account == AccountEffect::Stored;
        let mut arguments = Arguments::default();
        let rests_on_account = changes_account || effects.opened.is_some() || effects.access.is_some();
        arguments.bytes(if rests_on_account { &loaded.version[..] } else { b"" });
        arguments.optional((changes_account && everything).then_some(loaded.opened));
        arguments.bytes(if changes_account { encode_changed_account(new_id()?, &state.account) } else { Vec::new() });
        arguments.optional(latest.map(Timestamp::millis)).number(room.clients).number(room.directory);

        arguments.number(effects.stored.len() + effects.removed.len());
        for key in effects.stored.iter().chain(&effects.removed) {
            let read = loaded.records.get(key).map_or(&[][..], |record| &record.value);
            arguments.bytes(self.keys.session(user, key)).bytes(read);
            arguments.bytes(encode_loaded(state, key).unwrap_or_default());
        }
        arguments.bytes(effects.opened.as_ref().map_or_else(Vec::new, |(key, _)| self.keys.closed(user, key)));
        let mut records = Vec::new();
        if let Some((digest, token)) = &effects.access {
            let key = self.keys.token(TokenKind::Access, *digest);
            records.push((key, encode(token), token.expires));
        }
        for (kind, digest, owner) in &effects.issued {
            records.push((self.keys.token(*kind, *digest), encode(owner), owner.expires));
        }
        // An act that wrote no token must know otherwise that it took effect, if others have changed the same since.
        if records.is_empty() && (effects.opened.is_some() || !effects.removed.is_empty()) {
            records.push((self.keys.receipt(user, new_id()?), Vec::new(), now.plus(RECEIPT_KEPT)));
        }
        for key in &effects.removed {
            let opened = loaded.records.get(key).map_or(now, |record| record.opened);
            if matches!(key, SessionKey::Directory(_)) && opened.plus(LOGIN_KEPT) > now {
                records.push((self.keys.closed(user, key), Vec::new(), opened.plus(LOGIN_KEPT)));
            }
        }
        arguments.number(records.len());
        for (key, value, expires) in records {
            arguments.bytes(key).bytes(value).number(expires.millis());
        }
        arguments.number(effects.revoked.len());
        for (kind, digest) in &effects.revoked {
            arguments.bytes(self.keys.token(*kind, *digest));
        }
        let mut timers: Vec<_> = effects.removed.iter().filter_map(|key| Some((timer(user, key)?, None))).collect();
        if let Some((key, at)) = &effects.opened
            && let Some(timer) = timer(user, key)
        {
            timers.push((timer, Some(at.millis())));
        }
        arguments.number(timers.len());
        for (timer, at) in timers {
            arguments.bytes(timer).optional(at);
        }

        let issues = effects.access.is_some() || !effects.issued.is_empty() || effects.opened.is_some();
        let ends = !effects.revoked.is_empty() || !effects.removed.is_empty();
        let script = if ends && !issues { &scripts::COMMIT_ENDING } else { &scripts::COMMIT };
        let keys = [self.keys.user(user), self.keys.index(user), self.keys.timers(Shard::of_user(user))];
        let done = if ends || issues {
            self.client.eval_replicated(script, &keys, &arguments).await?
        } else {
            self.client.eval(script, &keys, &arguments).await?
        };
        match done {
            1 => Ok(Ok(true)),
            0 => Ok(Ok(false)),
            -2 => Ok(Err(Denied::SessionClosed)),
            _late => Err(StoreError::Unavailable("Redis was reached too late".into())),
        }
    }

    /// Ends every session of a user, with all that it holds by then, and changes or removes the account. The sessions that
    /// ended; `None` if the account is not as it was loaded.
    async fn end_all(&self, loaded: &LoadedUser, effects: &Effects) -> Result<Option<Vec<Vec<u8>>>> {
        let user = loaded.state.account.id;
        let mut arguments = Arguments::default();
        arguments.bytes(loaded.version);
        let removed = effects.account == AccountEffect::Removed;
        arguments.bytes(if removed { Vec::new() } else { encode_changed_account(new_id()?, &loaded.state.account) });
        arguments.bytes(self.keys.sessions(user));
        for kind in [TokenKind::Access, TokenKind::RememberMe, TokenKind::Cross] {
            arguments.bytes(self.keys.tokens(kind, user));
        }
        arguments.bytes(user.0.as_bytes());
        for (kind, digest) in &effects.revoked {
            if *kind == TokenKind::SignOn {
                arguments.bytes(self.keys.token(*kind, *digest));
            }
        }
        let keys = [self.keys.user(user), self.keys.index(user), self.keys.timers(Shard::of_user(user))];
        let (done, ended): (bool, Vec<Vec<u8>>) =
            self.client.eval_replicated(&scripts::END_ALL, &keys, &arguments).await?;
        Ok(done.then_some(ended))
    }
}

/// A user with these sessions and no others.
fn decode_state(account: Account, sessions: &[Vec<u8>]) -> Result<UserState> {
    let mut state = UserState::new(account, SessionIndex::default());
    for value in sessions {
        decode_keyed_session(value)?.load_into(&mut state);
    }
    Ok(state.complete())
}
