//! A user's sessions.

use futures_util::future::try_join_all;
use uuid::Uuid;

use super::accounts::id_of;
use super::{
    AdminError, Answer, LOOKED_UP_AT_ONCE, MAX_WHOLE_PAGE, Response, SessionFilter, SessionSelector, SessionView,
    UserSelector, UserSessionView,
};
use crate::domain::{AccountChange, ClientKey, CloseReason, CloseSession, SessionId, SessionKey, UserState};
use crate::store::Store;

pub(super) async fn list(store: &dyn Store, who: &UserSelector) -> Response {
    let state = store.user_state(id_of(store, who).await?).await?.ok_or(AdminError::NoSuchUser)?;
    Ok(Answer::Sessions(views(&state)))
}

/// The sessions of a page of accounts.
pub(super) async fn list_all(store: &dyn Store, after: Option<&str>, limit: usize, filter: &SessionFilter) -> Response {
    let page = store.accounts(after, limit.min(MAX_WHOLE_PAGE)).await?;
    let mut items = Vec::new();
    for accounts in page.items.chunks(LOOKED_UP_AT_ONCE) {
        let states = try_join_all(accounts.iter().map(|account| store.user_state(account.id))).await?;
        for state in states.into_iter().flatten() {
            let (user, email) = (state.account.id, state.account.email.as_str());
            let wanted = views(&state).into_iter().filter(|session| filter.wants(session));
            items.extend(wanted.map(|session| UserSessionView { user, email: email.to_owned(), session }));
        }
    }
    Ok(Answer::AllSessions { items, next: page.next })
}

/// A user's open sessions, latest contact first.
fn views(state: &UserState) -> Vec<SessionView> {
    let account = &state.account;
    let clients = state.clients.iter().map(|(client, session)| SessionView::of_client(account, client, session));
    let directory = state.directory.values().map(SessionView::of_directory);
    let mut sessions: Vec<_> = clients.chain(directory).collect();
    // Instants are written so that they sort.
    sessions.sort_by(|one, other| other.last_contact.cmp(&one.last_contact));
    sessions
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
