//! Removing tokens that have ended, a little at a time, from their tables and from the sessions and accounts that hold
//! them. Sessions and logins under way have timers ([`super::timers`]).

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::PoisonError;
use std::time::Duration;

use redb::{ReadOnlyTable, ReadableTable as _};

use super::EmbeddedStore;
use super::schema::{Bytes, Id, Snapshot, TxnError};
use super::txn::Txn;
use crate::domain::{AccessToken, Expire, SessionKey, Timestamp, TokenDigest, TokenKind, TokenOwner, UserId};
use crate::store::Result;
use crate::store::codec::decode;

/// How many records of each table a call looks at: a million are seen in an hour and some.
const LOOK_AT: usize = 250;

/// How far the sweep has come in each table; `None`: at its beginning.
#[derive(Default)]
pub(super) struct Cursors {
    access: Option<[u8; 16]>,
    remember_me: Option<[u8; 16]>,
    cross: Option<[u8; 16]>,
    sign_ons: Option<[u8; 16]>,
}

/// What was found to have ended.
#[derive(Default)]
struct Ended {
    tokens: Vec<(TokenKind, TokenDigest)>,
    /// Where they hang.
    owners: BTreeSet<(UserId, Option<SessionKey>)>,
    licenses: bool,
}

impl EmbeddedStore {
    /// Looks at some records of the last snapshot, and removes in one act those that have ended. What has ended in the
    /// snapshot has still ended when the act runs.
    pub(super) async fn sweep_some(&self, limit: Duration) -> Result<()> {
        let now = self.inner.clock.now();
        let ended = {
            let mut cursors = self.inner.cursors.lock().unwrap_or_else(PoisonError::into_inner);
            cursors.look(&self.inner.snapshot.load(), now)?
        };
        if ended.tokens.is_empty() && !ended.licenses {
            return Ok(());
        }
        let holding = self.inner.holding.clone();
        let act = move |txn: &mut Txn<'_>| {
            holding.refuse()?;
            for (kind, digest) in ended.tokens {
                txn.remove_token(kind, digest)?;
            }
            txn.take_licenses_back(now, LOOK_AT)?;
            for (user, session) in ended.owners {
                match txn.command(user, &Expire { session }, now) {
                    // A record that cannot be read does not stop the sweep of the others.
                    Ok(_) | Err(TxnError::Record(_)) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        };
        self.inner.writer.act(limit, act).await
    }
}

impl Cursors {
    fn look(&mut self, at: &Snapshot, now: Timestamp) -> Result<Ended> {
        let mut ended = Ended::default();
        for (kind, table, cursor) in [
            (TokenKind::Access, &at.access, &mut self.access),
            (TokenKind::RememberMe, &at.remember_me, &mut self.remember_me),
            (TokenKind::Cross, &at.cross, &mut self.cross),
            (TokenKind::SignOn, &at.sign_ons, &mut self.sign_ons),
        ] {
            *cursor = look_at(kind, table, cursor.as_ref(), now, &mut ended)?;
        }
        let first = at.license_returns.first().map_err(TxnError::from)?;
        ended.licenses = first.is_some_and(|(key, _)| key.value().0 <= now.millis());
        Ok(ended)
    }
}

/// Returns where to go on; `None` at the end.
fn look_at(
    kind: TokenKind,
    table: &ReadOnlyTable<Id, Bytes>,
    after: Option<&[u8; 16]>,
    now: Timestamp,
    ended: &mut Ended,
) -> Result<Option<[u8; 16]>> {
    let mut last = None;
    let entries = table.range::<&[u8; 16]>((after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded));
    for entry in entries.map_err(TxnError::from)?.take(LOOK_AT) {
        let (key, record) = entry.map_err(TxnError::from)?;
        let owner = match kind {
            TokenKind::Access => decode(record.value()).map(|token: AccessToken| {
                let session = Some(SessionKey::Client(token.client));
                TokenOwner { user: token.user, session, expires: token.expires }
            }),
            TokenKind::RememberMe | TokenKind::Cross | TokenKind::SignOn => decode(record.value()),
        };
        if let Ok(owner) = owner
            && owner.expires <= now
        {
            ended.tokens.push((kind, TokenDigest(*key.value())));
            ended.owners.insert((owner.user, owner.session));
        }
        last = Some(*key.value());
    }
    Ok(last)
}
