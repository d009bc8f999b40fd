//! A user's sessions.

use uuid::Uuid;

use super::accounts::{id_of, tell_closed};
use super::{AdminError, Answer, Response, SessionSelector, SessionView, UserSelector};
use crate::domain::{AccountChange, ClientKey, CloseReason, SessionCommand, SessionId, SessionKey, UserState};
use crate::store::Store;

pub(super) async fn list(store: &dyn Store, who: &UserSelector) -> Response {
    let holdings = store.holdings(id_of(store, who).await?).await?.ok_or(AdminError::NoSuchUser)?;
    let clients = holdings.sessions.iter().map(|(client, session)| SessionView::of_client(client, session));
    let directory = holdings.directory.values().map(SessionView::of_directory);
    let mut sessions: Vec<_> = clients.chain(directory).collect();
    // Instants are written so that they sort.
    sessions.sort_by(|one, other| other.last_contact.cmp(&one.last_contact));
    Ok(Answer::Sessions(sessions))
}

pub(super) async fn close(store: &dyn Store, who: &UserSelector, which: &SessionSelector) -> Response {
    let holdings = store.holdings(id_of(store, who).await?).await?.ok_or(AdminError::NoSuchUser)?;
    let user = holdings.account.id;
    let open = || holdings.sessions.values().map(|session| &session.id).chain(holdings.directory.keys());
    match which {
        SessionSelector::All => {
            let changed = store.change_account(user, &AccountChange::LogOutEverywhere).await?;
            changed.ok_or(AdminError::NoSuchUser)?;
            tell_closed(user, open(), CloseReason::ByAdmin);
            Ok(Answer::Closed(open().count()))
        }
        SessionSelector::One(given) => {
            let (session, key) = meant(&holdings, given).ok_or(AdminError::NoSuchSession)?;
            let closed = match &key {
                SessionKey::Client(client) => store.close_session(user, client).await?,
                SessionKey::Directory(session) => {
                    let close = SessionCommand::Close { session: *session, ask_again: false };
                    store.update_session(user, &close).await?.is_some()
                }
            };
            if !closed {
                return Err(AdminError::NoSuchSession);
            }
            tell_closed(user, [&session], CloseReason::ByAdmin);
            Ok(Answer::Closed(1))
        }
    }
}

/// The session with this id, or else of the client with this id.
fn meant(holdings: &UserState, given: &str) -> Option<(SessionId, SessionKey)> {
    if let Some(id) = Uuid::try_parse(given).ok().map(SessionId) {
        if holdings.directory.contains_key(&id) {
            return Some((id, SessionKey::Directory(id)));
        }
        if let Some((client, _)) = holdings.sessions.iter().find(|(_, session)| session.id == id) {
            return Some((id, SessionKey::Client(client.clone())));
        }
    }
    let client = ClientKey::of(given);
    holdings.sessions.get(&client).map(|session| (session.id, SessionKey::Client(client.clone())))
}
