//! A user's sessions.

use uuid::Uuid;

use super::accounts::id_of;
use super::{AdminError, Answer, Response, SessionSelector, SessionView, UserSelector};
use crate::domain::{AccountChange, ClientKey, CloseReason, CloseSession, SessionId, SessionKey, UserState};
use crate::store::Store;

pub(super) async fn list(store: &dyn Store, who: &UserSelector) -> Response {
    let state = store.user_state(id_of(store, who).await?).await?.ok_or(AdminError::NoSuchUser)?;
    let account = &state.account;
    let clients = state.clients.iter().map(|(client, session)| SessionView::of_client(account, client, session));
    let directory = state.directory.values().map(SessionView::of_directory);
    let mut sessions: Vec<_> = clients.chain(directory).collect();
    // Instants are written so that they sort.
    sessions.sort_by(|one, other| other.last_contact.cmp(&one.last_contact));
    Ok(Answer::Sessions(sessions))
}

pub(super) async fn close(store: &dyn Store, who: &UserSelector, which: &SessionSelector) -> Response {
    let state = store.user_state(id_of(store, who).await?).await?.ok_or(AdminError::NoSuchUser)?;
    let user = state.account.id;
    match which {
        SessionSelector::All => {
            let close = AccountChange::LogOutEverywhere(CloseReason::ByAdmin);
            store.change_account(user, &close).await??;
            Ok(Answer::Closed(state.clients.len() + state.directory.len()))
        }
        SessionSelector::One(given) => {
            let session = meant(&state, given).ok_or(AdminError::NoSuchSession)?;
            let close = CloseSession { session, ask_again: false, why: CloseReason::ByAdmin };
            store.close_session(user, &close).await??;
            Ok(Answer::Closed(1))
        }
    }
}

/// The session with this id, or else of the client with this id.
fn meant(state: &UserState, given: &str) -> Option<SessionKey> {
    if let Some(id) = Uuid::try_parse(given).ok().map(SessionId) {
        if state.directory.contains_key(&id) {
            return Some(SessionKey::Directory(id));
        }
        if let Some((client, _)) = state.clients.iter().find(|(_, session)| session.id == id) {
            return Some(SessionKey::Client(client.clone()));
        }
    }
    let client = ClientKey::of(given);
    state.clients.contains_key(&client).then_some(SessionKey::Client(client))
}
