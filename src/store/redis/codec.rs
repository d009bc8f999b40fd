//! The records of a user and of sessions in Redis. Scripts read some of their fields, so these have fixed places, which
//! `scripts/layout.lua` and `scripts/end_all.lua` know; the rest is encoded as in every store.
//!
//! | record | fields, with their lengths in bytes; integers are big-endian |
//! | --- | --- |
//! | user | version of the layout (1 byte), version of the account (8, random, another one with each change), how many sessions have ever been opened (4), v2 sessions (4), directory sessions (4), tokens of all sessions (4), the slot of the only session (16, zeros if there is none or several), the account |
//! | session | version of the layout (1), whether it is a directory session (1), its rank among those that go first (7), how many access, remember-me and cross tokens (2 each), their handles (22, 28 and 50 each, the digest first), the length of its key (2), its key, the session without its handles |

use crate::domain::{
    AccessHandle, Account, ClientKey, CrossHandle, DirectorySession, RememberMeHandle, Session, SessionKey, Timestamp,
    TokenDigest, Totals, UserId, UserState,
};
use crate::store::codec::{decode, encode};
use crate::store::{Result, StoreError};

const LAYOUT: u8 = 1;
const NO_DIGEST: TokenDigest = TokenDigest([0; 16]);

/// A user's id and a directory session's.
pub(super) type Timer = [u8; 32];

/// The timer of a session; v2 sessions have none.
pub(super) fn timer(user: UserId, session: &SessionKey) -> Option<Timer> {
    let SessionKey::Directory(session) = session else { return None };
    let mut timer = Timer::default();
    timer[..16].copy_from_slice(user.0.as_bytes());
    timer[16..].copy_from_slice(session.0.as_bytes());
    Some(timer)
}

/// Another one with each change of an account. Random, so that an account that was removed and created again has
/// another one.
pub(super) type Version = [u8; 8];

/// A user's record.
pub(super) struct UserRecord {
    pub(super) version: Version,
    /// How many sessions have ever been opened. By it an act that has loaded all sessions knows whether these are still
    /// all.
    pub(super) opened: u32,
    pub(super) totals: Totals,
    pub(super) account: Account,
}

/// A session and its key.
pub(super) enum KeyedSession {
    Client(ClientKey, Session),
    Directory(DirectorySession),
}

/// The record of a user who has no session yet.
pub(super) fn encode_new_user(version: Version, account: &Account) -> Vec<u8> {
    [&[LAYOUT][..], &version, &[0; 32], &encode(account)].concat()
}

/// A version and an account, with which a script replaces those in a user's record.
pub(super) fn encode_changed_account(version: Version, account: &Account) -> Vec<u8> {
    [&version[..], &encode(account)].concat()
}

pub(super) fn decode_user(record: &[u8]) -> Result<UserRecord> {
    let mut from = Reader(record);
    from.layout()?;
    let version = from.array()?;
    let mut number = || from.array().map(u32::from_be_bytes);
    let (opened, clients, directory, tokens) = (number()?, number()?, number()?, number()?);
    let _only_slot = from.array::<16>()?;
    let [clients, directory, tokens] = [clients, directory, tokens].map(|number| number as usize);
    let totals = Totals { clients, directory, tokens };
    Ok(UserRecord { version, opened, totals, account: decode(from.0)? })
}

/// The record of a session in `state`.
pub(super) fn encode_loaded(state: &UserState, key: &SessionKey) -> Option<Vec<u8>> {
    match key {
        SessionKey::Client(client) => state.clients.get(client).map(|session| encode_client(client, session)),
        SessionKey::Directory(id) => state.directory.get(id).map(encode_directory),
    }
}

fn encode_client(client: &ClientKey, session: &Session) -> Vec<u8> {
    let Session { access, remember_me, cross, .. } = session;
    let mut value = head(false, session.first_out(), [access.len(), remember_me.len(), cross.len()]);
    for token in access {
        value.extend_from_slice(&token.digest.0);
        put_instants(&mut value, [token.expires]);
    }
    for token in remember_me {
        value.extend_from_slice(&token.digest.0);
        put_instants(&mut value, [token.expires, token.proven]);
    }
    put_cross(&mut value, cross);
    let mut bare = session.clone();
    (bare.access, bare.remember_me, bare.cross) = (Vec::new(), Vec::new(), Vec::new());
    tail(value, &SessionKey::Client(client.clone()), &encode(&bare))
}

fn encode_directory(session: &DirectorySession) -> Vec<u8> {
    let mut value = head(true, session.first_out(), [0, 0, session.cross.len()]);
    put_cross(&mut value, &session.cross);
    let bare = DirectorySession { cross: Vec::new(), ..session.clone() };
    tail(value, &SessionKey::Directory(session.id), &encode(&bare))
}

fn head(is_directory: bool, rank: u64, counts: [usize; 3]) -> Vec<u8> {
    let mut value = vec![LAYOUT, u8::from(is_directory)];
    value.extend_from_slice(&rank.to_be_bytes()[1..]);
    for count in counts {
        value.extend_from_slice(&length(count));
    }
    value
}

fn put_cross(value: &mut Vec<u8>, cross: &[CrossHandle]) {
    for token in cross {
        value.extend_from_slice(&token.digest.0);
        value.extend_from_slice(&token.parent.unwrap_or(NO_DIGEST).0);
        put_instants(value, [token.expires, token.proven, token.not_after.unwrap_or(Timestamp::MAX)]);
    }
}

fn put_instants<const N: usize>(value: &mut Vec<u8>, instants: [Timestamp; N]) {
    for instant in instants {
        value.extend_from_slice(&instant.millis().to_be_bytes()[2..]);
    }
}

fn tail(mut value: Vec<u8>, key: &SessionKey, record: &[u8]) -> Vec<u8> {
    let key = key.to_bytes();
    value.extend_from_slice(&length(key.len()));
    value.extend_from_slice(&key);
    value.extend_from_slice(record);
    value
}

/// A length, which limits keep far below 65,536.
fn length(length: usize) -> [u8; 2] {
    u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes()
}

pub(super) fn decode_keyed_session(value: &[u8]) -> Result<KeyedSession> {
    let mut from = Reader(value);
    from.layout()?;
    let _kind_and_rank = from.array::<8>()?;
    let [accesses, remember_mes, crosses] = [from.count()?, from.count()?, from.count()?];
    let access = from.list(accesses, |from| Ok(AccessHandle { digest: from.digest()?, expires: from.instant()? }))?;
    let remember_me = from.list(remember_mes, |from| {
        Ok(RememberMeHandle { digest: from.digest()?, expires: from.instant()?, proven: from.instant()? })
    })?;
    let cross = from.list(crosses, |from| {
        let (digest, parent) = (from.digest()?, Some(from.digest()?).filter(|parent| *parent != NO_DIGEST));
        let (expires, proven) = (from.instant()?, from.instant()?);
        let not_after = Some(from.instant()?).filter(|instant| *instant != Timestamp::MAX);
        Ok(CrossHandle { digest, expires, proven, not_after, parent })
    })?;
    let length = from.count()?;
    let (key, record) = from.0.split_at_checked(length).ok_or_else(damaged)?;
    match SessionKey::from_bytes(key).ok_or_else(damaged)? {
        SessionKey::Client(client) => {
            let session = Session { access, remember_me, cross, ..decode(record)? };
            Ok(KeyedSession::Client(client, session))
        }
        SessionKey::Directory(_) => Ok(KeyedSession::Directory(DirectorySession { cross, ..decode(record)? })),
    }
}

impl KeyedSession {
    pub(super) fn key(&self) -> SessionKey {
        match self {
            Self::Client(client, _) => SessionKey::Client(client.clone()),
            Self::Directory(session) => SessionKey::Directory(session.id),
        }
    }

    pub(super) const fn opened(&self) -> Timestamp {
        match self {
            Self::Client(_, session) => session.opened,
            Self::Directory(session) => session.opened,
        }
    }

    pub(super) fn load_into(self, state: &mut UserState) {
        match self {
            Self::Client(client, session) => state.load_client(client, session),
            Self::Directory(session) => state.load_directory(session),
        }
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk().ok_or_else(damaged)?;
        self.0 = rest;
        Ok(*head)
    }

    fn layout(&mut self) -> Result<()> {
        if self.array()? == [LAYOUT] { Ok(()) } else { Err(damaged()) }
    }

    fn count(&mut self) -> Result<usize> {
        self.array().map(u16::from_be_bytes).map(usize::from)
    }

    fn digest(&mut self) -> Result<TokenDigest> {
        self.array().map(TokenDigest)
    }

    fn instant(&mut self) -> Result<Timestamp> {
        let mut millis = [0; 8];
        millis[2..].copy_from_slice(&self.array::<6>()?);
        Ok(Timestamp::from_millis(u64::from_be_bytes(millis)))
    }

    fn list<T>(&mut self, count: usize, item: impl Fn(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        (0..count).map(|_| item(self)).collect()
    }
}

fn damaged() -> StoreError {
    StoreError::Unreadable("user or session: too short, or of another version".into())
}
