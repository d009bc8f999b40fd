//! Removing what has ended, a little at a time. Directory sessions and logins under way have timers of their own, and
//! are ended elsewhere.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::PoisonError;

use redb::{ReadOnlyTable, ReadableTable as _};

use super::EmbeddedStore;
use super::tables::{Bytes, Id, Snapshot, TxnError, session_of};
use super::txn::{Lapsing, Txn};
use crate::domain::{
    AccessToken, DirectorySession, Effects, Session, SessionKey, Timestamp, TokenDigest, TokenOwner, UserId,
};
use crate::store::Result;
use crate::store::codec::decode;

/// How many records of each table a call looks at: a million are seen in an hour and some.
const LOOK_AT: usize = 250;

/// How far the sweep has come in each table; `None` begins anew.
#[derive(Default)]
pub(super) struct Cursors {
    access: Option<[u8; 16]>,
    remember_me: Option<[u8; 16]>,
    cross: Option<[u8; 16]>,
    sign_ons: Option<[u8; 16]>,
    sessions: Option<Vec<u8>>,
}

/// What was found to have ended.
#[derive(Default)]
struct Expired {
    tokens: Vec<(Lapsing, TokenDigest)>,
    users: BTreeSet<UserId>,
    licenses: bool,
}

impl EmbeddedStore {
    /// Looks at some records of the last snapshot, and removes in one act what has ended. A record that ends never
    /// comes to life again, so what the snapshot says of it still holds when the act runs.
    pub(super) async fn sweep_some(&self) -> Result<()> {
        let now = self.0.clock.now();
        let ended = {
            let mut cursors = self.0.cursors.lock().unwrap_or_else(PoisonError::into_inner);
            cursors.look(&self.0.snapshot.load(), now)?
        };
        if ended.tokens.is_empty() && ended.users.is_empty() && !ended.licenses {
            return Ok(());
        }
        let act = move |txn: &mut Txn<'_>| {
            for (table, digest) in ended.tokens {
                txn.remove(table, digest)?;
            }
            txn.take_licenses_back(now, LOOK_AT)?;
            for user in ended.users {
                // A user whose records cannot be read must not stop the sweep of the others.
                let mut held = match txn.holdings(user) {
                    Ok(Some(held)) => held,
                    Ok(None) | Err(TxnError::Record(_)) => continue,
                    Err(fault) => return Err(fault),
                };
                let mut changes = Effects::default();
                held.prune(now, &mut changes);
                txn.apply(&held, &changes)?;
            }
            Ok(())
        };
        self.0.writer.act(act).await
    }
}

impl Cursors {
    fn look(&mut self, at: &Snapshot, now: Timestamp) -> Result<Expired> {
        let mut ended = Expired::default();
        for (kind, table, cursor) in [
            (Lapsing::Access, &at.access, &mut self.access),
            (Lapsing::RememberMe, &at.remember_me, &mut self.remember_me),
            (Lapsing::Cross, &at.cross, &mut self.cross),
            (Lapsing::SignOn, &at.directory.sign_ons, &mut self.sign_ons),
        ] {
            *cursor = look_at_tokens(kind, table, cursor.as_ref(), now, &mut ended)?;
        }
        self.sessions = look_at_sessions(&at.sessions, self.sessions.as_deref(), now, &mut ended)?;
        let first = at.directory.returns.first().map_err(TxnError::from)?;
        ended.licenses = first.is_some_and(|(key, _)| key.value().0 <= now.millis());
        Ok(ended)
    }
}

/// Returns where to go on; `None` at the end.
fn look_at_tokens(
    kind: Lapsing,
    table: &ReadOnlyTable<Id, Bytes>,
    after: Option<&[u8; 16]>,
    now: Timestamp,
    ended: &mut Expired,
) -> Result<Option<[u8; 16]>> {
    let mut last = None;
    let entries = table.range::<&[u8; 16]>((after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded));
    for entry in entries.map_err(TxnError::from)?.take(LOOK_AT) {
        let (key, record) = entry.map_err(TxnError::from)?;
        let expires = match kind {
            Lapsing::Access => decode(record.value()).map(|token: AccessToken| token.expires),
            Lapsing::RememberMe | Lapsing::Cross | Lapsing::SignOn => {
                decode(record.value()).map(|owner: TokenOwner| owner.expires)
            }
        };
        if expires.is_ok_and(|expires| expires <= now) {
            ended.tokens.push((kind, TokenDigest(*key.value())));
        }
        last = Some(*key.value());
    }
    Ok(last)
}

/// Returns where to go on; `None` at the end.
fn look_at_sessions(
    table: &ReadOnlyTable<Bytes, Bytes>,
    after: Option<&[u8]>,
    now: Timestamp,
    ended: &mut Expired,
) -> Result<Option<Vec<u8>>> {
    let mut last = None;
    let entries = table.range::<&[u8]>((after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded));
    for entry in entries.map_err(TxnError::from)?.take(LOOK_AT) {
        let (key, record) = entry.map_err(TxnError::from)?;
        if let Ok((user, session)) = session_of(key.value()) {
            let record = record.value();
            let prunable = match session {
                SessionKey::Client(_) => decode(record).is_ok_and(|session| all_expired(&session, now)),
                SessionKey::Directory(_) => decode(record)
                    .is_ok_and(|session: DirectorySession| session.cross.iter().any(|token| token.expires <= now)),
            };
            if prunable {
                ended.users.insert(user);
            }
        }
        last = Some(key.value().to_vec());
    }
    Ok(last)
}

fn all_expired(session: &Session, now: Timestamp) -> bool {
    session.access.iter().all(|token| token.expires <= now)
        && session.remember_me.iter().all(|token| token.expires <= now)
        && session.cross.iter().all(|token| token.expires <= now)
}
