//! A user's sessions.

use std::cmp::Reverse;

use uuid::Uuid;

use super::accounts::id_of;
use super::{Answer, Failure, Response, SessionView, Which, Who};
use crate::domain::{AccountChange, ClientKey, Holdings, SessionId};
use crate::store::Store;

pub(super) async fn list(store: &dyn Store, who: &Who) -> Response {
    let holdings = store.holdings(id_of(store, who).await?).await?.ok_or(Failure::NoSuchUser)?;
    let mut sessions: Vec<_> = holdings.sessions.iter().collect();
    sessions.sort_by_key(|(_, session)| Reverse(session.last_contact));
    Ok(Answer::Sessions(sessions.into_iter().map(|(client, session)| SessionView::of(client, session)).collect()))
}

pub(super) async fn close(store: &dyn Store, who: &Who, which: &Which) -> Response {
    let holdings = store.holdings(id_of(store, who).await?).await?.ok_or(Failure::NoSuchUser)?;
    let user = holdings.account.id;
    match which {
        Which::All => {
            let changed = store.change_account(user, &AccountChange::LogOutEverywhere).await?;
            changed.ok_or(Failure::NoSuchUser)?;
            Ok(Answer::Closed(holdings.sessions.len()))
        }
        Which::One(given) => {
            let client = client_of(&holdings, given).ok_or(Failure::NoSuchSession)?;
            if store.close_session(user, client).await? { Ok(Answer::Closed(1)) } else { Err(Failure::NoSuchSession) }
        }
    }
}

/// The client of the session with this id, or else the client with this id.
fn client_of<'a>(holdings: &'a Holdings, given: &str) -> Option<&'a ClientKey> {
    let id = Uuid::try_parse(given).ok().map(SessionId);
    let by_session = holdings.sessions.iter().find(|(_, session)| Some(session.id) == id).map(|(client, _)| client);
    by_session.or_else(|| holdings.sessions.get_key_value(&ClientKey::of(given)).map(|(client, _)| client))
}
